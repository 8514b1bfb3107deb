//! Scores of the confusion matrix: MONAI's, and values worked out by hand.

use super::arrays::Array;
use super::compare::{Verdict, all_close, close};
use crate::shared::golden_cases;
use serde_json::Value;
use voxdice::metric::{self, Best, Beta, CountMetric, METRICS, Metric};
use voxdice::stats::Counts;
use voxdice::{Empty, Error};

/// Counts of 0/1 masks per sample and channel, with the number of channels.
fn counts_of(case: &Value) -> (Vec<Counts>, usize) {
    let (pred, truth) = (Array::described(&case["pred"]), Array::described(&case["truth"]));
    let channels = pred.axes[1];
    let voxels = pred.axes[2..].iter().product();
    let cell = |(p, t): (&[f64], &[f64])| {
        let both = p.iter().zip(t).filter(|&(&p, &t)| p == 1.0 && t == 1.0).count();
        let ones = |x: &[f64]| x.iter().filter(|&&x| x == 1.0).count() as u64;
        Counts::new(both as u64, ones(p), ones(t), p.len() as u64).unwrap()
    };
    (pred.values.chunks(voxels).zip(truth.values.chunks(voxels)).map(cell).collect(), channels)
}

/// The mean of what is defined; MONAI's is 0 where nothing is.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let defined: Vec<f64> = values.filter(|x| !x.is_nan()).collect();
    if defined.is_empty() { f64::NAN } else { defined.iter().sum::<f64>() / defined.len() as f64 }
}

fn reduced(reduction: &str, values: &[f64], channels: usize) -> Vec<f64> {
    let channel = |c: usize| values.iter().copied().skip(c).step_by(channels);
    let total = |values: &mut dyn Iterator<Item = f64>| values.filter(|x| !x.is_nan()).sum::<f64>();
    match reduction {
        "mean" => vec![mean(values.chunks(channels).map(|sample| mean(sample.iter().copied())))],
        "mean_batch" => (0..channels).map(|c| mean(channel(c))).collect(),
        "sum" => vec![total(&mut values.iter().copied())],
        "sum_batch" => (0..channels).map(|c| total(&mut channel(c))).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn confusion_matrix_metrics_of_monai() {
    let mut verdict = Verdict::default();
    for case in golden_cases("monai_confusion_matrix.json") {
        let (counts, channels) = counts_of(&case);
        let Some(name) = case["kwargs"].get("metric_name").and_then(Value::as_str) else {
            let four = |c: &Counts| [c.tp(), c.fp(), c.tn(), c.fn_()].map(|count| count as f64);
            let found: Vec<f64> = counts.iter().flat_map(four).collect();
            verdict.note("counts", all_close(&found, &Array::nested(&case["expected"]).values, 0.0));
            continue;
        };
        let metric: CountMetric = name.parse().unwrap();
        let values: Vec<f64> = counts.iter().map(|c| metric.of(c, Empty::Nan)).collect();
        let found = reduced(case["kwargs"]["reduction"].as_str().unwrap(), &values, channels);
        // MONAI reduces in f32.
        verdict.note(name, all_close(&found, &Array::nested(&case["expected_f64"]).values, 5e-7));
    }
    verdict.demand(40);
}

#[test]
fn dice_per_sample_and_class_of_monai() {
    let mut verdict = Verdict::default();
    for case in golden_cases("monai_compute_meandice.json") {
        let (counts, channels) = counts_of(&case);
        let kwargs = &case["kwargs"];
        let background = kwargs.get("include_background") != Some(&Value::Bool(false));
        let ignore_empty = kwargs.get("ignore_empty") != Some(&Value::Bool(false));
        let score = |c: &Counts| match ignore_empty {
            // MONAI's rule, which also drops what was predicted of a class that is not there.
            true if c.n_truth() == 0 => f64::NAN,
            _ => metric::dice(c, Empty::One),
        };
        let kept = counts.iter().enumerate().filter(|(i, _)| background || i % channels > 0);
        let found: Vec<f64> = kept.map(|(_, c)| score(c)).collect();
        let expected = case.get("per_sample_class_f64").unwrap_or(&case["expected_f64"]);
        let name = case["source"].as_str().unwrap_or_default();
        verdict.note(name, all_close(&found, &Array::nested(expected).values, 2e-7));
    }
    verdict.demand(15);
}

/// By other formulas for the same: rates instead of counts, chance instead of cells, geometric means.
#[test]
fn every_score_is_what_its_definition_says() {
    for (tp, fp, fn_, tn) in [(5.0, 2.0, 3.0, 40.0), (1.0, 30.0, 2.0, 7.0), (9.0, 0.0, 4.0, 1.0), (0.0, 3.0, 2.0, 5.0)]
    {
        let n = tp + fp + fn_ + tn;
        let counts = Counts::new(tp as u64, (tp + fp) as u64, (tp + fn_) as u64, n as u64).unwrap();
        let (tpr, tnr, ppv, npv) = (tp / (tp + fn_), tn / (tn + fp), tp / (tp + fp), tn / (tn + fn_));
        let (observed, expected) = ((tp + tn) / n, ((tp + fp) * (tp + fn_) + (tn + fn_) * (tn + fp)) / (n * n));
        let f = |beta: f64| {
            if tp == 0.0 { 0.0 } else { (1.0 + beta * beta) * ppv * tpr / (beta * beta * ppv + tpr) }
        };
        let right: f64 = [ppv, tpr, tnr, npv].iter().product();
        let wrong: f64 = [ppv, tpr, tnr, npv].iter().map(|rate| 1.0 - rate).product();
        let check = |metric: CountMetric, value: f64| {
            close(metric.of(&counts, Empty::Nan), value, 1e-13)
                .unwrap_or_else(|e| panic!("{metric} of {counts:?}: {e}"));
        };
        for metric in CountMetric::all()
            .chain([CountMetric::Fbeta(Beta::new(2.0).unwrap()), CountMetric::Fbeta(Beta::new(0.5).unwrap())])
        {
            check(
                metric,
                match metric {
                    CountMetric::Dice => f(1.0),
                    CountMetric::Fbeta(beta) => f(beta.value()),
                    CountMetric::Iou => f(1.0) / (2.0 - f(1.0)),
                    CountMetric::Precision => ppv,
                    CountMetric::Recall => tpr,
                    CountMetric::Specificity => tnr,
                    CountMetric::Accuracy => observed,
                    CountMetric::BalancedAccuracy => (tpr + tnr) / 2.0,
                    CountMetric::Kappa => (observed - expected) / (1.0 - expected),
                    CountMetric::VolumeSimilarity => 2.0 * (fp - fn_) / (2.0 * tp + fp + fn_),
                    CountMetric::VolumeSimilarityUnsigned => 1.0 - (fp - fn_).abs() / (2.0 * tp + fp + fn_),
                    CountMetric::Npv => npv,
                    CountMetric::Fnr => 1.0 - tpr,
                    CountMetric::Fpr => 1.0 - tnr,
                    CountMetric::Fdr => 1.0 - ppv,
                    CountMetric::For => 1.0 - npv,
                    CountMetric::Pt => ((tpr * (1.0 - tnr)).sqrt() - (1.0 - tnr)) / (tpr - (1.0 - tnr)),
                    CountMetric::Mcc => right.sqrt() - wrong.sqrt(),
                    CountMetric::Fm => (ppv * tpr).sqrt(),
                    CountMetric::Bm => tpr - (1.0 - tnr),
                    CountMetric::Mk => ppv - (1.0 - npv),
                },
            );
        }
    }
}

#[test]
fn names_are_unique_and_parse() {
    let mut names: Vec<String> = Vec::new();
    for row in &METRICS {
        assert_eq!(row.metric.row().signature(), row.signature(), "every metric finds its own row");
        assert_eq!(row.metric.to_string().parse::<Metric>().unwrap(), row.metric);
        assert!(row.aliases.iter().all(|alias| alias.parse::<Metric>().unwrap() == row.metric), "{}", row.name);
        assert!([row.long_name, row.formula, row.undefined].iter().all(|text| !text.is_empty()), "{}", row.name);
        names.extend(std::iter::once(row.signature()).chain(row.aliases.iter().map(|alias| (*alias).into())));
    }
    let known = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), known);
    assert_eq!(CountMetric::all().count(), 21);
    assert_eq!("sensitivity".parse::<CountMetric>().unwrap(), CountMetric::Recall);
    assert!(matches!("hd95".parse::<CountMetric>(), Err(Error::Parameter { name: "metric", .. })));
}

#[test]
fn an_undefined_score_is_what_the_policy_says() {
    let nothing = Counts::new(0, 0, 0, 0).unwrap();
    for metric in CountMetric::all() {
        assert!(metric.of(&nothing, Empty::Nan).is_nan(), "{metric}");
        let found = [metric.of(&nothing, Empty::One), metric.of(&nothing, Empty::Zero)];
        let expected = match metric {
            CountMetric::VolumeSimilarity => [0.0, 0.0],
            _ if Metric::Counts(metric).row().best == Best::Low => [0.0, 1.0],
            _ => [1.0, 0.0],
        };
        assert_eq!(found, expected, "{metric}");
    }
}

/// 0/0 of maps that differ is no agreement, whatever a class in neither map scores.
#[test]
fn only_equal_maps_are_perfect() {
    let (missed, invented) = (Counts::new(0, 0, 4, 100).unwrap(), Counts::new(0, 4, 0, 100).unwrap());
    let full = Counts::new(9, 9, 9, 9).unwrap();
    for (metric, counts, equal) in [
        (CountMetric::Precision, &missed, false),
        (CountMetric::Mcc, &missed, false),
        (CountMetric::Recall, &invented, false),
        (CountMetric::Fm, &invented, false),
        (CountMetric::Specificity, &full, true),
        (CountMetric::Npv, &full, true),
    ] {
        assert!(metric.of(counts, Empty::Nan).is_nan(), "{metric}");
        let expected = if equal { 1.0 } else { 0.0 };
        assert_eq!((metric.of(counts, Empty::One), metric.of(counts, Empty::Zero)), (expected, 0.0), "{metric}");
    }
    for (metric, counts) in [(CountMetric::Fnr, &invented), (CountMetric::Fdr, &missed)] {
        assert_eq!([Empty::One, Empty::Zero].map(|empty| metric.of(counts, empty)), [1.0; 2], "{metric}");
    }
    assert_eq!(CountMetric::Fpr.of(&full, Empty::One), 0.0);
}

#[test]
fn a_false_positive_of_an_absent_class_is_defined_where_the_formula_is() {
    let counts = Counts::new(0, 4, 0, 100).unwrap();
    let of = |metric: CountMetric| metric.of(&counts, Empty::Nan);
    assert_eq!([of(CountMetric::Dice), of(CountMetric::Precision), of(CountMetric::Fdr)], [0.0, 0.0, 1.0]);
    assert_eq!([of(CountMetric::Specificity), of(CountMetric::Fpr), of(CountMetric::Accuracy)], [0.96, 0.04, 0.96]);
    assert_eq!([of(CountMetric::VolumeSimilarity), of(CountMetric::VolumeSimilarityUnsigned)], [2.0, 0.0]);
    for metric in [CountMetric::Recall, CountMetric::Fnr, CountMetric::Mcc, CountMetric::Bm, CountMetric::Fm] {
        assert!(of(metric).is_nan(), "{metric}");
    }
    assert_eq!(of(CountMetric::Kappa), 0.0);
}

#[test]
fn a_beta_out_of_range_is_refused() {
    for beta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = metric::fbeta(&Counts::default(), beta, Empty::Nan).unwrap_err();
        assert!(matches!(error, Error::Parameter { name: "beta", .. }), "{error}");
    }
}
