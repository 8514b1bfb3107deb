//! Choices of a loss one by one, against numbers worked out by hand.

use super::compare::{all_close, close};
use super::soft::{Act, Soft};
use voxdice::metric::{
    Agreement, Channels, ClassWeights, CountMetric, Denominator, EmptyPolicy, Focus, Form, Kind, Loss, LossOptions,
    Moments, Overlap, Per, Pointwise, Preset, Reduce, TruthEmpty, Tversky,
};
use voxdice::stats::{Counts, Partials, Terms};
use voxdice::{Empty, Engine, EngineOptions, Error, Pair, Shape, SumsOptions, Table, Volume};

fn value(options: LossOptions, soft: &Soft) -> f64 {
    soft.loss(&Loss::new(options).unwrap())[0]
}

#[test]
fn a_loss_asks_for_the_sums_it_needs_and_no_more() {
    let (product, soft_label) = (Agreement::Product, Agreement::SoftLabel);
    for (denominator, agreement, terms) in [
        (Denominator::Sum, product, Terms::Plain),
        (Denominator::Squared, product, Terms::Squared),
        (Denominator::Power(1.5), product, Terms::Power(1.5)),
        (Denominator::Sum, soft_label, Terms::All),
    ] {
        let loss = Loss::new(LossOptions { denominator, agreement, ..LossOptions::default() }).unwrap();
        assert_eq!(loss.sums_options().terms, terms, "{denominator:?}");
    }
    let kind = Kind::Pointwise(Pointwise::CrossEntropy);
    let loss = Loss::new(LossOptions { kind, denominator: Denominator::Squared, ..LossOptions::default() }).unwrap();
    assert_eq!(loss.sums_options().terms, Terms::Plain);
}

#[test]
fn powers_have_sums_of_their_own() {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let soft = Soft::new([1, 2, 3], &[0.5, 0.25, 0.0, 1.0, 0.75, 0.5], &[1.0, 0.0, 1.0, 0.5, 1.0, 0.0], Act::None);
    let single = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<_>>();
    let (p, t) = (single(&soft.p), single(&soft.t));
    let shape = Shape::new(1, 2, [3]).unwrap();
    let sums = |terms: Terms| {
        let volume = |values| Volume::f32(shape.clone(), values).unwrap();
        engine.sums_with(Pair { pred: volume(&p), truth: volume(&t) }, &terms.into()).unwrap()
    };
    let loss = |gamma| {
        let denominator = Denominator::Power(gamma);
        Loss::new(LossOptions { denominator, ..LossOptions::default() }).unwrap()
    };
    let found = loss(1.5).evaluate(&sums(Terms::Power(1.5))).unwrap().values;
    all_close(&found, &loss(1.5).evaluate(&soft.moments(&loss(1.5))).unwrap().values, 1e-6).unwrap();
    let (pred, truth) = sums(Terms::Power(1.5)).values()[0].powers().unwrap();
    all_close(&[pred, truth], &[0.5f64.powf(1.5) + 0.125, 2.0], 1e-6).unwrap();
    // Those of another power are none.
    assert!(matches!(loss(2.5).evaluate(&sums(Terms::Power(1.5))), Err(Error::MissingTerm { .. })));
    assert!(matches!(loss(1.5).evaluate(&sums(Terms::Squared)), Err(Error::MissingTerm { .. })));
    assert_eq!(sums(Terms::All).values()[0].powers(), None);
}

#[test]
fn nothing_defined_is_no_loss_of_0() {
    let empty = Soft::new([1, 1, 2], &[0.0; 2], &[0.0; 2], Act::None);
    for (reduce, focus) in
        [(Reduce::Mean, Focus::None), (Reduce::Sum, Focus::None), (Reduce::Mean, Focus::Reduced(2.0))]
    {
        assert!(
            value(LossOptions { reduce, focus, ..LossOptions::default() }, &empty).is_nan(),
            "{reduce:?} {focus:?}"
        );
    }
}

/// No overlap is the logarithm of SMP's eps, whose clamp of the denominator is another (SMP 0.5, DiceLoss.forward with
/// log_loss=True: -log(clamp_min(scores, eps))).
#[test]
fn the_logarithm_of_no_overlap_is_that_of_smp() {
    let soft = Soft::new([1, 1, 2], &[1.0, 0.0], &[0.0, 1.0], Act::None);
    close(value(LossOptions { form: Form::NegLog, ..Preset::Smp.options() }, &soft), -f64::ln(1e-7), 1e-15).unwrap();
}

/// Below the floor the logarithm stands still.
#[test]
fn the_logarithm_of_a_score_stops_at_the_floor() {
    // Dice is 2 · 0.125 / (0.125 + 1) = 2 / 9.
    let soft = Soft::new([1, 1, 2], &[0.125, 0.0], &[1.0, 0.0], Act::None);
    let options = |score_floor| LossOptions { form: Form::NegLog, score_floor, ..LossOptions::default() };
    for (floor, score) in [(0.1, 2.0 / 9.0), (0.25, 0.25), (0.5, 0.5)] {
        close(value(options(floor), &soft), -f64::ln(score), 1e-15).unwrap();
        let moves = soft.gradient(&Loss::new(options(floor)).unwrap()).iter().any(|&slope| slope != 0.0);
        assert_eq!(moves, floor < 0.2, "{floor}");
    }
}

/// NaN among the voxels is no perfect prediction.
#[test]
fn a_focus_keeps_nan() {
    let moments = Moments::plain(4.0, f64::NAN, 1.0, f64::NAN);
    let tversky = Tversky { alpha: 0.3, beta: 0.7 };
    let loss = Loss::new(LossOptions::focal_tversky(tversky, 0.75)).unwrap();
    assert!(loss.of(&moments).unwrap().is_nan());
    let table = Table::from_cells(1, 1, vec![moments]).unwrap();
    assert!(loss.gradient(&table).unwrap().values()[0].product.is_nan());
}

/// Also at the loss of 0, where the derivative of another power is 0 or does not exist.
#[test]
fn an_exponent_of_1_is_no_focus() {
    let soft = Soft::new([1, 1, 2], &[1.0, 0.0], &[1.0, 0.0], Act::None);
    let gradient = |focus| soft.gradient(&Loss::new(LossOptions { focus, ..LossOptions::default() }).unwrap());
    let plain = gradient(Focus::None);
    assert!(plain.iter().any(|&slope| slope != 0.0));
    assert_eq!([gradient(Focus::Group(1.0)), gradient(Focus::Reduced(1.0))], [plain.clone(), plain]);
    assert!(gradient(Focus::Group(2.0)).iter().all(|&slope| slope == 0.0));
}

/// Σwℓ / Σw over what is defined; nothing that weighs anything is 0/0.
#[test]
fn normalised_weights_are_those_of_what_is_defined() {
    // Dice of 2/3 and an empty channel.
    let soft = Soft::new([1, 2, 2], &[1.0, 0.0, 0.0, 0.0], &[1.0, 1.0, 0.0, 0.0], Act::None);
    for per in [Per::Cell, Per::Channel] {
        let options = |list| LossOptions { per, weights: ClassWeights::Normalise(list), ..LossOptions::default() };
        close(value(options(vec![1.0, 3.0]), &soft), 1.0 / 3.0, 1e-15).unwrap();
        assert!(value(options(vec![0.0, 3.0]), &soft).is_nan());
    }
}

/// As of the overlap, which has them whatever the number of channels.
#[test]
fn class_weights_reach_both_parts_of_a_combined_loss_of_one_channel() {
    let soft = Soft::new([1, 1, 2], &[0.5, 0.25], &[1.0, 0.0], Act::None);
    let of = |weights| value(LossOptions { weights, ..LossOptions::dice_focal() }, &soft);
    close(of(ClassWeights::Multiply(vec![2.0])), 2.0 * of(ClassWeights::Equal), 1e-15).unwrap();
}

/// The mean over voxels of the sum over the channels that take part, in every grouping.
#[test]
fn cross_entropy_of_some_channels_is_per_voxel() {
    let soft = Soft::new([1, 3, 2], &[0.5, 0.25, 0.125, 0.75, 0.375, 0.5], &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], Act::None);
    for (channels, sum) in [(Channels::All, 0.5f64.ln() + 0.75f64.ln()), (Channels::Foreground, 0.75f64.ln())] {
        for per in [Per::Cell, Per::Sample, Per::Channel, Per::All] {
            let kind = Kind::Pointwise(Pointwise::CrossEntropy);
            let options = LossOptions { kind, per, channels: channels.clone(), ..LossOptions::default() };
            close(value(options, &soft), -sum / 2.0, 1e-15).unwrap();
        }
    }
}

/// Once per voxel, whether its channel is a group of its own or one of several.
#[test]
fn weights_of_a_pointwise_loss_count_once() {
    let soft = Soft::new([1, 2, 2], &[0.5, 0.25, 0.125, 0.75], &[1.0, 0.0, 1.0, 1.0], Act::None);
    let sums = [-(0.5f64.ln() + 0.75f64.ln()), -(0.125f64.ln() + 0.75f64.ln())];
    let weights = vec![3.0, 0.5];
    let above = 3.0 * sums[0] + 0.5 * sums[1];
    for per in [Per::All, Per::Sample, Per::Channel, Per::Cell] {
        let options = |weights| LossOptions {
            kind: Kind::Pointwise(Pointwise::BinaryCrossEntropy),
            per,
            weights,
            ..LossOptions::default()
        };
        close(value(options(ClassWeights::Equal), &soft), (sums[0] + sums[1]) / 4.0, 1e-15).unwrap();
        close(value(options(ClassWeights::Multiply(weights.clone())), &soft), above / 4.0, 1e-15).unwrap();
        close(value(options(ClassWeights::Normalise(weights.clone())), &soft), above / 7.0, 1e-15).unwrap();
    }
}

#[test]
fn one_weight_of_tversky_may_be_0() {
    // I = 0.5, missed 0.5, invented 0.25.
    let soft = Soft::new([1, 1, 2], &[0.5, 0.25], &[1.0, 0.0], Act::None);
    let options = |alpha, beta| LossOptions {
        kind: Kind::Overlap(Overlap::Tversky(Tversky { alpha, beta })),
        form: Form::Score,
        ..LossOptions::default()
    };
    // α weighs what is invented, β what is missed.
    for (alpha, beta, expected) in [(0.0, 1.0, 0.5 / 1.0), (1.0, 0.0, 0.5 / 0.75), (2.0, 2.0, 0.5 / 2.0)] {
        close(value(options(alpha, beta), &soft), expected, 1e-15).unwrap();
    }
    assert!(Loss::new(options(0.0, 0.0)).is_err());
    assert!(Loss::new(options(-1.0, 2.0)).is_err());
}

/// The slopes of |p|^γ and |p − t| at their kinks are 0, also where the gradient is not the exact one.
#[test]
fn kinks_have_no_slope() {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let shape = Shape::new(1, 1, [3]).unwrap();
    let (p, t) = ([0.0f32, 0.5, 0.25], [1.0f32, 0.5, 0.5]);
    let volume = |values| Volume::f32(shape.clone(), values).unwrap();
    let gradient = |terms, pointwise, partials: Partials| {
        let options = SumsOptions { terms, pointwise, ..SumsOptions::default() };
        let sums = engine.sums_with(Pair { pred: volume(&p), truth: volume(&t) }, &options).unwrap();
        engine.gradient(Pair { pred: volume(&p), truth: volume(&t) }, &options, &sums, &sums.map(|_| partials)).unwrap()
    };
    let power = Partials { pred_power: 1.0, ..Partials::default() };
    for gamma in [0.5f32, 1.0, 1.5] {
        let expected = [0.0, gamma * 0.5f32.powf(gamma - 1.0), gamma * 0.25f32.powf(gamma - 1.0)].map(f64::from);
        let found: Vec<f64> = gradient(Terms::Power(gamma), None, power).into_iter().map(f64::from).collect();
        all_close(&found, &expected, 1e-6).unwrap();
    }
    // The pointwise loss makes it inexact; its own partial is 0.
    let distance = Partials { pred: 0.5, abs_difference: 2.0, ..Partials::default() };
    for pointwise in [None, Some(Pointwise::CrossEntropy)] {
        assert_eq!(gradient(Terms::All, pointwise, distance), [-1.5, 0.5, -1.5]);
    }
}

/// Only a prediction where there is nothing is left out.
#[test]
fn an_empty_truth_is_left_out_and_an_empty_pair_is_not() {
    let policy = EmptyPolicy { both: Empty::One, truth: TruthEmpty::Nan };
    let score = |tp, pred, truth| policy.score(CountMetric::Dice, &Counts::new(tp, pred, truth, 100).unwrap());
    assert!(score(0, 1, 0).is_nan());
    assert_eq!((score(0, 0, 0), score(0, 0, 1), score(1, 1, 1)), (1.0, 0.0, 1.0));
}
