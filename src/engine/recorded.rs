//! Statistics that stay on the GPU until the application wants them. Twin of shaders/fold_sums.wgsl and fold_counts.wgsl:
//! what those write is decoded here.

use super::gradient::Factors;
use super::operands::{same_shape, sums_job};
use super::{Chosen, Engine};
use crate::classes::Classes;
use crate::error::{Error, Result};
use crate::gpu::{self, Target, Waiting, application};
use crate::job::CountsOf;
use crate::kernel::counts::RawCounts;
use crate::options::SumsOptions;
use crate::stats::{BlockSums, Counts, NonFiniteCount, POINTWISE, Partials, Sums, UNITS};
use crate::table::Table;
use crate::volume::{LabelMap, Pair, Truth, Volume};

/// Sums per cell that commands of [`Engine::record_sums`] will leave in a buffer on the GPU.
///
/// Words of the buffer (`u32`, little-endian), for each cell in the order sample, channel:
///
/// | words | meaning |
/// |---|---|
/// | 0 | flags: 1 a value beyond ±1, 2 NaN, an infinity or a label without channel, 4 a pointwise loss beyond 65,536; the sums of a cell with flags mean nothing |
/// | 1 | the largest absolute value of its voxels, as f32 bits (of two `u8` operands: as an integer) |
/// | 2, 3 | 0 |
/// | 4 to 7 | Σp: a 128-bit integer in two's complement, lowest word first, in units of 2^-46 |
/// | 8 … | Σt, Σpt, and as many as the [terms](crate::stats::Terms) have; last the pointwise loss, if any, in units of 2^-30 |
#[derive(Debug, Clone)]
pub struct GpuSums {
    buffer: application::Buffer,
    samples: usize,
    channels: usize,
    voxels: u64,
    options: SumsOptions,
}

/// Counts per sample and class that commands of [`Engine::record_counts`] will leave in a buffer on the GPU.
///
/// For each sample the buffer holds 64-bit integers (two `u32` words, the low one first): voxels of each class in the
/// prediction, in the truth, and in both; then voxels out of range in the prediction and in the truth, and voxels that
/// the ignored label masks out.
#[derive(Debug, Clone)]
pub struct GpuCounts {
    buffer: application::Buffer,
    samples: usize,
    classes: usize,
    voxels: u64,
}

impl GpuSums {
    /// The buffer, with usages `STORAGE`, `COPY_SRC` and `COPY_DST`: for kernels of the application, or to be copied.
    pub fn buffer(&self) -> &application::Buffer {
        &self.buffer
    }

    /// `u32` words per cell: 4 and 4 for each sum.
    pub fn words_per_cell(&self) -> usize {
        4 * (self.slots() + 1)
    }

    fn slots(&self) -> usize {
        self.options.terms.len() + usize::from(self.options.pointwise.is_some())
    }

    /// The sums in a copy of the buffer's bytes: bit for bit those of [`Engine::sums_with`].
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of bytes; [`Error::Unsettled`] for a cell with flags: a block with
    /// values beyond ±1 or that are not finite is summed again by [`Engine::sums_with`], which needs the host.
    pub fn decode(&self, bytes: &[u8]) -> Result<Table<Sums>> {
        let words = words(bytes, self.samples * self.channels * self.words_per_cell())?;
        let cells = words.chunks_exact(self.words_per_cell()).enumerate().map(|(cell, words)| self.cell(cell, words));
        Ok(Table::new(self.samples, self.channels, cells.collect::<Result<_>>()?))
    }

    fn cell(&self, cell: usize, words: &[u32]) -> Result<Sums> {
        let what = match words[0] {
            0 => None,
            flags if flags & 4 != 0 => Some("a pointwise loss beyond 65,536"),
            flags if flags & 2 != 0 => Some("NaN, infinities or labels without channel"),
            _ => Some("values beyond [-1, 1]"),
        };
        if let Some(what) = what {
            return Err(Error::Unsettled { cell, what });
        }
        let sum = |slot: usize| {
            let words = &words[4 * (slot + 1)..][..4];
            words.iter().rev().fold(0u128, |sum, &word| sum << 32 | u128::from(word)) as i128
        };
        let terms = self.options.terms.len();
        let mut units = [0; UNITS];
        for (slot, units) in units.iter_mut().enumerate().take(terms) {
            *units = sum(slot);
        }
        if self.options.pointwise.is_some() {
            units[POINTWISE] = sum(terms);
        }
        let block = BlockSums { units, scale: 0, voxels: self.voxels, non_finite: NonFiniteCount::default() };
        Ok(Sums::of_block(self.options.zero(), &block))
    }
}

impl GpuCounts {
    /// The buffer, with usages `STORAGE`, `COPY_SRC` and `COPY_DST`: for kernels of the application, or to be copied.
    pub fn buffer(&self) -> &application::Buffer {
        &self.buffer
    }

    /// The counts in a copy of the buffer's bytes: those of [`Engine::counts`].
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of bytes; [`Error::ImpossibleCounts`] for bytes that are not
    /// counts.
    pub fn decode(&self, bytes: &[u8]) -> Result<Table<Counts>> {
        let counters = 3 * self.classes + 3;
        let words = words(bytes, self.samples * 2 * counters)?;
        let mut counts = Vec::with_capacity(self.samples * self.classes);
        for sample in words.chunks_exact(2 * counters) {
            let counters = sample.chunks_exact(2).map(|pair| u64::from(pair[0]) | u64::from(pair[1]) << 32);
            counts.extend(RawCounts::of(self.classes, counters.collect()).counts(self.voxels)?);
        }
        Ok(Table::new(self.samples, self.classes, counts))
    }
}

/// The words of exactly this many cells or samples.
fn words(bytes: &[u8], expected: usize) -> Result<Vec<u32>> {
    if bytes.len() != 4 * expected {
        let shape = format!("of {expected} words");
        return Err(Error::LengthMismatch { shape, expected: 4 * expected as u64, found: bytes.len() as u64 });
    }
    Ok(bytemuck::pod_collect_to_vec(bytes))
}

impl Engine {
    /// Records into `encoder` the commands that leave the sums of [`Engine::sums_with`] in a buffer on the GPU, for
    /// operands that are in buffers there. This submits nothing and waits for nothing: the sums are there when the
    /// application's submission of the encoder has run, and are read with [`Engine::read_sums`], copied and
    /// [decoded](GpuSums::decode), or read by a kernel of the application.
    ///
    /// The encoder must be of the engine's device; otherwise finishing it is an error, which wgpu reports there. Buffers
    /// of the operands may be filled by commands that are recorded or submitted before.
    ///
    /// ```no_run
    /// use voxdice::{Dtype, Engine, Pair, Shape, SumsOptions, Volume, wgpu};
    /// # fn f(engine: Engine, device: wgpu::Device, queue: wgpu::Queue, p: wgpu::Buffer, t: wgpu::Buffer) -> voxdice::Result<()> {
    /// let shape = Shape::new(1, 4, [128, 128, 128])?;
    /// let (pred, truth) =
    ///     (Volume::buffer(shape.clone(), Dtype::F32, &p, 0)?, Volume::buffer(shape, Dtype::F32, &t, 0)?);
    /// let mut encoder = device.create_command_encoder(&Default::default());
    /// let sums = engine.record_sums(&mut encoder, Pair { pred, truth }, &SumsOptions::default())?;
    /// queue.submit([encoder.finish()]);
    /// let table = engine.read_sums(&sums)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::HostOperand`] for an operand in host memory, [`Error::EngineOnCpu`] on a CPU engine;
    /// [`Error::BindingTooLarge`] where the results of all cells are more than one binding has; what
    /// [`Engine::sums_with`] says of operands that do not fit together; what the GPU may report. After an error the
    /// encoder may hold commands of a part of the windows.
    pub fn record_sums<'a>(
        &self,
        encoder: &mut application::CommandEncoder,
        pair: Pair<Volume<'a>, impl Into<Truth<'a>>>,
        options: &SumsOptions,
    ) -> Result<GpuSums> {
        let job = sums_job(&pair.pred, &pair.truth.into(), options)?;
        let buffer = self.on_a_gpu("record_sums")?.record_sums(encoder, &job)?;
        let (samples, channels) = (job.shape.samples() as usize, job.shape.channels() as usize);
        Ok(GpuSums { buffer, samples, channels, voxels: job.shape.voxels_per_cell(), options: *options })
    }

    /// Records into `encoder` the commands that leave the counts of [`Engine::counts`] in a buffer on the GPU; see
    /// [`Engine::record_sums`].
    ///
    /// # Errors
    /// [`Error::HostOperand`], [`Error::EngineOnCpu`], [`Error::BindingTooLarge`]; those of [`Engine::counts`].
    pub fn record_counts(
        &self,
        encoder: &mut application::CommandEncoder,
        pair: Pair<LabelMap<'_>>,
        classes: &Classes,
    ) -> Result<GpuCounts> {
        let Pair { pred, truth } = pair;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let job = CountsOf { grid: shape.grid(), pred: pred.source(), truth: truth.source(), classes };
        let buffer = self.on_a_gpu("record_counts")?.record_counts(encoder, &job)?;
        let (samples, voxels) = (shape.samples() as usize, shape.voxels_per_cell());
        Ok(GpuCounts { buffer, samples, classes: classes.len(), voxels })
    }

    /// Waits for recorded sums, whose commands must have been submitted, and reads them.
    ///
    /// # Errors
    /// [`Error::Unsettled`]; [`Error::EngineOnCpu`] on a CPU engine; what the GPU may report.
    pub fn read_sums(&self, sums: &GpuSums) -> Result<Table<Sums>> {
        let words = gpu::block_on(self.on_a_gpu("read_sums")?.read(&sums.buffer, Waiting::Here))?;
        sums.decode(bytemuck::cast_slice(&words))
    }

    /// Waits for recorded counts, whose commands must have been submitted, and reads them.
    ///
    /// # Errors
    /// [`Error::EngineOnCpu`] on a CPU engine; what the GPU may report.
    pub fn read_counts(&self, counts: &GpuCounts) -> Result<Table<Counts>> {
        let words = gpu::block_on(self.on_a_gpu("read_counts")?.read(&counts.buffer, Waiting::Here))?;
        counts.decode(bytemuck::cast_slice(&words))
    }

    /// [`Engine::read_sums`] as a future; see [`Engine::sums_async`].
    ///
    /// # Errors
    /// Those of [`Engine::read_sums`].
    pub async fn read_sums_async(&self, sums: &GpuSums) -> Result<Table<Sums>> {
        let words = self.on_a_gpu("read_sums_async")?.read(&sums.buffer, Waiting::Away).await?;
        sums.decode(bytemuck::cast_slice(&words))
    }

    /// [`Engine::read_counts`] as a future; see [`Engine::sums_async`].
    ///
    /// # Errors
    /// Those of [`Engine::read_counts`].
    pub async fn read_counts_async(&self, counts: &GpuCounts) -> Result<Table<Counts>> {
        let words = self.on_a_gpu("read_counts_async")?.read(&counts.buffer, Waiting::Away).await?;
        counts.decode(bytemuck::cast_slice(&words))
    }

    /// [`Engine::gradient`] into a buffer of the application, from byte `offset` on: one f32 per element of the
    /// prediction, in its layout, with the same bits. Operands may be in buffers or in host memory.
    ///
    /// The last commands are submitted and not waited for: the queue runs in order, so later submissions find the
    /// gradient there. Where voxels or results are copied, the call waits for earlier windows. It also waits for the
    /// check of a label map that is in a buffer.
    ///
    /// # Errors
    /// Those of [`Engine::gradient`]; [`Error::BufferUsage`] unless the buffer has usages `STORAGE` and `COPY_DST`;
    /// [`Error::BufferTooSmall`]; [`Error::BufferShared`] where an operand is in the same buffer; [`Error::Parameter`]
    /// for an offset that is not a multiple of 4; [`Error::EngineOnCpu`] on a CPU engine; what the GPU may report.
    #[allow(clippy::too_many_arguments)] // those of `gradient_into`, and a buffer is two of them
    pub fn gradient_into_buffer<'a>(
        &self,
        pair: Pair<Volume<'a>, impl Into<Truth<'a>>>,
        options: &SumsOptions,
        sums: &Table<Sums>,
        partials: &Table<Partials>,
        buffer: &application::Buffer,
        offset: u64,
    ) -> Result<()> {
        let job = sums_job(&pair.pred, &pair.truth.into(), options)?;
        let gpu = self.on_a_gpu("gradient_into_buffer")?;
        let factors = Factors::of(&job, sums, partials)?;
        gpu::block_on(super::labels::check_anywhere(gpu, &job, Waiting::Here))?;
        gpu.gradient_into(&factors.job(job), Target { buffer, offset })
    }

    fn on_a_gpu(&self, call: &'static str) -> Result<&gpu::Backend> {
        match &self.backend {
            Chosen::Cpu(_) => Err(Error::EngineOnCpu { call }),
            Chosen::Gpu(gpu) => Ok(gpu),
        }
    }
}
