//! The exact gradient with AVX2: the integers of `kernel::gradient`, a cache line of results at a time.

use super::gradient_lines::run;
use super::hints::Store;
use crate::kernel::gradient::ExactCoefficients;
use std::arch::x86_64::*;

/// Gradients of a run of voxels of one cell.
#[target_feature(enable = "avx2,fma")]
pub(super) fn gradient_run(c: &ExactCoefficients, p: &[f32], t: &[f32], out: &mut [f32], store: Store) {
    // With such exponents no result is below the normal range: a sum is 0 or at least 1.
    if !(-126..=127).contains(&c.exponent) {
        return c.gradient_run(p, t, out);
    }
    match (c.square != 0, c.sign != 0) {
        (false, false) => run(p, t, out, store, |p, t| affine(c, p, t)),
        (true, false) => run(p, t, out, store, |p, t| exact::<true, false>(c, p, t)),
        (_, true) => run(p, t, out, store, |p, t| exact::<true, true>(c, p, t)),
    }
}

/// `A·t + C`. A fused multiplication rounds the exact sum to `f64` once. The step from there to f32 finds the f32 next to
/// the sum, unless that `f64` lies half way between two of them: then integers decide, which is rare.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn affine(c: &ExactCoefficients, p: &[f32; 16], t: &[f32; 16]) -> [f32; 16] {
    let (product, one) = (_mm256_set1_pd(c.product.into()), f64::from(power_of_two(30 - c.scale as i32)));
    let constant = _mm256_set1_pd(f64::from(c.constant) * one);
    let power = _mm256_set1_ps(power_of_two(c.exponent));
    // What an f64 has below the last place of an f32, and the half of that place.
    let (below, half) = (_mm256_set1_epi64x((1 << 29) - 1), _mm256_set1_epi64x(1 << 28));
    let mut undecided = _mm256_setzero_si256();
    let halves = |x: &[f32; 16]| -> [__m256; 2] { bytemuck::cast(*x) };
    let mut gradients = [_mm256_setzero_ps(); 2];
    for (gradients, (p, t)) in gradients.iter_mut().zip(halves(p).into_iter().zip(halves(t))) {
        undecided = _mm256_or_si256(undecided, beyond(c, p, t));
        let [low, high]: [__m128i; 2] = bytemuck::cast(fixed(c, t));
        let sums = [low, high].map(|t| _mm256_fmadd_pd(product, _mm256_cvtepi32_pd(t), constant));
        for sum in sums {
            let rest = _mm256_and_si256(_mm256_castpd_si256(sum), below);
            undecided = _mm256_or_si256(undecided, _mm256_cmpeq_epi64(rest, half));
        }
        let [low, high] = sums.map(|sum| _mm256_cvtpd_ps(sum));
        *gradients = _mm256_mul_ps(_mm256_set_m128(high, low), power);
    }
    if _mm256_testz_si256(undecided, undecided) == 0 {
        return exact::<false, false>(c, p, t);
    }
    bytemuck::cast(gradients)
}

/// All terms, in integers.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn exact<const SQUARE: bool, const SIGN: bool>(c: &ExactCoefficients, p: &[f32; 16], t: &[f32; 16]) -> [f32; 16] {
    let halves = |x: &[f32; 16]| -> [[f32; 8]; 2] { bytemuck::cast(*x) };
    let ([p_low, p_high], [t_low, t_high]) = (halves(p), halves(t));
    bytemuck::cast([step::<SQUARE, SIGN>(c, &p_low, &t_low), step::<SQUARE, SIGN>(c, &p_high, &t_high)])
}

/// All bits where |p| or |t| exceeds 2^scale: there are NaN, infinities, and sums that are not those of these voxels.
#[inline]
#[target_feature(enable = "avx2")]
fn beyond(c: &ExactCoefficients, p: __m256, t: __m256) -> __m256i {
    let absolute = |x| _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(i32::MAX));
    let largest = _mm256_max_epi32(absolute(p), absolute(t));
    // 2^scale has these bits.
    _mm256_cmpgt_epi32(largest, _mm256_set1_epi32(((127 + c.scale) << 23) as i32))
}

/// `trunc(x · 2^(30 - scale))`: the product is exact, and the conversion truncates.
#[inline]
#[target_feature(enable = "avx2")]
fn fixed(c: &ExactCoefficients, x: __m256) -> __m256i {
    _mm256_cvttps_epi32(_mm256_mul_ps(x, _mm256_set1_ps(power_of_two(30 - c.scale as i32))))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn step<const SQUARE: bool, const SIGN: bool>(c: &ExactCoefficients, p: &[f32; 8], t: &[f32; 8]) -> __m256 {
    let (p_real, t_real): (__m256, __m256) = (bytemuck::cast(*p), bytemuck::cast(*t));
    if _mm256_movemask_epi8(beyond(c, p_real, t_real)) != 0 {
        let mut out = [0.0; 8];
        c.gradient_run(p, t, &mut out);
        return bytemuck::cast(out);
    }
    let (p_fix, t_fix) = (fixed(c, p_real), fixed(c, t_real));
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
    _mm256_mul_ps(gradients, _mm256_set1_ps(power_of_two(c.exponent)))
}

/// 2^n for -126 ≤ n ≤ 127.
pub(super) fn power_of_two(n: i32) -> f32 {
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
