//! The boxes of all classes, in one pass over both maps.

use super::bits::Sides;
use crate::classes::{BACKGROUND, Classes};
use crate::cpu::instances::runs::runs;
use crate::kernel::counts::Label;

/// A box of voxels, `low` and `high` included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crop {
    pub low: [usize; 3],
    pub high: [usize; 3],
}

impl Crop {
    pub fn size(&self) -> [usize; 3] {
        [0, 1, 2].map(|axis| self.high[axis] - self.low[axis] + 1)
    }

    /// The sides that are those of the image.
    pub fn sides(&self, extent: [usize; 3]) -> Sides {
        Sides([0, 1, 2].map(|axis| [self.low[axis] == 0, self.high[axis] + 1 == extent[axis]]))
    }

    fn join(&mut self, other: &Self) {
        for axis in 0..3 {
            self.low[axis] = self.low[axis].min(other.low[axis]);
            self.high[axis] = self.high[axis].max(other.high[axis]);
        }
    }
}

fn join(into: &mut Option<Crop>, other: Crop) {
    match into {
        Some(crop) => crop.join(&other),
        none => *none = Some(other),
    }
}

/// Fewer rows than this, in voxels, are not worth a separate task.
const VOXELS: usize = 1 << 18;

/// The box of each class.
pub(super) struct Boxes<'a> {
    classes: &'a Classes,
    /// Rows of a slice.
    rows: usize,
    crops: Vec<Option<Crop>>,
}

impl<'a> Boxes<'a> {
    pub fn new(classes: &'a Classes, rows: usize) -> Self {
        Self { classes, rows, crops: vec![None; classes.len()] }
    }

    /// Takes a run of equal labels in a row, which ends before `end`.
    #[inline]
    pub fn add(&mut self, row: usize, label: u32, start: usize, end: usize) {
        let class = self.classes.index().class_of(label);
        let [z, y] = [row / self.rows, row % self.rows];
        let crop = Crop { low: [z, y, start], high: [z, y, end - 1] };
        match self.classes.overlaps() {
            None if (class as usize) < self.crops.len() => join(&mut self.crops[class as usize], crop),
            None => {}
            Some(overlaps) => {
                overlaps.classes_of(class).iter().for_each(|&class| join(&mut self.crops[class as usize], crop));
            }
        }
    }

    /// None where no run has the class.
    pub fn into_crops(self) -> Vec<Option<Crop>> {
        self.crops
    }
}

/// The box of each class in both maps together; none where neither has it.
pub(super) fn crops<T: Label, P: Label>(t: &[T], p: &[P], extent: [usize; 3], classes: &Classes) -> Vec<Option<Crop>> {
    let [nz, ny, nx] = extent;
    let (together, zero) = (VOXELS.div_ceil(nx), classes.index().class_of(0) != BACKGROUND);
    let parts = crate::cpu::map_indexed((nz * ny).div_ceil(together), |task| {
        let mut boxes = Boxes::new(classes, ny);
        for row in task * together..(nz * ny).min((task + 1) * together) {
            runs(&t[row * nx..][..nx], zero, |label, start, end| boxes.add(row, label, start, end));
            runs(&p[row * nx..][..nx], zero, |label, start, end| boxes.add(row, label, start, end));
        }
        boxes.into_crops()
    });
    let mut crops = vec![None; classes.len()];
    for part in parts {
        for (into, crop) in crops.iter_mut().zip(part) {
            if let Some(crop) = crop {
                join(into, crop);
            }
        }
    }
    crops
}
