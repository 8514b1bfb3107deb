//! Runs of any type and stride as short slices of f32.

use super::hints::ahead;
use crate::kernel::voxel::{F16Bits, Typed, Voxel};
use std::ops::Range;

/// Voxels of a tile: two of them stay in the smallest cache.
pub(super) const TILE: usize = 2048;

/// Shorter runs are not worth a vector.
pub(super) const SHORT: usize = 64;

/// Voxels `range` of a run as f32: in place where they are f32 already, otherwise in the buffer. Neighbouring half floats
/// are left to `halves`.
#[inline(always)]
pub(super) fn as_f32<'a>(
    run: Typed<'a>,
    stride: usize,
    range: Range<usize>,
    buffer: &'a mut [f32; TILE],
    halves: impl FnOnce(&[F16Bits], &mut [f32]),
) -> &'a [f32] {
    let (first, into) = (range.start * stride, &mut buffer[..range.len()]);
    match run {
        Typed::F32(x) if stride == 1 => return &x[range],
        Typed::F32(x) => copy(&x[first..], stride, into),
        Typed::F16(x) if stride == 1 => halves(&x[range], into),
        Typed::F16(x) => copy(&x[first..], stride, into),
        Typed::U8(x) => copy(&x[first..], stride, into),
        Typed::U16(x) => copy(&x[first..], stride, into),
    }
    into
}

/// Voxels as f32, one after the other.
#[inline(always)]
pub(super) fn copy<V: Voxel>(from: &[V], stride: usize, into: &mut [f32]) {
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

/// Less than a vector of voxels, and zeros.
#[inline(always)]
pub(super) fn padded<T: Copy + Default, const N: usize>(rest: &[T]) -> [T; N] {
    let mut chunk = [T::default(); N];
    chunk[..rest.len()].copy_from_slice(rest);
    chunk
}
