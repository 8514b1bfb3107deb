//! Every adapter finds the lesions of the CPU, whatever the maps, the options and the windows; compared with `==`.

use super::oracle::{all_options, hard};
use super::shapes::{self, noise};
use super::{Maps, cases, engine};
use crate::{application, engines};
use voxdice::stats::{Connectivity, InstanceOptions, Instances, InstancesBy, Join, Regions, Runs};
use voxdice::{Backend, Classes, Dtype, Engine, Error, LabelMap, Pair, Shape};

/// The adapters, each with large windows and with small ones, by which a part of an image has 5,000 words of bits at most.
fn adapters() -> impl Iterator<Item = &'static engines::Implementation> {
    engines::ALL.iter().filter(|one| one.engine.describe().backend == Backend::Gpu)
}

/// Holds every adapter against the CPU, with the voxels of the lesions.
fn hold(name: &str, maps: &Maps, classes: &Classes, options: &InstanceOptions) {
    let options = &InstanceOptions { runs: Runs::Kept, ..options.clone() };
    let expected = maps.find(classes, options);
    assert!(expected.iter().all(|found| found.runs_of_truth().is_some() && found.runs_of_pred().is_some()));
    for one in adapters() {
        let found = maps.find_on(&one.engine, classes, options);
        assert!(found == expected, "{name} on {}: {options:?}", one.name);
    }
}

fn label_1() -> Classes {
    Classes::new([1]).unwrap()
}

fn with(connectivity: Connectivity) -> InstanceOptions {
    InstanceOptions { connectivity, ..InstanceOptions::default() }
}

/// Solid, checkerboard, comb, spiral, empty and noise, beside each other.
#[test]
fn hard_shapes() {
    for (i, spatial) in
        [&[4, 5, 6][..], &[11, 11], &[1, 4, 70], &[9, 1, 5], &[2, 66], &[1, 1], &[3, 9, 130]].into_iter().enumerate()
    {
        for (j, maps) in hard(spatial, i as u64).into_iter().enumerate() {
            // Each in some of the ways.
            for options in all_options().into_iter().skip((i + j) % 3).step_by(3) {
                hold(&format!("{spatial:?} {j}"), &maps, &label_1(), &options);
            }
        }
    }
}

#[test]
fn golden_cases() {
    for case in cases::cases() {
        let (maps, name) = (cases::maps(&case), case["name"].as_str().unwrap());
        let classes = maps.foreground();
        if cases::is_instances(&case) {
            let options = InstanceOptions { by: InstancesBy::Labels, ..InstanceOptions::default() };
            hold(name, &maps, &classes, &options);
        }
        for options in [Connectivity::Faces, Connectivity::Edges].map(with) {
            hold(name, &maps, &classes, &options);
        }
        let join = Join { truth: 3, pred: 1 };
        hold(
            name,
            &maps,
            &classes,
            &InstanceOptions { join, near: 3, regions: Regions::Nearest, ..Default::default() },
        );
    }
}

/// Images that small windows cut into parts: of several slices, of rows of a slice, and of rows where there are two axes.
#[test]
fn parts_are_joined() {
    for spatial in [vec![9, 130, 257], vec![2, 130, 1500], vec![300, 1900]] {
        for (per_mille, options) in [
            (2, shapes::all_options()),
            (300, vec![InstanceOptions::default(), with(Connectivity::Faces)]),
            (990, vec![with(Connectivity::Faces)]),
        ] {
            let [truth, pred] =
                [1, 2].map(|seed| noise(&spatial, per_mille, 3, seed).into_iter().map(u32::from).collect());
            let maps = Maps { spatial: spatial.clone(), truth, pred };
            let classes = Classes::regions([vec![1], vec![2], vec![1, 2, 3]]).unwrap();
            // Distances in so large an image take the CPU a while.
            for options in options.into_iter().filter(|options| options.regions == Regions::Off) {
                hold(&format!("{spatial:?}, {per_mille} of 1000"), &maps, &classes, &options);
            }
        }
    }
}

/// A snake through all slices, whose one component no part has as a whole; and a solid block.
#[test]
fn one_lesion_in_every_part() {
    let spatial = vec![13, 140, 260];
    let place = |i: usize| (i / (140 * 260), i / 260 % 140, i % 260);
    let snake = |i: usize| {
        let (z, y, x) = place(i);
        let turn = if z % 4 == 1 { (139, 259) } else { (0, 0) };
        let row = |y: usize, x: usize| y.is_multiple_of(2) || x == if y % 4 == 1 { 259 } else { 0 };
        u32::from(if z % 2 == 0 { row(y, x) } else { (y, x) == turn })
    };
    let voxels = spatial.iter().product::<usize>();
    let (truth, pred): (Vec<u32>, Vec<u32>) = ((0..voxels).map(snake).collect(), vec![1; voxels]);
    let maps = Maps { spatial, truth, pred };
    let found = maps.find(&label_1(), &with(Connectivity::Faces)).remove(0);
    assert!(found.truth().len() < 8 && found.pred().len() == 1, "{}", found.truth().len());
    for connectivity in Connectivity::ALL {
        hold("a snake", &maps, &label_1(), &with(connectivity));
    }
}

fn on<'a>(
    engine: &Engine,
    pred: LabelMap<'a>,
    truth: LabelMap<'a>,
    classes: &Classes,
    options: &InstanceOptions,
) -> Result<Vec<Instances>, Error> {
    Ok(engine.instances(Pair { pred, truth }, classes, options)?.into_values())
}

/// Two samples, regions that overlap, ignored labels, classes that touch, types of labels, and label 0 as a class.
#[test]
fn regions_ignored_labels_samples_and_types() {
    let spatial = [5, 9, 70];
    let shape = Shape::new(2, 1, spatial).unwrap();
    let labels = |seed| -> Vec<u32> {
        let known = [0, 1, 2, 3, 4, 70_000];
        noise(&[2, 5, 9, 70], 1000, 6, seed).into_iter().map(|label| known[usize::from(label) - 1]).collect()
    };
    for seed in 1..=4 {
        let (truth, pred) = (labels(seed), labels(seed + 10));
        let narrow: Vec<u16> = pred.iter().map(|&label| label as u16).collect();
        let regions = [vec![1, 2], vec![0], vec![1], vec![70_000], vec![9]];
        for largest in [4, 3_000_000_000] {
            let classes = Classes::regions(regions.clone()).unwrap().ignoring_all([4, largest]).unwrap();
            let touching = InstanceOptions { touching: vec![[0, 1], [2, 3]], near: 1, ..Default::default() };
            let by_labels = InstanceOptions { by: InstancesBy::Labels, near: 1, ..Default::default() };
            for options in [touching, by_labels, with(Connectivity::Edges)] {
                let of = |engine: &Engine| {
                    let (pred, truth) = (LabelMap::u16(shape.clone(), &narrow), LabelMap::u32(shape.clone(), &truth));
                    on(engine, pred.unwrap(), truth.unwrap(), &classes, &options).unwrap()
                };
                let expected = of(&engine());
                for one in adapters() {
                    assert!(of(&one.engine) == expected, "seed {seed} on {}: {options:?}", one.name);
                }
            }
        }
    }
}

/// Maps in buffers of the application, at any offset, and beside maps in host memory.
#[test]
fn resident_maps() {
    let spatial = [9, 40, 67];
    let shape = Shape::new(1, 1, spatial).unwrap();
    let [truth, pred] = [3, 4].map(|seed| noise(&spatial, 250, 2, seed));
    let classes = label_1();
    let host = |labels| LabelMap::u8(shape.clone(), labels).unwrap();
    for options in [InstanceOptions::default(), InstanceOptions { by: InstancesBy::Labels, ..Default::default() }] {
        let expected = on(&engine(), host(&pred), host(&truth), &classes, &options).unwrap();
        for application in application::ALL.iter() {
            for offset in [0, 3, 256, 1042] {
                let [p, t] = [&pred, &truth].map(|labels| application.buffer(labels, offset));
                let map = |buffer| LabelMap::buffer(shape.clone(), Dtype::U8, buffer, offset as u64).unwrap();
                for (p, t) in [(map(&p), map(&t)), (host(&pred), map(&t)), (map(&p), host(&truth))] {
                    let found = on(&application.engine, p, t, &classes, &options).unwrap();
                    assert!(found == expected, "{} at {offset}", application.name);
                }
            }
        }
    }
}

/// The same refusals, with the same numbers.
#[test]
fn errors_are_those_of_the_cpu() {
    let checkerboard: Vec<u32> =
        (0..32 * 64 * 64).map(|i: u32| u32::from((i + i / 64 + i / 4096).is_multiple_of(2))).collect();
    let maps = Maps { spatial: vec![32, 64, 64], truth: vec![1; checkerboard.len()], pred: checkerboard };
    let shape = Shape::new(1, 1, &maps.spatial).unwrap();
    let line = Shape::new(1, 1, [maps.truth.len()]).unwrap();
    let options = InstanceOptions { max_lesions: 1000, ..with(Connectivity::Faces) };
    for shape in [shape, line] {
        let map = |labels| LabelMap::u32(shape.clone(), labels).unwrap();
        let of = |engine: &Engine| on(engine, map(&maps.pred), map(&maps.truth), &label_1(), &options).unwrap_err();
        let expected = of(&engine()).to_string();
        assert!(expected.contains("65536 lesions") || expected.contains("must be 2 or 3"), "{expected}");
        for one in adapters() {
            assert_eq!(of(&one.engine).to_string(), expected, "{}", one.name);
        }
    }
    hold("checkerboard", &maps, &label_1(), &with(Connectivity::Faces));
}
