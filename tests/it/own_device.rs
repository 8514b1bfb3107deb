//! Engines on a device that the application opened.

use crate::application::{self, ALL, Application};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use voxdice::tuning::Tuning;
use voxdice::{Backend, Classes, Engine, EngineOptions, Error, LabelMap, Pair, Shape, Volume};

fn voxels(n: usize) -> (Vec<f32>, Vec<u8>) {
    ((0..n).map(|i| (i % 97) as f32 / 96.0).collect(), (0..n).map(|i| (i / 7 % 3) as u8).collect())
}

#[test]
fn a_device_with_downlevel_limits_and_no_feature_gives_the_bits_of_the_cpu() {
    let (p, t) = voxels(200_003);
    let shape = Shape::new(1, 1, [p.len()]).unwrap();
    let run = |engine: &Engine| {
        let volumes = (Volume::f32(shape.clone(), &p).unwrap(), Volume::u8(shape.clone(), &t).unwrap());
        let map = || LabelMap::u8(shape.clone(), &t).unwrap();
        let classes = Classes::new([1, 2]).unwrap();
        (
            engine.sums(Pair { pred: volumes.0, truth: volumes.1 }).unwrap(),
            engine.counts(Pair { pred: map(), truth: map() }, &classes).unwrap(),
        )
    };
    let expected = run(&application::cpu());
    for application in ALL.iter() {
        assert_eq!(run(&application.engine), expected, "{}", application.name);
        let description = application.engine.describe();
        assert_eq!(description.backend, Backend::Gpu);
        assert!(description.reason.contains("application"), "{description:?}");
        let pairs = !application.device.features().contains(wgpu::Features::SHADER_INT64);
        assert_eq!(description.device.contains("as pairs"), pairs, "{description:?}");
    }
}

#[test]
fn limits_that_are_too_small_are_named() {
    for adapter in ALL.first().map_or_else(Vec::new, |_| application::adapters()) {
        let limits = wgpu::Limits::downlevel_defaults();
        let cases = [
            (
                wgpu::Limits { max_storage_buffers_per_shader_stage: 3, ..limits.clone() },
                "max_storage_buffers_per_shader_stage",
            ),
            (wgpu::Limits { max_compute_workgroup_size_x: 128, ..limits.clone() }, "max_compute_workgroup_size_x"),
            (wgpu::Limits { max_storage_buffer_binding_size: 1 << 20, ..limits }, "max_storage_buffer_binding_size"),
        ];
        for (limits, expected) in cases {
            let (device, queue) = application::open_with(&adapter, wgpu::Features::empty(), limits);
            let error = Engine::with_device(device, queue, &EngineOptions::default()).unwrap_err();
            assert!(matches!(error, Error::DeviceLimit { name, .. } if name == expected), "{error}");
        }
    }
}

/// The application's handlers stay, and none of our errors gets to them.
#[test]
fn handlers_of_the_application_are_left_alone() {
    for adapter in ALL.first().map_or_else(Vec::new, |_| application::adapters()) {
        let (device, queue) = application::open(&adapter, wgpu::Features::empty());
        let (errors, losses) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (noting_errors, noting_losses) = (Arc::clone(&errors), Arc::clone(&losses));
        device.on_uncaptured_error(Arc::new(move |_| {
            noting_errors.fetch_add(1, Ordering::SeqCst);
        }));
        device.set_device_lost_callback(move |_, _| {
            noting_losses.fetch_add(1, Ordering::SeqCst);
        });
        let engine = Engine::with_device(device.clone(), queue.clone(), &EngineOptions::default()).unwrap();
        let (p, _) = voxels(1000);
        let shape = Shape::new(1, 1, [1000]).unwrap();
        let volume = || Volume::f32(shape.clone(), &p).unwrap();
        assert!(engine.sums(Pair { pred: volume(), truth: volume() }).is_ok());
        // An error of ours: a buffer of another device.
        let other = Application::new(&adapter, wgpu::Features::empty(), "", Tuning::default());
        let foreign = other.buffer(bytemuck::cast_slice(&p), 0);
        let resident = Volume::buffer(shape.clone(), voxdice::Dtype::F32, &foreign, 0).unwrap();
        let error = engine.sums(Pair { pred: resident, truth: volume() }).unwrap_err();
        assert!(matches!(error, Error::BufferRefused { .. }), "{error}");
        assert_eq!(errors.load(Ordering::SeqCst), 0, "an error of the engine reached the application");
        // And one of the application.
        let _ = device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: u64::MAX / 2,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        });
        assert_eq!(errors.load(Ordering::SeqCst), 1);
        assert!(engine.sums(Pair { pred: volume(), truth: volume() }).is_ok());
        // The engine notices a loss by itself, and the application is told by wgpu.
        device.destroy();
        for _ in 0..3 {
            let error = engine.sums(Pair { pred: volume(), truth: volume() }).unwrap_err();
            assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
        }
        let _ = device.poll(wgpu::PollType::Poll);
        assert_eq!((errors.load(Ordering::SeqCst), losses.load(Ordering::SeqCst)), (1, 1));
    }
}
