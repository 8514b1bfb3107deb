//! What the device's command encoders record. Nothing happens before it is submitted.

use super::device::{Buffer, Compute, Part, Pipeline, lock, own, unused};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use wgpu::custom::*;

#[derive(Debug, Clone)]
pub struct Group(pub [Part; 5]);

#[derive(Debug)]
pub enum Command {
    Clear(Buffer, Range<usize>),
    Copy { source: Buffer, from: Range<usize>, target: Buffer, to: usize },
    Dispatch { pipeline: Arc<Pipeline>, bindings: [Part; 5], groups: [u32; 3] },
}

pub type Commands = Arc<Mutex<Vec<Command>>>;

#[derive(Debug, Default)]
pub struct Encoder(Commands);

#[derive(Debug)]
pub struct Pass {
    commands: Commands,
    pipeline: Option<Arc<Pipeline>>,
    group: Option<Group>,
}

#[derive(Debug)]
pub struct Recorded(pub Commands);

impl BindGroupInterface for Group {}
impl CommandBufferInterface for Recorded {}

impl CommandEncoderInterface for Encoder {
    fn copy_buffer_to_buffer(
        &self,
        source: &DispatchBuffer,
        from: u64,
        target: &DispatchBuffer,
        to: u64,
        size: Option<u64>,
    ) {
        let (source, target) = (own(source).clone(), own(target).clone());
        let from = source.range(from, size);
        lock(&self.0).push(Command::Copy { source, from, target, to: to as usize });
    }

    fn clear_buffer(&self, buffer: &DispatchBuffer, offset: u64, size: Option<u64>) {
        let buffer = own(buffer).clone();
        let range = buffer.range(offset, size);
        lock(&self.0).push(Command::Clear(buffer, range));
    }

    fn begin_compute_pass(&self, _: &wgpu::ComputePassDescriptor<'_>) -> DispatchComputePass {
        DispatchComputePass::custom(Pass { commands: Arc::clone(&self.0), pipeline: None, group: None })
    }

    fn finish(&mut self) -> DispatchCommandBuffer {
        DispatchCommandBuffer::custom(Recorded(std::mem::take(&mut self.0)))
    }

    fn copy_buffer_to_texture(
        &self,
        _: wgpu::TexelCopyBufferInfo<'_>,
        _: wgpu::TexelCopyTextureInfo<'_>,
        _: wgpu::Extent3d,
    ) {
        unused()
    }
    fn copy_texture_to_buffer(
        &self,
        _: wgpu::TexelCopyTextureInfo<'_>,
        _: wgpu::TexelCopyBufferInfo<'_>,
        _: wgpu::Extent3d,
    ) {
        unused()
    }
    fn copy_texture_to_texture(
        &self,
        _: wgpu::TexelCopyTextureInfo<'_>,
        _: wgpu::TexelCopyTextureInfo<'_>,
        _: wgpu::Extent3d,
    ) {
        unused()
    }
    fn begin_render_pass(&self, _: &wgpu::RenderPassDescriptor<'_>) -> DispatchRenderPass {
        unused()
    }
    fn clear_texture(&self, _: &DispatchTexture, _: &wgpu::ImageSubresourceRange) {
        unused()
    }
    fn insert_debug_marker(&self, _: &str) {}
    fn push_debug_group(&self, _: &str) {}
    fn pop_debug_group(&self) {}
    fn write_timestamp(&self, _: &DispatchQuerySet, _: u32) {
        unused()
    }
    fn resolve_query_set(&self, _: &DispatchQuerySet, _: u32, _: u32, _: &DispatchBuffer, _: u64) {
        unused()
    }
    fn mark_acceleration_structures_built<'a>(
        &self,
        _: &mut dyn Iterator<Item = &'a wgpu::Blas>,
        _: &mut dyn Iterator<Item = &'a wgpu::Tlas>,
    ) {
        unused()
    }
    fn build_acceleration_structures<'a>(
        &self,
        _: &mut dyn Iterator<Item = &'a wgpu::BlasBuildEntry<'a>>,
        _: &mut dyn Iterator<Item = &'a wgpu::Tlas>,
    ) {
        unused()
    }
    fn transition_resources<'a>(
        &mut self,
        _: &mut dyn Iterator<Item = wgpu::wgt::BufferTransition<&'a DispatchBuffer>>,
        _: &mut dyn Iterator<Item = wgpu::wgt::TextureTransition<&'a DispatchTexture>>,
    ) {
        unused()
    }
}

impl ComputePassInterface for Pass {
    fn set_pipeline(&mut self, pipeline: &DispatchComputePipeline) {
        let Compute(pipeline) = pipeline.as_custom().expect("a pipeline of this device");
        self.pipeline = Some(Arc::clone(pipeline));
    }

    fn set_bind_group(&mut self, _: u32, group: Option<&DispatchBindGroup>, _: &[u32]) {
        self.group = group.and_then(DispatchBindGroup::as_custom::<Group>).cloned();
    }

    fn dispatch_workgroups(&mut self, x: u32, y: u32, z: u32) {
        let pipeline = Arc::clone(self.pipeline.as_ref().expect("a pipeline that was set"));
        let Group(bindings) = self.group.clone().expect("bindings that were set");
        lock(&self.commands).push(Command::Dispatch { pipeline, bindings, groups: [x, y, z] });
    }

    fn set_immediates(&mut self, _: u32, _: &[u8]) {
        unused()
    }
    fn insert_debug_marker(&mut self, _: &str) {}
    fn push_debug_group(&mut self, _: &str) {}
    fn pop_debug_group(&mut self) {}
    fn write_timestamp(&mut self, _: &DispatchQuerySet, _: u32) {
        unused()
    }
    fn begin_pipeline_statistics_query(&mut self, _: &DispatchQuerySet, _: u32) {
        unused()
    }
    fn end_pipeline_statistics_query(&mut self) {
        unused()
    }
    fn dispatch_workgroups_indirect(&mut self, _: &DispatchBuffer, _: u64) {
        unused()
    }
    fn transition_resources<'a>(
        &mut self,
        _: &mut dyn Iterator<Item = wgpu::wgt::BufferTransition<&'a DispatchBuffer>>,
        _: &mut dyn Iterator<Item = wgpu::wgt::TextureTransition<&'a DispatchTextureView>>,
    ) {
        unused()
    }
}

/// wgpu wants one written out.
impl Drop for Pass {
    fn drop(&mut self) {}
}
