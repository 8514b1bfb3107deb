//! The engine: picks the backend, runs it, folds its blocks into statistics per cell.

use crate::classes::Classes;
use crate::cpu;
use crate::error::{Error, NonFiniteFact, Operand, Position, Result};
use crate::job::{Block, CountsJob, SumsJob};
use crate::options::{AdapterChoice, Backend, EngineOptions, NonFinite};
use crate::shape::{BLOCK_VOXELS, Grid, Shape};
use crate::stats::{Counts, Merge, Sums, Terms};
use crate::table::Table;
use crate::volume::{LabelMap, Volume};

#[cfg(feature = "gpu")]
use crate::gpu;

/// Reduces volumes to exact statistics. Make it once and share it: it is `Send + Sync`.
///
/// ```
/// use voxdice::{Classes, Empty, Engine, EngineOptions, LabelMap, Shape, metric};
/// let engine = Engine::new(&EngineOptions::default())?;
/// let shape = Shape::new(1, 1, [2, 3])?;
/// let truth = [0u8, 1, 1, 2, 2, 0];
/// let pred = [0u8, 1, 2, 2, 2, 0];
/// let counts = engine.counts(
///     LabelMap::u8(shape.clone(), &pred)?,
///     LabelMap::u8(shape, &truth)?,
///     &Classes::new(1..=2)?,
/// )?;
/// let dice = counts.map(|c| metric::dice(c, Empty::Nan));
/// assert_eq!(dice.into_values(), [2.0 / 3.0, 0.8]);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    backend: Chosen,
    non_finite: NonFinite,
    reason: &'static str,
}

#[derive(Debug)]
enum Chosen {
    Cpu(cpu::Backend),
    #[cfg(feature = "gpu")]
    Gpu(Box<gpu::Backend>),
}

/// What an engine runs on, for people and for records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// [`Backend::Cpu`] or [`Backend::Gpu`].
    pub backend: Backend,
    /// The processor's threads and instructions, or the adapter's name and driver.
    pub device: String,
    /// Why this backend.
    pub reason: &'static str,
}

impl Engine {
    /// An engine on the backend that `options` ask for. A GPU backend opens its adapter and puts it through known
    /// answers; a CPU backend costs nothing.
    ///
    /// # Errors
    /// [`Error::GpuNotBuilt`], [`Error::NoAdapter`] or [`Error::SelfTest`] when a GPU was asked for and cannot be had;
    /// [`Error::Tuning`] when a tuning value is beyond what it can do.
    pub fn new(options: &EngineOptions) -> Result<Self> {
        let cpu = |reason| {
            let backend = Chosen::Cpu(cpu::Backend::new(options.tuning.simd));
            Ok(Self { backend, non_finite: options.non_finite, reason })
        };
        match (options.backend, &options.adapter) {
            (Backend::Cpu, _) => cpu("the CPU backend was asked for"),
            (Backend::Auto, AdapterChoice::Best) => {
                cpu("voxels in host memory are read once, which the CPU finishes before a transfer to a GPU would")
            }
            (Backend::Gpu | Backend::Auto, _) => Self::on_gpu(options),
        }
    }

    #[cfg(feature = "gpu")]
    fn on_gpu(options: &EngineOptions) -> Result<Self> {
        let backend = Chosen::Gpu(Box::new(gpu::Backend::new(&options.adapter, &options.tuning)?));
        Ok(Self { backend, non_finite: options.non_finite, reason: "the GPU backend was asked for" })
    }

    #[cfg(not(feature = "gpu"))]
    fn on_gpu(_: &EngineOptions) -> Result<Self> {
        Err(Error::GpuNotBuilt)
    }

    /// What was chosen, and why.
    pub fn describe(&self) -> Description {
        let (backend, device) = match &self.backend {
            Chosen::Cpu(cpu) => (Backend::Cpu, cpu.describe()),
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => (Backend::Gpu, gpu.describe()),
        };
        Description { backend, device, reason: self.reason }
    }

    /// Exact sums per cell: Σp, Σt, Σpt, Σp², Σt².
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`]; [`Error::NonFinite`] under that policy; [`Error::Width`] for values too far apart;
    /// what the GPU may report.
    pub fn sums(&self, pred: Volume<'_>, truth: Volume<'_>) -> Result<Table<Sums>> {
        self.sums_of(pred, truth, Terms::default())
    }

    /// Exact sums per cell, those of `terms`.
    ///
    /// # Errors
    /// Those of [`Engine::sums`].
    pub fn sums_of(&self, pred: Volume<'_>, truth: Volume<'_>, terms: Terms) -> Result<Table<Sums>> {
        let shape = same_shape(pred.shape(), truth.shape())?;
        let mut cells = vec![Sums::zero(terms); shape.cells() as usize];
        let finish = |sums: Sums| if self.non_finite == NonFinite::Propagate { sums.propagating() } else { sums };
        self.blocks(&pred, &truth, terms, &mut |block| {
            cells[block.cell as usize].merge(&finish(Sums::of_block(terms, &block.sums)))
        })?;
        Ok(Table::new(shape.samples() as usize, shape.channels() as usize, cells))
    }

    /// Exact sums per block of 65,536 voxels, for each cell in order: what [`Engine::sums`] folds. Two backends that
    /// disagree anywhere differ in the first wrong block here.
    ///
    /// # Errors
    /// Those of [`Engine::sums`].
    pub fn sums_by_block(&self, pred: Volume<'_>, truth: Volume<'_>, terms: Terms) -> Result<Table<Vec<Sums>>> {
        let shape = same_shape(pred.shape(), truth.shape())?;
        let per_cell = shape.grid().blocks_per_cell() as usize;
        let mut cells = vec![vec![Sums::zero(terms); per_cell]; shape.cells() as usize];
        self.blocks(&pred, &truth, terms, &mut |block| {
            cells[block.cell as usize][block.block as usize] = Sums::of_block(terms, &block.sums);
            Ok(())
        })?;
        Ok(Table::new(shape.samples() as usize, shape.channels() as usize, cells))
    }

    /// Counts per sample and class of two label maps.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`]; what the GPU may report.
    pub fn counts(&self, pred: LabelMap<'_>, truth: LabelMap<'_>, classes: &Classes) -> Result<Table<Counts>> {
        let shape = same_shape(pred.shape(), truth.shape())?;
        let job = CountsJob { grid: shape.grid(), pred: pred.data(), truth: truth.data(), classes };
        let counts = self.count(&job)?.into_iter().flatten().collect();
        Ok(Table::new(shape.samples() as usize, classes.len(), counts))
    }

    /// Counts per block of 65,536 voxels, for each sample and class in order: what [`Engine::counts`] adds up. Two
    /// backends that disagree anywhere differ in the first wrong block here.
    ///
    /// # Errors
    /// Those of [`Engine::counts`].
    pub fn counts_by_block(
        &self,
        pred: LabelMap<'_>,
        truth: LabelMap<'_>,
        classes: &Classes,
    ) -> Result<Table<Vec<Counts>>> {
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
                let range = start as usize..(start + planes * voxels) as usize;
                let grid = Grid { planes, voxels, channels: 1 };
                let (pred, truth) = (pred.data().slice(range.clone()), truth.data().slice(range));
                for block in self.count(&CountsJob { grid, pred, truth, classes })? {
                    for (class, counts) in block.into_iter().enumerate() {
                        cells[plane as usize * classes.len() + class].push(counts);
                    }
                }
            }
        }
        Ok(Table::new(shape.samples() as usize, classes.len(), cells))
    }

    /// Counts per plane and class.
    fn count(&self, job: &CountsJob<'_>) -> Result<Vec<Vec<Counts>>> {
        let planes = match &self.backend {
            Chosen::Cpu(cpu) => cpu.counts(job),
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => gpu.counts(job)?,
        };
        planes.iter().map(|plane| plane.counts(job.grid.voxels)).collect()
    }

    /// Every block in turn, and the verdict on non-finite voxels at the end.
    fn blocks(
        &self,
        pred: &Volume<'_>,
        truth: &Volume<'_>,
        terms: Terms,
        sink: &mut dyn FnMut(Block) -> Result<()>,
    ) -> Result<()> {
        let shape = pred.shape();
        let job = SumsJob { grid: shape.grid(), pred: pred.data(), truth: truth.data(), terms };
        let mut facts = [None, None];
        let mut noting = |block: Block| {
            note_non_finite(&mut facts, shape, &block);
            sink(block)
        };
        match &self.backend {
            Chosen::Cpu(cpu) => cpu.sums(&job, &mut noting)?,
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => gpu.sums(&job, &mut noting)?,
        }
        let facts: Vec<NonFiniteFact> = facts.into_iter().flatten().collect();
        if self.non_finite == NonFinite::Error && !facts.is_empty() {
            return Err(Error::NonFinite { facts });
        }
        Ok(())
    }
}

/// Adds a block's non-finite voxels to the facts. Blocks may come in any order.
fn note_non_finite(facts: &mut [Option<NonFiniteFact>; 2], shape: &Shape, block: &Block) {
    let counts = [block.sums.non_finite.pred, block.sums.non_finite.truth];
    let operands = [Operand::Pred, Operand::Truth];
    for (i, operand) in operands.into_iter().enumerate() {
        let Some(voxel) = block.first_non_finite[i] else { continue };
        let first = Position {
            sample: block.cell / shape.channels(),
            channel: block.cell % shape.channels(),
            voxel: block.block * BLOCK_VOXELS + u64::from(voxel),
        };
        let fact = facts[i].get_or_insert(NonFiniteFact { operand, count: 0, first });
        fact.count += counts[i];
        fact.first = fact.first.min(first);
    }
}

fn same_shape(pred: &Shape, truth: &Shape) -> Result<Shape> {
    if pred == truth {
        return Ok(pred.clone());
    }
    Err(Error::ShapeMismatch { pred: pred.to_string(), truth: truth.to_string() })
}
