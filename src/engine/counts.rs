//! Counts of label maps.

use super::operands::same_shape;
use super::{Chosen, Engine};
use crate::classes::Classes;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{self, Waiting};
use crate::job::CountsOf;
use crate::shape::{BLOCK_VOXELS, Grid};
use crate::stats::Counts;
use crate::table::Table;
use crate::volume::{LabelMap, Pair, Source};

impl Engine {
    /// Counts per sample and class of two label maps.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`]; what the GPU may report, with [`Error::BindingTooLarge`] for too many classes.
    pub fn counts(&self, pair: Pair<LabelMap<'_>>, classes: &Classes) -> Result<Table<Counts>> {
        let Pair { pred, truth } = pair;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let job = CountsOf { grid: shape.grid(), pred: pred.source(), truth: truth.source(), classes };
        let counts = self.count(&job)?.into_iter().flatten().collect();
        Ok(Table::new(shape.samples() as usize, classes.len(), counts))
    }

    /// Counts per block of 65,536 voxels, for each sample and class in order: what [`Engine::counts`] adds up. Two
    /// backends that disagree anywhere differ in the first wrong block here.
    ///
    /// # Errors
    /// Those of [`Engine::counts`].
    pub fn counts_by_block(&self, pair: Pair<LabelMap<'_>>, classes: &Classes) -> Result<Table<Vec<Counts>>> {
        let Pair { pred, truth } = pair;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let grid = shape.grid();
        let mut cells = vec![Vec::with_capacity(grid.blocks_per_cell() as usize); grid.planes as usize * classes.len()];
        for plane in 0..grid.planes {
            // Whole blocks are planes of a smaller grid, and so is the short one at the end.
            let whole = grid.voxels / BLOCK_VOXELS;
            let rest = grid.voxels % BLOCK_VOXELS;
            let start = plane * grid.voxels;
            let parts = [(start, whole, BLOCK_VOXELS), (start + whole * BLOCK_VOXELS, 1, rest)];
            for (start, planes, voxels) in parts.into_iter().filter(|&(_, planes, voxels)| planes * voxels > 0) {
                let range = start..start + planes * voxels;
                let grid = Grid { planes, voxels, channels: 1 };
                let (pred, truth) = (pred.source().slice(range.clone()), truth.source().slice(range));
                for block in self.count(&CountsOf { grid, pred, truth, classes })? {
                    for (class, counts) in block.into_iter().enumerate() {
                        cells[plane as usize * classes.len() + class].push(counts);
                    }
                }
            }
        }
        Ok(Table::new(shape.samples() as usize, classes.len(), cells))
    }

    /// Counts per plane and class.
    fn count(&self, job: &CountsOf<'_, Source<'_>>) -> Result<Vec<Vec<Counts>>> {
        let planes = match &self.backend {
            Chosen::Cpu(cpu) => cpu.counts(&job.host()?),
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => gpu::block_on(gpu.counts(job, Waiting::Here))?,
        };
        planes.iter().map(|plane| plane.counts(job.grid.voxels)).collect()
    }
}
