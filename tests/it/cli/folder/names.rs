//! Names that are told or refused, and what a folder of cases holds.

use super::sources::segmentation;
use crate::cli::{Files, fails, run, stderr, stdout, text};
use std::fs;

const SHAPE: [u64; 3] = [5, 4, 3];
const WHOLE: [(u64, u64); 3] = [(0, 5), (0, 4), (0, 3)];

/// Voxels of a label, from one to another.
fn blob(label: u8, from: usize, to: usize) -> Vec<u8> {
    (0..60).map(|voxel| if (from..to).contains(&voxel) { label } else { 0 }).collect()
}

fn both(a: Vec<u8>, b: Vec<u8>) -> Vec<u8> {
    a.into_iter().zip(b).map(|(a, b)| a | b).collect()
}

fn volume(files: &Files, name: &str, voxels: &[u8]) {
    fs::create_dir_all(files.path(name).parent().unwrap()).unwrap();
    files.map(name, &SHAPE, voxels);
}

/// Rows `class: tp n_pred n_truth` of a run that ends well, and what it said.
fn rows(files: &Files, truth: &str, pred: &str, more: &[&str]) -> (Vec<String>, String) {
    let (truth, pred) = (files.path(truth), files.path(pred));
    let fixed = ["eval", text(&truth), text(&pred), "--format", "csv", "--metrics", "dice", "--backend", "cpu"];
    let output = run(fixed.iter().chain(more));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let row = |line: &str| {
        // Of the class, the name: a region's key has commas.
        let fields: Vec<&str> = line.rsplitn(9, ',').collect();
        format!("{}: {} {} {}", fields[1], fields[7], fields[3], fields[2])
    };
    (stdout(&output).lines().skip(1).map(row).collect(), stderr(&output))
}

fn refused(files: &Files, truth: &str, pred: &str, more: &[&str], parts: &[&str]) {
    let (truth, pred) = (files.path(truth), files.path(pred));
    fails(2, parts, ["eval", text(&truth), text(&pred)].iter().chain(more));
}

fn dataset(files: &Files) -> String {
    let path = files.path("dataset.json");
    fs::write(&path, r#"{"labels": {"background": 0, "liver": 1, "tumor": 2}}"#).unwrap();
    text(&path).to_owned()
}

#[test]
fn segments_that_cannot_be_told_apart_are_refused() {
    let files = Files::new();
    volume(&files, "truth.nii", &both(blob(1, 0, 9), blob(2, 20, 25)));
    let dataset = dataset(&files);
    let layers = [both(blob(1, 0, 9), blob(2, 20, 25))];
    let segments =
        |name: &str, segments: &[(&str, u8, usize)]| segmentation(files.path(name), segments, &layers, WHOLE);
    segments("same.seg.nrrd", &[("liver", 1, 0), ("tumor", 1, 0)]);
    refused(&files, "truth.nii", "same.seg.nrrd", &["--dataset", &dataset], &["liver and tumor both have the value 1"]);
    segments("zero.seg.nrrd", &[("liver", 0, 0), ("tumor", 2, 0)]);
    refused(&files, "truth.nii", "zero.seg.nrrd", &["--dataset", &dataset], &["liver has the value 0"]);
    segments("layer.seg.nrrd", &[("liver", 1, 0), ("tumor", 2, 3)]);
    refused(&files, "truth.nii", "layer.seg.nrrd", &["--dataset", &dataset], &["tumor is in layer 3"]);
    // A key that is there twice, by names and by values.
    segments("twice.seg.nrrd", &[("liver", 1, 0), ("tumor", 2, 0)]);
    let header = fs::read(files.path("twice.seg.nrrd")).unwrap();
    let header = String::from_utf8_lossy(&header).replace("encoding", "Segment0_LabelValue:=2\nencoding");
    fs::write(files.path("twice.seg.nrrd"), header).unwrap();
    for more in [&["--dataset", &dataset[..]][..], &[]] {
        refused(&files, "truth.nii", "twice.seg.nrrd", more, &["Segment0_LabelValue twice"]);
        refused(&files, "twice.seg.nrrd", "truth.nii", more, &["Segment0_LabelValue twice"]);
    }
    // Names that are no class at all.
    segments("other.seg.nrrd", &[("Leber", 1, 0), ("Tumor", 2, 0)]);
    let parts = ["matched by name, and here they are Leber, Tumor", "(liver, tumor)", "leave --dataset out"];
    refused(&files, "truth.nii", "other.seg.nrrd", &["--dataset", &dataset], &parts);
    fs::write(&dataset, r#"{"labels": {"liver": 1, "tumor": 2, "liver": 3}}"#).unwrap();
    refused(&files, "truth.nii", "truth.nii", &["--dataset", &dataset], &["`liver` is there twice"]);
    fs::write(&dataset, r#"{"labels": {"1": "liver", "2": "liver"}}"#).unwrap();
    refused(&files, "truth.nii", "same.seg.nrrd", &["--dataset", &dataset], &["two classes are called liver"]);
}

#[test]
fn without_names_on_the_other_side_values_are_compared_and_that_is_told() {
    let files = Files::new();
    volume(&files, "truth.nii", &both(blob(1, 0, 9), blob(2, 20, 25)));
    let layer = both(blob(1, 0, 9), blob(2, 20, 25));
    segmentation(files.path("pred.seg.nrrd"), &[("a", 1, 0), ("b", 2, 0)], &[layer], WHOLE);
    let (found, said) = rows(&files, "truth.nii", "pred.seg.nrrd", &[]);
    assert_eq!(found, ["1: 9 9 9", "2: 5 5 5"]);
    assert!(said.contains("compared by their values") && said.contains("(a, b)"), "{said}");
    // A box that begins at the same voxel is no truncated file here.
    let layer = both(blob(1, 0, 9), blob(2, 20, 25));
    segmentation(files.path("box.seg.nrrd"), &[("a", 1, 0), ("b", 2, 0)], &[layer], [(0, 5), (0, 2), (0, 2)]);
    assert_eq!(rows(&files, "truth.nii", "box.seg.nrrd", &[]).0, ["1: 9 9 9", "2: 5 5 5"]);
    // Not so where segments overlap.
    let layers = [blob(1, 0, 9), blob(1, 5, 12)];
    segmentation(files.path("two.seg.nrrd"), &[("a", 1, 0), ("b", 1, 1)], &layers, WHOLE);
    refused(&files, "truth.nii", "two.seg.nrrd", &[], &["segments that overlap", "--dataset"]);
    refused(&files, "truth.nii", "two.seg.nrrd", &["-l", "1"], &["matched by name", "leave --labels out"]);
}

#[test]
fn a_segmentation_of_nothing_is_empty_wherever_its_voxel_lies() {
    let files = Files::new();
    volume(&files, "truth.nii", &both(blob(1, 0, 9), blob(2, 20, 25)));
    let one = [(40, 41); 3];
    segmentation(files.path("none.seg.nrrd"), &[], &[vec![0; 60]], one);
    segmentation(files.path("named.seg.nrrd"), &[("liver", 1, 0), ("tumor", 2, 0)], &[vec![0; 60]], one);
    let dataset = dataset(&files);
    for empty in ["none.seg.nrrd", "named.seg.nrrd"] {
        assert_eq!(rows(&files, "truth.nii", empty, &[]).0, ["1: 0 0 9", "2: 0 0 5"], "{empty}");
        assert_eq!(rows(&files, empty, "truth.nii", &[]).0, ["1: 0 9 0", "2: 0 5 0"], "{empty}");
        let (found, said) = rows(&files, "truth.nii", empty, &["--dataset", &dataset]);
        assert_eq!((found, said.as_str()), (vec!["liver: 0 0 9".to_owned(), "tumor: 0 0 5".into()], ""), "{empty}");
    }
}

#[test]
fn boxes_of_which_neither_holds_the_other_are_put_where_they_lie() {
    let files = Files::new();
    segmentation(files.path("truth.seg.nrrd"), &[("liver", 1, 0)], &[blob(1, 0, 8)], [(0, 5), (0, 2), (0, 1)]);
    segmentation(files.path("pred.seg.nrrd"), &[("liver", 3, 0)], &[blob(3, 5, 20)], [(0, 5), (1, 4), (0, 1)]);
    assert_eq!(rows(&files, "truth.seg.nrrd", "pred.seg.nrrd", &[]).0, ["liver: 3 15 8"]);
    assert_eq!(rows(&files, "pred.seg.nrrd", "truth.seg.nrrd", &[]).0, ["liver: 3 8 15"]);
    // The page shows both in one box.
    let page = files.path("page.html");
    let (a, b) = (files.path("truth.seg.nrrd"), files.path("pred.seg.nrrd"));
    run(["eval", text(&a), text(&b), "--html", text(&page)]);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg class=\"slice") && !page.contains("No picture"));
}

#[test]
fn images_and_label_maps_among_masks_are_told_or_refused() {
    let files = Files::new();
    let image: Vec<u8> = (0..60).collect();
    for side in ["truth", "pred"] {
        volume(&files, &format!("{side}/s0/liver.nii.gz"), &blob(1, 0, 9));
        volume(&files, &format!("{side}/s0/ct.nii.gz"), &image);
        volume(&files, &format!("{side}/s1/liver.nii.gz"), &blob(255, 0, 9));
    }
    let (found, said) = rows(&files, "truth", "pred", &[]);
    assert_eq!(found, ["liver: 9 9 9", "liver: 9 9 9"]);
    assert!(said.contains("ct.nii.gz left out"), "{said}");
    volume(&files, "pred/s1/liver.nii.gz", &image);
    let (truth, pred) = (files.path("truth"), files.path("pred"));
    let output = run(["eval", text(&truth), text(&pred)]);
    assert!(stderr(&output).contains("more than one value besides 0"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(1));
}

/// As BIDS has two parcellations of one case.
#[test]
fn a_folder_of_label_maps_alone_is_refused_as_one_of_masks() {
    let files = Files::new();
    let map = both(blob(1, 0, 9), blob(7, 20, 25));
    for side in ["truth", "pred"] {
        for name in ["aseg", "aparc"] {
            volume(&files, &format!("{side}/sub-1/sub-1_desc-{name}_dseg.nii.gz"), &map);
        }
    }
    refused(&files, "truth", "pred", &[], &["more than one value besides 0"]);
}

#[test]
fn lone_files_with_several_labels_are_label_maps() {
    let files = Files::new();
    for case in ["c0", "c1"] {
        volume(&files, &format!("truth/{case}/vertebrae.nii.gz"), &both(blob(1, 0, 9), blob(7, 20, 25)));
        volume(&files, &format!("pred/{case}.nii.gz"), &both(blob(1, 0, 9), blob(7, 20, 24)));
    }
    let (found, _) = rows(&files, "truth", "pred", &[]);
    assert_eq!(found, ["1: 9 9 9", "7: 4 4 5", "1: 9 9 9", "7: 4 4 5"]);
}

#[test]
fn other_ways_to_call_masks_are_known() {
    let files = Files::new();
    let dataset = dataset(&files);
    for (case, called) in
        [("a", ["liver", "tumor"]), ("b", ["liver_mask", "tumor_mask"]), ("c", ["c_liver", "c_tumor"])]
    {
        volume(&files, &format!("{case}/{case}/{}.nii.gz", called[0]), &blob(1, 0, 9));
        volume(&files, &format!("{case}/{case}/{}.nii.gz", called[1]), &blob(255, 20, 25));
        volume(&files, &format!("map_{case}/{case}.nii.gz"), &both(blob(1, 3, 9), blob(2, 20, 25)));
        let (found, said) = rows(&files, case, &format!("map_{case}"), &["--dataset", &dataset]);
        assert_eq!((found, said.as_str()), (vec!["liver: 6 6 9".to_owned(), "tumor: 5 5 5".into()], ""), "{case}");
    }
    // One mask of such a name in each case, and other structures.
    volume(&files, "t/s0/liver_mask.nii.gz", &blob(1, 0, 9));
    volume(&files, "p/s0/spleen_mask.nii.gz", &blob(1, 0, 9));
    assert_eq!(rows(&files, "t", "p", &[]).0, ["liver_mask: 0 0 9", "spleen_mask: 0 9 0"]);
}

#[test]
fn visits_and_labels_of_bids_are_known() {
    let files = Files::new();
    for side in ["truth", "pred"] {
        for visit in ["1", "2"] {
            let folder = format!("{side}/sub-01/ses-{visit}/anat");
            volume(&files, &format!("{folder}/sub-01_ses-{visit}_dseg.nii.gz"), &blob(3, 0, 9));
            volume(&files, &format!("{folder}/sub-01_ses-{visit}_T1w.nii.gz"), &(0..60).collect::<Vec<u8>>());
        }
        for tissue in ["GM", "WM"] {
            volume(&files, &format!("{side}_masks/sub-01/anat/sub-01_label-{tissue}_mask.nii.gz"), &blob(1, 0, 9));
        }
    }
    assert_eq!(rows(&files, "truth", "pred", &[]).0, ["3: 9 9 9", "3: 9 9 9"]);
    assert_eq!(rows(&files, "truth_masks", "pred_masks", &[]).0, ["GM: 9 9 9", "WM: 9 9 9"]);
}

#[test]
fn labels_in_no_class_are_named_with_what_does_not_list_them() {
    let files = Files::new();
    volume(&files, "truth.nii", &both(blob(1, 0, 9), blob(7, 20, 25)));
    volume(&files, "pred.nii", &both(blob(1, 0, 9), blob(9, 20, 25)));
    let dataset = dataset(&files);
    let (_, said) = rows(&files, "truth.nii", "pred.nii", &["--dataset", &dataset]);
    let parts =
        ["5 voxels of the truth and 5 of the prediction", "dataset.json does not list", "(7 in the truth, 9 in the"];
    assert!(parts.iter().all(|part| said.contains(part)) && !said.contains("--labels"), "{said}");
}

#[test]
fn volumes_are_known_where_any_file_says_how_large_a_voxel_is() {
    let files = Files::new();
    volume(&files, "image.nii", &blob(1, 0, 9));
    let values: Vec<f32> = blob(1, 0, 9).into_iter().map(f32::from).collect();
    let array = files.path("array.npy");
    voxdice::io::npy::write(&array, &[3, 4, 5], voxdice::io::npy::Order::RowMajor, &values).unwrap();
    for [truth, pred] in [["array.npy", "image.nii"], ["image.nii", "array.npy"]] {
        let (truth, pred) = (files.path(truth), files.path(pred));
        let output = run(["eval", text(&truth), text(&pred), "--format", "csv"]);
        assert!(stdout(&output).lines().nth(1).unwrap().ends_with(",0.00075"), "{}", stdout(&output));
    }
}
