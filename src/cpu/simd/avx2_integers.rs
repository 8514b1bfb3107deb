//! Sums of two u8 operands with AVX2: the integers of `kernel::integers`.

use super::avx2_tile::{bits, total};
use super::hints::ahead;
use crate::kernel::integers::sum_integers as portable;
use crate::kernel::sums::RawSums;
use std::arch::x86_64::*;

/// Voxels after which it is known whether they were all 0 and 1. Products of as many add up in 32 bits.
const TILE: usize = 1 << 14;

/// [`sum_integers`](portable).
#[target_feature(enable = "avx2")]
pub(super) fn sum_integers(p: &[u8], t: &[u8], stride: usize) -> RawSums {
    if stride > 1 {
        return portable(p, t, stride);
    }
    let mut sum = RawSums::default();
    let mut masks = true;
    for (p, t) in p.chunks(TILE).zip(t.chunks(TILE)) {
        let ((p_chunks, p_rest), (t_chunks, t_rest)) = (p.as_chunks(), t.as_chunks());
        let of_masks = if masks { sum_masks(p_chunks, t_chunks) } else { None };
        // Neighbours are alike: after the first tile that is not a mask, the kernel no longer looks for masks.
        masks = of_masks.is_some();
        sum.join(&of_masks.unwrap_or_else(|| sum_bytes(p_chunks, t_chunks)));
        sum.join(&portable(p_rest, t_rest, 1));
    }
    sum
}

/// Sums of bytes 0 and 1, whose squares are themselves and whose product is a choice; none if there are others.
#[target_feature(enable = "avx2")]
fn sum_masks(p: &[[u8; 32]], t: &[[u8; 32]]) -> Option<RawSums> {
    let zero = _mm256_setzero_si256();
    let (mut sums, mut any) = ([zero; 3], zero);
    for (p, t) in p.iter().zip(t) {
        ahead(p);
        ahead(t);
        let (p, t): (__m256i, __m256i) = (bytemuck::cast(*p), bytemuck::cast(*t));
        any = _mm256_or_si256(any, _mm256_or_si256(p, t));
        for (sum, x) in sums.iter_mut().zip([p, t, _mm256_and_si256(p, t)]) {
            *sum = _mm256_add_epi64(*sum, _mm256_sad_epu8(x, zero));
        }
    }
    let any: [u8; 32] = bytemuck::cast(any);
    let max_abs = any.into_iter().fold(0, |any, x| any | x).into();
    let [p, t, both] = sums.map(total);
    (max_abs <= 1).then_some(RawSums {
        units: [p, t, both, p, t, p + t - 2 * both, 0],
        max_abs,
        pointwise_too_large: false,
    })
}

#[target_feature(enable = "avx2")]
fn sum_bytes(p: &[[u8; 32]], t: &[[u8; 32]]) -> RawSums {
    let zero = _mm256_setzero_si256();
    // p, t and |p − t| in four lanes; the products in eight; the largest byte.
    let (mut linear, mut products, mut most) = ([zero; 3], [zero; 3], zero);
    for (p, t) in p.iter().zip(t) {
        ahead(p);
        ahead(t);
        let (p, t): (__m256i, __m256i) = (bytemuck::cast(*p), bytemuck::cast(*t));
        most = _mm256_max_epu8(most, _mm256_max_epu8(p, t));
        let sums = [_mm256_sad_epu8(p, zero), _mm256_sad_epu8(t, zero), _mm256_sad_epu8(p, t)];
        linear.iter_mut().zip(sums).for_each(|(sum, x)| *sum = _mm256_add_epi64(*sum, x));
        // A lane gets four products from 32 voxels: below 2^31 in a whole tile.
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
    RawSums { units: [p, t, pt, pp, tt, difference, 0], max_abs, pointwise_too_large: false }
}
