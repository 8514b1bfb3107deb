//! Non-finite voxels, shapes that do not fit, and the other inputs that a call refuses.

use crate::engines::ALL;
use voxdice::stats::Terms;
use voxdice::{
    Backend, Classes, Engine, EngineOptions, Error, LabelMap, Layout, NonFinite, Operand, Pair, Position, Shape, Volume,
};

fn engines(non_finite: NonFinite) -> Vec<Engine> {
    let of = |backend| Engine::new(&EngineOptions { backend, non_finite, ..EngineOptions::default() }).unwrap();
    let gpu = crate::engines::gpu::available().then(|| of(Backend::Gpu));
    [of(Backend::Cpu)].into_iter().chain(gpu).collect()
}

/// 2 samples, 2 channels, two blocks each; four bad voxels in pred, one in truth.
fn with_bad_voxels(layout: Layout) -> (Shape, Vec<f32>, Vec<f32>) {
    let shape = Shape::new(2, 2, [70_000]).unwrap().with_layout(layout);
    let at = |n: usize, c: usize, v: usize| match layout {
        Layout::ChannelsFirst => (n * 2 + c) * 70_000 + v,
        Layout::ChannelsLast => (n * 70_000 + v) * 2 + c,
    };
    let (mut pred, mut truth) = (vec![0.5f32; 280_000], vec![0.25f32; 280_000]);
    for (voxel, value) in [(69_999, f32::NAN), (66_000, f32::NEG_INFINITY), (65_999, f32::INFINITY), (3, 9.0)] {
        pred[at(0, 1, voxel)] = value;
    }
    pred[at(1, 0, 5)] = f32::NAN;
    truth[at(1, 1, 0)] = f32::NAN;
    (shape, pred, truth)
}

#[test]
fn non_finite_voxels_are_an_error_that_counts_and_locates_them() {
    for layout in [Layout::ChannelsFirst, Layout::ChannelsLast] {
        let (shape, pred, truth) = with_bad_voxels(layout);
        for engine in engines(NonFinite::Error) {
            let (p, t) = (Volume::f32(shape.clone(), &pred).unwrap(), Volume::f32(shape.clone(), &truth).unwrap());
            let error = engine.sums(Pair { pred: p, truth: t }).unwrap_err();
            let Error::NonFinite { facts } = &error else { panic!("{error}") };
            let found: Vec<_> = facts.iter().map(|fact| (fact.operand, fact.count, fact.first)).collect();
            let first = |sample, channel, voxel| Position { sample, channel, voxel };
            assert_eq!(found, [(Operand::Pred, 4, first(0, 1, 65_999)), (Operand::Truth, 1, first(1, 1, 0))]);
            let text = error.to_string();
            assert!(text.contains("4 voxels of pred are NaN or infinite"), "{text}");
            assert!(text.contains("sample 0, channel 1, voxel 65999"), "{text}");
            assert!(text.contains("1 voxel of truth is NaN"), "{text}");
        }
    }
}

#[test]
fn blocks_have_the_policy_of_their_cells() {
    use voxdice::stats::Merge;
    let (shape, pred, truth) = with_bad_voxels(Layout::ChannelsFirst);
    for engine in [NonFinite::Ignore, NonFinite::Propagate].into_iter().flat_map(engines) {
        let volumes = || (Volume::f32(shape.clone(), &pred).unwrap(), Volume::f32(shape.clone(), &truth).unwrap());
        let ((p, t), (p_again, t_again)) = (volumes(), volumes());
        let sums = engine.sums(Pair { pred: p, truth: t }).unwrap();
        let blocks = engine.sums_by_block(Pair { pred: p_again, truth: t_again }, &Terms::Squared.into()).unwrap();
        for (cell, blocks) in sums.values().iter().zip(blocks.values()) {
            let mut folded = blocks[0];
            blocks[1..].iter().for_each(|block| folded.merge(block).unwrap());
            assert_eq!((&folded, folded.pred().is_nan()), (cell, cell.pred().is_nan()));
        }
    }
}

/// |x|^γ is an f32, so what would be beyond it is refused.
#[test]
fn powers_beyond_f32_are_refused() {
    let shape = || Shape::new(1, 1, [2]).unwrap();
    for engine in engines(NonFinite::Error) {
        let sums = |gamma, p: [f32; 2]| {
            engine.sums_with(
                Pair { pred: Volume::f32(shape(), &p).unwrap(), truth: Volume::f32(shape(), &[1.0f32, 0.0]).unwrap() },
                &Terms::Power(gamma).into(),
            )
        };
        for (gamma, largest) in [(2.0, 3e38), (2.0, 1e20), (1.5, 1e30)] {
            let error = sums(gamma, [largest, 0.5]).unwrap_err();
            assert!(matches!(error, Error::Parameter { name: "Terms::Power", .. }), "{error}");
        }
        let found = sums(2.0, [1e18, 0.5]).unwrap();
        let (power, _) = found.values()[0].powers().unwrap();
        assert!((power / 1e36 - 1.0).abs() < 1e-5, "{power}");
    }
}

/// Sums of more cells than memory has room for.
#[test]
fn an_accumulator_of_too_many_channels_is_refused() {
    let engine = &engines(NonFinite::Error)[0];
    let shape = Shape::new(1, 1 << 56, [1]).unwrap();
    let error = engine.accumulate_sums(&shape, &Terms::Plain.into()).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Parameter { name: "the number of channels", .. }), "{error}");
}

#[test]
fn non_finite_voxels_are_left_out_or_make_the_sum_nan() {
    let (shape, pred, truth) = with_bad_voxels(Layout::ChannelsFirst);
    let run = |engine: &Engine| {
        let (p, t) = (Volume::f32(shape.clone(), &pred).unwrap(), Volume::f32(shape.clone(), &truth).unwrap());
        engine.sums(Pair { pred: p, truth: t }).unwrap()
    };
    for engine in engines(NonFinite::Ignore) {
        let sums = run(&engine);
        let bad = sums.get(0, 1).unwrap();
        assert_eq!(bad.non_finite().pred, 3);
        assert_eq!(bad.pred(), 0.5 * (70_000.0 - 4.0) + 9.0);
        assert_eq!(bad.truth(), 0.25 * (70_000.0 - 3.0));
        assert!(bad.out_of_range() && !sums.get(0, 0).unwrap().out_of_range());
    }
    for engine in engines(NonFinite::Propagate) {
        let sums = run(&engine);
        let nan: Vec<bool> = sums.values().iter().map(|s| s.pred().is_nan() && s.product().is_nan()).collect();
        assert_eq!(nan, [false, true, true, true]);
        assert_eq!(sums.get(0, 0).unwrap().pred(), 35_000.0);
    }
}

#[test]
fn values_too_far_apart_for_one_exact_sum_are_an_error() {
    let shape = Shape::new(1, 1, [200_000]).unwrap();
    let mut pred = vec![0.5f32; 200_000];
    pred[150_000] = 1e30;
    for implementation in ALL.iter() {
        let volume = || Volume::f32(shape.clone(), &pred).unwrap();
        let error = implementation
            .engine
            .sums_with(Pair { pred: volume(), truth: volume() }, &Terms::Plain.into())
            .unwrap_err();
        assert!(matches!(error, Error::Width { smallest: 0, largest: 100, .. }), "{}: {error}", implementation.name);
    }
}

#[test]
fn shapes_that_do_not_fit_are_typed_errors() {
    let shape = || Shape::new(1, 2, [3, 4]).unwrap();
    assert!(matches!(Shape::new(0, 1, [3]), Err(Error::EmptyAxis { axis }) if axis == "samples"));
    assert!(matches!(Shape::new(1, 0, [3]), Err(Error::EmptyAxis { axis }) if axis == "channels"));
    assert!(matches!(Shape::new(1, 1, [3, 0]), Err(Error::EmptyAxis { axis }) if axis == "spatial axis 1"));
    assert!(matches!(Shape::new(usize::MAX, 2, [1 << 40]), Err(Error::ShapeTooLarge { .. })));
    assert_eq!(Shape::new(4, 4, [1 << 28, 1 << 28]).unwrap().elements(), 1 << 60);
    assert!(matches!(Shape::new(1, 1, [(1 << 60) + 1]), Err(Error::ShapeTooLarge { .. })));
    let short = [0f32; 23];
    let expected = Error::LengthMismatch { shape: "[1, 2, 3, 4]".into(), expected: 24, found: 23 }.to_string();
    assert_eq!(Volume::f32(shape(), &short).unwrap_err().to_string(), expected);
    assert!(matches!(LabelMap::u8(shape(), &[0; 24]), Err(Error::LabelChannels { channels: 2, .. })));
    assert!(matches!(Classes::new([]), Err(Error::NoClasses)));

    let other = Shape::new(1, 2, [4, 3]).unwrap();
    let last = shape().with_layout(Layout::ChannelsLast);
    let voxels = [0f32; 24];
    for engine in engines(NonFinite::Error) {
        for other in [&other, &last] {
            let (p, t) = (Volume::f32(shape(), &voxels).unwrap(), Volume::f32(other.clone(), &voxels).unwrap());
            assert!(matches!(engine.sums(Pair { pred: p, truth: t }), Err(Error::ShapeMismatch { .. })));
        }
    }
}

#[test]
fn a_shape_without_spatial_axes_has_one_voxel_per_cell() {
    let shape = Shape::new(2, 3, []).unwrap();
    for engine in engines(NonFinite::Error) {
        let p = [0.5f32, 1.0, 0.0, 0.25, 0.75, 1.0];
        let sums = engine.sums(Pair {
            pred: Volume::f32(shape.clone(), &p).unwrap(),
            truth: Volume::f32(shape.clone(), &p).unwrap(),
        });
        assert_eq!(sums.unwrap().map(|s| s.pred()).values(), p.map(f64::from));
    }
}

#[cfg(feature = "gpu")]
#[test]
fn an_adapter_that_is_not_there_is_named_beside_those_that_are() {
    use voxdice::AdapterChoice;
    for adapter in [AdapterChoice::Named("no such adapter".into()), AdapterChoice::Index(99)] {
        let error = Engine::new(&EngineOptions { adapter, ..EngineOptions::default() }).unwrap_err();
        assert!(matches!(error, Error::NoAdapter { .. }), "{error}");
        if let Some(there) = voxdice::adapters().first() {
            assert!(error.to_string().contains(&there.name), "{error}");
        }
    }
}

#[cfg(not(feature = "gpu"))]
#[test]
fn without_the_feature_a_gpu_is_a_typed_error() {
    let options = EngineOptions { backend: Backend::Gpu, ..EngineOptions::default() };
    assert!(matches!(Engine::new(&options), Err(Error::GpuNotBuilt)));
}

#[test]
fn auto_takes_the_cpu_for_voxels_in_host_memory_and_says_why() {
    let description = Engine::new(&EngineOptions::default()).unwrap().describe();
    assert_eq!(description.backend, Backend::Cpu);
    assert!(description.reason.contains("host memory"), "{description:?}");
}

/// Many threads on one engine.
#[test]
fn one_engine_serves_many_threads() {
    let shape = Shape::new(3, 2, [41, 43]).unwrap();
    let n = shape.elements() as usize;
    for implementation in ALL.iter() {
        let engine = &implementation.engine;
        std::thread::scope(|scope| {
            for thread in 0..4u32 {
                let shape = &shape;
                scope.spawn(move || {
                    for round in 0..5 {
                        let value = 1.0 / (1 + thread + round) as f32;
                        let p = vec![value; n];
                        let volume = || Volume::f32(shape.clone(), &p).unwrap();
                        let sums = engine.sums(Pair { pred: volume(), truth: volume() }).unwrap();
                        let expected = (f64::from(value) * 2f64.powi(46)) as i128 * 41 * 43;
                        assert!(sums.values().iter().all(|s| s.exact()[0].units() == expected));
                    }
                });
            }
        });
    }
}
