//! Surface distances of a ball and the same ball moved by two columns, and by many; and of larger balls and more of them, whose
//! errors are small and large.

use crate::{SPATIAL, VOXELS, engines, filled, floor, group};
use criterion::Criterion;
use voxdice::metric::surface::{Directions, Percentile, hausdorff};
use voxdice::stats::SurfaceOptions;
use voxdice::{Classes, LabelMap, Pair, Shape, Spacing};

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
    moved(criterion);
}

/// Voxels of 1.5 x 0.8 x 0.8 mm.
const SPACING: [f64; 3] = [1.5, 0.8, 0.8];

/// Balls in mm, label 1 and on: by their middle, and how far their surface is along the diagonal of y and x, in steps of both.
/// They are moved by as many steps of both as the error has, and no element is farther than that, but the first one on this diagonal is.
fn moved(criterion: &mut Criterion) {
    let five =
        [([60, 60, 60], 13), ([60, 180, 60], 16), ([180, 60, 64], 14), ([180, 180, 64], 15), ([120, 120, 50], 12)];
    for (name, spatial, balls) in
        [("5x256x256x128", [256, 256, 128], &five[..]), ("512x512x300", [512, 512, 300], &[([250, 250, 150], 60)])]
    {
        let [nz, ny, nx] = spatial;
        let shape = Shape::new(1, 1, spatial).unwrap();
        let classes = Classes::new(1..=balls.len() as u32).unwrap();
        let options = SurfaceOptions { spacing: Spacing::new(SPACING).unwrap(), ..SurfaceOptions::default() };
        for (errors, steps) in [("small", 1), ("large", 10)] {
            let map = |by: usize| {
                let mut labels = filled((0..nz * ny * nx).map(|_| 0u8));
                for (label, &(middle, on_diagonal)) in (1..).zip(balls) {
                    let reach = 2 * on_diagonal;
                    let [middle_z, middle_y, middle_x] = [middle[0], middle[1] + by, middle[2] + by];
                    // Squares in hundredths of mm².
                    let square = |weight: usize, at: usize, middle: usize| weight * at.abs_diff(middle).pow(2);
                    for z in middle_z - reach..middle_z + reach {
                        for y in middle_y - reach..middle_y + reach {
                            for x in middle_x - reach..middle_x + reach {
                                let squared =
                                    square(225, z, middle_z) + square(64, y, middle_y) + square(64, x, middle_x);
                                if squared <= 2 * 64 * on_diagonal * on_diagonal {
                                    labels[(z * ny + y) * nx + x] = label;
                                }
                            }
                        }
                    }
                }
                labels
            };
            let (truth, pred) = (map(0), map(steps));
            let mut group = group(criterion, &format!("surfaces/u8xu8/{name}-{errors}"), 2 * truth.len());
            for (name, engine) in engines() {
                let map = |labels| LabelMap::u8(shape.clone(), labels).unwrap();
                let run =
                    || engine.surfaces(Pair { pred: map(&pred), truth: map(&truth) }, &classes, &options).unwrap();
                for surface in run().values() {
                    let found = hausdorff(surface, Percentile::linear(100.0).unwrap(), Directions::Max);
                    assert!((found / (steps as f64 * 0.8 * f64::sqrt(2.0)) - 1.0).abs() < 1e-9, "{found}");
                }
                group.bench_function(&name, |bencher| bencher.iter(run));
            }
            group.finish();
        }
    }
}
