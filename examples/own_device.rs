//! The library on a device that the application opened, with voxels that are there already and results that stay there:
//! `cargo run --example own_device`.

use voxdice::wgpu;
use voxdice::{Dtype, Engine, EngineOptions, Pair, Shape, SumsOptions, Volume};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The application's device. The library needs no feature, and no more than the downlevel limits.
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = pollster::block_on(instance.request_adapter(&Default::default()))?;
    let descriptor =
        wgpu::DeviceDescriptor { required_limits: wgpu::Limits::downlevel_defaults(), ..Default::default() };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))?;
    let engine = Engine::with_device(device.clone(), queue.clone(), &EngineOptions::default())?;

    // What a network might leave on the GPU: probabilities of two channels, behind a header of 12 bytes.
    let shape = Shape::new(1, 2, [64, 64, 64])?;
    let (elements, header) = (shape.elements() as usize, 12);
    let pred: Vec<f32> = (0..elements).map(|i| (i % 5) as f32 / 4.0).collect();
    let truth: Vec<u8> = (0..elements).map(|i| u8::from(i % 5 > 2)).collect();
    let buffer = |size: usize| {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: size as u64,
            // STORAGE is all that the library asks for; COPY_DST is how this example fills it.
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    };
    let (pred_buffer, truth_buffer) = (buffer(header + 4 * elements), buffer(elements));
    queue.write_buffer(&pred_buffer, header as u64, bytemuck::cast_slice(&pred));
    queue.write_buffer(&truth_buffer, 0, &truth);
    let on_gpu = || {
        let pred = Volume::buffer(shape.clone(), Dtype::F32, &pred_buffer, header as u64)?;
        Ok::<_, voxdice::Error>((pred, Volume::buffer(shape.clone(), Dtype::U8, &truth_buffer, 0)?))
    };

    // The sums become commands in an encoder of the application, between whatever else it records.
    let options = SumsOptions::default();
    let (p, t) = on_gpu()?;
    let mut encoder = device.create_command_encoder(&Default::default());
    let recorded = engine.record_sums(&mut encoder, Pair { pred: p, truth: t }, &options)?;
    queue.submit([encoder.finish()]);
    // `recorded.buffer()` can be bound by a kernel of the application now; here it is read.
    let sums = engine.read_sums(&recorded)?;

    // The plain call gives the same bits, and so does the CPU.
    let (p, t) = on_gpu()?;
    assert_eq!(engine.sums_with(Pair { pred: p, truth: t }, &options)?, sums);
    let cpu = Engine::new(&EngineOptions::default())?;
    assert_eq!(cpu.sums(Pair { pred: Volume::f32(shape.clone(), &pred)?, truth: Volume::u8(shape, &truth)? })?, sums);

    let dice = sums.map(|s| 2.0 * s.product() / (s.pred() + s.truth()));
    // Two of five voxels are truth, with probabilities 3/4 and 1; the mean probability is 1/2.
    assert!(dice.values().iter().all(|dice| (dice - 2.0 * 1.75 / 4.5).abs() < 1e-4), "{dice:?}");
    Ok(())
}
