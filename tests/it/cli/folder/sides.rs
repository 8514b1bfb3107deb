//! The files of one side: masks in other orders and places, what is ignored, how numbers are read, and the pictures of it all.

use super::sources::segmentation;
use crate::cli::{Files, fails, fine, run, stderr, stdout, text};
use std::fs;
use std::time::{Duration, Instant};
use voxdice::io::nifti::{Geometry, Voxel, write};

const SHAPE: [u64; 3] = [5, 4, 3];
const WHOLE: [(u64, u64); 3] = [(0, 5), (0, 4), (0, 3)];

fn blob(label: u8, from: usize, to: usize) -> Vec<u8> {
    (0..60).map(|voxel| if (from..to).contains(&voxel) { label } else { 0 }).collect()
}

/// A map whose first voxel is so many millimetres along x.
fn placed<T: Voxel>(files: &Files, name: &str, shape: [u64; 3], x: f64, voxels: &[T]) {
    let path = files.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut geometry = Geometry::from_spacing([0.5, 0.75, 2.0]);
    geometry.affine[0][3] = x;
    write(&path, &shape, &geometry, voxels).unwrap();
}

fn volume(files: &Files, name: &str, voxels: &[u8]) {
    placed(files, name, SHAPE, 0.0, voxels);
}

fn dataset(files: &Files) -> String {
    let path = files.path("dataset.json");
    fs::write(&path, r#"{"labels": {"background": 0, "liver": 1, "tumor": 2, "ignore": 3}}"#).unwrap();
    text(&path).to_owned()
}

/// Runs `eval` on two names with more arguments.
fn eval(files: &Files, truth: &str, pred: &str, more: &[&str]) -> std::process::Output {
    let (truth, pred) = (files.path(truth), files.path(pred));
    run(["eval", text(&truth), text(&pred), "--backend", "cpu"].iter().chain(more))
}

/// The page of a run, and of its results read back.
fn pages(files: &Files, truth: &str, pred: &str, more: &[&str]) -> [String; 2] {
    let [page, merged, part] = ["page.html", "merged.html", "part.json"].map(|name| files.path(name));
    let output = eval(files, truth, pred, &[&["--html", text(&page), "--format", "json"], more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    fs::write(&part, stdout(&output)).unwrap();
    fine(["merge", text(&part), "--html", text(&merged)]);
    [page, merged].map(|path| fs::read_to_string(path).unwrap())
}

fn are_drawn(pages: &[String; 2]) {
    for page in pages {
        assert!(page.contains("<svg class=\"slice") && !page.contains("No picture"), "{page}");
    }
    let pictures = |page: &String| page.split("<svg class=\"slice").skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(pictures(&pages[0]).len(), pictures(&pages[1]).len());
}

#[test]
fn what_is_to_be_ignored_lies_on_the_grid_of_its_side() {
    let files = Files::new();
    let dataset = dataset(&files);
    volume(&files, "t/c/liver.nii", &blob(1, 0, 9));
    volume(&files, "p/c/liver.nii", &blob(1, 0, 20));
    volume(&files, "t/c/ignore.nii", &blob(1, 9, 20));
    let csv = ["--dataset", &dataset, "--format", "csv", "--metrics", "dice"];
    let expected = stdout(&eval(&files, "t", "p", &csv));
    assert!(expected.contains("c,1,1,"), "{expected}");
    // The same points from the other end of x.
    let turned: Vec<u8> = blob(1, 9, 20).chunks(5).flat_map(|row| row.iter().rev().copied()).collect();
    let mut geometry = Geometry::from_spacing([0.5, 0.75, 2.0]);
    (geometry.affine[0][0], geometry.affine[0][3]) = (-0.5, 2.0);
    write(files.path("t/c/ignore.nii"), &SHAPE, &geometry, &turned).unwrap();
    assert_eq!(stdout(&eval(&files, "t", "p", &csv)), expected);
    // Another size, larger and smaller, and another place.
    let parts = ["t/c/liver.nii", "t/c/ignore.nii"];
    for shape in [[5, 5, 5], [5, 2, 1]] {
        placed(&files, "t/c/ignore.nii", shape, 0.0, &vec![1u8; shape.iter().product::<u64>() as usize]);
        let output = eval(&files, "t", "p", &csv);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(parts.iter().all(|part| stderr(&output).contains(part)), "{}", stderr(&output));
    }
    placed(&files, "t/c/ignore.nii", SHAPE, 0.25, &blob(1, 9, 20));
    let output = eval(&files, "t", "p", &csv);
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), expected));
    assert!(parts.iter().all(|part| stderr(&output).contains(part)), "{}", stderr(&output));
    assert!(!stderr(&output).contains("truth and prediction"), "{}", stderr(&output));
    let output = eval(&files, "t", "p", &[&csv[..], &["--geometry", "strict"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(parts.iter().all(|part| stderr(&output).contains(part)), "{}", stderr(&output));
}

#[test]
fn long_lists_of_labels_cost_no_time() {
    let files = Files::new();
    let dataset = dataset(&files);
    let labels: Vec<u16> = (0..64 * 64 * 32u32).map(|i| if i % 3 == 0 { 40_000 } else { (i % 2) as u16 }).collect();
    let voxels: Vec<u8> = (0..64 * 64 * 32u32).map(|i| (i % 2) as u8).collect();
    placed(&files, "t/c.nii", [64, 64, 32], 0.0, &labels);
    placed(&files, "p/c/liver.nii", [64, 64, 32], 0.0, &voxels);
    let start = Instant::now();
    let json = eval(&files, "t", "p", &["--dataset", &dataset, "--ignore", "300-65000", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(found["voxdice"]["cases"][0]["voxels"], 64 * 64 * 32 - 43_691);
    assert_eq!(found["mean"]["1"]["Dice"], 1.0);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn pictures_are_of_the_files_that_were_counted() {
    let files = Files::new();
    // Names that are shortened, and names that begin with the case.
    volume(&files, "t/s0/liver_mask.nii", &blob(1, 0, 9));
    volume(&files, "p/s0/liver.nii", &blob(1, 3, 9));
    are_drawn(&pages(&files, "t", "p", &[]));
    for side in ["bids_t", "bids_p"] {
        let name = format!("{side}/sub-1/ses-1/anat/sub-1_ses-1");
        volume(&files, &format!("{name}_liver.nii"), &blob(1, 0, 9));
        volume(&files, &format!("{name}_spleen.nii"), &blob(1, 20, if side == "bids_t" { 30 } else { 31 }));
    }
    are_drawn(&pages(&files, "bids_t", "bids_p", &[]));
    // Segments that are compared by their values, in a box at the start of the map.
    volume(&files, "map.nii", &blob(1, 0, 9));
    segmentation(files.path("box.seg.nrrd"), &[("a", 1, 0)], &[blob(1, 0, 8)], [(0, 5), (0, 2), (0, 2)]);
    are_drawn(&pages(&files, "map.nii", "box.seg.nrrd", &[]));
    // An ignored value of a segmentation, as results know it.
    let layers = |to| [blob(1, 0, 9).into_iter().zip(blob(3, 9, to)).map(|(a, b)| a | b).collect::<Vec<u8>>()];
    segmentation(files.path("t.seg.nrrd"), &[("liver", 1, 0)], &layers(15), WHOLE);
    segmentation(files.path("p.seg.nrrd"), &[("liver", 1, 0)], &[blob(1, 2, 12)], WHOLE);
    let found = pages(&files, "t.seg.nrrd", "p.seg.nrrd", &["--region", "liver=1", "--ignore", "3"]);
    are_drawn(&found);
    assert_eq!(found[0], found[1]);
}

#[test]
fn shards_that_were_named_in_other_ways_are_not_merged() {
    let files = Files::new();
    volume(&files, "t.nii", &blob(1, 0, 9));
    let path = files.path("dataset.json");
    fs::write(&path, r#"{"labels": {"background": 0, "organ": [1, 2]}}"#).unwrap();
    let part = |name: &str, more: &[&str]| {
        let json = eval(&files, "t.nii", "t.nii", &[&["--format", "json"], more].concat());
        fs::write(files.path(name), stdout(&json)).unwrap();
        files.path(name)
    };
    let a = part("a.json", &["--dataset", text(&path)]);
    let b = part("b.json", &["--region", "organ=1,2"]);
    let said = fs::read_to_string(&b).unwrap();
    fs::write(&b, said.replace("\"case\": \"t\"", "\"case\": \"u\"")).unwrap();
    let named = |path| {
        serde_json::from_str::<serde_json::Value>(&fs::read_to_string(path).unwrap()).unwrap()["voxdice"]
        ["options"]["named_by"]
        .clone()
    };
    assert_eq!([named(&a), named(&b)], ["dataset", "caller"]);
    fails(2, &["sources of names", "--dataset"], ["merge", text(&a), text(&b)]);
}

#[test]
fn segmentations_lie_anywhere_unless_the_rule_is_strict() {
    let files = Files::new();
    let of = |name: &str, box_: [(u64, u64); 3]| {
        segmentation(files.path(name), &[("liver", 1, 0)], &[vec![1; 60]], box_);
    };
    of("a.seg.nrrd", [(0, 4), (0, 4), (0, 3)]);
    of("b.seg.nrrd", [(1, 5), (0, 4), (0, 3)]);
    of("c.seg.nrrd", [(4, 5), (0, 4), (0, 3)]);
    let said = |pred: &str, more: &[&str]| {
        let output = eval(&files, "a.seg.nrrd", pred, more);
        (output.status.code(), stderr(&output))
    };
    assert_eq!(said("b.seg.nrrd", &[]), (Some(0), String::new()));
    let (code, warning) = said("c.seg.nrrd", &[]);
    assert!(code == Some(0) && warning.contains("no voxel in common"), "{warning}");
    for pred in ["b.seg.nrrd", "c.seg.nrrd"] {
        let (code, error) = said(pred, &["--geometry", "strict"]);
        assert!(code == Some(2) && error.contains("apart") && error.contains("--geometry warn"), "{error}");
    }
}

/// A segmentation of one float per voxel.
fn floats(files: &Files, name: &str, more: &str, voxels: &[f32]) {
    let header = format!(
        "NRRD0004\ntype: float\ndimension: 3\nsizes: {} 1 1\nspace: right-anterior-superior\n\
         space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\nendian: little\n\
         Segment0_Name:=liver\nSegment0_LabelValue:=1\n{more}\n",
        voxels.len()
    );
    let bytes: Vec<u8> = voxels.iter().flat_map(|voxel| voxel.to_le_bytes()).collect();
    fs::write(files.path(name), [header.as_bytes(), &bytes].concat()).unwrap();
}

#[test]
fn numbers_are_read_alike_in_segments_and_in_folders_of_single_files() {
    let files = Files::new();
    floats(&files, "t.seg.nrrd", "", &[0.0, 1.0, 1.0, 0.0]);
    floats(&files, "p.seg.nrrd", "", &[0.0, 0.9999, 0.9999, 0.9999]);
    let output = eval(&files, "t.seg.nrrd", "p.seg.nrrd", &["--round", "0.01", "--format", "csv", "--metrics", "dice"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains(",liver,0.8,"), "{}", stdout(&output));
    // Names say neither, and the numbers are labels by the rules alone.
    for (value, flag) in [(-1.0f32, ["--ignore", "-1"]), (2.9999, ["--round", "0.01"])] {
        let voxels: Vec<f32> = (0..60u8).map(|i| [0.0, 1.0, 2.0, value][usize::from(i % 4)]).collect();
        for case in ["c0", "c1"] {
            placed(&files, &format!("t/{case}/out.nii"), SHAPE, 0.0, &voxels);
            placed(&files, &format!("p/{case}.nii"), SHAPE, 0.0, &voxels);
        }
        let output = eval(&files, "t", "p", &[&flag[..], &["-l", "1,2", "--format", "csv"]].concat());
        assert_eq!(output.status.code(), Some(0), "{flag:?}: {}", stderr(&output));
        assert_eq!(stdout(&output).lines().count(), 5, "{}", stdout(&output));
    }
}

#[test]
fn bytes_behind_the_voxels_are_told_whatever_the_file_is() {
    let files = Files::new();
    let more = |name: &str| {
        let bytes = [fs::read(files.path(name)).unwrap(), b"more".to_vec()].concat();
        fs::write(files.path(name), bytes).unwrap();
    };
    for side in ["t", "p"] {
        volume(&files, &format!("{side}/c/liver.nii"), &blob(1, 0, 9));
        volume(&files, &format!("{side}.nii"), &blob(1, 0, 9));
    }
    segmentation(files.path("t.seg.nrrd"), &[("liver", 1, 0)], &[blob(1, 0, 9)], WHOLE);
    ["p/c/liver.nii", "p.nii", "t.seg.nrrd"].into_iter().for_each(more);
    for (truth, pred, file) in [("t", "p", "p/c/liver.nii"), ("t.seg.nrrd", "t/c", "t.seg.nrrd")] {
        let output = eval(&files, truth, pred, &[]);
        let said = stderr(&output);
        assert!(output.status.code() == Some(0) && said.contains(&format!("{file}: 4 bytes behind")), "{said}");
    }
    let (truth, pred) = (files.path("t.nii"), files.path("p.nii"));
    let output = run(["loss", text(&truth), text(&pred)]);
    assert!(stderr(&output).contains("p.nii: 4 bytes behind the voxels"), "{}", stderr(&output));
}

#[test]
fn a_file_of_thousands_of_channels_is_no_segmentation() {
    let files = Files::new();
    let header = "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 5000 1 1 1\nkinds: list domain domain domain\n\
                  encoding: raw\nSegment0_Name:=liver\nSegment0_LabelValue:=1\nSegment0_Layer:=4999\n\n";
    let path = files.path("many.seg.nrrd");
    fs::write(&path, [header.as_bytes(), &[1; 5000]].concat()).unwrap();
    fails(2, &["many.seg.nrrd", "5000 numbers per voxel"], ["eval", text(&path), text(&path)]);
    assert!(fine(["info", text(&path)]).contains("4999"));
}

/// Notes of one kind end after ten of them, and are no warnings; what every case has is told once.
#[test]
fn notes_of_many_cases_are_few() {
    let files = Files::new();
    let with = |case: usize, x: f64, is_turned: bool| {
        let name = format!("c{case:02}.nii");
        for (side, x) in [("t", 0.0), ("p", x)] {
            placed(&files, &format!("{side}/{name}"), SHAPE, x, &blob(1, 0, 9));
        }
        if !is_turned {
            return placed(&files, &format!("r/{name}"), SHAPE, 0.0, &blob(1, 0, 9));
        }
        // The same points from the other end of x.
        let turned: Vec<u8> = blob(1, 0, 9).chunks(5).flat_map(|row| row.iter().rev().copied()).collect();
        let mut geometry = Geometry::from_spacing([0.5, 0.75, 2.0]);
        (geometry.affine[0][0], geometry.affine[0][3]) = (-0.5, 2.0);
        fs::create_dir_all(files.path("r")).unwrap();
        write(files.path(&format!("r/{name}")), &SHAPE, &geometry, &turned).unwrap();
    };
    (0..13).for_each(|case| with(case, 1e-5, true));
    let said = |pred| stderr(&eval(&files, "t", pred, &[]));
    let turned = said("r");
    assert!(turned.starts_with("note: all 13 cases: ") && turned.lines().count() == 1, "{turned}");
    // One case without.
    with(13, 0.0, false);
    for (pred, kind) in [("p", "same_grid"), ("r", "reordered")] {
        let said = said(pred);
        assert!(said.contains(&format!("note: 3 more like it ({kind})")) && !said.contains("warning"), "{said}");
        assert_eq!(said.lines().count(), 11, "{said}");
    }
}
