//! The exact gradient with AVX2: the integers of `kernel::gradient`, eight voxels at a time.

use super::avx2_tile::padded;
use crate::kernel::gradient::ExactCoefficients;
use std::arch::x86_64::*;

/// Gradients of a run of voxels of one cell.
#[target_feature(enable = "avx2,fma")]
pub(super) fn gradient_run(coefficients: &ExactCoefficients, p: &[f32], t: &[f32], out: &mut [f32]) {
    // With such exponents no result is below the normal range: a sum is 0 or at least 1.
    if !(-126..=127).contains(&coefficients.exponent) {
        return coefficients.gradient_run(p, t, out);
    }
    match (coefficients.square != 0, coefficients.sign != 0) {
        (false, false) => run::<false, false>(coefficients, p, t, out),
        (true, false) => run::<true, false>(coefficients, p, t, out),
        (_, true) => run::<true, true>(coefficients, p, t, out),
    }
}

#[target_feature(enable = "avx2,fma")]
fn run<const SQUARE: bool, const SIGN: bool>(c: &ExactCoefficients, p: &[f32], t: &[f32], out: &mut [f32]) {
    let (p_chunks, p_rest) = p.as_chunks();
    let (t_chunks, t_rest) = t.as_chunks();
    let (out_chunks, out_rest) = out.as_chunks_mut();
    for ((p, t), out) in p_chunks.iter().zip(t_chunks).zip(out_chunks) {
        step::<SQUARE, SIGN>(c, p, t, out);
    }
    if !p_rest.is_empty() {
        let mut out = [0.0; 8];
        step::<SQUARE, SIGN>(c, &padded(p_rest), &padded(t_rest), &mut out);
        out_rest.iter_mut().zip(out).for_each(|(into, value)| *into = value);
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn step<const SQUARE: bool, const SIGN: bool>(c: &ExactCoefficients, p: &[f32; 8], t: &[f32; 8], out: &mut [f32; 8]) {
    let (p_real, t_real): (__m256, __m256) = (bytemuck::cast(*p), bytemuck::cast(*t));
    let absolute = |x| _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(i32::MAX));
    let largest = _mm256_max_epi32(absolute(p_real), absolute(t_real));
    // 2^scale has these bits. Beyond it there are NaN, infinities, and sums that are not those of these voxels.
    let beyond = _mm256_cmpgt_epi32(largest, _mm256_set1_epi32(((127 + c.scale) << 23) as i32));
    if _mm256_movemask_epi8(beyond) != 0 {
        return c.gradient_run(p, t, out);
    }
    // Exact, and truncated by the conversion.
    let unit = _mm256_set1_ps(power_of_two(30 - c.scale as i32));
    let p_fix = _mm256_cvttps_epi32(_mm256_mul_ps(p_real, unit));
    let t_fix = _mm256_cvttps_epi32(_mm256_mul_ps(t_real, unit));
    let signs = if SIGN {
        let more = _mm256_cmp_ps::<_CMP_GT_OQ>(p_real, t_real);
        let less = _mm256_cmp_ps::<_CMP_LT_OQ>(p_real, t_real);
        _mm256_sub_epi32(_mm256_castps_si256(less), _mm256_castps_si256(more))
    } else {
        _mm256_setzero_si256()
    };
    let sums = |p, t, signs| {
        let constant = _mm256_set1_epi64x(i64::from(c.constant) << (30 - c.scale));
        let mut sum = _mm256_add_epi64(constant, _mm256_mul_epi32(_mm256_set1_epi32(c.product), t));
        if SQUARE {
            sum = _mm256_add_epi64(sum, _mm256_mul_epi32(_mm256_set1_epi32(c.square), p));
        }
        if SIGN {
            let sign = _mm256_mul_epi32(_mm256_set1_epi32(c.sign), signs);
            sum = _mm256_add_epi64(sum, _mm256_sll_epi64(sign, _mm_cvtsi32_si128(30 - c.scale as i32)));
        }
        rounded(sum)
    };
    // A product takes the lower half of a 64-bit lane: the voxels in even places, then those in odd places.
    let odd = |x| _mm256_srli_epi64::<32>(x);
    let (even, odd) = (sums(p_fix, t_fix, signs), sums(odd(p_fix), odd(t_fix), odd(signs)));
    let gradients = _mm256_set_m128(_mm_unpackhi_ps(even, odd), _mm_unpacklo_ps(even, odd));
    *out = bytemuck::cast(_mm256_mul_ps(gradients, _mm256_set1_ps(power_of_two(c.exponent))));
}

/// 2^n for -126 ≤ n ≤ 127.
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) as u32) << 23)
}

/// The f32 next to integers of at most 2^62; ties to even.
#[inline]
#[target_feature(enable = "avx2")]
fn rounded(x: __m256i) -> __m128 {
    // From 2^52 on the lowest ten bits only tell whether something is there: as bit 10 they do, and what is left is
    // exact in an f64, so that only the step to f32 rounds.
    let low = _mm256_set1_epi64x(1023);
    let nothing = _mm256_cmpeq_epi64(_mm256_and_si256(x, low), _mm256_setzero_si256());
    let sticky = _mm256_andnot_si256(nothing, _mm256_set1_epi64x(1024));
    let reduced = _mm256_or_si256(_mm256_andnot_si256(low, x), sticky);
    let above = _mm256_srli_epi64::<53>(_mm256_add_epi64(x, _mm256_set1_epi64x(1 << 52)));
    let small = _mm256_cmpeq_epi64(above, _mm256_setzero_si256());
    let x = _mm256_blendv_epi8(reduced, x, small);
    // The upper half as 2^84 + 2^63 + upper · 2^32 and the lower one as 2^52 + lower, by their bits.
    let upper = _mm256_xor_si256(_mm256_srli_epi64::<32>(x), _mm256_set1_epi64x(0x4530_0000_8000_0000));
    let lower = _mm256_blend_epi32::<0xaa>(x, _mm256_set1_epi64x(0x4330_0000_0000_0000));
    let constants = _mm256_castsi256_pd(_mm256_set1_epi64x(0x4530_0000_8010_0000));
    let upper = _mm256_sub_pd(_mm256_castsi256_pd(upper), constants);
    _mm256_cvtpd_ps(_mm256_add_pd(upper, _mm256_castsi256_pd(lower)))
}
