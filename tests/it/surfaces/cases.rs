//! The golden cases as label maps.

use super::Maps;
use crate::root::root;
use serde_json::Value;
use voxdice::Spacing;

/// tests/golden/surface_cases.json: its `meta` describes it.
pub fn file() -> Value {
    let path = root().join("tests/golden/surface_cases.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A number, or the name of one that JSON does not have.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

pub fn maps(case: &Value) -> Maps {
    let spatial: Vec<usize> = case["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let labels = |name: &str| {
        let runs: Vec<u64> = case[name].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
        let labels: Vec<u8> = runs.chunks(2).flat_map(|run| vec![run[0] as u8; run[1] as usize]).collect();
        assert_eq!(labels.len(), spatial.iter().product::<usize>());
        labels
    };
    Maps { truth: labels("truth"), pred: labels("pred"), spatial }
}

pub fn spacing(case: &Value) -> Spacing {
    let mm: Vec<f64> = case["spacing"].as_array().unwrap().iter().map(number).collect();
    Spacing::new(mm).unwrap()
}
