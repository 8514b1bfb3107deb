//! A separate device for the command, as an application has one: buffers, a clock on the GPU, and how fast the device
//! moves bytes. Shared with `benches/gpu.rs`. This is the only file outside the module `gpu` that uses `wgpu`.

use crate::tuning::{ShaderInt64, Tuning};
use crate::wgpu;
use crate::{AdapterChoice, Engine, EngineOptions, Error, Result, adapters};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
pub(super) use wgpu::{Buffer, CommandEncoder};
use wgpu::{BufferUsages as Usage, Features};

/// Bytes that go to the device, or come from it, in one command: enough to hide what a command costs, and little beside
/// a volume, so that the host copies one chunk while another one is in transit.
const PIECE: usize = 4 << 20;

/// Bytes that a workgroup of read.wgsl reads at a time.
const GROUP_BYTES: u64 = 32 << 10;

/// Workgroups that read.wgsl is tried with: as many as there are parts, or fewer that each read several. Which is
/// faster differs between devices; the faster one is the ceiling.
const MOST_GROUPS: [u64; 2] = [1 << 15, 1 << 10];

const TIMEOUT: Duration = Duration::from_secs(60);

/// An open device.
#[derive(Debug)]
pub(super) struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    clock: Option<Clock>,
    read: wgpu::ComputePipeline,
    /// What wgpu objected to since it was last looked at.
    fault: Arc<Mutex<Option<String>>>,
}

/// Timestamps of the GPU around commands.
#[derive(Debug)]
struct Clock {
    set: wgpu::QuerySet,
    resolved: Buffer,
    mapped: Buffer,
    nanoseconds: f64,
}

impl Gpu {
    /// Opens the adapter that an engine with this choice would take.
    pub fn open(choice: &AdapterChoice) -> Result<Self> {
        let facts = adapters();
        let name = |name: &str| facts.iter().find(|fact| fact.name.to_lowercase().contains(&name.to_lowercase()));
        let fact = match choice {
            AdapterChoice::Best => facts.iter().min_by_key(|fact| (fact.kind, fact.index)),
            AdapterChoice::Named(text) => name(text),
            AdapterChoice::Index(index) => facts.get(*index),
        };
        let none = |found: String| Error::NoAdapter { request: "fits the choice".into(), found };
        let index = fact.ok_or_else(|| none(format!("there are {}", facts.len())))?.index;
        let adapter = usable().into_iter().nth(index).ok_or_else(|| none("it is gone".into()))?;
        Self::of(&adapter)
    }

    fn of(adapter: &wgpu::Adapter) -> Result<Self> {
        let clock = Features::TIMESTAMP_QUERY | Features::TIMESTAMP_QUERY_INSIDE_ENCODERS;
        let limits = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("voxdice bench"),
            required_features: adapter.features() & (Features::SHADER_INT64 | clock),
            required_limits: wgpu::Limits {
                max_buffer_size: limits.max_buffer_size,
                max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
                ..wgpu::Limits::downlevel_defaults()
            },
            ..Default::default()
        };
        let opened = pollster::block_on(adapter.request_device(&descriptor));
        let (device, queue) = opened.map_err(|error| failure(&error))?;
        let fault = Arc::new(Mutex::new(None));
        let noting = Arc::clone(&fault);
        // Without a handler wgpu panics.
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            noting.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
        }));
        let module = device.create_shader_module(wgpu::include_wgsl!("read.wgsl"));
        let read = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("plain read"),
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
        let clock = device.features().contains(clock).then(|| Clock::new(&device, &queue));
        let gpu = Self { device, queue, clock, read, fault };
        gpu.checked(())?;
        Ok(gpu)
    }

    /// An engine on this device.
    pub fn engine(&self, int64: ShaderInt64) -> Result<Engine> {
        let tuning = Tuning { int64, ..Tuning::default() };
        let options = EngineOptions { tuning, ..EngineOptions::default() };
        Engine::with_device(self.device.clone(), self.queue.clone(), &options)
    }

    /// Whether commands are timed by the GPU itself.
    pub fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// Whether one buffer can hold so many bytes.
    pub fn holds(&self, bytes: u64) -> bool {
        padded(bytes) <= self.device.limits().max_buffer_size
    }

    /// A buffer of `bytes`, up to whole 16 of them, for operands and for copies.
    pub fn empty(&self, bytes: u64) -> Result<Buffer> {
        self.buffer(padded(bytes), Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST)
    }

    fn buffer(&self, size: u64, usage: Usage) -> Result<Buffer> {
        let descriptor = wgpu::BufferDescriptor { label: Some("bench"), size, usage, mapped_at_creation: false };
        self.checked(self.device.create_buffer(&descriptor))
    }

    /// Copies bytes from host memory to the start of a buffer and waits until they are there.
    pub fn upload(&self, bytes: &[u8], buffer: &Buffer) -> Result<()> {
        let mut last = self.queue.submit([]);
        for (i, piece) in bytes.chunks(PIECE).enumerate() {
            let (whole, rest) = piece.split_at(piece.len() / 4 * 4);
            let start = (i * PIECE) as u64;
            self.queue.write_buffer(buffer, start, whole);
            if !rest.is_empty() {
                let mut word = [0; 4];
                word[..rest.len()].copy_from_slice(rest);
                self.queue.write_buffer(buffer, start + whole.len() as u64, &word);
            }
            last = self.queue.submit([]);
        }
        self.wait(last)
    }

    /// Copies the start of a buffer to host memory, two chunks in flight.
    pub fn download(&self, buffer: &Buffer, bytes: &mut [u8]) -> Result<()> {
        let piece = padded(bytes.len().min(PIECE) as u64);
        let mapped = [self.mapped(piece)?, self.mapped(piece)?];
        let ask = |i: usize, length: usize| {
            let length = padded(length as u64);
            let mut encoder = self.encoder();
            encoder.copy_buffer_to_buffer(buffer, (i * PIECE) as u64, &mapped[i % 2], 0, Some(length));
            let submission = self.queue.submit([encoder.finish()]);
            mapped[i % 2].map_async(wgpu::MapMode::Read, ..length, |_| ());
            submission
        };
        let lengths: Vec<usize> = bytes.chunks(PIECE).map(<[u8]>::len).collect();
        let mut asked = lengths.first().map(|&length| ask(0, length));
        for (i, part) in bytes.chunks_mut(PIECE).enumerate() {
            let next = lengths.get(i + 1).map(|&length| ask(i + 1, length));
            if let Some(submission) = asked {
                self.wait(submission)?;
            }
            let view = mapped[i % 2].get_mapped_range(..padded(part.len() as u64)).map_err(|error| failure(&error))?;
            part.copy_from_slice(&view[..part.len()]);
            drop(view);
            mapped[i % 2].unmap();
            asked = next;
        }
        Ok(())
    }

    fn mapped(&self, size: u64) -> Result<Buffer> {
        self.buffer(size, Usage::MAP_READ | Usage::COPY_DST)
    }

    /// Seconds of a copy from one buffer to another within the device.
    pub fn copy(&self, from: &Buffer, to: &Buffer) -> Result<f64> {
        let (_, seconds) = self.timed(|encoder| {
            encoder.copy_buffer_to_buffer(from, 0, to, 0, Some(from.size().min(to.size())));
            Ok(())
        })?;
        Ok(seconds)
    }

    /// Reads every byte of the buffers once. The sum of their words, which wraps, and the seconds of the faster way.
    pub fn read(&self, buffers: &[&Buffer]) -> Result<(u32, f64)> {
        let ways = MOST_GROUPS.map(|most| self.read_with(buffers, most));
        let [(sum, seconds), (other, again)] = {
            let [a, b] = ways;
            [a?, b?]
        };
        if sum != other {
            return Err(failure(&"two reads of the same bytes differ"));
        }
        Ok((sum, seconds.min(again)))
    }

    fn read_with(&self, buffers: &[&Buffer], most_groups: u64) -> Result<(u32, f64)> {
        let reads = self.reads(buffers, most_groups)?;
        let ((), seconds) = self.timed(|encoder| {
            reads.record(encoder, &self.read);
            Ok(())
        })?;
        let mut sums = vec![0u32; reads.groups as usize];
        self.download(&reads.sums, bytemuck::cast_slice_mut(&mut sums))?;
        Ok((sums.iter().fold(0, |all, &sum| all.wrapping_add(sum)), seconds))
    }

    /// The dispatches that read the buffers: one for each part that a binding may cover.
    fn reads(&self, buffers: &[&Buffer], most_groups: u64) -> Result<Reads> {
        let part_bytes = self.device.limits().max_storage_buffer_binding_size.min(1 << 30) / GROUP_BYTES * GROUP_BYTES;
        let mut parts = Vec::new();
        let mut groups = 0;
        for &buffer in buffers {
            for start in (0..buffer.size()).step_by(part_bytes as usize) {
                let bytes = part_bytes.min(buffer.size() - start);
                let of_part = bytes.div_ceil(GROUP_BYTES).min(most_groups);
                parts.push((buffer, start, bytes, groups, of_part));
                groups += of_part;
            }
        }
        let sums = self.empty(4 * groups)?;
        let layout = self.read.get_bind_group_layout(0);
        let dispatch = |(buffer, offset, bytes, first, groups): (&Buffer, u64, u64, u64, u64)| {
            let numbers = self.buffer(16, Usage::UNIFORM | Usage::COPY_DST)?;
            let words = [bytes / 16, groups, first, 0].map(|number| number as u32);
            self.queue.write_buffer(&numbers, 0, bytemuck::cast_slice(&words));
            let part = wgpu::BufferBinding { buffer, offset, size: std::num::NonZeroU64::new(bytes) };
            let entry = |binding, resource| wgpu::BindGroupEntry { binding, resource };
            let bind_group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &layout,
                entries: &[
                    entry(0, wgpu::BindingResource::Buffer(part)),
                    entry(1, sums.as_entire_binding()),
                    entry(2, numbers.as_entire_binding()),
                ],
            });
            Ok((bind_group, groups as u32))
        };
        let dispatches = parts.into_iter().map(dispatch).collect::<Result<_>>()?;
        self.checked(Reads { dispatches, sums, groups })
    }

    /// What `record` leaves in an encoder, run and waited for; and its seconds, by the clock of the GPU where it has one,
    /// else from submission to the end.
    pub fn timed<T>(&self, record: impl FnOnce(&mut CommandEncoder) -> Result<T>) -> Result<(T, f64)> {
        let mut encoder = self.encoder();
        self.note_time(&mut encoder, 0);
        let value = record(&mut encoder)?;
        self.note_time(&mut encoder, 1);
        let commands = encoder.finish();
        let start = Instant::now();
        let submission = self.queue.submit([commands]);
        self.wait(submission)?;
        let waited = start.elapsed().as_secs_f64();
        Ok((value, self.clocked()?.unwrap_or(waited)))
    }

    /// The same for `submit`, which submits commands itself. Its own work on the host would count as work of the GPU; so
    /// the GPU is first given a read of `busy`, and the clock starts behind that.
    pub fn timed_behind<T>(&self, busy: &[&Buffer], submit: impl FnOnce() -> Result<T>) -> Result<(T, Option<f64>)> {
        let reads = self.reads(busy, MOST_GROUPS[0])?;
        let mut encoder = self.encoder();
        reads.record(&mut encoder, &self.read);
        self.note_time(&mut encoder, 0);
        self.queue.submit([encoder.finish()]);
        let value = submit()?;
        let mut encoder = self.encoder();
        self.note_time(&mut encoder, 1);
        let submission = self.queue.submit([encoder.finish()]);
        self.wait(submission)?;
        Ok((value, self.clocked()?))
    }

    /// Waits for everything that was submitted.
    pub fn finish(&self) -> Result<()> {
        self.wait(self.queue.submit([]))
    }

    fn encoder(&self) -> CommandEncoder {
        self.device.create_command_encoder(&Default::default())
    }

    fn note_time(&self, encoder: &mut CommandEncoder, index: u32) {
        let Some(clock) = &self.clock else { return };
        encoder.write_timestamp(&clock.set, index);
        if index == 1 {
            encoder.resolve_query_set(&clock.set, 0..2, &clock.resolved, 0);
            encoder.copy_buffer_to_buffer(&clock.resolved, 0, &clock.mapped, 0, Some(16));
        }
    }

    /// Seconds between the two times that were noted, when that is done.
    fn clocked(&self) -> Result<Option<f64>> {
        let Some(clock) = &self.clock else { return Ok(None) };
        clock.mapped.map_async(wgpu::MapMode::Read, .., |_| ());
        self.finish()?;
        let view = clock.mapped.get_mapped_range(..).map_err(|error| failure(&error))?;
        let times = bytemuck::pod_collect_to_vec::<u8, u64>(&view);
        drop(view);
        clock.mapped.unmap();
        let ticks = times[1].saturating_sub(times[0]);
        Ok(Some(ticks as f64 * clock.nanoseconds / 1e9))
    }

    fn wait(&self, submission: wgpu::SubmissionIndex) -> Result<()> {
        let poll = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(TIMEOUT) };
        self.device.poll(poll).map_err(|error| failure(&error))?;
        self.checked(())
    }

    /// The value, unless wgpu reported an error.
    fn checked<T>(&self, value: T) -> Result<T> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        fault.map_or(Ok(value), |message| Err(Error::Gpu { message }))
    }
}

impl Clock {
    fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 16, usage, mapped_at_creation: false })
        };
        let set = device.create_query_set(&wgpu::QuerySetDescriptor {
            label: None,
            ty: wgpu::QueryType::Timestamp,
            count: 2,
        });
        Self {
            set,
            resolved: buffer(Usage::QUERY_RESOLVE | Usage::COPY_SRC),
            mapped: buffer(Usage::MAP_READ | Usage::COPY_DST),
            nanoseconds: queue.get_timestamp_period().into(),
        }
    }
}

/// Dispatches of read.wgsl, and where their sums go.
struct Reads {
    dispatches: Vec<(wgpu::BindGroup, u32)>,
    sums: Buffer,
    groups: u64,
}

impl Reads {
    fn record(&self, encoder: &mut CommandEncoder, pipeline: &wgpu::ComputePipeline) {
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(pipeline);
        for (bind_group, groups) in &self.dispatches {
            pass.set_bind_group(0, bind_group, &[]);
            pass.dispatch_workgroups(*groups, 1, 1);
        }
    }
}

/// The sum of the words of some bytes, which wraps; of a part of a word the rest is 0.
pub(super) fn sum_of_words(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().chain([&last]).fold(0, |sum, &word| sum.wrapping_add(u32::from_le_bytes(word)))
}

/// Buffers are read in whole 16 bytes; what is beyond the voxels stays 0.
fn padded(bytes: u64) -> u64 {
    bytes.max(1).next_multiple_of(16)
}

fn failure(error: &dyn std::fmt::Display) -> Error {
    Error::Gpu { message: error.to_string() }
}

/// The adapters that `adapters()` lists, in its order.
fn usable() -> Vec<wgpu::Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    // No indirect calls here; their validation would cap buffers at 4 GiB.
    descriptor.flags.remove(wgpu::InstanceFlags::VALIDATION_INDIRECT_CALL);
    let instance = wgpu::Instance::new(descriptor);
    let mut all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let compute = wgpu::DownlevelFlags::COMPUTE_SHADERS;
    all.retain(|adapter| adapter.get_downlevel_capabilities().flags.contains(compute));
    all
}
