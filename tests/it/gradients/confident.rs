//! Gradients where a probability is 0 or 1 in f32.

use super::Case;
use crate::engines::ALL;
use crate::equality::volume;
use crate::oracle::Array;
use voxdice::metric::Pointwise;
use voxdice::stats::Terms;
use voxdice::{Activation, Pair, Shape, SumsOptions};

/// Logits so far apart that a probability is 0 in f32, and 1 minus the other is. The derivatives of the logarithms are
/// still ordinary numbers: against central differences of the loss written with logarithms of sums.
#[test]
fn gradients_of_confident_voxels_are_those_of_the_loss() {
    let losses = [
        (Pointwise::CrossEntropy, false, 0.0),
        (Pointwise::BinaryCrossEntropy, true, 0.0),
        (Pointwise::Focal { gamma: 2.0, alpha: None }, true, 2.0),
        (Pointwise::Focal { gamma: 0.5, alpha: None }, true, 0.5),
        (Pointwise::CategoricalFocal { gamma: 2.0 }, false, 2.0),
    ];
    let ln_sum = |logits: &mut dyn Iterator<Item = f64>| {
        let logits: Vec<f64> = logits.collect();
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + logits.iter().map(|x| (x - largest).exp()).sum::<f64>().ln()
    };
    let gaps = [0.0, 3.0, 20.0, 60.0, 85.0, 88.0, 89.0, 95.0, 101.0, 120.0, 1500.0];
    for (kind, both, gamma) in losses {
        let mut logits = Vec::new();
        let mut truth = Vec::new();
        for gap in gaps {
            for label in 0..3 {
                logits.push([1.0, 1.0 - gap, 0.5 - gap]);
                truth.push(label);
            }
        }
        let voxels = truth.len();
        let pred = (0..3 * voxels).map(|i| logits[i % voxels][i / voxels] as f32).collect();
        let options = SumsOptions { activation: Activation::Softmax, pointwise: Some(kind), terms: Terms::Plain };
        let shape = Shape::new(1, 3, [voxels]).unwrap();
        let (pred, truth) = (Array::F32(pred), Array::U8(truth));
        let case = Case { shape, pred, truth, labels: true, options };
        let of_channel = |logits: &[f64], label: usize, k: usize| -> f64 {
            let all = ln_sum(&mut logits.iter().copied());
            let ln_p = logits[k] - all;
            let ln_q = ln_sum(&mut (0..3).filter(|&other| other != k).map(|other| logits[other])) - all;
            if k == label {
                -(gamma * ln_q).exp() * ln_p
            } else if both {
                -(gamma * ln_p).exp() * ln_q
            } else {
                0.0
            }
        };
        let loss = |logits: &[f64], label| (0..3).map(|k| of_channel(logits, label, k)).sum::<f64>();
        let partials = case.of_pointwise();
        for implementation in ALL.iter() {
            // The values are those of the same loss.
            let sums = implementation
                .engine
                .sums_with(Pair { pred: volume(&case.shape, &case.pred), truth: case.truth() }, &options)
                .unwrap();
            for (channel, sums) in sums.values().iter().enumerate() {
                let expected = (0..voxels).map(|voxel| of_channel(&logits[voxel], voxel % 3, channel));
                let (sum, allowed) =
                    expected.fold((0.0, 0.0), |(sum, most), l| (sum + l, most + 3.0 * l.max(1.0) / f64::from(1 << 24)));
                let found = sums.pointwise_sum().unwrap();
                assert!((found - sum).abs() <= allowed, "{kind:?} {channel} on {}: {found} {sum}", implementation.name);
            }
            let found = case.gradient(&implementation.engine, &partials);
            for (i, &found) in found.iter().enumerate() {
                let (voxel, channel) = (i % voxels, i / voxels);
                let moved = |by: f64| {
                    let mut x = logits[voxel];
                    x[channel] += by;
                    loss(&x, voxel % 3)
                };
                let expected = (moved(1e-3) - moved(-1e-3)) / 2e-3;
                let apart = (f64::from(found) - expected).abs();
                assert!(
                    apart <= 1e-4 * expected.abs().max(1.0),
                    "{kind:?} {:?} label {} channel {channel} on {}: {} {expected}",
                    logits[voxel],
                    voxel % 3,
                    implementation.name,
                    found
                );
            }
        }
    }
}

/// Where x^(γ-1) is beyond f32 its factor is 0: no NaN on any device.
#[test]
fn gradients_of_certain_voxels_with_a_small_focus_are_finite() {
    let pointwise = Some(Pointwise::Focal { gamma: 0.1, alpha: None });
    let shape = Shape::new(1, 2, [4]).unwrap();
    for (activation, pred) in [
        (Activation::None, [1.0, 0.0, 1.0, 0.0, 0.5, 1.0, 0.0, 1e-30]),
        (Activation::Sigmoid, [200.0, -200.0, 3e38, -3e38, 0.0, 90.0, -90.0, 1.0]),
        (Activation::Softmax, [-1e4, 2.0, 3e38, -3e38, 1.0, -1e4, -3e38, 3e38]),
    ] {
        let options = SumsOptions { activation, pointwise, terms: Terms::Plain };
        let (pred, truth) = (Array::F32(pred.to_vec()), Array::U8(vec![0, 1, 0, 1]));
        let case = Case { shape: shape.clone(), pred, truth, labels: true, options };
        let partials = case.of_pointwise();
        let gradients = ALL.iter().map(|one| (one, case.gradient(&one.engine, &partials)));
        let gradients: Vec<_> = gradients.collect();
        for (implementation, found) in &gradients {
            for (a, b) in found.iter().zip(&gradients[0].1) {
                assert!(
                    a.to_bits() == b.to_bits() && a.is_finite(),
                    "{activation:?} on {}: {found:?} {:?}",
                    implementation.name,
                    gradients[0].1
                );
            }
        }
    }
}
