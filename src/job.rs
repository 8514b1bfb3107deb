//! What the engine asks of a backend, and what it gets back.

use crate::classes::Classes;
use crate::shape::Grid;
use crate::stats::{BlockSums, Terms};
use crate::volume::Data;

/// Sums of two grids of voxels.
pub(crate) struct SumsJob<'a> {
    pub grid: Grid,
    pub pred: Data<'a>,
    pub truth: Data<'a>,
    pub terms: Terms,
}

/// Counts of two label maps.
pub(crate) struct CountsJob<'a> {
    pub grid: Grid,
    pub pred: Data<'a>,
    pub truth: Data<'a>,
    pub classes: &'a Classes,
}

/// What a backend hands over for each block.
pub(crate) struct Block {
    pub cell: u64,
    pub block: u64,
    pub sums: BlockSums,
    /// First non-finite voxel of the prediction and of the truth, within the block.
    pub first_non_finite: [Option<u32>; 2],
}
