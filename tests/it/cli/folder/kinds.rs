//! What a case can be besides a label map.

use super::{Cohort, cases};
use crate::cli::{Files, fails, run, stderr, stdout, text};
use serde_json::Value;
use std::fs;

/// Masks of liver and spleen, below a folder; each voxel string is a mask.
fn masks(files: &Files, folder: &str, classes: &[(&str, [u8; 6])]) {
    fs::create_dir_all(files.path(folder)).unwrap();
    for (name, voxels) in classes {
        files.map(&format!("{folder}/{name}.nii.gz"), &[3, 2], voxels);
    }
}

fn eval(files: &Files, more: &[&str]) -> Value {
    let (truth, pred) = (files.path("truth"), files.path("pred"));
    let output = run(["eval", text(&truth), text(&pred), "--format", "json"].iter().chain(more));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn one_file_per_class_is_a_case_of_named_classes() {
    let files = Files::new();
    masks(&files, "truth/s1/segmentations", &[("liver", [1, 1, 1, 0, 0, 0]), ("spleen", [0, 0, 0, 0, 0, 1])]);
    masks(&files, "pred/s1", &[("liver", [0, 255, 255, 255, 0, 0]), ("colon", [1, 0, 0, 0, 0, 0])]);
    let found = eval(&files, &[]);
    assert_eq!(cases(&found), ["s1"]);
    let of = |class: &str, key: &str| found["metric_per_case"][0]["metrics"][class][key].clone();
    assert_eq!([of("liver", "TP"), of("liver", "FP"), of("liver", "FN")], [2, 1, 1]);
    // A class that one side has no file of is empty there, and that is said.
    assert_eq!([of("spleen", "n_ref"), of("spleen", "n_pred"), of("colon", "n_pred")], [1, 0, 1]);
    let kinds = super::listed(&found, "warnings", "kind");
    assert_eq!(kinds.iter().filter(|kind| *kind == "no_mask").count(), 2, "{kinds:?}");
}

#[test]
fn a_label_map_goes_beside_masks_when_a_dataset_names_its_labels() {
    let files = Files::new();
    masks(&files, "truth/s1", &[("liver", [1, 1, 1, 0, 0, 0]), ("spleen", [0, 0, 0, 0, 0, 1])]);
    fs::create_dir(files.path("pred")).unwrap();
    files.map("pred/s1.nii.gz", &[3, 2], &[0u8, 5, 5, 5, 0, 7]);
    let dataset = files.path("dataset.json");
    fs::write(&dataset, r#"{"labels": {"background": 0, "liver": 5, "spleen": 7}}"#).unwrap();
    let found = eval(&files, &["--dataset", text(&dataset)]);
    assert_eq!(found["mean"]["5"]["TP"], 2.0);
    assert_eq!(found["mean"]["7"]["Dice"], 1.0);
    let (truth, pred) = (files.path("truth/s1"), files.path("pred/s1.nii.gz"));
    fails(2, &["one file per class", "--dataset"], ["eval", text(&truth), text(&pred)]);
}

#[test]
fn arrays_are_label_maps_without_a_place() {
    let cohort = Cohort::new();
    // A header of version 1.0 and 24 voxels in the order of C: z, y, x.
    let npy = |voxels: [u8; 24]| {
        let mut header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 4), }".to_owned();
        while !(10 + header.len() + 1).is_multiple_of(64) {
            header.push(' ');
        }
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(voxels);
        bytes
    };
    for case in 0..4 {
        fs::remove_file(cohort.path(&format!("pred/case_{case}.nii.gz"))).unwrap();
        let pred = cohort.labels(case, 1 + case % 2);
        fs::write(cohort.path(&format!("pred/case_{case}.npy")), npy(pred)).unwrap();
    }
    let arrays = cohort.json(0, &[]);
    assert_eq!(arrays["mean"], Cohort::new().json(0, &[])["mean"]);
    assert!(arrays["voxdice"]["cases"][0]["grid_gap"].is_null());
}
