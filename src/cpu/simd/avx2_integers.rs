//! Sums of two u8 operands with AVX2: the integers of `kernel::integers`.

use super::avx2_tile::{bits, total};
use crate::kernel::integers::{GROUP, sum_integers as portable};
use crate::kernel::sums::RawSums;
use std::arch::x86_64::*;

/// [`sum_integers`](portable).
#[target_feature(enable = "avx2")]
pub(super) fn sum_integers(p: &[u8], t: &[u8], stride: usize) -> RawSums {
    if stride > 1 {
        return portable(p, t, stride);
    }
    let mut sum = RawSums::default();
    for (p, t) in p.chunks(GROUP).zip(t.chunks(GROUP)) {
        let ((p_chunks, p_rest), (t_chunks, t_rest)) = (p.as_chunks(), t.as_chunks());
        sum.join(&sum_group(p_chunks, t_chunks));
        sum.join(&portable(p_rest, t_rest, 1));
    }
    sum
}

#[target_feature(enable = "avx2")]
fn sum_group(p: &[[u8; 32]], t: &[[u8; 32]]) -> RawSums {
    let zero = _mm256_setzero_si256();
    // p, t and |p − t| in four lanes; the products in eight; the largest byte.
    let (mut linear, mut products, mut most) = ([zero; 3], [zero; 3], zero);
    for (p, t) in p.iter().zip(t) {
        let (p, t): (__m256i, __m256i) = (bytemuck::cast(*p), bytemuck::cast(*t));
        most = _mm256_max_epu8(most, _mm256_max_epu8(p, t));
        let sums = [_mm256_sad_epu8(p, zero), _mm256_sad_epu8(t, zero), _mm256_sad_epu8(p, t)];
        linear.iter_mut().zip(sums).for_each(|(sum, x)| *sum = _mm256_add_epi64(*sum, x));
        // A lane gets four products from 32 voxels: below 2^31 in a whole group.
        for (p, t) in [
            (_mm256_unpacklo_epi8(p, zero), _mm256_unpacklo_epi8(t, zero)),
            (_mm256_unpackhi_epi8(p, zero), _mm256_unpackhi_epi8(t, zero)),
        ] {
            let sums = [_mm256_madd_epi16(p, t), _mm256_madd_epi16(p, p), _mm256_madd_epi16(t, t)];
            products.iter_mut().zip(sums).for_each(|(sum, x)| *sum = _mm256_add_epi32(*sum, x));
        }
    }
    let [p, t, difference] = linear.map(total);
    let [pt, pp, tt] = products.map(|sum| bits(sum).into_iter().map(u64::from).sum());
    let most: [u8; 32] = bytemuck::cast(most);
    let max_abs = most.into_iter().fold(0, u8::max).into();
    RawSums { units: [p, t, pt, pp, tt, difference, 0], max_abs, max_pointwise: 0 }
}
