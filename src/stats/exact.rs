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

    /// The nearest `f64` (ties to even); infinite beyond the largest one.
    pub fn to_f64(self) -> f64 {
        let (units, exponent) = (self.units.unsigned_abs(), i64::from(self.exponent));
        let bits = i64::from(u128::BITS - units.leading_zeros());
        // What has no place among the 53 bits of a number, or below the last bit of the smallest one, is rounded away at once.
        let beyond = (bits - 53).max(-1074 - exponent).max(0);
        let kept = match u32::try_from(beyond) {
            Ok(0) => units,
            Ok(beyond) if beyond <= u128::BITS => {
                let half = 1 << (beyond - 1);
                let (rest, whole) = (units & (half | (half - 1)), units.checked_shr(beyond).unwrap_or(0));
                whole + u128::from(rest > half || rest == half && whole % 2 == 1)
            }
            _ => 0,
        };
        let exponent = exponent + beyond;
        let size = libm::scalbn(kept as f64, exponent.clamp(-3000, 3000) as i32);
        if self.units < 0 { -size } else { size }
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
    fn the_nearest_number_is_found_at_every_size() {
        let of = |units, exponent| Exact::new(units, exponent).to_f64();
        let least = f64::from_bits(1);
        for (units, exponent, expected) in [
            (0, 5000, 0.0),
            (1, 1023, f64::MAX / 2.0 + f64::MAX / 2.0 * f64::EPSILON / 2.0),
            (1, 1024, f64::INFINITY),
            (-1, i32::MAX, f64::NEG_INFINITY),
            (1, i32::MIN, 0.0),
            (1, -1074, least),
            (-5, -1074, -5.0 * least),
            // Halves of the last bit go to the even one, and more than half does not.
            (1, -1075, 0.0),
            (3, -1075, 2.0 * least),
            (5, -1075, 2.0 * least),
            ((1 << 60) + 1, -1135, least),
            // Rounding to 53 bits first would make a half of it.
            ((1 << 60) - 1, -1135, 0.0),
            ((3 << 60) - 1, -1135, least),
            ((1 << 53) + 1, 0, 9_007_199_254_740_992.0),
            ((1 << 53) + 3, 0, 9_007_199_254_740_996.0),
            // A little more than half of the last bit: rounded twice it would be half.
            ((1 << 59) + (1 << 6) + 1, 0, 576_460_752_303_423_616.0),
            (i128::MAX, -127, 1.0),
            (i128::MIN, -127, -1.0),
            (1, -1202, 0.0),
        ] {
            assert_eq!(of(units, exponent).to_bits(), f64::to_bits(expected), "{units} * 2^{exponent}");
        }
        for (value, shift) in [(1i128 << 100) + 12_345, -(7i128 << 90) - 1, 0x1234_5678_9abc_def0].into_iter().zip(0..)
        {
            assert_eq!(of(value, -shift), value as f64 / (1u64 << shift) as f64);
        }
    }

    #[test]
    fn scale_is_the_smallest_power_of_two_that_covers_the_value() {
        for (value, scale) in [(0.0, 0), (0.5, 0), (1.0, 0), (1.0000001, 1), (2.0, 1), (2.5, 2), (8.0, 3), (255.0, 8)] {
            assert_eq!(scale_of(f32::to_bits(value)), scale, "{value}");
        }
        assert_eq!(scale_of(f32::MAX.to_bits()), 128);
    }
}
