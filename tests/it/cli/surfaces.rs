//! Distances between surfaces in `voxdice eval`.

use super::folder::Cohort;
use super::{Files, fails, fine, gpu, json, run, stderr, text};
use crate::surfaces::Maps;
use crate::surfaces::cases::{file, maps, number};
use std::path::{Path, PathBuf};
use voxdice::Spacing;
use voxdice::io::nifti::{Geometry, write};
use voxdice::metric::surface::{SurfaceMetric, SurfacePreset, SurfaceRules};

const METRICS: [&str; 5] = ["hd", "hd95", "assd", "nsd=1", "hd_pred=50"];

/// The value of a class that the library finds.
fn expected(maps: &Maps, label: u8, rules: &SurfaceRules, mm: &[f64], metric: &str) -> f64 {
    let only = |labels: &[u8]| labels.iter().map(|&l| u8::from(l == label)).collect();
    let maps = Maps { truth: only(&maps.truth), pred: only(&maps.pred), spatial: maps.spatial.clone() };
    rules
        .value(metric.parse::<SurfaceMetric>().unwrap(), &maps.surface(&rules.options(&Spacing::new(mm).unwrap())))
        .unwrap()
}

/// Both backends have the same values, and say that they were compared.
#[test]
fn a_gpu_has_the_values_of_the_cpu_and_verify_compares_distances() {
    if !gpu() {
        return;
    }
    let files = Files::new();
    let file = file();
    // Each run opens the adapter anew, which takes its time.
    let cases = file["cases"].as_array().unwrap().iter().step_by(25);
    for (case, surface) in cases.zip(["monai", "deepmind", "seg-metrics"]) {
        let both = maps(case);
        let shape: Vec<u64> = both.spatial.iter().rev().map(|&n| n as u64).collect();
        let [truth, pred] = [("t.nii", &both.truth), ("p.nii", &both.pred)].map(|(name, voxels)| {
            let path = files.path(name);
            write(&path, &shape, &Geometry::from_spacing([1.0, 0.8, 3.0]), voxels).unwrap();
            path
        });
        let metrics = METRICS.join(",");
        let arguments = ["eval", text(&truth), text(&pred), "--metrics", &metrics, "--surface", surface];
        let of = |more: &[&str]| {
            json(arguments.iter().chain(&["--format", "json"]).chain(more))["metric_per_case"][0]["metrics"].clone()
        };
        assert_eq!(of(&["--backend", "gpu"]), of(&["--backend", "cpu"]), "{} {surface}", case["name"]);
        let verified = run(arguments.iter().chain(&["--verify"]));
        assert!(verified.status.success(), "{}", stderr(&verified));
        let said = stderr(&verified);
        assert!(said.contains("agree in every count and distance"), "{said}");
    }
}

/// The golden cases through every preset in turn: the library is held to other tools, and the command to the library.
#[test]
fn the_command_has_the_values_of_the_library() {
    let files = Files::new();
    let mut compared = 0;
    for (i, case) in file()["cases"].as_array().unwrap().iter().enumerate() {
        let both = maps(case);
        let mm: Vec<f64> = case["spacing"].as_array().unwrap().iter().map(number).collect();
        // Files have x first, and in 2-D a third axis of one voxel.
        let shape: Vec<u64> = both.spatial.iter().rev().map(|&n| n as u64).collect();
        let [truth, pred] = [("t.nii", &both.truth), ("p.nii", &both.pred)].map(|(name, voxels)| {
            let path = files.path(name);
            write(&path, &shape, &Geometry::from_spacing([1.0; 3]), voxels).unwrap();
            path
        });
        let mut spacing: Vec<String> = mm.iter().rev().map(f64::to_string).collect();
        spacing.resize(3, "1".into());
        let labels: Vec<&String> = case["expected"].as_object().unwrap().keys().collect();
        let list = labels.iter().map(|label| label.as_str()).collect::<Vec<_>>().join(",");
        let presets = SurfacePreset::ALL.into_iter().map(Some).chain([None]);
        for preset in presets.skip(i % 6).step_by(6) {
            let name = preset.map(|preset| preset.to_string());
            let (spacing, metrics) = (spacing.join(","), METRICS.join(","));
            let mut arguments = vec!["eval", text(&truth), text(&pred), "--format", "json", "--metrics", &metrics];
            arguments.extend(["--spacing", &spacing, "-l", &list, "--bootstrap", "0"]);
            arguments.extend(name.iter().flat_map(|name| ["--surface", name]));
            let found = json(arguments);
            let rules = preset.map(SurfacePreset::rules).unwrap_or_default();
            for (label, metric) in labels.iter().flat_map(|label| METRICS.map(|metric| (label, metric))) {
                let expected = expected(&both, label.parse().unwrap(), &rules, &mm, metric);
                let value = &found["metric_per_case"][0]["metrics"][label.as_str()][metric];
                let expected = Some(expected).filter(|value| value.is_finite());
                assert_eq!(value.as_f64(), expected, "{metric} of {label} in {}, {name:?}", case["name"]);
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// A ball of label 1 and a box of label 2, and the same moved.
fn pair(files: &Files) -> [PathBuf; 2] {
    let voxels = |shift: i64| -> Vec<u8> {
        let of = |i: i64| {
            let [x, y, z] = [i % 12 - 5 - shift, i / 12 % 10 - 5, i / 120 - 3];
            match () {
                () if x * x + y * y + z * z < 8 => 1,
                () if x < -2 && y < -2 => 2,
                () => 0,
            }
        };
        (0..12 * 10 * 7).map(of).collect()
    };
    [("truth.nii", 0), ("pred.nii", 1)].map(|(name, shift)| files.map(name, &[12, 10, 7], &voxels(shift)))
}

fn values(truth: &Path, pred: &Path, more: &[&str]) -> Vec<Vec<Option<f64>>> {
    let metrics = ["--format", "json", "--metrics", "dice,hd95,assd,nsd=0.5", "--bootstrap", "0"];
    let found = json([&["eval", text(truth), text(pred)], &metrics[..], more].concat());
    let classes = found["metric_per_case"][0]["metrics"].as_object().unwrap().values();
    classes.map(|class| ["Dice", "hd95", "assd", "nsd=0.5"].map(|name| class[name].as_f64()).to_vec()).collect()
}

#[test]
fn masks_have_the_values_of_label_maps() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let of_maps = values(&truth, &pred, &[]);
    assert!(of_maps.iter().flatten().all(|value| value.is_some_and(f64::is_finite)), "{of_maps:?}");
    assert_eq!(values(&files.masks("t", &truth), &files.masks("p", &pred), &[]), of_maps);
}

/// The same points along other axes, and a box of them, are the same surfaces.
#[test]
fn points_have_their_distances_in_whatever_order_they_are_stored() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let expected = values(&truth, &pred, &[]);
    let image = voxdice::io::labels::read(&pred).unwrap();
    let voxdice::io::labels::Labels::U8(labels) = &image.labels else { unreachable!() };
    let plain = image.geometry.unwrap();
    // Backwards along x.
    let (mut geometry, edge) = (plain, plain.affine[0][0]);
    (geometry.affine[0][0], geometry.affine[0][3]) = (-edge, plain.affine[0][3] + 11.0 * edge);
    let backwards: Vec<u8> = labels.chunks(12).flat_map(|row| row.iter().rev().copied()).collect();
    let turned = files.path("turned.nii");
    write(&turned, &image.shape, &geometry, &backwards).unwrap();
    assert_eq!(values(&truth, &turned, &[]), expected);
    // Slices 1 to 5 alone, as they lie: what is not stored is background.
    let mut cut = plain;
    cut.affine[2][3] += plain.affine[2][2];
    let stored = &labels[120..720];
    let part = files.path("part.nii");
    write(&part, &[12, 10, 5], &cut, stored).unwrap();
    let padded = files.map("padded.nii", &[12, 10, 7], &[&[0; 120], stored, &[0; 120]].concat());
    assert_eq!(values(&truth, &part, &[]), values(&truth, &padded, &[]));
    assert_ne!(values(&truth, &part, &[]), expected);
}

#[test]
fn distances_need_the_size_of_a_voxel() {
    let files = Files::new();
    let array = |name: &str, voxels: [u8; 12]| {
        let path = files.path(name);
        voxdice::io::npy::write(&path, &[3, 4], voxdice::io::npy::Order::RowMajor, &voxels.map(f32::from)).unwrap();
        path
    };
    let truth = array("t.npy", [0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
    let pred = array("p.npy", [0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0]);
    let arguments = |more: &[&'static str]| [&["eval", text(&truth), text(&pred), "--metrics", "hd"], more].concat();
    fails(2, &["t.npy", "how large a voxel is", "--spacing X,Y,Z"], arguments(&[]));
    let several = files.map("several.nii", &[3, 3, 2, 2], &[1u8; 36]);
    fails(
        2,
        &["several.nii", "2 or 3 axes", "3 x 3 x 2 x 2"],
        ["eval", text(&several), text(&several), "--metrics", "hd"],
    );
    let found = json(arguments(&["--spacing", "0.5,2,1", "--format", "json"]));
    assert_eq!(found["metric_per_case"][0]["metrics"]["1"]["hd"], 0.5);
    assert_eq!(found["voxdice"]["options"]["surfaces"]["metrics"], serde_json::json!(["hd"]));
    // A definition that measures in voxels needs none.
    assert_eq!(json(arguments(&["--surface", "skimage-hausdorff", "--format", "json"]))["foreground_mean"]["hd"], 1.0);
    for wrong in ["0,1,1", "1", "1,0", "1,-1,1", "nan,1,1", "1,1,1,1", "x"] {
        let output = run(arguments(&["--spacing", wrong]));
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(stderr(&output).contains("three lengths above 0"), "{}", stderr(&output));
    }
    fails(2, &["--surface", "--metrics"], ["eval", text(&truth), text(&pred), "--surface", "monai"]);
}

#[test]
fn every_output_says_how_distances_are_defined() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let arguments = ["eval", text(&truth), text(&pred), "--metrics", "dice,hd95,nsd=2", "--surface", "deepmind"];
    let table = fine(arguments);
    assert!(table.contains("hd95 mm") && table.contains("nsd=2") && table.contains("surfaces: deepmind: "), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let page = files.path("page.html");
    fine([&arguments[..], &["--html", text(&page)]].concat());
    assert!(std::fs::read_to_string(&page).unwrap().contains("<dt>Surfaces</dt>"));
    let csv = fine([&arguments[..], &["--format", "csv"]].concat());
    assert!(csv.starts_with("case,label,dice,hd95,nsd=2,tp,"), "{csv}");
}

#[test]
fn shards_keep_their_distances_and_counts_make_none() {
    let cohort = Cohort::new();
    // In one case the prediction has no label 3, so that some tools have an infinite distance.
    cohort.0.map("pred/case_0.nii.gz", &[4, 3, 2], &[1u8; 24]);
    let choices = ["--metrics", "dice,hd95,nsd=1", "--surface", "monai", "--directions", "mean", "--format", "json"];
    let whole = cohort.eval(&choices);
    let parts = cohort.halves(&choices);
    let merged = run(["merge", text(&parts[0]), text(&parts[1]), "--format", "json"]);
    assert_eq!(String::from_utf8(merged.stdout).unwrap(), String::from_utf8(whole.stdout).unwrap());
    fails(2, &["assd was not measured"], ["merge", text(&parts[0]), text(&parts[1]), "--metrics", "assd"]);
}

/// Every choice by itself gives what the preset that makes it gives.
#[test]
fn single_choices_make_a_definition() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    for (preset, choices) in [
        ("medpy", "--directions pooled"),
        ("mikan", "--image-edge repeat --percentile round"),
        ("grand-challenge", "--percentile lower"),
        ("deepmind", "--boundary corner --percentile cumulative"),
        ("lits", "--boundary edge"),
        ("brats24", "--nsd-form mean"),
    ] {
        let with = |arguments: &str| values(&truth, &pred, &arguments.split(' ').collect::<Vec<_>>());
        assert_eq!(with(choices), with(&format!("--surface {preset}")), "{preset}");
        assert_eq!(with(&format!("--surface {preset} {choices}")), with(choices), "{preset} and its own choices");
    }
    let arguments =
        ["eval", text(&truth), text(&pred), "--metrics", "hd95", "--surface", "monai", "--directions", "mean"];
    let table = fine(arguments);
    assert!(table.contains("surfaces: monai, directions mean: boundary voxels across faces;"), "{table}");
    let found = json([&arguments[..], &["--format", "json"]].concat());
    assert_eq!(found["voxdice"]["options"]["surfaces"]["choices"], serde_json::json!({ "directions": "mean" }));
    fails(2, &["--image-edge", "--metrics"], ["eval", text(&truth), text(&pred), "--image-edge", "repeat"]);
    fails(2, &["max, mean, pooled"], ["eval", text(&truth), text(&pred), "--metrics", "hd", "--directions", "both"]);
}

/// A label that only the truth has.
#[test]
fn a_miss_costs_what_was_chosen() {
    let files = Files::new();
    let truth = files.map("t.nii", &[3, 4, 1], &[1u8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    let pred = files.map("p.nii", &[3, 4, 1], &[1u8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let of = |missed: &[&str]| {
        let arguments = ["eval", text(&truth), text(&pred), "--metrics", "hd95,nsd=1", "--format", "json"];
        json([&arguments[..], missed, &["--spacing", "4,3,12"]].concat())
    };
    for (missed, expected) in
        [("nan", None), ("374", Some(374.0)), ("diagonal", Some(f64::hypot(12.0, 12.0 * 2f64.sqrt())))]
    {
        let found = of(&["--missed", missed]);
        let hd95 = &found["metric_per_case"][0]["metrics"]["2"]["hd95"];
        assert_eq!(hd95.as_f64(), expected, "{missed}");
        assert_eq!(found["metric_per_case"][0]["metrics"]["2"]["nsd=1"], 0.0, "a share is no distance");
        assert_eq!(found["voxdice"]["undefined"]["hd95 mm"], u64::from(expected.is_none()), "{missed}");
    }
    let found = of(&["--missed", "inf"]);
    assert_eq!(found["voxdice"]["cases"][0]["infinite"], serde_json::json!([["2", "hd95"]]));
    assert_eq!(of(&[])["metric_per_case"], of(&["--missed", "nan"])["metric_per_case"]);
    // Every form for people says what no mean has.
    let said = "hd95 mm has no value, and is in no mean, where a class was missed (1)";
    let way = "; eval --missed gives one";
    let page = files.path("page.html");
    for format in ["table", "markdown", "latex"] {
        let of = |metrics: &str, more: &[&str]| {
            let arguments =
                ["eval", text(&truth), text(&pred), "--spacing", "4,3,12", "--format", format, "--html", text(&page)];
            let printed = fine(arguments.iter().chain(&["--metrics", metrics]).chain(more));
            let words = |text: &str| text.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ");
            [words(&printed), words(&std::fs::read_to_string(&page).unwrap())]
        };
        let [printed, shown] = of("hd95,nsd=1", &[]);
        assert!(printed.contains(said) && shown.contains(said), "{printed}");
        // A table of a paper has no flags.
        assert_eq!((printed.contains(way), shown.contains(way)), (format == "table", true), "{printed}");
        for none in [of("hd95", &["--missed", "9"]), of("nsd=1,nsd_pred=1", &[]), of("dice", &[])] {
            assert!(none.iter().all(|form| !form.contains("is in no mean")));
        }
    }
    let message = "nan, inf, diagonal or a distance of 0 or more";
    fails(2, &[message], ["eval", text(&truth), text(&pred), "--metrics", "hd95", "--missed", "-3"]);
}

#[test]
fn bands_along_boundaries_are_scores() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let maps_of = |only: u8| -> Maps {
        let read = |path: &Path| match voxdice::io::labels::read(path).unwrap().labels {
            voxdice::io::labels::Labels::U8(labels) => labels.iter().map(|&l| u8::from(l == only)).collect(),
            other => unreachable!("{other:?}"),
        };
        Maps { truth: read(&truth), pred: read(&pred), spatial: vec![7, 10, 12] }
    };
    let metrics = ["boundary_iou=1", "boundary_iou=2", "boundary_iou_mm=1.5", "boundary_iou_below=2"];
    let found = json(["eval", text(&truth), text(&pred), "--metrics", &metrics.join(","), "--format", "json"]);
    for (label, metric) in [1u8, 2].into_iter().flat_map(|only| metrics.map(|metric| (only, metric))) {
        let counts = maps_of(label).bands(metric.parse().unwrap(), &Spacing::new([2.0, 0.75, 0.5]).unwrap());
        let value = &found["metric_per_case"][0]["metrics"][label.to_string()][metric];
        assert_eq!(value.as_f64(), Some(voxdice::metric::iou(&counts, voxdice::Empty::Nan)), "{metric} of {label}");
    }
    // Steps need no spacing, and a class in neither file is as --empty says.
    let array = files.path("a.npy");
    voxdice::io::npy::write(&array, &[2, 2], voxdice::io::npy::Order::RowMajor, &[0f32, 1.0, 1.0, 1.0]).unwrap();
    let of = |empty| {
        let arguments = ["eval", text(&array), text(&array), "-l", "1,2", "--metrics", "boundary_iou=1"];
        json([&arguments[..], &["--empty", empty, "--format", "json"]].concat())["metric_per_case"][0]["metrics"]
            .clone()
    };
    assert_eq!(
        [of("nan")["1"]["boundary_iou=1"].as_f64(), of("nan")["2"]["boundary_iou=1"].as_f64()],
        [Some(1.0), None]
    );
    assert_eq!(of("one")["2"]["boundary_iou=1"], 1.0);
    for wrong in ["boundary_iou", "boundary_iou=1.5", "boundary_iou=0", "boundary_iou_mm=-1"] {
        fails(2, &["is no metric"], ["eval", text(&array), text(&array), "--metrics", wrong]);
    }
}
