//! What is made of all digits of f64: sums of a block on the fixed-point grid, and comparisons. Twins: shaders/sums_doubles.wgsl
//! and compare_f64.wgsl.

use super::sums::{INFINITY, RawSums, SumPass, signed};
use crate::stats::UNITS;

const FRACTION: u64 = (1 << 52) - 1;
const HIDDEN: u64 = 1 << 52;

/// The f32 next to a voxel, ties to even: what everything takes but comparisons and sums of voxels as they stand. It also says
/// which voxels are infinite and what scale a block has, so that these facts are the same for all. Twin: shaders/p_as_f64.wgsl.
#[inline(always)]
pub(crate) fn nearest(x: f64) -> f32 {
    x as f32
}

/// 1 where a voxel is at least the threshold, else 0; NaN where it is not finite. Twin: shaders/pred_threshold_f64.wgsl.
pub(crate) fn at_least(x: f64, threshold: f64) -> f32 {
    if nearest(x).is_finite() { f32::from(u8::from(x >= threshold)) } else { f32::NAN }
}

/// The first channel with the largest value of each voxel, and whether all channels are finite. Twin: shaders/pred_argmax_f64.wgsl.
pub(crate) struct Largest(Vec<(f64, u32, bool)>);

impl Largest {
    pub fn of(voxels: usize) -> Self {
        Self(vec![(f64::NEG_INFINITY, 0, true); voxels])
    }

    /// Channels are seen in their order.
    pub fn see(&mut self, channel: u32, values: impl Iterator<Item = f64>) {
        for ((most, best, is_finite), value) in self.0.iter_mut().zip(values) {
            (*most, *best) = if value > *most { (value, channel) } else { (*most, *best) };
            *is_finite &= nearest(value).is_finite();
        }
    }

    /// 1 in that channel, 0 in the others, NaN in all of them where one is not finite.
    pub fn write(&self, channel: u32, into: &mut [f32]) {
        for (into, &(_, best, is_finite)) in into.iter_mut().zip(&self.0) {
            *into = if is_finite { f32::from(u8::from(best == channel)) } else { f32::NAN };
        }
    }
}

fn exponent(bits: u64) -> u32 {
    (bits >> 52) as u32 & 2047
}

fn significand(bits: u64) -> u64 {
    bits & FRACTION | HIDDEN
}

/// trunc(|x| · 2^(46 - scale)) of f64 bits whose f32 is at most 2^scale: the significand, shifted by the exponent.
fn fix_magnitude(bits: u64, scale: u32) -> u64 {
    let one = 1023 + scale;
    significand(bits) >> (6 + one - exponent(bits).min(one)).min(63)
}

/// trunc(|x·y| · 2^(46 - 2 scale)): the exact 106-bit product of the significands, shifted.
fn fix_product_magnitude(x: u64, y: u64, scale: u32) -> u64 {
    let product = u128::from(significand(x)) * u128::from(significand(y));
    let one = 2046 + 2 * scale;
    (product >> (58 + one - (exponent(x) + exponent(y)).min(one)).min(127)) as u64
}

/// Sums of a run of pairs.
pub(crate) fn sum_doubles(pairs: impl Iterator<Item = (f64, f64)>, pass: SumPass) -> RawSums {
    let (scale, terms) = (u32::from(pass.scale), pass.terms.len());
    let sign = |bits: u64| (bits >> 32) as u32;
    let mut raw = RawSums::default();
    for (p, t) in pairs {
        let [p_abs, t_abs] = [p, t].map(|x| nearest(x).abs().to_bits());
        raw.max_abs = raw.max_abs.max(p_abs).max(t_abs);
        let skip = pass.careful && (p_abs >= INFINITY || t_abs >= INFINITY);
        let (p, t) = if skip { (0, 0) } else { (p.to_bits(), t.to_bits()) };
        let p_fix = signed(fix_magnitude(p, scale), sign(p));
        let t_fix = signed(fix_magnitude(t, scale), sign(t));
        let square = |x: u64| if terms > 3 { fix_product_magnitude(x, x, scale) } else { 0 };
        let voxel: [u64; UNITS] = [
            p_fix,
            t_fix,
            signed(fix_product_magnitude(p, t, scale), sign(p ^ t)),
            square(p),
            square(t),
            (p_fix.wrapping_sub(t_fix) as i64).unsigned_abs(),
            0,
        ];
        raw.units.iter_mut().zip(voxel).for_each(|(sum, own)| *sum = sum.wrapping_add(own));
    }
    raw
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::sums::sum_pairs;
    use crate::stats::Terms;

    const PASS: SumPass = SumPass { terms: Terms::All, scale: 0, careful: true };

    /// f32s of every exponent and with few and many bits, widened, at the scales of blocks that hold them.
    #[test]
    fn widened_voxels_have_the_sums_of_the_narrow_ones() {
        let fractions = [0, 1, 0x40_0000, 0x55_5555, 0x7f_ffff];
        let value = |exponent: u32, fraction: u32| f32::from_bits(exponent << 23 | fraction);
        let all: Vec<f32> = (0..255).flat_map(|e| fractions.map(|f| value(e, f))).flat_map(|x| [x, -x]).collect();
        for scale in [0, 1, 7, 60, 128] {
            let fits = all.iter().copied().filter(|x| f64::from(x.abs()) <= 2f64.powi(i32::from(scale)));
            let fits: Vec<f32> = fits.chain([f32::NAN, f32::INFINITY, -0.0]).collect();
            for step in [1, 2, 11, 523] {
                let pairs: Vec<_> = fits.iter().zip(fits.iter().cycle().skip(step)).map(|(&p, &t)| (p, t)).collect();
                for pair in pairs {
                    let pass = SumPass { scale, ..PASS };
                    let wide = sum_doubles([(f64::from(pair.0), f64::from(pair.1))].into_iter(), pass);
                    let narrow = sum_pairs([(pair.0.to_bits(), pair.1.to_bits())].into_iter(), pass);
                    assert_eq!(wide, narrow, "{pair:?}, scale {scale}");
                }
            }
        }
    }

    /// What an f32 has no bits for.
    #[test]
    fn all_53_bits_count() {
        let last = 2f64.powi(-46);
        let units = |p: f64, t: f64, scale| sum_doubles([(p, t)].into_iter(), SumPass { scale, ..PASS }).units;
        let one = 1 << 46;
        assert_eq!(units(1.0 - last, 1.0, 0), [one - 1, one, one - 1, one - 2, one, 1, 0]);
        // Half a unit is cut off, and of its square nothing is left.
        assert_eq!(units(last / 2.0, -last, 0), [0, 1u64.wrapping_neg(), 0, 0, 0, 1, 0]);
        // The f32 next to it is 1: so is the scale that covers it.
        assert_eq!(units(1.0 + last, 1.0, 0), [one + 1, one, one + 1, one + 2, one, 1, 0]);
        assert_eq!(
            units(3.0 + 4.0 * last, 1.0, 2),
            [3 * one / 4 + 1, one / 4, 3 * one / 16, 9 * one / 16 + 1, one / 16, one / 2 + 1, 0]
        );
    }
}
