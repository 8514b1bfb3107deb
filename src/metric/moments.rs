//! The input of every formula: plain `f64` sums of one cell, or of several cells pooled.

use super::choices::Denominator;
use crate::error::{Error, Result};
use crate::options::SumsOptions;
use crate::stats::{Merge, Partials, Sums, Terms};

/// The sums that scores and losses are formulas of, as plain `f64`, of one cell or of several pooled.
///
/// The fields are public: callers with precomputed sums (for example, of an activation computed elsewhere) can fill
/// them. A sum that was not accumulated is NaN, so a formula that reads it reports that.
///
/// ```
/// use voxdice::metric::Moments;
/// // p = [1, 0.5], t = [1, 0]
/// let m = Moments { abs_difference: 0.5, ..Moments::plain(2.0, 1.5, 1.0, 1.0) };
/// assert_eq!(m.pred_power, 1.5);
/// assert!(m.pointwise.is_nan());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Number of voxels that were summed: without those that are NaN or infinite.
    pub voxels: f64,
    /// Σp.
    pub pred: f64,
    /// Σt.
    pub truth: f64,
    /// Σpt.
    pub product: f64,
    /// Σp^γ of the denominator: `pred` for [`Denominator::Sum`], Σp² for [`Denominator::Squared`].
    pub pred_power: f64,
    /// Σt^γ of the denominator.
    pub truth_power: f64,
    /// Σ|p−t|.
    pub abs_difference: f64,
    /// Σ of a [`Pointwise`](super::Pointwise) loss.
    pub pointwise: f64,
}

impl Moments {
    /// The sums of the plain denominator; sums that are not given are NaN.
    pub fn plain(voxels: f64, pred: f64, truth: f64, product: f64) -> Self {
        Self {
            voxels,
            pred,
            truth,
            product,
            pred_power: pred,
            truth_power: truth,
            abs_difference: f64::NAN,
            pointwise: f64::NAN,
        }
    }

    /// The same with other sums in the denominator: Σp^γ and Σt^γ.
    #[must_use]
    pub fn with_power(self, pred_power: f64, truth_power: f64) -> Self {
        Self { pred_power, truth_power, ..self }
    }

    /// The nearest `f64` of exact sums; Σ|p−t| and the pointwise loss are NaN unless they were summed.
    ///
    /// # Errors
    /// [`Error::MissingTerm`] when `sums` lack the squares, or another power, that `denominator` needs.
    ///
    /// ```
    /// use voxdice::{Engine, EngineOptions, Pair, Shape, Volume, metric::{Denominator, Moments}};
    /// let shape = Shape::new(1, 1, [2])?;
    /// let (p, t) = ([1.0f32, 0.5], [1.0f32, 0.0]);
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let sums = engine.sums(Pair { pred: Volume::f32(shape.clone(), &p)?, truth: Volume::f32(shape, &t)? })?;
    /// assert_eq!(Moments::of(&sums.values()[0], Denominator::Squared)?.pred_power, 1.25);
    /// assert!(Moments::of(&sums.values()[0], Denominator::Power(1.5)).is_err());
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    pub fn of(sums: &Sums, denominator: Denominator) -> Result<Self> {
        let exponent = denominator.exponent();
        let counted = sums.voxels() - sums.non_finite().voxels;
        let plain = Self::plain(counted as f64, sums.pred(), sums.truth(), sums.product());
        let plain = Self {
            abs_difference: sums.abs_difference().unwrap_or(f64::NAN),
            pointwise: sums.pointwise_sum().unwrap_or(f64::NAN),
            ..plain
        };
        if exponent == 1.0 {
            return Ok(plain);
        }
        let powers = match sums.terms() {
            Terms::Power(gamma) if f64::from(gamma) == f64::from(exponent as f32) => sums.powers(),
            _ if exponent == 2.0 => sums.pred_squared().zip(sums.truth_squared()),
            _ => None,
        };
        match powers {
            Some((pred, truth)) => Ok(plain.with_power(pred, truth)),
            None => Err(Error::MissingTerm { term: format!("the sums of p^{exponent} and t^{exponent}") }),
        }
    }

    fn add(&mut self, other: &Self) {
        self.voxels += other.voxels;
        self.pred += other.pred;
        self.truth += other.truth;
        self.product += other.product;
        self.pred_power += other.pred_power;
        self.truth_power += other.truth_power;
        self.abs_difference += other.abs_difference;
        self.pointwise += other.pointwise;
    }
}

impl Partials {
    /// Adds `factor · other`.
    pub(super) fn add(&mut self, factor: f64, other: &Self) {
        self.pred += factor * other.pred;
        self.product += factor * other.product;
        self.pred_power += factor * other.pred_power;
        self.abs_difference += factor * other.abs_difference;
        self.pointwise += factor * other.pointwise;
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::stats::Sums {}
    impl Sealed for super::Moments {}
}

/// What a loss can be evaluated on: exact [`Sums`], or [`Moments`] from elsewhere.
pub trait Statistic: sealed::Sealed + Clone {
    /// Adds the voxels of another cell: exact for [`Sums`], `f64` addition in the order of the cells for [`Moments`].
    ///
    /// # Errors
    /// Those of merging [`Sums`].
    fn pool(&mut self, other: &Self) -> Result<()>;

    /// Whether these are sums as `options` make them, as far as they know: of the same activation, and of the pointwise
    /// loss, if any.
    ///
    /// # Errors
    /// [`Error::MissingTerm`].
    fn made_for(&self, options: &SumsOptions) -> Result<()>;

    /// The moments with the sums of `denominator`.
    ///
    /// # Errors
    /// Those of [`Moments::of`].
    fn moments(&self, denominator: Denominator) -> Result<Moments>;
}

impl Statistic for Sums {
    fn made_for(&self, options: &SumsOptions) -> Result<()> {
        let term = match (self.activation() == options.activation, self.pointwise(), options.pointwise) {
            (false, ..) => {
                format!("sums under {:?}, and was given sums under {:?}", options.activation, self.activation())
            }
            (_, Some(found), Some(needed)) if found != needed => {
                format!("the sum of {needed:?}, and was given that of {found:?}")
            }
            _ => return Ok(()),
        };
        Err(Error::MissingTerm { term })
    }

    fn pool(&mut self, other: &Self) -> Result<()> {
        self.merge(other)
    }

    fn moments(&self, denominator: Denominator) -> Result<Moments> {
        Moments::of(self, denominator)
    }
}

impl Statistic for Moments {
    fn made_for(&self, _: &SumsOptions) -> Result<()> {
        Ok(())
    }

    fn pool(&mut self, other: &Self) -> Result<()> {
        self.add(other);
        Ok(())
    }

    fn moments(&self, _: Denominator) -> Result<Moments> {
        Ok(*self)
    }
}
