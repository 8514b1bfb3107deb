//! What must hold whatever the scores are.

use super::golden::{file, scores};
use proptest::prelude::*;
use voxdice::metric::Bootstrap;
use voxdice::metric::compare::{
    Better, CompareOptions, Compared, IntervalKind, Pair, RankBy, ScoreTable, Test, Undefined, Verdict, Zeros, compare,
};

fn table(better: Better, scores: Vec<Vec<f64>>) -> ScoreTable {
    ScoreTable { metric: "dice".into(), class: "1".into(), is_mean: false, better, scores }
}

fn one(scores: Vec<Vec<f64>>, options: &CompareOptions) -> Compared {
    compare(&[table(Better::Higher, scores)], None, options).unwrap().remove(0)
}

fn tests() -> [Test; 5] {
    [
        Test::Wilcoxon(Zeros::Drop),
        Test::Wilcoxon(Zeros::Pratt),
        Test::Wilcoxon(Zeros::Split),
        Test::SignFlip { draws: 500 },
        Test::T,
    ]
}

/// Bits, so that −0 is not 0 and NaN is NaN.
fn bits(value: f64) -> u64 {
    value.to_bits()
}

/// A number less its sign, which a difference of 0 has by chance.
fn mirrored(one: f64, other: f64) -> bool {
    bits(one) == bits(-other) || (one == 0.0 && other == 0.0) || (one.is_nan() && other.is_nan())
}

#[track_caller]
fn mirror(a: &Pair, b: &Pair) {
    assert!(mirrored(a.mean, b.mean) && mirrored(a.median, b.median) && mirrored(a.hodges_lehmann, b.hodges_lehmann));
    match (a.interval, b.interval) {
        (Some(a), Some(b)) => assert!(mirrored(a.low, b.high) && mirrored(a.high, b.low), "{a:?} {b:?}"),
        (a, b) => assert_eq!(a, b),
    }
    assert_eq!((a.record.wins, a.record.ties, a.record.losses), (b.record.losses, b.record.ties, b.record.wins));
    assert_eq!((bits(a.ranks.r_plus), bits(a.ranks.r_minus)), (bits(b.ranks.r_minus), bits(b.ranks.r_plus)));
    assert_eq!(bits(a.p.two_sided), bits(b.p.two_sided));
    assert_eq!((bits(a.p.greater), bits(a.p.less)), (bits(b.p.less), bits(b.p.greater)));
    assert_eq!(bits(a.p_adjusted), bits(b.p_adjusted));
    assert_eq!(a.p_equivalent.map(bits), b.p_equivalent.map(bits));
    let turned = |verdict| match verdict {
        Verdict::Better => Verdict::Worse,
        Verdict::Worse => Verdict::Better,
        other => other,
    };
    // To be not worse is not symmetric.
    if a.verdict != Verdict::NotWorse && b.verdict != Verdict::NotWorse {
        assert_eq!(a.verdict, turned(b.verdict));
    }
    if let (Some(a), Some(b)) = (a.first_is_better, b.first_is_better) {
        assert!((a + b - 1.0).abs() < 1e-15);
    }
}

#[test]
fn the_other_way_round_is_the_mirror() {
    let file = file();
    for case in file["cases"].as_array().unwrap() {
        let scores = scores(case);
        for test in tests() {
            for &interval in IntervalKind::ALL {
                let bootstrap = Bootstrap::new(200, 0.95, 3).ok();
                let options =
                    CompareOptions { test, interval, bootstrap, margin: Some(0.01), ..CompareOptions::default() };
                let turned = vec![scores[1].clone(), scores[0].clone()];
                let found = one(vec![scores[0].clone(), scores[1].clone()], &options);
                mirror(&found.pairs[0], &one(turned, &options).pairs[0]);
            }
        }
    }
}

#[test]
fn the_same_scores_do_not_differ() {
    let scores = vec![0.9, 0.1, f64::NAN, 0.33, 0.7];
    for test in tests() {
        let found = one(vec![scores.clone(); 3], &CompareOptions { test, ..CompareOptions::default() });
        for pair in &found.pairs {
            assert_eq!((pair.mean, pair.p.two_sided, pair.p_adjusted), (0.0, 1.0, 1.0), "{test:?}");
            assert_eq!((pair.interval.unwrap().low, pair.interval.unwrap().high), (0.0, 0.0));
            assert_eq!((pair.record.ties, pair.verdict), (4, Verdict::Undecided));
            assert_eq!(pair.first_is_better, Some(0.5));
        }
        let ranking = found.ranking.unwrap();
        assert_eq!(ranking.ranks, [1, 1, 1]);
        let stable = ranking.stability.unwrap();
        assert!(stable.tau_b.is_nan() && stable.models.iter().all(|model| (model.first - 1.0 / 3.0).abs() < 1e-12));
    }
}

/// `eval` and `compare` share one stream of resamples: the interval of a mean is that of `Bootstrap`.
#[test]
fn intervals_of_means_are_those_of_the_bootstrap() {
    let a = vec![0.91, 0.85, f64::NAN, 0.77, 0.95, 0.6, 0.88];
    let b = vec![0.9, 0.86, f64::NAN, 0.7, 0.93, 0.7, 0.81];
    let found = one(vec![a.clone(), b.clone()], &CompareOptions::default());
    let bootstrap = Bootstrap::default();
    assert_eq!(found.models[0].interval, bootstrap.interval(&a));
    assert_eq!(found.models[1].interval, bootstrap.interval(&b));
    // That of the difference is of the paired differences, but for rounding.
    let d: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    let (own, expected) = (found.pairs[0].interval.unwrap(), bootstrap.interval(&d).unwrap());
    assert!((own.low - expected.low).abs() < 1e-14 && (own.high - expected.high).abs() < 1e-14);
    let pairwise = CompareOptions { undefined: Undefined::Pairwise, ..CompareOptions::default() };
    let more = vec![0.5, 0.6, 0.7, f64::NAN, 0.9, 0.4, 0.3];
    let found = one(vec![a.clone(), b.clone(), more.clone()], &pairwise);
    assert_eq!(found.pairs[0].interval.unwrap(), expected);
    assert_eq!((found.complete, found.pairs[0].n, found.pairs[1].n), (5, 6, 5));
}

/// Tables, models and threads in any number, each table is what it is alone.
#[test]
fn a_table_does_not_depend_on_others() {
    let file = file();
    let five = file["cases"].as_array().unwrap().iter().find(|case| case["name"] == "five-models").unwrap();
    let scores = scores(five);
    let shifted = |by: usize| -> Vec<Vec<f64>> { (0..5).map(|model| scores[(model + by) % 5].clone()).collect() };
    let options = CompareOptions {
        family: voxdice::metric::compare::Family::Row,
        rank: RankBy::RankMean,
        bootstrap: Bootstrap::new(300, 0.95, 1).ok(),
        ..CompareOptions::default()
    };
    let tables: Vec<ScoreTable> = (0..20).map(|by| table(Better::Higher, shifted(by))).collect();
    let all = compare(&tables, None, &options).unwrap();
    for (table, found) in tables.iter().zip(&all) {
        assert_eq!(&compare(std::slice::from_ref(table), None, &options).unwrap()[0], found);
    }
    assert!(all[0].ranking.as_ref().unwrap().stability.is_some());
}

/// Groups of one case each are cases, and groups of equal cases are one case each.
#[test]
fn groups_of_one_are_cases() {
    let (a, b) = (vec![0.9, 0.8, 0.85, 0.6, 0.7], vec![0.8, 0.82, 0.8, 0.65, 0.6]);
    let tables = [table(Better::Higher, vec![a.clone(), b.clone()])];
    let options = CompareOptions::default();
    let alone = compare(&tables, None, &options).unwrap().remove(0);
    let grouped = compare(&tables, Some(&[4, 9, 1, 7, usize::MAX]), &options).unwrap().remove(0);
    assert_eq!(alone.pairs[0].interval, grouped.pairs[0].interval);
    assert_eq!(alone.pairs[0].p, grouped.pairs[0].p);
    assert_eq!((grouped.groups, grouped.pairs[0].groups), (Some(5), Some(5)));
    let twice = |own: &[f64]| own.iter().chain(own).copied().collect::<Vec<f64>>();
    let doubled = [table(Better::Higher, vec![twice(&a), twice(&b)])];
    let found = compare(&doubled, Some(&[0, 1, 2, 3, 4, 0, 1, 2, 3, 4]), &options).unwrap().remove(0);
    assert_eq!(found.pairs[0].p, alone.pairs[0].p);
    let (one, other) = (found.pairs[0].interval.unwrap(), alone.pairs[0].interval.unwrap());
    assert!((one.low - other.low).abs() < 1e-12 && (one.high - other.high).abs() < 1e-12);
}

#[test]
fn wrong_choices_are_told() {
    let good = || table(Better::Higher, vec![vec![0.5, 0.6], vec![0.7, 0.8]]);
    let refused = |tables: &[ScoreTable], groups: Option<&[usize]>, options: CompareOptions, part: &str| {
        let message = compare(tables, groups, &options).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    let usual = CompareOptions::default;
    refused(&[table(Better::Higher, vec![vec![0.5]])], None, usual(), "number of models");
    let other = table(Better::Higher, vec![vec![0.5, 0.6]]);
    refused(&[good(), other], None, usual(), "number of models");
    refused(&[table(Better::Higher, vec![vec![0.5], vec![0.5, 0.7]])], None, usual(), "number of cases");
    refused(&[good()], Some(&[1]), usual(), "number of groups");
    refused(&[good()], None, CompareOptions { alpha: 1.0, ..usual() }, "alpha");
    refused(&[good()], None, CompareOptions { alpha: f64::NAN, ..usual() }, "alpha");
    refused(&[good()], None, CompareOptions { margin: Some(0.0), ..usual() }, "margin");
    refused(&[good()], None, CompareOptions { against: Some(2), ..usual() }, "model to compare with");
    refused(&[good()], None, CompareOptions { test: Test::SignFlip { draws: 0 }, ..usual() }, "draws");
    let by_tests = CompareOptions { rank: RankBy::Test, ..usual() };
    refused(&[good()], None, CompareOptions { test: Test::None, ..by_tests.clone() }, "rank");
    let three = table(Better::Higher, vec![vec![0.5, 0.6], vec![0.7, 0.8], vec![0.1, 0.2]]);
    refused(&[three], None, CompareOptions { against: Some(0), ..by_tests.clone() }, "rank");
    // Two models have one pair, which is tested with either against the other too.
    let two = compare(&[good()], None, &CompareOptions { against: Some(0), ..by_tests.clone() }).unwrap();
    let all = compare(&[good()], None, &by_tests).unwrap();
    assert_eq!(two[0].ranking.as_ref().unwrap().ranks, [1, 1]);
    assert_eq!(two[0].ranking, all[0].ranking);
    assert!(compare(&[], None, &usual()).unwrap().is_empty());
    assert!(compare(&[table(Better::Lower, vec![vec![], vec![]])], None, &usual()).unwrap()[0].ranking.is_none());
}

/// Differences that do not vary have no t: they are 0, or they are not.
#[test]
fn constants_and_rounding_have_no_t() {
    let options = CompareOptions { test: Test::T, ..CompareOptions::default() };
    let t = |a: &[f64], b: &[f64]| one(vec![a.to_vec(), b.to_vec()], &options).pairs.remove(0);
    let rounding = t(&[0.1 + 0.2, 0.7, 0.5, 0.1 + 0.7], &[0.3, 0.7, 0.5, 0.8]);
    assert_eq!((rounding.p.two_sided, rounding.t, rounding.verdict), (1.0, None, Verdict::Undecided));
    let constant = t(&[0.9, 0.3, 0.8], &[0.8, 0.2, 0.7]);
    assert_eq!((constant.p.two_sided, constant.p.greater, constant.p.less), (0.0, 0.0, 1.0));
    assert_eq!((constant.t, constant.verdict), (None, Verdict::Better));
    mirror(&constant, &t(&[0.8, 0.2, 0.7], &[0.9, 0.3, 0.8]));
    assert!(t(&[0.9], &[0.8]).p.two_sided.is_nan());
}

/// What does not vary has an interval of one point, a score as a difference.
#[test]
fn a_constant_has_a_point_for_an_interval() {
    let options = CompareOptions { interval: IntervalKind::T, ..CompareOptions::default() };
    let found = one(vec![vec![0.75; 4], vec![0.5; 4]], &options);
    let ends = [found.models[0].interval, found.models[1].interval, found.pairs[0].interval];
    assert_eq!(ends.map(|own| own.map(|own| [own.low, own.high])), [Some([0.75; 2]), Some([0.5; 2]), Some([0.25; 2])]);
    let alone = one(vec![vec![0.75], vec![0.5]], &options);
    assert_eq!((alone.models[0].interval, alone.pairs[0].interval), (None, None));
}

/// p of group means says nothing about the mean of cases where the two point to different models.
#[test]
fn t_of_groups_decides_for_its_own_direction() {
    // Twenty small groups in which the first model is better, and a large one in which it is worse.
    let mut groups: Vec<usize> = (0..20).collect();
    groups.extend([20; 40]);
    let gain = |i: usize| if i < 20 { 0.1 + i as f64 / 1000.0 } else { -0.1 };
    let scores = vec![(0..60).map(|i| 0.5 + gain(i)).collect(), vec![0.5; 60]];
    let found = |test| {
        let options = CompareOptions { test, ..CompareOptions::default() };
        let tables = [table(Better::Higher, scores.clone())];
        compare(&tables, Some(&groups), &options).unwrap().remove(0).pairs.remove(0)
    };
    let pair = found(Test::T);
    assert!(pair.mean < 0.0 && pair.t.unwrap().t > 0.0 && pair.p_adjusted < 0.05, "{pair:?}");
    assert_eq!(pair.verdict, Verdict::Undecided);
    let options = CompareOptions { interval: IntervalKind::T, ..CompareOptions::default() };
    let refused = compare(&[table(Better::Higher, scores.clone())], Some(&groups), &options).unwrap_err().to_string();
    assert!(refused.contains("unequal numbers"), "{refused}");
}

fn any_score() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (0u32..=100).prop_map(|hundredths| f64::from(hundredths) / 100.0),
        1 => any::<f64>(),
        1 => Just(f64::NAN),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever the numbers are, nothing panics, p are p, and the mirror holds.
    #[test]
    fn any_scores_have_a_comparison(
        pairs in proptest::collection::vec((any_score(), any_score()), 0..40),
        which in 0..5usize,
    ) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let options = CompareOptions {
            test: tests()[which],
            bootstrap: Bootstrap::new(100, 0.95, 0).ok(),
            ..CompareOptions::default()
        };
        let found = one(vec![a.clone(), b.clone()], &options);
        let pair = &found.pairs[0];
        prop_assert!(pair.p.two_sided.is_nan() || (0.0..=1.0).contains(&pair.p.two_sided));
        prop_assert!(pair.p_adjusted.is_nan() || pair.p_adjusted >= pair.p.two_sided);
        mirror(pair, &one(vec![b, a], &options).pairs[0]);
    }
}

/// Zero has no sign, and the last bit of a score is no difference.
#[test]
fn rounding_and_signs_of_zero_are_ties() {
    let next = f64::from_bits(0.7f64.to_bits() + 1);
    let found = one(vec![vec![-0.0, 0.7, 0.5], vec![0.0, next, 0.25]], &CompareOptions::default());
    let pair = &found.pairs[0];
    assert_eq!((pair.record.wins, pair.record.ties, pair.record.losses), (1, 2, 0));
    assert_eq!((pair.ranks.nonzero, pair.p.two_sided), (1, 1.0));
}
