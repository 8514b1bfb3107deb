//! Binary and categorical cross-entropy with every choice that libraries make of it: one formula, of logarithms.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// Cross-entropy of an element, with all that libraries do to it:
///
/// `ℓ = m · F · b`, `b = −(on·t'·ln p + off·(1−t')·ln(1−p))`, `t' = keep·t + add`
///
/// with the [focal](Focal) factor F and m = α·t' + (1−α)·(1−t'), or 1 without α. The default is plain binary
/// cross-entropy; [`Pointwise`](super::Pointwise) has short names for the usual choices.
///
/// ```
/// use voxdice::metric::{Entropy, LabelSmoothing, Pointwise};
/// // PyTorch's `BCEWithLogitsLoss(pos_weight=3)`.
/// let weighted = Pointwise::Entropy(Entropy { on: 3.0, ..Entropy::default() });
/// assert_eq!(weighted.value(0.5, 1.0), 3.0 * 2f64.ln());
/// // Categorical, two classes, labels smoothed by 0.1: the truth 1 counts as 0.95.
/// let smoothed = Entropy { labels: LabelSmoothing::classes(0.1, 2), ..Entropy::categorical() };
/// assert!((Pointwise::Entropy(smoothed).value(0.5, 1.0) - 0.95 * 2f64.ln()).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entropy {
    /// Factor of −t'·ln p, ≥ 0: a `pos_weight`.
    pub on: f64,
    /// Factor of −(1−t')·ln(1−p), ≥ 0: 0 makes it categorical.
    pub off: f64,
    /// α within [0, 1].
    pub alpha: Option<f64>,
    /// F.
    pub factor: Focal,
    /// t' of t.
    pub labels: LabelSmoothing,
    /// p counts as at least this and at most 1 − this in the logarithms, without a gradient beyond; within [0, ½), 0 for
    /// none. Keras has 1e-7. Factors that are made of b take it as it is then, `Miss` and `Margin` take p as it was.
    pub clip: f64,
    /// Which voxels have a value; the others have 0.
    pub part: Part,
    /// What the value is.
    pub measure: Measure,
}

impl Default for Entropy {
    fn default() -> Self {
        Self {
            on: 1.0,
            off: 1.0,
            alpha: None,
            factor: Focal::None,
            labels: LabelSmoothing::none(),
            clip: 0.0,
            part: Part::All,
            measure: Measure::Loss,
        }
    }
}

/// The factor of a focal loss (Lin et al. 2017), γ ≥ 0. For a truth of 0 and 1 all but [`Focal::Reduced`] are
/// (1 − p)^γ where t = 1 and p^γ where t = 0; for a truth between, libraries differ.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Focal {
    /// 1.
    #[default]
    None,
    /// (1 − p)^γ on the part of t', p^γ on that of 1 − t': the paper's formula as it stands.
    Apart(f64),
    /// σ(−x(2t' − 1))^γ, x the logit: MONAI.
    Margin(f64),
    /// (1 − e^−b)^γ, b without the factors `on` and `off`: segmentation_models.pytorch.
    Confidence(f64),
    /// ((1 − e^−b) / r)^γ, and 1 where e^−b < r: its `reduced_threshold`.
    Reduced {
        /// γ.
        gamma: f64,
        /// r, within (0, 1].
        threshold: f64,
    },
    /// (t'·(1 − p) + (1 − t')·p)^γ: Keras.
    Miss(f64),
}

impl Focal {
    /// γ, 0 for none.
    pub fn gamma(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Apart(gamma) | Self::Margin(gamma) | Self::Confidence(gamma) | Self::Miss(gamma) => gamma,
            Self::Reduced { gamma, .. } => gamma,
        }
    }
}

/// Label smoothing as t' = keep·t + add.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelSmoothing {
    /// Factor of the truth.
    pub keep: f64,
    /// What is added to it, ≥ 0.
    pub add: f64,
}

impl Default for LabelSmoothing {
    fn default() -> Self {
        Self::none()
    }
}

impl LabelSmoothing {
    /// t' = t.
    pub fn none() -> Self {
        Self { keep: 1.0, add: 0.0 }
    }

    /// (1 − ε)·t + ε / C: PyTorch, MONAI, nnU-Net, and Keras' categorical losses.
    ///
    /// ```
    /// use voxdice::metric::LabelSmoothing;
    /// assert_eq!(LabelSmoothing::classes(0.5, 4), LabelSmoothing { keep: 0.5, add: 0.125 });
    /// ```
    pub fn classes(epsilon: f64, classes: usize) -> Self {
        Self { keep: 1.0 - epsilon, add: epsilon / classes as f64 }
    }

    /// (1 − ε)·t + ε / 2: Keras' binary losses.
    pub fn binary(epsilon: f64) -> Self {
        Self::classes(epsilon, 2)
    }

    /// (1 − f)·t + f·(1 − t): `smooth_factor` of SMP's `SoftBCEWithLogitsLoss`.
    pub fn flip(f: f64) -> Self {
        Self { keep: 1.0 - 2.0 * f, add: f }
    }
}

/// Which voxels a pointwise loss has a value of: the two parts add up to the whole, so that each may have its own
/// weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Part {
    /// All.
    #[default]
    All,
    /// Those whose truth is exactly 1.
    Ones,
    /// The others.
    Others,
}

/// What is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Measure {
    /// The loss.
    #[default]
    Loss,
    /// Its focal factor F, which a normalized focal loss is divided by the sum of. Not of [`Focal::Apart`], which has two.
    Factor,
}

/// The numbers that a loss is computed in: `f64`, or those of the kernels.
pub(crate) trait Real:
    Copy
    + PartialOrd
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    fn of(x: f64) -> Self;
    fn exp(self) -> Self;
    /// For x > 0.
    fn ln(self) -> Self;
    /// ln(1 + e^x).
    fn softplus(self) -> Self;
    /// 1 − e^−x for x ≥ 0, with the digits of a small x.
    fn one_minus_exp_neg(self) -> Self;
}

impl Real for f64 {
    fn of(x: f64) -> Self {
        x
    }

    fn exp(self) -> Self {
        self.exp()
    }

    fn ln(self) -> Self {
        self.ln()
    }

    fn softplus(self) -> Self {
        self.max(0.0) + (-self.abs()).exp().ln_1p()
    }

    fn one_minus_exp_neg(self) -> Self {
        -(-self).exp_m1()
    }
}

/// Slopes of a loss: the derivative with respect to the logit is `−q·on + p·off`, that with respect to p
/// `−on / p + off / q`, with q = 1 − p. Apart, both keep their digits where p or q is next to 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slopes<R> {
    pub on: R,
    pub off: R,
}

/// Bases of powers count as at least this: what they are multiplied with is 0 there.
const LEAST_BASE: f64 = 1e-30;

impl Entropy {
    /// −t·ln p.
    pub fn categorical() -> Self {
        Self { off: 0.0, ..Self::default() }
    }

    /// The first parameter out of its range: its name, its value, and the range.
    pub(crate) fn fault(&self) -> Option<(&'static str, f64, &'static str)> {
        let within = |low: f64, value: f64, high: f64| (low..=high).contains(&value);
        let not_negative = "finite and at least 0";
        let LabelSmoothing { keep, add } = self.labels;
        let threshold = if let Focal::Reduced { threshold, .. } = self.factor { threshold } else { 1.0 };
        let apart = matches!(self.factor, Focal::Apart(_)) && self.measure == Measure::Factor;
        let checks = [
            ("on", self.on, within(0.0, self.on, f64::MAX), not_negative),
            ("off", self.off, within(0.0, self.off, f64::MAX), not_negative),
            (
                "alpha",
                self.alpha.unwrap_or(0.0),
                self.alpha.is_none_or(|alpha| within(0.0, alpha, 1.0)),
                "within [0, 1]",
            ),
            ("gamma", self.factor.gamma(), within(0.0, self.factor.gamma(), f64::MAX), not_negative),
            ("threshold", threshold, threshold > 0.0 && threshold <= 1.0, "above 0 and at most 1"),
            ("label smoothing", add, within(0.0, add, 1.0), "within [0, 1]"),
            // t' of t = 1.
            ("label smoothing", keep, within(0.0, keep + add, 1.0), "such that a truth of 1 stays within [0, 1]"),
            ("clip", self.clip, (0.0..0.5).contains(&self.clip), "at least 0 and below 0.5"),
            (
                "gamma",
                self.factor.gamma(),
                !apart,
                "of a factor that is one number: Margin, Confidence, Reduced or Miss",
            ),
        ];
        checks.into_iter().find(|&(_, _, holds, _)| !holds).map(|(name, value, _, range)| (name, value, range))
    }

    fn counts<R: Real>(&self, t: R) -> bool {
        match self.part {
            Part::All => true,
            Part::Ones => t == R::of(1.0),
            Part::Others => t != R::of(1.0),
        }
    }

    /// Least and largest logarithm. Of one library everywhere: those of two systems may differ.
    pub(crate) fn bounds(&self) -> (f64, f64) {
        if self.clip == 0.0 {
            (f64::NEG_INFINITY, f64::INFINITY)
        } else {
            (libm::log(self.clip), libm::log1p(-self.clip))
        }
    }

    /// A logarithm as it is clipped, and 1 or 0 for the derivative through it.
    fn clipped<R: Real>(&self, ln: R) -> (R, R) {
        let (low, high) = self.bounds();
        if ln < R::of(low) {
            (R::of(low), R::of(0.0))
        } else if R::of(high) < ln {
            (R::of(high), R::of(0.0))
        } else {
            (ln, R::of(1.0))
        }
    }

    /// t', and what weighs it.
    fn smoothed<R: Real>(&self, t: R) -> (R, R) {
        let one = R::of(1.0);
        let u = R::of(self.labels.keep) * t + R::of(self.labels.add);
        let weight = |alpha| R::of(alpha) * u + (one - R::of(alpha)) * (one - u);
        (u, self.alpha.map_or(one, weight))
    }

    /// ℓ, of ln p and ln (1 − p).
    pub(crate) fn value<R: Real>(&self, ln_p: R, ln_q: R, t: R) -> R {
        if !self.counts(t) {
            return R::of(0.0);
        }
        let (u, m) = self.smoothed(t);
        let ((log_p, _), (log_q, _)) = (self.clipped(ln_p), self.clipped(ln_q));
        let on = -(R::of(self.on) * u * log_p);
        let off = -(R::of(self.off) * (R::of(1.0) - u) * log_q);
        if let Focal::Apart(gamma) = self.factor {
            let gamma = R::of(gamma);
            return m * ((gamma * log_q).exp() * on + (gamma * log_p).exp() * off);
        }
        let (factor, _) = self.focal(ln_p, ln_q, u);
        if self.measure == Measure::Factor { factor } else { m * factor * (on + off) }
    }

    /// The slopes of ℓ.
    pub(crate) fn slopes<R: Real>(&self, ln_p: R, ln_q: R, t: R) -> Slopes<R> {
        let zero = R::of(0.0);
        if !self.counts(t) {
            return Slopes { on: zero, off: zero };
        }
        let (u, m) = self.smoothed(t);
        let ((log_p, moves_p), (log_q, moves_q)) = (self.clipped(ln_p), self.clipped(ln_q));
        let (on, off) = (R::of(self.on) * u, R::of(self.off) * (R::of(1.0) - u));
        if let Focal::Apart(gamma) = self.factor {
            let gamma = R::of(gamma);
            let (p_gamma, q_gamma) = ((gamma * log_p).exp(), (gamma * log_q).exp());
            return Slopes {
                on: m * (on * q_gamma + off * gamma * p_gamma * log_q) * moves_p,
                off: m * (off * p_gamma + on * gamma * q_gamma * log_p) * moves_q,
            };
        }
        let (factor, slopes) = self.focal(ln_p, ln_q, u);
        if self.measure == Measure::Factor {
            return slopes;
        }
        let b = -(on * log_p) - off * log_q;
        Slopes { on: m * (factor * on * moves_p + b * slopes.on), off: m * (factor * off * moves_q + b * slopes.off) }
    }

    /// F and its slopes; not of `Apart`.
    fn focal<R: Real>(&self, ln_p: R, ln_q: R, u: R) -> (R, Slopes<R>) {
        let (zero, one) = (R::of(0.0), R::of(1.0));
        let none = (one, Slopes { on: zero, off: zero });
        let gamma = R::of(self.factor.gamma());
        if gamma == zero {
            return none;
        }
        // γ · base^(γ−1).
        let slope = |base: R| {
            let base = if base < R::of(LEAST_BASE) { R::of(LEAST_BASE) } else { base };
            gamma * power(base, gamma - one)
        };
        match self.factor {
            Focal::Margin(_) => {
                // σ(−y)^γ with y = x(2u − 1): dF/dy = −γ F σ(y). As p + q = 1, slopes of −d and d make d.
                let twice = R::of(2.0) * u - one;
                let y = (ln_p - ln_q) * twice;
                let factor = (-(gamma * y.softplus())).exp();
                let by_x = -(twice * gamma * factor * (-(-y).softplus()).exp());
                (factor, Slopes { on: -by_x, off: by_x })
            }
            Focal::Miss(_) => {
                let (p, q) = (ln_p.exp(), ln_q.exp());
                let base = u * q + (one - u) * p;
                (power(base, gamma), Slopes { on: zero, off: slope(base) * (one - R::of(2.0) * u) * q })
            }
            Focal::Confidence(_) | Focal::Reduced { .. } => {
                let ((ln_p, moves_p), (ln_q, moves_q)) = (self.clipped(ln_p), self.clipped(ln_q));
                // A prediction that is not a probability may have a b below 0, and a power of that is not a number.
                let b = -(u * ln_p) - (one - u) * ln_q;
                let b = if b < zero { zero } else { b };
                let (mut base, mut by_b) = (b.one_minus_exp_neg(), (-b).exp());
                if let Focal::Reduced { threshold, .. } = self.factor {
                    let threshold = R::of(threshold);
                    if by_b < threshold {
                        return none;
                    }
                    (base, by_b) = (base / threshold, by_b / threshold);
                }
                let by_b = slope(base) * by_b;
                (power(base, gamma), Slopes { on: by_b * u * moves_p, off: by_b * (one - u) * moves_q })
            }
            Focal::None | Focal::Apart(_) => none,
        }
    }
}

/// base^exponent for base ≥ 0.
fn power<R: Real>(base: R, exponent: R) -> R {
    if R::of(0.0) < base { (exponent * base.ln()).exp() } else { R::of(0.0) }
}

#[cfg(test)]
mod tests;
