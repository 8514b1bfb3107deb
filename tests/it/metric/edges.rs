//! Empty masks: what four other tools return, and the policy of ours that is the same.

use super::arrays::Array;
use super::compare::{Verdict, close};
use crate::shared::golden;
use serde_json::Value;
use voxdice::metric::{CountMetric, EmptyPolicy, TruthEmpty};
use voxdice::stats::Counts;
use voxdice::{Classes, Empty, Engine, EngineOptions, LabelMap, Pair, Shape};

/// Our name of a score of theirs; None for distances, which are not counted.
fn metric(name: &str) -> Option<CountMetric> {
    Some(match name.trim_end_matches("_ie0") {
        "dice" | "dsc" | "dc" => CountMetric::Dice,
        "iou" | "jc" => CountMetric::Iou,
        "precision" | "ppv" => CountMetric::Precision,
        "recall" | "sensitivity" => CountMetric::Recall,
        "fpr" => CountMetric::Fpr,
        "fnr" => CountMetric::Fnr,
        "vs" => CountMetric::VolumeSimilarity,
        _ => return None,
    })
}

/// Our policy for what a tool does, score by score. Ours is NaN where both are empty and the formula elsewhere.
fn policy(tool: &str, name: &str) -> EmptyPolicy {
    let of = |both, truth| EmptyPolicy { both, truth };
    match (tool, name) {
        ("MONAI", "dice" | "iou") => of(Empty::Nan, TruthEmpty::Nan),
        ("MONAI", _) | ("medpy", _) | ("MetricsReloaded", "dsc") => of(Empty::One, TruthEmpty::Formula),
        ("MetricsReloaded", _) => of(Empty::Nan, TruthEmpty::Formula),
        ("seg-metrics", _) => of(Empty::One, TruthEmpty::Formula),
        other => panic!("{other:?}"),
    }
}

/// What no policy of ours gives, and why.
fn differs(tool: &str, case: &str, name: &str) -> bool {
    match (tool, case, name) {
        // 0/0 counts as 0 where the other mask holds something, and as NaN where it does not.
        ("MetricsReloaded", "pred empty", "ppv") => true,
        // Of an empty truth 0 is missed, beside a recall of 0.
        ("seg-metrics", "gt empty", "fnr") => true,
        // A volume similarity of 1 between two empty masks, on a scale where 0 is perfect.
        ("seg-metrics", "both empty", "vs") => true,
        // False positives per voxel of something else than the voxels that are not in the truth.
        ("seg-metrics", "gt empty" | "A vs B", "fpr") => true,
        _ => false,
    }
}

fn counts(masks: &Value, pair: &str) -> Counts {
    let mask = |side: &str| {
        let name = pair.split(' ').find_map(|part| part.strip_prefix(side)).unwrap();
        let array = Array::described(&masks[name]);
        (array.axes, array.values.iter().map(|&voxel| voxel as u8).collect::<Vec<u8>>())
    };
    let ((axes, truth), (_, pred)) = (mask("gt="), mask("pred="));
    let shape = Shape::new(1, 1, axes).unwrap();
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let map = |voxels| LabelMap::u8(shape.clone(), voxels).unwrap();
    engine.counts(Pair { pred: map(&pred), truth: map(&truth) }, &Classes::new([1]).unwrap()).unwrap().into_values()[0]
}

#[test]
fn every_tool_has_a_policy_of_ours() {
    let Some(file) = golden("edge_cases_peers.json") else { return };
    let mut verdict = Verdict::default();
    let mut different = 0;
    for (tool, cases) in file["results"].as_object().unwrap() {
        for (case, scores) in cases.as_object().unwrap() {
            let counts = counts(&file["meta"]["masks"], file["meta"]["cases"][case].as_str().unwrap());
            for (name, expected) in scores.as_object().unwrap() {
                let Some(metric) = metric(name) else { continue };
                let found = policy(tool, name).score(metric, &counts);
                // MetricsReloaded and seg-metrics are recorded with four digits.
                let result = close(found, Array::number(expected), 2e-4);
                if differs(tool, case, name) {
                    assert!(result.is_err(), "{tool} {case} {name} is the same after all");
                    different += 1;
                } else {
                    verdict.note(&format!("{tool} {case} {name}"), result);
                }
            }
        }
    }
    verdict.demand(57);
    assert_eq!(different, 5);
}

/// Ours: undefined where neither has the class, 0 where one of the two has it.
#[test]
fn our_own_default_tells_nothing_from_a_miss() {
    let of =
        |tp, pred, truth| EmptyPolicy::default().score(CountMetric::Dice, &Counts::new(tp, pred, truth, 1000).unwrap());
    assert!(of(0, 0, 0).is_nan());
    assert_eq!([of(0, 64, 0), of(0, 0, 64)], [0.0, 0.0]);
}
