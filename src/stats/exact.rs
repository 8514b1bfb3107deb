//! The fixed-point grid of the exact sums.

use std::fmt;

/// Fraction bits of the fixed-point grid: a value `x` with |x| ≤ 1 counts as `trunc(x · 2^46)` units.
pub const FRACTION_BITS: u32 = 46;

/// An exact sum: `units · 2^exponent`, an integer on a power-of-two grid.
///
/// ```
/// let half = voxdice::stats::Exact::new(1, -1);
/// assert_eq!(half.to_f64(), 0.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exact {
    units: i128,
    exponent: i32,
}

impl Exact {
    /// The number `units · 2^exponent`.
    pub fn new(units: i128, exponent: i32) -> Self {
        Self { units, exponent }
    }

    /// The integer multiple of the grid.
    pub fn units(self) -> i128 {
        self.units
    }

    /// The grid is `2^exponent`.
    pub fn exponent(self) -> i32 {
        self.exponent
    }

    /// The nearest `f64` (ties to even).
    pub fn to_f64(self) -> f64 {
        // Sums have |units| < 2^127 and exponents within -46..=256, so one multiplication by a power of two is exact.
        self.units as f64 * 2f64.powi(self.exponent)
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_f64())
    }
}

/// The smallest `k` ≥ 0 with |x| ≤ 2^k for every value whose absolute f32 bits are at most `max_abs_bits` (finite).
pub(crate) fn scale_of(max_abs_bits: u32) -> u16 {
    const ONE: u32 = 0x3f80_0000;
    if max_abs_bits <= ONE {
        return 0;
    }
    let above_power = (max_abs_bits & 0x007f_ffff) != 0;
    ((max_abs_bits >> 23) - 127 + u32::from(above_power)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_is_the_smallest_power_of_two_that_covers_the_value() {
        for (value, scale) in [(0.0, 0), (0.5, 0), (1.0, 0), (1.0000001, 1), (2.0, 1), (2.5, 2), (8.0, 3), (255.0, 8)] {
            assert_eq!(scale_of(f32::to_bits(value)), scale, "{value}");
        }
        assert_eq!(scale_of(f32::MAX.to_bits()), 128);
    }
}
