//! `info`.

use super::{Files, corpus, fine, json, text};
use crate::shared::{expectations, shared};
use serde_json::json;

#[test]
fn real_files_have_the_labels_and_sums_other_readers_found() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/real");
    let expected = expectations(&folder.join("expected.json"));
    for case in expected["files"].as_array().unwrap() {
        let name = case["file"].as_str().unwrap();
        // The list has two spacings where an image has two axes, and no labels of floats.
        if case["shape"].as_array().unwrap().len() < 3 || case.get("labels").is_none() {
            continue;
        }
        let found = &json(["info", text(&folder.join(name)), "--format", "json"])[0];
        for key in ["shape", "dtype", "spacing", "affine", "labels", "sum"] {
            assert_eq!(found[key], case[key], "{name}: {key}");
        }
    }
}

#[test]
fn floats_have_a_range_an_exact_sum_and_the_number_of_unusable_voxels() {
    let files = Files::new();
    let path = files.map("f.nii", &[6, 1], &[1e20f32, 1.0, -1e20, f32::NAN, f32::INFINITY, 0.5]);
    let found = &json(["info", text(&path), "--format", "json"])[0];
    assert_eq!(found["sum"], 1.5);
    assert_eq!(found["mean"], 0.375);
    assert_eq!((&found["non_finite"], &found["labels"]), (&json!(2), &json!(null)));
    assert_eq!(found["max"].as_f64(), Some(f64::from(1e20f32)));
    let keys: Vec<&String> = found.as_object().unwrap().keys().collect();
    let header = ["file", "shape", "dtype", "spacing", "affine", "spacing_mm", "affine_mm"];
    let voxels = ["labels", "min", "max", "mean", "sum", "non_finite"];
    assert_eq!(keys, [&header[..], &voxels].concat());
    assert!(fine(["info", text(&path)]).contains("2 voxels are NaN or infinite"));
}

#[test]
fn integers_keep_every_digit() {
    let files = Files::new();
    let path = files.map("i.nii", &[3, 1], &[-5i64, i64::MAX, 7]);
    let found = &json(["info", text(&path), "--format", "json"])[0];
    assert_eq!(found["labels"], json!({"-5": 1, "7": 1, "9223372036854775807": 1}));
    assert_eq!((&found["min"], &found["max"]), (&json!(-5), &json!(i64::MAX)));
    assert_eq!(found["sum"], json!(i64::MAX as u64 + 2));
}

#[test]
fn several_files_are_told_one_after_the_other() {
    let files = Files::new();
    let [truth, pred] = files.pair();
    let shown = fine(["info", text(&truth), text(&pred)]);
    assert!(shown.contains("4 x 3 x 1 voxels of u8") && shown.contains("spacing  0.5 x 0.75 x 2 mm"), "{shown}");
    assert_eq!(shown.matches("labels   3 different values").count(), 2, "{shown}");
    let Some(scaled) = corpus("aff_units_micron.nii") else { return };
    assert!(fine(["info", text(&scaled)]).contains("0.0005 x 0.00075 x 0.002 mm"));
}
