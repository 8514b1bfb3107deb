//! Sums of two u8 operands with NEON: the integers of `kernel::integers`.

use crate::kernel::integers::sum_integers as portable;
use crate::kernel::sums::RawSums;
use std::arch::aarch64::*;

/// Voxels after which it is known whether they were all 0 and 1. Products of as many add up in 32 bits.
const TILE: usize = 1 << 14;

/// [`sum_integers`](portable).
#[target_feature(enable = "neon")]
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

/// Adds bytes to 32-bit lanes.
#[inline]
#[target_feature(enable = "neon")]
fn add(sum: &mut uint32x4_t, x: uint8x16_t) {
    *sum = vpadalq_u16(*sum, vpaddlq_u8(x));
}

#[target_feature(enable = "neon")]
fn total(sum: uint32x4_t) -> u64 {
    vaddlvq_u32(sum)
}

/// Sums of bytes 0 and 1, whose squares are themselves and whose product is a choice; none if there are others.
#[target_feature(enable = "neon")]
fn sum_masks(p: &[[u8; 16]], t: &[[u8; 16]]) -> Option<RawSums> {
    let (mut sums, mut any) = ([vdupq_n_u32(0); 3], vdupq_n_u8(0));
    for (p, t) in p.iter().zip(t) {
        let (p, t): (uint8x16_t, uint8x16_t) = (bytemuck::cast(*p), bytemuck::cast(*t));
        any = vorrq_u8(any, vorrq_u8(p, t));
        sums.iter_mut().zip([p, t, vandq_u8(p, t)]).for_each(|(sum, x)| add(sum, x));
    }
    let max_abs = vmaxvq_u8(any).into();
    let [p, t, both] = sums.map(|sum| total(sum));
    (max_abs <= 1).then(|| RawSums {
        units: [p, t, both, p, t, p + t - 2 * both, 0],
        max_abs,
        pointwise_too_large: false,
    })
}

#[target_feature(enable = "neon")]
fn sum_bytes(p: &[[u8; 16]], t: &[[u8; 16]]) -> RawSums {
    // p, t and |p − t|; the products; the largest byte.
    let (mut linear, mut products, mut most) = ([vdupq_n_u32(0); 3], [vdupq_n_u32(0); 3], vdupq_n_u8(0));
    for (p, t) in p.iter().zip(t) {
        let (p, t): (uint8x16_t, uint8x16_t) = (bytemuck::cast(*p), bytemuck::cast(*t));
        most = vmaxq_u8(most, vmaxq_u8(p, t));
        linear.iter_mut().zip([p, t, vabdq_u8(p, t)]).for_each(|(sum, x)| add(sum, x));
        // A lane gets four products from 16 voxels: below 2^29 in a whole tile.
        for (sum, (a, b)) in products.iter_mut().zip([(p, t), (p, p), (t, t)]) {
            *sum = vpadalq_u16(*sum, vmull_u8(vget_low_u8(a), vget_low_u8(b)));
            *sum = vpadalq_u16(*sum, vmull_high_u8(a, b));
        }
    }
    let ([p, t, difference], [pt, pp, tt]) = (linear.map(|sum| total(sum)), products.map(|sum| total(sum)));
    RawSums { units: [p, t, pt, pp, tt, difference, 0], max_abs: vmaxvq_u8(most).into(), pointwise_too_large: false }
}
