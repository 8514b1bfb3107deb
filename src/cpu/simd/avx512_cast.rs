//! Arrays of 64 bytes as vectors and back, by their halves: the compiler makes one load or store of two.

use bytemuck::Pod;
use std::arch::x86_64::*;

/// A vector of an array of 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn vector<T: Pod>(x: T) -> __m512i {
    let [low, high]: [__m256i; 2] = bytemuck::cast(x);
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
}

/// An array of the bits of a vector.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn array<T: Pod>(x: __m512i) -> T {
    bytemuck::cast([_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64::<1>(x)])
}
