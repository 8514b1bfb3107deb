//! Exact sums with NEON: the contract of `kernel::sums`, bit for bit, for values of any sign and scale.
//!
//! An f32 and a product of two of them are exact in `f64`, also times a power of two. `fcvtzs` makes 64-bit integers of
//! two `f64`, with 46 bits behind the point and truncated towards 0: the units of the contract as they stand. So there is
//! one kernel, as with AVX-512.

use super::tile::{TILE, as_f32, copy, padded};
use crate::kernel::sums::{INFINITY, RawSums, SumPass};
use crate::kernel::voxel::Typed;
use crate::stats::{FRACTION_BITS, Terms};
use std::arch::aarch64::*;

/// [`sum_run`](crate::kernel::sums::sum_run).
#[target_feature(enable = "neon")]
pub(super) fn sum_run(p: Typed<'_>, t: Typed<'_>, stride: usize, pass: SumPass) -> RawSums {
    match pass.terms {
        // Powers are added by the caller.
        Terms::Plain | Terms::Power(_) => sum_tiles::<3>(p, t, stride, pass),
        Terms::Squared => sum_tiles::<5>(p, t, stride, pass),
        Terms::All => sum_tiles::<6>(p, t, stride, pass),
    }
}

#[target_feature(enable = "neon")]
fn sum_tiles<const TERMS: usize>(p: Typed<'_>, t: Typed<'_>, stride: usize, pass: SumPass) -> RawSums {
    let voxels = p.len().div_ceil(stride);
    let scaled = pass.scale > 0 || pass.careful;
    // The truth, while it is bytes of 0 and 1.
    let mut mask = if let (Typed::U8(t), 1, false) = (t, stride, scaled) { Some(t) } else { None };
    let mut sum = RawSums::default();
    let (mut p_buffer, mut t_buffer) = ([0.0; TILE], [0.0; TILE]);
    for start in (0..voxels).step_by(TILE) {
        let range = start..voxels.min(start + TILE);
        let p = as_f32(p, stride, range.clone(), &mut p_buffer, |from, into| copy(from, 1, into));
        let of_mask = mask.and_then(|mask| masked::<TERMS>(p, &mask[range.clone()]));
        mask = mask.filter(|_| of_mask.is_some());
        sum.join(&of_mask.unwrap_or_else(|| {
            let t = as_f32(t, stride, range, &mut t_buffer, |from, into| copy(from, 1, into));
            if scaled { real::<TERMS, true>(p, t, pass) } else { real::<TERMS, false>(p, t, pass) }
        }));
    }
    sum
}

#[inline]
#[target_feature(enable = "neon")]
fn add(sum: &mut int64x2_t, x: int64x2_t) {
    *sum = vaddq_s64(*sum, x);
}

/// `trunc(x · 2^46)`.
#[inline]
#[target_feature(enable = "neon")]
fn on_grid(x: float64x2_t) -> int64x2_t {
    vcvtq_n_s64_f64::<{ FRACTION_BITS as i32 }>(x)
}

/// Bits without their sign.
#[inline]
#[target_feature(enable = "neon")]
fn magnitude(x: float32x4_t) -> uint32x4_t {
    vandq_u32(vreinterpretq_u32_f32(x), vdupq_n_u32(0x7fff_ffff))
}

/// Four f32 as `f64`.
#[inline]
#[target_feature(enable = "neon")]
fn widened(x: float32x4_t) -> [float64x2_t; 2] {
    [vcvt_f64_f32(vget_low_f32(x)), vcvt_high_f64_f32(x)]
}

#[target_feature(enable = "neon")]
fn finished(sums: [int64x2_t; 6], max_abs: u32) -> RawSums {
    let [p, t, pt, pp, tt, difference] = sums.map(|sum| vaddvq_s64(sum) as u64);
    RawSums { units: [p, t, pt, pp, tt, difference, 0], max_abs, pointwise_too_large: false }
}

/// Two real operands. With `SCALED`, at the scale of the pass, and skipping non-finite voxels if the pass asks for
/// that.
#[target_feature(enable = "neon")]
fn real<const TERMS: usize, const SCALED: bool>(p: &[f32], t: &[f32], pass: SumPass) -> RawSums {
    let unscale = vdupq_n_f64(libm::scalbn(1.0, -i32::from(pass.scale)));
    let beyond = vdupq_n_u32(if pass.careful { INFINITY } else { u32::MAX });
    let (mut sums, mut largest) = ([vdupq_n_s64(0); 6], vdupq_n_u32(0));
    let mut step = |p: &[f32; 4], t: &[f32; 4]| {
        let (mut p, mut t): (float32x4_t, float32x4_t) = (bytemuck::cast(*p), bytemuck::cast(*t));
        let more = vmaxq_u32(magnitude(p), magnitude(t));
        largest = vmaxq_u32(largest, more);
        if SCALED {
            let used = vcltq_u32(more, beyond);
            let kept = |x| vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), used));
            (p, t) = (kept(p), kept(t));
        }
        for (mut p, mut t) in widened(p).into_iter().zip(widened(t)) {
            if SCALED {
                (p, t) = (vmulq_f64(p, unscale), vmulq_f64(t, unscale));
            }
            let (p_units, t_units) = (on_grid(p), on_grid(t));
            add(&mut sums[0], p_units);
            add(&mut sums[1], t_units);
            add(&mut sums[2], on_grid(vmulq_f64(p, t)));
            if TERMS > 3 {
                add(&mut sums[3], on_grid(vmulq_f64(p, p)));
                add(&mut sums[4], on_grid(vmulq_f64(t, t)));
            }
            if TERMS > 5 {
                add(&mut sums[5], vabsq_s64(vsubq_s64(p_units, t_units)));
            }
        }
    };
    let ((p_chunks, p_rest), (t_chunks, t_rest)) = (p.as_chunks(), t.as_chunks());
    p_chunks.iter().zip(t_chunks).for_each(|(p, t)| step(p, t));
    if !p_rest.is_empty() {
        step(&padded(p_rest), &padded(t_rest));
    }
    finished(sums, vmaxvq_u32(largest))
}

/// The same for a truth of bytes 0 and 1, whose product is a choice; none where it has others.
#[target_feature(enable = "neon")]
fn masked<const TERMS: usize>(p: &[f32], t: &[u8]) -> Option<RawSums> {
    let (mut sums, mut largest) = ([vdupq_n_s64(0); 6], vdupq_n_u32(0));
    // Of the truth: all bits, and the sum, which 16 bits hold over a tile.
    let (mut bytes, mut ones) = (vdupq_n_u8(0), vdupq_n_u16(0));
    let mut step = |p: &[f32; 16], t: &[u8; 16]| {
        let t: uint8x16_t = bytemuck::cast(*t);
        bytes = vorrq_u8(bytes, t);
        ones = vpadalq_u8(ones, t);
        let quarters: [float32x4_t; 4] = bytemuck::cast(*p);
        for (p, on) in quarters.into_iter().zip(wide_masks(t)) {
            largest = vmaxq_u32(largest, magnitude(p));
            for (p, on) in widened(p).into_iter().zip(on) {
                let p_units = on_grid(p);
                add(&mut sums[0], p_units);
                add(&mut sums[2], vandq_s64(p_units, on));
                if TERMS > 3 {
                    add(&mut sums[3], on_grid(vmulq_f64(p, p)));
                }
                if TERMS > 5 {
                    let t_units = vandq_s64(on, vdupq_n_s64(1 << FRACTION_BITS));
                    add(&mut sums[5], vabsq_s64(vsubq_s64(p_units, t_units)));
                }
            }
        }
    };
    let ((p_chunks, p_rest), (t_chunks, t_rest)) = (p.as_chunks(), t.as_chunks());
    p_chunks.iter().zip(t_chunks).for_each(|(p, t)| step(p, t));
    if !p_rest.is_empty() {
        step(&padded(p_rest), &padded(t_rest));
    }
    if vmaxvq_u8(bytes) > 1 {
        return None;
    }
    let ones = u64::from(vaddlvq_u16(ones));
    let truth = if ones > 0 { 1f32.to_bits() } else { 0 };
    let mut sum = finished(sums, vmaxvq_u32(largest).max(truth));
    sum.units[1] = ones << FRACTION_BITS;
    if TERMS > 3 {
        sum.units[4] = sum.units[1];
    }
    Some(sum)
}

/// Bytes 0 and 1 as masks of 64 bits, four for each four voxels.
#[inline]
#[target_feature(enable = "neon")]
fn wide_masks(t: uint8x16_t) -> [[int64x2_t; 2]; 4] {
    let bytes = vnegq_s8(vreinterpretq_s8_u8(t));
    let words = |x: int16x8_t| [vmovl_s16(vget_low_s16(x)), vmovl_high_s16(x)];
    let [a, b] = words(vmovl_s8(vget_low_s8(bytes)));
    let [c, d] = words(vmovl_high_s8(bytes));
    [a, b, c, d].map(|x| [vmovl_s32(vget_low_s32(x)), vmovl_high_s32(x)])
}
