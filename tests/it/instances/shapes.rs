//! Larger images: threads, many lesions, regions that overlap, ignored voxels, types of labels.

use super::engine;
use voxdice::stats::{InstanceOptions, Instances, InstancesBy, Join, Regions, Runs};
use voxdice::{Classes, InstancesAccumulator, LabelMap, LabelSlice, Pair, Shape};

pub(super) fn noise(spatial: &[usize], per_mille: u64, labels: u64, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let voxel = |_| if random() % 1000 < per_mille { (1 + random() % labels) as u8 } else { 0 };
    (0..spatial.iter().product::<usize>()).map(voxel).collect()
}

/// With so many threads.
#[cfg(feature = "parallel")]
fn with_threads<T: Send>(n: usize, f: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(f)
}

#[cfg(not(feature = "parallel"))]
fn with_threads<T: Send>(_: usize, f: impl FnOnce() -> T + Send) -> T {
    f()
}

fn found(spatial: &[usize], truth: &[u8], pred: &[u8], classes: &Classes, options: &InstanceOptions) -> Vec<Instances> {
    let shape = Shape::new(1, 1, spatial).unwrap();
    let [pred, truth] = [pred, truth].map(|labels| LabelMap::u8(shape.clone(), labels).unwrap());
    engine().instances(Pair { pred, truth }, classes, options).unwrap().into_values()
}

pub(super) fn all_options() -> Vec<InstanceOptions> {
    let joined = InstanceOptions { join: Join { truth: 2, pred: 1 }, near: 2, ..Default::default() };
    let nearest = InstanceOptions { regions: Regions::Nearest, ..Default::default() };
    let touching = InstanceOptions { touching: vec![[0, 1], [2, 0]], ..Default::default() };
    vec![InstanceOptions::default(), joined, nearest, touching]
}

#[test]
fn any_number_of_threads_finds_the_same() {
    for (spatial, per_mille) in [(vec![20, 130, 257], 2), (vec![20, 130, 257], 120), (vec![500, 1900], 10)] {
        let (truth, pred) = (noise(&spatial, per_mille, 3, 1), noise(&spatial, per_mille, 3, 2));
        let classes = Classes::regions([vec![1], vec![2], vec![1, 2, 3]]).unwrap();
        for options in all_options() {
            // Distances in noise take a while, and joins of much noise too.
            if per_mille > 50 && options != InstanceOptions::default() {
                continue;
            }
            let [one, two, seven] =
                [1, 2, 7].map(|n| with_threads(n, || found(&spatial, &truth, &pred, &classes, &options)));
            assert!(one == two && one == seven, "{spatial:?} {options:?}");
            let mut all =
                InstancesAccumulator::new(&spatial.iter().map(|&n| n as u64).collect::<Vec<_>>(), &classes, &options)
                    .unwrap();
            for (p, t) in pred.chunks(100_003).zip(truth.chunks(100_003)) {
                all.add(Pair { pred: LabelSlice::U8(p), truth: LabelSlice::U8(t) }).unwrap();
            }
            assert!(all.finish().unwrap() == one, "{spatial:?} {options:?}");
        }
    }
}

#[test]
fn labels_have_any_type_and_regions_overlap() {
    let spatial = [9, 10, 21];
    let (truth, pred) = (noise(&spatial, 300, 4, 3), noise(&spatial, 300, 4, 4));
    let classes = Classes::regions([vec![1, 2, 3, 4], vec![2], vec![4, 1]]).unwrap();
    let shape = Shape::new(1, 1, spatial).unwrap();
    for options in all_options() {
        let expected = found(&spatial, &truth, &pred, &classes, &options);
        // Each class as a mask of its own.
        if options.touching.is_empty() {
            for (set, expected) in classes.sets().iter().zip(&expected) {
                let mask =
                    |labels: &[u8]| labels.iter().map(|&l| u8::from(set.contains(&l.into()))).collect::<Vec<_>>();
                let (truth, pred) = (mask(&truth), mask(&pred));
                assert_eq!(found(&spatial, &truth, &pred, &Classes::new([1]).unwrap(), &options)[0], *expected);
            }
        }
        let wide: Vec<u16> = truth.iter().map(|&l| l.into()).collect();
        let wider: Vec<u32> = pred.iter().map(|&l| l.into()).collect();
        let maps = (LabelMap::u32(shape.clone(), &wider).unwrap(), LabelMap::u16(shape.clone(), &wide).unwrap());
        assert_eq!(
            engine().instances(Pair { pred: maps.0, truth: maps.1 }, &classes, &options).unwrap().into_values(),
            expected
        );
    }
}

#[test]
fn samples_are_images_of_their_own() {
    let spatial = [5, 6, 7];
    let (a, b) = (noise(&spatial, 300, 1, 5), noise(&spatial, 300, 1, 6));
    let classes = Classes::new([1]).unwrap();
    let options = InstanceOptions::default();
    let shape = Shape::new(2, 1, spatial).unwrap();
    let (both, back) = ([&a[..], &b].concat(), [&b[..], &a].concat());
    let maps = (LabelMap::u8(shape.clone(), &back).unwrap(), LabelMap::u8(shape, &both).unwrap());
    let all = engine().instances(Pair { pred: maps.0, truth: maps.1 }, &classes, &options).unwrap();
    let one = |t: &[u8], p: &[u8]| found(&spatial, t, p, &classes, &options).remove(0);
    assert_eq!(all.values(), [one(&a, &b), one(&b, &a)]);
}

#[test]
fn ignored_voxels_are_in_no_lesion() {
    let spatial = [6, 7, 40];
    let (mut truth, mut pred) = (noise(&spatial, 400, 2, 7), noise(&spatial, 600, 1, 8));
    let classes = Classes::new([1]).unwrap();
    for options in all_options().into_iter().filter(|options| options.touching.is_empty()) {
        let ignoring = found(&spatial, &truth, &pred, &classes.clone().ignoring(2).unwrap(), &options);
        pred.iter_mut().zip(&truth).filter(|(_, t)| **t == 2).for_each(|(p, _)| *p = 0);
        assert_eq!(found(&spatial, &truth, &pred, &classes, &options), ignoring);
    }
    // Label 0 may be a class: everything else is background.
    let turned = |labels: &[u8]| labels.iter().map(|&l| u8::from(l == 0)).collect::<Vec<_>>();
    truth.iter_mut().for_each(|l| *l = (*l).min(1));
    let zero = found(&spatial, &truth, &pred, &Classes::new([0]).unwrap(), &InstanceOptions::default());
    assert_eq!(found(&spatial, &turned(&truth), &turned(&pred), &classes, &InstanceOptions::default()), zero);
}

/// A million lesions of one voxel each: only roots that are open are kept while they are counted.
#[test]
fn more_lesions_than_wanted_are_counted() {
    let spatial = [128usize, 128, 128];
    let voxels = (0..128 * 128 * 128).map(|i: usize| u8::from((i + i / 128 + i / 128 / 128).is_multiple_of(2)));
    let maps: Vec<u8> = voxels.collect();
    let shape = Shape::new(1, 1, spatial).unwrap();
    let map = || LabelMap::u8(shape.clone(), &maps).unwrap();
    let faces = |max_lesions| InstanceOptions {
        connectivity: voxdice::stats::Connectivity::Faces,
        max_lesions,
        ..Default::default()
    };
    for n in [1, 3] {
        let error = with_threads(n, || {
            engine().instances(Pair { pred: map(), truth: map() }, &Classes::new([1]).unwrap(), &faces(1000))
        });
        let error = error.unwrap_err();
        assert!(matches!(&error, voxdice::Error::TooManyLesions(found) if found.found == 1 << 20), "{error}");
        assert!(
            error.to_string().contains("truth has 1048576 lesions") && error.to_string().contains("1000"),
            "{error}"
        );
    }
    let all = engine()
        .instances(Pair { pred: map(), truth: map() }, &Classes::new([1]).unwrap(), &faces(1 << 20))
        .unwrap()
        .into_values();
    assert_eq!((all[0].truth().len(), all[0].overlaps().len()), (1 << 20, 1 << 20));
    assert!(all[0].truth().iter().all(|lesion| lesion.voxels() == 1));
}

/// Of lesions of one class, those that touch one of another class.
#[test]
fn touching_is_across_faces_and_edges() {
    // 1 beside 2; 1 at an edge of 3; 1 at a corner of 2 alone.
    let spatial = [2, 3, 12];
    let mut truth = vec![0u8; 72];
    truth[0] = 1;
    truth[1] = 2;
    truth[5] = 1;
    truth[18] = 3;
    truth[9] = 1;
    truth[36 + 12 + 10] = 2;
    let options = InstanceOptions { touching: vec![[0, 1], [0, 2], [1, 0]], ..Default::default() };
    let all = found(&spatial, &truth, &[0; 72], &Classes::new([1, 2, 3]).unwrap(), &options);
    let touches = |class: usize| -> Vec<(usize, u32, u32)> {
        all[class].touches_of_truth().iter().map(|touch| (touch.which, touch.lesion, touch.other)).collect()
    };
    assert_eq!(touches(0), [(0, 0, 0), (1, 1, 0)]);
    assert_eq!(touches(1), [(2, 0, 0)]);
    assert!(all.iter().all(|found| found.touches_of_pred().is_empty()));
}

/// Lesions that are many until a slice behind joins them are not too many; those that nothing can join are.
#[test]
fn lesions_that_become_few_are_found() {
    let (side, slices) = (514, 4);
    let plane = side * side;
    let mut labels = vec![0u32; slices * plane];
    for (y, x) in (0..side).step_by(2).flat_map(|y| (0..side).step_by(2).map(move |x| (y, x))) {
        labels[y * side + x] = 1;
    }
    labels[plane..2 * plane].fill(1);
    let all = labels.iter().map(|&label| u64::from(label)).sum::<u64>();
    let maps = super::Maps { spatial: vec![slices, side, side], truth: labels.clone(), pred: labels.clone() };
    let classes = Classes::new([1]).unwrap();
    let options = InstanceOptions { max_lesions: 100, ..InstanceOptions::default() };
    let found = maps.find(&classes, &options).remove(0);
    assert_eq!((found.truth().len(), found.pred().len(), found.overlaps()[0].voxels), (1, 1, all));
    let apart: Vec<u32> = [&labels[..plane], &vec![0; 2 * plane][..], &labels[..plane]].concat();
    let shape = Shape::new(1, 1, &maps.spatial).unwrap();
    let map = || LabelMap::u32(shape.clone(), &apart).unwrap();
    let error = engine().instances(Pair { pred: map(), truth: map() }, &classes, &options).unwrap_err();
    assert!(error.to_string().contains(&format!("{} lesions", 2 * 257 * 257)), "{error}");
}

/// Parts merged in every order have the lesions of the whole.
#[test]
fn parts_are_merged_in_every_order() {
    let spatial = [7u64, 3, 9];
    let n = spatial.iter().product::<u64>() as usize;
    let mut state = 7u64;
    let mut random = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as usize
    };
    let classes = Classes::new([1, 2]).unwrap();
    for round in 0..40 {
        let one_in = 12 + round;
        let mut side = || (0..n).map(|_| if random() % one_in == 0 { 1 + (random() % 2) as u32 } else { 0 }).collect();
        let (truth, pred): (Vec<u32>, Vec<u32>) = (side(), side());
        let near = InstanceOptions { near: (round % 3) as u32, touching: vec![[0, 1]], ..InstanceOptions::default() };
        let options = match round % 4 {
            0 => InstanceOptions { by: InstancesBy::Labels, ..near },
            1 => InstanceOptions { regions: Regions::Nearest, ..InstanceOptions::default() },
            2 => InstanceOptions { runs: Runs::Kept, join: Join { truth: 2, pred: 1 }, ..near },
            _ => InstanceOptions { join: Join { truth: 1, pred: (round / 4 % 2) as u32 }, ..near },
        };
        let part = |from: usize, to: usize| {
            let mut part = InstancesAccumulator::starting_at(from as u32, &spatial, &classes, &options).unwrap();
            for voxels in (from * 27..to * 27).collect::<Vec<_>>().chunks(10) {
                let range = voxels[0]..voxels[voxels.len() - 1] + 1;
                let [pred, truth] = [&pred, &truth].map(|labels| LabelSlice::U32(&labels[range.clone()]));
                part.add(Pair { pred, truth }).unwrap();
            }
            part
        };
        let whole = part(0, 7).finish().unwrap();
        for cuts in [[0, 1, 2, 3, 7], [0, 2, 4, 6, 7], [0, 1, 4, 5, 7], [0, 3, 4, 5, 7]] {
            // Which of neighbours are merged first.
            for order in [[0, 0, 0], [2, 1, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]] {
                let mut parts: Vec<_> = cuts.windows(2).map(|cut| part(cut[0], cut[1])).collect();
                for place in order {
                    let next = parts.remove(place + 1);
                    parts[place].merge(next).unwrap();
                }
                assert_eq!(parts.remove(0).finish().unwrap(), whole, "{round} {cuts:?} {order:?}");
            }
        }
    }
}
