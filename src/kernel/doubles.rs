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
#[inline(always)]
pub(crate) fn at_least(x: f64, threshold: f64) -> f32 {
    let one = if x >= threshold { 1.0 } else { 0.0 };
    one + nothing(x)
}

/// 0, or NaN where a voxel is not finite: a sum with it needs no branch, so that loops become vectors.
#[inline(always)]
fn nothing(x: f64) -> f32 {
    nearest(x) * 0.0
}

/// The first channel with the largest value of each voxel, and whether all channels are finite. Twin: shaders/pred_argmax_f64.wgsl.
pub(crate) struct Largest {
    most: Vec<f64>,
    best: Vec<u32>,
    /// [`nothing`] of all channels.
    nothing: Vec<f32>,
}

impl Largest {
    pub fn of(voxels: usize) -> Self {
        Self { most: vec![f64::NEG_INFINITY; voxels], best: vec![0; voxels], nothing: vec![0.0; voxels] }
    }

    /// Channels are seen in their order.
    #[inline(always)]
    pub fn see(&mut self, channel: u32, values: impl Iterator<Item = f64>) {
        let known = self.most.iter_mut().zip(&mut self.best).zip(&mut self.nothing);
        for (((most, best), not), value) in known.zip(values) {
            let is_more = value > *most;
            *most = if is_more { value } else { *most };
            *best = if is_more { channel } else { *best };
            *not += nothing(value);
        }
    }

    /// 1 in that channel, 0 in the others, NaN in all of them where one is not finite.
    pub fn write(&self, channel: u32, into: &mut [f32]) {
        for (into, (&best, &not)) in into.iter_mut().zip(self.best.iter().zip(&self.nothing)) {
            *into = if best == channel { 1.0 } else { 0.0 } + not;
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

/// Sums of a run of pairs, by their definition.
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
            if terms > 5 { (p_fix.wrapping_sub(t_fix) as i64).unsigned_abs() } else { 0 },
            0,
        ];
        raw.units.iter_mut().zip(voxel).for_each(|(sum, own)| *sum = sum.wrapping_add(own));
    }
    raw
}

/// [`sum_doubles`] in f64, for processors that multiply and add with one rounding: the compiler makes vectors of it.
#[inline(always)]
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(dead_code))]
pub(crate) fn sum_fused(p: &[f64], t: &[f64], pass: SumPass) -> RawSums {
    match (pass.terms.len(), pass.careful) {
        (..=3, false) => fused::<3, false>(p, t, pass.scale),
        (..=3, true) => fused::<3, true>(p, t, pass.scale),
        (4 | 5, false) => fused::<5, false>(p, t, pass.scale),
        (4 | 5, true) => fused::<5, true>(p, t, pass.scale),
        (_, false) => fused::<6, false>(p, t, pass.scale),
        (_, true) => fused::<6, true>(p, t, pass.scale),
    }
}

#[inline(always)]
fn fused<const TERMS: usize, const CAREFUL: bool>(p: &[f64], t: &[f64], scale: u16) -> RawSums {
    // Powers of two, by which a multiplication is exact.
    let power = |exponent: i32| f64::from_bits(((1023 + exponent) as u64) << 52);
    let (value, product) = (power(46 - i32::from(scale)), power(46 - 2 * i32::from(scale)));
    let mut raw = RawSums::default();
    let mut add = |unit: usize, whole: f64| raw.units[unit] = raw.units[unit].wrapping_add(integer(whole));
    for (&p, &t) in p.iter().zip(t) {
        let [p_near, t_near] = [p, t].map(nearest);
        raw.max_abs = raw.max_abs.max(p_near.abs().to_bits()).max(t_near.abs().to_bits());
        let skip = CAREFUL && !(p_near.is_finite() && t_near.is_finite());
        let (p, t) = if skip { (0.0, 0.0) } else { (p, t) };
        let (p_fix, t_fix) = ((p * value).trunc(), (t * value).trunc());
        add(0, p_fix);
        add(1, t_fix);
        add(2, fix_product(p, t, product));
        if TERMS > 3 {
            add(3, fix_product(p, p, product));
            add(4, fix_product(t, t, product));
        }
        if TERMS > 5 {
            add(5, (p_fix - t_fix).abs());
        }
    }
    raw
}

/// trunc(x·y·unit), where `unit` is a power of two. The product is h + e, its rounding and the exact rest. Rounding passes no whole
/// number, so only where h is one can the product be less than h, which the sign of e tells.
#[inline(always)]
fn fix_product(x: f64, y: f64, unit: f64) -> f64 {
    let rounded = x * y;
    let rest = x.mul_add(y, -rounded);
    let h = rounded * unit;
    let whole = h.trunc();
    let is_less = whole == h && h.abs() >= 1.0 && if h < 0.0 { rest > 0.0 } else { rest < 0.0 };
    if is_less { whole - 1f64.copysign(h) } else { whole }
}

/// A whole number of less than 2^51 as two's complement: next to 3·2^51 the last bit of an f64 is worth 1.
#[inline(always)]
fn integer(whole: f64) -> u64 {
    const MIDDLE: f64 = 3.0 * (1u64 << 51) as f64;
    (whole + MIDDLE).to_bits().wrapping_sub(MIDDLE.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::sums::sum_pairs;
    use crate::stats::Terms;

    const PASS: SumPass = SumPass { terms: Terms::All, scale: 0, careful: true };

    #[test]
    fn comparisons_are_of_all_digits_and_of_finite_voxels() {
        let found = [0.3, 0.3f64.next_down(), 1e39, -f64::INFINITY, f64::NAN].map(|x| at_least(x, 0.3));
        assert_eq!(&found[..2], [1.0, 0.0]);
        assert!(found[2..].iter().all(|x| x.is_nan()));
        // By channel and voxel.
        let channels = [[0.3, 1.0, 1.0, -4.0], [0.3f64.next_up(), 1.0, f64::NAN, -2.0], [0.2, 0.0, 2.0, -3.0]];
        let mut largest = Largest::of(4);
        (0..).zip(channels).for_each(|(channel, voxels)| largest.see(channel, voxels.into_iter()));
        let written = [0, 1, 2].map(|channel| {
            let mut into = [7.0; 4];
            largest.write(channel, &mut into);
            into
        });
        let [a, b, c] = written.map(|[x, y, _, z]| [x, y, z]);
        assert_eq!([a, b, c], [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0; 3]]);
        assert!(written.iter().all(|voxels| voxels[2].is_nan()));
    }

    /// f32s of every exponent and with few and many bits, widened, at the scales of blocks that hold them.
    #[test]
    fn widened_voxels_have_the_sums_of_the_narrow_ones() {
        let fractions = [0, 1, 0x40_0000, 0x55_5555, 0x7f_ffff];
        let value = |exponent: u32, fraction: u32| f32::from_bits(exponent << 23 | fraction);
        let exponents = (0..255).step_by(if cfg!(miri) { 17 } else { 1 });
        let all: Vec<f32> = exponents.flat_map(|e| fractions.map(|f| value(e, f))).flat_map(|x| [x, -x]).collect();
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

    /// Values whose products are next to a unit of the grid, on it, and beyond; and any bits at all.
    #[test]
    fn fused_sums_are_those_of_the_definition() {
        let mut bits = 1u64;
        let mut draw = || {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            bits
        };
        for scale in [0u16, 1, 7, 60, 128] {
            let largest = libm::scalbn(1.0, scale.into());
            let unit = libm::scalbn(1.0, i32::from(scale) - 46);
            let mut values =
                vec![0.0, -0.0, largest, -largest, unit, f64::MIN_POSITIVE, 5e-324, f64::NAN, f64::INFINITY];
            for _ in 0..if cfg!(miri) { 20 } else { 4000 } {
                let whole = (draw() >> (18 + draw() % 46)) as f64 * unit;
                let any = f64::from_bits(draw());
                let any = if any.is_nan() { f64::NAN } else { any };
                values.extend([whole, -whole.next_up(), whole.next_down(), whole * 0.5, any]);
                // The quotient of a whole number of units by another value: rounded, so the product is beside it.
                values.extend([whole * largest / values[values.len() - 8], largest / (whole + unit)]);
            }
            values.retain(|x| !nearest(*x).is_finite() || f64::from(nearest(*x).abs()) <= largest);
            for step in [1, 2, 6, 13] {
                let other: Vec<f64> = values.iter().cycle().skip(step).take(values.len()).copied().collect();
                for terms in [Terms::Plain, Terms::Squared, Terms::All] {
                    // One by one, as sums would hide where they differ.
                    for (p, t) in values.iter().zip(&other) {
                        let pass = SumPass { terms, scale, careful: true };
                        let expected = sum_doubles([(*p, *t)].into_iter(), pass);
                        assert_eq!(
                            sum_fused(&[*p], &[*t], pass),
                            expected,
                            "{p:e} and {t:e}, scale {scale}, {terms:?}"
                        );
                    }
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
