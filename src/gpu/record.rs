//! Statistics that stay on the GPU: the commands go into the application's encoder, and one more dispatch behind those of
//! the windows folds their partials into the result.

use super::Backend;
use super::counts::{ClassWords, class_passes, few_aux, few_labels};
use super::passes::{Aux, Pass, PassPipelines, Placement, whole};
use super::slot::{Sizes, Slot};
use crate::error::{Error, Operand, Result};
use crate::job::{CountsOf, SumsOf};
use crate::kernel::form::Form;
use crate::kernel::source::{Key, Statistic};
use crate::plan::{Plan, WORKGROUP, Window, workgroups};
use crate::volume::Source;

/// How partials get into the result.
struct Fold<'a> {
    pipeline: wgpu::ComputePipeline,
    result: &'a wgpu::Buffer,
    /// The parameters of the fold beside the windows: words 5 to 10 of fold_windows.wgsl.
    numbers: [u64; OWN],
    /// Its workgroups, for this many planes.
    groups: &'a dyn Fn(u64) -> u64,
}

/// Parameters that belong to the fold alone.
const OWN: usize = 6;

/// Windows of one fold at most: every workgroup of it looks at all of them.
const WINDOWS: usize = 64;

/// A window that is about to be folded, and the word where its partials begin.
struct Recorded<'a> {
    window: Window,
    placement: Placement<'a>,
    base: u64,
}

/// The words of a fold, as fold_windows.wgsl has them, and its workgroups.
fn numbers(fold: &Fold<'_>, plan: &Plan, windows: &[Recorded<'_>]) -> (Vec<u32>, [u32; 2]) {
    let first = windows.first().map_or(0, |w| w.window.first_plane);
    let end = windows.last().map_or(0, |w| w.window.first_plane + w.window.planes);
    let groups = workgroups((fold.groups)(end - first));
    let head = [u64::from(groups[0]), windows.len() as u64, first, end - first, 0];
    let of = |w: &Recorded<'_>| {
        let Window { first_plane, planes, first_block, blocks, .. } = w.window;
        [first_plane, planes, first_block, blocks, plan.parts(plan.tasks(&w.window)), w.base]
    };
    let words = head.into_iter().chain(fold.numbers).chain(windows.iter().flat_map(of));
    (words.map(|number| number as u32).collect(), groups)
}

impl Backend {
    /// Records the sums of every cell. The result has `4 · (slots + 1)` words per cell, as fold_sums.wgsl has them.
    pub fn record_sums(&self, encoder: &mut wgpu::CommandEncoder, job: &SumsOf<Source<'_>>) -> Result<wgpu::Buffer> {
        on_gpu(job.pred, job.truth)?;
        let form = Form::new(&job.options, job.truth_kind);
        let (slots, words) = (form.slots(), form.words());
        let statistic = Statistic::Sums { form, careful: false, int64: self.int64, dot: self.dot };
        let pass = self.pass(job, statistic, words)?;
        let (grid, integers) = (pass.plan.grid, pass.key.integer_sums());
        let pipeline = self.fold(Statistic::FoldSums { slots, integers })?;
        let result = self.result(encoder, 16 * job.shape.cells() * u64::from(slots + 1))?;
        // The largest value has one more place.
        let places = u64::from(slots) + 1;
        let numbers = [places, words.into(), grid.channels, grid.blocks_per_cell(), 0, 0];
        let groups = |planes: u64| planes * grid.channels * places;
        self.record(encoder, &pass, &Aux::NONE, &Fold { pipeline, result: &result, numbers, groups: &groups })?;
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
        let classes = job.classes.len() as u64;
        let result = self.result(encoder, 8 * job.grid.planes * (3 * classes + 3))?;
        if let Some(labels) = few_labels(job) {
            let pass = self.few_pass(job, &labels)?;
            let (places, blocks) = (3 * classes + 2, job.grid.blocks_per_cell());
            let pipeline = self.fold(Statistic::FoldFew)?;
            let (numbers, groups) = ([places, places, 1, blocks, 0, 0], |planes: u64| planes * places);
            let fold = Fold { pipeline, result: &result, numbers, groups: &groups };
            self.record(encoder, &pass, &few_aux(&labels), &fold)?;
            return Ok(result);
        }
        let table = ClassWords::of(job.classes);
        for range in class_passes(job.classes) {
            let pass = self.many_pass(job, &table, range.clone())?;
            let (width, first) = (range.len() as u64, range.start as u64);
            let pipeline = self.fold(Statistic::FoldCounts)?;
            let (numbers, groups) =
                ([width, first, classes, 0, 0, 0], |planes: u64| (planes * (3 * width + 3)).div_ceil(WORKGROUP.into()));
            let fold = Fold { pipeline, result: &result, numbers, groups: &groups };
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

    /// Records the dispatches of all windows, and a fold after as many of them as fit.
    fn record(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        pass: &Pass<'_>,
        aux: &Aux<'_>,
        fold: &Fold<'_>,
    ) -> Result<()> {
        let pipelines = self.pipelines_of(pass)?;
        let (mut windows, mut words) = (Vec::new(), 0);
        for window in pass.plan.windows() {
            let mut placement = self.place(pass, window, aux);
            let of_window = placement.sizes.result / 4;
            if windows.len() == WINDOWS || 4 * (words + of_window) > self.limits.result_bytes {
                self.record_windows(encoder, pass, &pipelines, aux, fold, &windows)?;
                (windows, words) = (Vec::new(), 0);
            }
            placement.params.r_head = words as u32;
            windows.push(Recorded { window, placement, base: words });
            words += of_window;
        }
        self.record_windows(encoder, pass, &pipelines, aux, fold, &windows)?;
        self.device.ask_whether_lost()
    }

    fn record_windows(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        pass: &Pass<'_>,
        pipelines: &PassPipelines,
        aux: &Aux<'_>,
        fold: &Fold<'_>,
        windows: &[Recorded<'_>],
    ) -> Result<()> {
        // Windows share the buffers they are copied to; each has its part of the partials.
        let most = |of: fn(&Sizes) -> u64| windows.iter().map(|w| of(&w.placement.sizes)).max().unwrap_or(0);
        let (pred, truth) = (most(|sizes| sizes.pred), most(|sizes| sizes.truth));
        let bytes = windows.iter().map(|w| w.placement.sizes.result).sum();
        let sizes = Sizes { pred, truth, result: bytes, ..Sizes::default() };
        let shared = self.device.guarded(|device| Slot::new(device, sizes))?;
        if pass.adds {
            encoder.clear_buffer(&shared.result, 0, Some(bytes));
        }
        for Recorded { placement, .. } in windows {
            self.blaming_buffers(pass, |backend| {
                // Parameters are read when the application submits, so each window has its own.
                let slot = shared.with_own_numbers(&backend.device, placement.sizes.aux);
                backend.fill(&slot, placement, aux);
                backend.dispatch(encoder, pipelines, placement, &slot, whole(&slot.result, bytes));
            })?;
        }
        self.device.guarded(|_| {
            self.record_fold(encoder, fold, numbers(fold, &pass.plan, windows), whole(&shared.result, bytes))
        })
    }

    fn record_fold(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        fold: &Fold<'_>,
        (words, groups): (Vec<u32>, [u32; 2]),
        partials: wgpu::BufferBinding<'_>,
    ) {
        let numbers_buffer = self.numbers(&words);
        let told = || wgpu::BufferBinding { buffer: &numbers_buffer, offset: 0, size: None };
        let result = wgpu::BufferBinding { buffer: fold.result, offset: 0, size: None };
        let bind_group = self.bind([partials, told(), result, told(), told()]);
        let mut compute = encoder.begin_compute_pass(&Default::default());
        compute.set_pipeline(&fold.pipeline);
        compute.set_bind_group(0, &bind_group, &[]);
        compute.dispatch_workgroups(groups[0], groups[1], 1);
    }

    /// The words of a result, read back and waited for.
    pub async fn read(&self, result: &wgpu::Buffer, waiting: super::Waiting) -> Result<Vec<u32>> {
        self.read_from(result, 0, waiting).await
    }

    /// The words of a buffer from a byte on.
    pub async fn read_from(&self, result: &wgpu::Buffer, from: u64, waiting: super::Waiting) -> Result<Vec<u32>> {
        let bytes = result.size() - from;
        let slot = self.idle.take(&self.device, Sizes { readback: bytes, ..Sizes::default() })?;
        let arrival = self.device.guarded(|device| {
            let mut encoder = device.raw.create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(result, from, &slot.readback, 0, Some(bytes));
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
