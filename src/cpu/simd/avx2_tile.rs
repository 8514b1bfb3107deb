//! Runs of any type and stride as short slices of f32, and vectors as arrays.

use super::hints::ahead;
use crate::kernel::voxel::{F16Bits, Typed, Voxel};
use std::arch::x86_64::*;
use std::ops::Range;

/// Voxels of a tile: two of them stay in the smallest cache.
pub(super) const TILE: usize = 2048;

/// Voxels `range` of a run as f32: in place where they are f32 already, otherwise in the buffer.
#[inline]
#[target_feature(enable = "avx2,f16c")]
pub(super) fn as_f32<'a>(run: Typed<'a>, stride: usize, range: Range<usize>, buffer: &'a mut [f32; TILE]) -> &'a [f32] {
    let (first, into) = (range.start * stride, &mut buffer[..range.len()]);
    match run {
        Typed::F32(x) if stride == 1 => return &x[range],
        Typed::F32(x) => copy(&x[first..], stride, into),
        Typed::F16(x) if stride == 1 => half_floats(&x[range], into),
        Typed::F16(x) => copy(&x[first..], stride, into),
        Typed::U8(x) => copy(&x[first..], stride, into),
        Typed::U16(x) => copy(&x[first..], stride, into),
    }
    into
}

#[inline]
#[target_feature(enable = "avx2")]
fn copy<V: Voxel>(from: &[V], stride: usize, into: &mut [f32]) {
    if stride == 1 {
        // Chunks of a cache line or less, which the compiler turns into vectors.
        for (into, from) in into.chunks_mut(16).zip(from.chunks(16)) {
            ahead(from);
            into.iter_mut().zip(from).for_each(|(into, from)| *into = f32::from_bits(from.f32_bits()));
        }
    } else {
        into.iter_mut().zip(from.iter().step_by(stride)).for_each(|(into, x)| *into = f32::from_bits(x.f32_bits()));
    }
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

/// Less than a vector of voxels, and zeros.
#[inline]
pub(super) fn padded<T: Copy + Default, const N: usize>(rest: &[T]) -> [T; N] {
    let mut chunk = [T::default(); N];
    chunk[..rest.len()].copy_from_slice(rest);
    chunk
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
