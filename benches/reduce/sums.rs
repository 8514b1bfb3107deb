//! Exact sums of volumes beyond the cache.

use crate::{SPATIAL, VOXELS, engines, filled, floor, group};
use criterion::Criterion;
use voxdice::stats::Terms;
use voxdice::{Pair, Shape, SumsOptions, Volume};

pub fn all(criterion: &mut Criterion) {
    let shape = Shape::new(1, 1, SPATIAL).unwrap();
    let of = |f: fn(usize) -> f32| filled((0..VOXELS).map(f));
    let probabilities = of(|i| if i % 3 == 0 { 0.75 } else { 0.25 });
    // The tails of a sigmoid: below 2^-23, where the contract truncates.
    let tails = of(|i| if i % 3 == 0 { 0.75 } else { 1e-9 });
    let soft = of(|i| f32::from(i % 2 == 0));
    let doubles = filled((0..VOXELS).map(|i| if i % 3 == 0 { 0.75f64 } else { 0.25 }));
    let mask = filled((0..VOXELS).map(|i| u8::from(i % 2 == 0)));
    // 1.0 and 0.0 as binary16.
    let half = filled((0..VOXELS).map(|i| if i % 3 == 0 { 0x3c00u16 } else { 0 }));

    let f32 = |x| (Volume::f32(shape.clone(), x).unwrap(), bytemuck::cast_slice::<f32, u8>(x));
    let (probabilities, tails, soft) = (f32(&probabilities), f32(&tails), f32(&soft));
    let half = (Volume::f16_bits(shape.clone(), &half).unwrap(), bytemuck::cast_slice::<u16, u8>(&half));
    let doubles = (Volume::f64(shape.clone(), &doubles).unwrap(), bytemuck::cast_slice::<f64, u8>(&doubles));
    let mask = (Volume::u8(shape.clone(), &mask).unwrap(), &mask[..]);
    let third = VOXELS.div_ceil(3) as f64;
    let quarters = 0.75 * third + 0.25 * (VOXELS as f64 - third);
    // trunc(1e-9 · 2^46) units each.
    let tiny = 0.75 * third + (f64::from(1e-9f32) * 2f64.powi(46)).trunc() * (VOXELS as f64 - third) / 2f64.powi(46);
    let rows = [
        ("f32xf32/125x512x512", &probabilities, &soft, quarters),
        ("f32xu8/125x512x512", &probabilities, &mask, quarters),
        ("f32xf32/125x512x512-tails", &tails, &soft, tiny),
        ("f64xu8/125x512x512", &doubles, &mask, quarters),
        ("f16xu8/125x512x512", &half, &mask, third),
        ("u8xu8/125x512x512", &mask, &mask, VOXELS.div_ceil(2) as f64),
    ];
    for terms in [Terms::Plain, Terms::Squared] {
        let options = SumsOptions { terms, ..SumsOptions::default() };
        for (name, pred, truth, expected) in rows {
            let name = format!("sums{}/{name}", terms.len());
            let mut group = group(criterion, &name, pred.1.len() + truth.1.len());
            for (name, engine) in engines() {
                let run = || engine.sums_with(Pair { pred: pred.0.clone(), truth: truth.0.clone() }, &options).unwrap();
                assert_eq!(run().values()[0].pred(), expected);
                group.bench_function(&name, |bencher| bencher.iter(run));
            }
            floor(&mut group, [pred.1, truth.1], None);
            group.finish();
        }
    }
}
