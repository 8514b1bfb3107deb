//! Copies of voxels on the GPU, for windows that cannot be bound where they are: elements that lie across words, the
//! last bytes of a buffer, and channels-first volumes whose channels are too far apart for one binding.
//!
//! A separate kernel makes the copies, not the loaders: a shift in every load would slow down every volume, and double
//! the number of kernels. A copy within the GPU costs one more read and write of the window, and only where it is
//! needed.

use super::Backend;
use super::input::{BindingLimits, Pieces};
use super::resident::Resident;
use super::slot::padded;
use crate::plan::{WORKGROUP, workgroups};
use std::num::NonZeroU64;
use std::ops::Range;

/// Channels and planes of a window whose elements one binding covers. Planes are counted from the window's first.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    channels: Range<u64>,
    planes: Range<u64>,
}

impl Pieces {
    /// Voxels of plane `plane` that lie in the window.
    fn voxels_of(&self, plane: u64) -> Range<u64> {
        let first = if plane == 0 { self.voxel } else { 0 };
        // Rows before this plane.
        let before = if plane == 0 { 0 } else { self.voxels - self.voxel + (plane - 1) * self.voxels };
        first..self.voxels.min(first + self.rows - before)
    }

    fn planes(&self) -> u64 {
        (self.voxel + self.rows).div_ceil(self.voxels)
    }

    fn element(&self, channel: u64, plane: u64, voxel: u64) -> u64 {
        channel * self.per_channel + (self.plane + plane) * self.per_plane + voxel
    }

    /// The elements from the first to the last one of a box.
    fn span(&self, part: &Part) -> Range<u64> {
        let (last_channel, last_plane) = (part.channels.end - 1, part.planes.end - 1);
        self.element(part.channels.start, part.planes.start, self.voxels_of(part.planes.start).start)
            ..self.element(last_channel, last_plane, self.voxels_of(last_plane).end - 1) + 1
    }

    /// Boxes that cover the window, each within `elements` from its first to its last: the whole if it is, else plane by
    /// plane, else each channel of each plane.
    fn parts(&self, elements: u64) -> Vec<Part> {
        let fits = |part: &Part| {
            let span = self.span(part);
            span.end - span.start <= elements
        };
        let whole = Part { channels: 0..self.channels, planes: 0..self.planes() };
        if fits(&whole) {
            return vec![whole];
        }
        let mut parts = Vec::new();
        for planes in (0..self.planes()).map(|plane| plane..plane + 1) {
            let part = Part { channels: 0..self.channels, planes: planes.clone() };
            if fits(&part) {
                parts.push(part);
            } else {
                let single = |channel| Part { channels: channel..channel + 1, planes: planes.clone() };
                parts.extend((0..self.channels).map(single));
            }
        }
        parts
    }
}

/// A dispatch of the kernel.
#[derive(Debug)]
struct Copy {
    offset: u64,
    bytes: u64,
    words: [u32; 15],
    groups: [u32; 2],
}

/// The dispatches that make a window of `resident`.
fn copies(resident: &Resident<'_>, pieces: &Pieces, limits: BindingLimits) -> Vec<Copy> {
    let size = resident.dtype.size();
    let elements = pieces.channels * pieces.rows;
    let groups = workgroups((elements * size).div_ceil(4).div_ceil(u64::from(WORKGROUP)));
    // What the alignment adds in front, and a whole word behind.
    let most = (limits.most_bytes - limits.alignment - 4) / size;
    let copy = |part: Part| {
        let span = pieces.span(&part);
        let start = resident.offset + span.start * size;
        let offset = start / limits.alignment * limits.alignment;
        let end = resident.offset + span.end * size;
        let origin = span.start - pieces.plane * pieces.per_plane;
        let first_rows = pieces.rows.min(pieces.voxels - pieces.voxel);
        // The kernel's positions wrap.
        let words = [
            size,
            elements,
            pieces.rows,
            first_rows,
            pieces.voxel,
            pieces.voxels.min(u64::from(u32::MAX)),
            pieces.per_channel,
            pieces.per_plane,
            part.channels.start,
            part.channels.end,
            part.planes.start,
            part.planes.end,
            origin,
            start - offset,
            groups[0].into(),
        ];
        Copy { offset, bytes: end.next_multiple_of(4) - offset, words: words.map(|word| word as u32), groups }
    };
    pieces.parts(most).into_iter().map(copy).collect()
}

impl Backend {
    /// Records the copy of a window into the start of `into`. To be called under an error scope.
    pub(super) fn gather(
        &self,
        pipeline: &wgpu::ComputePipeline,
        compute: &mut wgpu::ComputePass<'_>,
        resident: &Resident<'_>,
        pieces: &Pieces,
        into: &wgpu::Buffer,
    ) {
        for copy in copies(resident, pieces, self.bindings) {
            let numbers = self.numbers(&copy.words);
            let part = |buffer, offset, bytes| wgpu::BufferBinding { buffer, offset, size: NonZeroU64::new(bytes) };
            let bind_group = self.bind([
                part(resident.buffer, copy.offset, copy.bytes),
                part(&numbers, 0, 64),
                part(into, 0, padded(pieces.channels * pieces.rows * resident.dtype.size())),
                part(&numbers, 0, 64),
                part(&numbers, 0, 64),
            ]);
            compute.set_pipeline(pipeline);
            compute.set_bind_group(0, &bind_group, &[]);
            compute.dispatch_workgroups(copy.groups[0], copy.groups[1], 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Boxes cover every element of a window once, within their limit where a channel of a plane is.
    #[test]
    fn parts_cover_the_window_once() {
        for (rows, voxel) in [(10, 0), (7, 3), (25, 9), (30, 0), (1, 9)] {
            let pieces = Pieces { channels: 3, rows, plane: 2, voxel, voxels: 10, per_channel: 10, per_plane: 30 };
            for most in [10, 30, 1000] {
                let mut seen = vec![0; 30 * 8];
                for part in pieces.parts(most) {
                    let span = pieces.span(&part);
                    assert!(span.end - span.start <= most, "{pieces:?} {part:?}");
                    for (channel, plane) in part.channels.flat_map(|c| part.planes.clone().map(move |k| (c, k))) {
                        for voxel in pieces.voxels_of(plane) {
                            let element = pieces.element(channel, plane, voxel);
                            assert!(span.contains(&element));
                            seen[element as usize] += 1;
                        }
                    }
                }
                assert_eq!(seen.iter().sum::<u64>(), 3 * rows);
                assert!(seen.iter().all(|&times| times <= 1));
            }
        }
    }
}
