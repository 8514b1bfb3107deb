//! Losses of single elements: which one, its value and its derivative. Imports none of our modules.

mod entropy;

pub(crate) use entropy::Real;
pub use entropy::{Entropy, Focal, LabelSmoothing, Measure, Part};

/// A loss ℓ(p, t) of each element, p a probability. A cell holds its sum in
/// [`Moments::pointwise`](crate::metric::Moments::pointwise); what a loss reports is a mean of it:
///
/// - [`Pointwise::CrossEntropy`]: the mean over voxels of the sum over channels, as PyTorch has it. A group of one
///   channel out of the C that take part reports C times the mean of its own channel, so that the mean over all groups
///   is the usual one.
/// - the others: the mean over elements.
///
/// With class weights and all channels in the group, cross-entropy is Σ w·ℓ / Σ w·t as in PyTorch; the others are
/// Σ w·ℓ over the number of elements ([`ClassWeights::Multiply`](crate::metric::ClassWeights::Multiply)) or over the sum of
/// their weights ([`ClassWeights::Normalise`](crate::metric::ClassWeights::Normalise)).
///
/// Range 0 to ∞. Without sigmoid or softmax, p (or 1 − p) below e^−100 counts as e^−100, so that no logarithm is below
/// −100, as in PyTorch's `BCELoss`; with them the logarithms are of the logits and have no limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pointwise {
    /// −t·ln p: with one-hot truth and softmax the categorical cross-entropy.
    CrossEntropy,
    /// −t·ln p − (1−t)·ln(1−p).
    BinaryCrossEntropy,
    /// −β·t·ln p − (1−β)·(1−t)·ln(1−p), β within [0, 1]: the term of the Combo loss (Taghanaki et al. 2019) that
    /// penalises false negatives more for β > ½.
    Balanced {
        /// β.
        beta: f64,
    },
    /// −t·α·(1−p)^γ·ln p − (1−t)·(1−α)·p^γ·ln(1−p) (Lin et al. 2017), γ ≥ 0; for 0/1 truth what MONAI and SMP have.
    Focal {
        /// γ: 0 is cross-entropy, 2 the usual choice.
        gamma: f64,
        /// α and 1 − α, within [0, 1]; `None` for factors of 1.
        alpha: Option<f64>,
    },
    /// −t·(1−p)^γ·ln p, γ ≥ 0: the focal loss over softmax, `use_softmax` of MONAI (whose α weighs channel 0 apart:
    /// use class weights for that).
    CategoricalFocal {
        /// γ.
        gamma: f64,
    },
    /// Any of the family, with every choice that libraries make: label smoothing, weights of positives, clipped
    /// probabilities, and the focal losses of soft truths.
    Entropy(Entropy),
}

/// e^−100.
pub(crate) const FLOOR: f64 = 3.720_075_976_020_836e-44;

fn floored(p: f64) -> f64 {
    p.max(FLOOR)
}

impl Pointwise {
    /// ℓ(p, t).
    ///
    /// ```
    /// use voxdice::metric::Pointwise;
    /// assert_eq!(Pointwise::BinaryCrossEntropy.value(0.5, 1.0), 2f64.ln());
    /// assert_eq!(Pointwise::CrossEntropy.value(0.0, 0.0), 0.0);
    /// assert_eq!(Pointwise::Focal { gamma: 2.0, alpha: None }.value(0.5, 0.0), 2f64.ln() / 4.0);
    /// ```
    pub fn value(self, p: f64, t: f64) -> f64 {
        let on = t * floored(p).ln();
        let off = (1.0 - t) * floored(1.0 - p).ln();
        match self {
            Self::CrossEntropy => -on,
            Self::BinaryCrossEntropy => -on - off,
            Self::Balanced { beta } => -beta * on - (1.0 - beta) * off,
            Self::Focal { gamma, alpha } => {
                let (a, b) = factors(alpha);
                -a * power(1.0 - p, gamma) * on - b * power(p, gamma) * off
            }
            Self::CategoricalFocal { gamma } => -power(1.0 - p, gamma) * on,
            Self::Entropy(entropy) => entropy.value(floored(p).ln(), floored(1.0 - p).ln(), t),
        }
    }

    /// dℓ/dp.
    ///
    /// ```
    /// use voxdice::metric::Pointwise;
    /// assert_eq!(Pointwise::BinaryCrossEntropy.derivative(0.5, 1.0), -2.0);
    /// ```
    pub fn derivative(self, p: f64, t: f64) -> f64 {
        let (q, s) = (floored(p), floored(1.0 - p));
        let (on, off) = (t / q, (t - 1.0) / s);
        match self {
            Self::CrossEntropy => -on,
            Self::BinaryCrossEntropy => -on - off,
            Self::Balanced { beta } => -beta * on - (1.0 - beta) * off,
            Self::Focal { gamma, alpha } => {
                let (a, b) = factors(alpha);
                let on = slope(1.0 - p, gamma) * t * q.ln() - power(1.0 - p, gamma) * on;
                let off = -slope(p, gamma) * (1.0 - t) * s.ln() - power(p, gamma) * off;
                a * on + b * off
            }
            Self::CategoricalFocal { gamma } => slope(1.0 - p, gamma) * t * q.ln() - power(1.0 - p, gamma) * on,
            Self::Entropy(entropy) => {
                let slopes = entropy.slopes(q.ln(), s.ln(), t);
                slopes.off / s - slopes.on / q
            }
        }
    }

    /// The first parameter out of its range: its name, its value, and the range.
    pub(crate) fn fault(self) -> Option<(&'static str, f64, &'static str)> {
        let gamma =
            |gamma: f64| (!(gamma.is_finite() && gamma >= 0.0)).then_some(("gamma", gamma, "finite and at least 0"));
        let fraction = |name, value: f64| (!(0.0..=1.0).contains(&value)).then_some((name, value, "within 0 to 1"));
        match self {
            Self::CrossEntropy | Self::BinaryCrossEntropy => None,
            Self::Balanced { beta } => fraction("beta", beta),
            Self::Focal { gamma: exponent, alpha } => {
                gamma(exponent).or_else(|| alpha.and_then(|alpha| fraction("alpha", alpha)))
            }
            Self::CategoricalFocal { gamma: exponent } => gamma(exponent),
            Self::Entropy(entropy) => entropy.fault(),
        }
    }

    /// γ and the weight of the foreground (of the background: 1 − it), of the form that all but the cross-entropies
    /// share: −w·t·(1−p)^γ·ln p − (1−w)·(1−t)·p^γ·ln(1−p).
    pub(crate) fn parameters(self) -> (f64, Option<f64>) {
        match self {
            Self::CrossEntropy | Self::BinaryCrossEntropy => (0.0, None),
            Self::Balanced { beta } => (0.0, Some(beta)),
            Self::Focal { gamma, alpha } => (gamma, alpha),
            Self::CategoricalFocal { gamma } => (gamma, None),
            Self::Entropy(entropy) => (entropy.factor.gamma(), entropy.alpha),
        }
    }
}

fn factors(alpha: Option<f64>) -> (f64, f64) {
    alpha.map_or((1.0, 1.0), |alpha| (alpha, 1.0 - alpha))
}

/// x^γ for x ≥ 0.
fn power(x: f64, gamma: f64) -> f64 {
    x.max(0.0).powf(gamma)
}

/// d(x^γ)/dx for x > 0, and 0 at 0, where the logarithm beside it is 0 as well.
fn slope(x: f64, gamma: f64) -> f64 {
    if gamma == 0.0 || x <= 0.0 { 0.0 } else { gamma * x.powf(gamma - 1.0) }
}
