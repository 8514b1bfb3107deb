//! What a window holds of an operand, and where a kernel finds it there.

use super::resident::Resident;
use crate::job::{Strides, SumsOf};
use crate::kernel::source;
use crate::plan::Window;
use crate::shape::{BLOCK_VOXELS, Grid, Layout, Shape};
use crate::volume::{Source, TruthKind};

/// An operand of a pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    pub source: Source<'a>,
    layout: InputLayout,
}

/// How a window's rows lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InputLayout {
    /// One after another, `channels` interleaved elements each.
    Rows { channels: u64 },
    /// One element per row that all channels read: a label map.
    Shared,
    /// Channel by channel: a window gathers its rows from each channel of the volume.
    Gathered { grid: Grid },
}

/// Elements from one row to the next and from one channel to the next, within a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WindowStrides {
    pub row: u64,
    pub channel: u64,
}

/// How a window's voxels come to be bound.
#[derive(Debug)]
pub(super) enum Placed<'a> {
    /// Copied from host memory, in ranges that follow each other in the binding.
    Upload(Vec<&'a [u8]>),
    /// Bound where they are.
    InPlace(InPlace<'a>),
    /// Copied on the GPU to where they can be bound: `bytes` of them.
    Copied { resident: Resident<'a>, pieces: Pieces, bytes: u64 },
}

/// A part of a buffer of the application.
#[derive(Debug, Clone, Copy)]
pub(super) struct InPlace<'a> {
    pub buffer: &'a wgpu::Buffer,
    /// A multiple of what bindings must be aligned to.
    pub offset: u64,
    pub bytes: u64,
    /// Elements before the first one of the window.
    pub head: u64,
}

/// Where the elements of a window are in a volume, for the kernel that copies them: element `channel · rows + row` of
/// the window is element `channel · per_channel + plane · per_plane + voxel` of the volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pieces {
    pub channels: u64,
    pub rows: u64,
    /// Plane and voxel of the first row.
    pub plane: u64,
    pub voxel: u64,
    /// Rows of a plane.
    pub voxels: u64,
    pub per_channel: u64,
    pub per_plane: u64,
}

/// What bindings must respect.
#[derive(Debug, Clone, Copy)]
pub(super) struct BindingLimits {
    pub alignment: u64,
    pub most_bytes: u64,
}

/// The grid that a sums job walks, and its operands.
///
/// Cells that are summed independently are rows as they lie in memory. Where a kernel needs all channels of a voxel
/// (softmax, argmax, a label map as truth), a row is a voxel with all its channels; channels-first volumes are then
/// gathered window by window.
pub(super) fn inputs<'a>(job: &SumsOf<Source<'a>>) -> (Grid, Input<'a>, Input<'a>) {
    let labels = job.truth_kind == TruthKind::Labels;
    let input = |source, layout| Input { source, layout };
    if !labels && !job.options.activation.mixes_channels() {
        let grid = job.shape.grid();
        let rows = InputLayout::Rows { channels: grid.channels };
        return (grid, input(job.pred, rows), input(job.truth, rows));
    }
    let grid = voxel_grid(&job.shape);
    let volume = match job.shape.layout() {
        Layout::ChannelsLast => InputLayout::Rows { channels: grid.channels },
        Layout::ChannelsFirst => InputLayout::Gathered { grid },
    };
    (grid, input(job.pred, volume), input(job.truth, if labels { InputLayout::Shared } else { volume }))
}

fn voxel_grid(shape: &Shape) -> Grid {
    Grid { planes: shape.samples(), voxels: shape.voxels_per_cell(), channels: shape.channels() }
}

impl<'a> Input<'a> {
    /// A label map, one element per row.
    pub fn labels(source: Source<'a>) -> Self {
        Self { source, layout: InputLayout::Rows { channels: 1 } }
    }

    fn size(&self) -> u64 {
        self.source.dtype().size()
    }

    /// The strides of a window that is placed so.
    pub fn strides(&self, window: &Window, placed: &Placed<'_>) -> WindowStrides {
        match (self.layout, placed) {
            (InputLayout::Gathered { grid }, Placed::InPlace(_)) => WindowStrides { row: 1, channel: grid.voxels },
            _ => self.copied_strides(window),
        }
    }

    /// The strides of a window whose elements follow each other.
    pub fn copied_strides(&self, window: &Window) -> WindowStrides {
        match self.layout {
            InputLayout::Rows { channels } => WindowStrides { row: channels, channel: u64::from(channels > 1) },
            InputLayout::Shared => WindowStrides { row: 1, channel: 0 },
            InputLayout::Gathered { .. } => WindowStrides { row: 1, channel: window.rows },
        }
    }

    /// How kernels load it.
    pub fn operand(&self) -> source::Operand {
        let strided = matches!(self.layout, InputLayout::Rows { channels } if channels > 1);
        source::Operand { dtype: self.source.dtype(), strided }
    }

    /// Where the voxels of a window are, or how they get there.
    pub fn place(&self, window: &Window, limits: BindingLimits) -> Placed<'a> {
        let size = self.size();
        match self.source {
            Source::Host(data) => {
                let bytes = data.bytes();
                let piece = |(first, elements)| &bytes[(first * size) as usize..((first + elements) * size) as usize];
                Placed::Upload(self.ranges(window).into_iter().map(piece).collect())
            }
            Source::Buffer(resident) => match self.in_place(resident, window, limits) {
                Some(in_place) => Placed::InPlace(in_place),
                None => {
                    let pieces = self.pieces(window);
                    Placed::Copied { resident, pieces, bytes: pieces.channels * pieces.rows * size }
                }
            },
        }
    }

    /// A binding of the window's elements where they are, if they can be bound there.
    fn in_place(&self, resident: Resident<'a>, window: &Window, limits: BindingLimits) -> Option<InPlace<'a>> {
        let size = self.size();
        let (first, elements) = match self.layout {
            InputLayout::Gathered { grid } => {
                // Channel after channel of one sample, with what lies between.
                let voxel = window.first_row - window.first_plane * grid.voxels;
                let first = window.first_plane * grid.channels * grid.voxels + voxel;
                (window.planes == 1).then_some((first, (grid.channels - 1) * grid.voxels + window.rows))?
            }
            InputLayout::Rows { .. } | InputLayout::Shared => self.ranges(window).into_iter().next()?,
        };
        let start = resident.offset + first * size;
        let offset = start / limits.alignment * limits.alignment;
        // Loaders read 16 bytes at a time, and no further than the last whole 16 bytes of a binding.
        let bytes = (start - offset + elements * size).next_multiple_of(16);
        let fits = bytes <= limits.most_bytes && offset + bytes <= resident.buffer.size();
        let whole_elements = (start - offset).is_multiple_of(size);
        (fits && whole_elements).then_some(InPlace {
            buffer: resident.buffer,
            offset,
            bytes,
            head: (start - offset) / size,
        })
    }

    fn pieces(&self, window: &Window) -> Pieces {
        let one = |first, elements| Pieces {
            channels: 1,
            rows: elements,
            plane: 0,
            voxel: first,
            voxels: first + elements,
            per_channel: 0,
            per_plane: 0,
        };
        match self.layout {
            InputLayout::Rows { channels } => one(window.first_row * channels, window.rows * channels),
            InputLayout::Shared => one(window.first_row, window.rows),
            InputLayout::Gathered { grid } => Pieces {
                channels: grid.channels,
                rows: window.rows,
                plane: window.first_plane,
                voxel: window.first_row - window.first_plane * grid.voxels,
                voxels: grid.voxels,
                per_channel: grid.voxels,
                per_plane: grid.channels * grid.voxels,
            },
        }
    }

    /// Rows at the end of the volume that may have to be copied: loaders read 16 bytes at a time, and the buffer may
    /// end before those 16 bytes do. They form a separate window, so that the other rows are not copied with them.
    pub fn tail_rows(&self) -> u64 {
        let Source::Buffer(resident) = self.source else { return 0 };
        if resident.end().next_multiple_of(16) <= resident.buffer.size() {
            return 0;
        }
        match self.layout {
            InputLayout::Rows { channels } => (16 / self.size()).div_ceil(channels),
            InputLayout::Shared | InputLayout::Gathered { .. } => 16 / self.size(),
        }
    }

    pub fn is_resident(&self) -> bool {
        matches!(self.source, Source::Buffer(_))
    }

    /// Whether windows, except those rows, can be bound in place.
    pub fn is_in_place(&self, limits: BindingLimits) -> bool {
        let Source::Buffer(resident) = self.source else { return false };
        let whole_elements = resident.offset.is_multiple_of(self.size());
        whole_elements
            && match self.layout {
                InputLayout::Rows { .. } | InputLayout::Shared => true,
                // All channels of a sample are bound at once. Small samples are better copied many at a time.
                InputLayout::Gathered { grid } => {
                    let sample = grid.channels * grid.voxels * self.size();
                    let large = grid.voxels >= BLOCK_VOXELS || grid.planes == 1;
                    large && sample + 2 * limits.alignment <= limits.most_bytes
                }
            }
    }

    /// Whether a window should stay within one plane, so that it can be bound in place.
    pub fn prefers_planes(&self, limits: BindingLimits) -> bool {
        matches!(self.layout, InputLayout::Gathered { .. }) && self.is_in_place(limits)
    }

    /// Puts one f32 (as bits) per element of a window where the elements are in the volume.
    pub fn scatter(&self, window: &Window, words: &[u32], out: &mut [f32]) {
        let mut words = words.iter();
        for (first, elements) in self.ranges(window) {
            for (out, &bits) in out[first as usize..(first + elements) as usize].iter_mut().zip(&mut words) {
                *out = f32::from_bits(bits);
            }
        }
    }

    /// The elements of a window, in ranges that follow each other in the binding.
    pub fn ranges(&self, window: &Window) -> Vec<Range> {
        match self.layout {
            InputLayout::Rows { channels } => vec![(window.first_row * channels, window.rows * channels)],
            InputLayout::Shared => vec![(window.first_row, window.rows)],
            InputLayout::Gathered { grid } => {
                let strides =
                    Strides { per_sample: grid.channels * grid.voxels, per_channel: grid.voxels, per_voxel: 1 };
                let mut pieces = Vec::new();
                for channel in 0..grid.channels {
                    for (plane, voxels) in planes(grid, window) {
                        let first = strides.at(plane, channel, voxels.start) as u64;
                        pieces.push((first, voxels.end - voxels.start));
                    }
                }
                pieces
            }
        }
    }
}

/// Where elements begin, in elements of the volume, and how many there are.
type Range = (u64, u64);

/// The planes a window touches, each with the voxels of it that lie in the window.
fn planes(grid: Grid, window: &Window) -> impl Iterator<Item = (u64, std::ops::Range<u64>)> {
    let end = window.first_row + window.rows;
    (window.first_plane..window.first_plane + window.planes).map(move |plane| {
        let start = plane * grid.voxels;
        (plane, window.first_row.max(start) - start..end.min(start + grid.voxels) - start)
    })
}
