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

/// What every case says is told once for all, but nothing that is said in other words.
#[test]
fn warnings_of_all_cases_are_told_once_each() {
    let files = Files::new();
    let lines = |said: &str| said.lines().filter(|line| line.contains("mask")).map(str::to_owned).collect::<Vec<_>>();
    for case in ["s1", "s2"] {
        masks(&files, &format!("truth/{case}"), &[("liver", [1, 1, 1, 0, 0, 0]), ("spleen", [0, 0, 0, 0, 0, 1])]);
        masks(&files, &format!("pred/{case}"), &[("liver", [0, 1, 1, 1, 0, 0]), ("colon", [1, 0, 0, 0, 0, 0])]);
    }
    let (truth, pred) = (files.path("truth"), files.path("pred"));
    let said = lines(&stderr(&run(["eval", text(&truth), text(&pred)])));
    assert_eq!(said.len(), 2, "{said:?}");
    for (line, class) in said.iter().zip(["colon", "spleen"]) {
        assert!(line.contains("all 2 cases: ") && line.contains(class), "{said:?}");
    }
    // Where a case is another, none is of all.
    fs::remove_file(files.path("truth/s2/spleen.nii.gz")).unwrap();
    let said = lines(&stderr(&run(["eval", text(&truth), text(&pred)])));
    assert!(said.iter().any(|line| line.contains("s1: ") && line.contains("spleen")), "{said:?}");
}

/// A segmentation of 3D Slicer, 3 x 2 voxels, with names and labels of its segments; the name tells whether the header is
/// in a file of its own.
pub(super) fn segmentation(files: &Files, name: &str, segments: &[(&str, u8)], voxels: [u8; 6]) {
    let (path, detached) = (files.path(name), name.ends_with(".nhdr"));
    let mut header = "NRRD0005\ntype: unsigned char\ndimension: 3\nspace: left-posterior-superior\nsizes: 3 2 1\n\
                      space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\n"
        .to_owned();
    if detached {
        header += &format!("data file: {}\n", path.with_extension("raw").file_name().unwrap().to_str().unwrap());
    }
    for (place, (name, label)) in segments.iter().enumerate() {
        header +=
            &format!("Segment{place}_Name:={name}\nSegment{place}_LabelValue:={label}\nSegment{place}_Layer:=0\n");
    }
    if detached {
        fs::write(path.with_extension("raw"), voxels).unwrap();
        return fs::write(path, header).unwrap();
    }
    fs::write(path, [header.as_bytes(), b"\n", &voxels].concat()).unwrap();
}

#[test]
fn segments_of_one_name_are_one_class_and_headers_may_be_detached() {
    let files = Files::new();
    for half in ["truth", "pred"] {
        fs::create_dir(files.path(half)).unwrap();
    }
    let tumours = [("tumor", 1), ("liver", 2), ("tumor", 3)];
    segmentation(&files, "truth/a.seg.nhdr", &tumours, [1, 1, 3, 3, 2, 0]);
    segmentation(&files, "pred/a.seg.nhdr", &[("liver", 1), ("tumor", 2)], [2, 2, 0, 0, 1, 0]);
    let found = eval(&files, &[]);
    assert_eq!(cases(&found), ["a"]);
    let of = |class: &str, key: &str| found["metric_per_case"][0]["metrics"][class][key].clone();
    assert_eq!([of("tumor", "n_ref"), of("tumor", "TP"), of("liver", "Dice")], [4.into(), 2.into(), Value::from(1.0)]);
    let (truth, pred) = (files.path("truth/a.seg.nhdr"), files.path("pred/a.seg.nhdr"));
    let parts = ["matched by name, and here they are liver, tumor", "leave --labels out"];
    fails(2, &parts, ["eval", text(&truth), text(&pred), "-l", "1"]);
}

#[test]
fn two_files_of_one_class_are_refused() {
    let files = Files::new();
    masks(&files, "truth/s1", &[("liver", [1; 6]), ("colon", [1; 6])]);
    masks(&files, "pred/s1", &[("liver", [1; 6]), ("colon", [1; 6])]);
    files.map("pred/s1/liver.nii", &[3, 2], &[0u8; 6]);
    let (truth, pred) = (files.path("truth"), files.path("pred"));
    let output = run(["eval", text(&truth), text(&pred)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("are both the mask of liver; leave one of them"), "{}", stderr(&output));
}

#[test]
fn flags_for_two_folders_are_refused_beside_a_file() {
    let files = Files::new();
    masks(&files, "truth", &[("liver", [1; 6])]);
    let pred = files.map("pred.nii", &[3, 2], &[1u8; 6]);
    let folder = files.path("truth");
    for flag in ["--pairs", "--pair-regex"] {
        fails(2, &["is for two folders, and", "pred.nii is none"], ["eval", text(&folder), text(&pred), flag, "x"]);
    }
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
    // Lengths that tell the axes apart need no word; a square does, and a turned array a hint.
    assert_eq!(arrays["voxdice"]["warnings"], serde_json::json!([]));
    let files = Files::new();
    let array = |name: &str, shape: [u64; 2]| {
        let path = files.path(name);
        voxdice::io::npy::write(&path, &shape, voxdice::io::npy::Order::RowMajor, &[0.0, 1.0, 1.0, 0.0]).unwrap();
        path
    };
    let (square, line) =
        (files.map("square.nii", &[2, 2], &[0u8, 1, 1, 0]), files.map("line.nii", &[4, 1], &[0u8, 1, 1, 0]));
    let output = run(["eval", text(&square), text(&array("square.npy", [2, 2]))]);
    assert!(stderr(&output).contains("square.npy does not say which axis is x"), "{}", stderr(&output));
    let square = files.map("square.nii", &[2, 2, 1], &[0u8, 1, 1, 0]);
    let output = run(["eval", text(&square), text(&files.path("square.npy"))]);
    assert!(stderr(&output).contains("square.npy does not say which axis is x"), "{}", stderr(&output));
    fails(2, &["transpose one of them"], ["eval", text(&line), text(&array("line.npy", [4, 1]))]);
}
