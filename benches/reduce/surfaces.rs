//! Surface distances of a ball and the same ball moved by two columns, and by many.

use crate::{SPATIAL, VOXELS, engines, filled, floor, group};
use criterion::Criterion;
use voxdice::metric::surface::{Directions, Percentile, hausdorff};
use voxdice::stats::SurfaceOptions;
use voxdice::{Classes, LabelMap, Pair, Shape};

/// Whether a voxel is within `radius` of a place.
fn is_in(i: usize, [z, y, x]: [usize; 3], radius: usize) -> bool {
    let [_, ny, nx] = SPATIAL;
    let square = |at: usize, middle: usize| at.abs_diff(middle).pow(2);
    square(i / (ny * nx), z) + square(i / nx % ny, y) + square(i % nx, x) <= radius * radius
}

pub fn all(criterion: &mut Criterion) {
    let shape = Shape::new(1, 1, SPATIAL).unwrap();
    let classes = Classes::new([1]).unwrap();
    // The farthest place of a ball from the same ball elsewhere is as far as that, along the line between them.
    for (name, moved, radius, hd) in [("near", [62, 256, 202], 50, 2.0), ("far", [62, 256, 450], 30, 250.0)] {
        let ball = |middle| filled((0..VOXELS).map(|i| u8::from(is_in(i, middle, radius))));
        let (truth, pred) = (ball([62, 256, 200]), ball(moved));
        let mut group = group(criterion, &format!("surfaces/u8xu8/125x512x512-{name}"), 2 * VOXELS);
        for (name, engine) in engines() {
            let map = |labels| LabelMap::u8(shape.clone(), labels).unwrap();
            let run = || {
                engine
                    .surfaces(Pair { pred: map(&pred), truth: map(&truth) }, &classes, &SurfaceOptions::default())
                    .unwrap()
            };
            let surfaces = run();
            let found = hausdorff(&surfaces.values()[0], Percentile::linear(100.0).unwrap(), Directions::Max);
            assert_eq!(found, hd);
            group.bench_function(&name, |bencher| bencher.iter(run));
        }
        floor(&mut group, [&pred, &truth], None);
        group.finish();
    }
}
