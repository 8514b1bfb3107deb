//! Regions, ignored labels, and maps that are counted piece by piece.

use crate::engines::ALL;
use crate::equality::label_map;
use crate::oracle::{self, Array};
use crate::random::{LabelType, labels};
use voxdice::stats::Counts;
use voxdice::{Classes, Engine, EngineOptions, LabelSlice, Pair, Shape};

/// Counts of overlapping regions, with and without an ignored label, on every implementation and piece by piece.
fn check_regions(what: &str, shape: &Shape, pred: &Array, truth: &Array, sets: &[Vec<u32>], ignored: Option<u32>) {
    let expected = oracle::counts_of_regions(shape, pred, truth, sets, ignored);
    let classes = Classes::regions(sets.to_vec()).unwrap();
    let classes = ignored.map_or(classes.clone(), |label| classes.ignoring(label).unwrap());
    for implementation in ALL.iter() {
        let found = implementation
            .engine
            .counts(Pair { pred: label_map(shape, pred), truth: label_map(shape, truth) }, &classes)
            .unwrap();
        if let Err(difference) = oracle::compare_counts(&expected, &found) {
            panic!("{what}, {sets:?} without {ignored:?}, shape {shape}, on {}: {difference}", implementation.name);
        }
    }
}

#[test]
fn counts_of_regions_and_of_what_is_not_ignored() {
    let tumour = vec![vec![1, 2, 3], vec![1, 3], vec![3]];
    let apart = vec![vec![5, 1], vec![2]];
    let far = vec![vec![1, 70_000_000], vec![70_000_000, 3], vec![2, 4_000_000_000]];
    let many: Vec<Vec<u32>> = (1..1400).map(|i| vec![i, i + 1, i + 7]).collect();
    for (spatial, samples) in [(70_001, 1), (1000, 5), (4, 260)] {
        let shape = Shape::new(samples, 1, [spatial]).unwrap();
        let n = shape.elements() as usize;
        for (pred, truth) in [(LabelType::U8, LabelType::U8), (LabelType::U16, LabelType::U8)] {
            let present: Vec<u32> = (0..=7).collect();
            let (p, t) = (labels(pred, &present, 3, n, 1), labels(truth, &present, 3, n, 2));
            for ignored in [None, Some(4), Some(0), Some(200)] {
                check_regions("tumour", &shape, &p, &t, &tumour, ignored);
                check_regions("apart", &shape, &p, &t, &apart, ignored);
                check_regions("labels", &shape, &p, &t, &[vec![1], vec![7]], ignored);
            }
        }
        let present = [0, 1, 2, 3, 9, 70_000_000, 4_000_000_000, 255];
        let of = |seed| labels(LabelType::U32, &present, 3, n, seed);
        check_regions("far", &shape, &of(1), &of(2), &far, None);
        check_regions("far", &shape, &of(1), &of(2), &far, Some(255));
    }
    // More regions than one pass takes, each overlapping its neighbours.
    let shape = Shape::new(1, 1, [9000]).unwrap();
    let of = |seed| labels(LabelType::U16, &(0..1500).collect::<Vec<u32>>(), 4, 9000, seed);
    check_regions("many", &shape, &of(1), &of(2), &many, Some(1499));
}

#[test]
fn pieces_of_any_length_count_as_the_whole() {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let n = 100_003;
    let shape = Shape::new(1, 1, [n]).unwrap();
    let present = [0, 1, 2, 3, 4, 7, 255];
    for types in [(LabelType::U8, LabelType::U8), (LabelType::U32, LabelType::U16), (LabelType::U16, LabelType::U32)] {
        let (p, t) = (labels(types.0, &present, 5, n, 1), labels(types.1, &present, 5, n, 2));
        let regions = [vec![1, 2, 3], vec![2], vec![3, 4]];
        let classes = Classes::regions(regions.clone()).unwrap().ignoring(255).unwrap();
        let expected = oracle::counts_of_regions(&shape, &p, &t, &regions, Some(255));
        let all: Vec<Vec<u32>> = present[..6].iter().map(|&label| vec![label]).collect();
        let expected_found = oracle::counts_of_regions(&shape, &p, &t, &all, Some(255));
        for piece in [1, 31, 4096, 65_536, n] {
            let mut listed = engine.accumulate_counts(&classes);
            let mut found = engine.accumulate_labels(Some(255));
            for start in (0..n).step_by(piece) {
                let range = start..(start + piece).min(n);
                listed.add(Pair { pred: slice(&p, range.clone()), truth: slice(&t, range.clone()) }).unwrap();
                found.add(Pair { pred: slice(&p, range.clone()), truth: slice(&t, range) }).unwrap();
            }
            let six =
                |c: &Counts| [c.tp(), c.n_pred(), c.n_truth(), c.n(), c.out_of_range_pred(), c.out_of_range_truth()];
            assert_eq!(listed.finish().unwrap().iter().map(six).collect::<Vec<_>>(), expected, "pieces of {piece}");
            let found = found.finish().unwrap();
            // Where the truth is ignored, the prediction's 255 may still be found elsewhere.
            let found: Vec<[u64; 4]> = present[..6]
                .iter()
                .map(|label| found.get(label).map(|c| [c.tp(), c.n_pred(), c.n_truth(), c.n()]).unwrap())
                .collect();
            let expected: Vec<[u64; 4]> = expected_found.iter().map(|c| [c[0], c[1], c[2], c[3]]).collect();
            assert_eq!(found, expected, "pieces of {piece}");
        }
    }
    let mut wrong = engine.accumulate_counts(&Classes::new([1]).unwrap());
    assert!(wrong.add(Pair { pred: LabelSlice::U8(&[1]), truth: LabelSlice::U8(&[1, 2]) }).is_err());
    assert_eq!(wrong.finish().unwrap()[0].n(), 0, "what was refused is not counted");
}

pub fn slice(array: &Array, range: std::ops::Range<usize>) -> LabelSlice<'_> {
    match array {
        Array::U8(labels) => LabelSlice::U8(&labels[range]),
        Array::U16(labels) => LabelSlice::U16(&labels[range]),
        Array::U32(labels) => LabelSlice::U32(&labels[range]),
        _ => unreachable!("no labels"),
    }
}
