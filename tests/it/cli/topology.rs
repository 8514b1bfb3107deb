//! Pieces, holes and cavities in `voxdice eval`.

use super::folder::Cohort;
use super::{Files, fails, fine, json, run, text};
use serde_json::{Value, json as object};
use std::path::{Path, PathBuf};

const METRICS: [&str; 6] =
    ["betti", "betti_error=0", "betti_error=1", "betti_error=2", "betti_truth=1", "betti_pred=2"];

/// A box of label 1 of 7 × 6 × 5 voxels that is hollow in the truth and open in the prediction, and label 2 in the truth alone.
fn pair(files: &Files) -> [PathBuf; 2] {
    let size = [9, 6, 5];
    let truth: Vec<u8> = (0..270)
        .map(|i| {
            let [x, y, z] = [i % 9, i / 9 % 6, i / 54];
            match x {
                8 => 2,
                7 => 0,
                1..=5 if (1..5).contains(&y) && (1..4).contains(&z) => 0,
                _ => 1,
            }
        })
        .collect();
    let mut pred: Vec<u8> = truth.iter().map(|&label| label % 2).collect();
    // Through two walls, and a voxel that is alone.
    for (x, y, z) in [(3, 0, 2), (3, 5, 2)] {
        pred[z * 54 + y * 9 + x] = 0;
    }
    pred[2 * 54 + 2 * 9 + 3] = 1;
    [("truth.nii", truth), ("pred.nii", pred)].map(|(name, voxels)| files.map(name, &size, &voxels))
}

fn metrics(truth: &Path, pred: &Path, more: &[&str]) -> Value {
    let list = format!("dice,{}", METRICS.join(","));
    let arguments = ["eval", text(truth), text(pred), "--metrics", &list, "--format", "json"];
    json([&arguments[..], more].concat())["metric_per_case"][0]["metrics"].clone()
}

fn numbers(of: &Value) -> [f64; 6] {
    METRICS.map(|name| of[name].as_f64().unwrap_or(f64::NAN))
}

#[test]
fn a_class_has_its_numbers_and_their_errors() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let found = metrics(&truth, &pred, &["-l", "1,2,3"]);
    // 1 piece with a cavity; 2 pieces with a tunnel.
    assert_eq!(numbers(&found["1"]), [3.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(numbers(&found["2"]), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0], "what is missed is its own error");
    assert_eq!(numbers(&found["3"]), [0.0; 6], "nothing is as many as nothing, whatever --empty says");
    assert_eq!(metrics(&truth, &pred, &["-l", "3", "--empty", "one"])["3"]["betti"], 0.0);
    // Two pieces on either side, of which one is another.
    let found = metrics(&truth, &pred, &["--region", "ALL=1,2"]);
    assert_eq!(numbers(&found["(1, 2)"]), [2.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn masks_have_the_numbers_of_label_maps() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let of_maps = metrics(&truth, &pred, &[]);
    let of_masks = metrics(&files.masks("t", &truth), &files.masks("p", &pred), &[]);
    assert_eq!(["1", "2"].map(|label| numbers(&of_maps[label])), ["c1", "c2"].map(|mask| numbers(&of_masks[mask])));
}

/// An image and its mask stay two axes where the prediction is stored in the other direction.
#[test]
fn masks_of_turned_images_have_the_numbers_of_label_maps() {
    let files = Files::new();
    let (width, height) = (30, 20);
    let write = |name: &str, turned: bool, shift: usize| {
        let path = files.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let (sign, offset) = if turned { (-1, width - 1) } else { (1, 0) };
        let header = format!(
            "NDims = 2\nTransformMatrix = {sign} 0 0 1\nOffset = {offset} 0\nElementSpacing = 1 1\nDimSize = {width} {height}\n\
             ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
        );
        let at = |place: usize| {
            let (x, y) = (place % width, place / width);
            let x = if turned { width - 1 - x } else { x };
            u8::from((5..25).contains(&x) && (6 + shift..11 + shift).contains(&y))
        };
        std::fs::write(&path, [header.into_bytes(), (0..width * height).map(at).collect()].concat()).unwrap();
        path
    };
    let [truth, pred] = [write("t.mha", false, 0), write("p.mha", true, 2)];
    let [truths, preds] = [write("t/case/1.mha", false, 0), write("p/case/1.mha", true, 2)]
        .map(|path| path.parent().unwrap().parent().unwrap().to_path_buf());
    let of = |truth: &Path, pred: &Path| {
        let metrics = ["--metrics", "dice,cldice,tprec,betti_truth=1,hd95,assd", "--format", "json"];
        let found = json([&["eval", text(truth), text(pred)], &metrics[..]].concat());
        found["metric_per_case"][0]["metrics"]["1"].clone()
    };
    let of_maps = of(&truth, &pred);
    assert_eq!(of_maps, of(&truths, &preds));
    assert_eq!((of_maps["hd95"].as_f64(), of_maps["Dice"].as_f64()), (Some(2.0), Some(0.6)));
}

#[test]
fn numbers_need_no_spacing_and_say_nothing_of_surfaces() {
    let files = Files::new();
    let array = files.path("a.npy");
    voxdice::io::npy::write(&array, &[2, 2], voxdice::io::npy::Order::RowMajor, &[0f32, 1.0, 1.0, 1.0]).unwrap();
    let arguments = ["eval", text(&array), text(&array), "--metrics", "dice,betti"];
    let table = fine(arguments);
    assert!(table.contains("betti") && !table.contains("surfaces:"), "{table}");
    let csv = fine([&arguments[..], &["--format", "csv"]].concat());
    assert!(csv.starts_with("case,label,dice,betti,tp,"), "{csv}");
    let message = "no score is of surfaces";
    fails(2, &["--surface monai", message], [&arguments[..], &["--surface", "monai"]].concat());
    fails(2, &["--missed 3", message], [&arguments[..], &["--missed", "3"]].concat());
    for (wrong, part) in [
        ("betti_error=3", "0, 1 or 2: components, loops, cavities"),
        ("betti_truth", "betti_truth=K"),
        ("betti=1", "betti"),
    ] {
        fails(2, &["is no metric", part], ["eval", text(&array), text(&array), "--metrics", wrong]);
    }
    let several = files.map("several.nii", &[3, 3, 2, 2], &[1u8; 36]);
    fails(2, &["2 or 3 axes"], ["eval", text(&several), text(&several), "--metrics", "betti"]);
}

#[test]
fn shards_keep_their_numbers_and_counts_make_none() {
    let cohort = Cohort::new();
    let choices = ["--metrics", "dice,betti,betti_truth=0", "--format", "json"];
    let whole = cohort.eval(&choices);
    let parts = cohort.halves(&choices);
    let merged = run(["merge", text(&parts[0]), text(&parts[1]), "--format", "json"]);
    assert_eq!(String::from_utf8(merged.stdout).unwrap(), String::from_utf8(whole.stdout.clone()).unwrap());
    let found: Value = serde_json::from_slice(&whole.stdout).unwrap();
    assert_eq!(found["voxdice"]["options"]["surfaces"]["metrics"], object!(["betti_error", "betti_truth=0"]));
    fails(
        2,
        &["betti_pred=0 was not measured"],
        ["merge", text(&parts[0]), text(&parts[1]), "--metrics", "betti_pred=0"],
    );
}

#[test]
fn centrelines_are_scores() {
    let files = Files::new();
    // A bar of three rows, and the same cut; label 2 is invented, and label 3 is a block of which thinning leaves nothing.
    let at = |label: u8, i: usize| [i % 12, i / 12 % 8, i / 96, label.into()];
    let truth: Vec<u8> = (0..384)
        .map(|i| match at(0, i) {
            [1..11, 1..=3, 0..3, _] => 1,
            [2..4, 5..7, 0..2, _] => 3,
            _ => 0,
        })
        .collect();
    let pred: Vec<u8> = truth
        .iter()
        .enumerate()
        .map(|(i, &label)| match at(label, i) {
            [6, _, _, 1] => 0,
            [7..11, 6, 0, _] => 2,
            _ => label,
        })
        .collect();
    let [truth, pred] = [("t.nii", truth), ("p.nii", pred)].map(|(name, voxels)| files.map(name, &[12, 8, 4], &voxels));
    let of = |empty: &str| {
        let metrics = ["--metrics", "cldice,tprec,tsens", "--empty", empty, "--format", "json", "-l", "1,2,3,4"];
        let found = json([&["eval", text(&truth), text(&pred)], &metrics[..]].concat());
        let found = found["metric_per_case"][0]["metrics"].clone();
        ["1", "2", "3", "4"].map(|label| ["cldice", "tprec", "tsens"].map(|name| found[label][name].as_f64()))
    };
    let [cut, invented, block, neither] = of("nan");
    let [Some(cl_dice), Some(precision), Some(sensitivity)] = cut else { panic!("{cut:?}") };
    assert!(precision == 1.0 && (0.5..1.0).contains(&sensitivity), "{cut:?}");
    assert_eq!(cl_dice, 2.0 * sensitivity / (1.0 + sensitivity));
    assert_eq!(invented, [Some(0.0), Some(0.0), None]);
    assert_eq!((block, neither), ([None; 3], [None; 3]));
    let [again, also_invented, block, neither] = of("one");
    assert_eq!((again, block, neither), (cut, [None; 3], [Some(1.0); 3]), "a block without a skeleton is not empty");
    assert_eq!(also_invented, [Some(0.0), Some(0.0), Some(1.0)], "of an empty truth all is found");
    // A rule for empty classes can be chosen when shards are merged.
    let part = files.path("part.json");
    let metrics = ["--metrics", "cldice,tsens,boundary_iou=1", "-l", "1,2,3,4", "--format", "json"];
    std::fs::write(&part, fine([&["eval", text(&truth), text(&pred), "--empty", "one"], &metrics[..]].concat()))
        .unwrap();
    let merged = json(["merge", text(&part), "--empty", "nan", "--format", "json"]);
    for metric in ["cldice", "tsens", "boundary_iou=1"] {
        let of = |label: &str| merged["metric_per_case"][0]["metrics"][label][metric].as_f64();
        assert!(of("1").is_some() && of("4").is_none(), "{metric}: {merged:#}");
    }
}
