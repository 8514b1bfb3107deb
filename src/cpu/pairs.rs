//! Counts of pairs of labels below 256 in a table with an entry for each pair. The class of a label is looked up once
//! per pair, when the table is emptied, and not once per run of voxels.

use super::simd::Level;
use crate::kernel::counts::Label;

/// An entry for each pair.
pub(super) type PairTable = [u32; 1 << 16];

/// The index of a pair's entry; none for labels from 256 on.
#[inline(always)]
pub(super) fn place(p: u32, t: u32) -> Option<u16> {
    (p | t < 256).then(|| u16::from_be_bytes([p as u8, t as u8]))
}

/// Voxels between two looks at whether the entries might overflow.
const PIECE: usize = 1 << 30;

/// Counts of pairs, until they are [drained](Pairs::drain).
#[derive(Clone)]
pub(super) struct Pairs {
    /// Empty before the first voxel.
    table: Vec<u32>,
    /// All places of pairs that were met, or-ed.
    met: u16,
    /// Voxels in the table.
    voxels: u32,
    level: Level,
}

impl std::fmt::Debug for Pairs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pairs").field("voxels", &self.voxels).finish_non_exhaustive()
    }
}

impl Pairs {
    pub fn new(level: Level) -> Self {
        Self { table: Vec::new(), met: 0, voxels: 0, level }
    }

    /// Counts a chunk of voxels. Labels from 256 on go to `sink`, and so does the table when it is full.
    pub fn count<P: Label, T: Label>(&mut self, p: &[P], t: &[T], mut sink: impl FnMut(u32, u32, u64)) {
        for (p, t) in p.chunks(PIECE).zip(t.chunks(PIECE)) {
            // A piece has fewer than 2^32.
            let more = p.len() as u32;
            if self.voxels.checked_add(more).is_none() {
                self.drain(&mut sink);
            }
            if self.table.is_empty() {
                self.table = vec![0; size_of::<PairTable>() / size_of::<u32>()];
            }
            if let Ok(table) = self.table.as_mut_slice().try_into() {
                self.met |= self.level.count_pairs(p, t, table, &mut sink);
                self.voxels += more;
            }
        }
    }

    /// Hands every pair that was met to `sink`, with its voxels, and forgets them.
    pub fn drain(&mut self, mut sink: impl FnMut(u32, u32, u64)) {
        let [p_met, t_met] = self.met.to_be_bytes();
        // No label exceeds all labels or-ed.
        let rows = self.table.chunks_mut(256).zip(0..=u32::from(p_met));
        for (row, p) in rows {
            // Most pairs never occur: look at several at a time.
            for (counts, first) in row[..=usize::from(t_met)].chunks_mut(16).zip((0..).step_by(16)) {
                if counts.iter().fold(0, |any, &count| any | count) == 0 {
                    continue;
                }
                for (count, t) in counts.iter_mut().zip(first..).filter(|(count, _)| **count > 0) {
                    sink(p, t, u64::from(*count));
                    *count = 0;
                }
            }
        }
        (self.met, self.voxels) = (0, 0);
    }
}

/// Adds the runs of `p` and `t` to the table, or to `sink` where they have no place there. Returns the places, or-ed.
pub(super) fn count_pairs<P: Label, T: Label>(
    p: &[P],
    t: &[T],
    table: &mut PairTable,
    mut sink: impl FnMut(u32, u32, u64),
) -> u16 {
    let mut met = 0;
    for_runs(p, t, |p, t, voxels| {
        if let Some(place) = place(p, t) {
            met |= place;
            // The caller ensures that no entry overflows.
            table[usize::from(place)] += voxels as u32;
        } else {
            sink(p, t, voxels);
        }
    });
    met
}

/// Calls `f` with every run of equal pairs of labels. Real maps are mostly constant: `GROUP` voxels that all equal the
/// current pair only lengthen its run.
#[inline(always)]
pub(super) fn for_runs<P: Label, T: Label>(p: &[P], t: &[T], mut f: impl FnMut(u32, u32, u64)) {
    const GROUP: usize = 32;
    let (Some(&p0), Some(&t0)) = (p.first(), t.first()) else { return };
    let (mut pair, mut run) = ((p0, t0), 0);
    let mut extend = |next: (P, T), voxels: u64| {
        if next != pair {
            f(pair.0.label(), pair.1.label(), run);
            (pair, run) = (next, 0);
        }
        run += voxels;
    };
    let (p_groups, p_rest) = p.as_chunks::<GROUP>();
    let (t_groups, t_rest) = t.as_chunks::<GROUP>();
    for (p, t) in p_groups.iter().zip(t_groups) {
        let constant = p.iter().all_equal_to(p[0]) && t.iter().all_equal_to(t[0]);
        if constant {
            extend((p[0], t[0]), GROUP as u64);
        } else {
            p.iter().zip(t).for_each(|(&p, &t)| extend((p, t), 1));
        }
    }
    p_rest.iter().zip(t_rest).for_each(|(&p, &t)| extend((p, t), 1));
    f(pair.0.label(), pair.1.label(), run);
}

trait AllEqual<L> {
    fn all_equal_to(self, value: L) -> bool;
}

impl<'a, L: Label, I: Iterator<Item = &'a L>> AllEqual<L> for I {
    /// Without an early exit, so that the compiler compares whole vectors.
    #[inline(always)]
    fn all_equal_to(self, value: L) -> bool {
        self.fold(true, |equal, &label| equal & (label == value))
    }
}
