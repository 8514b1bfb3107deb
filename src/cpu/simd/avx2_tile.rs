//! Tiles of f32 with AVX2, and vectors as arrays.

use super::hints::ahead;
use super::tile::{self, TILE, copy};
use crate::kernel::voxel::{F16Bits, Typed};
use std::arch::x86_64::*;
use std::ops::Range;

/// [`as_f32`](tile::as_f32).
#[inline]
#[target_feature(enable = "avx2,f16c")]
pub(super) fn as_f32<'a>(run: Typed<'a>, stride: usize, range: Range<usize>, buffer: &'a mut [f32; TILE]) -> &'a [f32] {
    tile::as_f32(run, stride, range, buffer, |from, into| half_floats(from, into))
}

#[inline]
#[target_feature(enable = "avx2,f16c")]
fn half_floats(from: &[F16Bits], into: &mut [f32]) {
    let (from, from_rest) = from.as_chunks::<8>();
    let (into, into_rest) = into.as_chunks_mut::<8>();
    for (into, from) in into.iter_mut().zip(from) {
        ahead(from);
        *into = bytemuck::cast(_mm256_cvtph_ps(bytemuck::cast(*from)));
    }
    copy(from_rest, 1, into_rest);
}

/// Eight f32 as `f64`.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn widened(x: [f32; 8]) -> [__m256d; 2] {
    let [low, high]: [__m128; 2] = bytemuck::cast(x);
    [_mm256_cvtps_pd(low), _mm256_cvtps_pd(high)]
}

/// Eight bytes, four at the bottom of each vector.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn halves(x: [u8; 8]) -> [__m128i; 2] {
    let [low, high]: [i32; 2] = bytemuck::cast(x);
    [_mm_cvtsi32_si128(low), _mm_cvtsi32_si128(high)]
}

pub(super) fn bits(x: __m256i) -> [u32; 8] {
    bytemuck::cast(x)
}

/// Sum of the 64-bit lanes.
pub(super) fn total(x: __m256i) -> u64 {
    let lanes: [u64; 4] = bytemuck::cast(x);
    lanes.into_iter().fold(0, u64::wrapping_add)
}
