//! What the number of a voxel means: labels of every type, noisy ones, negative ones, and probabilities.

use super::{Files, backends, fails, fine, json, run, stderr, stdout, text};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use voxdice::io::nifti::Voxel;

const TRUTH: [i8; 12] = [0, 1, 1, 2, -1, -1, 2, 2, 0, 3, -2, 0];
const PRED: [i8; 12] = [0, 1, 2, 2, 1, -1, 2, -1, 1, 0, 3, 0];

fn files<T: Voxel>(files: &Files, name: &str, of: impl Fn(i8) -> T) -> [PathBuf; 2] {
    let of = |voxels: [i8; 12]| voxels.map(&of);
    let pair = [("t", of(TRUTH)), ("p", of(PRED))];
    pair.map(|(half, voxels)| files.map(&format!("{half}_{name}.nii"), &[4, 3, 1], &voxels))
}

fn eval(truth: &Path, pred: &Path, more: &[&str]) -> Value {
    json([&["eval", text(truth), text(pred), "--format", "json"], more].concat())
}

/// TP, FP, FN and TN of a class.
fn counts(found: &Value, class: &str) -> [u64; 4] {
    ["TP", "FP", "FN", "TN"].map(|key| found["mean"][class][key].as_f64().unwrap() as u64)
}

#[test]
fn negative_labels_of_every_type_are_ignored_where_the_truth_has_them() {
    let all = Files::new();
    let pairs = [
        files(&all, "i8", |v| v),
        files(&all, "i16", i16::from),
        files(&all, "i32", i32::from),
        files(&all, "i64", i64::from),
        files(&all, "f32", f32::from),
        files(&all, "f64", f64::from),
    ];
    for [truth, pred] in &pairs {
        for backend in backends() {
            for flag in [&["--ignore", "-1,-2"][..], &["--ignore=-2,-1"]] {
                let more = [flag, &["--backend", backend]].concat();
                let found = eval(truth, pred, &more);
                assert_eq!(found["voxdice"]["cases"][0]["voxels"], 9, "{}", truth.display());
                assert_eq!(counts(&found, "1"), [1, 1, 1, 6]);
                // A negative voxel of the prediction is of no class.
                assert_eq!(counts(&found, "2"), [2, 1, 1, 5]);
                assert_eq!(counts(&found, "3"), [0, 0, 1, 8]);
                assert_eq!(found["mean"].as_object().unwrap().len(), 3);
                assert_eq!(found["voxdice"]["options"]["ignore"], json!([-2, -1]));
                assert_eq!(found["mean"], eval(truth, pred, &[&more[..], &["-l", "1-3"]].concat())["mean"]);
            }
        }
        let (truth, pred) = (text(truth), text(pred));
        fails(2, &["which is negative", "add -1 to --ignore", "from 0 up"], ["eval", truth, pred]);
        fails(2, &["-2", "which is negative", "add -2 to --ignore"], ["eval", truth, pred, "--ignore", "-1"]);
    }
    let large = all.map("large.nii", &[2, 1, 1], &[0u32, 3_000_000_000]);
    let parts = ["which is from 2147483648 up", "negative label to ignore"];
    fails(2, &parts, ["eval", text(&large), text(&large), "--ignore", "-1"]);
    // One label is a number in results, as it was.
    let same = all.map("same.nii", &[4, 3, 1], &[0u8, 1, 255, 7, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(eval(&same, &same, &["--ignore", "255"])["voxdice"]["options"]["ignore"], 255);
    assert!(eval(&same, &same, &[])["voxdice"]["options"]["ignore"].is_null());
    let several = eval(&same, &same, &["--ignore", "7,255"]);
    assert_eq!(
        (&several["voxdice"]["cases"][0]["voxels"], several["mean"].as_object().unwrap().len()),
        (&10.into(), 1)
    );
    fails(2, &["label 7 is to be ignored"], ["eval", text(&same), text(&same), "--ignore", "7,255", "-l", "1,7"]);
}

#[test]
fn what_looks_like_a_flag_is_told_as_a_value() {
    let all = Files::new();
    let [truth, pred] = all.pair();
    for (flag, value, part) in [
        ("-l", "-5", "`-5` is not a label"),
        ("--ignore", "-x", "`-x` is not a label"),
        ("-j", "-1", "invalid value '-1' for '--jobs"),
        ("--round", "-1", "not a distance"),
        ("--threshold", "half", "not a number"),
    ] {
        let output = run(["eval", text(&truth), text(&pred), flag, value]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(part) && !said.contains("-- -"), "{said}");
    }
}

#[test]
fn labels_that_are_a_little_off_are_rounded_on_demand() {
    let all = Files::new();
    let [truth, pred] = files(&all, "i16", |v| i16::from(v.abs()));
    let expected = eval(&truth, &pred, &[]);
    let off = |v: i8| if v == 0 { 1e-9 } else { f64::from(v.abs()) * 0.9999 };
    let noisy = [files(&all, "f64", off), files(&all, "f32", |v| off(v) as f32)];
    for [truth, pred] in &noisy {
        fails(2, &["whole number", "--round", "--threshold"], ["eval", text(truth), text(pred)]);
        for more in [&["--round"][..], &["--round", "0.001"], &["--round=0.5", "--backend", backends()[0]]] {
            assert_eq!(eval(truth, pred, more)["mean"], expected["mean"]);
        }
        let stored = &eval(truth, pred, &["--round", "0.001"])["voxdice"]["options"]["round"];
        assert_eq!(*stored, json!(0.001));
        fails(2, &["no rounding", "nearest neighbour"], ["eval", text(truth), text(pred), "--round", "0.0001"]);
    }
    fails(
        2,
        &["not a number at all"],
        ["eval", text(&truth), text(&all.map("nan.nii", &[4, 3, 1], &[f32::NAN; 12])), "--round"],
    );
    // A whole number is one whatever the distance.
    assert_eq!(eval(&truth, &pred, &["--round", "0.01"])["mean"], expected["mean"]);
}

#[test]
fn a_threshold_that_makes_one_label_of_several_is_told() {
    let files = Files::new();
    let truth = files.map("truth.nii", &[4, 1], &[0u8, 1, 1, 1]);
    let merged = |name: &str, voxels: &[f32], more: &[&str]| -> Vec<String> {
        let preds = [files.map(&format!("{name}.nii"), &[4, 1], voxels), {
            let labels: Vec<i16> = voxels.iter().map(|&voxel| voxel as i16).collect();
            files.map(&format!("{name}_i16.nii"), &[4, 1], &labels)
        }];
        let whole = voxels.iter().all(|voxel| voxel.fract() == 0.0);
        let told = preds.iter().take(if whole { 2 } else { 1 }).map(|pred| {
            let found = eval(&truth, pred, &[&["--threshold", "0.5"], more].concat());
            let warnings = found["voxdice"]["warnings"].as_array().unwrap().clone();
            let own = warnings.iter().filter(|warning| warning["kind"] == "merged_labels");
            own.map(|warning| warning["message"].as_str().unwrap().to_owned()).collect::<String>()
        });
        told.collect()
    };
    // Volumes in pieces, and whole ones.
    for more in [&[][..], &["--metrics", "dice,hd"]] {
        for message in merged("labels", &[0.0, 3.0, 1.0, 7.0], more) {
            assert!(message.contains("made label 1 of 3 of them (1, 3, 7)"), "{message}");
            assert!(message.contains("--threshold"), "{message}");
        }
        assert_eq!(merged("mask", &[0.0, 1.0, 1.0, 0.0], more), ["", ""]);
        assert_eq!(merged("probabilities", &[0.0, 1.0, 2.0, 0.25], more), [""]);
    }
    // A higher threshold is for a picture of 0 to 255.
    let grey = files.map("grey.nii", &[4, 1], &[0u8, 100, 150, 255]);
    assert_eq!(eval(&truth, &grey, &["--threshold", "128"])["voxdice"]["warnings"], json!([]));
    // Masks, and a label map beside them.
    std::fs::create_dir_all(files.path("masks/case")).unwrap();
    std::fs::create_dir_all(files.path("labels/case")).unwrap();
    files.map("masks/case/c1.nii", &[4, 1], &[0u8, 0, 1, 1]);
    let mask = files.map("labels/case/c1.nii", &[4, 1], &[0u8, 2, 1, 7]);
    let dataset = files.path("dataset.json");
    std::fs::write(&dataset, r#"{"labels": {"background": 0, "c1": 1}}"#).unwrap();
    for pred in [files.path("labels/case"), mask] {
        let found = eval(&files.path("masks/case"), &pred, &["--threshold", "0.5", "--dataset", text(&dataset)]);
        let told: Vec<&Value> = found["voxdice"]["warnings"].as_array().unwrap().iter().collect();
        let own = told.iter().filter(|warning| warning["kind"] == "merged_labels");
        let messages: Vec<&str> = own.map(|warning| warning["message"].as_str().unwrap()).collect();
        assert!(
            matches!(messages[..], [message] if message.contains("c1.nii") && message.contains("(1, 2, 7)")),
            "{told:?}"
        );
    }
}

#[test]
fn a_threshold_makes_a_mask_of_the_prediction_alone() {
    let all = Files::new();
    let truth = all.map("t.nii", &[4, 3, 1], &[0u8, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    let values = [0.1, 0.7, 0.699_999, 1.0, 0.8, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -3.0];
    let single = all.map("p32.nii", &[4, 3, 1], &values.map(|v| v as f32));
    let double = all.map("p64.nii", &[4, 3, 1], &values);
    for pred in [&single, &double] {
        fails(2, &["--threshold T", "loss --activation threshold=T"], ["eval", text(&truth), text(pred)]);
        for backend in backends() {
            let found = eval(&truth, pred, &["--threshold", "0.7", "--backend", backend]);
            assert_eq!((counts(&found, "1"), counts(&found, "2")), ([2, 1, 1, 8], [0, 0, 1, 11]));
            assert_eq!(found["voxdice"]["options"]["threshold"], json!(0.7));
        }
    }
    // The truth is never thresholded.
    fails(2, &["p32.nii", "--round"], ["eval", text(&single), text(&single), "--threshold", "0.7"]);
    // `loss` has the same mask.
    let binary = all.map("b.nii", &[4, 3, 1], &[0u8, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let dice = &eval(&binary, &single, &["--threshold", "0.7"])["mean"]["1"]["Dice"];
    let activation = ["--activation", "threshold=0.7", "--form", "score", "--format", "json"];
    let loss = json([&["loss", text(&binary), text(&single)], &activation[..]].concat());
    assert_eq!(loss["reduced"], *dice);
}

/// NumPy's result of `pred >= 0.7`: of float64 with all its digits, and of float32 beside the float32 next to 0.7. Whole numbers
/// that a header scales are float32.
#[test]
fn a_threshold_is_compared_in_the_type_of_the_file() {
    let all = Files::new();
    let truth = all.map("t.nii", &[4, 1, 1], &[1u8; 4]);
    let single = 0.7f32;
    let values = [single.into(), 0.7, 0.7f64.next_down(), single.next_down().into()];
    let double = all.map("p64.nii", &[4, 1, 1], &values);
    let float = all.map("p32.nii", &[4, 1, 1], &values.map(|value| value as f32));
    let percent = all.map("percent.nii", &[4, 1, 1], &[70u8, 100, 69, 0]);
    let mut bytes = std::fs::read(&percent).unwrap();
    bytes[112..116].copy_from_slice(&0.01f32.to_le_bytes());
    std::fs::write(&percent, bytes).unwrap();
    let signed = all.map("i16.nii", &[4, 1, 1], &[1i16, 0, 2, -1]);
    let all = [(&double, "0.7", 1), (&double, "1e39", 0), (&float, "0.7", 3), (&percent, "0.7", 2), (&percent, "1", 1)];
    for (pred, threshold, expected) in all.into_iter().chain([(&signed, "1.00000001", 1), (&signed, "1e-300", 2)]) {
        let place = format!("{} from {threshold} on", pred.display());
        let found = eval(&truth, pred, &["--threshold", threshold]);
        assert_eq!(counts(&found, "1"), [expected, 0, 4 - expected, 0], "{place}");
        // `loss` has the same mask, and rounds none of it.
        let activation = format!("threshold={threshold}");
        let score = ["--activation", &activation, "--form", "score", "--format", "json"];
        let loss = json([&["loss", text(&truth), text(pred)], &score[..]].concat());
        assert_eq!((&loss["reduced"], &loss["warnings"]), (&found["mean"]["1"]["Dice"], &json!([])), "{place}");
    }
}

#[test]
fn shards_with_these_choices_are_merged_and_others_are_not() {
    let all = Files::new();
    for half in ["t", "p"] {
        std::fs::create_dir(all.path(half)).unwrap();
    }
    for case in 0..6i8 {
        let noisy = |voxels: [i8; 12]| voxels.map(|v| f32::from(v) + f32::from(case) * 1e-3);
        all.map(&format!("t/{case}.nii.gz"), &[4, 3, 1], &noisy(TRUTH));
        all.map(&format!("p/{case}.nii.gz"), &[4, 3, 1], &noisy(PRED));
    }
    let (truth, pred) = (all.path("t"), all.path("p"));
    let run = |more: &[&str], name: &str| {
        let path = all.path(name);
        let arguments = [&["eval", text(&truth), text(&pred), "--format", "json"], more].concat();
        std::fs::write(&path, fine(arguments)).unwrap();
        path
    };
    let flags = ["--ignore", "-1,-2", "--round", "0.01"];
    let parts =
        ["1/2", "2/2"].map(|shard| run(&[&flags[..], &["--shard", shard]].concat(), &format!("{}.json", &shard[..1])));
    let whole: Value = serde_json::from_str(&std::fs::read_to_string(run(&flags, "whole.json")).unwrap()).unwrap();
    let merged = json(["merge", text(&parts[0]), text(&parts[1]), "--format", "json"]);
    assert_eq!((&merged["mean"], &merged["voxdice"]["options"]["ignore"]), (&whole["mean"], &json!([-2, -1])));
    for (other, what) in [
        (["--ignore", "-2,-1,0", "--round", "0.01"], "labels to ignore"),
        (["--ignore", "-1,-2", "--round", "0.02"], "--round"),
    ] {
        let other = run(&[&other[..], &["--shard", "2/2"]].concat(), "other.json");
        fails(2, &[what], ["merge", text(&parts[0]), text(&other)]);
    }
    // Results of before hold one label or none.
    let old =
        std::fs::read_to_string(&parts[0]).unwrap().replace("\"round\": 0.01,", "").replace("\"threshold\": null,", "");
    let path = all.path("old.json");
    std::fs::write(&path, old).unwrap();
    fails(2, &["--round"], ["merge", text(&path), text(&parts[1])]);
}

#[test]
fn arrays_of_every_order_hold_the_same_labels() {
    let all = Files::new();
    let truth = all.map("t.nii", &[4, 3], &TRUTH.map(i16::from));
    let expected = eval(&truth, &truth, &["--ignore", "-1,-2"]);
    let npy = |name: &str, fortran: bool, shape: &str, voxels: &[i8]| {
        let flag = if fortran { "True" } else { "False" };
        let header = format!("{{'descr': '|i1', 'fortran_order': {flag}, 'shape': {shape}, }}\n");
        let bytes: Vec<u8> = voxels.iter().map(|&v| v as u8).collect();
        let start = [&b"\x93NUMPY\x01\x00"[..], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat();
        let path = all.path(name);
        std::fs::write(&path, [start, bytes].concat()).unwrap();
        path
    };
    let turned: Vec<i8> = (0..12).map(|i| TRUTH[i / 3 + i % 3 * 4]).collect();
    for path in [
        npy("c.npy", false, "(3, 4)", &TRUTH),
        npy("f.npy", true, "(3, 4)", &turned),
        npy("one.npy", false, "(1, 3, 1, 4, 1)", &TRUTH),
        npy("batch.npy", false, "(1, 1, 3, 4)", &TRUTH),
    ] {
        let found = eval(&truth, &path, &["--ignore", "-1,-2"]);
        assert_eq!(found["mean"], expected["mean"], "{}", path.display());
    }
    let output = run(["eval", text(&truth), text(&npy("t.npy", false, "(4, 3)", &turned)), "--ignore", "-1,-2"]);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("transpose"), "{}", stdout(&output));
}

#[test]
fn a_vector_of_the_fifth_axis_is_no_label_map() {
    let all = Files::new();
    let truth = all.map("t.nii", &[2, 2, 3], &[1u8; 12]);
    let vector = all.map("v.nii", &[2, 2, 3, 1, 2], &[0.5f32; 24]);
    fails(2, &["one number per voxel", "argmax"], ["eval", text(&truth), text(&vector)]);
    let map = all.map("m.nii", &[2, 2, 3, 1, 1], &[1u8; 12]);
    assert_eq!(counts(&eval(&truth, &map, &[]), "1"), [12, 0, 0, 0]);
    let found = json(["loss", text(&truth), text(&vector), "--format", "json"]);
    assert_eq!((&found["loss"]["truth"], &found["shape"]), (&"labels".into(), &json!([1, 2])));
}
