//! F-scores, and the number that tells one from another.

use super::cells::Cells;
use super::overlap::Empty;
use super::wrong::wrong;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
use crate::stats::Counts;

/// The weight of recall in an F-score: within 1e-50 and 1e50, so that its square is a number like others.
///
/// ```
/// use voxdice::{Empty, metric::{Beta, CountMetric}, stats::Counts};
/// let f2 = CountMetric::Fbeta(Beta::new(2.0)?);
/// assert_eq!(f2.of(&Counts::new(30, 40, 80, 1000)?, Empty::Nan), 150.0 / (150.0 + 200.0 + 10.0));
/// assert!(Beta::new(-1.0).is_err() && Beta::new(1e160).is_err());
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta(f64);

impl Beta {
    /// 1, which makes it Dice.
    pub const ONE: Self = Self(1.0);

    /// β.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless it is within 1e-50 and 1e50.
    pub fn new(beta: f64) -> Result<Self> {
        if (1e-50..=1e50).contains(&beta) { Ok(Self(beta)) } else { Err(wrong("beta", beta, "within 1e-50 and 1e50")) }
    }

    /// The number.
    pub fn value(self) -> f64 {
        self.0
    }
}

/// F-beta score, (1 + β²)·tp / ((1 + β²)·tp + β²·fn + fp) (van Rijsbergen 1979); β = 1 is Dice, β > 1 favours recall.
///
/// Range 0 to 1. Undefined where neither map has the class.
///
/// # Errors
/// Those of [`Beta::new`].
///
/// ```
/// use voxdice::{Empty, metric, stats::Counts};
/// let counts = Counts::new(30, 40, 80, 1000)?;
/// assert_eq!(metric::fbeta(&counts, 1.0, Empty::Nan)?, metric::dice(&counts, Empty::Nan));
/// assert_eq!(metric::fbeta(&counts, 2.0, Empty::Nan)?, 150.0 / (150.0 + 200.0 + 10.0));
/// # Ok::<(), voxdice::Error>(())
/// ```
pub fn fbeta(counts: &Counts, beta: f64, empty: Empty) -> Result<f64> {
    Ok(f_score(&Cells::of(counts), Beta::new(beta)?.value(), empty))
}

pub(super) fn f_score(c: &Cells, beta: f64, empty: Empty) -> f64 {
    let square = beta * beta;
    let both = (1.0 + square) * c.tp;
    c.score(both / (both + square * c.fn_ + c.fp), empty)
}
