//! Labels of which a threshold makes one.

use std::collections::BTreeSet;

/// More different numbers are intensities, or probabilities that were scaled to whole numbers, and no labels.
const MOST: usize = 255;

/// A higher threshold is not one of probabilities: it was chosen for the numbers of the file.
pub(super) const HIGHEST: f64 = 1.0;

/// The whole numbers that a threshold makes label 1, in a file that holds whole numbers alone.
#[derive(Debug, Default)]
pub(super) struct Merged {
    numbers: BTreeSet<i64>,
    /// The number before, as label maps are mostly constant.
    last: Option<f64>,
    /// Whether the file holds other numbers than labels.
    other: bool,
}

impl Merged {
    /// The next number of the file, and whether it is label 1.
    pub fn see(&mut self, number: f64, is_one: bool) {
        if self.other || self.last == Some(number) {
            return;
        }
        self.take(number, is_one);
    }

    /// Apart from what every voxel goes through.
    #[inline(never)]
    fn take(&mut self, number: f64, is_one: bool) {
        self.last = Some(number);
        self.other = number.fract() != 0.0;
        if is_one {
            self.numbers.insert(number as i64);
            self.other |= self.numbers.len() > MOST;
        }
    }

    /// These numbers, where there are several; else none.
    pub fn labels(&self) -> Vec<i64> {
        if self.other || self.numbers.len() < 2 { Vec::new() } else { self.numbers.iter().copied().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_several_whole_numbers() {
        let of = |numbers: &[f64]| {
            let mut merged = Merged::default();
            numbers.iter().for_each(|&number| merged.see(number, number >= 0.5));
            merged.labels()
        };
        assert_eq!(of(&[0.0, 3.0, 3.0, 1.0, 0.0, 3.0]), [1, 3]);
        assert_eq!(of(&[0.0, 1.0, 1.0]), [0; 0]);
        // One fraction makes them probabilities, wherever it is and whatever becomes of it.
        for place in 0..3 {
            let mut numbers = vec![0.0, 1.0, 2.0];
            numbers.insert(place, 0.25);
            assert_eq!(of(&numbers), [0; 0]);
        }
        let many: Vec<f64> = (0..=255).map(f64::from).collect();
        assert_eq!(of(&many).len(), 255);
        assert_eq!(of(&[&many[..], &[256.0]].concat()), [0; 0]);
    }
}
