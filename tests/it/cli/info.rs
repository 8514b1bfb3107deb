//! `info`.

use super::{Files, corpus, fine, json, run, stderr, text};
use crate::shared::{expectations, shared};
use serde_json::{Value, json};

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
        for key in ["shape", "dtype", "affine", "labels", "sum"] {
            assert_eq!(found[key], case[key], "{name}: {key}");
        }
        // The decimal that was meant is the same number in the 32 bits of the file.
        let single =
            |list: &Value| list.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect::<Vec<_>>();
        assert_eq!(single(&found["spacing"]), single(&case["spacing"]), "{name}");
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

#[test]
fn spacings_are_the_decimals_that_were_meant() {
    let files = Files::new();
    let path = files.path("a.nii");
    voxdice::io::nifti::write(
        &path,
        &[2, 1, 1],
        &voxdice::io::nifti::Geometry::from_spacing([0.8, 0.8, 2.0]),
        &[0u8, 1],
    )
    .unwrap();
    let found = &json(["info", text(&path), "--format", "json"])[0];
    assert_eq!((&found["spacing"], &found["spacing_mm"]), (&json!([0.8, 0.8, 2.0]), &json!([0.8, 0.8, 2.0])));
    let csv = fine(["eval", text(&path), text(&path), "--metrics", "dice", "--format", "csv", "-q"]);
    assert!(csv.ends_with(",1,0.00128\n"), "{csv}");
    let found = json(["eval", text(&path), text(&path), "--format", "json", "-q"]);
    assert_eq!(found["voxdice"]["cases"][0]["spacing_mm"], json!([0.8, 0.8, 2.0]));
}

#[test]
fn labels_that_floats_store_are_listed() {
    let files = Files::new();
    let path = files.map("f.nii.gz", &[4, 1, 1], &[0.0f32, 3.0, 3.0, -1.0]);
    let found = &json(["info", text(&path), "--format", "json"])[0];
    assert_eq!((&found["labels"], &found["dtype"]), (&json!({"-1": 1, "0": 1, "3": 2}), &json!("f32")));
    assert_eq!((found["sum"].as_f64(), found["max"].as_f64()), (Some(5.0), Some(3.0)));
}

#[test]
fn arrays_have_no_place_and_their_own_order() {
    let files = Files::new();
    let path = files.path("a.npy");
    voxdice::io::npy::write(&path, &[2, 3], voxdice::io::npy::Order::RowMajor, &[0.0, 0.5, 1.0, 1.0, 0.0, 0.0])
        .unwrap();
    let found = &json(["info", text(&path), "--format", "json"])[0];
    assert_eq!((&found["shape"], &found["dtype"]), (&json!([2, 3]), &json!("f32")));
    assert!(found["spacing"].is_null() && found["affine_mm"].is_null() && found["labels"].is_null());
    assert_eq!(found["sum"], 2.5);
    // Written by NumPy: bool and half floats.
    for (dtype, bytes, labels) in
        [("|b1", vec![1, 0, 1], json!({"0": 1, "1": 2})), ("<f2", vec![0, 0x3c, 0, 0], json!({"0": 1, "1": 1}))]
    {
        let length = bytes.len() / if dtype == "|b1" { 1 } else { 2 };
        let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({length},), }}\n");
        let start = [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
        std::fs::write(&path, [start, bytes].concat()).unwrap();
        assert_eq!(json(["info", text(&path), "--format", "json"])[0]["labels"], labels, "{dtype}");
    }
    assert!(fine(["info", text(&path)]).contains("2 voxels of f16"));
}

#[test]
fn segments_have_their_names_layers_and_voxels() {
    let files = Files::new();
    let path = files.path("s.seg.nrrd");
    let header = "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 2 1 1\nkinds: list domain domain domain\nencoding: raw\n\
        Segment0_Name:=liver\nSegment0_LabelValue:=2\nSegment0_Layer:=0\nSegment1_Name:=tumor\nSegment1_LabelValue:=1\n\
        Segment1_Layer:=1\n\n";
    std::fs::write(&path, [header.as_bytes(), &[2, 1, 2, 0], b"more"].concat()).unwrap();
    let output = run(["info", text(&path), "--format", "json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!([
        {"name": "liver", "label": 2, "layer": 0, "voxels": 2},
        {"name": "tumor", "label": 1, "layer": 1, "voxels": 1},
    ]);
    assert_eq!((&found[0]["segments"], &found[0]["surplus_bytes"]), (&expected, &json!(4)));
    assert!(stderr(&output).contains("s.seg.nrrd: 4 bytes behind the voxels"), "{}", stderr(&output));
    assert!(fine(["info", text(&path)]).contains("tumor"));
}

/// One file that cannot be read takes nothing from the others.
#[test]
fn what_can_be_read_is_told_beside_what_cannot() {
    let files = Files::new();
    let [one, other] = files.pair();
    let bad = files.path("bad.nii");
    std::fs::write(&bad, "broken").unwrap();
    let output = run(["info", text(&one), text(&bad), text(&other), text(&files.path("none.nii"))]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(crate::cli::stdout(&output).matches("labels   3 different values").count(), 2);
    let said = stderr(&output);
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(errors.len() == 2 && errors[0].contains("bad.nii") && errors[1].contains("none.nii"), "{said}");
    let output = run(["info", text(&one), text(&bad), "--format", "json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), found.as_array().unwrap().len()), (Some(2), 1));
    assert!(run(["info", text(&bad)]).stdout.is_empty());
}
