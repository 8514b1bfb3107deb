//! Gradient of a voxel without an activation, a power or a pointwise loss. Twin of shaders/gradient_exact.wgsl.
//!
//! `A·t + B·p + C + D·sign(p − t)` is rounded in a way that every device can repeat: coefficients and voxels are truncated
//! to 30 bits below the largest coefficient and the scale of the cell, multiplied and added as integers, and the sum is
//! rounded once to the nearest f32 (ties to even; results below the normal range become 0). The error is at most 2^-28 of the
//! largest coefficient times the largest voxel, and half a unit in the last place.

use super::fixed::order;
use super::sums::INFINITY;
use crate::error::{Error, Result};
use crate::options::{Activation, SumsOptions};
use crate::stats::{Partials, Terms};

/// Whether the gradient of these options is this one.
pub(crate) fn is_exact(options: &SumsOptions) -> bool {
    options.activation == Activation::None && !matches!(options.terms, Terms::Power(_)) && options.pointwise.is_none()
}

/// Scales beyond this have no exact gradient: voxels above a thousand million are not a prediction.
const MAX_SCALE: u16 = 30;

/// Coefficients of a cell on their common grid: word for word what the exact shader reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct ExactCoefficients {
    /// A, B, C, D in units of 2^(e - 30), where 2^e covers the largest of them.
    pub product: i32,
    pub square: i32,
    pub constant: i32,
    pub sign: i32,
    /// Exponent of one unit of the sum.
    pub exponent: i32,
    /// Scale of the cell: |p|, |t| ≤ 2^scale.
    pub scale: u32,
}

impl ExactCoefficients {
    pub fn new(partials: &Partials, scale: u16) -> Result<Self> {
        if scale > MAX_SCALE {
            return out_of_range("a voxel's magnitude", power_of_two(scale.into()), "at most 2^30 for a gradient");
        }
        // d(p²)/dp = 2p.
        let values = [partials.product, 2.0 * partials.pred_power, partials.pred, partials.abs_difference];
        finite_partials(values)?;
        let largest = values.iter().fold(0f64, |most, value| most.max(value.abs()));
        if largest == 0.0 {
            return Ok(Self { scale: scale.into(), ..Self::default() });
        }
        let exponent = exponent_above(largest);
        let [product, square, constant, sign] =
            values.map(|value| (value * power_of_two(30 - exponent)).trunc() as i32);
        Ok(Self { product, square, constant, sign, exponent: exponent + i32::from(scale) - 60, scale: scale.into() })
    }

    /// Whether the gradient depends on finite predictions.
    pub fn takes_pred(&self) -> bool {
        self.square != 0 || self.sign != 0
    }

    /// The gradient of a voxel with these f32 bits; 0 where either is not finite.
    #[inline]
    pub fn gradient(&self, p: u32, t: u32) -> f32 {
        if p & 0x7fff_ffff >= INFINITY || t & 0x7fff_ffff >= INFINITY {
            return 0.0;
        }
        let (p_fix, t_fix) = (fix30(p, self.scale), fix30(t, self.scale));
        // A product has 30 bits of each factor, a constant one of them.
        let one = 1i64 << (30 - self.scale);
        // On the grid, so that every device finds the same sign; -0 equals 0.
        let sign = (order(p) > order(t)) as i64 - (order(p) < order(t)) as i64;
        let sum = i64::from(self.product) * t_fix
            + i64::from(self.square) * p_fix
            + (i64::from(self.constant) + sign * i64::from(self.sign)) * one;
        f32::from_bits(round(sum, self.exponent))
    }

    /// Gradients of a run of voxels of one cell.
    pub fn gradient_run(&self, p: &[f32], t: &[f32], out: &mut [f32]) {
        for (out, (p, t)) in out.iter_mut().zip(p.iter().zip(t)) {
            *out = self.gradient(p.to_bits(), t.to_bits());
        }
    }
}

fn out_of_range<T>(name: &'static str, value: f64, range: &str) -> Result<T> {
    Err(Error::Parameter { name, value: value.to_string(), range: range.into() })
}

/// Checks that partial derivatives are numbers.
pub(super) fn finite_partials<const N: usize>(values: [f64; N]) -> Result<()> {
    match values.into_iter().find(|value| !value.is_finite()) {
        Some(value) => out_of_range("a partial derivative", value, "finite"),
        None => Ok(()),
    }
}

/// Coefficients of every cell.
pub(crate) fn exact_coefficients(partials: &[Partials], scales: &[u16]) -> Result<Vec<ExactCoefficients>> {
    partials.iter().zip(scales).map(|(partials, &scale)| ExactCoefficients::new(partials, scale)).collect()
}

/// The smallest `e` with |value| < 2^e or equal to it.
fn exponent_above(value: f64) -> i32 {
    let mut exponent = value.log2().ceil() as i32;
    // The logarithm may be off by one next to a power of two.
    while value > power_of_two(exponent) {
        exponent += 1;
    }
    exponent
}

fn power_of_two(n: i32) -> f64 {
    libm::scalbn(1.0, n)
}

/// trunc(x · 2^(30 - scale)).
fn fix30(bits: u32, scale: u32) -> i64 {
    let significand = (bits & 0x007f_ffff) | 0x0080_0000;
    let exponent = (bits >> 23) & 255;
    let magnitude = match exponent.checked_sub(120 + scale) {
        Some(left) => significand << left.min(7),
        None => significand >> (120 + scale - exponent).min(31),
    };
    if bits >> 31 == 1 { -i64::from(magnitude) } else { i64::from(magnitude) }
}

/// Bits of the f32 next to `sum · 2^exponent`: ties to even, 0 below the normal range, infinity above it.
fn round(sum: i64, exponent: i32) -> u32 {
    let magnitude = sum.unsigned_abs();
    if magnitude == 0 {
        return 0;
    }
    let top = 63 - magnitude.leading_zeros();
    let mut significand = match top.checked_sub(23) {
        None => magnitude << (23 - top),
        Some(0) => magnitude,
        Some(drop) => {
            let (kept, rest, half) = (magnitude >> drop, magnitude & ((1 << drop) - 1), 1 << (drop - 1));
            kept + u64::from(rest > half || (rest == half && kept & 1 == 1))
        }
    };
    let mut field = top as i32 + exponent + 127;
    if significand >> 24 == 1 {
        significand >>= 1;
        field += 1;
    }
    let sign = (u32::from(sum < 0)) << 31;
    match field {
        ..=0 => 0,
        255.. => sign | INFINITY,
        _ => sign | (field as u32) << 23 | (significand as u32 & 0x007f_ffff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_that_of_the_processor() {
        let mut state = 1u64;
        for i in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let sum = (state as i64) >> (i % 62);
            assert_eq!(f32::from_bits(round(sum, -40)), sum as f32 * 2f32.powi(-40), "{sum}");
        }
        assert_eq!(round(1, -127), 0);
        assert_eq!(f32::from_bits(round(-1, 200)), f32::NEG_INFINITY);
    }

    #[test]
    fn a_power_of_two_is_its_own_bound() {
        for exponent in [-1074, -1022, -53, -1, 0, 1, 29, 1023] {
            let power = power_of_two(exponent);
            assert_eq!(exponent_above(power), exponent);
            assert_eq!(exponent_above(power.next_up()), exponent + 1);
        }
        assert_eq!((exponent_above(0.75), exponent_above(f64::MAX)), (0, 1024));
    }

    #[test]
    fn the_exact_gradient_is_within_its_bound() {
        let partials = Partials { pred: 0.3, product: -1.7, pred_power: 0.9, abs_difference: 0.2, pointwise: 0.0 };
        for scale in [0u16, 3] {
            let coefficients = ExactCoefficients::new(&partials, scale).unwrap();
            let largest = f32::from(1u16 << scale);
            for i in 0..2000 {
                let (p, t) = ((i % 41 - 20) as f32 / 20.0 * largest, (i % 67 - 33) as f32 / 33.0 * largest);
                let expected = 0.3 - 1.7 * f64::from(t) + 1.8 * f64::from(p) + 0.2 * f64::from((p - t).signum());
                let expected = if p == t { expected - 0.2 } else { expected };
                let found = f64::from(coefficients.gradient(p.to_bits(), t.to_bits()));
                let bound = 1.8 * f64::from(largest) / f64::from(1 << 28) + expected.abs() / f64::from(1 << 24);
                assert!((found - expected).abs() <= bound, "{p} {t}: {found} {expected}");
            }
        }
    }

    #[test]
    fn a_voxel_that_is_not_finite_in_either_volume_has_no_gradient() {
        let partials = Partials { pred: 0.5, product: -1.0, pred_power: 0.25, abs_difference: 0.0, pointwise: 0.0 };
        let coefficients = ExactCoefficients::new(&partials, 0).unwrap();
        for other in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for (p, t) in [(other, 0.5), (0.5, other), (other, other)] {
                assert_eq!(coefficients.gradient(p.to_bits(), t.to_bits()).to_bits(), 0, "{p} {t}");
            }
        }
        assert_ne!(coefficients.gradient(0.5f32.to_bits(), 0.25f32.to_bits()), 0.0);
    }

    #[test]
    fn voxels_of_2_to_the_30_are_the_largest() {
        let partials = Partials { pred: 0.0, product: 1.0, pred_power: 0.0, abs_difference: 0.0, pointwise: 0.0 };
        let coefficients = ExactCoefficients::new(&partials, MAX_SCALE).unwrap();
        let largest = 2f32.powi(MAX_SCALE.into());
        assert_eq!(coefficients.gradient(0, largest.to_bits()), largest);
        assert!(ExactCoefficients::new(&partials, MAX_SCALE + 1).is_err());
    }
}
