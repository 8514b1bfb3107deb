//! Thresholds and argmax, which see all digits of f64, where everything else takes the f32 next to each.

use crate::activations::{Case, LAYOUTS};
use crate::engines::ALL;
use crate::equality::volume;
use crate::oracle::Array;
use crate::random::{LabelType, Random, labels};
use voxdice::metric::Pointwise;
use voxdice::stats::Terms;
use voxdice::{Activation, Pair, Shape, SumsOptions, Volume};

#[test]
fn threshold_and_argmax_are_exact() {
    for (activation, channels) in [(Activation::Threshold(0.25), 2), (Activation::Argmax, 3)] {
        for layout in LAYOUTS {
            let shape = Shape::new(2, channels, [35_001]).unwrap().with_layout(layout);
            let n = shape.elements() as usize;
            // Few different values, so that equal ones occur.
            let mut random = Random::new(1);
            let pred = Array::F32((0..n).map(|_| (random.below(9) as f32 - 4.0) / 8.0).collect());
            let truth = labels(LabelType::U8, &[0, 1], 3, n / channels, 2);
            let options = SumsOptions { activation, ..SumsOptions::default() };
            let case = Case { shape, pred: &pred, truth: &truth, labels: true, options };
            case.check_comparison();
        }
    }
}

/// Numbers around the ends of f32, between two of its numbers, and next to that.
fn hard_f64s() -> Vec<f64> {
    let exponents =
        [0, 1, 850, 871, 872, 873, 874, 880, 895, 896, 897, 898, 1000, 1022, 1023, 1149, 1150, 1151, 2046, 2047];
    let half = 1u64 << 28;
    let last = (1 << 52) - 1;
    let fractions =
        [0, 1, half - 1, half, half + 1, 3 * half, 1 << 51, (1 << 51) + 1, last - half, last - half + 1, last];
    let all = exponents.iter().flat_map(|e| fractions.map(|f| f64::from_bits(e << 52 | f)));
    all.flat_map(|x| [x, -x]).collect()
}

/// Powers and losses have no more digits, so they are those of the f32s.
#[test]
fn f64s_are_the_f32s_next_to_them() {
    let values = hard_f64s();
    let near: Vec<f32> = values.iter().map(|&x| x as f32).collect();
    // A cell of its own for each of them.
    let shape = Shape::new(1, values.len(), [1]).unwrap();
    let truth = vec![1; values.len()];
    let of = |activation, terms, pointwise| SumsOptions { activation, terms, pointwise };
    let all = [
        of(Activation::None, Terms::Power(0.75), None),
        of(Activation::None, Terms::Plain, Some(Pointwise::BinaryCrossEntropy)),
        of(Activation::Sigmoid, Terms::Plain, None),
    ];
    for implementation in ALL.iter() {
        for options in &all {
            let sums = |pred| {
                let pair = Pair { pred, truth: Volume::u8(shape.clone(), &truth).unwrap() };
                implementation.engine.sums_with(pair, options).unwrap()
            };
            let found = sums(Volume::f64(shape.clone(), &values).unwrap());
            let expected = sums(Volume::f32(shape.clone(), &near).unwrap());
            for ((found, expected), x) in found.values().iter().zip(expected.values()).zip(&values) {
                assert_eq!(found, expected, "{x:e}, {options:?} on {}", implementation.name);
            }
        }
    }
}

#[test]
fn thresholds_of_f64s_see_all_digits() {
    let mut values = hard_f64s();
    values.extend([0.3, 0.3f64.next_down(), 0.3f64.next_up(), 0.3f32.into(), 0.0, -0.0]);
    let thresholds: Vec<f64> = values.iter().copied().step_by(7).chain([0.3, 0.0, -0.0]).collect();
    let shape = Shape::new(1, values.len(), [1]).unwrap();
    let truth = vec![0; values.len()];
    for implementation in ALL.iter() {
        for &threshold in thresholds.iter().filter(|threshold| threshold.is_finite()) {
            let pred = Volume::f64(shape.clone(), &values).unwrap();
            let pair = Pair { pred, truth: Volume::u8(shape.clone(), &truth).unwrap() };
            let options = SumsOptions { activation: Activation::Threshold(threshold), ..SumsOptions::default() };
            let sums = implementation.engine.sums_with(pair, &options).unwrap();
            for (sums, &x) in sums.values().iter().zip(&values) {
                let is_finite = (x as f32).is_finite();
                let expected = (u64::from(!is_finite), f64::from(u8::from(is_finite && x >= threshold)));
                let found = (sums.non_finite().pred, sums.pred());
                assert_eq!(found, expected, "{x:e} at {threshold:e} on {}", implementation.name);
            }
        }
    }
}

/// Channels that are one f32, or equal.
#[test]
fn argmax_of_f64s_sees_all_digits() {
    let near = [0.3f64, 0.3f64.next_up(), 0.3f64.next_down(), 0.3f64.next_up(), 0.0, -0.0, -0.25, (-0.25f64).next_up()];
    let (channels, voxels) = (3, 10_007);
    for layout in LAYOUTS {
        let shape = Shape::new(2, channels, [voxels]).unwrap().with_layout(layout);
        let mut random = Random::new(3);
        let pred = Array::F64((0..shape.elements()).map(|_| near[random.below(near.len() as u32) as usize]).collect());
        let truth = labels(LabelType::U8, &[0, 1, 2], 3, 2 * voxels, 2);
        let options = SumsOptions { activation: Activation::Argmax, ..SumsOptions::default() };
        let case = Case { shape, pred: &pred, truth: &truth, labels: true, options };
        case.check_comparison();
    }
}

/// 0.7 of f64 is above 0.7 of f32, 0.1 above 0.1 of f16, and a whole number is at least 1e-300 from 1 on.
#[test]
fn thresholds_are_numbers_of_the_type_of_the_voxels() {
    let shape = Shape::new(1, 1, [3]).unwrap();
    let all = [
        (Array::F32(vec![0.7, 0.7f32.next_down(), 0.7f32.next_up()]), 0.7),
        (Array::F16(vec![0x2e66, 0x2e65, 0x2e67]), 0.1),
        (Array::Bf16(vec![0x3dcd, 0x3dcc, 0x3dce]), 0.1),
        (Array::U8(vec![1, 0, 2]), 1e-300),
        (Array::U16(vec![2, 1, 3]), 1.000_000_01),
    ];
    for (pred, threshold) in &all {
        for implementation in ALL.iter() {
            let truth = Volume::u8(shape.clone(), &[1; 3]).unwrap();
            let options = SumsOptions { activation: Activation::Threshold(*threshold), ..SumsOptions::default() };
            let sums = implementation.engine.sums_with(Pair { pred: volume(&shape, pred), truth }, &options).unwrap();
            assert_eq!(sums.values()[0].pred(), 2.0, "{pred:?} from {threshold} on, {}", implementation.name);
        }
    }
}
