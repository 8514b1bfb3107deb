//! One pass of one kernel over the windows of a plan: upload, dispatch, read back, two windows in flight.

use super::Backend;
use super::input::Input;
use super::slot::{Sizes, Slot, padded};
use crate::error::{Error, Result};
use crate::kernel::source::Key;
use crate::options::Poison;
use crate::plan::{Params, Plan, Window};
use futures_intrusive::channel::shared::{OneshotReceiver, oneshot_channel};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::num::NonZeroU64;

/// Windows in flight: one is computed while the next is copied.
const IN_FLIGHT: usize = 2;

/// What to run.
pub(super) struct Pass<'a> {
    pub key: Key,
    pub plan: Plan,
    pub pred: Input<'a>,
    pub truth: Input<'a>,
    /// Parameters that do not depend on the window.
    pub params: Params,
    /// Whether the kernel adds to its result, which must then start at 0.
    pub adds: bool,
}

/// The words that one window gets beside the voxels.
pub(super) struct Aux<'a> {
    pub words: Cow<'a, [u32]>,
    /// The tasks to run, where it is not all of them: `words` then hold (task, scale) pairs.
    pub listed: Option<u64>,
    /// Entries of the class table.
    pub entries: u32,
}

/// A window whose results are on their way.
struct InFlight {
    window: Window,
    slot: Slot,
    bytes: u64,
    submission: wgpu::SubmissionIndex,
    mapped: OneshotReceiver<Result<(), wgpu::BufferAsyncError>>,
}

impl Backend {
    /// Runs the pass on every window for which `aux` has something, and hands each result to `sink` in order.
    pub(super) fn run<'a>(
        &self,
        pass: &Pass<'_>,
        aux: impl Fn(&Window) -> Option<Aux<'a>>,
        sink: &mut dyn FnMut(&Window, &[u32]) -> Result<()>,
    ) -> Result<()> {
        let pipeline = self.pipelines.get(&self.device, pass.key)?;
        let mut flying = VecDeque::new();
        for window in pass.plan.windows() {
            let Some(aux) = aux(&window) else { continue };
            if flying.len() == IN_FLIGHT
                && let Some(done) = flying.pop_front()
            {
                self.collect(done, sink)?;
            }
            flying.push_back(self.submit(pass, &pipeline, window, &aux)?);
        }
        flying.into_iter().try_for_each(|done| self.collect(done, sink))
    }

    fn submit(
        &self,
        pass: &Pass<'_>,
        pipeline: &wgpu::ComputePipeline,
        window: Window,
        aux: &Aux<'_>,
    ) -> Result<InFlight> {
        let plan = &pass.plan;
        let tasks = aux.listed.unwrap_or_else(|| plan.tasks(&window));
        let bytes = 4 * plan.result_words(&window, tasks);
        let (pred, truth) = (pass.pred.pieces(&window), pass.truth.pieces(&window));
        let sizes = Sizes { pred: total(&pred), truth: total(&truth), result: bytes, aux: 4 * aux.words.len() as u64 };
        let slot = self.idle.take(&self.device, sizes)?;
        let (p, t) = (pass.pred.strides(&window), pass.truth.strides(&window));
        let base = Params {
            aux_len: aux.entries,
            p_row: p.row as u32,
            p_channel: p.channel as u32,
            t_row: t.row as u32,
            t_channel: t.channel as u32,
            ..pass.params
        };
        let (params, groups) = plan.dispatch(&window, tasks, aux.listed.is_some(), base);
        let (sender, mapped) = oneshot_channel();
        let submission = self.device.guarded(|device| {
            self.upload(&slot.pred, &pred);
            self.upload(&slot.truth, &truth);
            self.upload(&slot.aux, &[bytemuck::cast_slice(&aux.words)]);
            self.upload(&slot.params, &[bytemuck::bytes_of(&params)]);
            if self.poison == Poison::On {
                self.upload(&slot.result, &[&vec![0xff; bytes as usize]]);
            }
            let bind_group = self.bind(&slot, sizes);
            let mut encoder = device.raw.create_command_encoder(&Default::default());
            if pass.adds {
                encoder.clear_buffer(&slot.result, 0, Some(bytes));
            }
            {
                let mut compute = encoder.begin_compute_pass(&Default::default());
                compute.set_pipeline(pipeline);
                compute.set_bind_group(0, &bind_group, &[]);
                compute.dispatch_workgroups(groups[0], groups[1], 1);
            }
            encoder.copy_buffer_to_buffer(&slot.result, 0, &slot.readback, 0, Some(bytes));
            let submission = device.queue.submit([encoder.finish()]);
            slot.readback.map_async(wgpu::MapMode::Read, ..bytes, move |result| {
                // The receiver is gone only if the call failed before; nobody waits for this answer then.
                let _ = sender.send(result);
            });
            submission
        })?;
        Ok(InFlight { window, slot, bytes, submission, mapped })
    }

    fn collect(&self, done: InFlight, sink: &mut dyn FnMut(&Window, &[u32]) -> Result<()>) -> Result<()> {
        self.device.wait(done.submission)?;
        let failed = |message: String| Err(Error::Gpu { message });
        match pollster::block_on(done.mapped.receive()) {
            Some(Ok(())) => {}
            Some(Err(error)) => return failed(error.to_string()),
            None => return failed("the answer to a mapping request was dropped".into()),
        }
        let words = match done.slot.readback.get_mapped_range(..done.bytes) {
            Ok(view) => bytemuck::pod_collect_to_vec::<u8, u32>(&view),
            Err(error) => return failed(error.to_string()),
        };
        done.slot.readback.unmap();
        self.idle.give_back(done.slot);
        sink(&done.window, &words)
    }

    /// Copies pieces one after another to the start of a buffer, padded with zeros to whole words.
    fn upload(&self, buffer: &wgpu::Buffer, pieces: &[&[u8]]) {
        let bytes = total(pieces) as usize;
        let Some(size) = NonZeroU64::new((bytes as u64).next_multiple_of(4)) else { return };
        // `None` when the buffer refuses the write; the error scope around this call has the reason.
        if let Some(mut view) = self.device.queue.write_buffer_with(buffer, 0, size) {
            let mut start = 0;
            for piece in pieces {
                view.slice(start..start + piece.len()).copy_from_slice(piece);
                start += piece.len();
            }
            let rest = view.len() - bytes;
            view.slice(bytes..).copy_from_slice(&[0; 4][..rest]);
        }
    }

    fn bind(&self, slot: &Slot, sizes: Sizes) -> wgpu::BindGroup {
        let entry = |binding, buffer, bytes: u64| wgpu::BindGroupEntry {
            binding,
            // Only as much as this window needs: a reused slot may be larger than one binding may cover.
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer,
                offset: 0,
                size: NonZeroU64::new(padded(bytes)),
            }),
        };
        self.device.raw.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("voxdice"),
            layout: &self.pipelines.bind_group_layout,
            entries: &[
                entry(0, &slot.pred, sizes.pred),
                entry(1, &slot.truth, sizes.truth),
                entry(2, &slot.result, sizes.result),
                entry(3, &slot.aux, sizes.aux),
                entry(4, &slot.params, size_of::<Params>() as u64),
            ],
        })
    }
}

fn total(pieces: &[&[u8]]) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum()
}
