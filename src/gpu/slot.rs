//! Buffers of one window in flight, kept for the next call.

use super::device::{Device, lock};
use crate::error::Result;
use crate::kernel::params::Params;
use std::sync::Mutex;
use wgpu::BufferUsages as Usage;

/// Buffers of one window: operands, class table or task list, parameters, result, and its copy for the host.
#[derive(Debug)]
pub(super) struct Slot {
    pub pred: wgpu::Buffer,
    pub truth: wgpu::Buffer,
    pub result: wgpu::Buffer,
    pub readback: wgpu::Buffer,
    pub aux: wgpu::Buffer,
    pub params: wgpu::Buffer,
}

/// Bytes that each buffer of a slot must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sizes {
    pub pred: u64,
    pub truth: u64,
    pub result: u64,
    /// 0 where the result stays on the GPU.
    pub readback: u64,
    pub aux: u64,
}

impl Slot {
    pub fn new(device: &Device, sizes: Sizes) -> Self {
        let buffer = |label, size, usage| buffer(device, label, size, usage);
        let input = Usage::STORAGE | Usage::COPY_DST;
        let operand = if device.mappable { input | Usage::MAP_WRITE } else { input };
        Self {
            pred: buffer("pred", sizes.pred, operand),
            truth: buffer("truth", sizes.truth, operand),
            result: buffer("result", sizes.result, input | Usage::COPY_SRC),
            readback: buffer("readback", sizes.readback, Usage::MAP_READ | Usage::COPY_DST),
            aux: aux(device, sizes.aux),
            params: params(device),
        }
    }

    /// The same buffers, but for those that the host fills: commands that run later find in them what was written last.
    pub fn with_own_numbers(&self, device: &Device, aux_bytes: u64) -> Self {
        let [pred, truth, result, readback] =
            [&self.pred, &self.truth, &self.result, &self.readback].map(wgpu::Buffer::clone);
        Self { pred, truth, result, readback, aux: aux(device, aux_bytes), params: params(device) }
    }

    fn holds(&self, sizes: Sizes) -> bool {
        self.pred.size() >= padded(sizes.pred)
            && self.truth.size() >= padded(sizes.truth)
            && self.result.size() >= padded(sizes.result)
            && self.readback.size() >= padded(sizes.readback)
            && self.aux.size() >= padded(sizes.aux)
    }
}

fn aux(device: &Device, bytes: u64) -> wgpu::Buffer {
    buffer(device, "aux", bytes, Usage::STORAGE | Usage::COPY_DST)
}

fn params(device: &Device) -> wgpu::Buffer {
    buffer(device, "params", size_of::<Params>() as u64, Usage::UNIFORM | Usage::COPY_DST)
}

fn buffer(device: &Device, label: &str, bytes: u64, usage: Usage) -> wgpu::Buffer {
    let size = padded(bytes);
    let descriptor = wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
    device.raw.create_buffer(&descriptor)
}

/// Sizes are multiples of 16, because loaders read four words at a time, and not 0.
pub(super) fn padded(bytes: u64) -> u64 {
    bytes.max(1).next_multiple_of(16)
}

/// Slots that no call uses at the moment.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Slot>>);

impl Pool {
    /// Slots kept at most; beyond that a returned one is dropped.
    const KEPT: usize = 4;

    pub fn take(&self, device: &Device, sizes: Sizes) -> Result<Slot> {
        let kept = {
            let mut slots = lock(&self.0);
            let fitting = slots.iter().position(|slot| slot.holds(sizes));
            // Where none fits, an idle slot is dropped for the new one.
            match fitting {
                Some(i) => Some(slots.swap_remove(i)),
                None => {
                    slots.pop();
                    None
                }
            }
        };
        match kept {
            Some(slot) => Ok(slot),
            None => device.guarded(|device| Slot::new(device, sizes)),
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }

    pub fn give_back(&self, slot: Slot) {
        let mut slots = lock(&self.0);
        if slots.len() < Self::KEPT {
            slots.push(slot);
        }
    }
}
