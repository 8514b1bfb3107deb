//! Volumes from array views: the same numbers as from plain slices, whatever the strides.

use crate::random::Random;
use ndarray::{Array, Array1, Array3, ArrayD, ArrayViewD, Axis, IxDyn, ShapeBuilder, Slice};
use voxdice::metric::{Loss, LossOptions};
use voxdice::ndarray::{Axes, Voxels};
use voxdice::{Classes, Engine, EngineOptions, Error, LabelMap, Layout, Pair, Shape, Volume};

fn engine() -> Engine {
    Engine::new(&EngineOptions::default()).unwrap()
}

/// Random values of a shape, in row-major order.
fn noise(sizes: &[usize], seed: u64) -> ArrayD<f32> {
    let mut random = Random::new(seed);
    Array::from_shape_simple_fn(IxDyn(sizes), || random.unit())
}

/// Views of the same shape that lie in memory in all sorts of ways.
fn views(sizes: &[usize], visit: &mut dyn FnMut(&str, ArrayViewD<'_, f32>)) {
    let n = sizes.len();
    visit("row-major", noise(sizes, 1).view());
    let order: Vec<usize> = (0..n).rev().collect();
    let reversed: Vec<usize> = order.iter().map(|&axis| sizes[axis]).collect();
    visit("Fortran order", noise(&reversed, 2).view().permuted_axes(IxDyn(&order)));
    let mut flipped = noise(sizes, 3);
    (0..n).for_each(|axis| flipped.invert_axis(Axis(axis)));
    visit("flipped", flipped.view());
    for axis in 0..n {
        let mut larger = sizes.to_vec();
        larger[axis] = 2 * sizes[axis] + 1;
        let larger = noise(&larger, 4 + axis as u64);
        visit("every other", larger.slice_axis(Axis(axis), Slice::new(1, None, 2)).view());
    }
    let mut one = sizes.to_vec();
    one[n - 1] = 1;
    let one = noise(&one, 9);
    visit("broadcast", one.broadcast(IxDyn(sizes)).unwrap());
    // The last axis second in memory, and the second last.
    if n > 2 {
        let mut to_second: Vec<usize> = (0..n).collect();
        let last = to_second.pop().unwrap();
        to_second.insert(1, last);
        let mut back = vec![0; n];
        to_second.iter().enumerate().for_each(|(i, &axis)| back[axis] = i);
        for (memory, view) in [(&to_second, &back), (&back, &to_second)] {
            let moved: Vec<usize> = memory.iter().map(|&axis| sizes[axis]).collect();
            visit("an axis moved", noise(&moved, 10).view().permuted_axes(IxDyn(view)));
        }
    }
}

/// Which axes are samples and channels.
fn meaning(axes: Axes, n: usize) -> (Option<usize>, Option<usize>) {
    match axes {
        Axes::SamplesChannelsSpace => (Some(0), Some(1)),
        Axes::SamplesSpaceChannels => (Some(0), Some(n - 1)),
        Axes::SamplesSpace => (Some(0), None),
        Axes::ChannelsSpace => (None, Some(0)),
        Axes::SpaceChannels => (None, Some(n - 1)),
        Axes::Space => (None, None),
    }
}

/// The axes as `[N, C, space]`, by definition.
fn canonical(view: ArrayViewD<'_, f32>, axes: Axes) -> ArrayD<f32> {
    let (samples, channels) = meaning(axes, view.ndim());
    let space = (0..view.ndim()).filter(|&axis| Some(axis) != samples && Some(axis) != channels);
    let order: Vec<usize> = samples.into_iter().chain(channels).chain(space).collect();
    let mut moved = view.permuted_axes(IxDyn(&order)).to_owned();
    for (at, absent) in [(0, samples.is_none()), (1, channels.is_none())] {
        if absent {
            moved = moved.insert_axis(Axis(at));
        }
    }
    moved.as_standard_layout().into_owned()
}

const ALL: [Axes; 6] = [
    Axes::SamplesChannelsSpace,
    Axes::SamplesSpaceChannels,
    Axes::SamplesSpace,
    Axes::ChannelsSpace,
    Axes::SpaceChannels,
    Axes::Space,
];

#[test]
fn sums_and_gradients_of_any_view() {
    let engine = engine();
    let loss = Loss::new(LossOptions::default()).unwrap();
    let options = loss.sums_options();
    for (axes, sizes) in ALL.into_iter().flat_map(|axes| [vec![2, 3, 5], vec![3, 2, 4, 5]].map(|sizes| (axes, sizes))) {
        views(&sizes, &mut |what, view| {
            let what = format!("{what}, {axes:?} {sizes:?}");
            let (p, t) = (canonical(view.view(), axes), canonical(noise(&sizes, 20).view(), axes));
            let shape = Shape::new(p.shape()[0], p.shape()[1], &p.shape()[2..]).unwrap();
            let volume = |array| Volume::f32(shape.clone(), array).unwrap();
            let (p, t) = (p.as_slice().unwrap(), t.as_slice().unwrap());
            let sums = engine.sums_with(Pair { pred: volume(p), truth: volume(t) }, &options).unwrap();
            let partials = loss.gradient(&sums).unwrap();
            let gradient =
                engine.gradient(Pair { pred: volume(p), truth: volume(t) }, &options, &sums, &partials).unwrap();

            let noise = noise(&sizes, 20);
            let pred = Voxels::new(view.view(), axes).unwrap();
            let truth = Voxels::like(&pred, noise.view(), axes).unwrap();
            let (pred_volume, truth_volume) = (|| pred.volume().unwrap(), || truth.volume().unwrap());
            let found = engine.sums_with(Pair { pred: pred_volume(), truth: truth_volume() }, &options).unwrap();
            assert_eq!(found, sums, "{what}");
            let found = engine
                .gradient(Pair { pred: pred_volume(), truth: truth_volume() }, &options, &found, &partials)
                .unwrap();
            let found = pred.array(found).unwrap();
            assert_eq!(found.shape(), view.shape(), "{what}");
            assert_eq!(canonical(found.view(), axes).as_slice().unwrap(), gradient, "{what}");
        });
    }
}

#[test]
fn memory_that_fits_is_borrowed() {
    let array = noise(&[2, 3, 4, 5], 1);
    let borrows = |view: ArrayViewD<'_, f32>, axes| {
        let voxels = Voxels::new(view, axes).unwrap();
        voxels.is_borrowed().then(|| voxels.shape().layout())
    };
    let (first, last) = (Some(Layout::ChannelsFirst), Some(Layout::ChannelsLast));
    assert_eq!(borrows(array.view(), Axes::SamplesChannelsSpace), first);
    assert_eq!(borrows(array.view(), Axes::SamplesSpaceChannels), last);
    assert_eq!(borrows(array.view(), Axes::ChannelsSpace), first);
    assert_eq!(borrows(array.view(), Axes::SpaceChannels), last);
    assert_eq!(borrows(array.view(), Axes::Space), first);
    // Channels last in memory, seen as channels first; and the other way round.
    assert_eq!(borrows(array.view().permuted_axes(IxDyn(&[0, 3, 1, 2])), Axes::SamplesChannelsSpace), last);
    assert_eq!(borrows(array.view().permuted_axes(IxDyn(&[0, 2, 3, 1])), Axes::SamplesSpaceChannels), first);
    // A sample of a batch lies together, a channel of one does not.
    assert_eq!(borrows(array.index_axis(Axis(0), 1), Axes::ChannelsSpace), first);
    assert_eq!(borrows(array.index_axis(Axis(3), 1), Axes::SamplesSpace), None);
    let fortran = Array3::<f32>::zeros((3, 4, 5).f());
    assert!(!Voxels::new(fortran.view(), Axes::Space).unwrap().is_borrowed());
    assert!(Voxels::new(fortran.view().reversed_axes(), Axes::Space).unwrap().is_borrowed());
    // Asked for in another layout it is copied, and the address says so.
    let same = Voxels::in_layout(array.view(), Axes::SamplesChannelsSpace, Layout::ChannelsFirst).unwrap();
    let other = Voxels::in_layout(array.view(), Axes::SamplesChannelsSpace, Layout::ChannelsLast).unwrap();
    assert!(same.is_borrowed() && !other.is_borrowed() && other.shape().layout() == Layout::ChannelsLast);
}

#[test]
fn label_maps_of_any_view() {
    let mut random = Random::new(5);
    let truth = Array3::from_shape_simple_fn((3, 40, 50), || random.below(4) as u16);
    let pred = Array3::from_shape_simple_fn((50, 3, 40), || random.below(4));
    let pred = pred.view().permuted_axes([1, 2, 0]);
    let (engine, classes) = (engine(), Classes::new(1..=3).unwrap());
    let (p, t): (Vec<u32>, Vec<u16>) = (pred.iter().copied().collect(), truth.iter().copied().collect());
    for (axes, shape) in [
        (Axes::SamplesSpace, Shape::new(3, 1, [40, 50]).unwrap()),
        (Axes::Space, Shape::new(1, 1, [3, 40, 50]).unwrap()),
    ] {
        let expected = engine
            .counts(
                Pair { pred: LabelMap::u32(shape.clone(), &p).unwrap(), truth: LabelMap::u16(shape, &t).unwrap() },
                &classes,
            )
            .unwrap();
        let (pred, truth) = (Voxels::new(pred, axes).unwrap(), Voxels::new(truth.view(), axes).unwrap());
        assert!(!pred.is_borrowed() && truth.is_borrowed());
        let found = engine
            .counts(Pair { pred: pred.label_map().unwrap(), truth: truth.label_map().unwrap() }, &classes)
            .unwrap();
        assert_eq!(found, expected);
    }
    let channels = Voxels::new(truth.view(), Axes::ChannelsSpace).unwrap();
    assert!(matches!(channels.label_map(), Err(Error::LabelChannels { channels: 3, .. })));
}

#[test]
fn arrays_that_will_not_do_are_typed_errors() {
    let one = Array1::<f32>::zeros(4);
    assert!(matches!(Voxels::new(one.view(), Axes::SamplesChannelsSpace), Err(Error::Parameter { .. })));
    let voxels = Voxels::new(one.view(), Axes::SamplesSpace).unwrap();
    assert_eq!((voxels.shape().samples(), voxels.shape().voxels_per_cell()), (4, 1));
    assert!(matches!(voxels.array(vec![0u8; 5]), Err(Error::LengthMismatch { expected: 4, found: 5, .. })));
    let empty = Array3::<f32>::zeros((2, 0, 3));
    assert!(matches!(Voxels::new(empty.view(), Axes::SamplesChannelsSpace), Err(Error::EmptyAxis { .. })));
    let scalar = ndarray::arr0(0.5f32);
    assert_eq!(Voxels::new(scalar.view(), Axes::Space).unwrap().volume().unwrap().shape().elements(), 1);
    // Operands in different layouts are not guessed at.
    let (a, b) = (Array3::<f32>::zeros((2, 3, 4)), Array3::<f32>::zeros((2, 4, 3)));
    let (a, b) = (Voxels::new(a.view(), Axes::SamplesChannelsSpace), Voxels::new(b.view(), Axes::SamplesSpaceChannels));
    let error =
        engine().sums(Pair { pred: a.unwrap().volume().unwrap(), truth: b.unwrap().volume().unwrap() }).unwrap_err();
    assert!(matches!(error, Error::ShapeMismatch { .. }), "{error}");
}

#[cfg(feature = "half")]
#[test]
fn half_floats() {
    use half::f16;
    let p = noise(&[2, 3, 700], 1).mapv(f16::from_f32);
    let wide = p.mapv(f16::to_f32);
    let of = |volume: Volume<'_>| engine().sums(Pair { pred: volume.clone(), truth: volume }).unwrap();
    let (narrow, wide) = (
        Voxels::new(p.view(), Axes::SamplesChannelsSpace).unwrap(),
        Voxels::new(wide.view(), Axes::SamplesChannelsSpace).unwrap(),
    );
    assert!(narrow.is_borrowed());
    assert_eq!(of(narrow.volume().unwrap()), of(wide.volume().unwrap()));
    let (shape, elements) = (Shape::new(2, 3, [700]).unwrap(), p.as_slice().unwrap());
    assert_eq!(of(Volume::f16(shape.clone(), elements).unwrap()), of(wide.volume().unwrap()));
    assert!(matches!(Volume::f16(shape, &elements[1..]), Err(Error::LengthMismatch { .. })));
}
