//! `--lesion-maps` and `--pool`.

use super::folder::names_in;
use super::{Files, fails, fine, json, run, stderr, text};
use voxdice::io::labels::{Labels, read};

fn labels(path: &std::path::Path) -> Vec<u32> {
    match read(path).unwrap().labels {
        Labels::U8(labels) => labels.into_iter().map(u32::from).collect(),
        Labels::U16(labels) => labels.into_iter().map(u32::from).collect(),
        Labels::U32(labels) => labels,
    }
}

#[test]
fn maps_have_the_numbers_of_lesions() {
    let files = Files::new();
    let truth = files.map("truth.nii", &[8, 2, 1], &[1u8, 1, 0, 2, 0, 0, 1, 1, 1, 1, 0, 2, 0, 0, 0, 0]);
    let pred = files.map("pred.nii", &[8, 2, 1], &[1u8, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1]);
    let folder = files.path("maps");
    let start = ["eval", text(&truth), text(&pred), "--instances", "components", "--lesion-maps", text(&folder)];
    fine(start.iter().chain(&["--min-size", "1vox"]));
    let mut names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let ends = ["_1_pred.nii.gz", "_1_truth.nii.gz", "_2_pred.nii.gz", "_2_truth.nii.gz"];
    assert!(names.len() == 4 && names.iter().zip(ends).all(|(name, end)| name.ends_with(end)), "{names:?}");
    let of = |place: usize| labels(&folder.join(&names[place]));
    assert_eq!(of(1), [1, 1, 0, 0, 0, 0, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0]);
    // Lesions of one voxel were dropped.
    assert_eq!(of(0), [1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(of(2), [0; 16]);
    assert_eq!(of(3), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let geometry = |path: &std::path::Path| read(path).unwrap().geometry.unwrap();
    let (own, expected) = (geometry(&folder.join(&names[0])), geometry(&truth));
    assert_eq!((own.affine, own.spacing), (expected.affine, expected.spacing));
    // Nothing is written over, and nothing is left behind.
    fails(2, &["maps", "new one"], start);
    fails(2, &["make it first"], [&start[..6], &[text(&files.path("no/where"))]].concat());
    fails(2, &["no folder"], [&start[..6], &[text(&truth)]].concat());
    fails(2, &["--lesion-maps", "--instances"], ["eval", text(&truth), text(&pred), "--lesion-maps", "x"]);
    let hidden = std::fs::read_dir(files.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(hidden.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
}

/// Folders `t` and `p` with files of these names; each is one row of voxels.
fn cohort(cases: &[(&str, [u8; 8], [u8; 8])]) -> Files {
    let files = Files::new();
    for folder in ["t", "p"] {
        std::fs::create_dir(files.path(folder)).unwrap();
    }
    for (name, truth, pred) in cases {
        files.map(&format!("t/{name}.nii"), &[8, 1, 1], truth);
        files.map(&format!("p/{name}.nii"), &[8, 1, 1], pred);
    }
    files
}

/// Maps of two folders.
fn maps(files: &Files) -> (i32, String, Vec<String>) {
    let [truth, pred, maps] = ["t", "p", "maps"].map(|name| files.path(name));
    let output = run(["eval", text(&truth), text(&pred), "--instances", "components", "--lesion-maps", text(&maps)]);
    let names = if maps.exists() { names_in(&maps) } else { Vec::new() };
    (output.status.code().unwrap(), stderr(&output), names)
}

#[test]
fn a_class_that_a_case_lacks_has_no_maps_there_and_the_others_have() {
    let files = cohort(&[
        ("a", [1, 0, 2, 0, 3, 0, 0, 0], [1, 0, 2, 0, 3, 0, 0, 0]),
        ("b", [1, 0, 0, 0, 3, 0, 0, 0], [1, 0, 0, 0, 0, 3, 0, 0]),
    ]);
    let (code, said, names) = maps(&files);
    assert!(code == 0 && !said.contains("grid"), "{said}");
    let of = |case: &str, class: u8| ["pred", "truth"].map(|side| format!("{case}_{class}_{side}.nii.gz"));
    assert_eq!(names, [of("a", 1), of("a", 2), of("a", 3), of("b", 1), of("b", 3)].concat());
}

#[test]
fn two_grids_have_no_maps_which_is_told_with_the_classes_that_are_there() {
    use voxdice::io::nifti::{Geometry, write};
    let labels = [1u8, 0, 2, 0, 3, 0, 0, 0];
    let files = cohort(&[("a", labels, labels), ("b", [1, 0, 0, 0, 3, 0, 0, 0], [0; 8])]);
    let mut moved = Geometry::from_spacing([0.5, 0.75, 2.0]);
    moved.affine[0][3] += 0.5;
    write(files.path("p/b.nii"), &[8, 1, 1], &moved, &[1u8, 0, 0, 0, 3, 0, 0, 0]).unwrap();
    let [truth, pred, folder] = ["t", "p", "maps"].map(|name| files.path(name));
    let start = ["eval", text(&truth), text(&pred), "--instances", "components", "--lesion-maps", text(&folder)];
    let output = run(start);
    let said = stderr(&output);
    assert!(output.status.code() == Some(1) && said.contains("b: no maps of the lesions of 1, 3, as"), "{said}");
    assert_eq!(names_in(&folder).len(), 6);
}

#[test]
fn maps_of_one_name_have_numbers_and_the_result_is_there() {
    let labels = [1u8, 0, 1, 0, 0, 0, 0, 0];
    let files = cohort(&[("a 1", labels, labels), ("a-1", labels, labels)]);
    let (code, said, names) = maps(&files);
    assert!(code == 0 && said.contains("note: a-1, 1: its maps of lesions are called a-1_1-2, as a-1_1 is"), "{said}");
    let expected = ["a-1_1-2_pred.nii.gz", "a-1_1-2_truth.nii.gz", "a-1_1_pred.nii.gz", "a-1_1_truth.nii.gz"];
    assert_eq!(names, expected);
}

/// Without the inputs it would be about them, if they were looked at.
#[test]
fn folders_that_cannot_be_made_are_told_before_anything_is_read() {
    let files = Files::new();
    let refused = |folder: &str, more: &[&str], parts: &[&str]| {
        let folder = format!("{}{folder}", text(&files.path("")));
        let start = ["eval", "no truth", "no pred", "--instances", "components", "--lesion-maps", &folder];
        fails(2, parts, start.iter().chain(more));
    };
    std::fs::create_dir(files.path("empty")).unwrap();
    for folder in ["empty", "empty/", "empty/."] {
        refused(folder, &["--csv", text(&files.path("empty/x.csv"))], &["--csv writes into"]);
    }
    for fine in ["empty", "empty/", "empty/.", "new", "new/", "empty/../new"] {
        refused(fine, &[], &["no truth"]);
    }
    refused("new", &["--html", text(&files.path("new"))], &["--html writes into the folder of --lesion-maps"]);
    refused("", &[], &["something is in this folder"]);
    refused("empty/..", &[], &["no name of its own"]);
    refused(&"n".repeat(300), &[], &["cannot be written"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(files.path("empty"), files.path("link")).unwrap();
        refused("link", &[], &["this is a link"]);
        refused("link/", &[], &["this is a link"]);
        refused("empty", &["--csv", text(&files.path("link/x.csv"))], &["--csv writes into"]);
    }
    let left = if cfg!(unix) { &["empty", "link"][..] } else { &["empty"] };
    assert_eq!(names_in(&files.path("")), left);
}

#[test]
fn means_are_over_cases_or_over_lesions() {
    let files = Files::new();
    for folder in ["t", "p"] {
        std::fs::create_dir(files.path(folder)).unwrap();
    }
    // One lesion that is found; three that are missed and one that is extra.
    files.map("t/a.nii", &[8, 1, 1], &[1u8, 1, 0, 0, 0, 0, 0, 0]);
    files.map("p/a.nii", &[8, 1, 1], &[1u8, 1, 0, 0, 0, 0, 0, 0]);
    files.map("t/b.nii", &[8, 1, 1], &[1u8, 0, 1, 0, 1, 0, 0, 0]);
    files.map("p/b.nii", &[8, 1, 1], &[0u8, 0, 0, 0, 0, 0, 0, 1]);
    let (truth, pred) = (files.path("t"), files.path("p"));
    let start = ["eval", text(&truth), text(&pred), "--format", "json", "--instances", "components"];
    let more = ["--metrics", "dice,lesion_f1,lesion_dice,lesion_recall,lesion_precision,pq,false_negative_ml"];
    let of = |pool: &str| json(start.iter().chain(&more).chain(&["--pool", pool]));
    let (cases, lesions) = (of("cases"), of("lesions"));
    let mean = |found: &serde_json::Value, name: &str| found["mean"]["1"][name].as_f64().unwrap();
    for (name, over_cases, over_lesions) in [
        ("lesion_f1", 0.5, 1.0 / 3.0),
        ("lesion_dice", 0.5, 1.0 / 5.0),
        ("lesion_recall", 0.5, 1.0 / 4.0),
        ("lesion_precision", 0.5, 1.0 / 2.0),
        ("pq", 0.5, 1.0 / 3.0),
        ("Dice", 0.5, 0.5),
    ] {
        assert_eq!((mean(&cases, name), mean(&lesions, name)), (over_cases, over_lesions), "{name}");
    }
    assert_eq!(lesions["voxdice"]["options"]["pool"], "lesions");
    assert_eq!(lesions["metric_per_case"], cases["metric_per_case"]);
    // Merged results may be pooled otherwise.
    let part = files.path("part.json");
    std::fs::write(&part, lesions.to_string()).unwrap();
    let merged = |more: &[&str]| json(["merge", text(&part), "--format", "json"].iter().chain(more));
    assert_eq!(merged(&[])["mean"], lesions["mean"]);
    assert_eq!(merged(&["--pool", "cases"])["mean"], cases["mean"]);
    let shown = fine(start[..3].iter().chain(&["--instances", "components", "--pool", "lesions"]));
    assert!(shown.contains("0.3333"), "{shown}");
    fails(2, &["--pool", "--instances"], ["eval", text(&truth), text(&pred), "--pool", "lesions"]);
}
