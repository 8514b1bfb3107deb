//! The t test of paired scores, and the two one-sided tests of equivalence.

use super::difference::{sd, vary};
use super::signed_rank::PValues;
use crate::metric::cohort::quantiles::student;
use crate::metric::{Interval, mean_of_all};
use statrs::function::beta::checked_beta_reg;

/// What the t test of differences found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedT {
    /// The mean in standard errors.
    pub t: f64,
    /// Degrees of freedom, one less than the differences.
    pub freedom: usize,
    /// Its p values.
    pub p: PValues,
    mean: f64,
    error: f64,
}

/// Student's t test of differences against 0; None below two of them, and where they do not vary. Up to `tau` a
/// difference may be rounding, as in [`wilcoxon`](super::wilcoxon).
///
/// ```
/// use voxdice::metric::compare::paired_t;
/// let found = paired_t(&[1.0, 2.0, 3.0], 0.0).unwrap();
/// assert!((found.t - 12f64.sqrt()).abs() < 1e-12);
/// assert!((found.p.two_sided - 0.07417990022744858).abs() < 1e-12);
/// assert_eq!(paired_t(&[0.5, 0.5], 0.0), None);
/// assert_eq!(paired_t(&[0.9 - 0.8, 0.3 - 0.2, 0.8 - 0.7], 1e-14), None);
/// ```
pub fn paired_t(differences: &[f64], tau: f64) -> Option<PairedT> {
    let (mean, sd) = (mean_of_all(differences), sd(differences));
    if !sd.is_finite() || !vary(differences, tau) {
        return None;
    }
    let error = sd / (differences.len() as f64).sqrt();
    let (t, freedom) = (mean / error, differences.len() - 1);
    let [greater, less] = [above(t, freedom), above(-t, freedom)];
    let p = PValues { two_sided: (2.0 * greater.min(less)).min(1.0), greater, less };
    Some(PairedT { t, freedom, p, mean, error })
}

/// Student's interval of the mean: a point where two values or more do not vary, and None of fewer.
pub(super) fn student_interval(values: &[f64], tau: f64, level: f64) -> Option<Interval> {
    let mean = mean_of_all(values);
    let is_point = values.len() > 1 && mean.is_finite() && !vary(values, tau);
    let point = is_point.then_some(Interval { low: mean, high: mean });
    point.or_else(|| paired_t(values, tau)?.interval(level))
}

impl PairedT {
    /// The interval of the mean at this level, such as 0.95; None for a level outside (0, 1).
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let half = (level > 0.0 && level < 1.0).then(|| student(level, self.freedom) * self.error)?;
        Some(Interval { low: self.mean - half, high: self.mean + half })
    }

    /// p of the two one-sided tests that the mean is within ±`margin`: the larger one (Schuirmann 1987).
    pub fn equivalence(&self, margin: f64) -> f64 {
        let below = above((self.mean + margin) / self.error, self.freedom);
        below.max(above((margin - self.mean) / self.error, self.freedom))
    }
}

/// The share of Student's distribution above t.
fn above(t: f64, freedom: usize) -> f64 {
    let n = freedom as f64;
    let tails = checked_beta_reg(n / 2.0, 0.5, n / (n + t * t)).unwrap_or(f64::NAN);
    if t >= 0.0 { tails / 2.0 } else { 1.0 - tails / 2.0 }
}
