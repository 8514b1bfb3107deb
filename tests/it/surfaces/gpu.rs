//! Every adapter gives the surfaces of the CPU, whatever the maps, the options and the windows; compared with `==`.

use super::oracle::{Random, random_maps, random_options};
use super::shapes::{ball, many_labels, maps, noise, options, shapes};
use super::{Maps, cases, engine};
use crate::application::{self, Application};
use crate::engines;
use voxdice::stats::{Elements, ImageEdge, SurfaceOptions, Target};
use voxdice::tuning::Simd;
use voxdice::{Backend, Band, Classes, Dtype, Engine, LabelMap, Pair, Shape, Spacing};

/// The adapters, each with large windows and with small ones.
fn adapters() -> impl Iterator<Item = &'static engines::Implementation> {
    engines::ALL.iter().filter(|one| one.engine.describe().backend == Backend::Gpu)
}

/// Holds every adapter against the CPU.
fn hold(name: &str, maps: &Maps, classes: &Classes, options: &SurfaceOptions) {
    let expected = maps.surfaces(classes, options, Simd::Auto);
    for one in adapters() {
        let found = maps.surfaces_on(&one.engine, classes, options);
        assert_eq!(found, expected, "{name} on {}: {options:?}", one.name);
    }
}

fn label_1() -> Classes {
    Classes::new([1]).unwrap()
}

#[test]
fn random_masks() {
    for seed in 1..=100 {
        let mut random = Random::of(seed);
        let maps = random_maps(&mut random);
        let options = random_options(&mut random, maps.spatial.len());
        hold(&format!("seed {seed}"), &maps, &label_1(), &options);
    }
}

#[test]
fn hard_shapes() {
    for (i, (name, maps)) in shapes().into_iter().enumerate() {
        // Each shape in some of the ways, with some of the spacings: all of them take long on a processor.
        for options in options().into_iter().skip(i % 5).step_by(5) {
            hold(name, &maps, &label_1(), &options);
        }
    }
}

/// Every way in which elements can be asked for.
#[test]
fn all_options() {
    let size = [9, 10, 70];
    let maps = maps(size, ball([4.0, 4.0, 20.0], 4.5), |p| ball([4.0, 5.0, 21.0], 4.0)(p) || p == [8, 9, 69]);
    let flat = Maps { spatial: vec![90, 70], ..maps.clone() };
    for maps in [maps, flat] {
        for elements in Elements::ALL {
            for target in Target::ALL {
                if elements == Elements::Corner && target != Target::Elements {
                    continue;
                }
                for image_edge in ImageEdge::ALL {
                    let spacing = Spacing::voxels();
                    let options = SurfaceOptions { spacing, elements, image_edge, target };
                    hold("all options", &maps, &label_1(), &options);
                }
            }
        }
    }
}

#[test]
fn golden_cases() {
    let file = cases::file();
    for case in file["cases"].as_array().unwrap() {
        let maps = cases::maps(case);
        let classes = Classes::new(1..=5).unwrap();
        let spacing = cases::spacing(case);
        for elements in [Elements::Face, Elements::Corner] {
            let options = SurfaceOptions { spacing: spacing.clone(), elements, ..SurfaceOptions::default() };
            hold(case["name"].as_str().unwrap(), &maps, &classes, &options);
        }
    }
}

#[test]
fn noise_and_many_labels() {
    let size = [12, 20, 130];
    for (truth, pred) in [(500, 500), (1, 1), (1, 999), (30, 0)] {
        let maps = Maps { spatial: size.to_vec(), truth: noise(5, size, truth), pred: noise(6, size, pred) };
        for options in options().into_iter().step_by(4) {
            hold("noise", &maps, &label_1(), &options);
        }
    }
    let classes = Classes::new(1..=117).unwrap();
    let maps = many_labels([8, 20, 66], 117);
    for options in [options().remove(0), options().remove(7)] {
        hold("117 labels", &maps, &classes, &options);
    }
}

/// More queries than go together, and more distances than the table of them has room for.
#[test]
fn many_queries_and_many_distances() {
    let size = [100, 100, 64];
    let maps = Maps { spatial: size.to_vec(), truth: noise(5, size, 500), pred: noise(6, size, 500) };
    let surface = maps.surface(&SurfaceOptions::default());
    let asked = |distances: &voxdice::stats::Distances| distances.elements() - distances.entries()[0].count;
    assert!(asked(surface.truth()) + asked(surface.pred()) > 1 << 18, "one part");
    hold("many queries", &maps, &label_1(), &SurfaceOptions::default());

    let size = [60, 80, 130];
    // A voxel in 3,300.
    let sparse = |seed| noise(seed, size, 15).into_iter().zip(noise(seed + 1, size, 20)).map(|(a, b)| a & b).collect();
    let maps = Maps { spatial: size.to_vec(), truth: sparse(7), pred: sparse(9) };
    let options = SurfaceOptions { spacing: Spacing::new([0.7, 1.13, 0.9]).unwrap(), ..SurfaceOptions::default() };
    let surface = maps.surface(&options);
    let all = surface.truth().elements() + surface.pred().elements();
    let distances = surface.truth().entries().len() + surface.pred().entries().len();
    assert!(distances as u64 > (all / 8).next_power_of_two().max(256), "{distances} distances of {all}");
    hold("many distances", &maps, &label_1(), &options);
}

/// A box larger than masks have room for with small windows, and one that is too long for the transform.
#[test]
fn what_has_no_room_is_left_to_the_cpu() {
    let size = [97, 300, 300];
    let corners = |p: [usize; 3]| p == [0; 3] || p == [96, 299, 299];
    let large =
        maps(size, |p| corners(p) || ball([40.0; 3], 9.0)(p), |p| corners(p) || ball([41.0, 40.0, 40.0], 9.0)(p));
    hold("a large box", &large, &label_1(), &SurfaceOptions::default());

    let long = maps([1, 1 << 20, 2], |p| p[1] < 20, |p| p[1] > (1 << 20) - 20);
    let long = Maps { spatial: vec![1 << 20, 2], ..long };
    hold("a long box", &long, &label_1(), &SurfaceOptions::default());
}

/// A u16 and a u32 map of regions that overlap, with labels that are ignored, in two samples.
#[test]
fn regions_ignored_labels_samples_and_types() {
    for seed in 1..=8 {
        let mut random = Random::of(seed);
        let spatial = [1 + random.below(6), 1 + random.below(6), 1 + random.below(70)];
        let mut label = 0;
        let mut labels = || -> Vec<u32> {
            let known = [0, 1, 2, 3, 4, 70_000];
            (0..2 * spatial.iter().product::<usize>())
                .map(|_| {
                    label = if random.below(4) == 0 { known[random.below(6)] } else { label };
                    label
                })
                .collect()
        };
        let (truth, pred) = (labels(), labels());
        let narrow: Vec<u16> = pred.iter().map(|&label| label as u16).collect();
        let shape = Shape::new(2, 1, spatial).unwrap();
        let regions = [vec![1, 2], vec![2, 3], vec![1], vec![70_000], vec![9]];
        for largest in [4, 3_000_000_000] {
            let classes = Classes::regions(regions.clone()).unwrap().ignoring_all([4, largest]).unwrap();
            let options = SurfaceOptions::default();
            let of = |engine: &Engine| {
                let (pred, truth) = (LabelMap::u16(shape.clone(), &narrow), LabelMap::u32(shape.clone(), &truth));
                engine.surfaces(Pair { pred: pred.unwrap(), truth: truth.unwrap() }, &classes, &options).unwrap()
            };
            let expected = of(&engine(Simd::Auto));
            for one in adapters() {
                assert_eq!(of(&one.engine), expected, "seed {seed} on {}", one.name);
            }
        }
    }
}

/// Maps in buffers of the application, at any offset, and beside maps in host memory.
#[test]
fn resident_maps() {
    let size = [30, 40, 67];
    let maps = maps(size, ball([14.0, 19.0, 30.0], 12.0), ball([15.0, 19.0, 33.0], 11.0));
    let classes = label_1();
    let (cpu, (pred, truth)) = (engine(Simd::Auto), maps.pair());
    let topology = cpu.topology(Pair { pred: pred.clone(), truth: truth.clone() }, &classes).unwrap();
    let lines = cpu.centrelines(Pair { pred, truth }, &classes).unwrap();
    for options in options().into_iter().step_by(5) {
        let expected = maps.surfaces(&classes, &options, Simd::Auto);
        let bands = maps.bands(Band::Voxels(2), &options.spacing);
        for application in application::ALL.iter() {
            for offset in [0, 3, 256, 1042] {
                let [pred, truth] = [&maps.pred, &maps.truth].map(|labels| application.buffer(labels, offset));
                let map = |buffer| LabelMap::buffer(maps.shape(), Dtype::U8, buffer, offset as u64).unwrap();
                let (host_pred, host_truth) = maps.pair();
                for (pred, truth) in [(map(&pred), map(&truth)), (host_pred, map(&truth)), (map(&pred), host_truth)] {
                    let found = surfaces(application, &pred, &truth, &classes, &options);
                    assert_eq!(found, expected, "{} at {offset}: {options:?}", application.name);
                    let (pair, engine) = (Pair { pred, truth }, &application.engine);
                    assert_eq!(engine.topology(pair.clone(), &classes).unwrap(), topology, "{}", application.name);
                    assert_eq!(engine.centrelines(pair.clone(), &classes).unwrap(), lines, "{}", application.name);
                    let found = engine.bands(pair, &classes, Band::Voxels(2), &options.spacing);
                    assert_eq!(found.unwrap().values(), [bands], "{}", application.name);
                }
            }
        }
    }
}

fn surfaces(
    application: &Application,
    pred: &LabelMap<'_>,
    truth: &LabelMap<'_>,
    classes: &Classes,
    options: &SurfaceOptions,
) -> Vec<voxdice::stats::Surface> {
    application
        .engine
        .surfaces(Pair { pred: pred.clone(), truth: truth.clone() }, classes, options)
        .unwrap()
        .into_values()
}
