//! Gradients into a buffer of the application, without reading anything back.

use super::Backend;
use super::gradient::Coefficients;
use super::passes::{IN_FLIGHT, blamed, whole};
use super::resident::need;
use crate::error::{Error, Operand, Result};
use crate::job::GradientOf;
use crate::volume::Source;
use std::collections::VecDeque;
use std::num::NonZeroU64;

/// Where a gradient goes: f32 elements from byte `offset` on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub buffer: &'a wgpu::Buffer,
    pub offset: u64,
}

impl Backend {
    /// Submits the commands that write the gradient with respect to the prediction, in its layout.
    pub fn gradient_into(&self, job: &GradientOf<'_, Source<'_>>, target: Target<'_>) -> Result<()> {
        check(job, target)?;
        let pass = self.gradient_pass(job)?;
        let coefficients = Coefficients::of(job)?;
        let pipelines = self.pipelines_of(&pass)?;
        let mut flying = VecDeque::new();
        for window in pass.plan.windows() {
            let aux = coefficients.aux(&window);
            let mut placement = self.place(&pass, window, &aux);
            let ranges = pass.pred.ranges(&window);
            // Elements of the window that follow each other in the volume are written where they belong; others are
            // written to the slot and copied from there.
            let direct = if let [(first, elements)] = ranges[..] { self.part(target, first, elements) } else { None };
            let bytes = placement.sizes.result;
            placement.sizes.readback = 0;
            if let Some((_, head)) = direct {
                placement.params.r_head = head as u32;
                placement.sizes.result = 0;
            }
            let sizes = placement.sizes;
            let has_voxels = sizes.pred + sizes.truth + sizes.result > 0;
            let slot = self.idle.take(&self.device, sizes)?;
            self.fill_operands(&slot, &placement)?;
            let submission = self.device.guarded(|device| {
                self.fill(&slot, &placement, &aux);
                let mut encoder = device.raw.create_command_encoder(&Default::default());
                let result = direct.as_ref().map_or_else(|| whole(&slot.result, bytes), |(part, _)| part.clone());
                self.dispatch(&mut encoder, &pipelines, &placement, &slot, result);
                if direct.is_none() {
                    let mut from = 0;
                    for (first, elements) in ranges {
                        let to = target.offset + 4 * first;
                        encoder.copy_buffer_to_buffer(&slot.result, from, target.buffer, to, Some(4 * elements));
                        from += 4 * elements;
                    }
                }
                device.queue.submit([encoder.finish()])
            });
            let submission = submission.map_err(blamed)?;
            // Copies are bounded by waiting for earlier windows, whose slots are idle then. Those of the last ones are
            // dropped; wgpu keeps what is in flight.
            flying.push_back((slot, submission));
            if has_voxels
                && flying.len() > IN_FLIGHT
                && let Some((slot, earlier)) = flying.pop_front()
            {
                self.device.wait(earlier)?;
                self.idle.give_back(slot);
            }
        }
        self.device.ask_whether_lost()
    }

    /// The binding that covers elements of the target, and the elements in front of them in it.
    fn part<'a>(&self, target: Target<'a>, first: u64, elements: u64) -> Option<(wgpu::BufferBinding<'a>, u64)> {
        let start = target.offset + 4 * first;
        let offset = start / self.bindings.alignment * self.bindings.alignment;
        let bytes = start - offset + 4 * elements;
        let binding = wgpu::BufferBinding { buffer: target.buffer, offset, size: NonZeroU64::new(bytes) };
        (bytes <= self.bindings.most_bytes).then_some((binding, (start - offset) / 4))
    }
}

fn check(job: &GradientOf<'_, Source<'_>>, target: Target<'_>) -> Result<()> {
    need(target.buffer, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST)?;
    let Target { buffer, offset } = target;
    if !offset.is_multiple_of(4) {
        let range = "a multiple of 4, the size of an element".into();
        return Err(Error::Parameter { name: "the offset of the gradient", value: offset.to_string(), range });
    }
    let (needed, found) = (4 * job.sums.shape.elements(), buffer.size());
    if offset.checked_add(needed).is_none_or(|end| end > found) {
        return Err(Error::BufferTooSmall { shape: job.sums.shape.to_string(), offset, needed, found });
    }
    for (source, operand) in [(job.sums.pred, Operand::Pred), (job.sums.truth, Operand::Truth)] {
        // A dispatch either reads or writes a buffer, even where the ranges do not overlap.
        if matches!(source, Source::Buffer(resident) if resident.buffer == buffer) {
            return Err(Error::BufferShared { operand });
        }
    }
    Ok(())
}
