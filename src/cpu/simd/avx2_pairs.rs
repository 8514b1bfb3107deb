//! Counts of pairs of labels with AVX2.

use super::changes::{Runs, VECTOR, places};
use super::hints::ahead;
use crate::cpu::pairs::PairTable;
use crate::kernel::counts::Label;
use std::arch::x86_64::*;

/// [`count_pairs`](crate::cpu::pairs::count_pairs).
#[target_feature(enable = "avx2,bmi1,popcnt")]
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
#[target_feature(enable = "avx2")]
fn changes_in<L: Label>(labels: &[L]) -> u64 {
    ahead(labels);
    let equal = |labels: &[L]| u64::from(_mm256_movemask_epi8(equal(labels)) as u32);
    !(equal(labels) | equal(&labels[VECTOR / 2..]) << 32)
}

/// A byte of ones for each of the first 32 labels that is the one behind it.
#[inline]
#[target_feature(enable = "avx2")]
fn equal<L: Label>(labels: &[L]) -> __m256i {
    let vectors = |labels| bytemuck::cast_slice::<L, u8>(labels).as_chunks::<32>().0;
    let (before, after) = (vectors(&labels[..VECTOR / 2]), vectors(&labels[1..=VECTOR / 2]));
    let vector = |i: usize| -> (__m256i, __m256i) { (bytemuck::cast(before[i]), bytemuck::cast(after[i])) };
    match size_of::<L>() {
        1 => {
            let (before, after) = vector(0);
            _mm256_cmpeq_epi8(before, after)
        }
        2 => {
            let [a, b] = [vector(0), vector(1)].map(|(before, after)| _mm256_cmpeq_epi16(before, after));
            // Packing works in each half of a vector.
            _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(a, b))
        }
        _ => {
            let vectors = [vector(0), vector(1), vector(2), vector(3)];
            let [a, b, c, d] = vectors.map(|(before, after)| _mm256_cmpeq_epi32(before, after));
            let packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
            _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
        }
    }
}
