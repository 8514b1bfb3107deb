//! Engines on the application's own device.

use super::{Chosen, Engine};
use crate::error::Result;
use crate::gpu::{self, application};
use crate::options::EngineOptions;

impl Engine {
    /// An engine on a device that the application has opened already, for voxels that are in its buffers
    /// ([`Volume::buffer`](crate::Volume::buffer)) and for voxels in host memory.
    ///
    /// The device needs no feature, and no limits beyond `wgpu::Limits::downlevel_defaults()`. Where it was opened with
    /// `SHADER_INT64`, and passes the self-test with it, 64-bit integers are used, with the same results. `backend` and
    /// `adapter` of the options are not looked at.
    ///
    /// The device stays the application's: no device-lost callback and no uncaptured-error handler is installed. Every
    /// command runs in the engine's own error scopes, so the application's handler never sees an error of this engine.
    /// When a command fails, the engine asks the device for a small buffer: a lost device refuses it.
    ///
    /// # Errors
    /// [`Error::DeviceLimit`](crate::Error::DeviceLimit) for a device with smaller limits;
    /// [`Error::SelfTest`](crate::Error::SelfTest); [`Error::Tuning`](crate::Error::Tuning); what the GPU may report.
    ///
    /// ```no_run
    /// use voxdice::{Engine, EngineOptions, wgpu};
    /// # fn f(device: wgpu::Device, queue: wgpu::Queue) -> voxdice::Result<()> {
    /// let engine = Engine::with_device(device.clone(), queue.clone(), &EngineOptions::default())?;
    /// println!("{}", engine.describe().device);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_device(
        device: application::Device,
        queue: application::Queue,
        options: &EngineOptions,
    ) -> Result<Self> {
        let backend = Chosen::Gpu(Box::new(gpu::Backend::with_device(device, queue, &options.tuning)?));
        Ok(Self::on(backend, options, "the application's device was given"))
    }
}
