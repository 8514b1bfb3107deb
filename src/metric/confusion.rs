//! Scores of the confusion matrix of one class.

use super::cells::Cells;
use super::fbeta::{Beta, f_score};
use super::overlap::{Empty, dice, iou};
use crate::stats::Counts;

/// A score of [`Counts`], so that a program can list and choose them: those of MONAI's `ConfusionMatrixMetric` (the ones of
/// "Confusion matrix" in Wikipedia) and a few more. [`METRICS`](super::METRICS) has their names.
///
/// With tp, fp, fn, tn; P = tp + fp (predicted), T = tp + fn (truth), N = tn + fp, n = all. Where a denominator is 0 the
/// score is undefined and [`Empty`] decides: `Nan` leaves it so, `One` takes the value of perfect agreement (0 for
/// error rates) where the two maps are equal and that of none where they differ, `Zero` that of none (1 for error rates).
/// The signed volume similarity is 0 under both.
///
/// ```
/// use voxdice::{Empty, metric::CountMetric, stats::Counts};
/// let counts = Counts::new(30, 40, 80, 1000)?;
/// assert_eq!(CountMetric::Recall.of(&counts, Empty::Nan), 30.0 / 80.0);
/// assert_eq!("ppv".parse::<CountMetric>()?.of(&counts, Empty::Nan), 0.75);
/// assert_eq!(CountMetric::Fnr.of(&Counts::new(0, 0, 0, 9)?, Empty::One), 0.0);
/// assert_eq!(CountMetric::all().count(), 21);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CountMetric {
    /// 2tp / (P + T), range 0 to 1: [`dice`].
    Dice,
    /// tp / (P + fn), range 0 to 1: [`iou`].
    Iou,
    /// tp / P, range 0 to 1: [`precision`].
    Precision,
    /// tp / T, range 0 to 1: [`recall`].
    Recall,
    /// tn / N, range 0 to 1: [`specificity`].
    Specificity,
    /// (tp + tn) / n, range 0 to 1: [`accuracy`].
    Accuracy,
    /// (tp / T + tn / N) / 2, range 0 to 1: [`balanced_accuracy`].
    BalancedAccuracy,
    /// (1 + β²)·tp / ((1 + β²)·tp + β²·fn + fp), range 0 to 1: `fbeta`.
    Fbeta(Beta),
    /// Cohen's κ, range −1 to 1: [`kappa`].
    Kappa,
    /// 2(P − T) / (P + T), range −2 to 2: [`volume_similarity`].
    VolumeSimilarity,
    /// 1 − |P − T| / (P + T), range 0 to 1 (Taha & Hanbury 2015).
    VolumeSimilarityUnsigned,
    /// Negative predictive value, tn / (tn + fn), range 0 to 1.
    Npv,
    /// False negative rate, fn / T, range 0 to 1, 0 is best.
    Fnr,
    /// False positive rate, fp / N, range 0 to 1, 0 is best.
    Fpr,
    /// False discovery rate, fp / P, range 0 to 1, 0 is best.
    Fdr,
    /// False omission rate, fn / (tn + fn), range 0 to 1, 0 is best.
    For,
    /// Prevalence threshold, (√(tpr·(1 − tnr)) + tnr − 1) / (tpr + tnr − 1), range 0 to 1, 0 is best (Balayla 2020).
    /// Undefined where tpr or tnr is, and where they add up to 1.
    Pt,
    /// Matthews correlation coefficient, range −1 to 1: [`mcc`].
    Mcc,
    /// Fowlkes–Mallows index, √(ppv·tpr), range 0 to 1 (Fowlkes & Mallows 1983).
    Fm,
    /// Bookmaker informedness, tpr + tnr − 1, range −1 to 1 (Youden 1950).
    Bm,
    /// Markedness, ppv + npv − 1, range −1 to 1 (Powers 2011).
    Mk,
}

impl CountMetric {
    /// The score.
    pub fn of(self, counts: &Counts, empty: Empty) -> f64 {
        let c = Cells::of(counts);
        match self {
            Self::Dice => dice(counts, empty),
            Self::Iou => iou(counts, empty),
            Self::Precision => precision(counts, empty),
            Self::Recall => recall(counts, empty),
            Self::Specificity => specificity(counts, empty),
            Self::Accuracy => accuracy(counts, empty),
            Self::BalancedAccuracy => balanced_accuracy(counts, empty),
            Self::Fbeta(beta) => f_score(&c, beta.value(), empty),
            Self::Kappa => kappa(counts, empty),
            Self::Mcc => mcc(counts, empty),
            Self::VolumeSimilarity => volume_similarity(counts, empty),
            Self::VolumeSimilarityUnsigned => c.score((c.p + c.t - (c.p - c.t).abs()) / (c.p + c.t), empty),
            Self::Npv => c.score(c.tn / (c.tn + c.fn_), empty),
            Self::Fnr => c.error_rate(c.fn_ / c.t, empty),
            Self::Fpr => c.error_rate(c.fp / c.n, empty),
            Self::Fdr => c.error_rate(c.fp / c.p, empty),
            Self::For => c.error_rate(c.fn_ / (c.tn + c.fn_), empty),
            Self::Pt => c.error_rate(prevalence_threshold(&c), empty),
            Self::Fm => c.score((c.tp / c.p * (c.tp / c.t)).sqrt(), empty),
            Self::Bm => c.score(c.tp / c.t + c.tn / c.n - 1.0, empty),
            Self::Mk => c.score(c.tp / c.p + c.tn / (c.tn + c.fn_) - 1.0, empty),
        }
    }
}

/// Precision, positive predictive value: tp / (tp + fp).
///
/// Range 0 to 1. Undefined where nothing is predicted.
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// assert_eq!(metric::precision(&Counts::new(30, 40, 80, 1000)?, Empty::Nan), 0.75);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn precision(counts: &Counts, empty: Empty) -> f64 {
    let c = Cells::of(counts);
    c.score(c.tp / counts.n_pred() as f64, empty)
}

/// Recall, sensitivity, true positive rate: tp / (tp + fn).
///
/// Range 0 to 1. Undefined where the truth is empty.
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// assert_eq!(metric::recall(&Counts::new(30, 40, 80, 1000)?, Empty::Nan), 0.375);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn recall(counts: &Counts, empty: Empty) -> f64 {
    let c = Cells::of(counts);
    c.score(c.tp / counts.n_truth() as f64, empty)
}

/// Specificity, true negative rate: tn / (tn + fp).
///
/// Range 0 to 1. Undefined where the truth is everything.
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// assert_eq!(metric::specificity(&Counts::new(30, 40, 80, 1000)?, Empty::Nan), 910.0 / 920.0);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn specificity(counts: &Counts, empty: Empty) -> f64 {
    let c = Cells::of(counts);
    c.score(c.tn / c.n, empty)
}

/// Accuracy, Rand index of two classes: (tp + tn) / n. High whenever the background is large.
///
/// Range 0 to 1. Undefined without voxels.
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// assert_eq!(metric::accuracy(&Counts::new(30, 40, 80, 1000)?, Empty::Nan), 0.94);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn accuracy(counts: &Counts, empty: Empty) -> f64 {
    let c = Cells::of(counts);
    c.score((c.tp + c.tn) / (c.t + c.n), empty)
}

/// Balanced accuracy: the mean of recall and specificity.
///
/// Range 0 to 1. Undefined where either is.
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// assert_eq!(metric::balanced_accuracy(&Counts::new(3, 3, 4, 10)?, Empty::Nan), 0.875);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn balanced_accuracy(counts: &Counts, empty: Empty) -> f64 {
    let c = Cells::of(counts);
    c.score((c.tp / c.t + c.tn / c.n) / 2.0, empty)
}

/// Cohen's kappa, (pₒ − pₑ) / (1 − pₑ): agreement beyond chance (Cohen 1960).
///
/// Range −1 to 1. Undefined where both maps are empty or both are full.
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// // The textbook example: 20 and 15 agree, 5 and 10 do not.
/// assert!((metric::kappa(&Counts::new(20, 25, 30, 50)?, Empty::Nan) - 0.4).abs() < 1e-15);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn kappa(counts: &Counts, empty: Empty) -> f64 {
    let c = Cells::of(counts);
    c.score(2.0 * (c.tp * c.tn - c.fn_ * c.fp) / (c.p * c.n + c.t * (c.fn_ + c.tn)), empty)
}

/// Matthews correlation coefficient, (tp·tn − fp·fn) / √((tp+fp)(tp+fn)(tn+fp)(tn+fn)) (Matthews 1975).
///
/// Range −1 to 1. Undefined where either map is empty or full.
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// assert_eq!(metric::mcc(&Counts::new(5, 5, 5, 10)?, Empty::Nan), 1.0);
/// assert_eq!(metric::mcc(&Counts::new(0, 5, 5, 10)?, Empty::Nan), -1.0);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn mcc(counts: &Counts, empty: Empty) -> f64 {
    let c = Cells::of(counts);
    // Rounding could leave the range by a few units in the last place.
    c.score(((c.tp * c.tn - c.fp * c.fn_) / (c.p * c.t * c.n * (c.tn + c.fn_)).sqrt()).clamp(-1.0, 1.0), empty)
}

/// Signed volume similarity, 2(P − T) / (P + T) with P voxels predicted and T in the truth: ITK, seg-metrics.
///
/// Range −2 (nothing predicted) to 2 (truth empty), 0 for equal volumes wherever they are. Undefined where neither
/// map has the class; [`Empty::One`] and [`Empty::Zero`] are 0 then. The unsigned one of Taha & Hanbury 2015 is
/// [`CountMetric::VolumeSimilarityUnsigned`].
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// assert_eq!(metric::volume_similarity(&Counts::new(30, 40, 80, 1000)?, Empty::Nan), -80.0 / 120.0);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn volume_similarity(counts: &Counts, empty: Empty) -> f64 {
    let c = Cells::of(counts);
    let value = 2.0 * (c.p - c.t) / (c.p + c.t);
    if value.is_nan() && !empty.value().is_nan() { 0.0 } else { value }
}

fn prevalence_threshold(c: &Cells) -> f64 {
    let (tpr, tnr) = (c.tp / c.t, c.tn / c.n);
    // tpr + tnr = 1 is 0/0 as well: then √(tpr·tpr) = tpr.
    let below = tpr + tnr - 1.0;
    if below == 0.0 { f64::NAN } else { ((tpr * (1.0 - tnr)).sqrt() + tnr - 1.0) / below }
}
