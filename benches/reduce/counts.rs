//! Counts of label maps beyond the cache, whole and piece by piece.

use crate::{SPATIAL, VOXELS, engines, filled, floor, group};
use criterion::Criterion;
use voxdice::{Classes, Engine, EngineOptions, LabelMap, LabelSlice, Pair, Shape};

/// Voxels of a piece, as the reader of compressed files hands them over.
const PIECE: usize = 128 << 10;

/// A label of a voxel, for a number of classes.
type Pattern = fn(usize, u32) -> u32;

/// Runs of 40 voxels with one label, and much background.
fn runs(i: usize, classes: u32) -> u32 {
    let label = ((i / 40 * 2_654_435_761) >> 7) as u32 % (2 * classes);
    if label <= classes { label } else { 0 }
}

/// Boxes of 128 x 64 voxels with background between them.
fn organs(i: usize, classes: u32) -> u32 {
    let (x, y) = (i % 512 / 128, i / 512 % 512 / 64);
    if (x + y) % 3 == 0 { (x + 4 * y) as u32 % classes + 1 } else { 0 }
}

/// No voxel tells anything about its neighbour.
fn random(i: usize, classes: u32) -> u32 {
    (((i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32) % (classes + 1)
}

pub fn all(criterion: &mut Criterion) {
    let shape = Shape::new(1, 1, SPATIAL).unwrap();
    for classes in [5u32, 117] {
        for (name, pattern) in [("runs", runs as Pattern), ("organs", organs), ("random", random)] {
            // The prediction is the truth moved by 3 voxels.
            let of = |shift| filled((0..VOXELS).map(|i| pattern(i + shift, classes) as u8));
            let (truth, pred) = (of(0), of(3));
            let wide = |labels: &[u8]| filled(labels.iter().map(|&label| u16::from(label)));
            let (wide_truth, wide_pred) = (wide(&truth), wide(&pred));
            let ones = truth.iter().filter(|&&label| label == 1).count() as u64;
            let listed = Classes::new(1..=classes).unwrap();

            let mut group_u8 = group(criterion, &format!("counts{classes}/u8xu8/125x512x512-{name}"), 2 * VOXELS);
            for (name, engine) in engines() {
                let map = |labels| LabelMap::u8(shape.clone(), labels).unwrap();
                let run = || engine.counts(Pair { pred: map(&pred), truth: map(&truth) }, &listed).unwrap();
                assert_eq!(run().values()[0].n_truth(), ones);
                group_u8.bench_function(&name, |bencher| bencher.iter(run));
            }
            let cpu = Engine::new(&EngineOptions::default()).unwrap();
            let pieces =
                || pred.chunks(PIECE).zip(truth.chunks(PIECE)).map(|(p, t)| (LabelSlice::U8(p), LabelSlice::U8(t)));
            let run = || {
                let mut counts = cpu.accumulate_counts(&listed);
                pieces().for_each(|(p, t)| counts.add(Pair { pred: p, truth: t }).unwrap());
                counts.finish().unwrap()
            };
            assert_eq!(run()[0].n_truth(), ones);
            group_u8.bench_function("cpu/pieces", |bencher| bencher.iter(run));
            let run = || {
                let mut found = cpu.accumulate_labels(None);
                pieces().for_each(|(p, t)| found.add(Pair { pred: p, truth: t }).unwrap());
                found.finish().unwrap()
            };
            assert_eq!(run()[&1].n_truth(), ones);
            group_u8.bench_function("cpu/pieces_found", |bencher| bencher.iter(run));
            floor(&mut group_u8, [&pred, &truth], None);
            group_u8.finish();

            let mut group_u16 = group(criterion, &format!("counts{classes}/u16xu16/125x512x512-{name}"), 4 * VOXELS);
            for (name, engine) in engines() {
                let map = |labels| LabelMap::u16(shape.clone(), labels).unwrap();
                let run = || engine.counts(Pair { pred: map(&wide_pred), truth: map(&wide_truth) }, &listed).unwrap();
                assert_eq!(run().values()[0].n_truth(), ones);
                group_u16.bench_function(&name, |bencher| bencher.iter(run));
            }
            floor(&mut group_u16, [bytemuck::cast_slice(&wide_pred), bytemuck::cast_slice(&wide_truth)], None);
            group_u16.finish();
        }
    }
}
