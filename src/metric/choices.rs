//! The choices by which one Dice differs from another, each a named value with a default.

/// What stands in the denominator beside smoothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Denominator {
    /// Σp + Σt: Dice 1945, Sørensen 1948, and most libraries.
    #[default]
    Sum,
    /// Σp² + Σt²: V-Net (Milletari 2016), MONAI's `squared_pred`, `dice_loss2` of the seed functions.
    Squared,
    /// Σ|p|^γ + Σ|t|^γ, γ > 0: `dice_loss4` of the seed functions, which calls it `gama`.
    Power(f64),
}

impl Denominator {
    /// γ: 1, 2 or the power.
    pub fn exponent(self) -> f64 {
        match self {
            Self::Sum => 1.0,
            Self::Squared => 2.0,
            Self::Power(gamma) => gamma,
        }
    }
}

/// What is added to the numerator and to the denominator of a score in Dice form, `(2I + a) / (D + b)`.
///
/// All overlap scores here are in that form: Jaccard is `(2I + a) / (2U + b)` as in MONAI, and Tversky
/// `(2I + a) / (2(I + α·fp + β·fn) + b)`. Where a library writes `(I + s) / (… + s)` instead (SMP, MONAI's and Keras'
/// Tversky) the same numbers are [`Smooth::per_hit`].
///
/// ```
/// use voxdice::metric::Smooth;
/// assert_eq!(Smooth::per_hit(1.0, 0.5), Smooth { numerator: 2.0, denominator: 1.0 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Smooth {
    /// a ≥ 0.
    pub numerator: f64,
    /// b ≥ 0.
    pub denominator: f64,
}

impl Smooth {
    /// The same above and below.
    pub fn both(smooth: f64) -> Self {
        Self { numerator: smooth, denominator: smooth }
    }

    /// No smoothing: a group that is empty in both volumes has no score.
    pub fn none() -> Self {
        Self::default()
    }

    /// From the form `(I + numerator) / (… + denominator)`: both doubled.
    pub fn per_hit(numerator: f64, denominator: f64) -> Self {
        Self { numerator: 2.0 * numerator, denominator: 2.0 * denominator }
    }
}

/// One smoothing for all channels, or one for each.
#[derive(Debug, Clone, PartialEq)]
pub enum Smoothing {
    /// The same in every group.
    Same(Smooth),
    /// One per channel of the table, excluded ones included; for [`Per::Cell`] and [`Per::Channel`].
    PerChannel(Vec<Smooth>),
}

impl Smoothing {
    /// The same numbers from the form of [`Smooth::per_hit`]: all doubled.
    ///
    /// ```
    /// use voxdice::metric::{Smooth, Smoothing};
    /// assert_eq!(Smoothing::Same(Smooth::both(1.0)).per_hit(), Smooth::per_hit(1.0, 1.0).into());
    /// ```
    #[must_use]
    pub fn per_hit(mut self) -> Self {
        let all = match &mut self {
            Self::Same(smooth) => std::slice::from_mut(smooth),
            Self::PerChannel(list) => list,
        };
        for smooth in all {
            *smooth = Smooth::per_hit(smooth.numerator, smooth.denominator);
        }
        self
    }
}

impl Default for Smoothing {
    fn default() -> Self {
        Self::Same(Smooth::none())
    }
}

impl From<Smooth> for Smoothing {
    fn from(smooth: Smooth) -> Self {
        Self::Same(smooth)
    }
}

/// How the intersection I of two soft volumes is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Agreement {
    /// I = Σpt. With soft truth the best prediction is then not the truth but its rounding.
    #[default]
    Product,
    /// I = (Σp + Σt − Σ|p−t|) / 2, which is largest at p = t (Wang et al., arXiv 2303.16296): `soft_label` of MONAI,
    /// and SMP always. For non-negative values. With [`Denominator::Squared`] MONAI uses
    /// (Σp² + Σt² − Σ(p−t)²) / 2, which is Σpt again. Equal to the product where p or t is 0 or 1 throughout and the
    /// other within [0, 1].
    SoftLabel,
}

/// How a score S becomes a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Form {
    /// S itself, range 0 to 1.
    Score,
    /// 1 − S, range 0 to 1: most libraries.
    #[default]
    OneMinus,
    /// −S, range −1 to 0: nnU-Net.
    Negative,
    /// −ln S, range 0 to ∞: `log_loss` of SMP.
    NegLog,
    /// ln cosh(1 − S), range 0 to 0.434 (Jadon 2020).
    LogCosh,
}

impl Form {
    /// The loss of a score.
    pub fn of(self, score: f64) -> f64 {
        match self {
            Self::Score => score,
            Self::OneMinus => 1.0 - score,
            Self::Negative => -score,
            Self::NegLog => -score.ln(),
            Self::LogCosh => (1.0 - score).cosh().ln(),
        }
    }

    /// d(loss)/d(score).
    pub fn derivative(self, score: f64) -> f64 {
        match self {
            Self::Score => 1.0,
            Self::OneMinus | Self::Negative => -1.0,
            Self::NegLog => -1.0 / score,
            Self::LogCosh => -(1.0 - score).tanh(),
        }
    }
}

/// An exponent on the loss, γ > 0: what makes Tversky focal.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Focus {
    /// None.
    #[default]
    None,
    /// (1 − S)^γ of each group, before the reduction: Abraham & Khan 2018, who write 1/γ for the exponent and give
    /// it the value ¾. The gradient at S = 1 is taken as 0 for γ < 1, where it does not exist. Only with
    /// [`Form::OneMinus`].
    Group(f64),
    /// The reduced loss to the power γ: SMP's `TverskyLoss`. Not with [`Reduce::None`], nor with [`Form::Score`] and
    /// [`Form::Negative`], which are not losses from 0 up.
    Reduced(f64),
}

/// What one value sums over. Generalized Dice never separates its channels: its groups are samples for [`Per::Cell`]
/// and [`Per::Sample`], the batch for [`Per::Channel`] and [`Per::All`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Per {
    /// Each sample and channel: MONAI's default.
    #[default]
    Cell,
    /// The channels of a sample pooled (generalized Dice: kept apart, as the classes of one score).
    Sample,
    /// The samples of a channel pooled: "batch Dice" of MONAI and nnU-Net, SMP always.
    Channel,
    /// Everything pooled (generalized Dice: the channels kept apart): Keras' default, flattening.
    All,
    /// Each voxel of each channel: values `[N, C, spatial...]` of a pointwise loss, `reduction="none"` of MONAI's
    /// `FocalLoss`. With [`Reduce::None`] and [`Divisor::One`], by [`Engine::loss`](crate::Engine::loss) only: values
    /// of voxels are not sums.
    Element,
    /// The same, summed over the channels that take part: values `[N, spatial...]`, as of Keras. With
    /// [`Divisor::Channels`] it is their mean.
    Voxel,
}

/// What the sum of a pointwise loss is divided by. Voxels that are ignored or masked are not counted.
///
/// Class weights multiply the values, with every divisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Divisor {
    /// [`Pointwise::CrossEntropy`](super::Pointwise::CrossEntropy): as [`Divisor::Truth`] where there are class weights and
    /// the group has all channels, else as [`Divisor::Voxels`]. The others: [`Divisor::Elements`], or the sum of their weights
    /// with [`ClassWeights::Normalise`].
    #[default]
    Usual,
    /// The elements of the group: a mean over voxels and channels.
    Elements,
    /// The elements of the group over the number of channels that take part: a mean over voxels of the sum over channels.
    /// PyTorch's cross-entropy of soft labels, Keras' categorical losses.
    Voxels,
    /// Σ w·t over the group, w the class weights: PyTorch's cross-entropy of a label map. It uses the truth before
    /// label smoothing.
    Truth,
    /// The number of channels that take part: a sum over voxels of the mean over channels. Keras' binary losses.
    Channels,
    /// 1: the sum.
    One,
    /// The sum of the focal factors of the group, at least 1e-6: `normalized` of SMP's `FocalLoss` with its `reduction="sum"`.
    /// For an [`Entropy`](super::Entropy) with a factor, by [`Engine::loss`](crate::Engine::loss) only.
    Factors,
    /// That times the elements of the group: the same with `reduction="mean"`.
    ElementsAndFactors,
}

impl Divisor {
    /// Whether the focal factors are summed, in another pass.
    pub(super) fn has_factors(self) -> bool {
        matches!(self, Self::Factors | Self::ElementsAndFactors)
    }
}

/// What is done with the values of the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reduce {
    /// They are the result.
    None,
    /// Their mean, over the defined ones.
    #[default]
    Mean,
    /// Their sum, over the defined ones.
    Sum,
}

/// Which channels take part: in the overlap, and in a pointwise loss by itself. Others have no group. The pointwise part of
/// [`Kind::Combined`](super::Kind::Combined) takes all channels, so there only their derivatives of the overlap are 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Channels {
    /// All.
    #[default]
    All,
    /// All but channel 0: `include_background=False` of MONAI, `do_bg=False` of nnU-Net. A table of one channel keeps
    /// it, as in MONAI.
    Foreground,
    /// These, in this order, each once.
    Only(Vec<usize>),
}

/// Weights of the classes, one per channel of the table (excluded ones included), each ≥ 0.
///
/// For values of single channels ([`Per::Cell`], [`Per::Channel`]) and for pointwise losses.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ClassWeights {
    /// All weigh the same.
    #[default]
    Equal,
    /// Values are multiplied and the mean stays the plain mean: MONAI's `weight`.
    Multiply(Vec<f64>),
    /// Values are multiplied and divided by the mean weight of the groups that are defined, so that the mean is
    /// Σwℓ / Σw: SMP's `class_weights`.
    Normalise(Vec<f64>),
}

/// What the loss of a group is whose truth is empty (Σt = 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EmptyTruth {
    /// What the formula gives: with a small smoothing about 1 as soon as anything is predicted.
    #[default]
    Formula,
    /// 0 with gradient 0, so that false positives of an absent class do not count: SMP. The group stays in the mean.
    ZeroLoss,
}
