//! Gradient descent on the logits of a small volume until its Dice is above 0.99. Logits and gradient never leave the
//! GPU; what travels is a handful of sums per step: `cargo run --example training_loss`.

use voxdice::metric::{Channels, Loss, LossOptions, Reduce, Smooth};
use voxdice::wgpu::{self, BufferUsages as Usage};
use voxdice::{Activation, Dtype, Engine, EngineOptions, LabelMap, Pair, Shape, Volume};

/// The optimiser of this example: one step of plain gradient descent.
const STEP: &str = "
@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
const RATE = 20000.0;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if id.x < arrayLength(&logits) {
    logits[id.x] -= RATE * gradient[id.x];
  }
}
";

/// Background, and two balls.
fn phantom(size: usize) -> Vec<u8> {
    let distance = |i: usize, centre: [usize; 3]| {
        let at = [i / (size * size), i / size % size, i % size];
        at.iter().zip(centre).map(|(a, b)| a.abs_diff(b).pow(2)).sum::<usize>()
    };
    let label = |i| u8::from(distance(i, [8, 8, 8]) < 36) + 2 * u8::from(distance(i, [16, 16, 15]) < 25);
    (0..size.pow(3)).map(label).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = pollster::block_on(instance.request_adapter(&Default::default()))?;
    let (device, queue) = pollster::block_on(adapter.request_device(&Default::default()))?;
    let engine = Engine::with_device(device.clone(), queue.clone(), &EngineOptions::default())?;

    let (size, channels) = (24, 3);
    let shape = Shape::new(1, channels, [size; 3])?;
    let map_shape = Shape::new(1, 1, [size; 3])?;
    let bytes = 4 * shape.elements();
    let buffer = |size, usage| {
        device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
    };
    // Logits begin at zero, as wgpu's buffers do. The label map is never written out as one channel per label.
    let logits = buffer(bytes, Usage::STORAGE);
    let gradient = buffer(bytes, Usage::STORAGE | Usage::COPY_DST);
    let labels = buffer(map_shape.elements(), Usage::STORAGE | Usage::COPY_DST);
    queue.write_buffer(&labels, 0, &phantom(size));

    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(STEP.into()),
    });
    let step = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: Default::default(),
        cache: None,
    });
    let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &step.get_bind_group_layout(0),
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: logits.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 1, resource: gradient.as_entire_binding() },
        ],
    });

    // Soft Dice of the two balls, after a softmax over all channels.
    let loss = Loss::new(LossOptions {
        activation: Activation::Softmax,
        channels: Channels::Foreground,
        smooth: Smooth::both(1e-5).into(),
        reduce: Reduce::Mean,
        ..LossOptions::default()
    })?;
    let options = loss.sums_options();
    let pred = || Volume::buffer(shape.clone(), Dtype::F32, &logits, 0);
    let truth = || LabelMap::buffer(map_shape.clone(), Dtype::U8, &labels, 0);
    let mut losses = Vec::new();
    while losses.last().is_none_or(|&loss| loss > 0.01) {
        assert!(losses.len() < 200, "no convergence: {losses:?}");
        let sums = engine.sums_with(Pair { pred: pred()?, truth: truth()? }, &options)?;
        losses.push(loss.evaluate(&sums)?.reduced.ok_or("a mean")?);
        // Submitted, not waited for: the step below runs after it.
        let partials = loss.gradient(&sums)?;
        engine.gradient_into_buffer(
            Pair { pred: pred()?, truth: truth()? },
            &options,
            &sums,
            &partials,
            &gradient,
            0,
        )?;
        let mut encoder = device.create_command_encoder(&Default::default());
        {
            let mut compute = encoder.begin_compute_pass(&Default::default());
            compute.set_pipeline(&step);
            compute.set_bind_group(0, &bindings, &[]);
            compute.dispatch_workgroups(shape.elements().div_ceil(64) as u32, 1, 1);
        }
        queue.submit([encoder.finish()]);
    }
    assert!(losses[0] > 0.5, "from far away: {losses:?}");
    assert!(losses.is_sorted_by(|a, b| b <= a), "downhill all the way: {losses:?}");
    Ok(())
}
