//! Every case on every implementation, compared with the oracle by `==`.

use crate::engines::ALL;
pub use crate::operands::{label_map, volume};
use crate::oracle::{self, Array};
use crate::random::{LABEL_TYPES, LabelType, PATTERNS, Pattern, REALS, Real, labels, reals};
use voxdice::stats::Terms;
use voxdice::{Classes, LabelMap, Layout, Pair, Shape, Volume};

/// Sums of the case on every implementation.
fn check_sums(what: &str, shape: &Shape, pred: &Array, truth: &Array, terms: Terms) {
    let expected = oracle::sums(shape, pred, truth);
    for implementation in ALL.iter() {
        let found = implementation
            .engine
            .sums_with(Pair { pred: volume(shape, pred), truth: volume(shape, truth) }, &terms.into());
        let found = found.unwrap_or_else(|error| panic!("{what} on {}: {error}", implementation.name));
        if let Err(difference) = oracle::compare_sums(&expected, &found) {
            panic!("{what}, shape {shape}, on {}: {difference}", implementation.name);
        }
    }
}

/// Counts of the case on every implementation.
fn check_counts(what: &str, shape: &Shape, pred: &Array, truth: &Array, listed: &[u32]) {
    let expected = oracle::counts(shape, pred, truth, listed);
    let classes = Classes::new(listed.iter().copied()).unwrap();
    for implementation in ALL.iter() {
        let found = implementation
            .engine
            .counts(Pair { pred: label_map(shape, pred), truth: label_map(shape, truth) }, &classes);
        let found = found.unwrap_or_else(|error| panic!("{what} on {}: {error}", implementation.name));
        if let Err(difference) = oracle::compare_counts(&expected, &found) {
            panic!("{what}, shape {shape}, on {}: {difference}", implementation.name);
        }
    }
}

/// Around lanes, quads, workgroups and blocks, and primes.
const SIZES: [usize; 17] =
    [1, 2, 3, 4, 5, 7, 255, 257, 1023, 1025, 4099, 16_384, 65_535, 65_536, 65_537, 131_071, 196_613];

#[test]
fn sums_of_f32_and_f64_over_the_edge_sizes() {
    for (i, &size) in SIZES.iter().enumerate() {
        let shape = Shape::new(1, 1, [size]).unwrap();
        for (pattern, real) in PATTERNS.into_iter().flat_map(|pattern| [(pattern, Real::F32), (pattern, Real::F64)]) {
            let seed = i as u64;
            let (pred, truth) = (reals(real, pattern, size, seed), reals(real, pattern, size, seed + 99));
            check_sums(&format!("{pattern:?} {real:?}"), &shape, &pred, &truth, Terms::All);
        }
    }
}

#[test]
fn sums_of_every_pair_of_types_in_both_layouts() {
    let bf16 = [(Real::Bf16, Real::Bf16), (Real::Bf16, Real::U8), (Real::F32, Real::Bf16)];
    let f64s = [(Real::F64, Real::F64), (Real::F64, Real::U8), (Real::F16, Real::F64), (Real::Bf16, Real::F64)];
    for (pred, truth) in REALS.into_iter().flat_map(|p| REALS.map(|t| (p, t))).chain(bf16).chain(f64s) {
        for (layout, channels) in [(Layout::ChannelsFirst, 3), (Layout::ChannelsLast, 3)] {
            // Operands are loaded and decoded apart from each other, so the strided form need not see every pair; a
            // software adapter takes a quarter of a second for each pipeline.
            if layout == Layout::ChannelsLast && pred != truth && (pred, truth) != (Real::F32, Real::U8) {
                continue;
            }
            // Odd cells, so that most of them start in the middle of a word; two blocks each.
            let shape = Shape::new(2, channels, [257, 257]).unwrap().with_layout(layout);
            let n = shape.elements() as usize;
            for (p_pattern, t_pattern) in [(Pattern::Signed, Pattern::Unit), (Pattern::Wild, Pattern::Wide)] {
                let (p, t) = (reals(pred, p_pattern, n, 1), reals(truth, t_pattern, n, 2));
                check_sums(
                    &format!("{pred:?} {p_pattern:?} x {truth:?} {t_pattern:?}"),
                    &shape,
                    &p,
                    &t,
                    Terms::Squared,
                );
            }
        }
    }
}

/// Every f32 is an f64, and its sums are the same: beside f64, beside other types, and beside labels.
#[test]
fn sums_of_widened_voxels_are_those_of_the_narrow_ones() {
    for layout in [Layout::ChannelsFirst, Layout::ChannelsLast] {
        let (channels, voxels) = (3, 66_001);
        let shape = Shape::new(2, channels, [voxels]).unwrap().with_layout(layout);
        let map_shape = Shape::new(2, 1, [voxels]).unwrap();
        let n = shape.elements() as usize;
        let map = labels(LabelType::U8, &[0, 1, 2], 3, 2 * voxels, 12);
        for (pattern, other) in [(Pattern::Wild, Real::F32), (Pattern::Wide, Real::U16), (Pattern::Grid, Real::U8)] {
            let Array::F32(narrow) = reals(Real::F32, pattern, n, 10) else { unreachable!("f32 was asked for") };
            let wide: Vec<f64> = narrow.iter().map(|&x| x.into()).collect();
            let (narrow, wide, other) = (Array::F32(narrow), Array::F64(wide), reals(other, Pattern::Wide, n, 11));
            for implementation in ALL.iter() {
                let of = |p: &Array, t: &Array| {
                    let pair = Pair { pred: volume(&shape, p), truth: volume(&shape, t) };
                    implementation.engine.sums_with(pair, &Terms::All.into()).unwrap()
                };
                let beside_labels = |p: &Array| {
                    let pair = Pair { pred: volume(&shape, p), truth: label_map(&map_shape, &map) };
                    implementation.engine.sums_with(pair, &Terms::All.into()).unwrap()
                };
                let what = format!("{pattern:?} {layout:?} on {}", implementation.name);
                assert_eq!(of(&wide, &wide), of(&narrow, &narrow), "{what}");
                assert_eq!(of(&wide, &other), of(&narrow, &other), "{what}");
                assert_eq!(of(&other, &wide), of(&other, &narrow), "{what}");
                assert_eq!(beside_labels(&wide), beside_labels(&narrow), "{what}");
            }
        }
    }
}

#[test]
fn sums_of_each_set_of_terms() {
    let shape = Shape::new(1, 2, [70_001]).unwrap();
    let n = shape.elements() as usize;
    for terms in Terms::EXACT {
        for truth in [Real::F32, Real::U8] {
            let (p, t) = (reals(Real::F32, Pattern::Signed, n, 3), reals(truth, Pattern::Unit, n, 4));
            check_sums(&format!("{terms:?} {truth:?}"), &shape, &p, &t, terms);
        }
    }
}

#[test]
fn sums_of_logits_that_need_a_scale() {
    for (layout, truth) in [(Layout::ChannelsFirst, Real::U8), (Layout::ChannelsLast, Real::F32)] {
        let shape = Shape::new(2, 4, [50, 50, 51]).unwrap().with_layout(layout);
        let n = shape.elements() as usize;
        let (p, t) = (reals(Real::F32, Pattern::Wide, n, 5), reals(truth, Pattern::Unit, n, 6));
        check_sums("logits", &shape, &p, &t, Terms::All);
        // One block of each cell alone is out of range.
        let mut mixed = reals(Real::F32, Pattern::Unit, n, 7);
        if let Array::F32(x) = &mut mixed {
            x.iter_mut().step_by(n / 8 + 1).for_each(|x| *x = -7.25);
        }
        check_sums("one block out of range", &shape, &mixed, &t, Terms::All);
    }
}

#[test]
fn sums_of_many_tiny_cells() {
    for spatial in [1, 4, 9, 60, 250] {
        for layout in [Layout::ChannelsFirst, Layout::ChannelsLast] {
            let shape = Shape::new(300, 7, [spatial]).unwrap().with_layout(layout);
            let n = shape.elements() as usize;
            let (p, t) = (reals(Real::F32, Pattern::Wide, n, 8), reals(Real::U8, Pattern::Unit, n, 9));
            check_sums("tiny cells", &shape, &p, &t, Terms::Squared);
        }
    }
}

#[test]
fn counts_over_the_edge_sizes() {
    for (i, &size) in SIZES.iter().enumerate() {
        let shape = Shape::new(1, 1, [size]).unwrap();
        for (run, listed) in [(1, &[1, 2, 3][..]), (40, &[2, 1]), (3, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])] {
            let present: Vec<u32> = (0..13).collect();
            let of = |seed| labels(LabelType::U8, &present, run, size, seed);
            check_counts("edge", &shape, &of(i as u64), &of(i as u64 + 50), listed);
        }
    }
}

#[test]
fn counts_of_every_pair_of_types_and_numbers_of_classes() {
    let shape = Shape::new(3, 1, [47, 53, 31]).unwrap();
    let n = shape.elements() as usize;
    let few: Vec<u32> = vec![3, 1, 7, 2, 0, 200, 9, 11];
    let many: Vec<u32> = (1..=117).collect();
    for (pred, truth) in LABEL_TYPES.into_iter().flat_map(|p| LABEL_TYPES.map(|t| (p, t))) {
        for (listed, run) in [(&few, 5), (&many, 1), (&many, 60)] {
            let mut present: Vec<u32> = listed.clone();
            present.extend([0, 0, 250]);
            let of = |kind, seed| labels(kind, &present, run, n, seed);
            check_counts(&format!("{pred:?} x {truth:?}"), &shape, &of(pred, 1), &of(truth, 2), listed);
        }
    }
}

/// A kernel that compares bytes must not see the lowest eight bits of a listed label.
#[test]
fn counts_of_labels_that_no_byte_holds() {
    let shape = Shape::new(2, 1, [70_003]).unwrap();
    for listed in [&[256][..], &[300, 1, 511], &[44, 300], &[1 << 24 | 7]] {
        let of = |seed| labels(LabelType::U8, &[0, 1, 7, 44, 255], 3, 140_006, seed);
        check_counts("labels beyond bytes", &shape, &of(1), &of(2), listed);
    }
}

/// The same of channels: that of label 256 is empty where labels are bytes.
#[test]
fn sums_of_channels_that_no_byte_holds() {
    let (channels, voxels) = (301, 1024);
    let shape = Shape::new(1, channels, [voxels]).unwrap();
    let labels: Vec<u8> = (0..voxels).map(|i| (i * i / 3) as u8).collect();
    let expected: Vec<f64> =
        (0..channels).map(|c| labels.iter().filter(|&&l| usize::from(l) == c).count() as f64).collect();
    let halves = [vec![0.5f32; shape.elements() as usize], vec![0.25; shape.elements() as usize]];
    for (implementation, pred) in ALL.iter().flat_map(|one| halves.iter().map(move |half| (one, half))) {
        let pred_volume = Volume::f32(shape.clone(), pred).unwrap();
        let map = LabelMap::u8(Shape::new(1, 1, [voxels]).unwrap(), &labels).unwrap();
        let sums = implementation.engine.sums(Pair { pred: pred_volume, truth: map }).unwrap();
        for (channel, (sums, expected)) in sums.values().iter().zip(&expected).enumerate() {
            assert_eq!(sums.truth(), *expected, "channel {channel}, {}", implementation.name);
            assert_eq!(sums.product(), expected * f64::from(pred[0]), "channel {channel}, {}", implementation.name);
        }
    }
}

#[test]
fn counts_of_more_classes_than_one_pass_takes_and_of_labels_that_need_a_search() {
    let shape = Shape::new(2, 1, [150_001]).unwrap();
    let n = shape.elements() as usize;
    let dense: Vec<u32> = (1..=1500).collect();
    let sparse: Vec<u32> = (0..1100).map(|i| i * 3_900_001).chain([u32::MAX, u32::MAX - 1]).collect();
    for listed in [dense, sparse] {
        let mut present = listed.clone();
        present.extend([0, 77_777]);
        let of = |seed| labels(LabelType::U32, &present, 4, n, seed);
        // The oracle is quadratic in the classes: a third of the sample is enough for it.
        check_counts("many classes", &shape, &of(1), &of(2), &listed[..listed.len() / 2 + 500]);
    }
}

#[test]
fn counts_of_many_tiny_maps() {
    for (spatial, listed) in [(4, vec![1, 2]), (36, (1..=20).collect()), (1000, vec![1]), (1000, (1..=30).collect())] {
        let shape = Shape::new(260, 1, [spatial]).unwrap();
        let n = shape.elements() as usize;
        let of = |seed| labels(LabelType::U8, &(0..=33).collect::<Vec<u32>>(), 2, n, seed);
        check_counts("tiny maps", &shape, &of(1), &of(2), &listed);
    }
}

/// The comparator itself: it must see one flipped voxel, two swapped cells and a wrong constant.
#[test]
fn canaries_the_comparators_fail_on_small_differences() {
    let shape = Shape::new(1, 2, [70_000]).unwrap();
    let n = shape.elements() as usize;
    let (p, t) = (reals(Real::F32, Pattern::Unit, n, 1), reals(Real::F32, Pattern::Unit, n, 2));
    let expected = oracle::sums(&shape, &p, &t);
    for implementation in ALL.iter() {
        let run = |p: &Array| {
            implementation.engine.sums(Pair { pred: volume(&shape, p), truth: volume(&shape, &t) }).unwrap()
        };
        assert_eq!(oracle::compare_sums(&expected, &run(&p)), Ok(()));
        let Array::F32(mut changed) = p.clone() else { unreachable!() };
        let last = changed.len() - 1;
        changed[last] = f32::from_bits(changed[last].to_bits() ^ 1);
        assert!(oracle::compare_sums(&expected, &run(&Array::F32(changed))).is_err(), "last bit of the last voxel");
        let mut swapped = expected.clone();
        swapped.swap(0, 1);
        assert!(oracle::compare_sums(&swapped, &run(&p)).is_err(), "swapped cells");
        let mut wrong = expected.clone();
        wrong[1].terms[4].0 += 1;
        assert!(oracle::compare_sums(&wrong, &run(&p)).is_err(), "one unit off");

        let maps = [3, 4].map(|seed| labels(LabelType::U8, &[0, 1, 2], 9, n / 2, seed));
        let shape = Shape::new(1, 1, [n / 2]).unwrap();
        let counts = oracle::counts(&shape, &maps[0], &maps[1], &[1, 2]);
        let classes = Classes::new([1, 2]).unwrap();
        let run = |p: &Array| {
            implementation
                .engine
                .counts(Pair { pred: label_map(&shape, p), truth: label_map(&shape, &maps[1]) }, &classes)
                .unwrap()
        };
        assert_eq!(oracle::compare_counts(&counts, &run(&maps[0])), Ok(()));
        let Array::U8(mut changed) = maps[0].clone() else { unreachable!() };
        changed[n / 4] = (changed[n / 4] + 1) % 3;
        assert!(oracle::compare_counts(&counts, &run(&Array::U8(changed))).is_err(), "one voxel");
    }
}
