//! The shared folder of cases, whose summaries nnU-Net's own evaluator wrote.

use super::{cases, listed};
use crate::cli::{backends, run, stderr, stdout, text};
use crate::shared::{expectations, shared};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> Option<PathBuf> {
    Some(shared()?.join("data/folder"))
}

/// Runs the command in the folder, so that paths in results are as short as nnU-Net's.
fn eval(folder: &Path, more: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_voxdice"))
        .current_dir(folder)
        .args(["eval", "truth", "pred"])
        .args(more)
        .output()
        .unwrap()
}

/// The three ways to say what the classes are, with the summary of each.
const DATASETS: [(&str, &str); 3] = [
    ("dataset.json", "nnunet_summary.json"),
    ("dataset_regions.json", "nnunet_summary_regions.json"),
    ("dataset_ignore.json", "nnunet_summary_ignore.json"),
];

#[test]
fn summaries_are_those_of_nnunet_to_the_byte() {
    let Some(folder) = folder() else { return };
    let out = tempfile::tempdir().unwrap();
    let summary = out.path().join("summary.json");
    for backend in backends() {
        for (dataset, expected) in DATASETS {
            let output = eval(&folder, &["--dataset", dataset, "-o", text(&summary), "--backend", backend]);
            assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
            let found = std::fs::read_to_string(&summary).unwrap();
            assert_eq!(found, std::fs::read_to_string(folder.join(expected)).unwrap(), "{dataset} on {backend}");
        }
    }
}

/// `found` holds all that `expected` does, and equal numbers to the last bit.
fn holds(found: &Value, expected: &Value, place: &str) {
    match expected {
        Value::Object(entries) => {
            for (key, expected) in entries {
                holds(&found[key], expected, &format!("{place}.{key}"));
            }
        }
        Value::Array(entries) => {
            assert_eq!(found.as_array().map(Vec::len), Some(entries.len()), "{place}");
            for (i, expected) in entries.iter().enumerate() {
                holds(&found[i], expected, &format!("{place}[{i}]"));
            }
        }
        Value::Number(number) => assert_eq!(found.as_f64(), number.as_f64(), "{place}"),
        other => assert_eq!(found, other, "{place}"),
    }
}

#[test]
fn strict_json_has_the_expected_numbers() {
    let Some(folder) = folder() else { return };
    for backend in backends() {
        for (dataset, expected) in DATASETS {
            let output = eval(&folder, &["--dataset", dataset, "--format", "json", "--backend", backend]);
            let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
            let mut expected = expectations(&folder.join(expected.replace("nnunet", "expected")));
            // Ours is over what is defined, theirs undefined as soon as one label is.
            for score in ["Dice", "IoU"] {
                let means = expected["mean"].as_object().unwrap().values();
                let defined: Vec<f64> = means.filter_map(|mean| mean[score].as_f64()).collect();
                let mean = defined.iter().sum::<f64>() / defined.len() as f64;
                let ours = found["foreground_mean"][score].as_f64().unwrap();
                assert!((ours - mean).abs() < 1e-15, "{ours} {mean}");
                expected["foreground_mean"].as_object_mut().unwrap().remove(score);
            }
            holds(&found, &expected, dataset);
        }
    }
}

#[test]
fn exactly_its_findings_are_reported() {
    let Some(folder) = folder() else { return };
    let expected = expectations(&folder.join("expected_pairs.json"));
    let names = |list: &str| -> Vec<String> {
        let entries = expected[list].as_array().unwrap();
        entries.iter().map(|name| name.as_str().unwrap().trim_end_matches(".nii.gz").to_owned()).collect()
    };
    for backend in backends() {
        let output = eval(&folder, &["--format", "json", "--backend", backend]);
        assert_eq!(output.status.code(), Some(1));
        let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(cases(&found), names("matched"));
        assert_eq!(listed(&found, "missing_predictions", "case"), names("missing_prediction"));
        assert_eq!(listed(&found, "extra_predictions", "case"), names("extra_prediction"));
        let failure = &found["voxdice"]["failures"];
        assert_eq!(listed(&found, "failures", "case"), ["case_006"]);
        let message = failure[0]["message"].as_str().unwrap();
        assert!(message.contains("40 x 48 x 32") && message.contains("40 x 48 x 31"), "{message}");
        // Noise of 1e-5 is the same grid: it is told and no warning.
        for case in found["voxdice"]["cases"].as_array().unwrap() {
            let name = format!("{}.nii.gz", case["case"].as_str().unwrap());
            let difference = expected["affine_difference"][&name].as_f64().unwrap();
            let gap = case["grid_gap"]["mm"].as_f64().unwrap();
            assert_eq!(gap > 0.0, difference > 0.0, "{name} {gap}");
            assert!(gap < 1e-3);
        }
        let kinds = listed(&found, "warnings", "kind");
        assert!(!kinds.contains(&"geometry".to_owned()), "{kinds:?}");
        let said = stderr(&output);
        for part in ["case_005: the affines differ by", "case_004: no prediction", "case_007: no truth", "case_006: "] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }
}

#[test]
fn missing_predictions_are_what_the_rule_says() {
    let Some(folder) = folder() else { return };
    let of = |rule: &str| {
        let output = eval(&folder, &["--missing", rule, "-l", "1", "--format", "json", "--geometry", "off"]);
        (output.status.code(), serde_json::from_str::<Value>(&stdout(&output)).unwrap())
    };
    // The case of another shape is a failure under every rule.
    let (code, found) = of("skip");
    assert_eq!((code, cases(&found).len()), (Some(1), 4));
    let (code, found) = of("zero");
    assert_eq!((code, cases(&found).len()), (Some(1), 5));
    let case = &found["metric_per_case"][3];
    assert!(case["prediction_file"].as_str().unwrap().ends_with("pred/case_004.nii.gz"));
    let label = &case["metrics"]["1"];
    assert_eq!((&label["Dice"], &label["n_pred"]), (&0.0.into(), &0.into()));
    assert!(label["n_ref"].as_u64().unwrap() > 0);
    assert_eq!(found["voxdice"]["cases"][3]["prediction"], "missing");
}

#[test]
fn cpu_and_gpu_are_compared_case_by_case() {
    let Some(folder) = folder() else { return };
    if !crate::cli::gpu() {
        return;
    }
    let output = eval(&folder, &["--verify", "--missing", "skip"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("agree in every count"), "{}", stderr(&output));
}

/// A pair of files in the folder gives the numbers that the cohort has for the case.
#[test]
fn a_pair_is_a_cohort_of_one() {
    let Some(folder) = folder() else { return };
    let [truth, pred] = ["truth", "pred"].map(|half| folder.join(half).join("case_002.nii.gz"));
    let output = run(["eval", text(&truth), text(&pred), "-l", "1-4", "--format", "json"]);
    let pair: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let output = eval(&folder, &["-l", "1-4", "--format", "json"]);
    let cohort: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(pair["metric_per_case"][0]["metrics"], cohort["metric_per_case"][1]["metrics"]);
}
