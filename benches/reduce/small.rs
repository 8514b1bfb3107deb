//! What a call costs beside its voxels: one small volume, many of them in one call, and very many tiny cells.

use crate::{engines, group};
use criterion::Criterion;
use voxdice::stats::Terms;
use voxdice::{Classes, LabelMap, Pair, Shape, SumsOptions, Volume};

/// A hippocampus of the Medical Segmentation Decathlon, whose training set has 260.
const SMALL: [usize; 3] = [36, 50, 35];

pub fn all(criterion: &mut Criterion) {
    let options = SumsOptions { terms: Terms::Plain, ..SumsOptions::default() };
    let listed = Classes::new(1..=2).unwrap();
    for (name, samples, spatial) in
        [("36x50x35", 1, &SMALL[..]), ("260x36x50x35", 260, &SMALL), ("100000x4", 100_000, &[4])]
    {
        let shape = Shape::new(samples, 1, spatial).unwrap();
        let (n, cell) = (shape.elements() as usize, shape.voxels_per_cell() as usize);
        let pred: Vec<f32> = (0..n).map(|i| if i % 2 == 0 { 0.5 } else { 0.25 }).collect();
        let truth: Vec<f32> = (0..n).map(|i| f32::from(i / 4 % 2 == 0)).collect();
        let labels: Vec<u8> = (0..n).map(|i| (i % cell * 3 / cell) as u8).collect();
        let mut group_sums = group(criterion, &format!("sums3/f32xf32/{name}"), 8 * n);
        for (name, engine) in engines() {
            let volume = |x| Volume::f32(shape.clone(), x).unwrap();
            let run = || engine.sums_with(Pair { pred: volume(&pred), truth: volume(&truth) }, &options).unwrap();
            assert_eq!(run().values()[0].pred(), 0.375 * cell as f64);
            group_sums.bench_function(&name, |bencher| bencher.iter(run));
        }
        group_sums.finish();
        let ones = labels[..cell].iter().filter(|&&label| label == 1).count() as u64;
        let mut group_counts = group(criterion, &format!("counts2/u8xu8/{name}"), 2 * n);
        for (name, engine) in engines() {
            let map = || LabelMap::u8(shape.clone(), &labels).unwrap();
            let run = || engine.counts(Pair { pred: map(), truth: map() }, &listed).unwrap();
            assert_eq!(run().values()[0].tp(), ones);
            group_counts.bench_function(&name, |bencher| bencher.iter(run));
        }
        group_counts.finish();
    }
}
