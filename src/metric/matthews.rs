//! Matthews' correlation coefficient of soft volumes, and its derivatives.

use super::choices::Smooth;
use super::moments::Moments;

/// Matthews' correlation coefficient of soft counts, (tp·tn − fp·fn) / √((tp+fp)(tp+fn)(tn+fp)(tn+fn)) with tp = I,
/// fp = Σp − I, fn = Σt − I and tn the rest of the voxels (Matthews 1975; as a loss Abhishek & Hamarneh 2021). Range −1 to
/// 1. Undefined where the root is 0.
///
/// ```
/// use voxdice::metric::{Kind, Loss, LossOptions, Matthews, Moments};
/// // tp 2, fp 1, fn 2, tn 3: (6 − 2) / √(3·4·4·5).
/// let options = LossOptions { kind: Kind::Matthews(Matthews::Whole), ..LossOptions::default() };
/// let loss = Loss::new(options)?.of(&Moments::plain(8.0, 3.0, 4.0, 2.0))?;
/// assert!((loss - (1.0 - 4.0 / 240f64.sqrt())).abs() < 1e-15);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Matthews {
    /// Smoothing as it stands: (tp·tn − fp·fn + a) / √(… + b), and 1 exactly where fp = fn = 0: MONAI's `MCCLoss`.
    Whole,
    /// ε ≥ 0 on each of the four counts: that of segmentation_models.pytorch.
    Counts {
        /// ε.
        eps: f64,
    },
}

impl Matthews {
    /// The coefficient and its derivatives with respect to I and Σp; `None` where it is undefined.
    pub(super) fn score(self, m: &Moments, intersection: f64, smooth: Smooth) -> Option<(f64, f64, f64)> {
        // With ε on each count the sizes grow by two of them, and the voxels by four.
        let (eps, Smooth { numerator, denominator }) = match self {
            Self::Whole if intersection == m.pred && intersection == m.truth => return Some((1.0, 0.0, 0.0)),
            Self::Whole => (0.0, smooth),
            Self::Counts { eps } => (eps, Smooth::none()),
        };
        let (i, n) = (intersection + eps, m.voxels + 4.0 * eps);
        let (p, t) = (m.pred + 2.0 * eps, m.truth + 2.0 * eps);
        // tp·tn − fp·fn = I·n − P·T.
        let above = i * n - p * t + numerator;
        let square = p * t * (n - t) * (n - p) + denominator;
        if square <= 0.0 {
            return None;
        }
        let below = square.sqrt();
        let score = above / below;
        Some((score, n / below, -t / below - score * t * (n - t) * (n - 2.0 * p) / (2.0 * square)))
    }
}
