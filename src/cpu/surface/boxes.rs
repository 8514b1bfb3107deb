//! The boxes of all classes, in one pass over both maps.

use super::bits::Sides;
use crate::classes::Classes;
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

    /// Takes a run of equal labels in a row, `first` and `last` included.
    #[inline]
    pub fn add(&mut self, row: usize, label: u32, first: usize, last: usize) {
        let class = self.classes.index().class_of(label);
        let [z, y] = [row / self.rows, row % self.rows];
        let crop = Crop { low: [z, y, first], high: [z, y, last] };
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
    let together = VOXELS.div_ceil(nx);
    let parts = crate::cpu::map_indexed((nz * ny).div_ceil(together), |task| {
        let mut boxes = Boxes::new(classes, ny);
        for row in task * together..(nz * ny).min((task + 1) * together) {
            runs(&t[row * nx..][..nx], |label, first, last| boxes.add(row, label, first, last));
            runs(&p[row * nx..][..nx], |label, first, last| boxes.add(row, label, first, last));
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

/// Runs of equal labels, 64 bytes at a time where these are equal, then eight.
fn runs<L: Label>(labels: &[L], mut run: impl FnMut(u32, usize, usize)) {
    let step = 8 / size_of::<L>();
    let words = |at: usize, count: usize| -> Option<&[[u8; 8]]> {
        Some(bytemuck::cast_slice::<L, u8>(labels.get(at..at + count * step)?).as_chunks().0)
    };
    let has = |at: usize, count: usize, pattern: u64| {
        let unlike =
            |words: &[[u8; 8]]| words.iter().fold(0, |unlike, &word| unlike | u64::from_le_bytes(word) ^ pattern);
        words(at, count).is_some_and(|words| unlike(words) == 0)
    };
    let mut at = 0;
    while at < labels.len() {
        let (first, label) = (at, labels[at]);
        at += 1;
        let mut pattern = None;
        while at < labels.len() && labels[at] == label {
            // A pattern does not pay for runs of a few labels.
            if at - first == step {
                pattern = words(first, 1).map(|words| u64::from_le_bytes(words[0]));
                let from = at;
                while pattern.is_some_and(|pattern| has(at, 8, pattern)) {
                    at += 8 * step;
                }
                if at > from {
                    continue;
                }
            }
            at += if pattern.is_some_and(|pattern| has(at, 1, pattern)) { step } else { 1 };
        }
        run(label.label(), first, at - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<L: Label>(labels: &[L]) -> Vec<(u32, usize, usize)> {
        let mut found = Vec::new();
        runs(labels, |label, first, last| found.push((label, first, last)));
        found
    }

    #[test]
    fn runs_have_all_lengths() {
        for length in 1..300 {
            let mut labels = vec![7u8; length];
            labels.extend([9, 9, 0]);
            let expected = [(7, 0, length - 1), (9, length, length + 1), (0, length + 2, length + 2)];
            assert_eq!(found(&labels), expected);
            assert_eq!(found(&labels.iter().map(|&l| u16::from(l)).collect::<Vec<_>>()), expected);
            assert_eq!(found(&labels.iter().map(|&l| u32::from(l)).collect::<Vec<_>>()), expected);
        }
        assert!(found::<u8>(&[]).is_empty());
    }
}
