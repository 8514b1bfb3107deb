//! Shapes that are hard for one way of finding the nearest element or another, with every number of threads.

#[cfg(any(feature = "gpu", feature = "parallel"))]
use super::oracle::Random;
use super::oracle::hold_against_oracle;
use super::{Maps, engine};
use voxdice::stats::{Elements, ImageEdge, Surface, SurfaceOptions, Target};
use voxdice::tuning::Simd;
use voxdice::{Classes, LabelMap, Pair, Shape, Spacing};

type Place = [usize; 3];

/// Label 1 where the masks say so.
pub fn maps(size: Place, truth: impl Fn(Place) -> bool, pred: impl Fn(Place) -> bool) -> Maps {
    let [nz, ny, nx] = size;
    let places = || (0..nz * ny * nx).map(|i| [i / (ny * nx), i / nx % ny, i % nx]);
    let mask = |is: &dyn Fn(Place) -> bool| places().map(|place| u8::from(is(place))).collect();
    Maps { spatial: size.to_vec(), truth: mask(&truth), pred: mask(&pred) }
}

pub fn ball(middle: [f64; 3], radius: f64) -> impl Fn(Place) -> bool {
    move |place| place.iter().zip(middle).map(|(&i, m)| (i as f64 - m).powi(2)).sum::<f64>() <= radius * radius
}

#[cfg(any(feature = "gpu", feature = "parallel"))]
pub fn noise(seed: u64, size: Place, of_1000: usize) -> Vec<u8> {
    let mut random = Random(seed);
    (0..size.iter().product()).map(|_| u8::from(random.below(1000) < of_1000)).collect()
}

/// Name and maps. None but the first ones has so many elements that the oracle takes long.
pub fn shapes() -> Vec<(&'static str, Maps)> {
    let box_of = |low: Place, high: Place| move |p: Place| (0..3).all(|a| (low[a]..high[a]).contains(&p[a]));
    let never = |_: Place| false;
    let at = |place: Place| move |p: Place| p == place;
    vec![
        ("one far voxel", maps([24, 24, 80], box_of([0, 0, 0], [24, 24, 70]), at([23, 23, 79]))),
        ("disjoint balls", maps([20, 20, 150], ball([9.0, 9.0, 9.0], 8.0), ball([10.0, 9.0, 140.0], 8.0))),
        ("disjoint along the slices", maps([150, 20, 20], ball([9.0, 9.0, 9.0], 8.0), ball([140.0, 9.0, 10.0], 8.0))),
        ("disjoint along the rows", maps([20, 150, 20], ball([9.0, 9.0, 9.0], 8.0), ball([9.0, 140.0, 10.0], 8.0))),
        ("a ball in a ball", maps([44, 44, 44], ball([21.0; 3], 20.0), ball([20.0; 3], 4.0))),
        ("equal", maps([12, 12, 70], ball([6.0, 6.0, 30.0], 5.0), ball([6.0, 6.0, 30.0], 5.0))),
        ("checkerboard", maps([7, 8, 65], |p| (p[0] + p[1] + p[2]) % 2 == 0, |p| (p[0] + p[1] + p[2]) % 2 == 1)),
        ("checkerboard and a voxel", maps([7, 8, 65], |p| (p[0] + p[1] + p[2]) % 2 == 0, at([3, 4, 64]))),
        ("a slab of one slice", maps([1, 20, 70], box_of([0, 2, 3], [1, 9, 66]), box_of([0, 5, 60], [1, 20, 70]))),
        ("a slab of two slices", maps([2, 20, 70], box_of([0, 2, 3], [1, 9, 66]), box_of([1, 5, 60], [2, 20, 70]))),
        ("a column", maps([90, 1, 1], box_of([3, 0, 0], [9, 1, 1]), box_of([70, 0, 0], [90, 1, 1]))),
        ("a row", maps([1, 1, 300], box_of([0, 0, 0], [1, 1, 2]), box_of([0, 0, 130], [1, 1, 300]))),
        ("one voxel each", maps([9, 9, 70], at([0, 0, 0]), at([8, 8, 69]))),
        ("the whole image", maps([5, 6, 64], |_| true, |_| true)),
        ("the whole image and a hole", maps([5, 6, 64], |_| true, |p| p != [2, 3, 40])),
        ("the image's edge", maps([8, 9, 66], box_of([0, 0, 0], [8, 9, 3]), box_of([0, 0, 60], [8, 4, 66]))),
        ("no truth", maps([4, 5, 66], never, at([1, 2, 65]))),
        ("no prediction", maps([4, 5, 66], at([1, 2, 65]), never)),
        ("neither", maps([4, 5, 66], never, never)),
    ]
}

pub fn options() -> Vec<SurfaceOptions> {
    let spacings = [Spacing::voxels(), Spacing::new([3.0, 0.8, 0.8]).unwrap(), Spacing::new([0.5, 0.7, 4.0]).unwrap()];
    let ways = [
        (Elements::Face, ImageEdge::Background, Target::Elements),
        (Elements::Full, ImageEdge::Repeat, Target::Full),
        (Elements::Corner, ImageEdge::Background, Target::Elements),
        (Elements::Voxel, ImageEdge::Background, Target::Mask),
    ];
    let all = ways.into_iter().flat_map(|way| spacings.clone().map(|spacing| (way, spacing)));
    all.map(|((elements, image_edge, target), spacing)| SurfaceOptions { spacing, elements, image_edge, target })
        .collect()
}

#[test]
fn hard_shapes_have_the_distances_of_the_oracle() {
    for (name, maps) in shapes() {
        let dense = maps.truth.iter().chain(&maps.pred).filter(|&&label| label == 1).count() > 20_000;
        for options in options() {
            // Every voxel against every voxel takes too long where they are many.
            if dense && options.elements == Elements::Voxel {
                continue;
            }
            println!("{name}: {options:?}");
            hold_against_oracle(&maps, &options, &maps.surface(&options));
        }
    }
}

/// On as many threads.
#[cfg(feature = "parallel")]
fn on_threads<T: Send>(threads: usize, f: impl Fn() -> T + Send + Sync) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
}

/// Many labels that lie in each other: label i where noise or place says so.
#[cfg(any(feature = "gpu", feature = "parallel"))]
pub fn many_labels(size: Place, labels: usize) -> Maps {
    let mut random = Random(77);
    let of = |i: usize, shift: usize| {
        let [z, y, x] = [i / (size[1] * size[2]), i / size[2] % size[1], (i % size[2] + shift) % size[2]];
        ((z / 4 * 31 + y / 5 * 7 + x / 6) % (labels + 20)) as u8
    };
    let voxels = size.iter().product::<usize>();
    let known = |label: u8| if usize::from(label) <= labels { label } else { 0 };
    let truth = (0..voxels).map(|i| known(of(i, 0))).collect();
    let pred = (0..voxels).map(|i| if random.below(20) == 0 { 0 } else { known(of(i, 2)) }).collect();
    Maps { spatial: size.to_vec(), truth, pred }
}

#[cfg(feature = "parallel")]
#[test]
fn threads_and_instructions_change_nothing() {
    let size = [20, 30, 130];
    let noises = [(500, 500), (1, 1), (1, 999), (30, 0)];
    let mut all: Vec<Maps> = shapes().into_iter().map(|(_, maps)| maps).collect();
    all.extend(noises.map(|(truth, pred)| Maps {
        spatial: size.to_vec(),
        truth: noise(5, size, truth),
        pred: noise(6, size, pred),
    }));
    all.push(many_labels(size, 117));
    let classes = Classes::new(1..=117).unwrap();
    for maps in all {
        // Each way with another spacing.
        for options in options().into_iter().step_by(4) {
            let found = maps.surfaces(&classes, &options, Simd::Baseline);
            for threads in [1, 2, 8] {
                let again = on_threads(threads, || maps.surfaces(&classes, &options, Simd::Auto));
                assert_eq!(again, found, "{threads} {options:?}");
            }
        }
    }
}

#[test]
fn far_surfaces_take_the_transform_and_near_ones_do_not_need_it() {
    // As the distances are exact either way, what shows is that both ways agree: a surface with a far part, and the same
    // without it, have the same near distances.
    let near = maps([40, 60, 130], ball([20.0, 30.0, 20.0], 15.0), ball([21.0, 30.0, 20.0], 15.0));
    let far = maps(
        [40, 60, 130],
        |p| ball([20.0, 30.0, 20.0], 15.0)(p) || ball([20.0, 30.0, 118.0], 10.0)(p),
        ball([21.0, 30.0, 20.0], 15.0),
    );
    let options = SurfaceOptions::default();
    let (near, far) = (near.surface(&options), far.surface(&options));
    let below =
        |surface: &Surface| surface.truth().entries().iter().filter(|e| e.squared < 1600).copied().collect::<Vec<_>>();
    assert_eq!(below(&near), below(&far));
    assert!(far.truth().entries().last().unwrap().squared > 80 * 80);
}

/// VOXDICE_TEST_LARGE=1: 2^30 voxels, some GB of memory and a minute.
#[test]
fn a_large_volume() {
    if std::env::var_os("VOXDICE_TEST_LARGE").is_none() {
        crate::skips::skipped("surfaces of 2^30 voxels: VOXDICE_TEST_LARGE is not set");
        return;
    }
    let size = [1024, 1024, 1024];
    let cube = |low: usize, high: usize| {
        let mut labels = vec![0u8; 1 << 30];
        for z in low..high {
            for y in low..high {
                labels[(z << 20 | y << 10 | low)..(z << 20 | y << 10 | high)].fill(1);
            }
        }
        labels
    };
    let (truth, pred) = (cube(100, 900), cube(101, 901));
    let shape = Shape::new(1, 1, size).unwrap();
    let maps = (LabelMap::u8(shape.clone(), &pred).unwrap(), LabelMap::u8(shape, &truth).unwrap());
    let classes = Classes::new([1]).unwrap();
    let surfaces = engine(Simd::Auto)
        .surfaces(Pair { pred: maps.0, truth: maps.1 }, &classes, &SurfaceOptions::default())
        .unwrap();
    let [near, far] = [surfaces.values()[0].truth(), surfaces.values()[0].pred()];
    assert_eq!(near, far);
    assert_eq!(near.elements(), 800 * 800 * 800 - 798 * 798 * 798);
    assert_eq!(near.entries().iter().map(|entry| entry.squared).collect::<Vec<_>>(), [0, 1, 2, 3]);
}
