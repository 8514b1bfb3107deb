//! Shapes, layouts and the blocks they fall into: checked products, no voxels. Imports only `error`.

use crate::error::{Error, Result};
use std::fmt;

/// Voxels in a block: the unit of work of every backend.
///
/// A block is a run of this many consecutive voxels of one cell (the last one of a cell is shorter). Blocks
/// depend on the shape alone, never on the device, the number of threads or the chunk size.
pub const BLOCK_VOXELS: u64 = 65_536;

/// The order of the axes in memory, slowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Layout {
    /// `[N, C, spatial...]`: each cell is contiguous (PyTorch, MONAI, nnU-Net).
    #[default]
    ChannelsFirst,
    /// `[N, spatial..., C]`: the channels of a voxel are neighbours (Keras, TensorFlow).
    ChannelsLast,
}

/// The shape of a batched, multichannel volume: samples `N`, channels `C` and any number of spatial axes.
///
/// ```
/// use voxdice::{Layout, Shape};
/// let shape = Shape::new(2, 4, [128, 128, 64])?;
/// assert_eq!(shape.cells(), 8);
/// assert_eq!(shape.voxels_per_cell(), 128 * 128 * 64);
/// let keras = shape.with_layout(Layout::ChannelsLast);
/// assert_eq!(keras.to_string(), "[2, 128, 128, 64, 4] (channels last)");
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    samples: u64,
    channels: u64,
    spatial: Vec<u64>,
    voxels_per_cell: u64,
    layout: Layout,
}

impl Shape {
    /// A shape of `samples` × `channels` × `spatial`, channels first. No spatial axes means one voxel per cell.
    ///
    /// # Errors
    /// [`Error::EmptyAxis`] when an axis is 0, [`Error::ShapeTooLarge`] when the product passes 2^60.
    pub fn new(samples: usize, channels: usize, spatial: impl AsRef<[usize]>) -> Result<Self> {
        let spatial: Vec<u64> = spatial.as_ref().iter().map(|&n| n as u64).collect();
        let empty = |axis: String| Err(Error::EmptyAxis { axis });
        if samples == 0 {
            return empty("samples".into());
        }
        if channels == 0 {
            return empty("channels".into());
        }
        if let Some(axis) = spatial.iter().position(|&n| n == 0) {
            return empty(format!("spatial axis {axis}"));
        }
        let product = |axes: &[u64]| axes.iter().try_fold(1u64, |product, &n| product.checked_mul(n));
        let elements = product(&spatial)
            .and_then(|voxels| product(&[voxels, samples as u64, channels as u64]))
            .filter(|&elements| elements <= 1 << 60);
        match elements {
            Some(elements) => Ok(Self {
                samples: samples as u64,
                channels: channels as u64,
                voxels_per_cell: elements / (samples as u64 * channels as u64),
                spatial,
                layout: Layout::ChannelsFirst,
            }),
            None => Err(Error::ShapeTooLarge { shape: format!("[{samples}, {channels}, {spatial:?}]") }),
        }
    }

    /// The same axes, laid out in memory as `layout` says.
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Number of samples, `N`.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Number of channels, `C`.
    pub fn channels(&self) -> u64 {
        self.channels
    }

    /// The spatial axes, slowest first.
    pub fn spatial(&self) -> &[u64] {
        &self.spatial
    }

    /// The order of the axes in memory.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Voxels of one cell: the product of the spatial axes.
    pub fn voxels_per_cell(&self) -> u64 {
        self.voxels_per_cell
    }

    /// Number of cells, `N·C`.
    pub fn cells(&self) -> u64 {
        self.samples * self.channels
    }

    /// Number of elements in memory, `N·C·voxels`.
    pub fn elements(&self) -> u64 {
        self.cells() * self.voxels_per_cell
    }

    /// The shape as rows of interleaved channels, which is all that a backend needs to know.
    pub(crate) fn grid(&self) -> Grid {
        match self.layout {
            Layout::ChannelsFirst => Grid { planes: self.cells(), voxels: self.voxels_per_cell, channels: 1 },
            Layout::ChannelsLast => {
                Grid { planes: self.samples, voxels: self.voxels_per_cell, channels: self.channels }
            }
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut axes = vec![self.samples];
        match self.layout {
            Layout::ChannelsFirst => axes.push(self.channels),
            Layout::ChannelsLast => {}
        }
        axes.extend(&self.spatial);
        if self.layout == Layout::ChannelsLast {
            axes.push(self.channels);
            return write!(f, "{axes:?} (channels last)");
        }
        write!(f, "{axes:?}")
    }
}

/// A volume seen as `planes` × `voxels` × `channels` elements in memory order.
///
/// Channels-first memory is `N·C` planes of one channel; channels-last memory is `N` planes of `C` interleaved
/// channels. In both, cell `plane * channels + channel` is cell `sample * C + channel` of the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    pub planes: u64,
    pub voxels: u64,
    pub channels: u64,
}

impl Grid {
    pub fn cells(&self) -> u64 {
        self.planes * self.channels
    }

    pub fn blocks_per_cell(&self) -> u64 {
        self.voxels.div_ceil(BLOCK_VOXELS)
    }

    /// Voxels in block `block` of any cell.
    pub fn block_voxels(&self, block: u64) -> u64 {
        BLOCK_VOXELS.min(self.voxels.saturating_sub(block * BLOCK_VOXELS))
    }

    /// Rows are (plane, voxel) pairs in memory order; a row holds one element per channel.
    #[cfg(any(feature = "gpu", test, fuzzing))]
    pub fn rows(&self) -> u64 {
        self.planes * self.voxels
    }
}
