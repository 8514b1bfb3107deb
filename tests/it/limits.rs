//! Volumes beyond the limits of one binding, of 24-bit counters, and of one dispatch. Expected values are closed forms.

use crate::engines::ALL;
use voxdice::stats::Exact;
use voxdice::{Classes, LabelMap, Pair, Shape, Volume};

/// 2^46, the units of a value 1.
const ONE: i128 = 1 << 46;

#[test]
fn more_than_2_to_the_24_ones_in_a_cell() {
    let n = (1 << 24) + 3;
    let shape = Shape::new(1, 1, [n]).unwrap();
    let (ones, mask) = (vec![1.0f32; n], vec![1u8; n]);
    let expected = vec![Exact::new(n as i128 * ONE, -46); 5];
    for implementation in ALL.iter() {
        let (pred, truth) = (Volume::f32(shape.clone(), &ones), Volume::u8(shape.clone(), &mask));
        let sums = implementation.engine.sums(Pair { pred: pred.unwrap(), truth: truth.unwrap() }).unwrap();
        assert_eq!(sums.values()[0].exact(), expected, "{}", implementation.name);
        let map = || LabelMap::u8(shape.clone(), &mask).unwrap();
        let counts =
            implementation.engine.counts(Pair { pred: map(), truth: map() }, &Classes::new([1]).unwrap()).unwrap();
        assert_eq!(counts.values()[0].tp(), n as u64, "{}", implementation.name);
        let integers = || Volume::u8(shape.clone(), &mask).unwrap();
        let sums = implementation.engine.sums(Pair { pred: integers(), truth: integers() }).unwrap();
        assert_eq!(sums.values()[0].exact(), expected, "{}", implementation.name);
    }
}

/// 1 at every third voxel and ½ elsewhere, against a mask of every second voxel.
fn closed_form(n: usize) -> (Vec<f32>, Vec<u8>, [i128; 3]) {
    let pred = (0..n).map(|i| if i % 3 == 0 { 1.0 } else { 0.5 }).collect();
    let truth = (0..n).map(|i| u8::from(i % 2 == 0)).collect();
    let every = |step: usize| n.div_ceil(step) as i128;
    let halves = n as i128 - every(3);
    let both = every(6) * 2 + (every(2) - every(6));
    (pred, truth, [(2 * every(3) + halves) * ONE / 2, every(2) * ONE, both * ONE / 2])
}

#[test]
fn a_large_volume_has_the_sums_of_its_closed_form_on_the_cpu() {
    let n = (32 << 20) + 12_345;
    let (pred, truth, expected) = closed_form(n);
    let shape = Shape::new(1, 1, [n]).unwrap();
    for implementation in ALL.iter().filter(|implementation| implementation.name.starts_with("CPU")) {
        let (pred, truth) = (Volume::f32(shape.clone(), &pred), Volume::u8(shape.clone(), &truth));
        let sums = implementation.engine.sums(Pair { pred: pred.unwrap(), truth: truth.unwrap() }).unwrap();
        let found: Vec<i128> = sums.values()[0].exact()[..3].iter().map(|x| x.units()).collect();
        assert_eq!(found, expected, "{}", implementation.name);
    }
}

#[cfg(feature = "gpu")]
#[test]
fn volumes_above_the_binding_limit_in_the_largest_windows() {
    use voxdice::tuning::Tuning;
    use voxdice::{AdapterChoice, Backend, Engine, EngineOptions, stats::Terms};
    if !crate::engines::gpu::available() {
        return;
    }
    for adapter in voxdice::adapters().into_iter().filter(|adapter| adapter.max_binding_bytes <= 1 << 30) {
        // A window as large as the adapter can bind, and a volume of one and a bit of them.
        let tuning = Tuning { window_bytes: adapter.max_binding_bytes, ..Tuning::default() };
        let choice = AdapterChoice::Index(adapter.index);
        let options = EngineOptions { backend: Backend::Gpu, adapter: choice, tuning, ..EngineOptions::default() };
        let engine = Engine::new(&options).unwrap();
        let n = (adapter.max_binding_bytes.min(128 << 20) / 4) as usize + 700_001;
        let (pred, truth, expected) = closed_form(n);
        let shape = Shape::new(1, 1, [n]).unwrap();
        let (pred, truth) = (Volume::f32(shape.clone(), &pred), Volume::u8(shape, &truth));
        let sums = engine.sums_with(Pair { pred: pred.unwrap(), truth: truth.unwrap() }, &Terms::Plain.into()).unwrap();
        let found: Vec<i128> = sums.values()[0].exact().iter().map(|x| x.units()).collect();
        assert_eq!(found, expected, "{}", adapter.name);
    }
}

#[cfg(feature = "gpu")]
#[test]
fn windows_that_no_adapter_can_use_are_refused() {
    use voxdice::tuning::Tuning;
    use voxdice::{Backend, Engine, EngineOptions, Error};
    if !crate::engines::gpu::available() {
        return;
    }
    let tuning = Tuning { window_bytes: 100, ..Tuning::default() };
    let options = EngineOptions { backend: Backend::Gpu, tuning, ..EngineOptions::default() };
    assert!(matches!(Engine::new(&options), Err(Error::Tuning { name: "Tuning::window_bytes", .. })));
}

/// One voxel whose channels have more results than one binding has room for: no window is small enough.
#[cfg(feature = "gpu")]
#[test]
fn a_voxel_of_too_many_channels_for_a_binding_is_refused() {
    use voxdice::tuning::Tuning;
    use voxdice::{Activation, AdapterChoice, Backend, Engine, EngineOptions, Error, SumsOptions, stats::Terms};
    if !crate::engines::gpu::available() {
        return;
    }
    for adapter in voxdice::adapters().into_iter().filter(|adapter| adapter.max_binding_bytes <= 256 << 20) {
        let channels = (adapter.max_binding_bytes / 64 + 1) as usize;
        let shape = Shape::new(1, channels, [1]).unwrap().with_layout(voxdice::Layout::ChannelsLast);
        let voxels = vec![0u8; channels];
        let volume = || Volume::u8(shape.clone(), &voxels).unwrap();
        let options = EngineOptions {
            backend: Backend::Gpu,
            adapter: AdapterChoice::Index(adapter.index),
            tuning: Tuning { window_bytes: 64 << 20, ..Tuning::default() },
            ..EngineOptions::default()
        };
        let options_of_sums = SumsOptions { activation: Activation::Sigmoid, terms: Terms::All, pointwise: None };
        let error = Engine::new(&options)
            .unwrap()
            .sums_with(Pair { pred: volume(), truth: volume() }, &options_of_sums)
            .unwrap_err();
        assert!(matches!(error, Error::BindingTooLarge { .. }), "{error}");
    }
}
