//! Pipelines, made when first needed and kept.
#![allow(unsafe_code)] // trusted shader modules; see the SAFETY comment

use super::device::{Device, lock};
use crate::error::Result;
use crate::kernel::source::{Key, Shader};
use std::collections::HashMap;
use std::sync::Mutex;

#[derive(Debug)]
pub(super) struct Pipelines {
    pub bind_group_layout: wgpu::BindGroupLayout,
    layout: wgpu::PipelineLayout,
    made: Mutex<HashMap<Key, wgpu::ComputePipeline>>,
}

impl Pipelines {
    pub fn new(device: &Device) -> Result<Self> {
        device.guarded(|device| {
            let storage = |binding, read_only| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Storage { read_only },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            };
            let uniform = wgpu::BindGroupLayoutEntry {
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                ..storage(4, true)
            };
            let bind_group_layout = device.raw.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some("voxdice"),
                entries: &[storage(0, true), storage(1, true), storage(2, false), storage(3, true), uniform],
            });
            let layout = device.raw.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some("voxdice"),
                bind_group_layouts: &[Some(&bind_group_layout)],
                ..Default::default()
            });
            Self { bind_group_layout, layout, made: Mutex::default() }
        })
    }

    pub fn get(&self, device: &Device, key: Key) -> Result<wgpu::ComputePipeline> {
        if let Some(pipeline) = lock(&self.made).get(&key) {
            return Ok(pipeline.clone());
        }
        // Made outside the lock: two threads may both make it, and then the first one stays.
        let made = device.guarded(|device| self.make(device, &key.shader()))?;
        Ok(lock(&self.made).entry(key).or_insert(made).clone())
    }

    /// Puts another pipeline in a key's place.
    #[cfg(test)]
    pub fn replace(&self, key: Key, pipeline: wgpu::ComputePipeline) {
        lock(&self.made).insert(key, pipeline);
    }

    fn make(&self, device: &Device, shader: &Shader) -> wgpu::ComputePipeline {
        let descriptor = wgpu::ShaderModuleDescriptor {
            label: Some(&shader.name),
            source: wgpu::ShaderSource::Wgsl(shader.wgsl.as_str().into()),
        };
        // Without forced loop bounding: it turned 0.1 ms into 10 ms elsewhere (gfx-rs/wgpu#7698).
        let checks = wgpu::ShaderRuntimeChecks { force_loop_bounding: false, ..wgpu::ShaderRuntimeChecks::checked() };
        // SAFETY: the sources are ours alone, and every loop in them ends: each counts towards a bound that the loop
        // does not change (task.voxels, quads, words, TERMS, SLOTS, CLASSES, classes, counters, rows, elements of a word,
        // windows of a fold, partials below 2^31, columns, rows, slices and labels of a box, entries of the row table,
        // probes) by a step of at least 1, takes a bit from a word, halves a power of two down to 0, or halves the
        // interval of a binary search. Those of union-find end as a parent is never larger than its run: it begins as the
        // run, and what is written later is smaller, or the root. `find` (instances_find.wgsl) goes on to a smaller run
        // each time, until it is at a root. Of the two runs of `join` (instances_merge.wgsl), the larger one gives way to
        // a smaller one each time, until both are the same or the larger one was a root.
        // Bounds checks stay on.
        let module = unsafe { device.raw.create_shader_module_trusted(descriptor, checks) };
        device.raw.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&shader.name),
            layout: Some(&self.layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &shader.constants,
                // All kernels write workgroup memory before they read it; counts_many.wgsl clears its own.
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        })
    }
}
