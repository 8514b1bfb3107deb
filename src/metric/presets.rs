//! What other libraries, and some functions that are passed around on the web, call Dice.

mod channels;
pub(super) mod keras;
pub(super) mod monai;
pub(super) mod nnunet;
pub(super) mod smp;

use super::choices::{Agreement, Channels, Denominator, EmptyTruth, Form, Per, Reduce, Smooth, Smoothing};
use super::options::LossOptions;
use crate::options::Activation;

/// A named set of choices. [`Preset::options`] gives it; every field may be changed afterwards.
///
/// ```
/// use voxdice::metric::{Loss, Moments, Preset};
/// let keras = Loss::new(Preset::Keras.options())?;
/// assert_eq!(keras.of(&Moments::plain(4.0, 2.0, 2.0, 1.0))?, 1.0 - 2.0 / (4.0 + 1e-7));
/// assert_eq!("seed-dice-loss-2".parse::<Preset>()?, Preset::SeedDiceLoss2);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// `keras.losses.Dice` (Keras 3): 1 − 2I / (P + T + 1e-7) of everything flattened (`axis=None`). An empty pair
    /// scores 0, so its loss is 1.
    Keras,
    /// `monai.losses.DiceLoss` (1.5, 1.6): 1 − (2I + 1e-5) / (P + T + 1e-5) of each sample and channel, background
    /// included, then the mean. `squared_pred` is [`Denominator::Squared`], `jaccard`
    /// [`Overlap::Jaccard`](super::Overlap::Jaccard), `soft_label` [`Agreement::SoftLabel`], `batch` [`Per::Channel`],
    /// `weight` [`ClassWeights::Multiply`](super::ClassWeights::Multiply); its `TverskyLoss` takes
    /// [`Smooth::per_hit`], its `GeneralizedDiceLoss` [`Per::Sample`], or [`Per::All`] for `batch`.
    Monai,
    /// The Dice term of nnU-Net v2's default loss (`MemoryEfficientSoftDiceLoss` as the trainer sets it): minus
    /// (2I + 1e-5) / max(P + T + 1e-5, 1e-8) of each sample and foreground channel, then the mean. `batch_dice` is
    /// [`Per::Channel`]. The trainer adds cross-entropy of all channels with factor 1
    /// ([`Kind::Combined`](super::Kind::Combined)) and applies softmax: ask for these. For regions it applies sigmoid,
    /// adds binary cross-entropy and counts all channels, as none of them is background: [`Channels::All`].
    NnUnet,
    /// `DiceLoss` of segmentation_models.pytorch: 1 − 2I / max(P + T, 2e-7) of each channel with all samples pooled,
    /// I in the soft-label form, 0 where the truth of a channel is empty, then the mean. Its `smooth=s` is
    /// [`Smooth::per_hit`]`(s, s)`, its `eps` (1e-7) our `score_floor` and half of our `floor`, `log_loss`
    /// [`Form::NegLog`], `class_weights` [`ClassWeights::Normalise`](super::ClassWeights::Normalise). By default it takes
    /// logits: ask for softmax (multiclass) or sigmoid (binary, multilabel).
    Smp,
    /// `dice_loss1`: 1 − (2I + s) / (P + T + s) of everything flattened, s = 1e-6. As written the function raises an
    /// error (`K.dot` of two flat tensors); this is what its author meant.
    SeedDiceLoss1,
    /// `dice_loss2`: 1 − (2I + s) / (Σp² + Σt² + s), s = 1e-6, of each row along the last axis ([`View::Rows`]),
    /// not reduced.
    SeedDiceLoss2,
    /// `dice_loss3`: 1 − 2I / (P + T) of everything flattened, of the sigmoid of the prediction, so it takes logits.
    /// Without smoothing.
    SeedDiceLoss3,
    /// `dice_loss4`: 1 − (2I + s) / (Σp^γ + Σt^γ + s) of everything flattened, s = 1e-6; the function calls γ
    /// `gama`, and its default is 1 ([`Denominator::Power`] for others).
    SeedDiceLoss4,
    /// `dice_coef`: the score (2I + 100) / (P + T + 100) of everything flattened. Its three losses are
    /// [`Form::OneMinus`], [`Form::Negative`] and [`Form::NegLog`].
    SeedDiceCoef,
    /// `dice_coef_multilabel`: the sum over the channels, which come last, of `dice_coef`, samples pooled. The
    /// smoothing is 100 for every channel, or a list ([`Smoothing::PerChannel`]). Range 0 to the number of channels:
    /// a score, not yet a loss.
    SeedDiceCoefMultilabel,
}

/// How the axes of an array are read before anything is summed: formulas do not know what the axes mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum View {
    /// Samples, channels and spatial axes as they are.
    #[default]
    Cells,
    /// The whole array is one cell.
    Flat,
    /// Each row along the last axis is a cell.
    Rows,
    /// Samples and spatial axes, the channels last.
    ChannelsLast,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Keras,
        Self::Monai,
        Self::NnUnet,
        Self::Smp,
        Self::SeedDiceLoss1,
        Self::SeedDiceLoss2,
        Self::SeedDiceLoss3,
        Self::SeedDiceLoss4,
        Self::SeedDiceCoef,
        Self::SeedDiceCoefMultilabel,
    ];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keras => "keras",
            Self::Monai => "monai",
            Self::NnUnet => "nnunet",
            Self::Smp => "smp",
            Self::SeedDiceLoss1 => "seed-dice-loss-1",
            Self::SeedDiceLoss2 => "seed-dice-loss-2",
            Self::SeedDiceLoss3 => "seed-dice-loss-3",
            Self::SeedDiceLoss4 => "seed-dice-loss-4",
            Self::SeedDiceCoef => "seed-dice-coef",
            Self::SeedDiceCoefMultilabel => "seed-dice-coef-multilabel",
        }
    }

    /// How it sees its arrays.
    pub fn view(self) -> View {
        match self {
            Self::Monai | Self::NnUnet | Self::Smp => View::Cells,
            Self::SeedDiceLoss2 => View::Rows,
            Self::SeedDiceCoefMultilabel => View::ChannelsLast,
            Self::Keras | Self::SeedDiceLoss1 | Self::SeedDiceLoss3 | Self::SeedDiceLoss4 | Self::SeedDiceCoef => {
                View::Flat
            }
        }
    }

    /// Its choices.
    pub fn options(self) -> LossOptions {
        let smooth = |smooth: f64| Smoothing::Same(Smooth::both(smooth));
        let flat = LossOptions { per: Per::All, ..LossOptions::default() };
        match self {
            Self::Keras => {
                let smooth = Smooth { numerator: 0.0, denominator: 1e-7 };
                LossOptions { smooth: smooth.into(), ..flat }
            }
            Self::Monai => LossOptions { smooth: smooth(1e-5), ..LossOptions::default() },
            Self::NnUnet => LossOptions {
                form: Form::Negative,
                smooth: smooth(1e-5),
                floor: 1e-8,
                channels: Channels::Foreground,
                ..LossOptions::default()
            },
            Self::Smp => LossOptions {
                floor: 2e-7,
                score_floor: 1e-7,
                agreement: Agreement::SoftLabel,
                per: Per::Channel,
                empty_truth: EmptyTruth::ZeroLoss,
                ..LossOptions::default()
            },
            Self::SeedDiceLoss1 | Self::SeedDiceLoss4 => LossOptions { smooth: smooth(1e-6), ..flat },
            Self::SeedDiceLoss2 => LossOptions {
                denominator: Denominator::Squared,
                smooth: smooth(1e-6),
                reduce: Reduce::None,
                ..LossOptions::default()
            },
            Self::SeedDiceLoss3 => LossOptions { activation: Activation::Sigmoid, ..flat },
            Self::SeedDiceCoef => LossOptions { form: Form::Score, smooth: smooth(100.0), ..flat },
            Self::SeedDiceCoefMultilabel => LossOptions {
                form: Form::Score,
                smooth: smooth(100.0),
                per: Per::Channel,
                reduce: Reduce::Sum,
                ..LossOptions::default()
            },
        }
    }
}

crate::error::by_name!(Preset, "preset");
