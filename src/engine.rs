//! The engine: picks the backend, runs it, folds its blocks into statistics per cell.

mod accumulate;
#[cfg(feature = "gpu")]
mod application;
mod counts;
mod fold;
mod gradient;
mod instances;
mod labels;
mod later;
mod operands;
#[cfg(feature = "gpu")]
mod recorded;
mod surfaces;
mod topology;

use crate::cpu;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
use crate::job::{Block, SumsOf};
use crate::options::{AdapterChoice, Backend, EngineOptions, NonFinite, SumsOptions};
use crate::stats::Sums;
use crate::table::Table;
use crate::volume::{Pair, Source, Truth, Volume};
pub(crate) use fold::TruthNan;
use fold::{Facts, Fold};
use operands::sums_job;

#[cfg(feature = "gpu")]
use crate::gpu::{self, Waiting};
pub use accumulate::SumsAccumulator;
#[cfg(feature = "gpu")]
pub use recorded::{GpuCounts, GpuSums};

/// Reduces volumes to exact statistics. Make it once and share it: it is `Send + Sync`.
///
/// ```
/// use voxdice::{Classes, Empty, Engine, EngineOptions, LabelMap, Pair, Shape, metric};
/// let engine = Engine::new(&EngineOptions::default())?;
/// let shape = Shape::new(1, 1, [2, 3])?;
/// let truth = [0u8, 1, 1, 2, 2, 0];
/// let pred = [0u8, 1, 2, 2, 2, 0];
/// let counts = engine.counts(
///     Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? },
///     &Classes::new(1..=2)?,
/// )?;
/// let dice = counts.map(|c| metric::dice(c, Empty::Nan));
/// assert_eq!(dice.into_values(), [2.0 / 3.0, 0.8]);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    backend: Chosen,
    /// The backend for surface distances, which may differ from that of the rest.
    cpu: cpu::Backend,
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
    /// An engine on the backend that `options` ask for. A GPU backend opens its adapter and checks it against known
    /// answers; a CPU backend costs nothing.
    ///
    /// # Errors
    /// [`Error::GpuNotBuilt`], [`Error::NoAdapter`] or [`Error::SelfTest`] when a GPU was asked for and cannot be had;
    /// [`Error::Tuning`] for a window below 64 KiB.
    pub fn new(options: &EngineOptions) -> Result<Self> {
        let cpu = |reason| Ok(Self::on(Chosen::Cpu(cpu::Backend::new(options.tuning.simd)), options, reason));
        match (options.backend, &options.adapter) {
            (Backend::Cpu, _) => cpu("the CPU backend was asked for"),
            (Backend::Auto, AdapterChoice::Best) => {
                cpu("voxels in host memory are read once, which the CPU finishes before a transfer to a GPU would")
            }
            (Backend::Gpu | Backend::Auto, _) => Self::on_gpu(options),
        }
    }

    fn on(backend: Chosen, options: &EngineOptions, reason: &'static str) -> Self {
        Self { backend, cpu: cpu::Backend::new(options.tuning.simd), non_finite: options.non_finite, reason }
    }

    #[cfg(feature = "gpu")]
    fn on_gpu(options: &EngineOptions) -> Result<Self> {
        let backend = Chosen::Gpu(Box::new(gpu::Backend::new(&options.adapter, &options.tuning)?));
        Ok(Self::on(backend, options, "the GPU backend was asked for"))
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
    /// what the GPU may report, with [`Error::Tuning`] and [`Error::BindingTooLarge`] for voxels whose channels no window
    /// holds.
    pub fn sums<'a>(&self, pair: Pair<Volume<'a>, impl Into<Truth<'a>>>) -> Result<Table<Sums>> {
        self.sums_with(pair, &SumsOptions::default())
    }

    /// Sums per cell of the activated prediction, those that `options` ask for. The truth may be a label map: then
    /// channel `c` of it is 1 where the label is `c` (with one channel: where the label is 1).
    ///
    /// ```
    /// use voxdice::{metric::Pointwise, stats::Terms};
    /// use voxdice::{Activation, Engine, EngineOptions, LabelMap, Pair, Shape, SumsOptions, Volume};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let logits = [2.0f32, -1.0, 0.0, 3.0]; // two channels of two voxels
    /// let labels = [0u8, 1];
    /// let options = SumsOptions {
    ///     activation: Activation::Softmax,
    ///     pointwise: Some(Pointwise::CrossEntropy),
    ///     terms: Terms::Plain,
    /// };
    /// let sums = engine.sums_with(
    ///     Pair {
    ///         pred: Volume::f32(Shape::new(1, 2, [2])?, &logits)?,
    ///         truth: LabelMap::u8(Shape::new(1, 1, [2])?, &labels)?,
    ///     },
    ///     &options,
    /// )?;
    /// let cross_entropy: f64 = sums.values().iter().filter_map(|s| s.pointwise_sum()).sum();
    /// let expected = (1.0 + f64::exp(-2.0)).ln() + (1.0 + f64::exp(-4.0)).ln();
    /// assert!((cross_entropy - expected).abs() < 1e-6);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Engine::sums`]; [`Error::Parameter`]; [`Error::LabelOutOfRange`] for a label that no channel stands
    /// for; [`Error::PointwiseTooLarge`].
    pub fn sums_with<'a>(
        &self,
        pair: Pair<Volume<'a>, impl Into<Truth<'a>>>,
        options: &SumsOptions,
    ) -> Result<Table<Sums>> {
        self.sums_of(&pair.pred, &pair.truth.into(), options, TruthNan::Fault)
    }

    pub(crate) fn sums_of<'a>(
        &self,
        pred: &Volume<'a>,
        truth: &Truth<'a>,
        options: &SumsOptions,
        truth_nan: TruthNan,
    ) -> Result<Table<Sums>> {
        let job = sums_job(pred, truth, options)?;
        let mut fold = Fold::new(&job.shape, options, Facts::new(&job.shape, self.non_finite, truth_nan));
        self.blocks(&job, &mut |block| fold.add(&block))?;
        fold.finish()
    }

    /// What is done with NaN and infinities.
    pub(crate) fn non_finite(&self) -> NonFinite {
        self.non_finite
    }

    /// Sums per block of 65,536 voxels, for each cell in order: what [`Engine::sums_with`] folds. Two backends that
    /// disagree anywhere differ in the first wrong block here.
    ///
    /// # Errors
    /// Those of [`Engine::sums_with`].
    pub fn sums_by_block<'a>(
        &self,
        pair: Pair<Volume<'a>, impl Into<Truth<'a>>>,
        options: &SumsOptions,
    ) -> Result<Table<Vec<Sums>>> {
        let job = sums_job(&pair.pred, &pair.truth.into(), options)?;
        let per_cell = job.shape.grid().blocks_per_cell() as usize;
        let mut cells = vec![vec![options.zero(); per_cell]; job.shape.cells() as usize];
        let mut facts = Facts::new(&job.shape, self.non_finite, TruthNan::Fault);
        self.blocks(&job, &mut |block| {
            cells[block.cell as usize][block.block as usize] = facts.sums(&block, options);
            Ok(())
        })?;
        facts.verdict()?;
        Ok(Table::new(job.shape.samples() as usize, job.shape.channels() as usize, cells))
    }

    /// Every block in turn.
    fn blocks(&self, job: &SumsOf<Source<'_>>, sink: &mut (dyn FnMut(Block) -> Result<()> + Send)) -> Result<()> {
        match &self.backend {
            Chosen::Cpu(cpu) => cpu_blocks(cpu, job, sink),
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => gpu::block_on(gpu_blocks(gpu, job, Waiting::Here, sink)),
        }
    }
}

fn cpu_blocks(
    cpu: &cpu::Backend,
    job: &SumsOf<Source<'_>>,
    sink: &mut (dyn FnMut(Block) -> Result<()> + Send),
) -> Result<()> {
    let job = job.host()?;
    labels::check(&job)?;
    cpu.sums(&job, sink)
}

#[cfg(feature = "gpu")]
async fn gpu_blocks(
    gpu: &gpu::Backend,
    job: &SumsOf<Source<'_>>,
    waiting: Waiting,
    sink: gpu::BlockSink<'_>,
) -> Result<()> {
    labels::check_anywhere(gpu, job, waiting).await?;
    gpu.sums(job, waiting, sink).await
}
