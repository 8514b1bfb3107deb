//! ITK's label overlap measures through its own tests, counted by the engine.

use super::compare::{Verdict, close};
use crate::shared::golden_cases;
use serde_json::Value;
use voxdice::metric::{Average, CountMetric, average};
use voxdice::stats::Counts;
use voxdice::{Classes, Empty, Engine, EngineOptions, LabelMap, Pair, Shape};

/// ITK's name of a measure in ours. "Total" is of all labels but 0 added up, which is our micro average.
fn metric(name: &str) -> CountMetric {
    match name {
        "TotalOverlap" | "TargetOverlap" => CountMetric::Recall,
        "UnionOverlap" => CountMetric::Iou,
        "MeanOverlap" => CountMetric::Dice,
        "VolumeSimilarity" => CountMetric::VolumeSimilarity,
        "FalseNegativeError" => CountMetric::Fnr,
        "FalsePositiveError" => CountMetric::Fpr,
        "FalseDiscoveryRate" => CountMetric::Fdr,
        other => panic!("{other}"),
    }
}

fn whole(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// Voxels that are listed with their labels, or a fill.
fn labels(value: &Value) -> (Vec<usize>, Vec<u8>) {
    let axes: Vec<usize> = value["shape"].as_array().unwrap().iter().map(whole).collect();
    let mut voxels = vec![value.get("fill").map_or(0, whole) as u8; axes.iter().product()];
    for entry in value.get("labels").and_then(Value::as_array).into_iter().flatten() {
        let place = entry[0].as_array().unwrap().iter().zip(&axes).fold(0, |place, (at, n)| place * n + whole(at));
        voxels[place] = whole(&entry[1]) as u8;
    }
    (axes, voxels)
}

/// Of every label but 0 that is there, as ITK's filter.
fn counted(case: &Value) -> Vec<Counts> {
    let (axes, pred) = labels(&case["pred"]);
    let (_, truth) = labels(&case["truth"]);
    let shape = Shape::new(1, 1, axes).unwrap();
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let maps = [&pred, &truth].map(|voxels| LabelMap::u8(shape.clone(), voxels).unwrap());
    let found: Vec<u32> =
        (1..=2).filter(|label| [&pred, &truth].iter().any(|map| map.contains(&(*label as u8)))).collect();
    if found.is_empty() {
        return Vec::new();
    }
    let [pred, truth] = maps;
    engine.counts(Pair { pred, truth }, &Classes::new(found).unwrap()).unwrap().into_values()
}

#[test]
fn measures_of_its_tests() {
    let mut verdict = Verdict::default();
    for case in golden_cases("itk_label_overlap.json") {
        let counts = counted(&case);
        for (label, measures) in case["expected"].as_object().unwrap() {
            for (name, expected) in measures.as_object().unwrap() {
                let of = |empty| match label.parse::<usize>() {
                    Ok(label) => metric(name).of(&counts[label - 1], empty),
                    Err(_) => average(metric(name), &counts, Average::Micro, empty),
                };
                let result = match expected.as_f64() {
                    // The tests of ITK print twelve digits.
                    Some(expected) => close(of(Empty::Nan), expected, 1e-11),
                    // Where a denominator is 0 ITK returns the largest f64, and infinity for Dice; here the score is
                    // undefined unless a policy says what it is.
                    None if of(Empty::Nan).is_nan() => Ok(()),
                    None => Err(format!("{} instead of undefined", of(Empty::Nan))),
                };
                verdict.note(&format!("{} {label} {name}", case["source"]), result);
            }
        }
    }
    verdict.demand(50);
}
