//! One pass of one kernel over the windows of a plan: place the voxels, dispatch, read back, two windows in flight.

use super::arrival::{Arrival, Waiting};
use super::input::{Input, Placed};
use super::slot::{Sizes, Slot, padded};
use super::{Backend, Windows};
use crate::error::{Error, Result};
use crate::kernel::params::Params;
use crate::kernel::source::{Key, Statistic};
use crate::options::Poison;
use crate::plan::{Limits, Output, Plan, Planes, Window};
use crate::shape::Grid;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::num::NonZeroU64;

/// Windows in flight: one is computed while the next is copied.
pub(super) const IN_FLIGHT: usize = 2;

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

impl Aux<'_> {
    /// For kernels that use no class table.
    pub const NONE: Self = Self { words: Cow::Borrowed(&[]), listed: None, entries: 0 };
}

/// The words of a window, or nothing where it has nothing to do.
pub(super) type AuxOf<'f, 'a> = &'f (dyn Fn(&Window) -> Option<Aux<'a>> + Sync);

/// What gets the result of each window.
pub(super) type Sink<'f> = &'f mut (dyn FnMut(&Window, &[u32]) -> Result<()> + Send);

/// A window with everything that its dispatch needs.
pub(super) struct Placement<'a> {
    pub pred: Placed<'a>,
    pub truth: Placed<'a>,
    pub sizes: Sizes,
    pub params: Params,
    pub groups: [u32; 2],
}

/// A window whose results are on their way.
struct InFlight {
    window: Window,
    slot: Slot,
    bytes: u64,
    arrival: Arrival,
}

impl Backend {
    /// The plan for two operands: small windows where voxels are copied, large ones where they are bound as they are.
    pub(super) fn plan(
        &self,
        grid: Grid,
        element_bytes: u64,
        output: Output,
        operands: [&Input<'_>; 2],
    ) -> Result<Plan> {
        let (limits, bindings) = (self.limits, self.bindings);
        let in_place = operands.iter().all(|input| input.is_in_place(bindings));
        let resident = operands.iter().any(|input| input.is_resident());
        // Alignment and whole words add to a binding.
        let window_bytes = match (in_place, resident) {
            (true, _) => limits.resident_bytes.min(bindings.most_bytes - 2 * bindings.alignment),
            (false, true) => limits.window_bytes.min(bindings.most_bytes / 2),
            (false, false) => limits.window_bytes,
        };
        let Windows { result_bytes, least_tasks, .. } = limits;
        let plan = Plan::new(grid, element_bytes, output, Limits { window_bytes, result_bytes, least_tasks });
        let plan = self.within_bindings(plan.map_err(|error| match error {
            Error::Tuning { value, range, .. } if in_place => {
                Error::Tuning { name: "Tuning::resident_bytes", value, range }
            }
            other => other,
        })?)?;
        let apart = grid.planes > 1 && operands.iter().any(|input| input.prefers_planes(bindings));
        let planes = if apart { Planes::Apart } else { Planes::Together };
        Ok(plan.cut(operands.map(Input::tail_rows).into_iter().max().unwrap_or(0), planes))
    }

    /// Refuses a plan whose rows are too large to bind even one.
    pub(super) fn within_bindings(&self, plan: Plan) -> Result<Plan> {
        let (bytes, most) = (plan.bytes_beside(&plan.least()), self.bindings.most_bytes);
        if bytes > most {
            return Err(Error::BindingTooLarge { what: "the numbers of one voxel with its channels", bytes, most });
        }
        Ok(plan)
    }

    /// Runs the pass on every window for which `aux` has something, and hands each result to `sink` in order.
    pub(super) async fn run(
        &self,
        pass: &Pass<'_>,
        waiting: Waiting,
        aux: AuxOf<'_, '_>,
        sink: Sink<'_>,
    ) -> Result<()> {
        let pipelines = self.pipelines_of(pass)?;
        let mut flying = VecDeque::new();
        for window in pass.plan.windows() {
            let Some(aux) = aux(&window) else { continue };
            if flying.len() == IN_FLIGHT
                && let Some(done) = flying.pop_front()
            {
                self.collect(done, waiting, sink).await?;
            }
            flying.push_back(self.submit(pass, &pipelines, window, &aux)?);
        }
        for done in flying {
            self.collect(done, waiting, sink).await?;
        }
        Ok(())
    }

    /// Where the window's voxels are bound, and its parameters.
    pub(super) fn place<'a>(&self, pass: &Pass<'a>, window: Window, aux: &Aux<'_>) -> Placement<'a> {
        let plan = &pass.plan;
        let tasks = aux.listed.unwrap_or_else(|| plan.tasks(&window));
        let (pred, truth) = (pass.pred.place(&window, self.bindings), pass.truth.place(&window, self.bindings));
        let result = 4 * plan.result_words(&window, tasks);
        let sizes = Sizes {
            pred: pred.copied_bytes(),
            truth: truth.copied_bytes(),
            result,
            readback: result,
            aux: 4 * aux.words.len() as u64,
        };
        let (p, t) = (pass.pred.strides(&window, &pred), pass.truth.strides(&window, &truth));
        let r = pass.pred.copied_strides(&window);
        let base = Params {
            aux_len: aux.entries,
            p_head: pred.head() as u32,
            t_head: truth.head() as u32,
            p_row: p.row as u32,
            p_channel: p.channel as u32,
            t_row: t.row as u32,
            t_channel: t.channel as u32,
            r_row: r.row as u32,
            r_channel: r.channel as u32,
            ..pass.params
        };
        let (params, groups) = plan.dispatch(&window, tasks, aux.listed.is_some(), base);
        Placement { pred, truth, sizes, params, groups }
    }

    fn submit(&self, pass: &Pass<'_>, pipelines: &PassPipelines, window: Window, aux: &Aux<'_>) -> Result<InFlight> {
        let placement = self.place(pass, window, aux);
        let bytes = placement.sizes.result;
        let slot = self.idle.take(&self.device, placement.sizes)?;
        self.fill_operands(&slot, &placement)?;
        let arrival = self.blaming_buffers(pass, |backend| {
            let device = &backend.device;
            backend.fill(&slot, &placement, aux);
            if backend.poison == Poison::On {
                backend.upload(&slot.result, &[&vec![0xff; bytes as usize]]);
            }
            let mut encoder = device.raw.create_command_encoder(&Default::default());
            if pass.adds {
                encoder.clear_buffer(&slot.result, 0, Some(bytes));
            }
            backend.dispatch(&mut encoder, pipelines, &placement, &slot, whole(&slot.result, bytes));
            encoder.copy_buffer_to_buffer(&slot.result, 0, &slot.readback, 0, Some(bytes));
            let submission = device.queue.submit([encoder.finish()]);
            Arrival::of(&slot.readback, bytes, submission)
        })?;
        Ok(InFlight { window, slot, bytes, arrival })
    }

    /// Copies what the host has of the operands into the slot, which must be idle.
    pub(super) fn fill_operands(&self, slot: &Slot, placement: &Placement<'_>) -> Result<()> {
        for (placed, buffer) in [(&placement.pred, &slot.pred), (&placement.truth, &slot.truth)] {
            match placed {
                Placed::Upload(pieces) if self.device.mappable => self.write_mapped(buffer, pieces)?,
                Placed::Upload(pieces) => self.device.guarded(|_| self.upload(buffer, pieces))?,
                Placed::InPlace(_) | Placed::Copied { .. } => {}
            }
        }
        Ok(())
    }

    /// Fills the rest of the slot. To be called under an error scope.
    pub(super) fn fill(&self, slot: &Slot, placement: &Placement<'_>, aux: &Aux<'_>) {
        self.upload(&slot.aux, &[bytemuck::cast_slice(&aux.words)]);
        self.upload(&slot.params, &[bytemuck::bytes_of(&placement.params)]);
    }

    /// Records the commands that compute the result of a window.
    pub(super) fn dispatch(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        pipelines: &PassPipelines,
        placement: &Placement<'_>,
        slot: &Slot,
        result: wgpu::BufferBinding<'_>,
    ) {
        let mut compute = encoder.begin_compute_pass(&Default::default());
        for (placed, into) in [(&placement.pred, &slot.pred), (&placement.truth, &slot.truth)] {
            if let (Placed::Copied { resident, pieces, .. }, Some(gather)) = (placed, &pipelines.gather) {
                self.gather(gather, &mut compute, resident, pieces, into);
            }
        }
        let bind_group = self.bind([
            placement.pred.binding(&slot.pred),
            placement.truth.binding(&slot.truth),
            result,
            whole(&slot.aux, placement.sizes.aux),
            whole(&slot.params, size_of::<Params>() as u64),
        ]);
        compute.set_pipeline(&pipelines.kernel);
        compute.set_bind_group(0, &bind_group, &[]);
        compute.dispatch_workgroups(placement.groups[0], placement.groups[1], 1);
    }

    async fn collect(&self, done: InFlight, waiting: Waiting, sink: Sink<'_>) -> Result<()> {
        let words = self.words_of(done.slot, done.bytes, done.arrival, waiting).await?;
        sink(&done.window, &words)
    }

    /// What arrives in a slot. The slot goes back to the others.
    pub(super) async fn words_of(
        &self,
        slot: Slot,
        bytes: u64,
        arrival: Arrival,
        waiting: Waiting,
    ) -> Result<Vec<u32>> {
        arrival.wait(&self.device, waiting).await?;
        let words = self.device.guarded(|_| {
            let words = slot.readback.get_mapped_range(..bytes);
            let words = words.map(|view| bytemuck::pod_collect_to_vec::<u8, u32>(&view));
            slot.readback.unmap();
            words
        })?;
        let words = words.map_err(|error| self.device.failure(error.to_string()))?;
        self.idle.give_back(slot);
        Ok(words)
    }

    /// Runs `f` under error scopes. An error of wgpu is attributed to the application's buffers, where there are any.
    pub(super) fn blaming_buffers<T>(&self, pass: &Pass<'_>, f: impl FnOnce(&Self) -> T) -> Result<T> {
        let resident = pass.pred.is_resident() || pass.truth.is_resident();
        self.device.guarded(|_| f(self)).map_err(|error| if resident { blamed(error) } else { error })
    }

    /// Bindings 0 to 4.
    pub(super) fn bind(&self, bindings: [wgpu::BufferBinding<'_>; 5]) -> wgpu::BindGroup {
        let mut binding = 0..;
        let entries = bindings.map(|buffer| wgpu::BindGroupEntry {
            binding: binding.next().unwrap_or(0),
            resource: wgpu::BindingResource::Buffer(buffer),
        });
        self.device.raw.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("voxdice"),
            layout: &self.pipelines.bind_group_layout,
            entries: &entries,
        })
    }

    /// A few words for a kernel that has no other parameters, for any binding.
    pub(super) fn numbers(&self, words: &[u32]) -> wgpu::Buffer {
        let buffer = self.device.raw.create_buffer(&wgpu::BufferDescriptor {
            label: Some("voxdice numbers"),
            size: padded(size_of_val(words) as u64).max(64),
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.device.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(words));
        buffer
    }

    pub(super) fn pipelines_of(&self, pass: &Pass<'_>) -> Result<PassPipelines> {
        self.pipelines_for(pass.key, pass.pred.is_resident() || pass.truth.is_resident())
    }

    /// `resident`: whether an operand may have to be copied on the GPU.
    pub(super) fn pipelines_for(&self, key: Key, resident: bool) -> Result<PassPipelines> {
        let kernel = self.pipelines.get(&self.device, key)?;
        let gather =
            if resident { Some(self.pipelines.get(&self.device, Key::alone(Statistic::Gather))?) } else { None };
        Ok(PassPipelines { kernel, gather })
    }
}

/// The error where a buffer of the application was bound.
pub(super) fn blamed(error: Error) -> Error {
    match error {
        Error::Gpu { message } => Error::BufferRefused { message },
        error => error,
    }
}

/// The pipelines of a pass, made before its commands are recorded: making one may fail.
pub(super) struct PassPipelines {
    pub kernel: wgpu::ComputePipeline,
    gather: Option<wgpu::ComputePipeline>,
}

/// The first `bytes` of a buffer, and no more than needed: a reused buffer may be larger than a binding may be.
pub(super) fn whole(buffer: &wgpu::Buffer, bytes: u64) -> wgpu::BufferBinding<'_> {
    wgpu::BufferBinding { buffer, offset: 0, size: NonZeroU64::new(padded(bytes)) }
}

impl<'a> Placed<'a> {
    /// Bytes of the slot that the window takes.
    pub(super) fn copied_bytes(&self) -> u64 {
        match self {
            Self::Upload(pieces) => pieces.iter().map(|piece| piece.len() as u64).sum(),
            Self::InPlace(_) => 0,
            Self::Copied { bytes, .. } => *bytes,
        }
    }

    pub(super) fn head(&self) -> u64 {
        if let Self::InPlace(in_place) = self { in_place.head } else { 0 }
    }

    fn binding(&self, slot: &'a wgpu::Buffer) -> wgpu::BufferBinding<'a> {
        match *self {
            Self::InPlace(ref part) => {
                wgpu::BufferBinding { buffer: part.buffer, offset: part.offset, size: NonZeroU64::new(part.bytes) }
            }
            Self::Upload(_) | Self::Copied { .. } => whole(slot, self.copied_bytes()),
        }
    }
}
