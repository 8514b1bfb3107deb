//! How many elements of a boundary are how far from the other one: what a page draws of the distances of all cases.

use crate::stats::Surface;
use serde::{Deserialize, Serialize};

/// Elements by distance, from the truth and from the prediction. Those without anything to measure to are in neither.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DistanceHistogram {
    /// Of the truth's elements to the prediction, by the numbers of [`edges`](Self::edges).
    pub truth: Vec<u64>,
    /// Of the prediction's to the truth.
    pub pred: Vec<u64>,
}

/// The upper end of the second column, in mm. Every further one is √2 times as wide as the one before it, because distances
/// of one class are from fractions of a voxel to the size of a body.
const FIRST_MM: f64 = 0.25;

/// Beyond 1 m there is one more.
const COLUMNS: usize = 26;

impl DistanceHistogram {
    pub(super) fn of(surface: &Surface) -> Self {
        let mut all = Self { truth: vec![0; COLUMNS + 1], pred: vec![0; COLUMNS + 1] };
        let add = |counts: &mut Vec<u64>, distances: &mut dyn Iterator<Item = (f64, u64)>| {
            for (mm, count) in distances.filter(|(mm, _)| mm.is_finite()) {
                if let Some(column) = counts.get_mut(column(mm)) {
                    *column = column.saturating_add(count);
                }
            }
        };
        add(&mut all.truth, &mut surface.from_truth());
        add(&mut all.pred, &mut surface.from_pred());
        all
    }

    /// From where to where a column goes, in mm. The first one holds what is at 0.
    pub fn edges(column: usize) -> (f64, f64) {
        let upper = |column: usize| FIRST_MM * 2f64.powf((column as f64 - 1.0) / 2.0);
        match column {
            0 => (0.0, 0.0),
            1 => (0.0, FIRST_MM),
            COLUMNS.. => (upper(COLUMNS - 1), f64::INFINITY),
            _ => (upper(column - 1), upper(column)),
        }
    }

    /// Adds those of another case.
    pub fn add(&mut self, other: &Self) {
        for (own, more) in [(&mut self.truth, &other.truth), (&mut self.pred, &other.pred)] {
            own.resize(own.len().max(more.len()), 0);
            own.iter_mut().zip(more).for_each(|(own, more)| *own = own.saturating_add(*more));
        }
    }
}

/// The column of a distance; its upper end belongs to it.
fn column(mm: f64) -> usize {
    (0..COLUMNS).find(|&column| mm <= DistanceHistogram::edges(column).1).unwrap_or(COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_distance_has_the_column_that_it_lies_in() {
        assert_eq!([0.0, 0.1, 0.25, 0.26, 0.5, 1.0, 1e9].map(column), [0, 1, 1, 2, 3, 5, COLUMNS]);
        for column in 1..COLUMNS {
            assert_eq!(DistanceHistogram::edges(column).1, DistanceHistogram::edges(column + 1).0);
        }
        let mut sum = DistanceHistogram::default();
        let one = DistanceHistogram { truth: vec![1, 2], pred: vec![3, 4] };
        sum.add(&one);
        sum.add(&one);
        assert_eq!(sum, DistanceHistogram { truth: vec![2, 4], pred: vec![6, 8] });
    }
}
