//! What empty classes score, situation by situation.

use crate::metric::{CountMetric, Empty};
use crate::stats::Counts;

/// The score of a class that the truth does not have, although the prediction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TruthEmpty {
    /// What the formula gives: Dice and IoU are 0 (nnU-Net, torchmetrics, KiTS, BraTS).
    #[default]
    Formula,
    /// Undefined, so that false positives vanish from the means (MONAI with `ignore_empty=True`, TotalSegmentator).
    Nan,
}

/// What empty classes score.
///
/// ```
/// use voxdice::metric::{CountMetric, EmptyPolicy, TruthEmpty};
/// use voxdice::{Empty, stats::Counts};
/// let invented = Counts::new(0, 5, 0, 100)?;
/// assert_eq!(EmptyPolicy::default().score(CountMetric::Dice, &invented), 0.0);
/// let monai = EmptyPolicy { both: Empty::Nan, truth: TruthEmpty::Nan };
/// assert!(monai.score(CountMetric::Dice, &invented).is_nan());
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EmptyPolicy {
    /// Where a formula is 0/0; for Dice and IoU that is where neither map has the class.
    pub both: Empty,
    /// Where only the truth is empty.
    pub truth: TruthEmpty,
}

impl EmptyPolicy {
    /// The score; NaN where it is undefined.
    pub fn score(self, metric: CountMetric, counts: &Counts) -> f64 {
        if self.leaves_out(counts) { f64::NAN } else { metric.of(counts, self.both) }
    }

    /// The score of a ratio that is NaN where the class is in neither map.
    pub fn of_ratio(self, value: f64, counts: &Counts) -> f64 {
        match value {
            _ if self.leaves_out(counts) => f64::NAN,
            value if value.is_nan() => self.both.value(),
            value => value,
        }
    }

    fn leaves_out(self, counts: &Counts) -> bool {
        self.truth == TruthEmpty::Nan && counts.n_truth() == 0 && counts.n_pred() > 0
    }
}
