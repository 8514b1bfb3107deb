//! `--lesion-maps` and `--pool`.

use super::{Files, fails, fine, json, text};
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
