//! Overlap scores of counts.

use crate::error::by_name;
use crate::stats::Counts;

/// The score where the formula is 0/0.
///
/// For Dice, IoU and F that is a class that neither map has. Others are 0/0 elsewhere as well: the precision of a class
/// that is not predicted, the specificity where the truth is everything. Where the maps differ nothing is perfect, so that
/// [`Empty::One`] and [`Empty::Zero`] are both no agreement there: 0, and 1 for error rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Empty {
    /// Undefined (nnU-Net, torchmetrics, MONAI): left out of means, and counted beside them.
    #[default]
    Nan,
    /// Perfect agreement where the maps are equal (KiTS, BraTS, MetricsReloaded), else 0.
    One,
    /// No overlap (plastimatch).
    Zero,
}

impl Empty {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Nan, Self::One, Self::Zero];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nan => "nan",
            Self::One => "one",
            Self::Zero => "zero",
        }
    }

    /// The value that stands for 0/0 of equal maps.
    pub fn value(self) -> f64 {
        match self {
            Self::Nan => f64::NAN,
            Self::One => 1.0,
            Self::Zero => 0.0,
        }
    }
}

by_name!(Empty, "the score of an empty class");

/// Dice coefficient, `2 tp / (n_pred + n_truth)` (Dice 1945, Sørensen 1948); the F1 score of the voxels.
///
/// Range 0 (no overlap) to 1 (equal). When neither map has the class, `empty` decides.
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// assert_eq!(metric::dice(&Counts::new(30, 40, 80, 1000)?, Empty::Nan), 0.5);
/// assert!(metric::dice(&Counts::new(0, 0, 0, 1000)?, Empty::Nan).is_nan());
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn dice(counts: &Counts, empty: Empty) -> f64 {
    let both = counts.n_pred() as f64 + counts.n_truth() as f64;
    if both == 0.0 { empty.value() } else { 2.0 * counts.tp() as f64 / both }
}

/// Intersection over union, `tp / (tp + fp + fn)` (Jaccard 1901).
///
/// Range 0 to 1; `dice / (2 - dice)`. When neither map has the class, `empty` decides.
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// assert_eq!(metric::iou(&Counts::new(30, 40, 80, 1000)?, Empty::Nan), 1.0 / 3.0);
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn iou(counts: &Counts, empty: Empty) -> f64 {
    let union = counts.n_pred() as f64 + counts.fn_() as f64;
    if union == 0.0 { empty.value() } else { counts.tp() as f64 / union }
}
