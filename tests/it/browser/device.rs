//! A wgpu device whose buffers are in this process and whose dispatches run in a browser. The library uses it like any
//! other, so there is no second way to make dispatches: what runs is what the GPU backend asks for. The page in the browser
//! (`page/`) has it as well.
#![allow(unsafe_code)] // wgpu's interfaces have unsafe methods; nothing unsafe is done in them

use super::commands::{Command, Encoder, Group, Recorded};
use std::fmt::Debug;
use std::ops::Range;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use wgpu::WriteOnly;
use wgpu::custom::*;

/// Someone who runs what `gpu.js` understands.
pub trait Browser: Debug + Send {
    /// The adapter there.
    fn name(&self) -> &str;
    /// Hands over a JSON text with bytes and waits for the answer.
    fn ask(&mut self, header: &serde_json::Value, bytes: &[&[u8]]) -> Result<Vec<u8>, String>;
}

/// What the device is made of, for it, its queue and who looks at it.
#[derive(Debug)]
pub struct Remote {
    browser: Mutex<Box<dyn Browser>>,
    /// What the browser objected to since someone asked.
    objection: Mutex<Option<String>>,
    made: AtomicU32,
    /// Pipelines that ran.
    ran: Mutex<Vec<Arc<Pipeline>>>,
}

/// A shader that became a pipeline in the browser.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    id: u32,
    pub name: String,
    pub wgsl: String,
    pub constants: Vec<(String, f64)>,
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Whatever the library never asks for.
pub fn unused() -> ! {
    unimplemented!("the library has no use for this")
}

impl Remote {
    pub fn new(browser: impl Browser + 'static) -> Arc<Self> {
        let (objection, ran) = (Mutex::default(), Mutex::default());
        Arc::new(Self { browser: Mutex::new(Box::new(browser)), objection, made: AtomicU32::new(0), ran })
    }

    pub fn open(self: &Arc<Self>) -> (wgpu::Device, wgpu::Queue) {
        let (device, queue) = (Device(Arc::clone(self)), Queue(Arc::clone(self)));
        (wgpu::Device::from_custom(device), wgpu::Queue::from_custom(queue))
    }

    /// Every pipeline that ran, in the order in which they first did.
    pub fn ran(&self) -> Vec<Arc<Pipeline>> {
        lock(&self.ran).clone()
    }

    fn ask(&self, header: &serde_json::Value, bytes: &[&[u8]]) -> Option<Vec<u8>> {
        let answer = lock(&self.browser).ask(header, bytes);
        answer.map_err(|message| lock(&self.objection).get_or_insert(message).clone()).ok()
    }

    fn run(&self, command: &Command) {
        match command {
            Command::Clear(buffer, range) => lock(&buffer.bytes)[range.clone()].fill(0),
            Command::Copy { source, from, target, to } => {
                let bytes = lock(&source.bytes)[from.clone()].to_vec();
                lock(&target.bytes)[*to..to + bytes.len()].copy_from_slice(&bytes);
            }
            Command::Dispatch { pipeline, bindings, groups } => {
                let bytes: Vec<Vec<u8>> =
                    bindings.iter().map(|part| lock(&part.buffer.bytes)[part.range.clone()].to_vec()).collect();
                let sizes: Vec<usize> = bytes.iter().map(Vec::len).collect();
                let header = serde_json::json!({ "id": pipeline.id, "sizes": sizes, "groups": groups });
                let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
                if let Some(result) = self.ask(&header, &slices) {
                    let Part { buffer, range } = &bindings[2];
                    lock(&buffer.bytes)[range.clone()].copy_from_slice(&result);
                }
                let mut ran = lock(&self.ran);
                if ran.iter().all(|other| other.id != pipeline.id) {
                    ran.push(Arc::clone(pipeline));
                }
            }
        }
    }
}

#[derive(Debug)]
struct Device(Arc<Remote>);

#[derive(Debug)]
struct Queue(Arc<Remote>);

#[derive(Debug, Clone)]
pub struct Buffer {
    bytes: Arc<Mutex<Vec<u8>>>,
}

#[derive(Debug)]
struct Module(String);

/// The library's pipelines have one layout, so layouts say nothing.
#[derive(Debug)]
struct Layout;

#[derive(Debug)]
pub struct Compute(pub Arc<Pipeline>);

/// The part of a buffer that is bound.
#[derive(Debug, Clone)]
pub struct Part {
    buffer: Buffer,
    range: Range<usize>,
}

/// A copy of a part of a buffer, to be read or to be written from.
#[derive(Debug)]
struct Bytes(Vec<u8>);

impl Buffer {
    /// Bytes from `offset` on: `size` of them, or all.
    pub fn range(&self, offset: u64, size: Option<u64>) -> Range<usize> {
        let end = size.map_or(lock(&self.bytes).len(), |size| (offset + size) as usize);
        offset as usize..end
    }
}

pub fn own(buffer: &DispatchBuffer) -> &Buffer {
    buffer.as_custom().expect("a buffer of this device")
}

impl DeviceInterface for Device {
    fn features(&self) -> wgpu::Features {
        wgpu::Features::empty()
    }

    fn limits(&self) -> wgpu::Limits {
        wgpu::Limits::downlevel_defaults()
    }

    fn adapter_info(&self) -> wgpu::AdapterInfo {
        let name = format!("{} in a browser", lock(&self.0.browser).name());
        wgpu::AdapterInfo { name, ..wgpu::AdapterInfo::new(wgpu::DeviceType::Other, wgpu::Backend::BrowserWebGpu) }
    }

    fn create_shader_module(
        &self,
        desc: wgpu::ShaderModuleDescriptor<'_>,
        _: wgpu::ShaderRuntimeChecks,
    ) -> DispatchShaderModule {
        let wgpu::ShaderSource::Wgsl(text) = desc.source else { unused() };
        DispatchShaderModule::custom(Module(text.into_owned()))
    }

    fn create_bind_group_layout(&self, _: &wgpu::BindGroupLayoutDescriptor<'_>) -> DispatchBindGroupLayout {
        DispatchBindGroupLayout::custom(Layout)
    }

    fn create_pipeline_layout(&self, _: &wgpu::PipelineLayoutDescriptor<'_>) -> DispatchPipelineLayout {
        DispatchPipelineLayout::custom(Layout)
    }

    fn create_bind_group(&self, desc: &wgpu::BindGroupDescriptor<'_>) -> DispatchBindGroup {
        let part = |binding: u32| {
            let entry = desc.entries.iter().find(|entry| entry.binding == binding).expect("five bindings");
            let wgpu::BindingResource::Buffer(part) = &entry.resource else { unused() };
            let buffer = part.buffer.as_custom::<Buffer>().expect("a buffer of this device").clone();
            let range = buffer.range(part.offset, part.size.map(u64::from));
            Part { buffer, range }
        };
        DispatchBindGroup::custom(Group([0, 1, 2, 3, 4].map(part)))
    }

    fn create_compute_pipeline(&self, desc: &wgpu::ComputePipelineDescriptor<'_>) -> DispatchComputePipeline {
        let module = desc.module.as_custom::<Module>().expect("a module of this device");
        let constants = desc.compilation_options.constants.iter().map(|&(name, value)| (name.to_owned(), value));
        let id = self.0.made.fetch_add(1, Ordering::SeqCst);
        let name = desc.label.unwrap_or_default().to_owned();
        let pipeline = Pipeline { id, name, wgsl: module.0.clone(), constants: constants.collect() };
        self.0.ask(&request(Some(id), &pipeline.wgsl, &pipeline.constants), &[]);
        DispatchComputePipeline::custom(Compute(Arc::new(pipeline)))
    }

    fn create_buffer(&self, desc: &wgpu::BufferDescriptor<'_>) -> DispatchBuffer {
        DispatchBuffer::custom(Buffer { bytes: Arc::new(Mutex::new(vec![0; desc.size as usize])) })
    }

    fn create_command_encoder(&self, _: &wgpu::CommandEncoderDescriptor<'_>) -> DispatchCommandEncoder {
        DispatchCommandEncoder::custom(Encoder::default())
    }

    fn set_device_lost_callback(&self, _: BoxDeviceLostCallback) {}
    fn on_uncaptured_error(&self, _: Arc<dyn wgpu::UncapturedErrorHandler>) {}

    fn push_error_scope(&self, _: wgpu::ErrorFilter) -> u32 {
        0
    }

    /// Whichever scope is asked first gets the objection; the library asks all of them.
    fn pop_error_scope(&self, _: u32) -> Pin<Box<dyn PopErrorScopeFuture>> {
        let error = lock(&self.0.objection)
            .take()
            .map(|description| wgpu::Error::Validation { source: description.clone().into(), description });
        Box::pin(std::future::ready(error))
    }

    fn poll(&self, _: wgpu::wgt::PollType<u64>) -> Result<wgpu::PollStatus, wgpu::PollError> {
        Ok(wgpu::PollStatus::QueueEmpty)
    }

    fn destroy(&self) {}

    unsafe fn create_shader_module_passthrough(
        &self,
        _: &wgpu::ShaderModuleDescriptorPassthrough<'_>,
    ) -> DispatchShaderModule {
        unused()
    }
    fn create_render_pipeline(&self, _: &wgpu::RenderPipelineDescriptor<'_>) -> DispatchRenderPipeline {
        unused()
    }
    fn create_mesh_pipeline(&self, _: &wgpu::MeshPipelineDescriptor<'_>) -> DispatchRenderPipeline {
        unused()
    }
    unsafe fn create_pipeline_cache(&self, _: &wgpu::PipelineCacheDescriptor<'_>) -> DispatchPipelineCache {
        unused()
    }
    fn create_texture(&self, _: &wgpu::TextureDescriptor<'_>) -> DispatchTexture {
        unused()
    }
    fn create_external_texture(
        &self,
        _: &wgpu::ExternalTextureDescriptor<'_>,
        _: &[&wgpu::TextureView],
    ) -> DispatchExternalTexture {
        unused()
    }
    fn create_blas(
        &self,
        _: &wgpu::CreateBlasDescriptor<'_>,
        _: wgpu::BlasGeometrySizeDescriptors,
    ) -> (Option<u64>, DispatchBlas) {
        unused()
    }
    fn create_tlas(&self, _: &wgpu::CreateTlasDescriptor<'_>) -> DispatchTlas {
        unused()
    }
    fn create_sampler(&self, _: &wgpu::SamplerDescriptor<'_>) -> DispatchSampler {
        unused()
    }
    fn create_query_set(&self, _: &wgpu::QuerySetDescriptor<'_>) -> DispatchQuerySet {
        unused()
    }
    fn create_render_bundle_encoder(&self, _: &wgpu::RenderBundleEncoderDescriptor<'_>) -> DispatchRenderBundleEncoder {
        unused()
    }
    unsafe fn start_graphics_debugger_capture(&self) {}
    unsafe fn stop_graphics_debugger_capture(&self) {}
    fn get_internal_counters(&self) -> wgpu::InternalCounters {
        unused()
    }
    fn generate_allocator_report(&self) -> Option<wgpu::AllocatorReport> {
        None
    }
}

/// A request as `gpu.js` takes it.
pub fn packed(header: &serde_json::Value, bytes: &[&[u8]]) -> Vec<u8> {
    let mut text = header.to_string().into_bytes();
    let length = text.len() as u32;
    text.resize(text.len().next_multiple_of(4), 0);
    let mut all = [&length.to_le_bytes()[..], &text].concat();
    bytes.iter().for_each(|bytes| all.extend_from_slice(bytes));
    all
}

/// What the page is told to make a pipeline of; without an id it forgets it again.
pub fn request(id: Option<u32>, wgsl: &str, constants: &[(impl AsRef<str>, f64)]) -> serde_json::Value {
    let constants: serde_json::Map<_, _> =
        constants.iter().map(|(name, value)| (name.as_ref().to_owned(), (*value).into())).collect();
    serde_json::json!({ "id": id, "wgsl": wgsl, "constants": constants })
}

impl QueueInterface for Queue {
    fn write_buffer(&self, buffer: &DispatchBuffer, offset: u64, data: &[u8]) {
        let offset = offset as usize;
        lock(&own(buffer).bytes)[offset..offset + data.len()].copy_from_slice(data);
    }

    fn create_staging_buffer(&self, size: wgpu::BufferSize) -> Option<DispatchQueueWriteBuffer> {
        Some(DispatchQueueWriteBuffer::custom(Bytes(vec![0; u64::from(size) as usize])))
    }

    fn validate_write_buffer(&self, buffer: &DispatchBuffer, offset: u64, size: wgpu::BufferSize) -> Option<()> {
        (offset + u64::from(size) <= lock(&own(buffer).bytes).len() as u64).then_some(())
    }

    fn write_staging_buffer(&self, buffer: &DispatchBuffer, offset: u64, staging: &DispatchQueueWriteBuffer) {
        let Bytes(bytes) = staging.as_custom().expect("a staging buffer of this queue");
        self.write_buffer(buffer, offset, bytes);
    }

    /// Everything is done when this returns.
    fn submit(&self, command_buffers: &mut dyn Iterator<Item = DispatchCommandBuffer>) -> u64 {
        for buffer in command_buffers {
            let Recorded(commands) = buffer.as_custom().expect("commands of this device");
            lock(commands).iter().for_each(|command| self.0.run(command));
        }
        0
    }

    fn on_submitted_work_done(&self, callback: BoxSubmittedWorkDoneCallback) {
        callback();
    }

    fn get_timestamp_period(&self) -> f32 {
        1.0
    }
    fn write_texture(
        &self,
        _: wgpu::TexelCopyTextureInfo<'_>,
        _: &[u8],
        _: wgpu::TexelCopyBufferLayout,
        _: wgpu::Extent3d,
    ) {
        unused()
    }
    fn compact_blas(&self, _: &DispatchBlas) -> (Option<u64>, DispatchBlas) {
        unused()
    }
    fn present(&self, _: &DispatchSurfaceOutputDetail) {
        unused()
    }
}

impl BufferInterface for Buffer {
    fn map_async(&self, _: wgpu::MapMode, _: Range<u64>, callback: BufferMapCallback) {
        callback(Ok(()));
    }

    fn get_mapped_range(&self, range: Range<u64>) -> Result<DispatchBufferMappedRange, wgpu::MapRangeError> {
        let bytes = lock(&self.bytes)[range.start as usize..range.end as usize].to_vec();
        Ok(DispatchBufferMappedRange::custom(Bytes(bytes)))
    }

    fn unmap(&self) {}
    fn destroy(&self) {}
}

impl BufferMappedRangeInterface for Bytes {
    fn len(&self) -> usize {
        self.0.len()
    }

    unsafe fn read_slice(&self) -> &[u8] {
        &self.0
    }

    /// Nothing is mapped to be written.
    unsafe fn write_slice(&mut self) -> WriteOnly<'_, [u8]> {
        unused()
    }
}

impl QueueWriteBufferInterface for Bytes {
    fn len(&self) -> usize {
        self.0.len()
    }

    unsafe fn write_slice(&mut self) -> WriteOnly<'_, [u8]> {
        WriteOnly::from_mut(&mut self.0)
    }
}

impl ShaderModuleInterface for Module {
    fn get_compilation_info(&self) -> Pin<Box<dyn ShaderCompilationInfoFuture>> {
        unused()
    }
}

impl ComputePipelineInterface for Compute {
    fn get_bind_group_layout(&self, _: u32) -> DispatchBindGroupLayout {
        DispatchBindGroupLayout::custom(Layout)
    }
}

impl BindGroupLayoutInterface for Layout {}
impl PipelineLayoutInterface for Layout {}
