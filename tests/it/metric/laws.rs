//! Laws of scores and losses, and every gradient against central differences.

use super::compare::{all_close, close};
use super::soft::{Act, Soft};
use crate::engines::ALL;
use crate::equality::volume;
use crate::oracle;
use proptest::prelude::*;
use voxdice::metric::{
    Agreement, Channels, ClassWeights, Denominator, EmptyTruth, Focus, Form, GeneralizedWeights, Kind, Loss,
    LossOptions, Moments, Overlap, Per, Pointwise, Reduce, Smooth, Smoothing, Tversky,
};
use voxdice::stats::{Merge, Sums, Terms};
use voxdice::{Pair, Shape, Table};

const AXES: [usize; 3] = [2, 3, 4];

/// Values away from 0 and 1, where powers and logarithms are steep, and truth that is hard, soft, or empty in places.
fn soft() -> impl Strategy<Value = Soft> {
    let truth = prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0];
    let cells = (prop::collection::vec(0.05..0.95, 24), prop::collection::vec(truth, 24), 0usize..6, any::<bool>());
    cells.prop_map(|(p, mut t, cell, empty)| {
        if empty {
            t[cell * 4..cell * 4 + 4].fill(0.0);
        }
        Soft::new(AXES, &p, &t, Act::None)
    })
}

fn overlap() -> impl Strategy<Value = Overlap> {
    prop_oneof![
        Just(Overlap::Dice),
        Just(Overlap::Jaccard),
        (0.1..2.0, 0.1..2.0).prop_map(|(alpha, beta)| Overlap::Tversky(Tversky { alpha, beta })),
        Just(Overlap::Generalized(GeneralizedWeights::Square)),
        Just(Overlap::Generalized(GeneralizedWeights::Simple)),
        Just(Overlap::Generalized(GeneralizedWeights::Uniform)),
    ]
}

fn pointwise() -> impl Strategy<Value = Pointwise> {
    prop_oneof![
        Just(Pointwise::CrossEntropy),
        Just(Pointwise::BinaryCrossEntropy),
        (0.0..=1.0).prop_map(|beta| Pointwise::Balanced { beta }),
        (0.0..3.0, prop::option::of(0.0..=1.0)).prop_map(|(gamma, alpha)| Pointwise::Focal { gamma, alpha }),
        (0.0..3.0).prop_map(|gamma| Pointwise::CategoricalFocal { gamma }),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        2 => overlap().prop_map(Kind::Overlap),
        1 => pointwise().prop_map(Kind::Pointwise),
        2 => (overlap(), pointwise(), 0.0..3.0, 0.0..3.0).prop_map(|(overlap, pointwise, a, b)| {
            Kind::Combined { overlap, pointwise, lambda_overlap: a, lambda_pointwise: b }
        }),
    ]
}

fn smoothing() -> impl Strategy<Value = Smoothing> {
    let smooth = || (0.01..2.0, 0.01..2.0).prop_map(|(numerator, denominator)| Smooth { numerator, denominator });
    prop_oneof![smooth().prop_map(Smoothing::Same), prop::collection::vec(smooth(), 3).prop_map(Smoothing::PerChannel)]
}

/// Any choices; those that exclude each other are filtered by the crate itself.
fn loss() -> impl Strategy<Value = Loss> {
    let forms = vec![Form::Score, Form::OneMinus, Form::OneMinus, Form::Negative, Form::NegLog, Form::LogCosh];
    let weights = || prop::collection::vec(0.1..3.0, 3);
    let how = (
        kind(),
        prop::sample::select(forms),
        prop_oneof![
            3 => Just(Focus::None),
            1 => (0.5..2.0).prop_map(Focus::Group),
            1 => (0.5..2.0).prop_map(Focus::Reduced)
        ],
        smoothing(),
        prop_oneof![Just(Denominator::Sum), Just(Denominator::Squared), (0.5..3.0).prop_map(Denominator::Power)],
        prop::sample::select(vec![Agreement::Product, Agreement::SoftLabel]),
        prop::sample::select(vec![0.0, 2e-7, 4.0]),
    );
    let over = (
        prop::sample::select(vec![Per::Cell, Per::Sample, Per::Channel, Per::All]),
        prop::sample::select(vec![Reduce::None, Reduce::Mean, Reduce::Sum]),
        prop::sample::select(vec![Channels::All, Channels::Foreground, Channels::Only(vec![2, 0])]),
        prop_oneof![
            2 => Just(ClassWeights::Equal),
            1 => weights().prop_map(ClassWeights::Multiply),
            1 => weights().prop_map(ClassWeights::Normalise)
        ],
        prop::sample::select(vec![EmptyTruth::Formula, EmptyTruth::ZeroLoss]),
    );
    let options = (how, over).prop_map(|(how, over)| {
        let (kind, form, focus, smooth, denominator, agreement, floor) = how;
        let (per, reduce, channels, weights, empty_truth) = over;
        LossOptions {
            kind,
            form,
            focus,
            smooth,
            floor,
            score_floor: floor,
            denominator,
            agreement,
            per,
            reduce,
            channels,
            weights,
            empty_truth,
            ..LossOptions::default()
        }
    });
    options.prop_filter_map("choices exclude each other", |options| Loss::new(options).ok())
}

fn of(options: LossOptions, soft: &Soft) -> Vec<f64> {
    let loss = Loss::new(LossOptions { reduce: Reduce::None, ..options }).unwrap();
    loss.evaluate(&soft.moments(&loss)).unwrap().values
}

fn score(overlap: Overlap) -> LossOptions {
    LossOptions { kind: Kind::Overlap(overlap), form: Form::Score, ..LossOptions::default() }
}

fn sums_of(soft: &Soft) -> Table<Sums> {
    let shape = Shape::new(soft.samples, soft.channels, [soft.voxels]).unwrap();
    let array = |values: &[f64]| oracle::Array::F32(values.iter().map(|&x| x as f32).collect());
    let (p, t) = (array(&soft.p), array(&soft.t));
    ALL[0].engine.sums_with(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &Terms::All.into()).unwrap()
}

/// A part of the voxels of every cell.
fn part(soft: &Soft, range: std::ops::Range<usize>) -> Soft {
    let cut =
        |values: &[f64]| values.chunks(soft.voxels).flat_map(|cell| cell[range.clone()].to_vec()).collect::<Vec<_>>();
    Soft::new([soft.samples, soft.channels, range.len()], &cut(&soft.p), &cut(&soft.t), Act::None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_gradient_is_the_limit_of_differences(soft in soft(), loss in loss(), voxel in 0usize..24) {
        let gradient = soft.gradient(&loss)[voxel];
        let step = 1e-6;
        // |p - t| has a kink, and a floor cuts.
        prop_assume!((soft.p[voxel] - soft.t[voxel]).abs() > 2.0 * step);
        let at = |by: f64| {
            let mut moved = soft.clone();
            moved.p[voxel] += by;
            moved.loss(&loss).iter().sum::<f64>()
        };
        let (left, middle, right) = (at(-step), at(0.0), at(step));
        prop_assume!(((right - middle) - (middle - left)).abs() < 1e-9);
        let found = (right - left) / (2.0 * step);
        prop_assert!((found - gradient).abs() <= 1e-7 + 1e-6 * gradient.abs(), "{gradient} but differences say {found}");
    }

    #[test]
    fn dice_and_its_kin_stay_within_0_and_1(soft in soft(), smooth in 0.0..10.0, soft_label in any::<bool>()) {
        let agreement = if soft_label { Agreement::SoftLabel } else { Agreement::Product };
        let smooth: Smoothing = Smooth::both(smooth).into();
        for overlap in [Overlap::Dice, Overlap::Jaccard, Overlap::Generalized(GeneralizedWeights::Simple)] {
            let values = of(LossOptions { smooth: smooth.clone(), agreement, ..score(overlap) }, &soft);
            prop_assert!(values.iter().all(|v| (0.0..=1.0 + 1e-15).contains(v)), "{overlap:?} {values:?}");
        }
    }

    #[test]
    fn dice_is_symmetric(soft in soft(), denominator in prop::sample::select(vec![Denominator::Sum, Denominator::Squared])) {
        let swapped = Soft::new(AXES, &soft.t, &soft.p, Act::None);
        for overlap in [Overlap::Dice, Overlap::Jaccard] {
            let options = LossOptions { denominator, ..score(overlap) };
            prop_assert!(all_close(&of(options.clone(), &soft), &of(options, &swapped), 1e-15).is_ok());
        }
    }

    #[test]
    fn dice_follows_from_jaccard_and_both_are_tversky(soft in soft(), smooth in 0.0..3.0) {
        let (dice, jaccard) = (of(score(Overlap::Dice), &soft), of(score(Overlap::Jaccard), &soft));
        for (d, j) in dice.iter().zip(jaccard) {
            prop_assert!(close(*d, 2.0 * j / (1.0 + j), 1e-14).is_ok());
        }
        for (overlap, weight) in [(Overlap::Dice, 0.5), (Overlap::Jaccard, 1.0)] {
            let with = |overlap| LossOptions { smooth: Smooth::both(smooth).into(), ..score(overlap) };
            let tversky = Overlap::Tversky(Tversky { alpha: weight, beta: weight });
            prop_assert!(all_close(&of(with(tversky), &soft), &of(with(overlap), &soft), 1e-14).is_ok());
        }
    }

    #[test]
    fn the_order_of_the_batch_does_not_matter(soft in soft(), loss in loss()) {
        let half = 3 * 4;
        let turned = |x: &[f64]| [&x[half..], &x[..half]].concat();
        let other = Soft::new(AXES, &turned(&soft.p), &turned(&soft.t), Act::None);
        prop_assert!(close(soft.loss(&loss).iter().sum(), other.loss(&loss).iter().sum(), 1e-11).is_ok());
        prop_assert!(all_close(&turned(&soft.gradient(&loss)), &other.gradient(&loss), 1e-11).is_ok());
    }

    #[test]
    fn a_split_and_merged_volume_has_the_bits_of_the_whole(soft in soft(), loss in loss(), cut in 1usize..4) {
        let mut options = loss.options().clone();
        // What the exact sums hold: no pointwise loss, and the powers 1 and 2.
        options.kind = Kind::Overlap(loss.overlap().unwrap_or_default());
        if let Denominator::Power(_) = options.denominator {
            options.denominator = Denominator::Squared;
        }
        let loss = Loss::new(options);
        prop_assume!(loss.is_ok());
        let loss = loss.unwrap();
        let mut merged = sums_of(&part(&soft, 0..cut));
        merged.merge(&sums_of(&part(&soft, cut..4))).unwrap();
        let whole = sums_of(&soft);
        prop_assert_eq!(loss.evaluate(&merged).unwrap(), loss.evaluate(&whole).unwrap());
        prop_assert_eq!(loss.gradient(&merged).unwrap(), loss.gradient(&whole).unwrap());
    }

    #[test]
    fn soft_label_is_lowest_at_the_truth(soft in soft()) {
        let options = LossOptions { agreement: Agreement::SoftLabel, smooth: Smooth::both(1e-5).into(), ..score(Overlap::Dice) };
        let at_truth = Soft::new(AXES, &soft.t, &soft.t, Act::None);
        prop_assert!(all_close(&of(options.clone(), &at_truth), &[1.0; 6], 1e-15).is_ok());
        prop_assert!(of(options, &soft).iter().all(|&v| v <= 1.0));
    }

    #[test]
    fn a_combined_loss_is_the_sum_of_its_parts(soft in soft(), per in prop::sample::select(vec![Per::Cell, Per::Sample, Per::Channel, Per::All]), pointwise in pointwise(), background in any::<bool>()) {
        let channels = if background { Channels::All } else { Channels::Foreground };
        let kind = Kind::Combined { overlap: Overlap::Dice, pointwise, lambda_overlap: 0.25, lambda_pointwise: 2.0 };
        let options = LossOptions { kind, per, channels, smooth: Smooth::both(1.0).into(), ..LossOptions::default() };
        let reduced = |options: LossOptions| soft.loss(&Loss::new(options).unwrap())[0];
        let overlap = reduced(LossOptions { kind: Kind::Overlap(Overlap::Dice), ..options.clone() });
        let mean = reduced(LossOptions { kind: Kind::Pointwise(pointwise), per: Per::All, ..LossOptions::default() });
        prop_assert!(close(reduced(options), 0.25 * overlap + 2.0 * mean, 1e-13).is_ok());
    }
}

fn example() -> Soft {
    let p: Vec<f64> = (0..24).map(|i| f64::from((i * 7 + 3) % 23) / 23.0).collect();
    let t: Vec<f64> = (0..24).map(|i| f64::from(i % 3 == 0)).collect();
    Soft::new(AXES, &p, &t, Act::None)
}

#[test]
fn an_excluded_channel_has_no_value_and_no_gradient() {
    let loss = Loss::new(LossOptions { channels: Channels::Foreground, ..LossOptions::default() }).unwrap();
    let found = loss.evaluate(&example().moments(&loss)).unwrap();
    assert_eq!((found.shape, found.values.len()), (vec![2, 2], 4));
    let gradient = example().gradient(&loss);
    for (i, g) in gradient.iter().enumerate() {
        assert_eq!(*g == 0.0, i / 4 % 3 == 0, "voxel {i}");
    }
}

#[test]
fn shapes_of_values_follow_the_grouping() {
    for (per, shape) in [(Per::Cell, vec![2, 3]), (Per::Sample, vec![2]), (Per::Channel, vec![3]), (Per::All, vec![])] {
        let loss = Loss::new(LossOptions { per, ..LossOptions::default() }).unwrap();
        assert_eq!(loss.evaluate(&example().moments(&loss)).unwrap().shape, shape);
    }
}

#[test]
fn an_undefined_group_is_left_out_of_the_mean_and_counted() {
    let mut soft = example();
    soft.p[..4].fill(0.0);
    soft.t[..4].fill(0.0);
    let loss = Loss::new(LossOptions::default()).unwrap();
    let found = loss.evaluate(&soft.moments(&loss)).unwrap();
    assert_eq!(found.undefined, 1);
    assert!(found.values[0].is_nan());
    assert_eq!(found.reduced, Some(found.values[1..].iter().sum::<f64>() / 5.0));
    assert!(soft.gradient(&loss)[..4].iter().all(|&g| g == 0.0));
}

#[test]
fn normalised_weights_make_the_weighted_mean() {
    let weights = vec![10.0, 20.0, 5.0];
    let loss = |weights| LossOptions { weights, per: Per::Channel, ..LossOptions::default() };
    let values = of(loss(ClassWeights::Equal), &example());
    let sum: f64 = values.iter().zip(&weights).map(|(v, w)| v * w).sum();
    let found = |weights| example().loss(&Loss::new(loss(weights)).unwrap())[0];
    close(found(ClassWeights::Normalise(weights.clone())), sum / 35.0, 1e-14).unwrap();
    close(found(ClassWeights::Multiply(weights)), sum / 3.0, 1e-14).unwrap();
}

#[test]
fn weighted_cross_entropy_is_that_of_pytorch() {
    // One-hot truth: Σ w[y]·(-ln p[y]) / Σ w[y].
    let labels = [0, 1, 2, 2, 1, 0, 0, 1];
    // None of them 0, which has no logarithm.
    let p: Vec<f64> = example().p.iter().map(|p| 0.02 + 0.9 * p).collect();
    let at = |i: usize, c: usize| (i / 4 * 3 + c) * 4 + i % 4;
    let mut t = vec![0.0; 24];
    labels.iter().enumerate().for_each(|(i, &label)| t[at(i, label)] = 1.0);
    let weights = [0.5, 1.0, 4.0];
    let terms = labels.iter().enumerate().map(|(i, &label)| (weights[label], -p[at(i, label)].ln()));
    let (above, below) = terms.fold((0.0, 0.0), |(a, b), (w, l)| (a + w * l, b + w));
    let options = LossOptions {
        kind: Kind::Pointwise(Pointwise::CrossEntropy),
        per: Per::All,
        weights: ClassWeights::Multiply(weights.to_vec()),
        ..LossOptions::default()
    };
    let soft = Soft::new(AXES, &p, &t, Act::None);
    close(soft.loss(&Loss::new(options.clone()).unwrap())[0], above / below, 1e-14).unwrap();
    // Without weights every grouping has the same mean.
    for per in [Per::Cell, Per::Sample, Per::Channel, Per::All] {
        let options = LossOptions { per, weights: ClassWeights::Equal, ..options.clone() };
        let usual = labels.iter().enumerate().map(|(i, &label)| -p[at(i, label)].ln()).sum::<f64>() / 8.0;
        close(soft.loss(&Loss::new(options).unwrap())[0], usual, 1e-14).unwrap();
    }
}

#[test]
fn focal_tversky_and_log_cosh_follow_their_formulas() {
    let of = |options: LossOptions| of(options, &example());
    let tversky = Tversky { alpha: 0.3, beta: 0.7 };
    let plain = of(LossOptions { focus: Focus::None, ..LossOptions::focal_tversky(tversky, 0.75) });
    let focal = of(LossOptions::focal_tversky(tversky, 0.75));
    let expected: Vec<f64> = plain.iter().map(|v| v.powf(0.75)).collect();
    all_close(&focal, &expected, 1e-15).unwrap();
    let reduced = LossOptions { focus: Focus::Reduced(2.0), ..LossOptions::focal_tversky(tversky, 0.75) };
    let mean = plain.iter().sum::<f64>() / 6.0;
    close(example().loss(&Loss::new(reduced).unwrap())[0], mean * mean, 1e-14).unwrap();
    let dice = of(LossOptions { form: Form::OneMinus, ..LossOptions::log_cosh_dice() });
    let expected: Vec<f64> = dice.iter().map(|x| ((x.exp() + (-x).exp()) / 2.0).ln()).collect();
    all_close(&of(LossOptions::log_cosh_dice()), &expected, 1e-13).unwrap();
}

#[test]
fn the_combo_loss_is_that_of_the_paper() {
    let soft = example();
    let mean = (0..24).map(|i| {
        let (p, t) = (soft.p[i], soft.t[i]);
        let on = if t == 0.0 { 0.0 } else { 0.7 * t * p.max(1e-44).ln() };
        on + 0.3 * (1.0 - t) * (1.0 - p).ln()
    });
    let mean = -mean.sum::<f64>() / 24.0;
    let dice = of(LossOptions { smooth: Smooth::both(1.0).into(), ..score(Overlap::Dice) }, &soft);
    let expected = 0.4 * mean - 0.6 * dice.iter().sum::<f64>() / 6.0;
    close(soft.loss(&Loss::new(LossOptions::combo(0.4, 0.7)).unwrap())[0], expected, 1e-13).unwrap();
}

#[test]
fn a_floor_holds_the_denominator_up_and_the_score_then_moves_with_the_intersection_alone() {
    let soft = Soft::new([1, 1, 2], &[0.25, 0.0], &[0.5, 1.0], Act::None);
    // 2I = 0.25, P + T = 1.75.
    let floored = |floor| LossOptions { floor, ..score(Overlap::Dice) };
    for (floor, denominator) in [(0.0, 1.75), (1.0, 1.75), (1.75, 1.75), (2.0, 2.0), (5.0, 5.0)] {
        assert_eq!(of(floored(floor), &soft), [0.25 / denominator], "{floor}");
    }
    let gradient = |floor| soft.gradient(&Loss::new(floored(floor)).unwrap());
    assert_eq!(gradient(5.0), [2.0 * 0.5 / 5.0, 2.0 / 5.0]);
    all_close(&gradient(1.0), &[(1.0 - 0.25 / 1.75) / 1.75, (2.0 - 0.25 / 1.75) / 1.75], 1e-15).unwrap();
    // With nothing in either, the floor makes 0 of 0 / 0.
    let empty = Soft::new([1, 1, 2], &[0.0; 2], &[0.0; 2], Act::None);
    assert_eq!(of(floored(1e-8), &empty), [0.0]);
}

/// Groups share the mean of their cross-entropy, which is made once for all of them and not for each.
#[test]
fn many_groups_beside_a_cross_entropy_take_no_time() {
    const GROUPS: usize = 40_000;
    let moments = |i: usize| Moments { pointwise: (i % 7) as f64, ..Moments::plain(4.0, 2.0, 3.0, (i % 3) as f64) };
    let table = Table::from_cells(GROUPS, 1, (0..GROUPS).map(moments).collect()).unwrap();
    // By hand: 1 - 2I / (P + T), and the cross-entropy of each sample, or of all.
    let dice = (0..GROUPS).map(|i| 1.0 - 2.0 * (i % 3) as f64 / 5.0).sum::<f64>() / GROUPS as f64;
    let sum: f64 = (0..GROUPS).map(|i| (i % 7) as f64).sum();
    let start = std::time::Instant::now();
    for weights in [ClassWeights::Equal, ClassWeights::Multiply(vec![1.0])] {
        let all = weights != ClassWeights::Equal;
        let loss = Loss::new(LossOptions { weights, smooth: Smooth::none().into(), ..LossOptions::dice_ce() }).unwrap();
        let found = loss.evaluate(&table).unwrap();
        let truth = 3.0 * GROUPS as f64;
        let entropy = if all { sum / truth } else { sum / 4.0 / GROUPS as f64 };
        assert!((found.reduced.unwrap() - dice - entropy).abs() < 1e-9, "{:?} {}", found.reduced, dice + entropy);
        let partials = loss.gradient(&table).unwrap();
        let expected = if all { 1.0 / truth } else { 0.25 / GROUPS as f64 };
        assert!(partials.values().iter().all(|p| (p.pointwise / expected - 1.0).abs() < 1e-9));
    }
    assert!(start.elapsed().as_secs() < 60);
}
