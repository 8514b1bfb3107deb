//! Binary and categorical cross-entropy with every choice that libraries make of it: one formula, of logarithms.

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

/// Slopes of a loss: the derivative with respect to the logit is `−q·on + p·off`, that with respect to p
/// `−on / p + off / q`, with q = 1 − p. Apart, both keep their digits where p or q is next to 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Slopes {
    pub on: f64,
    pub off: f64,
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

    fn counts(&self, t: f64) -> bool {
        match self.part {
            Part::All => true,
            Part::Ones => t == 1.0,
            Part::Others => t != 1.0,
        }
    }

    /// Least and largest logarithm.
    pub(crate) fn bounds(&self) -> (f64, f64) {
        if self.clip == 0.0 { (f64::NEG_INFINITY, f64::INFINITY) } else { (self.clip.ln(), (-self.clip).ln_1p()) }
    }

    /// A logarithm as it is clipped, and 1 or 0 for the derivative through it.
    fn clipped(&self, ln: f64) -> (f64, f64) {
        let (low, high) = self.bounds();
        if ln < low {
            (low, 0.0)
        } else if ln > high {
            (high, 0.0)
        } else {
            (ln, 1.0)
        }
    }

    /// ℓ, of ln p and ln (1 − p).
    pub(crate) fn value(&self, ln_p: f64, ln_q: f64, t: f64) -> f64 {
        if !self.counts(t) {
            return 0.0;
        }
        let u = self.labels.keep * t + self.labels.add;
        let ((log_p, _), (log_q, _)) = (self.clipped(ln_p), self.clipped(ln_q));
        let (on, off) = (-self.on * u * log_p, -self.off * (1.0 - u) * log_q);
        let m = self.alpha.map_or(1.0, |alpha| alpha * u + (1.0 - alpha) * (1.0 - u));
        if let Focal::Apart(gamma) = self.factor {
            return m * ((gamma * log_q).exp() * on + (gamma * log_p).exp() * off);
        }
        let (factor, _) = self.focal(ln_p, ln_q, u);
        if self.measure == Measure::Factor { factor } else { m * factor * (on + off) }
    }

    /// The slopes of ℓ.
    pub(crate) fn slopes(&self, ln_p: f64, ln_q: f64, t: f64) -> Slopes {
        if !self.counts(t) {
            return Slopes::default();
        }
        let u = self.labels.keep * t + self.labels.add;
        let ((log_p, moves_p), (log_q, moves_q)) = (self.clipped(ln_p), self.clipped(ln_q));
        let (on, off) = (self.on * u, self.off * (1.0 - u));
        let m = self.alpha.map_or(1.0, |alpha| alpha * u + (1.0 - alpha) * (1.0 - u));
        if let Focal::Apart(gamma) = self.factor {
            let (p_gamma, q_gamma) = ((gamma * log_p).exp(), (gamma * log_q).exp());
            return Slopes {
                on: m * (on * q_gamma * moves_p + off * gamma * p_gamma * log_q * moves_p),
                off: m * (off * p_gamma * moves_q + on * gamma * q_gamma * log_p * moves_q),
            };
        }
        let (factor, slopes) = self.focal(ln_p, ln_q, u);
        if self.measure == Measure::Factor {
            return slopes;
        }
        let b = -on * log_p - off * log_q;
        Slopes { on: m * (factor * on * moves_p + b * slopes.on), off: m * (factor * off * moves_q + b * slopes.off) }
    }

    /// F and its slopes; not of `Apart`.
    fn focal(&self, ln_p: f64, ln_q: f64, u: f64) -> (f64, Slopes) {
        let gamma = self.factor.gamma();
        if gamma == 0.0 {
            return (1.0, Slopes::default());
        }
        // γ · base^(γ−1).
        let slope = |base: f64| gamma * base.max(LEAST_BASE).powf(gamma - 1.0);
        match self.factor {
            Focal::Margin(_) => {
                // σ(−y)^γ with y = x(2u − 1): dF/dy = −γ F σ(y). As p + q = 1, slopes of −d and d make d.
                let y = (ln_p - ln_q) * (2.0 * u - 1.0);
                let factor = (-gamma * softplus(y)).exp();
                let by_x = -(2.0 * u - 1.0) * gamma * factor * (-softplus(-y)).exp();
                (factor, Slopes { on: -by_x, off: by_x })
            }
            Focal::Miss(_) => {
                let (p, q) = (ln_p.exp(), ln_q.exp());
                let base = u * q + (1.0 - u) * p;
                (base.powf(gamma), Slopes { on: 0.0, off: slope(base) * (1.0 - 2.0 * u) * q })
            }
            Focal::Confidence(_) | Focal::Reduced { .. } => {
                let ((ln_p, moves_p), (ln_q, moves_q)) = (self.clipped(ln_p), self.clipped(ln_q));
                // A prediction that is not a probability may have a b below 0, and a power of that is not a number.
                let b = (-u * ln_p - (1.0 - u) * ln_q).max(0.0);
                let (mut base, mut by_b) = (-(-b).exp_m1(), (-b).exp());
                if let Focal::Reduced { threshold, .. } = self.factor {
                    if by_b < threshold {
                        return (1.0, Slopes::default());
                    }
                    (base, by_b) = (base / threshold, by_b / threshold);
                }
                let by_b = slope(base) * by_b;
                (base.powf(gamma), Slopes { on: by_b * u * moves_p, off: by_b * (1.0 - u) * moves_q })
            }
            Focal::None | Focal::Apart(_) => (1.0, Slopes::default()),
        }
    }
}

/// `ln(1 + e^x)` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences of the value, over every choice.
    #[test]
    fn slopes_are_those_of_the_value() {
        let factors = [
            Focal::None,
            Focal::Apart(2.0),
            Focal::Margin(0.5),
            Focal::Margin(2.0),
            Focal::Confidence(1.5),
            Focal::Reduced { gamma: 2.0, threshold: 0.45 },
            Focal::Miss(3.0),
            Focal::Miss(0.5),
        ];
        let mut checked = 0;
        for factor in factors {
            for (on, off, alpha, clip) in [(1.0, 1.0, None, 0.0), (2.5, 0.5, Some(0.25), 1e-3), (1.0, 0.0, None, 1e-7)]
            {
                for measure in [Measure::Loss, Measure::Factor] {
                    let labels = LabelSmoothing::classes(0.1, 3);
                    let entropy = Entropy { on, off, alpha, factor, labels, clip, measure, part: Part::All };
                    if entropy.fault().is_some() {
                        continue;
                    }
                    for (x, t) in
                        [(-3.0, 0.0), (-1.2, 1.0), (0.3, 0.25), (2.0, 0.75), (4.0, 1.0), (-9.0, 1.0), (0.7, 0.0)]
                    {
                        let value = |x: f64| entropy.value(-softplus(-x), -softplus(x), t);
                        let expected = (value(x + 1e-5) - value(x - 1e-5)) / 2e-5;
                        let (ln_p, ln_q) = (-softplus(-x), -softplus(x));
                        let slopes = entropy.slopes(ln_p, ln_q, t);
                        let found = ln_p.exp() * slopes.off - ln_q.exp() * slopes.on;
                        assert!((found - expected).abs() < 1e-7, "{entropy:?} {x} {t}: {found} {expected}");
                        checked += 1;
                    }
                }
            }
        }
        assert!(checked > 200);
    }

    /// As segmentation_models.pytorch has it: p is clipped before anything is computed from it.
    #[test]
    fn factors_of_b_are_those_of_the_b_that_is_clipped() {
        let of = |factor| Entropy { factor, clip: 0.1, ..Entropy::default() };
        let b = -(0.9f64.ln());
        for (factor, expected) in [
            (Focal::Confidence(2.0), 0.01 * b),
            (Focal::Reduced { gamma: 2.0, threshold: 0.5 }, 0.04 * b),
            // p is 1, and the miss 0.
            (Focal::Miss(2.0), 0.0),
        ] {
            assert!((of(factor).value(0.0, -100.0, 1.0) - expected).abs() < 1e-12, "{factor:?}");
            assert_eq!(of(factor).slopes(0.0, -100.0, 1.0).on, 0.0, "{factor:?}");
        }
        // A p a little above 1, where nothing is clipped.
        let beyond = Entropy { factor: Focal::Confidence(1.5), ..Entropy::default() };
        assert_eq!(beyond.value(1e-7, -100.0, 1.0).abs(), 0.0);
        assert!(beyond.slopes(1e-7, -100.0, 1.0).on.is_finite());
    }

    #[test]
    fn parts_add_up() {
        let of = |part, t| Entropy { part, factor: Focal::Margin(2.0), ..Entropy::default() }.value(-0.5, -1.0, t);
        for t in [0.0, 0.3, 1.0] {
            assert_eq!(of(Part::Ones, t) + of(Part::Others, t), of(Part::All, t));
        }
    }
}
