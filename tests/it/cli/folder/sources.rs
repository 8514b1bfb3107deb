//! Label maps with a dataset.json, masks, and segments of 3D Slicer: the same voxels give the same table, whatever each
//! side is. The cases are generated, and so are the names' order, the values and the layers.

use crate::cli::{Files, run, stderr, stdout, text};
use crate::random::Random;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const SHAPE: [u64; 3] = [5, 4, 3];
const VOXELS: usize = 60;

/// The classes of the dataset with their labels: not sorted, and with gaps.
const CLASSES: [(&str, u8); 4] = [("liver", 4), ("tumor", 1), ("spleen", 9), ("left kidney", 2)];
const IGNORE: u8 = 7;

/// How a side is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// A label map whose labels dataset.json names.
    Map,
    /// A folder per case with a file per class.
    Masks,
    /// Segments in one layer.
    Segments,
    /// Segments in layers of their own, or several in one.
    Layers,
    /// Segments of which the box is stored in which there is something, or one voxel where there is nothing.
    Boxes,
}

const KINDS: [Kind; 5] = [Kind::Map, Kind::Masks, Kind::Segments, Kind::Layers, Kind::Boxes];

/// For each voxel the place of its class, `CLASSES.len()` where it is to be ignored, or none.
type Voxels = Vec<Option<usize>>;

/// Truth and prediction of a case: blobs, so that they overlap.
fn case(random: &mut Random, classes: &[usize], ignores: bool) -> [Voxels; 2] {
    let mut draw = |shift: usize, skipped: Option<usize>, ignores: bool| -> Voxels {
        let mut voxels = vec![None; VOXELS];
        for (place, &class) in classes.iter().enumerate().filter(|&(_, &class)| Some(class) != skipped) {
            let (start, length) = (place * 13 + shift + random.below(3) as usize, 4 + random.below(6) as usize);
            voxels.iter_mut().skip(start).take(length).for_each(|voxel| *voxel = Some(class));
        }
        if ignores {
            voxels.iter_mut().skip(20 + shift).take(9).for_each(|voxel| *voxel = Some(CLASSES.len()));
        }
        voxels
    };
    // Of several classes the last one is in the truth only.
    let skipped = classes.last().copied().filter(|_| classes.len() > 1);
    [draw(0, None, ignores), draw(2, skipped, ignores)]
}

/// Writes a side of a case in one of the kinds. With a dataset, a class that it does not have has an empty mask, a segment
/// without voxels, or nothing at all.
fn write(files: &Files, path: [&str; 2], kind: Kind, voxels: &Voxels, spare: bool, random: &mut Random) {
    let [folder, name] = path;
    let mut order: Vec<(usize, &str)> = CLASSES.iter().map(|(name, _)| *name).chain(["ignore"]).enumerate().collect();
    for place in (1..order.len()).rev() {
        order.swap(place, random.below(place as u32 + 1) as usize);
    }
    let has = |class: usize| voxels.contains(&Some(class));
    // At least one is written.
    order.retain(|&(class, _)| has(class) || class == 0 || (spare && class < CLASSES.len() && random.below(2) == 0));
    let mask = |class: usize, value: u8| -> Vec<u8> {
        voxels.iter().map(|voxel| if *voxel == Some(class) { value } else { 0 }).collect()
    };
    match kind {
        Kind::Map => {
            let label = |class: usize| CLASSES.get(class).map_or(IGNORE, |(_, label)| *label);
            let labels: Vec<u8> = voxels.iter().map(|voxel| voxel.map_or(0, label)).collect();
            fs::create_dir_all(files.path(folder)).unwrap();
            files.map(&format!("{folder}/{name}.nii.gz"), &SHAPE, &labels);
        }
        Kind::Masks => {
            fs::create_dir_all(files.path(&format!("{folder}/{name}"))).unwrap();
            for &(class, called) in &order {
                let value = [1, 255, 3][random.below(3) as usize];
                files.map(&format!("{folder}/{name}/{called}.nii.gz"), &SHAPE, &mask(class, value));
            }
        }
        Kind::Segments | Kind::Boxes => {
            let mut layer = vec![0; VOXELS];
            let mut segments = Vec::new();
            for (place, &(class, called)) in order.iter().enumerate() {
                let value = 3 * place as u8 + 1;
                mask(class, value).iter().zip(&mut layer).for_each(|(from, to)| *to |= from);
                segments.push((called, value, 0));
            }
            let range = if kind == Kind::Boxes { around(&layer) } else { WHOLE };
            segmentation(files.path(&format!("{folder}/{name}.seg.nrrd")), &segments, &[layer], range);
        }
        Kind::Layers => {
            let mut layers: Vec<Vec<u8>> = Vec::new();
            let mut segments = Vec::new();
            for (place, &(class, called)) in order.iter().enumerate() {
                // The first two share a layer, the others have theirs, in which they have the same value.
                let (layer, value) = if place < 2 { (0, place as u8 + 1) } else { (place - 1, 1) };
                layers.resize((layer + 1).max(layers.len()).max(2), vec![0; VOXELS]);
                mask(class, value).iter().zip(&mut layers[layer]).for_each(|(from, to)| *to |= from);
                segments.push((called, value, layer));
            }
            segmentation(files.path(&format!("{folder}/{name}.seg.nrrd")), &segments, &layers, WHOLE);
        }
    }
}

/// From where to where a file has voxels, along each axis.
type Range = [(u64, u64); 3];

const WHOLE: Range = [(0, SHAPE[0]), (0, SHAPE[1]), (0, SHAPE[2])];

fn position(voxel: usize) -> [u64; 3] {
    let [x, y, _] = SHAPE;
    [voxel as u64 % x, voxel as u64 / x % y, voxel as u64 / x / y]
}

/// The box in which there is something; without anything one voxel, which lies anywhere.
fn around(layer: &[u8]) -> Range {
    let mut range = [(u64::MAX, 0); 3];
    for at in (0..VOXELS).filter(|&voxel| layer[voxel] != 0).map(position) {
        for (ends, at) in range.iter_mut().zip(at) {
            *ends = (ends.0.min(at), ends.1.max(at + 1));
        }
    }
    if range[0].1 == 0 { [(40, 41); 3] } else { range }
}

/// As 3D Slicer writes it: the layers are the first axis where there are several, and the image is named.
pub(super) fn segmentation(path: PathBuf, segments: &[(&str, u8, usize)], layers: &[Vec<u8>], range: Range) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let [x, y, z] = range.map(|(from, to)| to - from);
    let [i, j, k] = [0, 1, 2].map(|axis| range[axis].0 as f64 * [0.5, 0.75, 2.0][axis]);
    let directions = "(0.5,0,0) (0,0.75,0) (0,0,2)";
    let n = layers.len();
    let axes = match n {
        1 => format!("dimension: 3\nsizes: {x} {y} {z}\nkinds: domain domain domain\nspace directions: {directions}\n"),
        _ => format!(
            "dimension: 4\nsizes: {n} {x} {y} {z}\nkinds: list domain domain domain\nspace directions: none {directions}\n"
        ),
    };
    let mut header = format!(
        "NRRD0004\ntype: unsigned char\nspace: right-anterior-superior\n{axes}\
         space origin: ({i},{j},{k})\nencoding: raw\n\
         Segmentation_MasterRepresentation:=Binary labelmap\nSegmentation_ConversionParameters:=Collapse labelmaps|1|a word&\
         Reference image geometry|0.5;0;0;0;0;0.75;0;0;0;0;2;0;0;0;0;1;0;4;0;3;0;2;|its geometry&Smoothing|0|another&\n"
    );
    for (place, (name, value, layer)) in segments.iter().enumerate() {
        header += &format!(
            "Segment{place}_Name:={name}\nSegment{place}_LabelValue:={value}\nSegment{place}_Layer:={layer}\n"
        );
    }
    let inside = |voxel: &usize| position(*voxel).iter().zip(range).all(|(at, (from, to))| (from..to).contains(at));
    let stored = (0..VOXELS).filter(inside);
    let mut voxels: Vec<u8> = stored.flat_map(|voxel| layers.iter().map(move |layer| layer[voxel])).collect();
    voxels.resize((x * y * z) as usize * n, 0);
    fs::write(path, [header.as_bytes(), b"\n", &voxels].concat()).unwrap();
}

/// A cohort in one of the kinds, below a folder.
fn cohort(files: &Files, folder: &str, kind: Kind, cases: &[Voxels], spare: bool, seed: u64) {
    let mut random = Random::new(seed + kind as u64 * 1000);
    for (number, voxels) in cases.iter().enumerate() {
        write(files, [folder, &format!("case_{number}")], kind, voxels, spare, &mut random);
    }
}

/// The CSV, and all numbers of the JSON.
fn tables(files: &Files, truth: Kind, pred: Kind, more: &[&str]) -> (String, Value) {
    let (of_truth, of_pred) = (files.path(&format!("truth_{truth:?}")), files.path(&format!("pred_{pred:?}")));
    let eval = |form: &str| {
        let output =
            run(["eval", text(&of_truth), text(&of_pred), "--backend", "cpu", "--format", form].iter().chain(more));
        assert_eq!(output.status.code(), Some(0), "{truth:?} {pred:?}: {}", stderr(&output));
        stdout(&output)
    };
    let mut json: Value = serde_json::from_str(&eval("json")).unwrap();
    for case in json["metric_per_case"].as_array_mut().unwrap() {
        let case = case.as_object_mut().unwrap();
        case.retain(|key, _| key == "metrics");
    }
    let own = json["voxdice"].as_object_mut().unwrap();
    own.retain(|key, _| !["cases", "warnings", "truth", "prediction", "command"].contains(&key.as_str()));
    (eval("csv"), json)
}

/// All pairs of kinds give one table.
fn all_agree(kinds: &[Kind], classes: &[usize], ignores: bool, seed: u64, more: &[&str]) {
    let files = Files::new();
    let dataset = files.path("dataset.json");
    let mut labels: Vec<String> = CLASSES.iter().map(|(name, label)| format!("\"{name}\": {label}")).collect();
    if ignores {
        labels.push(format!("\"ignore\": {IGNORE}"));
    }
    fs::write(&dataset, format!("{{\"labels\": {{\"background\": 0, {}}}}}", labels.join(", "))).unwrap();
    let mut random = Random::new(seed);
    let cases: Vec<[Voxels; 2]> = (0..3).map(|_| case(&mut random, classes, ignores)).collect();
    let spare = kinds.contains(&Kind::Map) && classes.len() > 1;
    for &kind in kinds {
        let of = |side: usize| cases.iter().map(|case| case[side].clone()).collect::<Vec<_>>();
        cohort(&files, &format!("truth_{kind:?}"), kind, &of(0), spare, seed);
        cohort(&files, &format!("pred_{kind:?}"), kind, &of(1), spare, seed + 1);
    }
    let named: &[&str] = if kinds.contains(&Kind::Map) { &["--dataset", text(&dataset)] } else { &[] };
    let more = [named, more].concat();
    let mut first = None;
    for &truth in kinds {
        for &pred in kinds {
            let found = tables(&files, truth, pred, &more);
            let (csv, json) = first.get_or_insert_with(|| found.clone());
            assert_eq!(&found.0, csv, "{truth:?} {pred:?}, seed {seed}");
            assert_eq!(&found.1, json, "{truth:?} {pred:?}, seed {seed}");
        }
    }
    // The table is not one of nothing.
    let (csv, _) = first.unwrap();
    let overlaps = csv.lines().skip(1).filter(|line| line.split(',').nth(4).is_some_and(|tp| tp != "0")).count();
    assert!(overlaps > 0, "{csv}");
}

#[test]
fn every_pair_of_sources_has_one_table() {
    for seed in 0..3 {
        all_agree(&KINDS, &[0, 1, 2, 3], false, seed, &[]);
    }
    // A class in no file of any case.
    all_agree(&KINDS, &[0, 2, 3], false, 7, &["--empty", "one"]);
}

#[test]
fn what_is_ignored_is_ignored_in_every_source() {
    for seed in 10..12 {
        all_agree(&KINDS, &[0, 1, 2, 3], true, seed, &[]);
    }
}

#[test]
fn regions_are_unions_of_names_in_every_source() {
    all_agree(&KINDS, &[0, 1, 2, 3], false, 20, &["--region", "organ=1,4"]);
}

#[test]
fn without_a_dataset_names_are_the_classes() {
    for seed in 30..32 {
        all_agree(&KINDS[1..], &[0, 1, 2, 3], false, seed, &[]);
    }
}

/// Every case folder has a single mask.
#[test]
fn one_mask_is_a_folder_of_masks() {
    all_agree(&KINDS, &[0], false, 40, &[]);
    all_agree(&KINDS[1..], &[0], false, 41, &[]);
}
