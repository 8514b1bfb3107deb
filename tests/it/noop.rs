//! wgpu's own validation of every pipeline, without a GPU: its noop device checks what a real one would refuse, and
//! runs nothing. It does not look at constants; the naga tests do.

use crate::shaders::distinct;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use voxdice::internals::shaders::Shader;

/// The device that the base path must do with, and 64-bit integers.
fn device() -> wgpu::Device {
    let descriptor = wgpu::DeviceDescriptor {
        required_features: wgpu::Features::SHADER_INT64,
        required_limits: wgpu::Limits::downlevel_defaults(),
        ..Default::default()
    };
    wgpu::Device::noop(&descriptor).0
}

/// What the device objects to in `f`.
fn objection(device: &wgpu::Device, f: impl FnOnce()) -> Option<String> {
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    f();
    // Natively the answer is there at once.
    let Poll::Ready(error) = pin!(scope.pop()).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("an error scope that is not ready")
    };
    error.map(|error| error.to_string())
}

const READ: wgpu::BufferBindingType = wgpu::BufferBindingType::Storage { read_only: true };
const WRITE: wgpu::BufferBindingType = wgpu::BufferBindingType::Storage { read_only: false };
const UNIFORM: wgpu::BufferBindingType = wgpu::BufferBindingType::Uniform;

/// Prediction, truth, result, auxiliary words, parameters: the layout of src/gpu/pipelines.rs.
const BINDINGS: [wgpu::BufferBindingType; 5] = [READ, READ, WRITE, READ, UNIFORM];

/// What the device objects to in the pipelines of `shaders` with buffers of these types at bindings 0, 1, ...
fn refusals(shaders: &[Shader], bindings: &[wgpu::BufferBindingType]) -> Vec<String> {
    let device = device();
    let entries: Vec<_> = bindings
        .iter()
        .zip(0..)
        .map(|(&ty, binding)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        })
        .collect();
    let mut layout = None;
    let mut found = Vec::from_iter(objection(&device, || {
        let group =
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
        layout = Some(device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            bind_group_layouts: &[Some(&group)],
            ..Default::default()
        }));
    }));
    if !found.is_empty() {
        return found;
    }
    for shader in shaders {
        let refusal = objection(&device, || {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(&shader.name),
                source: wgpu::ShaderSource::Wgsl(shader.wgsl.as_str().into()),
            });
            let _ = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(&shader.name),
                layout: layout.as_ref(),
                module: &module,
                entry_point: Some("main"),
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants: &shader.constants,
                    zero_initialize_workgroup_memory: false,
                },
                cache: None,
            });
        });
        found.extend(refusal.map(|refusal| format!("{}: {refusal}", shader.name)));
    }
    found
}

#[test]
fn a_downlevel_device_accepts_every_pipeline() {
    let shaders = distinct();
    assert!(!shaders.is_empty());
    let found = refusals(&shaders, &BINDINGS);
    assert!(found.is_empty(), "{} of {}, first {}", found.len(), shaders.len(), found[0]);
}

#[test]
fn a_wrong_layout_is_refused_for_every_pipeline() {
    // Those that copy and fold have no second operand and no parameters, and each kernel of surfaces and
    // lesions needs a part of the bindings only.
    let alone = |name: &str| ["gather", "fold"].iter().any(|kind| name.starts_with(kind));
    let shaders: Vec<Shader> = distinct().into_iter().filter(|shader| !alone(&shader.name)).collect();
    let (surfaces, shaders): (Vec<Shader>, Vec<Shader>) = shaders
        .into_iter()
        .partition(|shader| ["surface", "instances"].iter().any(|kind| shader.name.starts_with(kind)));
    // Read-only result, no parameters, auxiliary words as a uniform, everything one place further.
    let wrong: [(&[wgpu::BufferBindingType], &str); 4] = [
        (&[READ, READ, READ, READ, UNIFORM], "binding: 2 }"),
        (&[READ, READ, WRITE, READ], "binding: 4 }"),
        (&[READ, READ, WRITE, UNIFORM, UNIFORM], "binding: 3 }"),
        (&[UNIFORM, READ, READ, WRITE, READ], "not available in the pipeline layout"),
    ];
    let mut refused = std::collections::BTreeSet::new();
    for (bindings, expected) in wrong {
        let found = refusals(&shaders, bindings);
        assert_eq!(found.len(), shaders.len(), "{bindings:?}");
        assert!(found.iter().all(|refusal| refusal.contains(expected)), "{expected}: {found:?}");
        let names = refusals(&surfaces, bindings).into_iter();
        refused.extend(names.filter_map(|refusal| Some(refusal.split_once(": ")?.0.to_owned())));
    }
    assert_eq!(refused.len(), surfaces.len(), "{refused:?}");
}

#[test]
fn a_fifth_storage_binding_exceeds_the_downlevel_limits() {
    let found = refusals(&[], &[READ, READ, WRITE, READ, READ]);
    assert!(found.len() == 1 && found[0].contains("max_storage_buffers_per_shader_stage"), "{found:?}");
}

#[test]
fn a_shader_with_a_mistake_is_refused() {
    let call = "= slot_of(workgroup, lid)";
    let mut shader = distinct().into_iter().find(|shader| shader.wgsl.contains(call)).unwrap();
    shader.wgsl = shader.wgsl.replace(call, "= slot_of(lid, workgroup)");
    assert_eq!(refusals(&[shader], &BINDINGS).len(), 1);
}
