//! Statistics that stay on the GPU: the commands go into the application's encoder, and a second dispatch per window
//! folds its partials into the result.

use super::Backend;
use super::counts::{ClassWords, class_passes};
use super::passes::{Aux, Pass, Placement, whole};
use super::slot::{Sizes, Slot};
use crate::error::{Error, Operand, Result};
use crate::job::{CountsOf, SumsOf};
use crate::kernel::form::Form;
use crate::kernel::source::{Key, Statistic};
use crate::plan::{WORKGROUP, Window, workgroups};
use crate::volume::Source;

/// How the partials of a window get into the result.
struct Fold<'a> {
    pipeline: wgpu::ComputePipeline,
    numbers: &'a dyn Fn(&Window) -> Numbers,
    result: &'a wgpu::Buffer,
}

/// What the fold of a window is told, and its workgroups.
struct Numbers {
    words: Vec<u32>,
    groups: [u32; 2],
}

impl Numbers {
    /// The words of a fold over `groups` workgroups, how many of them lie along x being the last.
    fn new(numbers: &[u64], groups: u64) -> Self {
        let groups = workgroups(groups);
        let words = numbers.iter().map(|&number| number as u32).chain([groups[0]]).collect();
        Self { words, groups }
    }
}

impl Backend {
    /// Records the sums of every cell. The result has `4 · (slots + 1)` words per cell, as fold_sums.wgsl has them.
    pub fn record_sums(&self, encoder: &mut wgpu::CommandEncoder, job: &SumsOf<Source<'_>>) -> Result<wgpu::Buffer> {
        on_gpu(job.pred, job.truth)?;
        let form = Form::new(&job.options, job.truth_kind);
        let (slots, words) = (form.slots(), form.words());
        let pass = self.pass(job, Statistic::Sums { form, careful: false, int64: self.int64 }, words)?;
        let (plan, integers) = (pass.plan, pass.key.integer_sums());
        let numbers = |window: &Window| {
            let channels = plan.grid.channels;
            let (cells, first_cell) = (window.planes * channels, window.first_plane * channels);
            let (blocks, per_cell, first_block) = (window.blocks, plan.grid.blocks_per_cell(), window.first_block);
            Numbers::new(&[cells, channels, first_cell, blocks, per_cell, first_block], cells)
        };
        let pipeline = self.fold(Statistic::FoldSums { slots, words, integers })?;
        let result = self.result(encoder, 16 * job.shape.cells() * u64::from(slots + 1))?;
        self.record(encoder, &pass, &Aux::NONE, &Fold { pipeline, numbers: &numbers, result: &result })?;
        Ok(result)
    }

    /// Records the counts of every sample. The result has `2 · (3 · classes + 3)` words per sample, as fold_counts.wgsl
    /// has them.
    pub fn record_counts(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        job: &CountsOf<'_, Source<'_>>,
    ) -> Result<wgpu::Buffer> {
        on_gpu(job.pred, job.truth)?;
        let (table, classes) = (ClassWords::of(job.classes), job.classes.len() as u64);
        let result = self.result(encoder, 8 * job.grid.planes * (3 * classes + 3))?;
        for range in class_passes(job.classes) {
            let pass = self.many_pass(job, &table, range.clone())?;
            let (width, first) = (range.len() as u64, range.start as u64);
            let numbers = |window: &Window| {
                let groups = (window.planes * (3 * width + 3)).div_ceil(WORKGROUP.into());
                Numbers::new(&[window.planes, window.first_plane, width, first, classes], groups)
            };
            let pipeline = self.fold(Statistic::FoldCounts)?;
            let fold = Fold { pipeline, numbers: &numbers, result: &result };
            self.record(encoder, &pass, &table.aux(), &fold)?;
        }
        Ok(result)
    }

    fn fold(&self, statistic: Statistic) -> Result<wgpu::ComputePipeline> {
        self.pipelines.get(&self.device, Key::alone(statistic))
    }

    /// A result of `bytes`, which the commands clear.
    fn result(&self, encoder: &mut wgpu::CommandEncoder, bytes: u64) -> Result<wgpu::Buffer> {
        use wgpu::BufferUsages as Usage;
        let most = self.bindings.most_bytes;
        if bytes > most {
            return Err(Error::BindingTooLarge { what: "the results of all cells", bytes, most });
        }
        self.device.guarded(|device| {
            let result = device.raw.create_buffer(&wgpu::BufferDescriptor {
                label: Some("voxdice result"),
                size: bytes,
                usage: Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST,
                mapped_at_creation: false,
            });
            encoder.clear_buffer(&result, 0, None);
            result
        })
    }

    /// Records the dispatch of every window and its fold, one after another.
    fn record(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        pass: &Pass<'_>,
        aux: &Aux<'_>,
        fold: &Fold<'_>,
    ) -> Result<()> {
        let pipelines = self.pipelines_of(pass)?;
        let placed = |window| (window, self.place(pass, window, aux));
        let placements: Vec<(Window, Placement<'_>)> = pass.plan.windows().map(placed).collect();
        // Windows run one after another: they share their partials, and what they are copied to.
        let most = |of: fn(&Sizes) -> u64| placements.iter().map(|(_, placed)| of(&placed.sizes)).max().unwrap_or(0);
        let [pred, truth, result] = [|s: &Sizes| s.pred, |s: &Sizes| s.truth, |s: &Sizes| s.result].map(most);
        let sizes = Sizes { pred, truth, result, ..Sizes::default() };
        let shared = self.device.guarded(|device| Slot::new(device, sizes))?;
        for (window, placement) in &placements {
            self.blaming_buffers(pass, |backend| {
                // Parameters are read when the application submits, so each window has its own.
                let slot = shared.with_own_numbers(&backend.device, placement.sizes.aux);
                backend.fill(&slot, placement, aux);
                let bytes = placement.sizes.result;
                if pass.adds {
                    encoder.clear_buffer(&slot.result, 0, Some(bytes));
                }
                backend.dispatch(encoder, &pipelines, placement, &slot, whole(&slot.result, bytes));
                backend.record_fold(encoder, fold, &(fold.numbers)(window), whole(&slot.result, bytes));
            })?;
        }
        self.device.ask_whether_lost()
    }

    fn record_fold(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        fold: &Fold<'_>,
        numbers: &Numbers,
        partials: wgpu::BufferBinding<'_>,
    ) {
        let numbers_buffer = self.numbers(&numbers.words);
        let told = || wgpu::BufferBinding { buffer: &numbers_buffer, offset: 0, size: None };
        let result = wgpu::BufferBinding { buffer: fold.result, offset: 0, size: None };
        let bind_group = self.bind([partials, told(), result, told(), told()]);
        let mut compute = encoder.begin_compute_pass(&Default::default());
        compute.set_pipeline(&fold.pipeline);
        compute.set_bind_group(0, &bind_group, &[]);
        compute.dispatch_workgroups(numbers.groups[0], numbers.groups[1], 1);
    }

    /// The words of a result, read back and waited for.
    pub async fn read(&self, result: &wgpu::Buffer, waiting: super::Waiting) -> Result<Vec<u32>> {
        let bytes = result.size();
        let slot = self.idle.take(&self.device, Sizes { readback: bytes, ..Sizes::default() })?;
        let arrival = self.device.guarded(|device| {
            let mut encoder = device.raw.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(result, 0, &slot.readback, 0, Some(bytes));
            let submission = device.queue.submit([encoder.finish()]);
            super::arrival::Arrival::of(&slot.readback, bytes, submission)
        })?;
        self.words_of(slot, bytes, arrival, waiting).await
    }
}

/// Commands that run later need operands that will be there.
fn on_gpu(pred: Source<'_>, truth: Source<'_>) -> Result<()> {
    for (source, operand) in [(pred, Operand::Pred), (truth, Operand::Truth)] {
        if let Source::Host(_) = source {
            return Err(Error::HostOperand { operand });
        }
    }
    Ok(())
}
