//! Bit rows of a class in a label map.

use super::bits::Bits;
use super::boxes::{Crop, crops};
use crate::classes::Classes;
use crate::cpu::simd::Level;
use crate::error::Operand;
use crate::kernel::counts::Label;

/// Which labels a class has.
pub(super) enum Member {
    One(u32),
    /// Sorted; and whether it has each label below 256.
    Many(Vec<u32>, Box<[bool; 256]>),
}

impl Member {
    pub fn new(labels: &[u32]) -> Self {
        if let [label] = labels {
            return Self::One(*label);
        }
        let mut sorted = labels.to_vec();
        sorted.sort_unstable();
        let table = std::array::from_fn(|label| sorted.binary_search(&(label as u32)).is_ok());
        Self::Many(sorted, Box::new(table))
    }

    #[inline]
    pub fn has(&self, label: u32) -> bool {
        match self {
            Self::One(own) => label == *own,
            Self::Many(sorted, table) => match table.get(label as usize) {
                Some(&is) => is,
                None => sorted.binary_search(&label).is_ok(),
            },
        }
    }
}

/// Truth and prediction of a plane, of whose classes masks are made.
pub(super) trait Maps: Sync {
    /// Slices, rows and columns.
    fn extent(&self) -> [usize; 3];

    /// The box of each class in both maps together; none where neither has it.
    fn crops(&self, classes: &Classes) -> Vec<Option<Crop>>;

    /// Voxels of the truth whose label is one of these.
    fn count(&self, labels: &Member) -> usize;

    /// The mask of these labels in a box.
    fn fill(&self, side: Operand, crop: &Crop, labels: &Member) -> Bits;
}

/// Maps of which every voxel is there.
pub(super) struct Voxels<'a, T, P> {
    pub truth: &'a [T],
    pub pred: &'a [P],
    pub extent: [usize; 3],
    pub level: Level,
}

impl<T: Label, P: Label> Maps for Voxels<'_, T, P> {
    fn extent(&self) -> [usize; 3] {
        self.extent
    }

    fn crops(&self, classes: &Classes) -> Vec<Option<Crop>> {
        crops(self.truth, self.pred, self.extent, classes)
    }

    fn count(&self, labels: &Member) -> usize {
        self.truth.iter().filter(|label| labels.has(label.label())).count()
    }

    fn fill(&self, side: Operand, crop: &Crop, labels: &Member) -> Bits {
        match side {
            Operand::Truth => fill(self.truth, self.extent, crop, labels, self.level),
            Operand::Pred => fill(self.pred, self.extent, crop, labels, self.level),
        }
    }
}

/// The mask of a class in a box of a label map.
fn fill<L: Label>(labels: &[L], extent: [usize; 3], crop: &Crop, member: &Member, level: Level) -> Bits {
    let size = crop.size();
    Bits::of_rows(size, |z, y, out| {
        let first = ((z + crop.low[0]) * extent[1] + y + crop.low[1]) * extent[2] + crop.low[2];
        let row = &labels[first..][..size[2]];
        match member {
            Member::One(label) => level.fill_equal(row, *label, out),
            Member::Many(..) => fill_where(row, out, |label| member.has(label)),
        }
    })
}

fn fill_where<L: Label>(row: &[L], out: &mut [u64], is: impl Fn(u32) -> bool) {
    for (out, labels) in out.iter_mut().zip(row.chunks(64)) {
        *out = labels.iter().rev().fold(0, |word, &label| word << 1 | u64::from(is(label.label())));
    }
}

/// A bit for each label that is `label`; bits of `out` behind the row are 0.
#[inline(always)]
pub(in crate::cpu) fn fill_equal<L: Label>(row: &[L], label: u32, out: &mut [u64]) {
    fill_where(row, out, |found| found == label);
}
