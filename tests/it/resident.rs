//! Voxels that are in buffers of the application: at any offset, of any length, with the bits of the plain call.

use crate::application::{self, ALL, Application};
use crate::equality::{label_map, volume};
use crate::oracle::Array;
use crate::random::{LABEL_TYPES, LabelType, Pattern, REALS, Real, labels, reals};
use voxdice::metric::{Partials, Pointwise};
use voxdice::stats::Terms;
use voxdice::{
    Activation, Classes, Dtype, Engine, Error, LabelMap, Layout, Operand, Pair, Shape, SumsOptions, Truth, Volume,
};

pub fn bytes(array: &Array) -> &[u8] {
    match array {
        Array::F64(x) => bytemuck::cast_slice(x),
        Array::F32(x) => bytemuck::cast_slice(x),
        Array::F16(x) | Array::Bf16(x) | Array::U16(x) => bytemuck::cast_slice(x),
        Array::U8(x) => x,
        Array::U32(x) => bytemuck::cast_slice(x),
    }
}

pub fn dtype(array: &Array) -> Dtype {
    match array {
        Array::F64(_) => Dtype::F64,
        Array::F32(_) => Dtype::F32,
        Array::F16(_) => Dtype::F16,
        Array::Bf16(_) => Dtype::Bf16,
        Array::U8(_) => Dtype::U8,
        Array::U16(_) => Dtype::U16,
        Array::U32(_) => Dtype::U32,
    }
}

/// Which operands are on the GPU.
#[derive(Debug, Clone, Copy)]
struct Where {
    pred: bool,
    truth: bool,
}

const BOTH: Where = Where { pred: true, truth: true };
const PLACES: [Where; 3] = [BOTH, Where { pred: true, truth: false }, Where { pred: false, truth: true }];

/// Offsets in bytes: aligned for a binding, for a word, for nothing.
const OFFSETS: [usize; 9] = [0, 1, 2, 3, 4, 255, 256, 263, 1042];

/// Sums of operands in buffers are those of operands in memory, to the last bit.
fn check_sums(
    application: &Application,
    expected: &Engine,
    shape: &Shape,
    arrays: [&Array; 2],
    offsets: [usize; 2],
    options: &SumsOptions,
) {
    let sums =
        expected.sums_with(Pair { pred: volume(shape, arrays[0]), truth: volume(shape, arrays[1]) }, options).unwrap();
    let buffers = [0, 1].map(|i| application.buffer(bytes(arrays[i]), offsets[i]));
    let resident = |i: usize| Volume::buffer(shape.clone(), dtype(arrays[i]), &buffers[i], offsets[i] as u64).unwrap();
    for place in PLACES {
        let pred = if place.pred { resident(0) } else { volume(shape, arrays[0]) };
        let truth = if place.truth { resident(1) } else { volume(shape, arrays[1]) };
        let found = application.engine.sums_with(Pair { pred, truth }, options).unwrap();
        assert_eq!(found, sums, "{} {shape} {offsets:?} {place:?} {options:?}", application.name);
    }
}

#[test]
fn sums_at_any_offset() {
    let cpu = application::cpu();
    for application in ALL.iter() {
        // Operands are loaded apart from each other: each type once on either side.
        for (i, pred) in REALS.into_iter().enumerate() {
            let truth = REALS[(i + 2) % REALS.len()];
            let shape = Shape::new(3, 1, [31_001]).unwrap();
            let n = shape.elements() as usize;
            let (p, t) = (reals(pred, Pattern::Signed, n, 1), reals(truth, Pattern::Unit, n, 2));
            let offsets = [OFFSETS[i % OFFSETS.len()], OFFSETS[(i * 4 + 1) % OFFSETS.len()]];
            check_sums(application, &cpu, &shape, [&p, &t], offsets, &Terms::Squared.into());
        }
        // Every offset of each type once more, with a length that ends anywhere.
        for (i, offset) in OFFSETS.into_iter().enumerate() {
            for real in [Real::F64, Real::F32, Real::F16, Real::Bf16, Real::U8] {
                let shape = Shape::new(1, 1, [70_001 + i]).unwrap();
                let n = shape.elements() as usize;
                let (p, t) = (reals(real, Pattern::Wild, n, 3), reals(Real::U8, Pattern::Unit, n, 4));
                check_sums(application, &cpu, &shape, [&p, &t], [offset, 0], &Terms::Squared.into());
            }
        }
    }
}

#[test]
fn tiny_volumes_at_any_offset() {
    let cpu = application::cpu();
    for application in ALL.iter() {
        for n in [1, 2, 3, 4, 5, 7, 16, 17] {
            for offset in [0, 1, 4, 6] {
                let shape = Shape::new(1, 1, [n]).unwrap();
                let (p, t) = (reals(Real::F32, Pattern::Unit, n, 5), reals(Real::U8, Pattern::Unit, n, 6));
                check_sums(application, &cpu, &shape, [&p, &t], [offset, offset], &Terms::Squared.into());
            }
        }
    }
}

#[test]
fn interleaved_channels_and_many_small_cells() {
    let cpu = application::cpu();
    for application in ALL.iter() {
        for (samples, channels, voxels) in [(2, 5, 9001), (300, 7, 9)] {
            for layout in [Layout::ChannelsFirst, Layout::ChannelsLast] {
                let shape = Shape::new(samples, channels, [voxels]).unwrap().with_layout(layout);
                let n = shape.elements() as usize;
                let (p, t) = (reals(Real::F32, Pattern::Wide, n, 7), reals(Real::F32, Pattern::Unit, n, 8));
                check_sums(application, &cpu, &shape, [&p, &t], [8, 3], &Terms::Squared.into());
            }
        }
    }
}

/// Kernels that need all channels of a voxel: channels-first volumes are bound as they are or copied, and neither may
/// change a bit of what the same engine makes of host memory.
#[test]
fn activations_over_channels_and_label_maps_as_truth() {
    for application in ALL.iter() {
        let cases = [(2, 3, 70_001, 0), (1, 4, 20_003, 4), (40, 3, 301, 0), (2, 3, 70_001, 2)];
        for (samples, channels, voxels, offset) in cases {
            for layout in [Layout::ChannelsFirst, Layout::ChannelsLast] {
                let shape = Shape::new(samples, channels, [voxels]).unwrap().with_layout(layout);
                let map_shape = Shape::new(samples, 1, [voxels]).unwrap().with_layout(layout);
                let n = shape.elements() as usize;
                let p = reals(Real::F32, Pattern::Wide, n, 9);
                let present: Vec<u32> = (0..channels as u32).collect();
                let t = labels(LabelType::U8, &present, 5, n / channels, 10);
                let (p_buffer, t_buffer) = (application.buffer(bytes(&p), offset), application.buffer(bytes(&t), 7));
                for (activation, pointwise) in
                    [(Activation::Argmax, None), (Activation::Softmax, Some(Pointwise::CrossEntropy))]
                {
                    let options = SumsOptions { activation, pointwise, terms: Terms::Squared };
                    let sums =
                        |pred, truth: Truth| application.engine.sums_with(Pair { pred, truth }, &options).unwrap();
                    let expected = sums(volume(&shape, &p), label_map(&map_shape, &t).into());
                    for place in PLACES {
                        let pred = match place.pred {
                            true => Volume::buffer(shape.clone(), Dtype::F32, &p_buffer, offset as u64).unwrap(),
                            false => volume(&shape, &p),
                        };
                        let truth = match place.truth {
                            true => LabelMap::buffer(map_shape.clone(), Dtype::U8, &t_buffer, 7).unwrap(),
                            false => label_map(&map_shape, &t),
                        };
                        let found = sums(pred, truth.into());
                        assert_eq!(found, expected, "{} {shape} {activation:?} {place:?}", application.name);
                    }
                }
            }
        }
    }
}

#[test]
fn gradients_of_resident_operands() {
    for application in ALL.iter() {
        for (activation, layout, offset) in [
            (Activation::None, Layout::ChannelsFirst, 12),
            (Activation::None, Layout::ChannelsLast, 1),
            (Activation::Sigmoid, Layout::ChannelsLast, 256),
            (Activation::Softmax, Layout::ChannelsFirst, 4),
            (Activation::Softmax, Layout::ChannelsLast, 0),
        ] {
            let shape = Shape::new(2, 3, [66_001]).unwrap().with_layout(layout);
            let n = shape.elements() as usize;
            let (p, t) = (reals(Real::F32, Pattern::Unit, n, 11), reals(Real::U8, Pattern::Unit, n, 12));
            let options = SumsOptions { activation, ..SumsOptions::default() };
            let sums = application
                .engine
                .sums_with(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &options)
                .unwrap();
            let partials = sums.map(|_| Partials { pred: 0.4, product: -1.3, pred_power: 0.2, ..Partials::default() });
            let run =
                |pred, truth| application.engine.gradient(Pair { pred, truth }, &options, &sums, &partials).unwrap();
            let expected = run(volume(&shape, &p), volume(&shape, &t));
            let (p_buffer, t_buffer) = (application.buffer(bytes(&p), offset), application.buffer(bytes(&t), 5));
            let pred = Volume::buffer(shape.clone(), Dtype::F32, &p_buffer, offset as u64).unwrap();
            let truth = Volume::buffer(shape.clone(), Dtype::U8, &t_buffer, 5).unwrap();
            assert!(run(pred, truth) == expected, "{} {shape} {activation:?}", application.name);
        }
    }
}

#[test]
fn counts_at_any_offset() {
    let cpu = application::cpu();
    for application in ALL.iter() {
        for (i, (pred, truth)) in LABEL_TYPES.into_iter().flat_map(|p| LABEL_TYPES.map(|t| (p, t))).enumerate() {
            let shape = Shape::new(2, 1, [70_003]).unwrap();
            let n = shape.elements() as usize;
            let few = Classes::new([3, 1, 2]).unwrap();
            let many = Classes::new(1..=20).unwrap();
            let regions = Classes::regions([vec![1, 2, 3], vec![2, 3], vec![9]]).unwrap().ignoring(4).unwrap();
            let present: Vec<u32> = (0..=21).collect();
            let (p, t) = (labels(pred, &present, 4, n, 13), labels(truth, &present, 4, n, 14));
            let offsets = [OFFSETS[i], OFFSETS[(2 * i + 1) % OFFSETS.len()]];
            let buffers = [application.buffer(bytes(&p), offsets[0]), application.buffer(bytes(&t), offsets[1])];
            let resident = |i: usize, array: &Array| {
                LabelMap::buffer(shape.clone(), dtype(array), &buffers[i], offsets[i] as u64).unwrap()
            };
            for classes in [few, many, regions] {
                let expected =
                    cpu.counts(Pair { pred: label_map(&shape, &p), truth: label_map(&shape, &t) }, &classes).unwrap();
                for place in PLACES {
                    let pred = if place.pred { resident(0, &p) } else { label_map(&shape, &p) };
                    let truth = if place.truth { resident(1, &t) } else { label_map(&shape, &t) };
                    let found = application.engine.counts(Pair { pred, truth }, &classes).unwrap();
                    assert_eq!(found, expected, "{} case {i} {place:?}", application.name);
                }
                if i == 0 {
                    let by_block = cpu
                        .counts_by_block(Pair { pred: label_map(&shape, &p), truth: label_map(&shape, &t) }, &classes);
                    let found = application
                        .engine
                        .counts_by_block(Pair { pred: resident(0, &p), truth: resident(1, &t) }, &classes);
                    assert_eq!(found.unwrap(), by_block.unwrap(), "{}", application.name);
                }
            }
        }
    }
}

#[test]
fn labels_without_a_channel_are_found_on_the_gpu() {
    let cpu = application::cpu();
    for application in ALL.iter() {
        for (channels, bad) in [(3, 3u16), (1, 2)] {
            let shape = Shape::new(2, channels, [150_001]).unwrap();
            let map_shape = Shape::new(2, 1, [150_001]).unwrap();
            let p = reals(Real::F32, Pattern::Unit, shape.elements() as usize, 15);
            let mut t: Vec<u16> = (0..300_002).map(|i| (i % 2) as u16).collect();
            for at in [140_000, 140_007, 299_999] {
                t[at] = bad + at as u16 % 2;
            }
            let t = Array::U16(t);
            let expected = cpu.sums(Pair { pred: volume(&shape, &p), truth: label_map(&map_shape, &t) }).unwrap_err();
            assert!(matches!(expected, Error::LabelOutOfRange { count: 3, .. }));
            let buffer = application.buffer(bytes(&t), 2);
            let truth = LabelMap::buffer(map_shape.clone(), Dtype::U16, &buffer, 2).unwrap();
            let found = application.engine.sums(Pair { pred: volume(&shape, &p), truth }).unwrap_err();
            assert_eq!(found.to_string(), expected.to_string(), "{}", application.name);
        }
    }
}

#[test]
fn buffers_that_will_not_do_are_typed_errors() {
    let cpu = application::cpu();
    for application in ALL.iter() {
        let shape = || Shape::new(1, 1, [100]).unwrap();
        let copy_only = application.empty(400, wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC);
        let missing = Volume::buffer(shape(), Dtype::F32, &copy_only, 0).unwrap_err();
        assert!(matches!(missing, Error::BufferUsage { missing: "STORAGE" }), "{missing}");
        let storage = |size| application.empty(size, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST);
        let buffer = storage(400);
        for offset in [1, 400, u64::MAX] {
            let short = Volume::buffer(shape(), Dtype::F32, &buffer, offset).unwrap_err();
            assert!(matches!(short, Error::BufferTooSmall { needed: 400, found: 400, .. }), "{short}");
        }
        let tail = LabelMap::buffer(shape(), Dtype::U8, &storage(102), 2).unwrap_err();
        assert!(matches!(tail, Error::BufferTail { found: 102 }), "{tail}");
        assert!(LabelMap::buffer(shape(), Dtype::U8, &storage(102), 0).is_ok());
        assert!(matches!(Volume::buffer(shape(), Dtype::U32, &buffer, 0), Err(Error::Parameter { .. })));
        assert!(matches!(LabelMap::buffer(shape(), Dtype::F16, &buffer, 0), Err(Error::Parameter { .. })));

        let resident = || Volume::buffer(shape(), Dtype::F32, &buffer, 0).unwrap();
        let on_cpu = cpu.sums(Pair { pred: resident(), truth: resident() }).unwrap_err();
        assert!(matches!(on_cpu, Error::BufferOnCpu { operand: Operand::Pred }), "{on_cpu}");
        assert!(on_cpu.to_string().contains("Engine::with_device"), "{on_cpu}");

        buffer.destroy();
        let destroyed = application.engine.sums(Pair { pred: resident(), truth: resident() }).unwrap_err();
        assert!(matches!(destroyed, Error::BufferRefused { .. }), "{destroyed}");
        let mapped = application.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 400,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: true,
        });
        let resident = || Volume::buffer(shape(), Dtype::F32, &mapped, 0).unwrap();
        let refused = application.engine.sums(Pair { pred: resident(), truth: resident() }).unwrap_err();
        assert!(matches!(refused, Error::BufferRefused { .. }), "{refused}");
        mapped.unmap();
        assert_eq!(
            application.engine.sums(Pair { pred: resident(), truth: resident() }).unwrap().values()[0].pred(),
            0.0
        );
    }
}
