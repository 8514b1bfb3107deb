//! The exact gradient with AVX2: the integers of `kernel::exact_gradient`, a cache line of results at a time.

use super::gradient_lines::run;
use super::hints::{Line, Store, ahead};
use crate::kernel::exact_gradient::ExactCoefficients;
use std::arch::x86_64::*;

/// Gradients of a run of voxels of one cell.
#[target_feature(enable = "avx2,fma")]
pub(super) fn gradient_run(c: &ExactCoefficients, p: &[f32], t: &[f32], out: &mut [f32], store: Store) {
    // With such exponents no result is below the normal range: a sum is 0 or at least 1.
    if !(-126..=127).contains(&c.exponent) {
        return c.gradient_run(p, t, out);
    }
    match (c.square != 0, c.sign != 0) {
        // A prediction that plays no part is not read: the caller gives the truth in its place.
        (false, false) if std::ptr::eq(p, t) => run(p, t, out, store, |_, t, out| affine::<true>(c, t, t, out)),
        (false, false) => run(p, t, out, store, |p, t, out| affine::<false>(c, p, t, out)),
        (true, false) => run(p, t, out, store, |p, t, out| all_terms::<false>(c, p, t, out)),
        (_, true) => run(p, t, out, store, |p, t, out| all_terms::<true>(c, p, t, out)),
    }
}

/// `A·t + C`. A fused multiplication rounds the exact sum to `f64` once, and the step from there to f32 finds the f32 next
/// to the sum, but for [ties]. Both coefficients are times the unit of the sum, a power of two.
#[target_feature(enable = "avx2,fma")]
fn affine<const TRUTH_ALONE: bool>(c: &ExactCoefficients, p: &[[f32; 16]], t: &[[f32; 16]], out: &mut [Line]) {
    let [unit, one] = [c.exponent, 30 - c.scale as i32].map(|exponent| f64::from(power_of_two(exponent)));
    let product = _mm256_set1_pd(f64::from(c.product) * unit);
    let constant = _mm256_set1_pd(f64::from(c.constant) * one * unit);
    for (Line(out), (p_line, t_line)) in out.iter_mut().zip(p.iter().zip(t)) {
        ahead(t_line);
        if !TRUTH_ALONE {
            ahead(p_line);
        }
        let (p, t): ([__m256; 2], [__m256; 2]) = (bytemuck::cast(*p_line), bytemuck::cast(*t_line));
        let mut undecided = beyond(c, largest(t[0], t[1]));
        if !TRUTH_ALONE {
            undecided = _mm256_or_si256(undecided, beyond(c, largest(p[0], p[1])));
        }
        let mut gradients = [_mm256_setzero_ps(); 2];
        for (gradients, t) in gradients.iter_mut().zip(t) {
            let [low, high]: [__m128i; 2] = bytemuck::cast(fixed(c, t));
            let low = _mm256_fmadd_pd(product, _mm256_cvtepi32_pd(low), constant);
            let high = _mm256_fmadd_pd(product, _mm256_cvtepi32_pd(high), constant);
            undecided = _mm256_or_si256(undecided, ties(low, high));
            *gradients = _mm256_set_m128(_mm256_cvtpd_ps(high), _mm256_cvtpd_ps(low));
        }
        *out = bytemuck::cast(gradients);
        if _mm256_testz_si256(undecided, undecided) == 0 {
            decide::<false, false>(c, p_line, t_line, out);
        }
    }
}

/// All terms, as integers, which are rounded to `f64` once. The step from there to f32 is right but for [ties].
#[target_feature(enable = "avx2,fma")]
fn all_terms<const SIGN: bool>(c: &ExactCoefficients, p: &[[f32; 16]], t: &[[f32; 16]], out: &mut [Line]) {
    let unit = _mm256_set1_ps(power_of_two(c.exponent));
    for (Line(out), (p_line, t_line)) in out.iter_mut().zip(p.iter().zip(t)) {
        ahead(p_line);
        ahead(t_line);
        let (p, t): ([__m256; 2], [__m256; 2]) = (bytemuck::cast(*p_line), bytemuck::cast(*t_line));
        let mut undecided = beyond(c, _mm256_max_epi32(largest(p[0], p[1]), largest(t[0], t[1])));
        let mut gradients = [_mm256_setzero_ps(); 2];
        for (gradients, (p, t)) in gradients.iter_mut().zip(p.into_iter().zip(t)) {
            let [even, odd] = sums::<true, SIGN>(c, p, t);
            let (even, odd) = (to_f64(even), to_f64(odd));
            undecided = _mm256_or_si256(undecided, ties(even, odd));
            *gradients = _mm256_mul_ps(joined(_mm256_cvtpd_ps(even), _mm256_cvtpd_ps(odd)), unit);
        }
        *out = bytemuck::cast(gradients);
        if _mm256_testz_si256(undecided, undecided) == 0 {
            decide::<true, SIGN>(c, p_line, t_line, out);
        }
    }
}

/// All bits of a lane where either `f64` lies half way between two f32: what was rounded to it may not have.
#[inline]
#[target_feature(enable = "avx2")]
fn ties(a: __m256d, b: __m256d) -> __m256i {
    // What an f64 has below the last place of an f32, and the half of that place: in its lower half.
    let (below, half) = (_mm256_set1_epi32((1 << 29) - 1), _mm256_set1_epi32(1 << 28));
    let bits = _mm256_shuffle_ps::<0b10_00_10_00>(_mm256_castpd_ps(a), _mm256_castpd_ps(b));
    _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_castps_si256(bits), below), half)
}

/// Makes right what may be wrong in a line. A function of its own, which does not take registers from the loops.
#[cold]
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn decide<const SQUARE: bool, const SIGN: bool>(
    c: &ExactCoefficients,
    p_line: &[f32; 16],
    t_line: &[f32; 16],
    out: &mut [f32; 16],
) {
    let (p, t): ([__m256; 2], [__m256; 2]) = (bytemuck::cast(*p_line), bytemuck::cast(*t_line));
    let magnitudes = _mm256_max_epi32(largest(p[0], p[1]), largest(t[0], t[1]));
    if _mm256_movemask_epi8(beyond(c, magnitudes)) != 0 {
        *out = one_by_one(c, p_line, t_line);
        return;
    }
    // Sums up to 2^62 are exact in an f64 where they are multiples of 2^9, as those of masks are: then a tie is one, and was
    // rounded to even.
    let mut fractions = _mm256_or_si256(fixed(c, t[0]), fixed(c, t[1]));
    if SQUARE {
        fractions = _mm256_or_si256(fractions, _mm256_or_si256(fixed(c, p[0]), fixed(c, p[1])));
    }
    if c.scale <= 21 && _mm256_testz_si256(fractions, _mm256_set1_epi32(511)) == 1 {
        return;
    }
    let unit = _mm256_set1_ps(power_of_two(c.exponent));
    let mut gradients = [_mm256_setzero_ps(); 2];
    for (gradients, (p, t)) in gradients.iter_mut().zip(p.into_iter().zip(t)) {
        let [even, odd] = sums::<SQUARE, SIGN>(c, p, t);
        *gradients = _mm256_mul_ps(joined(rounded(even), rounded(odd)), unit);
    }
    *out = bytemuck::cast(gradients);
}

/// Voxels that vectors do not take.
#[cold]
#[inline(never)]
pub(super) fn one_by_one(c: &ExactCoefficients, p: &[f32; 16], t: &[f32; 16]) -> [f32; 16] {
    let mut out = [0.0; 16];
    c.gradient_run(p, t, &mut out);
    out
}

/// The larger magnitudes, as bits.
#[inline]
#[target_feature(enable = "avx2")]
fn largest(x: __m256, y: __m256) -> __m256i {
    let absolute = |x| _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(i32::MAX));
    _mm256_max_epi32(absolute(x), absolute(y))
}

/// All bits where a magnitude exceeds 2^scale: there are NaN, infinities, and sums that are not those of these voxels.
#[inline]
#[target_feature(enable = "avx2")]
fn beyond(c: &ExactCoefficients, magnitudes: __m256i) -> __m256i {
    // 2^scale has these bits.
    _mm256_cmpgt_epi32(magnitudes, _mm256_set1_epi32(((127 + c.scale) << 23) as i32))
}

/// `trunc(x · 2^(30 - scale))`: the product is exact, and the conversion truncates.
#[inline]
#[target_feature(enable = "avx2")]
fn fixed(c: &ExactCoefficients, x: __m256) -> __m256i {
    _mm256_cvttps_epi32(_mm256_mul_ps(x, _mm256_set1_ps(power_of_two(30 - c.scale as i32))))
}

/// The sums of the voxels in even places and of those in odd places: a product takes the lower half of a 64-bit lane.
#[inline]
#[target_feature(enable = "avx2")]
fn sums<const SQUARE: bool, const SIGN: bool>(c: &ExactCoefficients, p_real: __m256, t_real: __m256) -> [__m256i; 2] {
    let (mut p, mut t) = (fixed(c, p_real), fixed(c, t_real));
    let more = _mm256_cmp_ps::<_CMP_GT_OQ>(p_real, t_real);
    let less = _mm256_cmp_ps::<_CMP_LT_OQ>(p_real, t_real);
    let mut signs = _mm256_sub_epi32(_mm256_castps_si256(less), _mm256_castps_si256(more));
    let constant = _mm256_set1_epi64x(i64::from(c.constant) << (30 - c.scale));
    let mut sums = [constant; 2];
    for sum in &mut sums {
        *sum = _mm256_add_epi64(*sum, _mm256_mul_epi32(_mm256_set1_epi32(c.product), t));
        if SQUARE {
            *sum = _mm256_add_epi64(*sum, _mm256_mul_epi32(_mm256_set1_epi32(c.square), p));
        }
        if SIGN {
            let sign = _mm256_mul_epi32(_mm256_set1_epi32(c.sign), signs);
            *sum = _mm256_add_epi64(*sum, _mm256_sll_epi64(sign, _mm_cvtsi32_si128(30 - c.scale as i32)));
        }
        p = _mm256_srli_epi64::<32>(p);
        t = _mm256_srli_epi64::<32>(t);
        signs = _mm256_srli_epi64::<32>(signs);
    }
    sums
}

/// Voxels of even and of odd places, in their order.
#[inline]
#[target_feature(enable = "avx2")]
fn joined(even: __m128, odd: __m128) -> __m256 {
    _mm256_set_m128(_mm_unpackhi_ps(even, odd), _mm_unpacklo_ps(even, odd))
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
    _mm256_cvtpd_ps(to_f64(x))
}

/// The `f64` next to 64-bit integers.
#[inline]
#[target_feature(enable = "avx2")]
fn to_f64(x: __m256i) -> __m256d {
    // The upper half as 2^84 + 2^63 + upper · 2^32 and the lower one as 2^52 + lower, by their bits.
    let upper = _mm256_xor_si256(_mm256_srli_epi64::<32>(x), _mm256_set1_epi64x(0x4530_0000_8000_0000));
    let lower = _mm256_blend_epi32::<0xaa>(x, _mm256_set1_epi64x(0x4330_0000_0000_0000));
    let constants = _mm256_castsi256_pd(_mm256_set1_epi64x(0x4530_0000_8010_0000));
    let upper = _mm256_sub_pd(_mm256_castsi256_pd(upper), constants);
    _mm256_add_pd(upper, _mm256_castsi256_pd(lower))
}
