//! `tests/golden/compare_cases.json`: scipy, statsmodels, scikit-posthocs, and counting in whole numbers.

use crate::root::root;
use crate::shared::expectations;
use serde_json::Value;
use voxdice::metric::compare::{
    Adjust, Better, CompareOptions, Compared, Continuity, Differences, Method, PValues, RankBy, ScoreTable, Tested,
    Undefined, Zeros, adjusted, compare, critical_difference, kendall_tau_b, nemenyi_p, paired_t, sign_flip, wilcoxon,
};

pub fn file() -> Value {
    expectations(&root().join("tests/golden/compare_cases.json"))
}

/// A number of the file; NaN for null, and for what is not there.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn places(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|place| place.as_u64().unwrap() as usize).collect()
}

pub fn better(case: &Value) -> Better {
    if case["higher_is_better"] == true { Better::Higher } else { Better::Lower }
}

pub fn scores(case: &Value) -> Vec<Vec<f64>> {
    case["scores"].as_array().unwrap().iter().map(numbers).collect()
}

fn table(case: &Value) -> ScoreTable {
    ScoreTable { metric: "score".into(), class: "1".into(), is_mean: false, better: better(case), scores: scores(case) }
}

fn found(case: &Value, options: &CompareOptions) -> Compared {
    compare(&[table(case)], None, options).unwrap().remove(0)
}

fn options() -> CompareOptions {
    CompareOptions { bootstrap: None, ..CompareOptions::default() }
}

#[track_caller]
pub fn near(found: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = number(expected);
    let same =
        (found.is_nan() && expected.is_nan()) || (found - expected).abs() <= tolerance * expected.abs().max(1e-3);
    assert!(same, "{what}: {found} and not {expected}");
}

#[track_caller]
fn near_p(found: &PValues, expected: &Value, tolerance: f64, what: &str) {
    near(found.two_sided, &expected["p_two_sided"], tolerance, what);
    if expected.get("p_greater").is_some() {
        near(found.greater, &expected["p_greater"], tolerance, what);
        near(found.less, &expected["p_less"], tolerance, what);
    }
}

/// Every case with its name.
fn each(mut test: impl FnMut(&str, &Value)) {
    let file = file();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 28);
    cases.iter().for_each(|case| test(case["name"].as_str().unwrap(), case));
}

/// Every pair of models with its complete differences.
fn each_pair(mut test: impl FnMut(&str, &Value, &Differences)) {
    each(|name, case| {
        let scores = scores(case);
        let complete: Vec<usize> =
            (0..scores[0].len()).filter(|&i| scores.iter().all(|row| row[i].is_finite())).collect();
        for pair in case["pairs"].as_array().unwrap() {
            let of = |side: &str| -> Vec<f64> {
                let model = pair[side].as_u64().unwrap() as usize;
                complete.iter().map(|&i| scores[model][i]).collect()
            };
            test(&format!("{name} {} {}", pair["a"], pair["b"]), pair, &Differences::of(&of("a"), &of("b")));
        }
    });
}

#[test]
fn models_and_differences_are_those_of_numpy() {
    let mut pairs = 0;
    each(|name, case| {
        let found = found(case, &options());
        assert_eq!(found.complete as u64, case["complete_cases"].as_u64().unwrap(), "{name}");
        assert_eq!(found.asymmetric, places(&case["asymmetric"]), "{name}");
        for (model, expected) in found.models.iter().zip(case["per_model"].as_array().unwrap()) {
            assert_eq!(model.defined as u64, expected["defined"].as_u64().unwrap(), "{name}");
            near(model.mean_of_defined, &expected["mean_of_defined"], 1e-12, name);
            near(model.mean, &expected["mean"], 1e-12, name);
            near(model.median, &expected["median"], 1e-12, name);
            near(model.sd, &expected["sd"], 1e-12, name);
        }
        for (pair, expected) in found.pairs.iter().zip(case["pairs"].as_array().unwrap()) {
            pairs += 1;
            let counted = [pair.a, pair.b, pair.n].map(|n| n as u64);
            assert_eq!(counted, ["a", "b", "n"].map(|key| expected[key].as_u64().unwrap()), "{name}");
            near(pair.mean, &expected["mean_difference"], 1e-12, name);
            near(pair.median, &expected["median_difference"], 1e-12, name);
            if pair.n == 0 {
                continue;
            }
            if expected["hodges_lehmann"].is_number() {
                near(pair.hodges_lehmann, &expected["hodges_lehmann"], 1e-12, name);
            }
            near(pair.sd, &expected["sd_difference"], 1e-12, name);
            let record = [pair.record.wins, pair.record.ties, pair.record.losses].map(|n| n as u64);
            assert_eq!(record, ["wins_of_a", "ties", "losses_of_a"].map(|key| expected[key].as_u64().unwrap()));
        }
    });
    // The file's README counts those that have a result.
    assert_eq!(pairs, 74);
}

/// Counts of patterns are compared as whole numbers: p times 2^m.
#[test]
fn signed_ranks_are_exact() {
    each_pair(|name, pair, differences| {
        let (values, tau) = (differences.values(), differences.tau());
        let plain = wilcoxon(values, tau, Zeros::Drop);
        if values.is_empty() {
            assert!(plain.p.two_sided.is_nan());
            return;
        }
        let expected = &pair["wilcoxon"];
        assert_eq!((plain.r_plus, plain.r_minus), (number(&expected["r_plus"]), number(&expected["r_minus"])));
        assert_eq!(plain.zeros as u64, expected["n_zero"].as_u64().unwrap(), "{name}");
        assert_eq!((plain.nonzero + plain.zeros) as u64, expected["n"].as_u64().unwrap(), "{name}");
        assert_eq!(plain.statistic(), number(&expected["statistic"]), "{name}");
        assert_eq!(plain.ties, expected["ties_in_abs"] == true, "{name}");
        assert_eq!(plain.method, Method::Exact);
        near(plain.rank_biserial(), &expected["rank_biserial"], 1e-12, name);
        near_p(&plain.p, &expected["exact"], 1e-12, name);
        for (zeros, key) in [(Zeros::Pratt, "pratt"), (Zeros::Split, "zsplit")] {
            let (found, expected) = (wilcoxon(values, tau, zeros), &expected[key]);
            assert_eq!((found.r_plus, found.r_minus), (number(&expected["r_plus"]), number(&expected["r_minus"])));
            near(found.p.two_sided, &expected["exact_p_two_sided"], 1e-12, name);
            asymptotic(&found, expected, name);
        }
        asymptotic(&plain, expected, name);
        // Of long lists there are no counts.
        let Some(log2) = expected["exact"]["log2_denominator"].as_i64() else { return };
        let patterns = 2f64.powi(log2 as i32);
        for (key, p) in [("two_sided", plain.p.two_sided), ("greater", plain.p.greater), ("less", plain.p.less)] {
            let count = expected["exact"][format!("count_{key}")].as_str().unwrap();
            let exact = if patterns < 2f64.powi(52) { 0.0 } else { 1e-12 };
            let count: f64 = count.parse().unwrap();
            assert!((p * patterns - count).abs() <= exact * count, "{name} {key}: {} {count}", p * patterns);
        }
    });
}

fn asymptotic(found: &voxdice::metric::compare::SignedRank, expected: &Value, name: &str) {
    for (continuity, key) in [(Continuity::Uncorrected, "asymptotic"), (Continuity::Corrected, "asymptotic_corrected")]
    {
        match found.asymptotic(continuity) {
            Some(p) => near_p(&p, &expected[key], 1e-10, name),
            None => assert!(expected[key]["p_two_sided"].is_null(), "{name}"),
        }
    }
    if let Some(z) = found.z() {
        near(z.abs(), &expected["asymptotic"]["z_abs"], 1e-10, name);
    }
}

#[test]
fn flipped_signs_are_exact_or_within_their_noise() {
    let mut exact = 0;
    each_pair(|name, pair, differences| {
        let found = sign_flip(differences.values(), differences.tau(), 20_000, 7);
        match found.method {
            Method::Exact if differences.values().is_empty() => assert!(found.p.two_sided.is_nan()),
            Method::Exact => {
                exact += 1;
                near_p(&found.p, &pair["sign_flip"], 1e-12, name);
            }
            _ => {
                for (p, key) in [(found.p.two_sided, "p_two_sided"), (found.p.greater, "p_greater")] {
                    let expected = number(&pair["sign_flip"][key]);
                    let noise = (expected * (1.0 - expected) / 20_000.0).sqrt();
                    assert!((p - expected).abs() <= 5.0 * noise + 1.0 / 20_000.0, "{name}: {p} {expected}");
                }
            }
        }
    });
    assert!(exact > 40, "{exact}");
}

#[test]
fn t_tests_are_those_of_scipy() {
    each_pair(|name, pair, differences| {
        let expected = &pair["t"];
        let Some(found) = paired_t(differences.values(), differences.tau()) else {
            return assert!(expected.is_null() || expected["p_two_sided"].is_null(), "{name}");
        };
        near(found.t, &expected["statistic"], 1e-10, name);
        assert_eq!(found.freedom as u64, expected["df"].as_u64().unwrap());
        near(found.p.two_sided, &expected["p_two_sided"], 1e-10, name);
        let interval = found.interval(0.95).unwrap();
        near(interval.low, &expected["ci95"][0], 1e-10, name);
        near(interval.high, &expected["ci95"][1], 1e-10, name);
        let not_better = number(&expected["probability_a_not_better"]);
        let one_sided = [found.p.greater, found.p.less];
        assert!(one_sided.iter().any(|p| (p - not_better).abs() < 1e-10), "{name}: {one_sided:?} {not_better}");
        near(found.equivalence(number(&pair["tost"]["margin"])), &pair["tost"]["p"], 1e-10, name);
    });
}

#[test]
fn p_values_are_adjusted_as_statsmodels_does() {
    let mut families = 0;
    each(|name, case| {
        for test in case["adjusted"].as_object().unwrap().values() {
            families += 1;
            let p = numbers(&test["p"]);
            let ways = [(Adjust::Holm, "holm"), (Adjust::BenjaminiHochberg, "bh"), (Adjust::Bonferroni, "bonferroni")];
            for (how, key) in ways {
                for (found, expected) in adjusted(&p, how).iter().zip(test[key].as_array().unwrap()) {
                    near(*found, expected, 1e-12, name);
                }
            }
            assert_eq!(format!("{:?}", adjusted(&p, Adjust::None)), format!("{p:?}"));
        }
        let holm = &case["adjusted"]["wilcoxon_exact"]["holm"];
        for (pair, expected) in found(case, &options()).pairs.iter().zip(holm.as_array().into_iter().flatten()) {
            near(pair.p_adjusted, expected, 1e-12, name);
            assert_eq!(pair.tested, Tested::SignedRank(Method::Exact));
        }
    });
    assert!(families > 70, "{families}");
}

#[test]
fn rankings_are_those_of_exact_scores() {
    each(|name, case| {
        let expected = &case["rankings"];
        let found_ranking = found(case, &options()).ranking;
        let Some(ranking) = found_ranking else {
            return assert!(expected.is_null(), "{name}");
        };
        let ranks_of = |by: RankBy| {
            let (_, values, ranks) = ranking.all.iter().find(|(own, ..)| *own == by).unwrap();
            (values.clone(), ranks.clone())
        };
        let ways = [
            (RankBy::Mean, "mean_then_rank"),
            (RankBy::Median, "median_then_rank"),
            (RankBy::RankMean, "rank_then_mean"),
            (RankBy::Test, "test_then_rank"),
        ];
        for (by, key) in ways {
            assert_eq!(ranks_of(by).1, places(&expected[key]["ranks"]), "{name} {key}");
        }
        for (found, expected) in
            ranks_of(RankBy::RankMean).0.iter().zip(numbers(&expected["rank_then_mean"]["mean_ranks"]))
        {
            assert!((found - expected).abs() < 1e-12, "{name}");
        }
        let beats: Vec<usize> = ranks_of(RankBy::Test).0.iter().map(|&beats| beats as usize).collect();
        assert_eq!(beats, places(&expected["test_then_rank"]["beats"]), "{name}");
        let between: Vec<Vec<usize>> = ranking.by_tests.as_ref().unwrap().iter().map(|rank| rank.to_vec()).collect();
        let stored = expected["test_then_rank"]["rank_interval"].as_array().unwrap();
        assert_eq!(between, stored.iter().map(places).collect::<Vec<_>>(), "{name}");
        let name_of = |by: RankBy| ways.iter().find(|(own, _)| *own == by).unwrap().1;
        assert_eq!(ranking.agreement.len(), 6);
        for (one, other, tau) in &ranking.agreement {
            let stored = &expected["kendall_tau_b"][format!("{}|{}", name_of(*one), name_of(*other))];
            near(tau.unwrap_or(f64::NAN), stored, 1e-12, name);
        }
        if let Some(left_out) = expected.get("leave_one_out") {
            let (_, by_mean) = ranks_of(RankBy::Mean);
            let winners: Vec<usize> = (0..by_mean.len()).filter(|&model| by_mean[model] == 1).collect();
            assert_eq!(winners, places(&left_out["winners"]), "{name}");
            let cases: Vec<usize> = ranking.left_out.iter().map(|found| found.case).collect();
            assert_eq!(cases, places(&left_out["cases_that_change_the_winners"]), "{name}");
        }
        if let Some(last) = expected.get("rank_then_mean_undefined_last") {
            let options = CompareOptions { undefined: Undefined::Last, rank: RankBy::RankMean, ..options() };
            let ranking = found(case, &options).ranking.unwrap();
            assert_eq!(ranking.ranks, places(&last["ranks"]), "{name}");
            for (found, expected) in ranking.values.iter().zip(numbers(&last["mean_ranks"])) {
                assert!((found - expected).abs() < 1e-12, "{name}");
            }
        }
    });
    assert_eq!(kendall_tau_b(&[1], &[1]), None);
}

#[test]
fn several_models_are_tested_as_scipy_and_posthocs_do() {
    let mut tested = 0;
    each(|name, case| {
        let found = found(case, &options());
        if let Some(expected) = case.get("friedman") {
            tested += 1;
            let friedman = found.friedman.as_ref().unwrap();
            near(friedman.statistic, &expected["statistic"], 1e-10, name);
            near(friedman.p, &expected["p"], 1e-10, name);
            near(friedman.f, &expected["iman_davenport"]["f"], 1e-10, name);
            near(friedman.p_of_f, &expected["iman_davenport"]["p"], 1e-10, name);
        } else {
            assert_eq!(found.friedman, None, "{name}");
        }
        let Some(expected) = case.get("nemenyi") else { return };
        let models = found.models.len();
        for (level, value) in expected["critical_difference"].as_object().unwrap() {
            near(critical_difference(models, found.complete, level.parse().unwrap()), value, 1e-12, name);
        }
        let (_, mean_ranks, _) = &found.ranking.as_ref().unwrap().all[2];
        for (pair, p) in found.pairs.iter().zip(numbers(&expected["p"])) {
            let own = nemenyi_p(mean_ranks[pair.a] - mean_ranks[pair.b], models, found.complete);
            assert!((own - p).abs() < 1e-7, "{name}: {own} {p}");
        }
    });
    assert!(tested > 7, "{tested}");
}

#[test]
fn the_table_of_studentized_ranges_is_reproduced() {
    let file = file();
    for (level, row) in file["nemenyi_q"].as_object().unwrap() {
        for (models, q) in row.as_object().unwrap() {
            let models: usize = models.parse().unwrap();
            // Over so many cases the unit of ranks is 1.
            let cases = 1;
            let unit = (models as f64 * (models as f64 + 1.0) / 6.0).sqrt();
            let found = critical_difference(models, cases, level.parse().unwrap()) / unit;
            near(found, q, 1e-12, &format!("{models} {level}"));
        }
    }
}

#[test]
fn pairs_may_have_cases_of_their_own() {
    let mut compared = 0;
    each(|name, case| {
        let found = found(case, &CompareOptions { undefined: Undefined::Pairwise, ..options() });
        for (pair, expected) in found.pairs.iter().zip(case["pairs"].as_array().unwrap()) {
            let Some(expected) = expected.get("on_pairwise_complete") else { continue };
            compared += 1;
            assert_eq!(pair.n as u64, expected["n"].as_u64().unwrap(), "{name}");
            near(pair.mean, &expected["mean_difference"], 1e-12, name);
            near(pair.p.two_sided, &expected["wilcoxon_exact_p"], 1e-12, name);
            assert_eq!(pair.record.wins as u64, expected["wins_of_a"].as_u64().unwrap(), "{name}");
        }
    });
    assert!(compared > 3, "{compared}");
}

#[test]
fn groups_are_tested_whole() {
    let mut compared = 0;
    each(|_, case| {
        let Some(groups) = case.get("groups") else { return };
        compared += 1;
        let groups: Vec<usize> =
            groups.as_array().unwrap().iter().map(|group| group.as_str().unwrap()[1..].parse().unwrap()).collect();
        let test = voxdice::metric::compare::Test::SignFlip { draws: 100 };
        let expected = &case["pairs"][0]["grouped"];
        let of = |options: &CompareOptions| compare(&[table(case)], Some(&groups), options).unwrap().remove(0);
        let pair = of(&options()).pairs.remove(0);
        assert_eq!(pair.groups.unwrap() as u64, expected["groups"].as_u64().unwrap());
        near_p(&pair.p, &expected["wilcoxon_of_group_means"]["exact"], 1e-12, "ranks");
        let pair = of(&CompareOptions { test, ..options() }).pairs.remove(0);
        near_p(&pair.p, &expected["sign_flip_of_group_sums"], 1e-12, "flips");
    });
    assert_eq!(compared, 1);
}
