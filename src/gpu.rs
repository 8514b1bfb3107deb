//! The GPU backend: the only room that says `wgpu`. It moves bytes, runs kernels and hands partials back; it does not
//! know what Dice is.

mod adapters;
mod counts;
mod device;
mod gradient;
mod input;
mod passes;
mod pipelines;
mod self_test;
mod slot;
mod sums;

pub use adapters::{AdapterFact, AdapterKind, adapters};

use crate::error::{Error, Result};
use crate::kernel::source::Int64;
use crate::options::{AdapterChoice, Poison, Tuning};
use crate::plan::Limits;

/// A device, its pipelines and its idle buffers. Shared by threads: each call takes buffers of its own.
#[derive(Debug)]
pub(crate) struct Backend {
    device: device::Device,
    pipelines: pipelines::Pipelines,
    idle: slot::Pool,
    limits: Limits,
    int64: Int64,
    poison: Poison,
}

impl Backend {
    /// Opens the adapter and puts it through known answers.
    pub fn new(choice: &AdapterChoice, tuning: &Tuning) -> Result<Self> {
        let adapter = adapters::choose(choice)?;
        let device = device::Device::open(adapter, tuning.timeout)?;
        let limits = limits(&device, tuning)?;
        let pipelines = pipelines::Pipelines::new(&device)?;
        let int64 = device.int64(tuning.int64);
        let mut backend = Self { device, pipelines, idle: slot::Pool::default(), limits, int64, poison: tuning.poison };
        self_test::run(&mut backend)?;
        Ok(backend)
    }

    /// Adapter, driver and variant, for people.
    pub fn describe(&self) -> String {
        let int64 = match self.int64 {
            Int64::Native => "native 64-bit integers",
            Int64::Pairs => "64-bit integers as pairs",
        };
        format!("{}, {int64}", self.device.fact)
    }
}

/// Results of one dispatch beyond this make the window smaller: they are read back and folded on the host.
const MAX_RESULT_BYTES: u64 = 16 << 20;

fn limits(device: &device::Device, tuning: &Tuning) -> Result<Limits> {
    let most = device.fact.max_binding_bytes.min(device.fact.max_buffer_bytes).min(1 << 30);
    let (least, asked) = (64 << 10, tuning.window_bytes);
    if asked < least {
        let range = format!("at least {least}");
        return Err(Error::Tuning { name: "Tuning::window_bytes", value: asked, range });
    }
    Ok(Limits { window_bytes: asked.min(most), result_bytes: MAX_RESULT_BYTES.min(most) })
}

#[cfg(test)]
mod tests;
