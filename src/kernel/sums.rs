//! Sums of a block on the fixed-point grid. Twin of shaders/sums.wgsl, sums_lane*.wgsl and exact_*.wgsl.

use super::voxel::Voxel;
use crate::stats::{BlockSums, FRACTION_BITS, NonFiniteCount, POINTWISE, SCALE_POWER, Terms, UNITS, scale_of};

/// Absolute bits from here on are infinities and NaN.
pub(crate) const INFINITY: u32 = 0x7f80_0000;
/// Absolute bits above this are values beyond [−1, 1].
pub(crate) const ONE: u32 = 0x3f80_0000;

/// Sums of a run of voxels as the kernel leaves them: p, t, pt, pp, tt, |p-t|, pointwise as 64-bit two's complement,
/// and the largest absolute value as f32 bits. Meaningless where `max_abs` exceeds the scale; then the run is done
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RawSums {
    pub units: [u64; UNITS],
    pub max_abs: u32,
    /// Whether a pointwise loss went beyond the range of its grid; then its sum is meaningless.
    pub pointwise_too_large: bool,
}

impl RawSums {
    /// Joins the parts of a block that was split between windows or threads.
    pub fn join(&mut self, other: &Self) {
        for (a, b) in self.units.iter_mut().zip(other.units) {
            *a = a.wrapping_add(b);
        }
        self.max_abs = self.max_abs.max(other.max_abs);
        self.pointwise_too_large |= other.pointwise_too_large;
    }

    /// Whether the block must be surveyed and summed again, at another scale or without its non-finite voxels.
    pub fn flagged(&self) -> bool {
        self.max_abs > ONE
    }

    /// The sums of a whole block at `scale`.
    pub fn block(&self, scale: u16, voxels: u64, non_finite: NonFiniteCount) -> BlockSums {
        let mut units = self.units.map(|u| i128::from(u as i64));
        // Σ|p−t| reaches 2^63, which only the unsigned reading holds.
        units[5] = i128::from(self.units[5]);
        BlockSums { units, scale, voxels, non_finite }
    }

    /// The sums of a whole block of integers, given in units of 1, on the grid that the contract sets for them.
    pub fn integer_block(&self, voxels: u64) -> BlockSums {
        let scale = scale_of((self.max_abs as f32).to_bits());
        let mut units = [0; UNITS];
        for i in 0..POINTWISE {
            units[i] = i128::from(self.units[i]) << (FRACTION_BITS - SCALE_POWER[i] * u32::from(scale));
        }
        BlockSums { units, scale, voxels, non_finite: NonFiniteCount::default() }
    }
}

/// trunc(|x| · 2^(46 - scale)) of f32 bits with |x| ≤ 2^scale: the significand, shifted by the exponent.
#[inline(always)]
pub(crate) fn fix_magnitude(bits: u32, scale: u32) -> u64 {
    let significand = (bits & 0x007f_ffff) | 0x0080_0000;
    let exponent = (bits >> 23) & 255;
    let one = 127 + scale;
    (u64::from(significand) << 23) >> (one - exponent.min(one)).min(63)
}

/// trunc(|x·y| · 2^(46 - 2 scale)): the exact 48-bit product of the significands, shifted.
#[inline(always)]
pub(super) fn fix_product_magnitude(x: u32, y: u32, scale: u32) -> u64 {
    let a = (x & 0x007f_ffff) | 0x0080_0000;
    let b = (y & 0x007f_ffff) | 0x0080_0000;
    let one = 254 + 2 * scale;
    let exponents = ((x >> 23) & 255) + ((y >> 23) & 255);
    (u64::from(a) * u64::from(b)) >> (one - exponents.min(one)).min(63)
}

/// Two's complement where the sign bit of `sign` is set.
#[inline(always)]
pub(super) fn signed(magnitude: u64, sign: u32) -> u64 {
    let mask = ((sign as i32) >> 31) as i64 as u64;
    (magnitude ^ mask).wrapping_sub(mask)
}

/// Sums of f32 bits. `TERMS` is `Terms::len`; `CAREFUL` kernels skip voxels where either value is not finite.
#[inline(always)]
pub(crate) fn sum_bits<const TERMS: usize, const CAREFUL: bool>(
    pairs: impl Iterator<Item = (u32, u32)>,
    scale: u32,
) -> RawSums {
    let mut units = [0u64; UNITS];
    let mut max_abs = 0;
    for (p, t) in pairs {
        let (p_abs, t_abs) = (p & 0x7fff_ffff, t & 0x7fff_ffff);
        max_abs = max_abs.max(p_abs).max(t_abs);
        let skip = CAREFUL && (p_abs >= INFINITY || t_abs >= INFINITY);
        let (p, t) = if skip { (0, 0) } else { (p, t) };
        let p_fix = signed(fix_magnitude(p, scale), p);
        let t_fix = signed(fix_magnitude(t, scale), t);
        units[0] = units[0].wrapping_add(p_fix);
        units[1] = units[1].wrapping_add(t_fix);
        units[2] = units[2].wrapping_add(signed(fix_product_magnitude(p, t, scale), p ^ t));
        if TERMS > 3 {
            units[3] = units[3].wrapping_add(fix_product_magnitude(p, p, scale));
            units[4] = units[4].wrapping_add(fix_product_magnitude(t, t, scale));
        }
        if TERMS > 5 {
            units[5] = units[5].wrapping_add((p_fix.wrapping_sub(t_fix) as i64).unsigned_abs());
        }
    }
    RawSums { units, max_abs, pointwise_too_large: false }
}

/// How a run is summed: the terms, the scale, and whether non-finite voxels are looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SumPass {
    pub terms: Terms,
    pub scale: u16,
    pub careful: bool,
}

/// Dispatches a run to the instance of [`sum_bits`] for its terms. Powers other than 2 are added by the caller.
#[inline(always)]
pub(crate) fn sum_pairs(pairs: impl Iterator<Item = (u32, u32)>, pass: SumPass) -> RawSums {
    let scale = u32::from(pass.scale);
    match (pass.terms, pass.careful) {
        (Terms::Plain | Terms::Power(_), false) => sum_bits::<3, false>(pairs, scale),
        (Terms::Squared, false) => sum_bits::<5, false>(pairs, scale),
        (Terms::All, false) => sum_bits::<6, false>(pairs, scale),
        (Terms::Plain | Terms::Power(_), true) => sum_bits::<3, true>(pairs, scale),
        (Terms::Squared, true) => sum_bits::<5, true>(pairs, scale),
        (Terms::All, true) => sum_bits::<6, true>(pairs, scale),
    }
}

/// A run of two operands as pairs of f32 bits; `stride` is the distance between the voxels of a cell.
#[inline(always)]
pub(crate) fn sum_run<P: Voxel, T: Voxel>(p: &[P], t: &[T], stride: usize, pass: SumPass) -> RawSums {
    if stride == 1 {
        sum_pairs(p.iter().zip(t).map(|(p, t)| (p.f32_bits(), t.f32_bits())), pass)
    } else {
        let pairs = p.iter().step_by(stride).zip(t.iter().step_by(stride));
        sum_pairs(pairs.map(|(p, t)| (p.f32_bits(), t.f32_bits())), pass)
    }
}
