//! The Dice score of torchmetrics, through its own tests: 0/1 volumes as soft ones.

use super::arrays::Array;
use super::compare::{Verdict, all_close};
use super::soft::{Act, Soft};
use crate::shared::golden_cases;
use voxdice::metric::{ClassWeights, Form, Loss, LossOptions, Per, Reduce};

/// The options of a case; "weighted" weighs classes by the size of their truth, which the caller must know.
fn options_of(average: &str, global: bool, truth_sizes: Vec<f64>) -> LossOptions {
    let per = match (average == "micro", global) {
        (true, true) => Per::All,
        (true, false) => Per::Sample,
        (false, true) => Per::Channel,
        (false, false) => Per::Cell,
    };
    let weights = match average {
        "weighted" => ClassWeights::Multiply(truth_sizes),
        _ => ClassWeights::Equal,
    };
    LossOptions { form: Form::Score, per, reduce: Reduce::None, weights, ..LossOptions::default() }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let defined: Vec<f64> = values.filter(|x| !x.is_nan()).collect();
    defined.iter().sum::<f64>() / defined.len() as f64
}

/// The average over the classes, then over the samples.
fn averaged(average: &str, values: &[f64], samples: usize) -> Vec<f64> {
    let classes = values.len() / samples;
    let class = |c: usize| (0..samples).map(move |n| values[n * classes + c]);
    match average {
        "micro" => vec![mean(values.iter().copied())],
        "none" => (0..classes).map(|c| mean(class(c))).collect(),
        _ => vec![mean(values.chunks(classes).map(|sample| match average {
            "weighted" if sample.iter().all(|x| x.is_nan()) => f64::NAN,
            "weighted" => sample.iter().filter(|x| !x.is_nan()).sum(),
            _ => mean(sample.iter().copied()),
        }))],
    }
}

#[test]
fn scores_of_its_tests() {
    let mut verdict = Verdict::default();
    for case in golden_cases("torchmetrics_dice.json") {
        let kwargs = &case["kwargs"];
        let (pred, truth) = (Array::described(&case["pred"]), Array::described(&case["truth"]));
        let axes = [pred.axes[0], pred.axes[1], pred.axes[2] * pred.axes[3]];
        let soft = Soft::new(axes, &pred.values, &truth.values, Act::None);
        let expected = Array::nested(case.get("expected_f64").unwrap_or(&case["expected"])).values;
        let all = ["micro", "macro", "weighted", "none"];
        let averages = match kwargs["average"].as_str().unwrap() {
            "all four" => all.to_vec(),
            one => vec![one],
        };
        let global = kwargs["aggregation_level"] == "global";
        let size = |c: usize, n: usize| {
            let start = (n * axes[1] + c) * axes[2];
            truth.values[start..start + axes[2]].iter().sum::<f64>()
        };
        for average in averages {
            let name = format!("{average} {kwargs}");
            // Shares of the truth: of the batch, or (other sizes in each sample) of one sample at a time.
            let samples = if average == "weighted" && !global { axes[0] } else { 1 };
            let mut found = Vec::new();
            for first in 0..samples {
                let of = if samples == 1 { 0..axes[0] } else { first..first + 1 };
                let sizes: Vec<f64> = (0..axes[1]).map(|c| of.clone().map(|n| size(c, n)).sum()).collect();
                let total: f64 = sizes.iter().sum();
                let shares = sizes.iter().map(|v| v / total.max(1.0)).collect();
                let loss = Loss::new(options_of(average, global, shares)).unwrap();
                let cut = of.start * axes[1] * axes[2]..of.end * axes[1] * axes[2];
                let part = [of.len(), axes[1], axes[2]];
                let part = Soft::new(part, &soft.p[cut.clone()], &soft.t[cut], Act::None);
                // 0/1 volumes: the exact sums are those of the definition.
                found.extend(part.exact_loss(&loss).unwrap());
                assert_eq!(format!("{:?}", part.exact_loss(&loss).unwrap()), format!("{:?}", part.loss(&loss)));
            }
            let rows = if global { 1 } else { axes[0] };
            let found = averaged(average, &found, rows);
            let expected = if expected.len() == 1 { vec![expected[0]; found.len()] } else { expected.clone() };
            verdict.note(&name, all_close(&found, &expected, 1e-12));
        }
    }
    verdict.demand(12);
}
