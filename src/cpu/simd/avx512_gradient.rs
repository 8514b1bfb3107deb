//! The exact gradient with AVX-512: the integers of `kernel::exact_gradient`. `vcvtqq2ps` rounds a 64-bit integer to f32 once.

use super::avx2_gradient::{one_by_one, power_of_two};
use super::avx512_cast::{array, vector};
use super::gradient_lines::run;
use super::hints::{Line, Store, ahead};
use crate::kernel::exact_gradient::ExactCoefficients;
use std::arch::x86_64::*;

/// Gradients of a run of voxels of one cell.
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn gradient_run(c: &ExactCoefficients, p: &[f32], t: &[f32], out: &mut [f32], store: Store) {
    // With such exponents no result is below the normal range: a sum is 0 or at least 1.
    if !(-126..=127).contains(&c.exponent) {
        return c.gradient_run(p, t, out);
    }
    match (c.square != 0, c.sign != 0) {
        (false, false) => run(p, t, out, store, |p, t, out| lines::<false, false>(c, p, t, out)),
        (true, false) => run(p, t, out, store, |p, t, out| lines::<true, false>(c, p, t, out)),
        (_, true) => run(p, t, out, store, |p, t, out| lines::<true, true>(c, p, t, out)),
    }
}

#[target_feature(enable = "avx512f,avx512dq")]
fn lines<const SQUARE: bool, const SIGN: bool>(
    c: &ExactCoefficients,
    p: &[[f32; 16]],
    t: &[[f32; 16]],
    out: &mut [Line],
) {
    for (Line(out), (p, t)) in out.iter_mut().zip(p.iter().zip(t)) {
        ahead(p);
        ahead(t);
        *out = line::<SQUARE, SIGN>(c, p, t);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn line<const SQUARE: bool, const SIGN: bool>(c: &ExactCoefficients, p: &[f32; 16], t: &[f32; 16]) -> [f32; 16] {
    let (p_real, t_real) = (_mm512_castsi512_ps(vector(*p)), _mm512_castsi512_ps(vector(*t)));
    let absolute = |x| _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(i32::MAX));
    let largest = _mm512_max_epi32(absolute(p_real), absolute(t_real));
    // 2^scale has these bits. Beyond it there are NaN, infinities, and sums that are not those of these voxels.
    let limit = _mm512_set1_epi32(((127 + c.scale) << 23) as i32);
    if _mm512_cmpgt_epi32_mask(largest, limit) != 0 {
        return one_by_one(c, p, t);
    }
    // Exact, and truncated by the conversion.
    let unit = _mm512_set1_ps(power_of_two(30 - c.scale as i32));
    let fixed = |x| _mm512_cvttps_epi32(_mm512_mul_ps(x, unit));
    let (p_fix, t_fix) = (fixed(p_real), fixed(t_real));
    let signs = if SIGN {
        let more = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(p_real, t_real);
        let less = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(p_real, t_real);
        _mm512_mask_set1_epi32(_mm512_maskz_set1_epi32(more, 1), less, -1)
    } else {
        _mm512_setzero_si512()
    };
    let sums = |p, t, signs| {
        let constant = _mm512_set1_epi64(i64::from(c.constant) << (30 - c.scale));
        let mut sum = _mm512_add_epi64(constant, _mm512_mul_epi32(_mm512_set1_epi32(c.product), t));
        if SQUARE {
            sum = _mm512_add_epi64(sum, _mm512_mul_epi32(_mm512_set1_epi32(c.square), p));
        }
        if SIGN {
            let sign = _mm512_mul_epi32(_mm512_set1_epi32(c.sign), signs);
            sum = _mm512_add_epi64(sum, _mm512_sll_epi64(sign, _mm_cvtsi32_si128(30 - c.scale as i32)));
        }
        _mm512_castps256_ps512(_mm512_cvtepi64_ps(sum))
    };
    // A product takes the lower half of a 64-bit lane: the voxels in even places, then those in odd places.
    let odd = |x| _mm512_srli_epi64::<32>(x);
    let (even, odd) = (sums(p_fix, t_fix, signs), sums(odd(p_fix), odd(t_fix), odd(signs)));
    let order = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    let gradients = _mm512_permutex2var_ps(even, order, odd);
    array(_mm512_castps_si512(_mm512_mul_ps(gradients, _mm512_set1_ps(power_of_two(c.exponent)))))
}
