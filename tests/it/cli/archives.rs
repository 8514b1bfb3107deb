//! Arrays in NumPy's archives.

use super::{Files, fails, json, text};
use crate::root::root;
use serde_json::Value;
use std::fs;

fn golden(name: &str) -> String {
    text(&root().join("tests/golden/archives").join(name)).to_owned()
}

fn numbers(truth: &str, pred: &str) -> Value {
    json(["eval", truth, pred, "--format", "json"])["mean"].clone()
}

#[test]
fn arrays_of_archives_are_evaluated_by_their_names() {
    let [one, truth, pred] = ["one.npz", "two.npz:truth", "two.npz:pred"].map(golden);
    let expected = numbers(&golden("truth.npy"), &golden("pred.npy"));
    assert!(expected["1"]["Dice"].as_f64().unwrap() < 1.0);
    assert_eq!(numbers(&one, &pred), expected);
    assert_eq!(numbers(&truth, &pred), expected);
    let two = golden("two.npz");
    fails(2, &["2 arrays", "truth, pred", "name one, as in FILE.npz:truth"], ["eval", &one, &two]);
    fails(2, &["no array liver", "truth, pred"], ["eval", &one, &golden("two.npz:liver")]);
    // One array under two names of the file, and two arrays of one file.
    let same = json(["eval", &two.replace("two.npz", "two.npz:truth"), &truth, "--format", "json"]);
    assert_eq!(same["voxdice"]["warnings"][0]["kind"], "same_file");
    let other = json(["eval", &truth, &pred, "--format", "json"]);
    assert!(other["voxdice"]["warnings"].as_array().unwrap().iter().all(|warning| warning["kind"] != "same_file"));
    let info = &json(["info", &pred, "--format", "json"])[0];
    assert_eq!((&info["dtype"], info["labels"].as_object().unwrap().len()), (&"i64".into(), 3));
}

#[test]
fn a_list_names_archives_and_a_folder_passes_them_over() {
    let files = Files::new();
    for side in ["truth", "pred"] {
        fs::create_dir(files.path(side)).unwrap();
        fs::copy(golden("two.npz"), files.path(side).join("all.npz")).unwrap();
        fs::copy(golden(&format!("{side}.npy")), files.path(side).join("a.npy")).unwrap();
    }
    let [truth, pred] = ["truth", "pred"].map(|side| files.path(side));
    let expected = numbers(&golden("truth.npy"), &golden("pred.npy"));
    assert_eq!(numbers(text(&truth), text(&pred)), expected);
    let list = files.path("pairs.csv");
    fs::write(&list, "all.npz:truth,all.npz:pred,case\n").unwrap();
    let found = json(["eval", text(&truth), text(&pred), "--pairs", text(&list), "--format", "json"]);
    assert_eq!(found["mean"], expected);
    // Without anything else, it says how archives are read.
    for side in [&truth, &pred] {
        fs::remove_file(side.join("a.npy")).unwrap();
    }
    fails(2, &["it holds 1 .npz", "case.npz:pred"], ["eval", text(&truth), text(&pred)]);
}

/// An archive is an input under the name of each of its arrays, and no result is written over one.
#[test]
fn no_result_is_written_over_an_archive() {
    let files = Files::new();
    let archive = files.path("two.npz");
    fs::copy(golden("two.npz"), &archive).unwrap();
    let [truth, pred] = ["truth", "pred"].map(|array| format!("{}:{array}", text(&archive)));
    for flag in ["--csv", "-o", "--html"] {
        let said = if flag == "-o" { "--output" } else { flag };
        fails(2, &["this is an input", said], ["eval", &truth, &pred, flag, text(&archive)]);
    }
    // A list may name it, and so may the next run.
    fs::write(files.path("pairs.csv"), "two.npz:truth,two.npz:pred,case\n").unwrap();
    let [folder, list] = [files.path(""), files.path("pairs.csv")];
    for name in ["two.npz", "two.npz:truth", "three.npz"] {
        let output = files.path(name);
        let arguments = ["eval", text(&folder), text(&folder), "--pairs", text(&list), "--csv", text(&output)];
        fails(2, &["the name of a volume", "--csv"], arguments);
    }
    assert_eq!(fs::read(&archive).unwrap(), fs::read(golden("two.npz")).unwrap());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn an_array_is_evaluated_beside_a_folder_of_masks() {
    let files = Files::new();
    for side in ["truth", "pred"] {
        let array = voxdice::io::labels::read(golden(&format!("{side}.npy"))).unwrap();
        let voxdice::io::labels::Labels::U8(labels) = array.labels else { unreachable!() };
        files.map(&format!("{side}.nii"), &array.shape, &labels);
    }
    let masks = files.masks("masks", &files.path("truth.nii")).join("case");
    let dataset = files.path("dataset.json");
    fs::write(&dataset, r#"{"labels": {"background": 0, "c1": 1, "c2": 2}}"#).unwrap();
    let eval = |pred: &str| {
        let more = ["--dataset", text(&dataset), "--geometry", "off", "--format", "json"];
        json(["eval", text(&masks), pred].iter().chain(&more))["mean"].clone()
    };
    assert_eq!(eval(&golden("two.npz:pred")), eval(text(&files.path("pred.nii"))));
    fails(
        2,
        &["none.npz:pred: no such folder"],
        ["eval", text(&masks), &golden("none.npz:pred").replace("archives/none", "archives/gone/none")],
    );
}
