//! A device and everything that can go wrong with it: no wgpu error becomes a panic.

use super::adapters::{self, AdapterFact, AdapterKind};
use super::arrival::{self, Polled, Poller};
use crate::error::{Error, Result};
use crate::kernel::source::Int64;
use crate::options::ShaderInt64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Device {
    pub fact: AdapterFact,
    pub raw: wgpu::Device,
    pub queue: wgpu::Queue,
    pub poller: Poller,
    /// Whether storage buffers may be mapped and are in host memory anyway.
    pub mappable: bool,
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
            required_features: adapter.features()
                & (wgpu::Features::SHADER_INT64 | wgpu::Features::MAPPABLE_PRIMARY_BUFFERS),
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
        let device = Self::new(fact, raw, queue, timeout);
        let noting = Arc::clone(&device.faults);
        device.raw.set_device_lost_callback(move |reason, message| {
            *lock(&noting.lost) = Some(format!("{message} ({reason:?})"));
        });
        let noting = Arc::clone(&device.faults);
        device.raw.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            lock(&noting.uncaptured).get_or_insert_with(|| error.to_string());
        }));
        Ok(device)
    }

    /// The application's device. Its handlers stay: every command of ours runs in error scopes.
    pub fn of_application(raw: wgpu::Device, queue: wgpu::Queue, timeout: Duration) -> Result<Self> {
        check_limits(&raw.limits())?;
        Ok(Self::new(adapters::fact_of(&raw), raw, queue, timeout))
    }

    fn new(fact: AdapterFact, raw: wgpu::Device, queue: wgpu::Queue, timeout: Duration) -> Self {
        let in_host_memory = matches!(fact.kind, AdapterKind::Integrated | AdapterKind::Software);
        let mappable = in_host_memory && raw.features().contains(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS);
        Self { fact, raw, queue, poller: Poller::default(), mappable, faults: Arc::default(), timeout }
    }

    /// The 64-bit integers to use, before the self-test decides.
    pub fn int64(&self, asked: ShaderInt64) -> Int64 {
        let native = self.raw.features().contains(wgpu::Features::SHADER_INT64);
        if native && asked == ShaderInt64::Auto { Int64::Native } else { Int64::Pairs }
    }

    /// Runs `f` and returns any wgpu error as an `Error`.
    pub fn guarded<T>(&self, f: impl FnOnce(&Self) -> T) -> Result<T> {
        self.check_faults()?;
        let (value, error) = self.scoped(f);
        self.check_faults()?;
        match error {
            None => Ok(value),
            Some(wgpu::Error::OutOfMemory { source }) => Err(Error::GpuOutOfMemory { message: source.to_string() }),
            // An object made on a lost device is invalid, and wgpu says no more about it.
            Some(error) => Err(self.failure(error.to_string())),
        }
    }

    /// Runs `f` in error scopes. Scopes belong to a thread: what the application does elsewhere meanwhile stays with it.
    fn scoped<T>(&self, f: impl FnOnce(&Self) -> T) -> (T, Option<wgpu::Error>) {
        use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
        let [internal, memory, validation] =
            [Internal, OutOfMemory, Validation].map(|filter| self.raw.push_error_scope(filter));
        let value = f(self);
        // Scopes are popped in reverse order; natively the futures are ready at once.
        let errors = [validation, memory, internal].map(|scope| pollster::block_on(scope.pop()));
        (value, errors.into_iter().flatten().next())
    }

    /// Waits for a submission, but not for ever.
    pub fn wait(&self, submission: wgpu::SubmissionIndex) -> Result<()> {
        match arrival::poll(&self.raw, submission, self.timeout) {
            Polled::Done => self.check_faults(),
            Polled::TimedOut => {
                self.check_faults()?;
                Err(Error::GpuTimeout { timeout: self.timeout })
            }
            Polled::Failed(message) => Err(self.failure(message)),
        }
    }

    /// Has wgpu call the callbacks that are due.
    pub fn poll_once(&self) {
        // A panic in there counts as a lost device, which the next command reports.
        let _ = catch_unwind(AssertUnwindSafe(|| self.raw.poll(wgpu::PollType::Poll)));
    }

    /// Waits until nothing is in flight.
    pub fn wait_for_all(&self) -> Result<()> {
        let last = self.guarded(|device| device.queue.submit([]))?;
        self.wait(last)
    }

    #[cfg(test)]
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The error for a failed command, from `message`. If the device is lost, that is the error.
    pub fn failure(&self, message: String) -> Error {
        match self.ask_whether_lost() {
            Err(lost) => lost,
            Ok(()) => Error::Gpu { message },
        }
    }

    /// Detects a lost device that none of our handlers reported, because the device is the application's or the driver
    /// said nothing. A lost device makes no buffers; wgpu has no other way to find out.
    pub fn ask_whether_lost(&self) -> Result<()> {
        let (mapped, error) = self.scoped(|device| {
            let probe = device.raw.create_buffer(&wgpu::BufferDescriptor {
                label: Some("voxdice probe"),
                size: 4,
                usage: wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: true,
            });
            probe.get_mapped_range(..).is_ok()
        });
        if !mapped && error.is_none() {
            lock(&self.faults.lost).get_or_insert_with(|| "it makes no buffers any more".into());
        }
        self.check_faults()
    }

    pub fn check_faults(&self) -> Result<()> {
        if let Some(reason) = lock(&self.faults.lost).clone() {
            return Err(Error::DeviceLost { reason });
        }
        match lock(&self.faults.uncaptured).take() {
            Some(message) => Err(Error::Gpu { message }),
            None => Ok(()),
        }
    }
}

/// Refuses limits that the kernels cannot run with. All of them are within wgpu's downlevel defaults.
fn check_limits(limits: &wgpu::Limits) -> Result<()> {
    let needs: [(&'static str, u64, u64); 9] = [
        ("max_bind_groups", limits.max_bind_groups.into(), 1),
        ("max_storage_buffers_per_shader_stage", limits.max_storage_buffers_per_shader_stage.into(), 4),
        ("max_uniform_buffers_per_shader_stage", limits.max_uniform_buffers_per_shader_stage.into(), 1),
        // Seven sums of eight bytes and a maximum, for each lane.
        ("max_compute_workgroup_storage_size", limits.max_compute_workgroup_storage_size.into(), 15_360),
        ("max_compute_invocations_per_workgroup", limits.max_compute_invocations_per_workgroup.into(), 256),
        ("max_compute_workgroup_size_x", limits.max_compute_workgroup_size_x.into(), 256),
        ("max_compute_workgroups_per_dimension", limits.max_compute_workgroups_per_dimension.into(), 32_768),
        ("max_storage_buffer_binding_size", limits.max_storage_buffer_binding_size, 16 << 20),
        ("max_buffer_size", limits.max_buffer_size, 16 << 20),
    ];
    match needs.into_iter().find(|&(_, value, least)| value < least) {
        Some((name, value, least)) => Err(Error::DeviceLimit { name, value, least }),
        None => Ok(()),
    }
}
