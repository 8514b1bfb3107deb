//! Counts of pairs of labels with NEON.

use super::changes::{Runs, VECTOR, places};
use crate::cpu::pairs::PairTable;
use crate::kernel::counts::Label;
use std::arch::aarch64::*;

/// [`count_pairs`](crate::cpu::pairs::count_pairs).
#[target_feature(enable = "neon")]
pub(super) fn count_pairs<P: Label, T: Label>(
    p: &[P],
    t: &[T],
    table: &mut PairTable,
    sink: impl FnMut(u32, u32, u64),
) -> u16 {
    Runs::new(p, t, table, sink).count(|p, t| changes_in(p) | changes_in(t), places)
}

/// Which of 64 labels differ from the one behind it.
#[inline]
#[target_feature(enable = "neon")]
fn changes_in<L: Label>(labels: &[L]) -> u64 {
    let vectors = |labels| bytemuck::cast_slice::<L, u8>(labels).as_chunks::<16>().0;
    let (before, after) = (vectors(&labels[..VECTOR]), vectors(&labels[1..=VECTOR]));
    let words = |i: usize| vceqq_u32(bytemuck::cast(before[i]), bytemuck::cast(after[i]));
    let halves = |i: usize| match size_of::<L>() {
        2 => vceqq_u16(bytemuck::cast(before[i]), bytemuck::cast(after[i])),
        _ => vuzp1q_u16(vreinterpretq_u16_u32(words(2 * i)), vreinterpretq_u16_u32(words(2 * i + 1))),
    };
    let bytes = |i: usize| match size_of::<L>() {
        1 => vceqq_u8(bytemuck::cast(before[i]), bytemuck::cast(after[i])),
        _ => vuzp1q_u8(vreinterpretq_u8_u16(halves(2 * i)), vreinterpretq_u8_u16(halves(2 * i + 1))),
    };
    !ones([bytes(0), bytes(1), bytes(2), bytes(3)])
}

/// A bit for each of 64 bytes that are all ones or 0.
#[inline]
#[target_feature(enable = "neon")]
fn ones(bytes: [uint8x16_t; 4]) -> u64 {
    let weights: uint8x16_t = bytemuck::cast(std::array::from_fn::<u8, 16, _>(|i| 1 << (i % 8)));
    let [a, b, c, d] = bytes.map(|x| vandq_u8(x, weights));
    // Neighbours are added three times: the weights of eight bytes become a byte of bits.
    let sum = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
    vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)))
}
