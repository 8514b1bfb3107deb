//! Averages over classes and over cases, worked out by hand.

use super::compare::{all_close, close};
use voxdice::Empty;
use voxdice::metric::{
    Average, Bootstrap, CountMetric, Distribution, GeneralizedWeights, Interval, average, generalized_dice,
};
use voxdice::stats::Counts;

fn counts(tp: u64, pred: u64, truth: u64) -> Counts {
    Counts::new(tp, pred, truth, 100).unwrap()
}

#[test]
fn classes_are_averaged_over_what_is_defined() {
    let classes = [counts(8, 10, 10), counts(1, 1, 3), counts(0, 0, 0)];
    let of = |classes: &[Counts], how, empty| average(CountMetric::Dice, classes, how, empty);
    let all = [Average::Macro, Average::Micro, Average::Weighted];
    for (empty, expected) in [
        (Empty::Nan, [(0.8 + 0.5) / 2.0, 18.0 / 24.0, (8.0 + 1.5) / 13.0]),
        (Empty::One, [(0.8 + 0.5 + 1.0) / 3.0, 18.0 / 24.0, (8.0 + 1.5) / 13.0]),
        (Empty::Zero, [(0.8 + 0.5) / 3.0, 18.0 / 24.0, (8.0 + 1.5) / 13.0]),
    ] {
        all_close(&all.map(|how| of(&classes, how, empty)), &expected, 1e-15).unwrap();
    }
    for how in all {
        assert!(of(&[], how, Empty::One).is_nan(), "{how:?}");
    }
}

#[test]
fn generalized_dice_weighs_by_the_truth() {
    let classes = [counts(8, 10, 10), counts(1, 1, 3)];
    for (weights, expected) in [
        (GeneralizedWeights::Uniform, 18.0 / 24.0),
        (GeneralizedWeights::Simple, 2.0 * (0.8 + 1.0 / 3.0) / (2.0 + 4.0 / 3.0)),
        (GeneralizedWeights::Square, 2.0 * (0.08 + 1.0 / 9.0) / (0.2 + 4.0 / 9.0)),
    ] {
        close(generalized_dice(&classes, weights, Empty::Nan), expected, 1e-15).unwrap();
        // Nothing to find: what is predicted all the same is wrong.
        let score = |classes: &[Counts]| generalized_dice(classes, weights, Empty::One);
        assert_eq!(score(&[counts(0, 0, 0), counts(0, 5, 0)]), 0.0);
        assert_eq!(score(&[counts(0, 0, 0); 2]), 1.0);
        assert!(generalized_dice(&[counts(0, 0, 0)], weights, Empty::Nan).is_nan());
    }
}

/// Quartiles as NumPy has them, and the deviation of a sample.
#[test]
fn a_distribution_is_that_of_the_defined_values() {
    let of = |values: &[f64]| {
        let d = Distribution::of(values);
        ([d.defined, d.undefined], [d.mean, d.sd, d.min, d.lower_quartile, d.median, d.upper_quartile, d.max])
    };
    let (number, values) = of(&[4.0, f64::NAN, 1.0, 2.0, f64::NAN, 3.0]);
    assert_eq!(number, [4, 2]);
    all_close(&values, &[2.5, (5.0f64 / 3.0).sqrt(), 1.0, 1.75, 2.5, 3.25, 4.0], 1e-15).unwrap();
    let (number, values) = of(&[0.5, 0.7]);
    assert_eq!(number, [2, 0]);
    all_close(&values, &[0.6, 0.02f64.sqrt(), 0.5, 0.55, 0.6, 0.65, 0.7], 1e-14).unwrap();
    let (number, values) = of(&[0.5]);
    assert_eq!(number, [1, 0]);
    all_close(&values, &[0.5, f64::NAN, 0.5, 0.5, 0.5, 0.5, 0.5], 0.0).unwrap();
    let (number, values) = of(&[]);
    assert_eq!((number, values.map(f64::is_nan)), ([0, 0], [true; 7]));
}

/// Wider with the level, and as far above the mean of symmetric values as below, but for the noise of resampling.
#[test]
fn intervals_lie_about_the_mean() {
    let values: Vec<f64> = (0..100).map(|i| f64::from(i) / 99.0).collect();
    let interval = |level| Bootstrap::new(4000, level, 7).unwrap().interval(&values).unwrap();
    let mut last = 0.0;
    // What the normal distribution says of a mean of 100 with deviation 0.29.
    for (level, expected) in [(0.5, 0.0195), (0.8, 0.0370), (0.95, 0.0566)] {
        let Interval { low, high } = interval(level);
        for half in [0.5 - low, high - 0.5] {
            assert!((half / expected - 1.0).abs() < 0.15, "{level}: {low} to {high}");
        }
        assert!(high - low > last);
        last = high - low;
    }
    for level in [0.0, 1.0, f64::NAN] {
        assert!(Bootstrap::new(10, level, 7).is_err());
    }
}
