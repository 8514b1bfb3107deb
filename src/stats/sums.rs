//! Exact sums of one cell.

use super::{Exact, FRACTION_BITS, Merge};
use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::pointwise::Pointwise;

/// Which sums a call accumulates; more terms cost more arithmetic, never another pass over the voxels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Terms {
    /// Σp, Σt, Σpt: what plain Dice, Jaccard and Tversky need.
    Plain,
    /// Those and Σp², Σt²: what the squared denominator needs.
    #[default]
    Squared,
    /// Those of [`Terms::Plain`] and Σ|p|^γ, Σ|t|^γ for this γ > 0, each power rounded to f32, with the same bits on
    /// every device. For values beyond [−1, 1], up to 2^k, γ may be 2 and γ·k 127 at most; else the sums are
    /// [`Error::Parameter`](crate::Error::Parameter).
    Power(f32),
    /// Those of [`Terms::Squared`] and Σ|p−t|: what the soft-label (L1) form needs.
    All,
}

impl Terms {
    /// The sets whose sums are exact.
    pub const EXACT: [Self; 3] = [Self::Plain, Self::Squared, Self::All];

    /// Number of sums: 3, 5, 5 or 6.
    pub fn len(self) -> usize {
        match self {
            Self::Plain => 3,
            Self::Squared | Self::Power(_) => 5,
            Self::All => 6,
        }
    }

    /// Whether Σp² and Σt², or other powers, are among the sums.
    pub(crate) fn has_powers(self) -> bool {
        match self {
            Self::Plain => false,
            Self::Squared | Self::Power(_) | Self::All => true,
        }
    }

    /// Always false: a set of terms is never empty.
    pub fn is_empty(self) -> bool {
        false
    }
}

/// How many NaN and infinities a cell held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NonFiniteCount {
    /// Voxels of the prediction that are NaN or infinite.
    pub pred: u64,
    /// Voxels of the reference that are NaN or infinite.
    pub truth: u64,
    /// Voxels where either is; they are left out of every sum.
    pub voxels: u64,
}

/// Exact sums over the voxels of one cell: Σp, Σt, Σpt and, where asked for, Σp², Σt², Σ|p−t|.
///
/// Each value counts as `trunc(x · 2^46)` units (exact for an f32 with 2^-23 ≤ |x| ≤ 1), each product as the exact product of
/// the significands truncated to the same grid, and |p−t| as the difference of the two values on the grid. Sums are
/// integers, so they do not depend on order, threads, chunks or device: compare them with `==`. The truncation
/// costs at most `n · 2^-46` per sum.
///
/// A block of 65,536 voxels that holds a value beyond ±1 uses the grid 2^(k-46), with the smallest `k` for which
/// |x| ≤ 2^k in that block (of f64, the f32 next to it); the sums keep the finest grid of their blocks and widen exactly when merged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums {
    terms: Terms,
    activation: Activation,
    pointwise: Option<Pointwise>,
    voxels: u64,
    /// Smallest and largest block scale; `None` before the first voxel.
    scale: Option<(u16, u16)>,
    /// p, t, pt, pp, tt, |p-t|, pointwise: on the grid 2^(k-46) for the linear ones and 2^(2k-46) for products, where k
    /// is the smallest scale; the pointwise loss has a separate grid, 2^-30.
    units: [i128; UNITS],
    non_finite: NonFiniteCount,
    propagate: bool,
}

/// Sums that are kept; those of a set of terms are the first ones, and the pointwise loss is the last one.
pub(crate) const UNITS: usize = 7;

/// How often the scale enters each entry of `units`.
pub(crate) const SCALE_POWER: [u32; UNITS] = [1, 1, 2, 2, 2, 1, 0];

/// Index of the pointwise loss in `units`.
pub(crate) const POINTWISE: usize = UNITS - 1;

/// Scale of the pointwise loss: its grid is 2^(16-46), its values stay below 2^16.
pub(crate) const POINTWISE_SCALE: u16 = 16;

impl Sums {
    /// The sums of no voxels, of a prediction as it stands: the neutral element of [`Merge::merge`].
    pub fn zero(terms: Terms, pointwise: Option<Pointwise>) -> Self {
        Self::zero_of(terms, Activation::None, pointwise)
    }

    /// The sums of no voxels of an activated prediction.
    pub fn zero_of(terms: Terms, activation: Activation, pointwise: Option<Pointwise>) -> Self {
        Self {
            terms,
            activation,
            pointwise,
            voxels: 0,
            scale: None,
            units: [0; UNITS],
            non_finite: NonFiniteCount::default(),
            propagate: false,
        }
    }

    /// The sums of a block, made like `zero`.
    pub(crate) fn of_block(zero: Self, block: &BlockSums) -> Self {
        let mut units = block.units;
        units[zero.terms.len()..POINTWISE].fill(0);
        let scale = Some((block.scale, block.scale));
        Self { voxels: block.voxels, scale, units, non_finite: block.non_finite, ..zero }
    }

    /// Every sum is NaN from here on; the counts stay.
    pub(crate) fn propagating(mut self) -> Self {
        self.propagate = true;
        self
    }

    /// The terms that were accumulated.
    pub fn terms(&self) -> Terms {
        self.terms
    }

    /// What was done to the prediction first.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The pointwise loss that was summed.
    pub fn pointwise(&self) -> Option<Pointwise> {
        self.pointwise
    }

    /// Voxels looked at, those with NaN or infinities included.
    pub fn voxels(&self) -> u64 {
        self.voxels
    }

    /// NaN and infinities met. Under [`NonFinite::Ignore`](crate::NonFinite::Ignore) these voxels are in no sum.
    pub fn non_finite(&self) -> NonFiniteCount {
        self.non_finite
    }

    /// Whether any finite value was beyond [−1, 1], as logits or unscaled intensities are; of f64, the f32 next to it.
    pub fn out_of_range(&self) -> bool {
        self.scale.is_some_and(|(_, largest)| largest > 0)
    }

    /// Σp.
    pub fn pred(&self) -> f64 {
        self.value(0)
    }

    /// Σt.
    pub fn truth(&self) -> f64 {
        self.value(1)
    }

    /// Σpt.
    pub fn product(&self) -> f64 {
        self.value(2)
    }

    /// Σp², where it was asked for.
    pub fn pred_squared(&self) -> Option<f64> {
        matches!(self.terms, Terms::Squared | Terms::All).then(|| self.value(3))
    }

    /// Σt², where it was asked for.
    pub fn truth_squared(&self) -> Option<f64> {
        matches!(self.terms, Terms::Squared | Terms::All).then(|| self.value(4))
    }

    /// Σ|p|^γ and Σ|t|^γ, where [`Terms::Power`] was asked for.
    pub fn powers(&self) -> Option<(f64, f64)> {
        matches!(self.terms, Terms::Power(_)).then(|| (self.value(3), self.value(4)))
    }

    /// Σ|p−t|, where [`Terms::All`] was asked for.
    pub fn abs_difference(&self) -> Option<f64> {
        (self.terms == Terms::All).then(|| self.value(5))
    }

    /// Sum of the pointwise loss, where one was asked for.
    pub fn pointwise_sum(&self) -> Option<f64> {
        self.pointwise.map(|_| self.value(POINTWISE))
    }

    /// How they were made, in words.
    pub(crate) fn made(&self) -> String {
        let of = |name: &str, what: String| format!(", {name} {what}");
        let activation = match self.activation {
            Activation::None => String::new(),
            activation => of("activation", format!("{activation:?}")),
        };
        let pointwise = self.pointwise.map_or(String::new(), |pointwise| of("pointwise", format!("{pointwise:?}")));
        format!("{:?}{activation}{pointwise}", self.terms)
    }

    /// The smallest `k` with |x| ≤ 2^k for every finite value met.
    pub(crate) fn largest_scale(&self) -> u16 {
        self.scale.map_or(0, |(_, largest)| largest)
    }

    /// The exact sums behind the `f64` values, in the order Σp, Σt, Σpt, Σp², Σt², Σ|p−t|, as many as there are terms.
    pub fn exact(&self) -> Vec<Exact> {
        (0..self.terms.len()).map(|i| self.exact_term(i)).collect()
    }

    fn value(&self, i: usize) -> f64 {
        if self.propagate { f64::NAN } else { self.exact_term(i).to_f64() }
    }

    fn exact_term(&self, i: usize) -> Exact {
        let scale = i32::from(self.scale.map_or(0, |(smallest, _)| smallest));
        let own = if i == POINTWISE { i32::from(POINTWISE_SCALE) } else { SCALE_POWER[i] as i32 * scale };
        Exact::new(self.units[i], own - FRACTION_BITS as i32)
    }

    /// The units of term `i` on the grid of the finer scale `smallest`.
    fn widened(&self, i: usize, smallest: u16) -> i128 {
        let by = u32::from(self.scale.map_or(smallest, |(own, _)| own) - smallest);
        self.units[i] << (SCALE_POWER[i] * by)
    }
}

impl Merge for Sums {
    fn merge(&mut self, other: &Self) -> Result<()> {
        if (self.terms, self.activation, self.pointwise) != (other.terms, other.activation, other.pointwise) {
            return Err(Error::TermsDiffer { left: self.made(), right: other.made() });
        }
        let voxels = self.voxels.checked_add(other.voxels).ok_or(Error::CountOverflow)?;
        let scale = match (self.scale, other.scale) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        if let Some((smallest, largest)) = scale {
            // |sum| ≤ 2 · voxels · 2^46 units of its own scale (the 2 is |p−t|), widened by at most twice the scale
            // difference. The bound only grows under merging, so whether it fails does not depend on the order.
            let bits = 64 - voxels.leading_zeros() + 1 + FRACTION_BITS + 2 * u32::from(largest - smallest);
            if bits > 126 {
                return Err(Error::Width { voxels, smallest, largest });
            }
            for i in 0..self.units.len() {
                self.units[i] = self.widened(i, smallest) + other.widened(i, smallest);
            }
        }
        self.voxels = voxels;
        self.scale = scale;
        self.non_finite.pred += other.non_finite.pred;
        self.non_finite.truth += other.non_finite.truth;
        self.non_finite.voxels += other.non_finite.voxels;
        self.propagate |= other.propagate;
        Ok(())
    }
}

/// What a backend returns for one block: sums on the grid of the block's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockSums {
    pub units: [i128; UNITS],
    pub scale: u16,
    pub voxels: u64,
    pub non_finite: NonFiniteCount,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(units: i128, scale: u16, voxels: u64) -> Sums {
        let block = BlockSums { units: [units; UNITS], scale, voxels, non_finite: NonFiniteCount::default() };
        Sums::of_block(Sums::zero(Terms::All, None), &block)
    }

    #[test]
    fn merging_widens_to_the_finest_grid() {
        let mut sum = block(3, 2, 1);
        sum.merge(&block(5, 0, 1)).unwrap();
        assert_eq!(sum.exact()[0], Exact::new(3 * 4 + 5, -46));
        assert_eq!(sum.exact()[2], Exact::new(3 * 16 + 5, -46));
        assert!(sum.out_of_range());
    }

    #[test]
    fn too_wide_a_range_is_an_error_in_every_order_and_leaves_self_alone() {
        let parts = [block(1, 0, 1 << 20), block(1, 60, 1 << 20), block(1, 3, 1 << 20)];
        for [a, b, c] in [[0, 1, 2], [0, 2, 1], [1, 2, 0]] {
            let mut sum = parts[a];
            let result = sum.merge(&parts[b]).and_then(|()| sum.merge(&parts[c]));
            assert!(matches!(result, Err(Error::Width { .. })), "{a} {b} {c}");
        }
        let mut sum = parts[0];
        assert!(sum.merge(&parts[1]).is_err());
        assert_eq!(sum, parts[0]);
    }

    /// The bits of the number of voxels, 1 of |p - t|, 46 of the grid, and twice the difference of scales.
    #[test]
    fn the_widest_range_that_fits_is_126_bits() {
        assert!(block(1, 0, 1).merge(&block(1, 38, 1)).is_ok());
        assert!(block(1, 0, 3).merge(&block(1, 38, 4)).is_ok());
        let difference = block(1, 0, 1).merge(&block(1, 39, 1));
        assert!(matches!(difference, Err(Error::Width { voxels: 2, smallest: 0, largest: 39 })), "{difference:?}");
    }

    #[test]
    fn different_terms_do_not_merge() {
        let mut sum = Sums::zero(Terms::Plain, None);
        assert!(matches!(sum.merge(&Sums::zero(Terms::All, None)), Err(Error::TermsDiffer { .. })));
        let of = |activation| Sums::zero_of(Terms::Plain, activation, None);
        for other in [Activation::Sigmoid, Activation::Threshold(0.5)] {
            let error = of(other).merge(&of(Activation::None)).unwrap_err().to_string();
            assert!(error.contains("activation"), "{error}");
        }
        assert!(of(Activation::Threshold(0.5)).merge(&of(Activation::Threshold(0.25))).is_err());
    }
}
