//! One score of several classes.

use super::mean::mean_of_defined;
use crate::metric::{CountMetric, Empty, GeneralizedWeights};
use crate::stats::{Counts, Merge};

/// How the classes of a case, or of a cohort whose cases are pooled, become one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Average {
    /// The mean of the classes that are defined.
    #[default]
    Macro,
    /// The score of the counts of all classes added up: large classes count more.
    Micro,
    /// The mean of the defined classes, weighed by the size of their truth (torchmetrics' `weighted`).
    Weighted,
}

/// The score of several classes; NaN where nothing is defined, and without any class; `Weighted` also where no defined class
/// has a truth, `Micro` beyond 2^64 voxels.
///
/// ```
/// use voxdice::metric::{Average, CountMetric, average};
/// use voxdice::{Empty, stats::Counts};
/// let classes = [Counts::new(8, 10, 10, 100)?, Counts::new(1, 1, 3, 100)?, Counts::new(0, 0, 0, 100)?];
/// let of = |how| average(CountMetric::Dice, &classes, how, Empty::Nan);
/// assert_eq!(of(Average::Macro), (0.8 + 0.5) / 2.0);
/// assert_eq!(of(Average::Micro), 2.0 * 9.0 / 24.0);
/// assert_eq!(of(Average::Weighted), (10.0 * 0.8 + 3.0 * 0.5) / 13.0);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn average(metric: CountMetric, classes: &[Counts], how: Average, empty: Empty) -> f64 {
    let score = |counts: &Counts| metric.of(counts, empty);
    match how {
        Average::Macro => mean_of_defined(&classes.iter().map(score).collect::<Vec<_>>()),
        Average::Micro => {
            let mut sum = Counts::default();
            // Voxels beyond 2^64 have no sum, hence no score.
            match classes.iter().try_for_each(|counts| sum.merge(counts)) {
                Ok(()) if !classes.is_empty() => score(&sum),
                _ => f64::NAN,
            }
        }
        Average::Weighted => {
            let defined = classes.iter().map(|c| (c.n_truth() as f64, score(c))).filter(|(_, score)| !score.is_nan());
            let (weights, sum) = defined.fold((0.0, 0.0), |(w, s), (weight, score)| (w + weight, s + weight * score));
            sum / weights
        }
    }
}

/// Generalized Dice as a score, `2 Σ w·tp / Σ w·(n_pred + n_truth)` over the classes, w from the size of their truth
/// (Crum 2006, Sudre 2017).
///
/// A class whose truth is empty takes the largest finite weight ([`GeneralizedWeights`]), as in MONAI's
/// `GeneralizedDiceScore`. Where no class has a truth the score is 0/0 if nothing is predicted, which `empty` decides,
/// and 0 otherwise.
///
/// ```
/// use voxdice::metric::{GeneralizedWeights, generalized_dice};
/// use voxdice::{Empty, stats::Counts};
/// let classes = [Counts::new(8, 10, 10, 100)?, Counts::new(1, 2, 2, 100)?];
/// let found = generalized_dice(&classes, GeneralizedWeights::Simple, Empty::Nan);
/// assert!((found - 2.0 * (0.1 * 8.0 + 0.5) / (0.1 * 20.0 + 0.5 * 4.0)).abs() < 1e-15);
/// assert!(generalized_dice(&[Counts::new(0, 0, 0, 9)?], GeneralizedWeights::Square, Empty::Nan).is_nan());
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn generalized_dice(classes: &[Counts], weights: GeneralizedWeights, empty: Empty) -> f64 {
    let truth: Vec<f64> = classes.iter().map(|counts| counts.n_truth() as f64).collect();
    let weights = weights.of(&truth);
    let (mut both, mut all) = (0.0, 0.0);
    for (counts, weight) in classes.iter().zip(weights) {
        both += weight * counts.tp() as f64;
        all += weight * (counts.n_pred() as f64 + counts.n_truth() as f64);
    }
    if all > 0.0 {
        return 2.0 * both / all;
    }
    let predicted = classes.iter().any(|counts| counts.n_pred() > 0);
    if predicted { 0.0 } else { empty.value() }
}
