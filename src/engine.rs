//! The engine: picks the backend, runs it, folds its blocks into statistics per cell.

mod labels;

use crate::classes::Classes;
use crate::cpu;
use crate::error::{Error, NonFiniteFact, Operand, Position, Result};
use crate::job::{Block, CountsJob, GradientJob, SumsJob};
use crate::options::{Activation, AdapterChoice, Backend, EngineOptions, NonFinite, SumsOptions};
use crate::shape::{BLOCK_VOXELS, Grid, Shape};
use crate::stats::{Counts, Merge, Partials, Sums, Terms};
use crate::table::Table;
use crate::volume::{LabelMap, Truth, TruthKind, Volume};

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
    pub fn sums<'a>(&self, pred: Volume<'a>, truth: impl Into<Truth<'a>>) -> Result<Table<Sums>> {
        self.sums_with(pred, truth, &SumsOptions::default())
    }

    /// Sums per cell of the activated prediction, those that `options` ask for. The truth may be a label map: then
    /// channel `c` of it is 1 where the label is `c` (with one channel: where the label is 1).
    ///
    /// ```
    /// use voxdice::{metric::Pointwise, stats::Terms};
    /// use voxdice::{Activation, Engine, EngineOptions, LabelMap, Shape, SumsOptions, Volume};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let logits = [2.0f32, -1.0, 0.0, 3.0]; // two channels of two voxels
    /// let labels = [0u8, 1];
    /// let options = SumsOptions {
    ///     activation: Activation::Softmax,
    ///     pointwise: Some(Pointwise::CrossEntropy),
    ///     terms: Terms::Plain,
    /// };
    /// let sums = engine.sums_with(
    ///     Volume::f32(Shape::new(1, 2, [2])?, &logits)?,
    ///     LabelMap::u8(Shape::new(1, 1, [2])?, &labels)?,
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
        pred: Volume<'a>,
        truth: impl Into<Truth<'a>>,
        options: &SumsOptions,
    ) -> Result<Table<Sums>> {
        let job = sums_job(&pred, &truth.into(), options)?;
        let (terms, pointwise) = (options.terms, options.pointwise);
        let mut cells = vec![Sums::zero(terms, pointwise); job.shape.cells() as usize];
        let finish = |sums: Sums| if self.non_finite == NonFinite::Propagate { sums.propagating() } else { sums };
        self.blocks(&job, &mut |block| {
            cells[block.cell as usize].merge(&finish(Sums::of_block(terms, pointwise, &block.sums)))
        })?;
        Ok(Table::new(job.shape.samples() as usize, job.shape.channels() as usize, cells))
    }

    /// Sums per block of 65,536 voxels, for each cell in order: what [`Engine::sums_with`] folds. Two backends that
    /// disagree anywhere differ in the first wrong block here.
    ///
    /// # Errors
    /// Those of [`Engine::sums_with`].
    pub fn sums_by_block<'a>(
        &self,
        pred: Volume<'a>,
        truth: impl Into<Truth<'a>>,
        options: &SumsOptions,
    ) -> Result<Table<Vec<Sums>>> {
        let job = sums_job(&pred, &truth.into(), options)?;
        let (terms, pointwise) = (options.terms, options.pointwise);
        let per_cell = job.shape.grid().blocks_per_cell() as usize;
        let mut cells = vec![vec![Sums::zero(terms, pointwise); per_cell]; job.shape.cells() as usize];
        self.blocks(&job, &mut |block| {
            cells[block.cell as usize][block.block as usize] = Sums::of_block(terms, pointwise, &block.sums);
            Ok(())
        })?;
        Ok(Table::new(job.shape.samples() as usize, job.shape.channels() as usize, cells))
    }

    /// The gradient of a loss with respect to the prediction (before the activation), in the prediction's layout:
    /// one more pass, no intermediate volume.
    ///
    /// `options` and `sums` are those of [`Engine::sums_with`] for the same operands, `partials` what
    /// [`Loss::gradient`](crate::metric::Loss::gradient) makes of the sums. Voxels that are not finite have gradient 0.
    ///
    /// Without an activation, a power or a pointwise loss the result has the same bits on every device: coefficients
    /// and voxels are truncated to 30 bits, multiplied and added as integers, and rounded once to the nearest f32;
    /// the error is at most 2^-28 of the largest coefficient times the largest voxel, and half a unit in the last
    /// place. Otherwise it is an f32 computation, tested to 1e-4 of the largest partial derivative.
    ///
    /// ```
    /// use voxdice::{Engine, EngineOptions, Shape, Volume, metric::{Loss, LossOptions}};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let (p, t) = ([1.0f32, 0.5], [1.0f32, 0.0]);
    /// let volumes = || Ok::<_, voxdice::Error>((Volume::f32(Shape::new(1, 1, [2])?, &p)?, Volume::f32(Shape::new(1, 1, [2])?, &t)?));
    /// let loss = Loss::new(LossOptions::default())?;
    /// let (pred, truth) = volumes()?;
    /// let sums = engine.sums_with(pred, truth, &loss.sums_options())?;
    /// let (pred, truth) = volumes()?;
    /// let gradient = engine.gradient(pred, truth, &loss.sums_options(), &sums, &loss.gradient(&sums)?)?;
    /// // D = 2Σpt / (Σp + Σt) = 0.8; d(1 - D)/dp = (D - 2t) / (Σp + Σt).
    /// assert!((gradient[0] - (0.8 - 2.0) / 2.5).abs() < 1e-6 && (gradient[1] - 0.8 / 2.5).abs() < 1e-6);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Engine::sums_with`]; [`Error::TableMismatch`] for tables of another shape;
    /// [`Error::NoGradient`] for a threshold or argmax.
    pub fn gradient<'a>(
        &self,
        pred: Volume<'a>,
        truth: impl Into<Truth<'a>>,
        options: &SumsOptions,
        sums: &Table<Sums>,
        partials: &Table<Partials>,
    ) -> Result<Vec<f32>> {
        let mut out = vec![0.0; pred.shape().elements() as usize];
        self.gradient_into(pred, truth, options, sums, partials, &mut out)?;
        Ok(out)
    }

    /// [`Engine::gradient`] into the caller's memory, which must hold one element per element of the prediction.
    ///
    /// # Errors
    /// Those of [`Engine::gradient`]; [`Error::LengthMismatch`] when `out` has another length.
    pub fn gradient_into<'a>(
        &self,
        pred: Volume<'a>,
        truth: impl Into<Truth<'a>>,
        options: &SumsOptions,
        sums: &Table<Sums>,
        partials: &Table<Partials>,
        out: &mut [f32],
    ) -> Result<()> {
        let job = sums_job(&pred, &truth.into(), options)?;
        if matches!(options.activation, Activation::Threshold(_) | Activation::Argmax) {
            return Err(Error::NoGradient { activation: format!("{:?}", options.activation) });
        }
        let size = (job.shape.samples() as usize, job.shape.channels() as usize);
        for found in [(sums.samples(), sums.channels()), (partials.samples(), partials.channels())] {
            if found != size {
                let name = |(samples, channels)| format!("{samples} x {channels}");
                return Err(Error::TableMismatch { left: name(size), right: name(found) });
            }
        }
        if out.len() as u64 != job.shape.elements() {
            let (shape, expected) = (job.shape.to_string(), job.shape.elements());
            return Err(Error::LengthMismatch { shape, expected, found: out.len() as u64 });
        }
        let scales: Vec<u16> = sums.values().iter().map(Sums::largest_scale).collect();
        let partials: Vec<Partials> = partials.values().iter().map(|p| made(p, options)).collect();
        let job = GradientJob { sums: job, partials: &partials, scales: &scales };
        match &self.backend {
            Chosen::Cpu(cpu) => cpu.gradient(&job, out),
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => gpu.gradient(&job, out),
        }
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
    fn blocks(&self, job: &SumsJob<'_>, sink: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        let mut facts = [None, None];
        let mut noting = |block: Block| {
            note_non_finite(&mut facts, &job.shape, &block);
            sink(block)
        };
        match &self.backend {
            Chosen::Cpu(cpu) => cpu.sums(job, &mut noting)?,
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => gpu.sums(job, &mut noting)?,
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

/// The derivatives with respect to the sums that were made; the loss does not depend on others.
fn made(partials: &Partials, options: &SumsOptions) -> Partials {
    let on = |made: bool, value: f64| if made { value } else { 0.0 };
    Partials {
        pred_power: on(options.terms != Terms::Plain, partials.pred_power),
        abs_difference: on(options.terms == Terms::All, partials.abs_difference),
        pointwise: on(options.pointwise.is_some(), partials.pointwise),
        ..*partials
    }
}

/// Checks that the operands fit together and makes them a job.
fn sums_job<'a>(pred: &Volume<'a>, truth: &Truth<'a>, options: &SumsOptions) -> Result<SumsJob<'a>> {
    options.validate()?;
    let (shape, truth_kind) = match truth {
        Truth::Volume(volume) => (same_shape(pred.shape(), volume.shape())?, TruthKind::Real),
        Truth::Labels(labels) => {
            let (p, t) = (pred.shape(), labels.shape());
            if (p.samples(), p.spatial()) != (t.samples(), t.spatial()) {
                return Err(Error::ShapeMismatch { pred: p.to_string(), truth: t.to_string() });
            }
            (p.clone(), TruthKind::Labels)
        }
    };
    let job = SumsJob { shape, pred: pred.data(), truth: truth.data(), truth_kind, options: *options };
    if truth_kind == TruthKind::Labels {
        labels::check(&job)?;
    }
    Ok(job)
}

fn same_shape(pred: &Shape, truth: &Shape) -> Result<Shape> {
    if pred == truth {
        return Ok(pred.clone());
    }
    Err(Error::ShapeMismatch { pred: pred.to_string(), truth: truth.to_string() })
}
