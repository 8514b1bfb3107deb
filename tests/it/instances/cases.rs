//! The golden cases as label maps.

use super::Maps;
use crate::root::root;
use serde_json::Value;

/// tests/golden/instance_cases.json: its `documentation` describes it.
pub fn file() -> Value {
    let path = root().join("tests/golden/instance_cases.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub fn cases() -> Vec<Value> {
    file()["cases"].as_array().unwrap().clone()
}

/// A number, or the name of one that JSON does not have.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

pub fn maps(case: &Value) -> Maps {
    let spatial: Vec<usize> = case["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let labels = |name: &str| {
        let runs: Vec<u64> = case[name].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
        let labels: Vec<u32> = runs.chunks(2).flat_map(|run| vec![run[0] as u32; run[1] as usize]).collect();
        assert_eq!(labels.len(), spatial.iter().product::<usize>());
        labels
    };
    Maps { truth: labels("truth"), pred: labels("pred"), spatial }
}

pub fn is_instances(case: &Value) -> bool {
    case["instances"].as_bool().unwrap()
}

/// mm³ of a voxel.
pub fn voxel_mm3(case: &Value) -> f64 {
    case["spacing"].as_array().unwrap().iter().map(number).product()
}
