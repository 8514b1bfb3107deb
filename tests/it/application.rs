//! What an application that owns its device does: open it, fill buffers, hand both to the library.

use std::sync::LazyLock;
use voxdice::tuning::{Poison, Tuning};
use voxdice::{Backend, Engine, EngineOptions, NonFinite};

/// A device of an application, and an engine on it.
pub struct Application {
    pub name: String,
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub engine: Engine,
}

/// Each adapter twice: with the least that a device may have and tiny windows, and with 64-bit integers and large ones.
/// None, said once, where no adapter answers.
pub static ALL: LazyLock<Vec<Application>> = LazyLock::new(|| {
    if !crate::engines::gpu::available() {
        return Vec::new();
    }
    let mut all = Vec::new();
    for adapter in adapters() {
        let small = Tuning { window_bytes: 64 << 10, resident_bytes: 128 << 10, ..Tuning::default() };
        all.push(Application::new(&adapter, wgpu::Features::empty(), ", downlevel, small windows", small));
        let features = adapter.features() & (wgpu::Features::SHADER_INT64 | wgpu::Features::MAPPABLE_PRIMARY_BUFFERS);
        all.push(Application::new(&adapter, features, "", Tuning::default()));
    }
    all
});

/// The adapters that can run compute shaders.
pub fn adapters() -> Vec<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let compute = wgpu::DownlevelFlags::COMPUTE_SHADERS;
    all.into_iter().filter(|adapter| adapter.get_downlevel_capabilities().flags.contains(compute)).collect()
}

/// A device with the least that the library must do with.
pub fn open(adapter: &wgpu::Adapter, features: wgpu::Features) -> (wgpu::Device, wgpu::Queue) {
    open_with(adapter, features, wgpu::Limits::downlevel_defaults())
}

pub fn open_with(
    adapter: &wgpu::Adapter,
    required_features: wgpu::Features,
    required_limits: wgpu::Limits,
) -> (wgpu::Device, wgpu::Queue) {
    let descriptor = wgpu::DeviceDescriptor { required_features, required_limits, ..Default::default() };
    pollster::block_on(adapter.request_device(&descriptor)).unwrap()
}

/// The CPU engine that results are compared with.
pub fn cpu() -> Engine {
    let (backend, non_finite) = (Backend::Cpu, NonFinite::Ignore);
    Engine::new(&EngineOptions { backend, non_finite, ..EngineOptions::default() }).unwrap()
}

impl Application {
    pub fn new(adapter: &wgpu::Adapter, features: wgpu::Features, variant: &str, tuning: Tuning) -> Self {
        let (device, queue) = open(adapter, features);
        let tuning = Tuning { poison: Poison::On, ..tuning };
        let options = EngineOptions { non_finite: NonFinite::Ignore, tuning, ..EngineOptions::default() };
        let engine = Engine::with_device(device.clone(), queue.clone(), &options).unwrap();
        Self { name: format!("{}{variant}", adapter.get_info().name), device, queue, engine }
    }

    /// A buffer that holds `bytes` from `offset` on and noise around, up to a multiple of 4. Its usages are those that
    /// the library asks for, and the one to fill it.
    pub fn buffer(&self, bytes: &[u8], offset: usize) -> wgpu::Buffer {
        let mut all = vec![0xa5; (offset + bytes.len()).next_multiple_of(4)];
        all[offset..offset + bytes.len()].copy_from_slice(bytes);
        let buffer = self.empty(all.len() as u64, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST);
        self.queue.write_buffer(&buffer, 0, &all);
        buffer
    }

    pub fn empty(&self, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
    }

    /// The bytes of a buffer with usage `COPY_SRC`.
    pub fn read(&self, buffer: &wgpu::Buffer) -> Vec<u8> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let readback = self.empty(buffer.size(), usage);
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &readback, 0, None);
        self.queue.submit([encoder.finish()]);
        readback.map_async(wgpu::MapMode::Read, .., |result| result.unwrap());
        self.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
        readback.get_mapped_range(..).unwrap().to_vec()
    }
}
