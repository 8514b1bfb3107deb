//! The types of voxels in memory: names that kernels use as well.

/// The type of a voxel in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// 64-bit float.
    F64,
    /// 32-bit float.
    F32,
    /// IEEE 16-bit float (binary16).
    F16,
    /// The upper half of an [`F32`](Self::F32): bfloat16.
    Bf16,
    /// Unsigned byte: a mask or a small label.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer: labels only.
    U32,
}

impl Dtype {
    /// Bytes per voxel.
    pub fn size(self) -> u64 {
        match self {
            Self::F64 => 8,
            Self::F32 | Self::U32 => 4,
            Self::F16 | Self::Bf16 | Self::U16 => 2,
            Self::U8 => 1,
        }
    }

    /// A threshold beside voxels of this type: the number of that type next to it, as NumPy and torch compare, since 0.1 in an
    /// array of f16 is below 0.1. A whole number is at least `x` where it is at least the next whole number, which an f32 holds.
    #[inline] // readers ask for it voxel by voxel
    pub(crate) fn threshold(self, x: f64) -> f64 {
        // Bits of a fraction, and the exponent of the smallest normal number.
        let nearest = |bits: i32, least: i32| {
            let unit = libm::scalbn(1.0, libm::ilogb(x).max(least) - bits);
            let near = (x / unit).round_ties_even() * unit;
            let largest = (2.0 - libm::scalbn(1.0, -bits)) * libm::scalbn(1.0, 1 - least);
            if near.abs() > largest { f64::INFINITY.copysign(x) } else { near }
        };
        match self {
            Self::F64 => x,
            Self::F32 => f64::from(x as f32),
            Self::F16 => nearest(10, -14),
            Self::Bf16 => nearest(7, -126),
            Self::U8 | Self::U16 | Self::U32 => x.ceil(),
        }
    }
}

/// How the truth's elements are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TruthKind {
    /// One value per voxel and channel.
    Real,
    /// One label per voxel.
    Labels,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_numbers_of_the_type() {
        let singles = [0.5 + 2f64.powi(-26), 16_777_217.0, 16_777_219.0, 3.5e38, -1e300, 5e-324];
        let expected = [0.5, 16_777_216.0, 16_777_220.0, f64::INFINITY, f64::NEG_INFINITY, 0.0];
        assert_eq!(singles.map(|x| Dtype::F32.threshold(x)), expected);
        assert_eq!(singles.map(|x| Dtype::F64.threshold(x)), singles);
        let halves = [0.1, 0.7, 1.0 + 2f64.powi(-11), 1.0 + 3.0 * 2f64.powi(-11), 65_519.0, 65_520.0, 3e-8, 2.9e-8];
        let expected =
            [0.099_975_585_937_5, 0.700_195_312_5, 1.0, 1.001_953_125, 65_504.0, f64::INFINITY, 2f64.powi(-24), 0.0];
        assert_eq!(halves.map(|x| Dtype::F16.threshold(x)), expected);
        assert_eq!(Dtype::Bf16.threshold(0.1), 0.100_097_656_25);
        assert_eq!([1e-300, 0.5, 1.0, -0.5, -1.5].map(|x| Dtype::U8.threshold(x)), [1.0, 1.0, 1.0, 0.0, -1.0]);
    }
}
