//! Lesions in `voxdice eval`.

use super::folder::Cohort;
use super::{Files, fails, fine, gpu, json, run, stderr, stdout, text};
use crate::instances::cases::{cases, is_instances, maps, number};
use serde_json::Value;
use std::path::PathBuf;
use voxdice::Classes;
use voxdice::io::nifti::{Geometry, write};
use voxdice::metric::instances::{
    Detection, InstancePreset, InstanceRules, LesionMetric, detection, detection_of, matching, reduced,
};
use voxdice::stats::InstancesBy;

/// The golden cases as files: those have x first.
fn golden(files: &Files, case: &Value) -> [PathBuf; 2] {
    let maps = maps(case);
    let shape: Vec<u64> = maps.spatial.iter().rev().map(|&n| n as u64).collect();
    let mm: Vec<f64> = case["spacing"].as_array().unwrap().iter().rev().map(number).collect();
    let geometry = Geometry::from_spacing([0, 1, 2].map(|axis| mm.get(axis).copied().unwrap_or(1.0)));
    [("t.nii", &maps.truth), ("p.nii", &maps.pred)].map(|(name, labels)| {
        let path = files.path(name);
        write(&path, &shape, &geometry, labels).unwrap();
        path
    })
}

fn same(found: &Value, expected: &Detection, place: &str) {
    for (key, value) in [("tp", expected.tp), ("fn", expected.missed), ("fp", expected.fp)] {
        assert_eq!(found[key].as_f64(), Some(value as f64), "{key} of {place}");
    }
    for metric in LesionMetric::ALL {
        let expected = Some(metric.of(expected)).filter(|value| value.is_finite());
        let found = found[metric.key()].as_f64();
        let close = |(a, b): (f64, f64)| (a - b).abs() <= 1e-6 * b.abs().max(1.0);
        assert!(
            found == expected || found.zip(expected).is_some_and(close),
            "{} of {place}: {found:?}, not {expected:?}",
            metric.key()
        );
    }
}

/// With dilations, and with labels that are instances.
#[test]
fn a_gpu_has_the_lesions_of_the_cpu_and_verify_compares_them() {
    if !gpu() {
        return;
    }
    let files = Files::new();
    let all = cases();
    for (preset, labels) in [("brats24-gli", false), ("cellpose", true)] {
        let case = all.iter().find(|case| is_instances(case) == labels && case["name"] != "both_empty_2d").unwrap();
        let [truth, pred] = golden(&files, case);
        let arguments = ["eval", text(&truth), text(&pred), "--like", preset, "--format", "json", "--bootstrap", "0"];
        let of = |backend| {
            let found = json(arguments.iter().chain(&["--backend", backend]));
            found["metric_per_case"][0].clone()
        };
        assert_eq!(of("gpu"), of("cpu"), "{} {preset}", case["name"]);
        let verified = run(arguments.iter().chain(&["--verify"]));
        let said = stderr(&verified);
        assert!(said.contains("agree in every count and lesion"), "{said}");
    }
}

/// The golden cases through the presets in turn: the library is held to other tools, and the command to the library.
#[test]
fn the_command_has_the_values_of_the_library() {
    let files = Files::new();
    let mut compared = 0;
    for (i, case) in cases().iter().enumerate() {
        let maps = maps(case);
        let mm3: f64 = case["spacing"].as_array().unwrap().iter().map(number).product();
        let [truth, pred] = golden(&files, case);
        for preset in InstancePreset::ALL.into_iter().skip(i % 7).step_by(7) {
            let system = preset.system();
            let by_labels = system.rules.by == InstancesBy::Labels;
            let name = preset.to_string();
            let mut arguments = vec!["eval", text(&truth), text(&pred), "--format", "json", "--like", &name];
            arguments.extend(["--bootstrap", "0", "--quiet"]);
            let place = format!("{} {name}", case["name"]);
            if system.regions.is_empty() && !by_labels && is_instances(case) {
                continue;
            }
            let is_empty = maps.truth.iter().chain(&maps.pred).all(|&label| label == 0);
            if is_empty && system.regions.is_empty() && !by_labels {
                arguments.extend(["-l", "1"]);
            }
            let output = run(arguments);
            assert_eq!(output.status.code(), Some(0), "{place}: {}", stderr(&output));
            let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
            let found = &found["metric_per_case"][0]["instances"];
            if by_labels {
                same(&found["all"], &maps.detect(&system.rules, mm3), &place);
            } else if system.regions.is_empty() {
                for (key, found) in found.as_object().unwrap() {
                    let class = Classes::new([key.parse().unwrap()]).unwrap();
                    let options = InstanceRules::options(&[system.rules], &[], maps.spatial.len());
                    let expected = detection(&maps.find(&class, &options)[0], &system.rules, mm3);
                    same(found, &expected, &place);
                }
            } else {
                let rules: Vec<InstanceRules> = system.regions.iter().map(|region| region.rules).collect();
                let classes = Classes::regions(system.regions.iter().map(|region| region.labels.to_vec())).unwrap();
                let options = InstanceRules::options(&rules, &system.touching, maps.spatial.len());
                let all = maps.find(&classes, &options);
                let left = reduced(&all, &rules, &system.touching, mm3);
                for ((region, left), rules) in system.regions.iter().zip(&left).zip(&rules) {
                    let labels: Vec<String> = region.labels.iter().map(u32::to_string).collect();
                    let comma = if labels.len() == 1 { "," } else { "" };
                    let key = format!("({}{comma})", labels.join(", "));
                    same(&found[&key], &detection_of(left, &matching(left, rules), rules, mm3), &place);
                }
            }
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}

/// Two rows of voxels: a lesion that is found, one that is missed, one that is extra.
pub(super) fn pair(files: &Files) -> [PathBuf; 2] {
    let truth = files.map("truth.nii", &[8, 2, 1], &[1u8, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    let pred = files.map("pred.nii", &[8, 2, 1], &[1u8, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0]);
    [truth, pred]
}

#[test]
fn lesions_are_columns_objects_and_rows() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let list = files.path("lesions.csv");
    let shown = fine(["eval", text(&truth), text(&pred), "--instances", "components", "--lesions", text(&list)]);
    assert!(shown.contains("lesion F1") && shown.contains("lesion Dice") && shown.contains("0.5000"), "{shown}");
    assert!(shown.contains("lesions: components by corners; matched by the largest sum with"), "{shown}");
    let rows: Vec<Vec<String>> = csv::ReaderBuilder::new()
        .from_path(&list)
        .unwrap()
        .records()
        .map(|row| row.unwrap().iter().map(String::from).collect())
        .collect();
    let status: Vec<(&str, &str, &str)> =
        rows.iter().map(|row| (row[3].as_str(), row[17].as_str(), row[20].as_str())).collect();
    let expected =
        [("truth", "4", "found"), ("truth", "2", "missed"), ("prediction", "4", "found"), ("prediction", "2", "extra")];
    assert_eq!(status, expected);
    // 0.5 · 0.75 · 2 mm.
    assert_eq!((rows[0][18].as_str(), rows[0][21].as_str(), rows[0][24].as_str()), ("3", "1", "1"));
    assert_eq!(rows[0][5..17].join(" "), "0 0 0 0.500 0.500 0.000 0 0 0 1 1 0");
    let found = json([
        "eval",
        text(&truth),
        text(&pred),
        "--format",
        "json",
        "--instances",
        "components",
        "--size-classes",
        "2,100",
        "--metrics",
        "dice,pq,lesion_recall",
        "--match-threshold",
        ">0.5",
    ]);
    let lesions = &found["metric_per_case"][0]["instances"]["1"];
    assert_eq!(
        (&lesions["n_truth"], &lesions["tp"], &lesions["fn"], &lesions["fp"]),
        (&2.into(), &1.into(), &1.into(), &1.into())
    );
    assert_eq!((&lesions["volume_truth_ml"], &lesions["false_negative_ml"]), (&0.0045.into(), &0.0015.into()));
    let sizes: Vec<_> =
        lesions["by_size"].as_array().unwrap().iter().map(|size| (&size["n_truth"], &size["found"])).collect();
    assert_eq!(sizes, [(&1.into(), &0.into()), (&1.into(), &1.into()), (&0.into(), &0.into())]);
    assert_eq!(found["metric_per_case"][0]["metrics"]["1"]["pq"], 0.5);
    assert_eq!(found["voxdice"]["options"]["instances"]["choices"]["match_threshold"], ">0.5");
    // What neither flag nor score asks for is not there.
    let plain = json(["eval", text(&truth), text(&pred), "--format", "json"]);
    assert!(plain["metric_per_case"][0].get("instances").is_none());
}

#[test]
fn single_choices_go_before_a_preset() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let f1 = |more: &[&str]| {
        let start = ["eval", text(&truth), text(&pred), "--format", "json", "--bootstrap", "0"];
        json([&start[..], more].concat())["metric_per_case"][0]["instances"]["1"]["f1"].as_f64().unwrap()
    };
    assert_eq!(f1(&["--like", "isles22"]), 0.5);
    // The extra one lies two columns before the missed one.
    assert_eq!(f1(&["--like", "isles22", "--near", "2"]), 1.0);
    let near = ["--metrics", "lesion_f1", "--match", "any", "--criterion", "voxels", "--match-threshold", ">0"];
    assert_eq!(f1(&[&near[..], &["--near", "2"]].concat()), 1.0);
    assert_eq!(f1(&["--instances", "components", "--min-size", "2vox"]), 2.0 / 3.0);
    assert_eq!(f1(&["--instances", "components", "--floor", "1.5mm3"]), 2.0 / 3.0);
    assert_eq!(f1(&["--instances", "components", "--join", "2"]), 1.0);
    assert_eq!(f1(&["--instances", "components", "--match", "greedy", "--many-to-one"]), 0.5);
}

#[test]
fn masks_have_the_lesions_of_label_maps() {
    let files = Files::new();
    let paths = pair(&files);
    let of_maps = json(["eval", text(&paths[0]), text(&paths[1]), "--format", "json", "--instances", "components"]);
    for (side, map) in [("t", &paths[0]), ("p", &paths[1])] {
        let folder = files.path(side).join("case");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(map, folder.join("lesion.nii")).unwrap();
    }
    let (truth, pred) = (files.path("t"), files.path("p"));
    let of_masks = json(["eval", text(&truth), text(&pred), "--format", "json", "--instances", "components"]);
    assert_eq!(of_masks["metric_per_case"][0]["instances"]["lesion"], of_maps["metric_per_case"][0]["instances"]["1"]);
}

#[test]
fn parts_are_merged_with_their_lesions() {
    let cohort = Cohort::new();
    let choices = [
        "--instances",
        "components",
        "--size-classes",
        "1,4",
        "--match",
        "any",
        "--criterion",
        "voxels",
        "--match-threshold",
        ">0",
    ];
    let eval = |more: &[&str]| {
        let output = cohort.eval(&[&choices[..], &["--format", "json"], more].concat());
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
        stdout(&output)
    };
    let whole = eval(&[]);
    let parts: Vec<PathBuf> = (1..=2)
        .map(|index| {
            let path = cohort.path(&format!("part{index}.json"));
            std::fs::write(&path, eval(&["--shard", &format!("{index}/2")])).unwrap();
            path
        })
        .collect();
    let merged = run(["merge", text(&parts[1]), text(&parts[0]), "--format", "json"]);
    assert_eq!(stdout(&merged), whole, "{}", stderr(&merged));
    let other = cohort.path("other.json");
    std::fs::write(&other, stdout(&cohort.eval(&["--format", "json", "--shard", "2/2", "--instances", "components"])))
        .unwrap();
    fails(2, &["lesions", "--instances"], ["merge", text(&parts[0]), text(&other)]);
    // Without voxels no lesions are found.
    std::fs::write(&other, stdout(&cohort.eval(&["--format", "json"]))).unwrap();
    fails(2, &["--like isles22", "again"], ["merge", text(&parts[0]), text(&parts[1]), "--like", "isles22"]);
    fails(2, &["lesion_f1"], ["merge", text(&other), "--metrics", "lesion_f1"]);
}

#[test]
fn flags_that_do_nothing_are_refused() {
    let files = Files::new();
    let [truth, pred] = pair(&files);
    let eval = |more: &[&'static str]| {
        [&["eval", text(&truth), text(&pred)], more].concat().into_iter().map(String::from).collect::<Vec<_>>()
    };
    fails(2, &["--near", "--instances components"], eval(&["--near", "1"]));
    fails(2, &["--lesions", "--instances components"], eval(&["--lesions", "x.csv"]));
    fails(2, &["--charge-fp", "--instances components"], eval(&["--charge-fp", "no"]));
    fails(2, &["--many-to-one", "--match"], eval(&["--instances", "components", "--match", "unique", "--many-to-one"]));
    let one = ["--instances", "components"];
    fails(2, &["--near", "--match any"], eval(&[&one[..], &["--near", "1"]].concat()));
    fails(2, &["--near", "add --criterion voxels"], eval(&[&one[..], &["--match", "any", "--near", "1"]].concat()));
    let voxels = ["--match", "any", "--near", "1", "--criterion", "voxels", "--match-threshold", ">0"];
    fine(eval(&[&one[..], &voxels[..]].concat()));
    fails(2, &["--criterion", "merge-both"], eval(&["--like", "lits", "--criterion", "dice"]));
    fails(2, &["--floor", "merge-both"], eval(&["--like", "lits", "--floor", "10mm3"]));
    fails(
        2,
        &["--charge-fp", "merge-both"],
        eval(&[&one[..], &["--match", "merge-both", "--charge-fp", "no"]].concat()),
    );
    fails(2, &["brats23-gli", "merge-both"], eval(&["--like", "brats23-gli", "--match", "merge-both"]));
    fails(2, &["--charge-fp", "nearest"], eval(&["--like", "cc-dice", "--charge-fp", "no"]));
    fails(2, &["--criterion", "nearest"], eval(&[&one[..], &["--match", "nearest", "--criterion", "iou"]].concat()));
    fails(2, &["--match-threshold", "nearest"], eval(&["--like", "cc-dice", "--match-threshold", "0.1"]));
    fails(2, &["--connectivity", "label"], eval(&["--instances", "labels", "--connectivity", "faces"]));
    fails(2, &["brats23-gli", "joins"], eval(&["--like", "brats23-gli", "--instances", "labels"]));
    fails(2, &["one with ET", "NETC"], eval(&["--like", "brats24-gli", "-l", "1"]));
    fails(2, &["ascend"], eval(&["--instances", "components", "--size-classes", "5,2"]));
    fails(2, &["--labels", "leave it out"], eval(&["--instances", "labels", "-l", "1"]));
    fails(2, &["`brats25`", "brats24-gli"], eval(&["--like", "brats25"]));
    fails(2, &["lesions", "allowed", "--max-lesions"], eval(&["--instances", "components", "--max-lesions", "1"]));
}

#[test]
fn a_class_without_lesions_is_in_every_case() {
    let cohort = Files::new();
    let empty = [0u8; 4];
    let [truth, pred] = ["t.nii", "p.nii"].map(|name| cohort.map(name, &[4, 1, 1], &empty));
    let found = json(["eval", text(&truth), text(&pred), "--format", "json", "--instances", "labels"]);
    let all = &found["metric_per_case"][0]["instances"]["all"];
    assert_eq!((&all["n_truth"], &all["fp"], &all["false_positive_ml"]), (&0.into(), &0.into(), &0.0.into()));
    let page = cohort.path("labels.html");
    let [truth, pred] = ["one.nii", "two.nii"].map(|name| cohort.map(name, &[4, 1, 1], &[1u8, 2, 0, 0]));
    let shown = run(["eval", text(&truth), text(&pred), "--instances", "labels", "--html", text(&page)]);
    assert_eq!(shown.status.code(), Some(0), "{}", stderr(&shown));
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(!html.contains("no longer those") && !stderr(&shown).contains("no longer those"), "{}", stderr(&shown));
    // Label 2 is only where the truth is ignored.
    let truth = cohort.map("ignored.nii", &[4, 1, 1], &[1u8, 9, 0, 0]);
    let pred = cohort.map("other.nii", &[4, 1, 1], &[1u8, 2, 0, 0]);
    let found =
        json(["eval", text(&truth), text(&pred), "--format", "json", "--instances", "components", "--ignore", "9"]);
    let keys: Vec<&String> = found["metric_per_case"][0]["instances"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["1"]);
    // A class of another case has no lesions here.
    let cohort = Cohort::new();
    let output = cohort.eval(&["--instances", "components", "--format", "json"]);
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let classes: Vec<&String> = found["mean"].as_object().unwrap().keys().collect();
    for case in found["metric_per_case"].as_array().unwrap() {
        assert_eq!(case["instances"].as_object().unwrap().keys().collect::<Vec<_>>(), classes);
    }
}

/// LiTS has no pairs, so that scores of pairs are undefined: also where nothing is found, and where there is nothing.
#[test]
fn lits_counts_and_has_no_mean() {
    let files = Files::new();
    let maps = [[0u8, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 0], [0; 6]];
    for (i, (truth, pred)) in maps.iter().flat_map(|truth| maps.iter().map(move |pred| (truth, pred))).enumerate() {
        let [truth, pred] = [("t", truth), ("p", pred)].map(|(side, map)| {
            let map: Vec<u8> = map.iter().copied().chain([0; 6]).collect();
            files.map(&format!("{side}{i}.nii"), &[6, 2, 1], &map)
        });
        let arguments = ["eval", text(&truth), text(&pred), "-l", "1", "--like", "lits", "--format", "json"];
        let found = json(arguments)["metric_per_case"][0]["instances"]["1"].clone();
        assert!(found["tp"].is_i64() && found["n_truth"].is_u64(), "{found}");
        for name in ["sq", "pq", "sq_dice", "pq_dice", "lesion_dice"] {
            assert!(found[name].is_null(), "{name} of {i}: {found}");
        }
    }
    let map = text(&files.path("t0.nii")).to_owned();
    let shown = fine(["eval", &map, &map, "--like", "lits"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("merged both ways as LiTS does") && !shown.contains("mean Dice"), "{shown}");
}

#[test]
fn volumes_need_the_size_of_a_voxel() {
    let files = Files::new();
    let path = files.path("map.npy");
    voxdice::io::npy::write(&path, &[2, 3], voxdice::io::npy::Order::RowMajor, &[0.0, 1.0, 1.0, 0.0, 0.0, 0.0])
        .unwrap();
    fails(2, &["volumes are in mm", "--spacing"], ["eval", text(&path), text(&path), "--like", "autopet"]);
    fine(["eval", text(&path), text(&path), "--like", "autopet", "--spacing", "1,1,1"]);
    // The same where a volume is asked for by its name.
    let volume = ["--instances", "components", "--metrics", "false_positive_ml"];
    fails(2, &["volumes are in mm", "--spacing"], [&["eval", text(&path), text(&path)], &volume[..]].concat());
}

/// Of a class that a case lacks there are scores by every definition.
#[test]
fn every_definition_scores_a_case_that_lacks_a_class() {
    let files = Files::new();
    for side in ["t", "p"] {
        std::fs::create_dir(files.path(side)).unwrap();
        files.map(&format!("{side}/a.nii"), &[3, 3, 2], &[0u8, 1, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0]);
        files.map(&format!("{side}/b.nii"), &[3, 3, 2], &[0u8, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0]);
    }
    let (truth, pred) = (files.path("t"), files.path("p"));
    for preset in InstancePreset::ALL {
        let name = preset.name();
        let found = json(["eval", text(&truth), text(&pred), "--like", name, "--format", "json", "--bootstrap", "0"]);
        let of = |case: usize| found["metric_per_case"][case]["instances"].as_object().unwrap().keys().cloned();
        assert!(of(0).next().is_some() && of(0).eq(of(1)), "{name}");
    }
}

/// Regions are of label maps as a whole: where each label is an object, label 1 is one of them.
#[test]
fn labels_are_no_regions() {
    let files = Files::new();
    let map = files.map("t.nii", &[3, 3, 1], &[0u8, 1, 1, 0, 0, 0, 0, 0, 0]);
    let arguments = ["eval", text(&map), text(&map), "--like", "brats24-gli", "--instances", "labels", "--join", "0"];
    let found = json([&arguments[..], &["--format", "json"]].concat());
    assert_eq!(found["metric_per_case"][0]["instances"]["all"]["n_truth"], 1);
}
