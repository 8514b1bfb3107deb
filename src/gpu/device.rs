//! A device and everything that can go wrong with it: no wgpu error becomes a panic.

use super::adapters::AdapterFact;
use crate::error::{Error, Result};
use crate::kernel::source::Int64;
use crate::options::ShaderInt64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Device {
    pub fact: AdapterFact,
    pub raw: wgpu::Device,
    pub queue: wgpu::Queue,
    faults: Arc<Faults>,
    timeout: Duration,
}

/// What wgpu reports outside of any call.
#[derive(Debug, Default)]
struct Faults {
    lost: Mutex<Option<String>>,
    uncaptured: Mutex<Option<String>>,
}

/// The value under a mutex, even after a panic elsewhere: these hold plain data that no panic leaves half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Device {
    pub fn open((fact, adapter): (AdapterFact, wgpu::Adapter), timeout: Duration) -> Result<Self> {
        let limits = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("voxdice"),
            required_features: adapter.features() & wgpu::Features::SHADER_INT64,
            // The base path needs no more than this, but for the sizes of buffers.
            required_limits: wgpu::Limits {
                max_buffer_size: limits.max_buffer_size,
                max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
                ..wgpu::Limits::downlevel_defaults()
            },
            ..Default::default()
        };
        let opened = pollster::block_on(adapter.request_device(&descriptor));
        let (raw, queue) = opened.map_err(|error| Error::NoAdapter {
            request: format!("named `{}` can be opened", fact.name),
            found: format!("its driver says: {error}; update it or use the CPU backend"),
        })?;
        let faults = Arc::new(Faults::default());
        let noting = Arc::clone(&faults);
        raw.set_device_lost_callback(move |reason, message| {
            *lock(&noting.lost) = Some(format!("{message} ({reason:?})"));
        });
        let noting = Arc::clone(&faults);
        raw.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            lock(&noting.uncaptured).get_or_insert_with(|| error.to_string());
        }));
        Ok(Self { fact, raw, queue, faults, timeout })
    }

    /// The 64-bit integers to use, before the self-test has its say.
    pub fn int64(&self, asked: ShaderInt64) -> Int64 {
        let native = self.raw.features().contains(wgpu::Features::SHADER_INT64);
        if native && asked == ShaderInt64::Auto { Int64::Native } else { Int64::Pairs }
    }

    /// Runs `f` and turns whatever wgpu objects to in it into an error.
    pub fn guarded<T>(&self, f: impl FnOnce(&Self) -> T) -> Result<T> {
        use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
        let [internal, memory, validation] =
            [Internal, OutOfMemory, Validation].map(|filter| self.raw.push_error_scope(filter));
        let value = f(self);
        // Scopes are popped in reverse order; natively the futures are ready at once.
        let errors = [validation, memory, internal].map(|scope| pollster::block_on(scope.pop()));
        self.check_faults()?;
        match errors.into_iter().flatten().next() {
            None => Ok(value),
            Some(wgpu::Error::OutOfMemory { source }) => Err(Error::GpuOutOfMemory { message: source.to_string() }),
            Some(error) => Err(Error::Gpu { message: error.to_string() }),
        }
    }

    /// Waits for a submission, but not for ever.
    pub fn wait(&self, submission: wgpu::SubmissionIndex) -> Result<()> {
        let poll = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(self.timeout) };
        match self.raw.poll(poll) {
            Ok(_) => self.check_faults(),
            Err(wgpu::PollError::Timeout) => {
                self.check_faults()?;
                Err(Error::GpuTimeout { seconds: self.timeout.as_secs() })
            }
            Err(error) => Err(Error::Gpu { message: error.to_string() }),
        }
    }

    fn check_faults(&self) -> Result<()> {
        if let Some(reason) = lock(&self.faults.lost).clone() {
            return Err(Error::DeviceLost { reason });
        }
        match lock(&self.faults.uncaptured).take() {
            Some(message) => Err(Error::Gpu { message }),
            None => Ok(()),
        }
    }
}
