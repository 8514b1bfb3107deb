//! Which prediction belongs to which truth.

use super::{Cohort, cases, listed};
use crate::cli::{Files, fails, run, stderr, stdout, text};
use serde_json::Value;
use std::fs;

#[test]
fn junk_is_passed_over_and_endings_may_differ() {
    let cohort = Cohort::new();
    for junk in ["pred/plans.json", "pred/._case_0.nii.gz", "truth/.DS_Store", "pred/case_0.npz"] {
        fs::write(cohort.path(junk), "junk").unwrap();
    }
    fs::remove_file(cohort.path("pred/case_3.nii.gz")).unwrap();
    cohort.map("pred/case_3.nii", &cohort.labels(3, 2));
    let found = cohort.json(0, &[]);
    assert_eq!(cases(&found), ["case_0", "case_1", "case_2", "case_3"]);
}

#[test]
fn a_pattern_pairs_what_has_other_names() {
    let cohort = Cohort::new();
    for case in 0..4 {
        let from = cohort.path(&format!("pred/case_{case}.nii.gz"));
        fs::rename(from, cohort.path(&format!("pred/model7_{case}_pred.nii.gz"))).unwrap();
    }
    let output = cohort.eval(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--pair-regex") && stderr(&output).contains("model7_0_pred.nii.gz"));
    let found = cohort.json(0, &["--pair-regex", "_([0-9])"]);
    assert_eq!(cases(&found), ["0", "1", "2", "3"]);
}

#[test]
fn a_list_pairs_whatever_it_names() {
    let cohort = Cohort::new();
    let list = cohort.path("pairs.csv");
    fs::write(&list, "truth,pred,name\ncase_0.nii.gz,case_1.nii.gz,crossed\ncase_1.nii.gz,none.nii.gz\n").unwrap();
    let found = cohort.json(1, &["--pairs", text(&list)]);
    assert_eq!(cases(&found), ["crossed"]);
    assert_eq!(listed(&found, "missing_predictions", "case"), ["none"]);
    let found = cohort.json(0, &["--pairs", text(&list), "--missing", "zero"]);
    assert_eq!(cases(&found), ["crossed", "none"]);
}

#[test]
fn a_folder_per_case_is_paired_by_its_name() {
    let cohort = Cohort::new();
    for case in 0..4 {
        let folder = cohort.path(&format!("kits/case_{case}"));
        fs::create_dir_all(&folder).unwrap();
        fs::rename(cohort.path(&format!("truth/case_{case}.nii.gz")), folder.join("segmentation.nii.gz")).unwrap();
        fs::write(folder.join("imaging.nii.gz"), "not looked at").unwrap();
    }
    let (truth, pred) = (cohort.path("kits"), cohort.path("pred"));
    let output = run(["eval", text(&truth), text(&pred), "--format", "json", "--like", "kits23"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(cases(&found), ["case_0", "case_1", "case_2", "case_3"]);
    assert_eq!(found["mean"].as_object().unwrap().keys().collect::<Vec<_>>(), ["(1, 2, 3)", "(2, 3)", "(2,)"]);
}

#[test]
fn folders_that_do_not_go_together_say_why() {
    let files = Files::new();
    let [truth, _] = files.pair();
    fs::create_dir(files.path("empty")).unwrap();
    fs::create_dir(files.path("one")).unwrap();
    fs::copy(&truth, files.path("one/a.nii.gz")).unwrap();
    let (empty, one) = (files.path("empty"), files.path("one"));
    fails(2, &["there is no label map in this folder", ".nii.gz"], ["eval", text(&one), text(&empty)]);
    fails(2, &["name two files or two folders"], ["eval", text(&truth), text(&empty)]);
    fails(2, &["none.csv: cannot be read"], ["eval", text(&one), text(&one), "--pairs", "none.csv"]);
    fails(2, &["--shard is for two folders"], ["eval", text(&truth), text(&truth), "--shard", "1/2"]);
    fails(2, &["no folder"], ["eval", text(&one), text(&one), "--csv", "none/cases.csv"]);
    let output = run(["eval", text(&one), text(&one), "--pair-regex", "("]);
    assert!(stderr(&output).contains("is no pattern"), "{}", stderr(&output));
}
