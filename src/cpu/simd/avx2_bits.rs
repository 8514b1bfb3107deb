//! Bits of the voxels that have a label, with AVX2: 32 comparisons at a time.

use crate::cpu::surface::fill_equal as one_by_one;
use crate::kernel::counts::Label;
use std::arch::x86_64::*;

/// [`fill_equal`](crate::cpu::surface::fill_equal).
#[target_feature(enable = "avx2")]
pub(super) fn fill_equal<L: Label>(labels: &[L], label: u32, bits: &mut [u64]) {
    let beyond = size_of::<L>() < 4 && label >> (8 * size_of::<L>()) != 0;
    if beyond {
        return bits.fill(0);
    }
    let (words, rest) = labels.as_chunks::<64>();
    let (out, last) = bits.split_at_mut(words.len().min(bits.len()));
    for (out, labels) in out.iter_mut().zip(words) {
        let (low, high) = labels.split_at(32);
        *out = u64::from(equal(low, label)) | u64::from(equal(high, label)) << 32;
    }
    one_by_one(rest, label, last);
}

/// Of 32 labels.
#[inline]
#[target_feature(enable = "avx2")]
fn equal<L: Label>(labels: &[L], label: u32) -> u32 {
    let vectors = bytemuck::cast_slice::<L, u8>(labels).as_chunks::<32>().0;
    let vector = |i: usize| -> __m256i { bytemuck::cast(vectors[i]) };
    let mask = match size_of::<L>() {
        1 => _mm256_cmpeq_epi8(vector(0), _mm256_set1_epi8(label as i8)),
        2 => {
            let [a, b] = [0, 1].map(|i| _mm256_cmpeq_epi16(vector(i), _mm256_set1_epi16(label as i16)));
            // Packing works in each half of a vector.
            _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(a, b))
        }
        _ => {
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| _mm256_cmpeq_epi32(vector(i), _mm256_set1_epi32(label as i32)));
            let packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
            _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
        }
    };
    _mm256_movemask_epi8(mask) as u32
}
