//! A loss as a set of named choices.

use super::choices::{
    Agreement, Channels, ClassWeights, Denominator, Divisor, EmptyTruth, Focus, Form, Per, Reduce, Smooth, Smoothing,
};
use super::matthews::Matthews;
use super::overlap::Empty;
use super::score::{Overlap, Tversky};
use crate::options::Activation;
use crate::pointwise::Pointwise;

/// What is computed of a group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// An overlap score in the chosen [`Form`].
    Overlap(Overlap),
    /// The mean of a pointwise loss.
    Pointwise(Pointwise),
    /// Matthews' correlation coefficient in the chosen [`Form`]: `OneMinus`, `Score` or `Negative`.
    Matthews(Matthews),
    /// λ·overlap + λ'·pointwise. The pointwise part of a group is the mean over all channels, excluded ones too, of
    /// the samples in the group: of the sample, or of the batch under [`Per::Channel`] and [`Per::All`]. So the mean
    /// over the groups is λ·(mean overlap loss) + λ'·(mean pointwise loss), as MONAI's `DiceCELoss` and nnU-Net add
    /// them. Cross-entropy with class weights is that of the batch always, as the weights are divided by Σ w·t over the
    /// batch. Where the parts differ in activation, channels or weights, an [`Objective`](super::Objective) adds
    /// terms that have their own.
    Combined {
        /// The overlap.
        overlap: Overlap,
        /// The pointwise loss.
        pointwise: Pointwise,
        /// λ ≥ 0.
        lambda_overlap: f64,
        /// λ' ≥ 0.
        lambda_pointwise: f64,
    },
}

impl Default for Kind {
    fn default() -> Self {
        Self::Overlap(Overlap::Dice)
    }
}

/// Every choice by which one overlap loss differs from another. The default is 1 − Dice of each cell, without
/// smoothing, and the mean of these.
///
/// ```
/// use voxdice::metric::{Denominator, Loss, LossOptions, Moments, Smooth};
/// let options = LossOptions { denominator: Denominator::Squared, smooth: Smooth::both(1.0).into(), ..Default::default() };
/// let moments = Moments::plain(8.0, 3.0, 4.0, 2.0).with_power(2.0, 4.0);
/// assert_eq!(Loss::new(options)?.of(&moments)?, 1.0 - 5.0 / 7.0);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LossOptions {
    /// What is computed.
    pub kind: Kind,
    /// How the score becomes a loss.
    pub form: Form,
    /// An exponent on the loss.
    pub focus: Focus,
    /// What is added above and below.
    pub smooth: Smoothing,
    /// Denominators below this count as this, with no gradient through them: the clamp of nnU-Net (1e-8) and SMP
    /// (1e-7, which is 2e-7 in Dice form). 0 for none.
    pub floor: f64,
    /// Under [`Form::NegLog`], scores below this count as this, with no gradient through them: SMP's `eps` (1e-7).
    /// 0 for none: no overlap at all is then a loss of ∞.
    pub score_floor: f64,
    /// Intersections below this count as this, with no gradient through them, while fp and fn stay: `clip_tp` of nnU-Net's
    /// `SoftDiceLoss`. 0 for none.
    pub hits_floor: f64,
    /// The sums in the denominator.
    pub denominator: Denominator,
    /// How the intersection is measured.
    pub agreement: Agreement,
    /// What one value sums over.
    pub per: Per,
    /// What is done with the values.
    pub reduce: Reduce,
    /// Which channels take part.
    pub channels: Channels,
    /// How they weigh.
    pub weights: ClassWeights,
    /// What a pointwise loss is divided by.
    pub divisor: Divisor,
    /// The score where the formula is 0/0. NaN is left out of means and sums, and counted.
    pub empty: Empty,
    /// The loss where the truth is empty.
    pub empty_truth: EmptyTruth,
    /// What is applied to the prediction before it is summed.
    pub activation: Activation,
}

impl LossOptions {
    /// Whether the intersection is measured by |p − t|. With squares MONAI's form of that is Σpt itself.
    pub(super) fn soft_label(&self) -> bool {
        self.agreement == Agreement::SoftLabel && self.denominator.exponent() == 1.0
    }

    /// Focal Tversky loss, (1 − T)^γ (Abraham & Khan 2018, with γ for their 1/γ; T smoothed by 1 as in theirs).
    pub fn focal_tversky(tversky: Tversky, gamma: f64) -> Self {
        Self {
            kind: Kind::Overlap(Overlap::Tversky(tversky)),
            focus: Focus::Group(gamma),
            smooth: Smooth::per_hit(1.0, 1.0).into(),
            ..Self::default()
        }
    }

    /// Log-cosh Dice loss, ln cosh(1 − D) (Jadon 2020), D smoothed by 1 as in its code.
    pub fn log_cosh_dice() -> Self {
        Self { form: Form::LogCosh, smooth: Smooth::both(1.0).into(), ..Self::default() }
    }

    /// Dice loss plus cross-entropy, each with factor 1, as MONAI's `DiceCELoss`: smoothing 1e-5.
    pub fn dice_ce() -> Self {
        Self::dice_and(Pointwise::CrossEntropy)
    }

    /// Dice loss plus focal loss with γ = 2, each with factor 1, as MONAI's `DiceFocalLoss` without softmax:
    /// smoothing 1e-5.
    pub fn dice_focal() -> Self {
        Self::dice_and(Pointwise::Focal { gamma: 2.0, alpha: None })
    }

    fn dice_and(pointwise: Pointwise) -> Self {
        let kind = Kind::Combined { overlap: Overlap::Dice, pointwise, lambda_overlap: 1.0, lambda_pointwise: 1.0 };
        Self { kind, smooth: Smooth::both(1e-5).into(), ..Self::default() }
    }

    /// Combo loss (Taghanaki et al. 2019, "Combo loss: handling input and output imbalance in multi-organ
    /// segmentation"): α·L − (1−α)·D, where L is the mean of −β·t·ln p − (1−β)·(1−t)·ln(1−p) and D = (2I + 1) / (P + T + 1).
    ///
    /// The paper sums D over the classes; here it is the mean over them unless [`Reduce`] says otherwise, so that the
    /// range does not depend on their number. Range −(1−α) to ∞; it is lowest for a perfect prediction.
    ///
    /// ```
    /// use voxdice::metric::{Loss, LossOptions, Moments};
    /// let perfect = Moments { pointwise: 0.0, ..Moments::plain(4.0, 2.0, 2.0, 2.0) };
    /// assert_eq!(Loss::new(LossOptions::combo(0.5, 0.7))?.of(&perfect)?, -0.5);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    pub fn combo(alpha: f64, beta: f64) -> Self {
        let kind = Kind::Combined {
            overlap: Overlap::Dice,
            pointwise: Pointwise::Balanced { beta },
            lambda_overlap: 1.0 - alpha,
            lambda_pointwise: alpha,
        };
        Self { kind, form: Form::Negative, smooth: Smooth::both(1.0).into(), ..Self::default() }
    }
}
