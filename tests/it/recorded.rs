//! Statistics and gradients that stay on the GPU: the same bits, once they are read.

use crate::application::{ALL, Application, cpu};
use crate::equality::{label_map, volume};
use crate::oracle::Array;
use crate::random::{LabelType, Pattern, Real, labels, reals};
use crate::resident::{bytes, dtype};
use voxdice::metric::{Partials, Pointwise};
use voxdice::stats::{Sums, Terms};
use voxdice::{
    Activation, Classes, Dtype, Engine, EngineOptions, Error, LabelMap, Layout, Operand, Pair, Shape, SumsOptions,
    Table, Volume,
};

/// Records, submits and reads.
fn recorded(
    application: &Application,
    shape: &Shape,
    arrays: [&Array; 2],
    offset: usize,
    options: &SumsOptions,
) -> voxdice::Result<Table<Sums>> {
    let buffers = arrays.map(|array| application.buffer(bytes(array), offset));
    let pred = Volume::buffer(shape.clone(), dtype(arrays[0]), &buffers[0], offset as u64)?;
    let truth = Volume::buffer(shape.clone(), dtype(arrays[1]), &buffers[1], offset as u64)?;
    let mut encoder = application.device.create_command_encoder(&Default::default());
    let sums = application.engine.record_sums(&mut encoder, Pair { pred, truth }, options)?;
    application.queue.submit([encoder.finish()]);
    let read = application.engine.read_sums(&sums);
    // The application may copy and decode by itself.
    let copied = application.read(sums.buffer());
    assert_eq!(copied.len(), 4 * sums.words_per_cell() * shape.cells() as usize);
    assert_eq!(read.as_ref().ok(), sums.decode(&copied).as_ref().ok());
    assert!(matches!(sums.decode(&copied[4..]), Err(Error::LengthMismatch { .. })));
    read
}

#[test]
fn recorded_sums_have_the_bits_of_the_cpu() {
    let cpu = cpu();
    for application in ALL.iter() {
        let cases = [
            (Shape::new(1, 1, [1]).unwrap(), Real::F32, Terms::Plain),
            (Shape::new(2, 3, [70_001]).unwrap(), Real::F32, Terms::All),
            (Shape::new(2, 3, [70_001]).unwrap().with_layout(Layout::ChannelsLast), Real::U8, Terms::Squared),
            (Shape::new(1, 1, [600_011]).unwrap(), Real::F32, Terms::Squared),
            (Shape::new(300, 7, [9]).unwrap(), Real::U8, Terms::Squared),
        ];
        for (shape, truth, terms) in cases {
            let n = shape.elements() as usize;
            let (p, t) = (reals(Real::F32, Pattern::Signed, n, 1), reals(truth, Pattern::Unit, n, 2));
            let expected =
                cpu.sums_with(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &terms.into()).unwrap();
            for offset in [0, 7] {
                let found = recorded(application, &shape, [&p, &t], offset, &terms.into()).unwrap();
                assert_eq!(found, expected, "{} {shape} {terms:?}", application.name);
            }
        }
        // Masks are summed as integers.
        for terms in [Terms::Plain, Terms::All] {
            let shape = Shape::new(2, 1, [200_003]).unwrap();
            let n = shape.elements() as usize;
            let (p, t) = (reals(Real::U8, Pattern::Unit, n, 3), reals(Real::U8, Pattern::Unit, n, 4));
            let expected =
                cpu.sums_with(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &terms.into()).unwrap();
            let found = recorded(application, &shape, [&p, &t], 0, &terms.into()).unwrap();
            assert_eq!(found, expected, "{} masks {terms:?}", application.name);
        }
    }
}

/// All blocks at their largest: carries through all four words.
#[test]
fn sums_beyond_64_bits_carry() {
    for application in ALL.iter() {
        let shape = Shape::new(1, 2, [300_000]).unwrap();
        let mut p = vec![1.0f32; 600_000];
        p[300_000..].fill(-1.0);
        let (p, t) = (Array::F32(p), Array::F32(vec![-1.0; 600_000]));
        let found = recorded(application, &shape, [&p, &t], 0, &Terms::All.into()).unwrap();
        let units: Vec<i128> = found.values().iter().flat_map(|sums| sums.exact()).map(|sum| sum.units()).collect();
        let n = 300_000i128 << 46;
        assert_eq!(units, [n, -n, -n, n, n, 2 * n, -n, -n, n, n, n, 0], "{}", application.name);
    }
}

#[test]
fn recorded_sums_of_activations_and_pointwise_losses() {
    for application in ALL.iter() {
        let shape = Shape::new(2, 3, [70_001]).unwrap();
        let map_shape = Shape::new(2, 1, [70_001]).unwrap();
        let n = shape.elements() as usize;
        let p = reals(Real::F32, Pattern::Wide, n, 5);
        let t = labels(LabelType::U8, &[0, 1, 2], 4, n / 3, 6);
        let (p_buffer, t_buffer) = (application.buffer(bytes(&p), 0), application.buffer(bytes(&t), 3));
        let (activation, pointwise) = (Activation::Softmax, Some(Pointwise::CrossEntropy));
        let options = SumsOptions { activation, pointwise, terms: Terms::Squared };
        let truth = || LabelMap::buffer(map_shape.clone(), Dtype::U8, &t_buffer, 3).unwrap();
        let pred = || Volume::buffer(shape.clone(), Dtype::F32, &p_buffer, 0).unwrap();
        let expected = application.engine.sums_with(Pair { pred: pred(), truth: truth() }, &options).unwrap();
        let mut encoder = application.device.create_command_encoder(&Default::default());
        let sums =
            application.engine.record_sums(&mut encoder, Pair { pred: pred(), truth: truth() }, &options).unwrap();
        application.queue.submit([encoder.finish()]);
        assert_eq!(application.engine.read_sums(&sums).unwrap(), expected, "{}", application.name);
    }
}

/// The operands may be made by commands in the same encoder.
#[test]
fn commands_run_in_the_order_of_the_encoder() {
    for application in ALL.iter() {
        let shape = Shape::new(1, 1, [5000]).unwrap();
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let operand = application.empty(20_000, usage);
        let source = application.empty(20_000, wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST);
        application.queue.write_buffer(&source, 0, bytemuck::cast_slice(&[0.5f32; 5000]));
        let mut encoder = application.device.create_command_encoder(&Default::default());
        let volume = || Volume::buffer(shape.clone(), Dtype::F32, &operand, 0).unwrap();
        let options = SumsOptions::default();
        let before =
            application.engine.record_sums(&mut encoder, Pair { pred: volume(), truth: volume() }, &options).unwrap();
        encoder.copy_buffer_to_buffer(&source, 0, &operand, 0, None);
        let after =
            application.engine.record_sums(&mut encoder, Pair { pred: volume(), truth: volume() }, &options).unwrap();
        application.queue.submit([encoder.finish()]);
        let [before, after] = [before, after].map(|sums| application.engine.read_sums(&sums).unwrap());
        assert_eq!([before, after].map(|sums| sums.values()[0].pred()), [0.0, 2500.0], "{}", application.name);
    }
}

#[test]
fn values_that_need_the_host_are_told_by_cell() {
    for application in ALL.iter() {
        let shape = Shape::new(1, 3, [70_000]).unwrap();
        for (value, expected) in [(1.5f32, "beyond [-1, 1]"), (f32::NAN, "NaN"), (f32::NEG_INFINITY, "NaN")] {
            let mut p = vec![0.25f32; 210_000];
            p[70_000 + 69_999] = value;
            let (p, t) = (Array::F32(p), Array::F32(vec![0.5; 210_000]));
            let error = recorded(application, &shape, [&p, &t], 0, &SumsOptions::default()).unwrap_err();
            assert!(matches!(error, Error::Unsettled { cell: 1, what } if what.contains(expected)), "{error}");
        }
        let (mut p, t) = (vec![1u8; 210_000], Array::U8(vec![1; 210_000]));
        p[140_000] = 2;
        let error = recorded(application, &shape, [&Array::U8(p), &t], 0, &SumsOptions::default()).unwrap_err();
        assert!(matches!(error, Error::Unsettled { cell: 2, .. }), "{error}");
        // A label without channel makes the voxel no number.
        let map_shape = Shape::new(1, 1, [70_000]).unwrap();
        let mut map = vec![2u8; 70_000];
        map[12_345] = 3;
        let (p, map) = (application.buffer(&vec![0; 840_000], 0), application.buffer(&map, 0));
        let mut encoder = application.device.create_command_encoder(&Default::default());
        let sums = application.engine.record_sums(
            &mut encoder,
            Pair {
                pred: Volume::buffer(shape, Dtype::F32, &p, 0).unwrap(),
                truth: LabelMap::buffer(map_shape, Dtype::U8, &map, 0).unwrap(),
            },
            &SumsOptions::default(),
        );
        application.queue.submit([encoder.finish()]);
        let error = application.engine.read_sums(&sums.unwrap()).unwrap_err();
        assert!(matches!(error, Error::Unsettled { cell: 0, what } if what.contains("label")), "{error}");
    }
}

#[test]
fn recorded_counts_are_those_of_the_cpu() {
    let cpu = cpu();
    for application in ALL.iter() {
        let cases = [
            (2, 300_001, Classes::new([2, 1]).unwrap()),
            (300, 37, Classes::new(1..=20).unwrap()),
            (2, 70_001, Classes::new(1..=1100).unwrap()),
            (1, 70_001, Classes::regions([vec![1, 2, 3], vec![2, 3]]).unwrap().ignoring(4).unwrap()),
        ];
        for (samples, voxels, classes) in cases {
            let shape = Shape::new(samples, 1, [voxels]).unwrap();
            let n = shape.elements() as usize;
            let present: Vec<u32> = (0..=classes.len() as u32 + 3).collect();
            let of = |seed| labels(LabelType::U16, &present, 3, n, seed);
            let (p, t) = (of(7), of(8));
            let expected =
                cpu.counts(Pair { pred: label_map(&shape, &p), truth: label_map(&shape, &t) }, &classes).unwrap();
            let (p, t) = (application.buffer(bytes(&p), 2), application.buffer(bytes(&t), 0));
            let mut encoder = application.device.create_command_encoder(&Default::default());
            let counts = application.engine.record_counts(
                &mut encoder,
                Pair {
                    pred: LabelMap::buffer(shape.clone(), Dtype::U16, &p, 2).unwrap(),
                    truth: LabelMap::buffer(shape.clone(), Dtype::U16, &t, 0).unwrap(),
                },
                &classes,
            );
            application.queue.submit([encoder.finish()]);
            let counts = counts.unwrap();
            assert_eq!(application.engine.read_counts(&counts).unwrap(), expected, "{} {shape}", application.name);
            assert_eq!(counts.decode(&application.read(counts.buffer())).unwrap(), expected);
        }
    }
}

#[test]
fn gradients_in_a_buffer_have_the_bits_of_the_plain_call() {
    for application in ALL.iter() {
        for (activation, layout, voxels) in [
            (Activation::None, Layout::ChannelsFirst, 66_001),
            (Activation::None, Layout::ChannelsLast, 66_001),
            (Activation::Softmax, Layout::ChannelsFirst, 66_001),
            (Activation::Softmax, Layout::ChannelsFirst, 501),
            (Activation::Sigmoid, Layout::ChannelsFirst, 5),
        ] {
            let shape = Shape::new(2, 3, [voxels]).unwrap().with_layout(layout);
            let n = shape.elements() as usize;
            let (p, t) = (reals(Real::F32, Pattern::Unit, n, 9), reals(Real::U8, Pattern::Unit, n, 10));
            let options = SumsOptions { activation, ..SumsOptions::default() };
            let (pred, truth) = (|| volume(&shape, &p), || volume(&shape, &t));
            let sums = application.engine.sums_with(Pair { pred: pred(), truth: truth() }, &options).unwrap();
            let partials = sums.map(|_| Partials { pred: 0.4, product: -1.3, pred_power: 0.2, ..Partials::default() });
            let expected =
                application.engine.gradient(Pair { pred: pred(), truth: truth() }, &options, &sums, &partials).unwrap();
            let (p_buffer, t_buffer) = (application.buffer(bytes(&p), 0), application.buffer(bytes(&t), 1));
            for offset in [0, 4, 260] {
                let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
                let out = application.empty(offset + 4 * n as u64 + 4, usage);
                application.queue.write_buffer(&out, 0, &vec![0xa5; out.size() as usize]);
                let pred = match offset {
                    0 => pred(),
                    _ => Volume::buffer(shape.clone(), Dtype::F32, &p_buffer, 0).unwrap(),
                };
                let truth = Volume::buffer(shape.clone(), Dtype::U8, &t_buffer, 1).unwrap();
                let engine = &application.engine;
                engine.gradient_into_buffer(Pair { pred, truth }, &options, &sums, &partials, &out, offset).unwrap();
                let found = application.read(&out);
                let (start, end) = (offset as usize, offset as usize + 4 * n);
                let same = found[start..end] == *bytemuck::cast_slice::<f32, u8>(&expected);
                assert!(same, "{} {shape} {activation:?} {offset}", application.name);
                assert!(found[..start].iter().chain(&found[end..]).all(|&byte| byte == 0xa5), "written around");
            }
        }
    }
}

#[test]
fn what_cannot_be_recorded_is_a_typed_error() {
    for application in ALL.iter() {
        let engine = &application.engine;
        let shape = || Shape::new(1, 1, [64]).unwrap();
        let voxels = [0.5f32; 64];
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let (buffer, out) = (application.empty(256, usage), application.empty(256, usage));
        let resident = || Volume::buffer(shape(), Dtype::F32, &buffer, 0).unwrap();
        let host = || Volume::f32(shape(), &voxels).unwrap();
        let options = SumsOptions::default();
        let mut encoder = application.device.create_command_encoder(&Default::default());
        let error = engine.record_sums(&mut encoder, Pair { pred: resident(), truth: host() }, &options).unwrap_err();
        assert!(matches!(error, Error::HostOperand { operand: Operand::Truth }), "{error}");
        let cpu = Engine::new(&EngineOptions::default()).unwrap();
        let error = cpu.record_sums(&mut encoder, Pair { pred: resident(), truth: resident() }, &options).unwrap_err();
        assert!(matches!(error, Error::EngineOnCpu { call: "record_sums" }), "{error}");

        let sums = engine.sums(Pair { pred: host(), truth: host() }).unwrap();
        let partials = sums.map(|_| Partials::default());
        let into = |pred, buffer: &wgpu::Buffer, offset| {
            engine.gradient_into_buffer(Pair { pred, truth: host() }, &options, &sums, &partials, buffer, offset)
        };
        assert!(matches!(into(resident(), &buffer, 0), Err(Error::BufferShared { operand: Operand::Pred })));
        assert!(matches!(into(resident(), &out, 2), Err(Error::Parameter { .. })));
        assert!(matches!(into(resident(), &out, 4), Err(Error::BufferTooSmall { .. })));
        let storage = application.empty(256, wgpu::BufferUsages::STORAGE);
        assert!(matches!(into(host(), &storage, 0), Err(Error::BufferUsage { missing: "COPY_DST" })));
        assert!(into(resident(), &out, 0).is_ok());
    }
}
