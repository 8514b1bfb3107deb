//! Exact sums with AVX-512: the contract of `kernel::sums`, bit for bit, for values of any sign and scale.
//!
//! An f32 and a product of two of them are exact in `f64`, also times a power of two, and `vcvttpd2qq` makes 64-bit
//! integers of eight `f64`, truncated towards 0: the units of the contract as they stand. So there is one kernel. AVX2
//! has no such instruction, and needs several kernels for different kinds of voxels.

use super::avx2_tile::as_f32;
use super::avx512_cast::{array, vector};
use super::hints::ahead;
use super::tile::{TILE, padded};
use crate::kernel::sums::{INFINITY, RawSums, SumPass};
use crate::kernel::voxel::Typed;
use crate::stats::{FRACTION_BITS, Terms, UNITS};
use std::arch::x86_64::*;

/// [`sum_run`](crate::kernel::sums::sum_run).
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn sum_run(p: Typed<'_>, t: Typed<'_>, stride: usize, pass: SumPass) -> RawSums {
    match pass.terms {
        // Powers are added by the caller.
        Terms::Plain | Terms::Power(_) => sum_tiles::<3>(p, t, stride, pass),
        Terms::Squared => sum_tiles::<5>(p, t, stride, pass),
        Terms::All => sum_tiles::<6>(p, t, stride, pass),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn sum_tiles<const TERMS: usize>(p: Typed<'_>, t: Typed<'_>, stride: usize, pass: SumPass) -> RawSums {
    let voxels = p.len().div_ceil(stride);
    let scaled = pass.scale > 0 || pass.careful;
    // The truth, while it is bytes of 0 and 1.
    let mut mask = if let (Typed::U8(t), 1, false) = (t, stride, scaled) { Some(t) } else { None };
    let mut sum = RawSums::default();
    let (mut p_buffer, mut t_buffer) = ([0.0; TILE], [0.0; TILE]);
    for start in (0..voxels).step_by(TILE) {
        let range = start..voxels.min(start + TILE);
        let p = as_f32(p, stride, range.clone(), &mut p_buffer);
        let of_mask = mask.and_then(|mask| masked::<TERMS>(p, &mask[range.clone()]));
        mask = mask.filter(|_| of_mask.is_some());
        sum.join(&of_mask.unwrap_or_else(|| {
            let t = as_f32(t, stride, range, &mut t_buffer);
            if scaled { real::<TERMS, true>(p, t, pass) } else { real::<TERMS, false>(p, t, pass) }
        }));
    }
    sum
}

/// The numbers of the contract's grid between 0 and 1.
const GRID: f64 = (1u64 << FRACTION_BITS) as f64;

#[inline]
#[target_feature(enable = "avx512f")]
fn add(sum: &mut __m512i, x: __m512i) {
    *sum = _mm512_add_epi64(*sum, x);
}

/// Bits without their sign.
#[inline]
#[target_feature(enable = "avx512f")]
fn magnitude(x: &[f32; 16]) -> __m512i {
    _mm512_and_si512(vector(*x), _mm512_set1_epi32(i32::MAX))
}

/// 16 f32 as `f64`.
#[inline]
#[target_feature(enable = "avx512f")]
fn widened(x: &[f32; 16]) -> [__m512d; 2] {
    let [low, high]: [__m256; 2] = bytemuck::cast(*x);
    [_mm512_cvtps_pd(low), _mm512_cvtps_pd(high)]
}

#[target_feature(enable = "avx512f")]
fn finished(sums: [__m512i; 6], max_abs: u32) -> RawSums {
    let mut units = [0; UNITS];
    for (units, sum) in units.iter_mut().zip(sums) {
        let lanes: [u64; 8] = array(sum);
        *units = lanes.into_iter().fold(0, u64::wrapping_add);
    }
    RawSums { units, max_abs, pointwise_too_large: false }
}

#[target_feature(enable = "avx512f")]
fn largest_of(x: __m512i) -> u32 {
    let lanes: [u32; 16] = array(x);
    lanes.into_iter().fold(0, u32::max)
}

/// Two real operands. With `SCALED`, at the scale of the pass, and skipping non-finite voxels if the pass asks for
/// that.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn real<const TERMS: usize, const SCALED: bool>(p: &[f32], t: &[f32], pass: SumPass) -> RawSums {
    let (grid, unscale) = (_mm512_set1_pd(GRID), _mm512_set1_pd(libm::scalbn(1.0, -i32::from(pass.scale))));
    let beyond = _mm512_set1_epi32(if pass.careful { INFINITY as i32 } else { i32::MIN });
    let zero = _mm512_setzero_si512();
    let (mut sums, mut largest) = ([zero; 6], zero);
    let mut step = |p: &[f32; 16], t: &[f32; 16]| {
        ahead(p);
        ahead(t);
        let more = _mm512_max_epu32(magnitude(p), magnitude(t));
        largest = _mm512_max_epu32(largest, more);
        let used = if SCALED { _mm512_cmplt_epu32_mask(more, beyond) } else { u16::MAX };
        for ((mut p, mut t), used) in widened(p).into_iter().zip(widened(t)).zip(used.to_le_bytes()) {
            if SCALED {
                (p, t) = (_mm512_maskz_mul_pd(used, p, unscale), _mm512_maskz_mul_pd(used, t, unscale));
            }
            let (p_grid, t_grid) = (_mm512_mul_pd(p, grid), _mm512_mul_pd(t, grid));
            let (p_units, t_units) = (_mm512_cvttpd_epi64(p_grid), _mm512_cvttpd_epi64(t_grid));
            add(&mut sums[0], p_units);
            add(&mut sums[1], t_units);
            add(&mut sums[2], _mm512_cvttpd_epi64(_mm512_mul_pd(p_grid, t)));
            if TERMS > 3 {
                add(&mut sums[3], _mm512_cvttpd_epi64(_mm512_mul_pd(p_grid, p)));
                add(&mut sums[4], _mm512_cvttpd_epi64(_mm512_mul_pd(t_grid, t)));
            }
            if TERMS > 5 {
                add(&mut sums[5], _mm512_abs_epi64(_mm512_sub_epi64(p_units, t_units)));
            }
        }
    };
    let ((p_chunks, p_rest), (t_chunks, t_rest)) = (p.as_chunks(), t.as_chunks());
    p_chunks.iter().zip(t_chunks).for_each(|(p, t)| step(p, t));
    if !p_rest.is_empty() {
        step(&padded(p_rest), &padded(t_rest));
    }
    finished(sums, largest_of(largest))
}

/// The same for a truth of bytes 0 and 1, whose product is a choice; none where it has others.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn masked<const TERMS: usize>(p: &[f32], t: &[u8]) -> Option<RawSums> {
    let (grid, one) = (_mm512_set1_pd(GRID), _mm512_set1_epi64(1 << FRACTION_BITS));
    let zero = _mm512_setzero_si512();
    let (mut sums, mut largest, mut bytes) = ([zero; 6], zero, _mm_setzero_si128());
    let mut step = |p: &[f32; 16], t: &[u8; 16]| {
        ahead(p);
        largest = _mm512_max_epu32(largest, magnitude(p));
        let t = bytemuck::cast(*t);
        bytes = _mm_or_si128(bytes, t);
        for (p, on) in widened(p).into_iter().zip(_mm_test_epi8_mask(t, t).to_le_bytes()) {
            let p_grid = _mm512_mul_pd(p, grid);
            let (p_units, t_units) = (_mm512_cvttpd_epi64(p_grid), _mm512_maskz_mov_epi64(on, one));
            add(&mut sums[0], p_units);
            add(&mut sums[1], t_units);
            sums[2] = _mm512_mask_add_epi64(sums[2], on, sums[2], p_units);
            if TERMS > 3 {
                add(&mut sums[3], _mm512_cvttpd_epi64(_mm512_mul_pd(p_grid, p)));
            }
            if TERMS > 5 {
                add(&mut sums[5], _mm512_abs_epi64(_mm512_sub_epi64(p_units, t_units)));
            }
        }
    };
    // A cache line of the truth at a time.
    for (p, t) in p.chunks(64).zip(t.chunks(64)) {
        ahead(t);
        let ((p_chunks, p_rest), (t_chunks, t_rest)) = (p.as_chunks(), t.as_chunks());
        p_chunks.iter().zip(t_chunks).for_each(|(p, t)| step(p, t));
        if !p_rest.is_empty() {
            step(&padded(p_rest), &padded(t_rest));
        }
    }
    let bytes: [u8; 16] = bytemuck::cast(bytes);
    if bytes.into_iter().any(|byte| byte > 1) {
        return None;
    }
    if TERMS > 3 {
        sums[4] = sums[1];
    }
    let on: [u64; 8] = array(sums[1]);
    let truth = if on == [0; 8] { 0 } else { 1f32.to_bits() };
    Some(finished(sums, largest_of(largest).max(truth)))
}
