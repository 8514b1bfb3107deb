//! Soft Dice and its gradient: two passes over the operands, one of them writing.

use crate::{SPATIAL, VOXELS, engines, filled, floor, group};
use criterion::Criterion;
use voxdice::metric::{Loss, LossOptions};
use voxdice::stats::Terms;
use voxdice::{Activation, Pair, Shape, SumsOptions, Volume};

pub fn all(criterion: &mut Criterion) {
    let loss = Loss::new(LossOptions::default()).unwrap();
    let truth = filled((0..VOXELS).map(|i| f32::from(i % 2 == 0)));
    let rows = [
        ("exact", Activation::None, 1, [0.25f32, 0.75]),
        ("sigmoid", Activation::Sigmoid, 1, [-1.5, 2.0]),
        ("softmax", Activation::Softmax, 4, [-1.5, 2.0]),
    ];
    for (name, activation, channels, [low, high]) in rows {
        let pred = filled((0..VOXELS).map(|i| if i % 3 == 0 { high } else { low }));
        let shape = match channels {
            1 => Shape::new(1, 1, SPATIAL),
            _ => Shape::new(1, channels, [VOXELS / channels]),
        };
        let shape = shape.unwrap();
        let options = SumsOptions { terms: Terms::Plain, activation, ..SumsOptions::default() };
        let mut gradient = filled((0..VOXELS).map(|_| 0.0));
        let name = format!("loss_and_{name}_gradient/f32xf32/{channels}x{}", VOXELS / channels);
        // The operands, the truth again, and what is written.
        let mut group = group(criterion, &name, 16 * VOXELS);
        for (name, engine) in engines() {
            let volume = |x| Volume::f32(shape.clone(), x).unwrap();
            let run = |gradient: &mut [f32]| {
                let sums = engine.sums_with(Pair { pred: volume(&pred), truth: volume(&truth) }, &options).unwrap();
                let partials = loss.gradient(&sums).unwrap();
                let (pred, truth) = (volume(&pred), volume(&truth));
                engine.gradient_into(Pair { pred, truth }, &options, &sums, &partials, gradient).unwrap();
                (sums, partials)
            };
            let (sums, partials) = run(&mut gradient);
            assert!((sums.values()[0].truth() - (VOXELS / channels / 2) as f64).abs() <= 1.0);
            if activation == Activation::None {
                // The truth of voxel 0 is 1.
                let expected = partials.values()[0].pred + partials.values()[0].product;
                assert!((f64::from(gradient[0]) - expected).abs() <= 1e-6 * expected.abs());
            }
            group.bench_function(&name, |bencher| bencher.iter(|| run(&mut gradient)));
        }
        floor(&mut group, [bytemuck::cast_slice(&pred), bytemuck::cast_slice(&truth)], Some(&mut gradient));
        group.finish();
    }
}
