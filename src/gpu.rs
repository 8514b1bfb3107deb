//! The GPU backend: the only module that uses `wgpu`. It moves bytes, runs kernels and returns partials; it does not
//! know what Dice is.

mod adapters;
mod arrival;
mod copies;
mod counts;
mod device;
mod form;
mod gradient;
mod gradient_buffer;
mod input;
mod instances;
mod labels;
mod masks;
mod passes;
mod pipelines;
mod record;
mod resident;
mod self_test;
mod slot;
mod sums;
mod surfaces;
mod upload;

pub use adapters::{AdapterFact, AdapterKind, adapters};
pub(crate) use arrival::Waiting;
pub(crate) use gradient_buffer::Target;
pub(crate) use pollster::block_on;
pub(crate) use resident::Resident;
pub(crate) use sums::BlockSink;
pub(crate) use surfaces::Measured;

/// The application's objects, under names that other modules may use.
pub(crate) mod application {
    pub use wgpu::{Buffer, CommandEncoder, Device, Queue};
}

use crate::error::{Error, Result};
use crate::kernel::source::{Dot, Int64};
use crate::options::{AdapterChoice, Poison, Tuning};
use std::sync::atomic::AtomicBool;

/// A device, its pipelines and its idle buffers. Threads share it: each call takes separate buffers.
#[derive(Debug)]
pub(crate) struct Backend {
    device: device::Device,
    pipelines: pipelines::Pipelines,
    idle: slot::Pool,
    limits: Windows,
    bindings: input::BindingLimits,
    int64: Int64,
    dot: Dot,
    poison: Poison,
    /// Whether the kernels of surface distances have given known answers.
    surfaces_trusted: AtomicBool,
    /// The same of the kernels of lesions.
    instances_trusted: AtomicBool,
}

impl Backend {
    /// Opens the adapter and checks it against known answers.
    pub fn new(choice: &AdapterChoice, tuning: &Tuning) -> Result<Self> {
        let adapter = adapters::choose(choice)?;
        Self::of(device::Device::open(adapter, tuning.timeout)?, tuning)
    }

    /// Takes the application's device and checks it against known answers.
    pub fn with_device(device: wgpu::Device, queue: wgpu::Queue, tuning: &Tuning) -> Result<Self> {
        Self::of(device::Device::of_application(device, queue, tuning.timeout)?, tuning)
    }

    fn of(device: device::Device, tuning: &Tuning) -> Result<Self> {
        let most = device.fact.max_binding_bytes.min(device.fact.max_buffer_bytes).min(MAX_BINDING_BYTES);
        let limits = Windows::new(most, device.fact.kind, tuning)?;
        // Loaders read 16 bytes at a time.
        let alignment = u64::from(device.raw.limits().min_storage_buffer_offset_alignment).max(16);
        let bindings = input::BindingLimits { alignment, most_bytes: most };
        let pipelines = pipelines::Pipelines::new(&device)?;
        let (int64, dot, poison) = (device.int64(tuning.int64), Dot::Packed, tuning.poison);
        let mut backend = Self {
            device,
            pipelines,
            idle: slot::Pool::default(),
            limits,
            bindings,
            int64,
            dot,
            poison,
            surfaces_trusted: AtomicBool::new(false),
            instances_trusted: AtomicBool::new(false),
        };
        self_test::run(&mut backend)?;
        Ok(backend)
    }

    /// A readable description: adapter, driver and variant.
    pub fn describe(&self) -> String {
        let int64 = match self.int64 {
            Int64::Native => "native 64-bit integers",
            Int64::Pairs => "64-bit integers as pairs",
        };
        format!("{}, {int64}", self.device.fact)
    }
}

/// Bytes of a binding at most: kernels count elements in 32 bits, with what lies between channels.
const MAX_BINDING_BYTES: u64 = 2 << 30;

/// Results of one dispatch beyond this make the window smaller: they are read back and folded on the host.
const MAX_RESULT_BYTES: u64 = 16 << 20;

/// Tasks that a dispatch is split into at least, where blocks are large enough: two or three for each workgroup that
/// the largest GPUs can run at once. A CPU runs fewer at once, and every fold costs it time.
const LEAST_TASKS: u64 = 2048;
const LEAST_TASKS_IN_SOFTWARE: u64 = 16;

/// Bytes of a window.
#[derive(Debug, Clone, Copy)]
struct Windows {
    /// Of voxels that are copied.
    window_bytes: u64,
    /// Of voxels that are bound as they are.
    resident_bytes: u64,
    result_bytes: u64,
    least_tasks: u64,
}

impl Windows {
    fn new(most: u64, kind: AdapterKind, tuning: &Tuning) -> Result<Self> {
        let least = 64 << 10;
        for (name, value) in
            [("Tuning::window_bytes", tuning.window_bytes), ("Tuning::resident_bytes", tuning.resident_bytes)]
        {
            if value < least {
                return Err(Error::Tuning { name, value, range: format!("at least {least}") });
            }
        }
        let [window_bytes, resident_bytes] = [tuning.window_bytes, tuning.resident_bytes].map(|bytes| bytes.min(most));
        let least_tasks = if kind == AdapterKind::Software { LEAST_TASKS_IN_SOFTWARE } else { LEAST_TASKS };
        Ok(Self { window_bytes, resident_bytes, result_bytes: MAX_RESULT_BYTES.min(most), least_tasks })
    }
}

#[cfg(test)]
mod tests;
