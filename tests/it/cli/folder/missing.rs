//! A truth without a prediction that counts as empty, and what its case is called.

use super::Cohort;
use super::kinds::segmentation;
use crate::cli::{Files, run, stderr, stdout, text};
use serde_json::Value;
use std::fs;

fn zero(files: &Files, more: &[&str]) -> Value {
    let (truth, pred) = (files.path("truth"), files.path("pred"));
    let output = run(["eval", text(&truth), text(&pred), "--missing", "zero", "--format", "json"].iter().chain(more));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

/// Where the prediction was looked for, case by case.
fn predictions(files: &Files, found: &Value) -> Vec<String> {
    let folder = format!("{}/", files.path("").display()).replace("//", "/");
    let cases = found["metric_per_case"].as_array().unwrap();
    cases.iter().map(|case| case["prediction_file"].as_str().unwrap().replace(&folder, "")).collect()
}

#[test]
fn a_prediction_would_lie_as_the_truth_does_or_where_the_list_says() {
    let files = Files::new();
    for path in ["truth/a/segmentation.nii", "truth/b/segmentation.nii", "pred/a/segmentation.nii"] {
        fs::create_dir_all(files.path(path).parent().unwrap()).unwrap();
        files.map(path, &[3, 2], &[0u8, 1, 1, 0, 2, 2]);
    }
    let found = zero(&files, &[]);
    assert_eq!(predictions(&files, &found), ["pred/a/segmentation.nii", "pred/b/segmentation.nii"]);
    // And such a result can be merged, as its cases have names of their own.
    let summary = files.path("summary.json");
    zero(&files, &["-o", text(&summary)]);
    let merged: Value = serde_json::from_str(&stdout(&run(["merge", text(&summary), "--format", "json"]))).unwrap();
    assert_eq!((super::cases(&merged), &merged["mean"]), (vec!["a".into(), "b".into()], &found["mean"]));

    let cohort = Cohort::new();
    let list = cohort.path("pairs.csv");
    fs::write(&list, "case_0.nii.gz,case_0.nii.gz\ncase_1.nii.gz,elsewhere.nii.gz\n").unwrap();
    let found = zero(&cohort.0, &["--pairs", text(&list)]);
    assert_eq!(predictions(&cohort.0, &found), ["pred/case_0.nii.gz", "pred/elsewhere.nii.gz"]);
}

/// The classes of a case without a prediction are those of the others.
#[test]
fn a_missing_segmentation_has_the_named_classes_of_the_others() {
    let files = Files::new();
    for half in ["truth", "pred"] {
        fs::create_dir(files.path(half)).unwrap();
    }
    let named = [("liver", 1), ("spleen", 2)];
    for case in ["a", "b"] {
        segmentation(&files, &format!("truth/{case}.seg.nrrd"), &named, [1, 1, 0, 2, 2, 0]);
    }
    // Other numbers, the same names.
    segmentation(&files, "pred/a.seg.nrrd", &[("liver", 7), ("spleen", 5)], [7, 7, 0, 5, 5, 0]);
    let found = zero(&files, &[]);
    let classes: Vec<&str> = found["mean"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((classes, &found["mean"]["liver"]["Dice"]), (vec!["liver", "spleen"], &Value::from(0.5)));
    assert_eq!(found["metric_per_case"][1]["metrics"]["spleen"]["FN"], 2);
    // The page finds its classes again, and nobody is told to name a file that is not there.
    let page = files.path("report.html");
    let (truth, pred) = (files.path("truth"), files.path("pred"));
    let output = run(["eval", text(&truth), text(&pred), "--missing", "zero", "--html", text(&page)]);
    assert!(!stderr(&output).contains("has no mask of"), "{}", stderr(&output));
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.contains("<svg class=\"slice") && !page.contains("No picture"));
    // A pair that cannot be read does not decide.
    fs::write(files.path("truth/0.seg.nrrd"), "broken").unwrap();
    fs::write(files.path("pred/0.seg.nrrd"), "broken").unwrap();
    let output = run(["eval", text(&truth), text(&pred), "--missing", "zero", "--format", "json"]);
    let same: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((output.status.code(), &same["mean"]), (Some(1), &found["mean"]));
    for half in ["truth", "pred"] {
        fs::remove_file(files.path(&format!("{half}/0.seg.nrrd"))).unwrap();
    }
    // Where the others are label maps, numbers count.
    fs::remove_file(files.path("pred/a.seg.nrrd")).unwrap();
    files.map("pred/a.nii", &[3, 2], &[1u8, 1, 0, 2, 2, 0]);
    let found = zero(&files, &["--geometry", "off"]);
    let classes: Vec<&str> = found["mean"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((classes, &found["mean"]["2"]["Dice"]), (vec!["1", "2"], &Value::from(0.5)));
}
