//! What `eval` makes of its options and of the types that label maps are stored in.

use super::{Files, corpus, fails, fine, json, run, stderr, stdout, text};
use serde_json::json;
use std::path::Path;

fn eval(truth: &Path, pred: &Path, more: &[&str]) -> serde_json::Value {
    json(["eval", text(truth), text(pred), "--backend", "cpu", "--format", "json"].iter().chain(more))
}

fn on(backend: &str, truth: &Path, pred: &Path, more: &[&str]) -> serde_json::Value {
    let arguments = ["eval", text(truth), text(pred), "--backend", backend, "--format", "json"];
    json(arguments.iter().chain(more))
}

#[test]
fn the_empty_policy_decides_what_a_missing_label_scores() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    for (empty, score) in [("nan", json!(null)), ("one", json!(1.0)), ("zero", json!(0.0))] {
        let found = eval(&truth, &pred, &["-l", "3", "--empty", empty]);
        assert_eq!(found["metric_per_case"][0]["metrics"]["3"]["Dice"], score);
        assert_eq!(found["foreground_mean"]["IoU"], score);
    }
}

#[test]
fn background_is_evaluated_when_named_and_in_no_mean() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let found = eval(&truth, &pred, &["-l", "0,2"]);
    assert_eq!(found["metric_per_case"][0]["metrics"]["0"]["TP"], 5);
    assert_eq!(found["foreground_mean"]["Dice"], found["mean"]["2"]["Dice"]);
    assert!(eval(&truth, &pred, &[])["mean"].get("0").is_none());
}

/// Voxels that are ignored are in no count, whether the classes were named or found, on either backend.
#[test]
fn ignored_voxels_count_for_nothing() {
    let files = Files::new();
    let truth = files.map("truth.nii", &[4, 2], &[9u8, 9, 9, 9, 0, 0, 1, 1]);
    let pred = files.map("pred.nii", &[4, 2], &[2u8, 2, 0, 0, 0, 0, 1, 0]);
    for backend in crate::cli::backends() {
        let found = on(backend, &truth, &pred, &["--ignore", "9"]);
        assert_eq!(found["mean"].as_object().unwrap().keys().collect::<Vec<_>>(), ["1"], "{backend}");
        assert_eq!((&found["mean"]["1"]["TN"], &found["voxdice"]["cases"][0]["voxels"]), (&2.0.into(), &4.into()));
        assert_eq!(found["voxdice"]["warnings"], serde_json::json!([]), "{backend}");
    }
    // A case of which no label is found has as many voxels as one of which some are.
    for (half, label) in [("t", 9u8), ("p", 0)] {
        std::fs::create_dir(files.path(half)).unwrap();
        files.map(&format!("{half}/a.nii"), &[4, 1], &[label, label, 0, 0]);
        files.map(&format!("{half}/b.nii"), &[4, 1], &[0u8, 1, 1, 0]);
    }
    for backend in crate::cli::backends() {
        let found = on(backend, &files.path("t"), &files.path("p"), &["--ignore", "9"]);
        assert_eq!(found["metric_per_case"][0]["metrics"]["1"]["TN"], 2, "{backend}");
    }
}

/// A mask that was saved as floats under a header of whole numbers: nibabel stores 255 and the slope 1/255, which is 1 in
/// f32 alone.
#[test]
fn scaled_masks_are_the_labels_that_were_meant() {
    let files = Files::new();
    let scaled = |name: &str, path: std::path::PathBuf, most: f32| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[112..116].copy_from_slice(&(1.0 / most).to_le_bytes());
        std::fs::write(files.path(name), bytes).unwrap();
        files.path(name)
    };
    let pred = files.map("pred.nii", &[3, 2], &[0u8, 1, 1, 1, 0, 0]);
    let narrow = files.map("n.nii", &[3, 2], &[0u8, 255, 255, 0, 0, 0]);
    let wide = files.map("w.nii", &[3, 2], &[0u16, 65_535, 65_535, 0, 0, 0]);
    for (path, most) in [(narrow, 255.0), (wide, 65_535.0)] {
        let truth = scaled("truth.nii", path, most);
        for backend in crate::cli::backends() {
            let found = on(backend, &truth, &pred, &[]);
            assert_eq!((&found["mean"]["1"]["TP"], &found["mean"]["1"]["n_pred"]), (&2.0.into(), &3.0.into()));
        }
    }
}

/// The same labels in every type give the same counts, also where truth and prediction differ in type.
#[test]
fn every_stored_type_is_read_as_labels() {
    let files = Files::new();
    let labels: Vec<u8> = (0..60).map(|i| (i * i % 7) as u8).collect();
    let shape = [5, 4, 3];
    let base = files.map("u8.nii", &shape, &labels);
    let expected = eval(&base, &base, &[])["mean"].clone();
    macro_rules! same {
        ($($type:ty),*) => {$(
            let voxels: Vec<$type> = labels.iter().map(|&label| label as $type).collect();
            let path = files.map(concat!(stringify!($type), ".nii.gz"), &shape, &voxels);
            assert_eq!(eval(&base, &path, &[])["mean"], expected, stringify!($type));
            assert_eq!(eval(&path, &base, &[])["mean"], expected, stringify!($type));
        )*};
    }
    same!(i8, u16, i16, u32, i32, u64, i64, f32, f64);
}

#[test]
fn large_labels_keep_their_value() {
    let files = Files::new();
    let labels = [0u32, 16_777_217, 16_777_217, u32::MAX];
    let truth = files.map("t.nii", &[4, 1], &labels);
    let pred = files.map("p.nii", &[4, 1], &labels.map(f64::from));
    let found = eval(&truth, &pred, &[]);
    assert_eq!(found["mean"]["16777217"]["TP"], 2.0);
    assert_eq!(found["mean"]["4294967295"]["TP"], 1.0);
}

#[test]
fn what_is_no_label_is_named_with_its_place_and_a_remedy() {
    let files = Files::new();
    let good = files.map("good.nii", &[3, 2], &[0u8, 1, 1, 0, 0, 1]);
    let bad = |name: &str, voxel: f64| files.map(name, &[3, 2], &[0.0, 1.0, 1.0, 0.0, voxel, voxel]);
    for (voxel, part) in [
        (0.25, "not a whole number"),
        (-2.0, "negative"),
        (f64::NAN, "not a number"),
        (f64::INFINITY, "not a number"),
        (4_294_967_296.0, "above the largest label"),
    ] {
        let path = bad("bad.nii", voxel);
        fails(2, &["bad.nii", "voxel (1, 1)", part], ["eval", text(&good), text(&path)]);
        fails(2, &["bad.nii", part], ["eval", text(&path), text(&good)]);
    }
    let path = files.map("hu.nii", &[3, 2], &[-1024i16; 6]);
    fails(2, &["hu.nii", "voxel (0, 0) is -1024", "negative"], ["eval", text(&good), text(&path)]);
}

#[test]
fn float_maps_of_the_corpus_are_labels_only_if_their_voxels_are() {
    let (Some(f32), Some(f64), Some(bad)) =
        (corpus("f32_labels.nii"), corpus("f64_labels_be.nii"), corpus("f32_not_labels.nii"))
    else {
        return;
    };
    let found = eval(&f32, &f64, &[]);
    assert!(found["mean"].as_object().unwrap().values().all(|label| label["Dice"] == 1.0));
    fails(2, &["f32_not_labels.nii", "2.5", "whole number"], ["eval", text(&f32), text(&bad)]);
}

#[test]
fn grids_that_lie_apart_are_refused_warned_of_or_taken() {
    let (Some(base), Some(shifted), Some(noise)) =
        (corpus("aff_sform_only.nii"), corpus("aff_shift_1mm.nii"), corpus("aff_noise_1e-5.nii"))
    else {
        return;
    };
    let [base, shifted, noise] = [&base, &shifted, &noise].map(|path| text(path));
    fails(2, &["1.00 mm (2.00 of a voxel) apart", "resample"], ["eval", base, shifted, "--geometry", "strict"]);
    // A finding, whether it is a whole number of voxels or not.
    let warned = run(["eval", base, shifted, "--format", "json"]);
    assert_eq!(warned.status.code(), Some(1));
    assert!(stderr(&warned).contains("warning: the affines"), "{}", stderr(&warned));
    let found: serde_json::Value = serde_json::from_str(&stdout(&warned)).unwrap();
    assert_eq!(found["voxdice"]["warnings"][0]["kind"], "geometry");
    let off = json(["eval", base, shifted, "--format", "json", "--geometry", "off"]);
    assert_eq!(off["voxdice"]["warnings"], json!([]));
    fine(["eval", base, noise, "--geometry", "strict"]);
}

#[test]
fn a_trailing_axis_of_one_is_no_other_shape() {
    let files = Files::new();
    let voxels = [0u8, 1, 1, 2, 2, 0];
    let [a, b] =
        [("a.nii", &[3, 2][..]), ("b.nii", &[3, 2, 1, 1])].map(|(name, shape)| files.map(name, shape, &voxels));
    assert_eq!(eval(&a, &b, &[])["mean"]["2"]["TP"], 2.0);
}

#[test]
fn the_same_file_twice_is_worth_a_warning() {
    let files = Files::new();
    let [truth, _] = files.pair();
    assert_eq!(eval(&truth, &truth, &[])["voxdice"]["warnings"][0]["kind"], "same_file");
}
