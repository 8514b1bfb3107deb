//! What goes wrong on a GPU is a typed error, soon and for good: no panic, no hang, no wrong number.

use crate::application;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use voxdice::tuning::Tuning;
use voxdice::{Dtype, Engine, EngineOptions, Error, NonFinite, Pair, Shape, SumsOptions, Table, Volume, stats::Sums};

fn engine(adapter: &wgpu::Adapter, tuning: Tuning) -> (wgpu::Device, wgpu::Queue, Engine) {
    let (device, queue) = application::open(adapter, wgpu::Features::empty());
    let options = EngineOptions { non_finite: NonFinite::Ignore, tuning, ..EngineOptions::default() };
    let engine = Engine::with_device(device.clone(), queue.clone(), &options).unwrap();
    (device, queue, engine)
}

fn adapters() -> Vec<wgpu::Adapter> {
    if crate::engines::gpu::available() { application::adapters() } else { Vec::new() }
}

const VOXELS: usize = 200_000;

fn evaluate(engine: &Engine, voxels: &[f32], blocking: bool) -> voxdice::Result<Table<Sums>> {
    let volume = || Volume::f32(Shape::new(1, 1, [VOXELS]).unwrap(), voxels).unwrap();
    match blocking {
        true => engine.sums(Pair { pred: volume(), truth: volume() }),
        false => {
            pollster::block_on(engine.sums_async(Pair { pred: volume(), truth: volume() }, &SumsOptions::default()))
        }
    }
}

/// Threads evaluate while the device goes: each sees right sums, then `DeviceLost`, and that again on every later call.
#[test]
fn a_device_that_is_lost_in_the_middle() {
    for adapter in adapters() {
        for delay in [0, 3, 20] {
            let tuning = Tuning { window_bytes: 64 << 10, ..Tuning::default() };
            let (device, _, engine) = engine(&adapter, tuning);
            let voxels = vec![0.5f32; VOXELS];
            let (done, threads) = mpsc::channel();
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let (engine, voxels, done) = (&engine, &voxels, done.clone());
                    scope.spawn(move || {
                        let error = loop {
                            match evaluate(engine, voxels, thread % 2 == 0) {
                                Ok(sums) => assert_eq!(sums.values()[0].pred(), 0.5 * VOXELS as f64),
                                Err(error) => break error,
                            }
                        };
                        assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
                        for blocking in [true, false, true] {
                            let again = evaluate(engine, voxels, blocking).unwrap_err();
                            assert!(matches!(again, Error::DeviceLost { .. }), "{again}");
                        }
                        done.send(()).unwrap();
                    });
                }
                std::thread::sleep(Duration::from_millis(delay));
                device.destroy();
                let until = Instant::now() + Duration::from_secs(30);
                for _ in 0..4 {
                    let left = until.saturating_duration_since(Instant::now());
                    assert!(threads.recv_timeout(left).is_ok(), "a thread still waits for a lost device");
                }
            });
            let error = evaluate(&engine, &voxels, true).unwrap_err();
            assert!(error.to_string().contains("create a new Engine"), "{error}");
        }
    }
}

/// Calls that read nothing back notice the loss as well.
#[test]
fn a_lost_device_does_not_record_or_write() {
    for adapter in adapters() {
        let (device, queue, engine) = engine(&adapter, Tuning::default());
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let buffer = |size| {
            device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
        };
        let (operand, out) = (buffer(4000), buffer(4000));
        let volume = || Volume::buffer(Shape::new(1, 1, [1000]).unwrap(), Dtype::F32, &operand, 0).unwrap();
        let options = SumsOptions::default();
        let sums = engine.sums_with(Pair { pred: volume(), truth: volume() }, &options).unwrap();
        let partials = sums.map(|_| voxdice::metric::Partials::default());
        let mut encoder = device.create_command_encoder(&Default::default());
        let recorded = engine.record_sums(&mut encoder, Pair { pred: volume(), truth: volume() }, &options).unwrap();
        queue.submit([encoder.finish()]);
        device.destroy();
        let mut encoder = device.create_command_encoder(&Default::default());
        let errors = [
            engine.read_sums(&recorded).unwrap_err(),
            engine
                .gradient_into_buffer(Pair { pred: volume(), truth: volume() }, &options, &sums, &partials, &out, 0)
                .unwrap_err(),
            engine.record_sums(&mut encoder, Pair { pred: volume(), truth: volume() }, &options).unwrap_err(),
            pollster::block_on(engine.read_sums_async(&recorded)).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| matches!(error, Error::DeviceLost { .. })), "{errors:?}");
    }
}

/// wgpu can be told to refuse allocations; drivers do it when they must.
#[test]
fn a_device_without_memory_is_a_typed_error() {
    if !crate::engines::gpu::available() {
        return;
    }
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    descriptor.memory_budget_thresholds.for_resource_creation = Some(0);
    let instance = wgpu::Instance::new(descriptor);
    for adapter in pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all())) {
        let (device, queue) = application::open(&adapter, wgpu::Features::empty());
        match Engine::with_device(device, queue, &EngineOptions::default()) {
            Err(error) => assert!(matches!(error, Error::GpuOutOfMemory { .. }), "{error}"),
            Ok(_) => {
                crate::skips::skipped(&format!("memory of {}, which does not tell its budget", adapter.get_info().name))
            }
        }
    }
}

/// No wait is for ever. An engine that gave up works again when it may wait longer.
#[test]
fn a_wait_that_takes_too_long_is_an_error() {
    for adapter in adapters() {
        let (device, queue) = application::open(&adapter, wgpu::Features::empty());
        let tuning = Tuning { timeout: Duration::ZERO, ..Tuning::default() };
        let options = EngineOptions { tuning, ..EngineOptions::default() };
        // The self-test waits already.
        match Engine::with_device(device, queue, &options) {
            Err(error) => assert!(matches!(error, Error::GpuTimeout { .. }), "{error}"),
            Ok(_) => eprintln!("{} answered at once", adapter.get_info().name),
        }
    }
}
