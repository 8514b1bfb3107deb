//! Counts of pairs of labels with AVX-512: comparisons give masks, and `vpcompressb` turns the masks into places.

use super::avx512_cast::{array, vector};
use super::changes::{Runs, VECTOR};
use super::hints::ahead;
use crate::cpu::pairs::PairTable;
use crate::kernel::counts::Label;
use std::arch::x86_64::*;

/// [`count_pairs`](crate::cpu::pairs::count_pairs).
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
pub(super) fn count_pairs<P: Label, T: Label>(
    p: &[P],
    t: &[T],
    table: &mut PairTable,
    sink: impl FnMut(u32, u32, u64),
) -> u16 {
    Runs::new(p, t, table, sink)
        .count(|p, t| changes_in(p) | changes_in(t), |mask, first, list| *list = places(mask, first))
}

/// Which of 64 labels differ from the one behind it.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn changes_in<L: Label>(labels: &[L]) -> u64 {
    ahead(labels);
    let vectors = |labels| bytemuck::cast_slice::<L, u8>(labels).as_chunks::<64>().0;
    let (before, after) = (vectors(&labels[..VECTOR]), vectors(&labels[1..=VECTOR]));
    let mut changes = 0;
    for (i, (before, after)) in before.iter().zip(after).enumerate() {
        let (before, after) = (vector(*before), vector(*after));
        changes |= match size_of::<L>() {
            1 => _mm512_cmpneq_epi8_mask(before, after),
            2 => u64::from(_mm512_cmpneq_epi16_mask(before, after)) << (32 * i),
            _ => u64::from(_mm512_cmpneq_epi32_mask(before, after)) << (16 * i),
        };
    }
    changes
}

/// Places of the ones of a mask, counted from `first`; anything behind them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2")]
fn places(mask: u64, first: u16) -> [u16; VECTOR] {
    let all: [u8; VECTOR] = std::array::from_fn(|i| i as u8);
    let packed = _mm512_maskz_compress_epi8(mask, vector(all));
    let halves: [__m256i; 2] = array(packed);
    let first = _mm512_set1_epi16(first as i16);
    let places = halves.map(|half| array::<[u16; 32]>(_mm512_add_epi16(_mm512_cvtepu8_epi16(half), first)));
    bytemuck::cast(places)
}
