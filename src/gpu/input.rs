//! What a window holds of an operand, and where a kernel finds it there.

use crate::job::{Strides, SumsJob};
use crate::kernel::source;
use crate::plan::Window;
use crate::shape::{Grid, Layout, Shape};
use crate::volume::{Data, TruthKind};

/// An operand of a pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    pub data: Data<'a>,
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

/// Elements from one row to the next and from one channel to the next, within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WindowStrides {
    pub row: u64,
    pub channel: u64,
}

/// The grid that a sums job walks, and its operands.
///
/// Cells that are summed each on their own are rows as they lie in memory. Where a kernel needs all channels of a
/// voxel (softmax, argmax, a label map as truth), a row is a voxel with all its channels; channels-first volumes are
/// then gathered window by window.
pub(super) fn inputs<'a>(job: &SumsJob<'a>) -> (Grid, Input<'a>, Input<'a>) {
    let labels = job.truth_kind == TruthKind::Labels;
    let input = |data, layout| Input { data, layout };
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
    pub fn labels(data: Data<'a>) -> Self {
        Self { data, layout: InputLayout::Rows { channels: 1 } }
    }

    pub fn strides(&self, window: &Window) -> WindowStrides {
        match self.layout {
            InputLayout::Rows { channels } => WindowStrides { row: channels, channel: u64::from(channels > 1) },
            InputLayout::Shared => WindowStrides { row: 1, channel: 0 },
            InputLayout::Gathered { .. } => WindowStrides { row: 1, channel: window.rows },
        }
    }

    /// How kernels load it.
    pub fn operand(&self) -> source::Operand {
        let strided = matches!(self.layout, InputLayout::Rows { channels } if channels > 1);
        source::Operand { dtype: self.data.dtype(), strided }
    }

    /// The bytes of a window, in pieces that follow each other in the binding.
    pub fn pieces(&self, window: &Window) -> Vec<&'a [u8]> {
        let size = self.data.dtype().size();
        let bytes = self.data.bytes();
        let piece = |(first, elements)| &bytes[(first * size) as usize..((first + elements) * size) as usize];
        self.ranges(window).into_iter().map(piece).collect()
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
    fn ranges(&self, window: &Window) -> Vec<Piece> {
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

/// Where the pieces of a window begin, in elements of the volume, and how long they are.
type Piece = (u64, u64);

/// The planes a window touches, each with the voxels of it that lie in the window.
fn planes(grid: Grid, window: &Window) -> impl Iterator<Item = (u64, std::ops::Range<u64>)> {
    let end = window.first_row + window.rows;
    (window.first_plane..window.first_plane + window.planes).map(move |plane| {
        let start = plane * grid.voxels;
        (plane, window.first_row.max(start) - start..end.min(start + grid.voxels) - start)
    })
}
