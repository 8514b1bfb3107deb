//! Surfaces of lesions in `voxdice eval`.

use super::{Files, fails, fine, json, text};
use crate::instances::cases::{cases, maps, number};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use voxdice::io::nifti::{Geometry, write};
use voxdice::metric::instances::InstancePreset;

/// The golden cases that the scripts of BraTS had, as two folders: voxels of 1 mm, and masks as labels of this number.
fn folders(files: &Files, name: &str, mask: u32) -> [PathBuf; 2] {
    let folders = ["t", "p"].map(|side| {
        let folder = files.path(&format!("{name}_{side}"));
        std::fs::create_dir(&folder).unwrap();
        folder
    });
    for case in of_brats() {
        let maps = maps(&case);
        let times = if maps.truth.iter().all(|&label| label <= 1) { mask } else { 1 };
        let shape: Vec<u64> = maps.spatial.iter().rev().map(|&n| n as u64).collect();
        for (folder, labels) in folders.iter().zip([&maps.truth, &maps.pred]) {
            let labels: Vec<u32> = labels.iter().map(|label| label * times).collect();
            let path = folder.join(format!("{}.nii", case["name"].as_str().unwrap()));
            write(&path, &shape, &Geometry::from_spacing([1.0; 3]), &labels).unwrap();
        }
    }
    folders
}

fn of_brats() -> Vec<Value> {
    cases().into_iter().filter(|case| !case["tools"]["brats23"].is_null()).collect()
}

/// By case and region: the numbers of lesions, infinite ones among them.
fn found(folders: &[PathBuf; 2], more: &[&str]) -> BTreeMap<(String, String), BTreeMap<String, f64>> {
    let start = ["eval", text(&folders[0]), text(&folders[1]), "--format", "json", "--bootstrap", "0", "--quiet"];
    let result = json(start.iter().chain(more));
    let own = &result["voxdice"];
    let mut all = BTreeMap::new();
    for (case, about) in result["metric_per_case"].as_array().unwrap().iter().zip(own["cases"].as_array().unwrap()) {
        let infinite: Vec<[String; 2]> = serde_json::from_value(about["infinite"].clone()).unwrap();
        for class in own["classes"].as_array().unwrap() {
            let (key, region) = (class["key"].as_str().unwrap(), class["name"].as_str().unwrap());
            let value = |(name, value): (&String, &Value)| {
                let is_infinite = infinite.iter().any(|own| own == &[key.to_owned(), name.clone()]);
                let value = if is_infinite { f64::INFINITY } else { value.as_f64().unwrap_or(f64::NAN) };
                (name.clone(), value)
            };
            let numbers = case["instances"][key].as_object().unwrap().iter().map(value).collect();
            all.insert((about["case"].as_str().unwrap().to_owned(), region.to_owned()), numbers);
        }
    }
    all
}

/// What the scripts of BraTS recorded, by path in the file, and our names.
#[test]
fn lesions_have_the_distances_of_brats() {
    use InstancePreset as P;
    let files = Files::new();
    let [tissues, targets] = [("tissues", 3), ("targets", 1)].map(|(name, mask)| folders(&files, name, mask));
    let hd95: &[_] = &[("LesionWise_Score_HD95", "lesion_hd95")];
    let with_nsd: &[_] = &[
        ("LesionWise_Score_HD95", "lesion_hd95"),
        ("LesionWise_Score_NSD @ 0.5", "lesion_nsd=0.5"),
        ("LesionWise_Score_NSD @ 1.0", "lesion_nsd=1"),
    ];
    let at_2: &[_] = &[("LesionWise_Score_HD95", "lesion_hd95"), ("LesionWise_Score_NSD", "lesion_nsd=2")];
    let lower: &[_] = &[("lesionwise_hd95_mean", "lesion_hd95"), ("lesionwise_nsd_mean", "lesion_nsd=1")];
    let unofficial: &[&str] = &["--surface", "deepmind", "--metrics", "lesion_hd95,lesion_nsd=2"];
    let of_374 = [unofficial, &["--missed", "374"]].concat();
    // How many values each has recorded: one for each region of a case.
    for (tool, challenge, recorded_values, preset, folders, names, more) in [
        ("brats23", "GLI", 37, P::Brats23Gli, &tissues, hd95, &[][..]),
        ("brats23", "MET", 37, P::Brats23Met, &tissues, hd95, &[]),
        ("brats23", "MEN", 37, P::Brats23Men, &tissues, hd95, &[]),
        ("brats24", "GLI", 74, P::Brats24Gli, &tissues, with_nsd, &[]),
        ("brats24", "SSA", 37, P::Brats24Ssa, &tissues, with_nsd, &[]),
        ("brats24", "MET", 41, P::Brats24Met, &tissues, with_nsd, &[]),
        ("brats24", "PED", 49, P::Brats24Ped, &targets, with_nsd, &[]),
        ("brats24", "MEN_RT", 29, P::Brats24MenRt, &targets, with_nsd, &[]),
        ("brats25_unofficial", "GLI", 74, P::Brats24Gli, &tissues, at_2, unofficial),
        ("brats25_unofficial", "MET", 37, P::Brats24Met, &tissues, at_2, &of_374),
        ("brats26", "gli", 37, P::Brats26Gli, &tissues, lower, &[]),
        ("brats26", "mets", 37, P::Brats26Mets, &tissues, lower, &[]),
    ] {
        let name = preset.to_string();
        let own = found(folders, &[&["--like", &name[..]][..], more].concat());
        let mut compared = BTreeMap::new();
        for case in of_brats() {
            let recorded = &case["tools"][tool][challenge];
            for ((_, region), numbers) in own.iter().filter(|((own, _), _)| *own == case["name"]) {
                for (theirs, ours) in names {
                    let value = match tool {
                        "brats26" => &recorded[format!("{theirs}_{}", region.to_lowercase())],
                        _ => &recorded[region][*theirs],
                    };
                    if value.is_null() {
                        continue; // What is compared is counted.
                    }
                    let (own, value) = (numbers[*ours], number(value));
                    let is_same = own == value
                        || own.is_nan() && value.is_nan()
                        || (own - value).abs() <= 2e-6 * value.abs().max(1.0);
                    assert!(is_same, "{} {name} {region} {ours}: {own}, not {value}", case["name"]);
                    *compared.entry(*theirs).or_insert(0) += 1;
                }
            }
        }
        let expected = names.iter().map(|(theirs, _)| (*theirs, recorded_values)).collect();
        assert_eq!(compared, expected, "{tool} {challenge}");
    }
}

/// Ten voxels of three hundred are a Dice below 0.1: the values count, and the lesion is missed.
#[test]
fn a_match_that_is_too_weak_is_listed_with_its_values() {
    let files = Files::new();
    let row =
        |places: std::ops::Range<usize>| -> Vec<u8> { (0..400).map(|at| 3 * u8::from(places.contains(&at))).collect() };
    let truth = files.map("t.nii", &[400, 1, 1], &row(0..300));
    let pred = files.map("p.nii", &[400, 1, 1], &row(10..20));
    let list = files.path("lesions.csv");
    fine(["eval", text(&truth), text(&pred), "--like", "brats26-mets", "--lesions", text(&list)]);
    let mut rows = csv::Reader::from_path(&list).unwrap();
    // Side, status, matched, overlap, dice, iou, hd95.
    let rows: Vec<_> =
        rows.records().map(|row| [3, 20, 21, 22, 23, 24, 25].map(|at| row.as_ref().unwrap()[at].to_owned())).collect();
    let dice = (20.0f64 / 310.0).to_string();
    assert!(!rows.is_empty());
    for row in rows {
        let [side, status, matched, overlap, own, iou, distance] = row.each_ref().map(String::as_str);
        assert_eq!((matched, overlap), ("1", "10"), "{row:?}");
        match side {
            "truth" => {
                assert_eq!((status, own, iou.parse()), ("missed", &dice[..], Ok(10.0 / 300.0)), "{row:?}");
                assert!(distance.parse::<f64>().unwrap() > 100.0, "{row:?}");
            }
            _ => assert_eq!((status, own, distance), ("extra", "", ""), "{row:?}"),
        }
    }
}

/// Two lesions of the truth; one is found two columns away, one is missed; one is extra.
#[test]
fn misses_cost_what_was_chosen() {
    let files = Files::new();
    let row = |places: &[usize]| -> Vec<u8> { (0..32).map(|at| u8::from(places.contains(&at))).collect() };
    // Voxels of 0.5 · 0.75 · 2 mm.
    let truth = files.map("t.nii", &[32, 1, 1], &row(&[1, 2, 3, 12]));
    let pred = files.map("p.nii", &[32, 1, 1], &row(&[1, 2, 3, 4, 30]));
    let list = files.path("lesions.csv");
    let start = ["eval", text(&truth), text(&pred), "--instances", "components", "--format", "json"];
    let of = |more: &[&str]| json(start.iter().chain(more))["metric_per_case"][0]["instances"]["1"].clone();
    let metrics = ["--metrics", "lesion_hd=100,lesion_nsd=0.25"];
    let one = of(&[&metrics[..], &["--lesions", text(&list)]].concat());
    assert_eq!((one["lesion_hd=100"].as_f64(), one["lesion_nsd=0.25"].as_f64()), (Some(0.5), Some(6.0 / 7.0 / 3.0)));
    let missed = |mm: &str| of(&[&metrics[..], &["--missed", mm]].concat())["lesion_hd=100"].as_f64();
    assert_eq!((missed("10"), missed("nan")), (Some(20.5 / 3.0), Some(0.5)));
    let diagonal = (16.0f64.powi(2) + 0.75f64.powi(2) + 2.0f64.powi(2)).sqrt();
    assert_eq!(missed("diagonal"), Some((0.5 + 2.0 * diagonal) / 3.0));
    // In the unit of the definition.
    let in_voxels = of(&["--metrics", "lesion_hd=100", "--surface", "skimage-hausdorff", "--missed", "diagonal"]);
    assert_eq!(in_voxels["lesion_hd=100"].as_f64(), Some((1.0 + 2.0 * 1026.0f64.sqrt()) / 3.0));
    let uncharged = of(&[&metrics[..], &["--missed", "10", "--charge-fp", "no"]].concat());
    assert_eq!(uncharged["lesion_hd=100"].as_f64(), Some(10.5 / 2.0));
    let text_of = std::fs::read_to_string(&list).unwrap();
    let lines: Vec<&str> = text_of.lines().collect();
    assert!(lines[0].ends_with(",iou,lesion_hd=100,lesion_nsd=0.25"), "{text_of}");
    assert!(lines[1].ends_with(&format!(",0.5,{}", 6.0 / 7.0)) && lines[2].ends_with(",,"), "{text_of}");
    let shown = fine(["eval", text(&truth), text(&pred), "--metrics", "lesion_hd95", "--missed", "10"]);
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("lesion_hd95 mm") && shown.contains("10 mm for one without counterpart"), "{shown}");
}

/// Where the mean is that of found lesions, `--missed` is for whole classes alone.
#[test]
fn a_distance_of_misses_needs_a_mean_with_misses() {
    let files = Files::new();
    let [truth, pred] = ["t.nii", "p.nii"].map(|name| files.map(name, &[8, 1, 1], &[0u8, 1, 1, 0, 0, 0, 0, 0]));
    let eval = |more: &[&'static str]| [&["eval", text(&truth), text(&pred), "--missed", "100"][..], more].concat();
    for like in ["brats26-gli", "brats26-ped", "brats26-goat", "brats26-menrt"] {
        fails(2, &["--missed", like, "--charge-fp yes"], eval(&["--like", like]));
    }
    for metrics in ["lesion_nsd=1", "nsd=1"] {
        fails(2, &["--missed is a distance"], eval(&["--metrics", metrics]));
    }
    let like = ["--like", "brats26-gli"];
    let shown = |more: &[&'static str]| {
        fine(eval(&[&like[..], more].concat())).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(shown(&["--charge-fp", "yes"]).contains("; 100 mm for one without counterpart"));
    let both = shown(&["--metrics", "hd95,lesion_hd95"]);
    assert!(both.contains("; over found ones") && !both.contains("100 mm for one"), "{both}");
}

/// Distances in voxels, as those of whole classes, need no size of a voxel.
#[test]
fn a_definition_in_voxels_needs_no_spacing() {
    let files = Files::new();
    let path = files.path("map.npy");
    voxdice::io::npy::write(&path, &[2, 3], voxdice::io::npy::Order::RowMajor, &[0.0, 1.0, 1.0, 0.0, 0.0, 0.0])
        .unwrap();
    let eval = ["eval", text(&path), text(&path), "--metrics", "lesion_hd=100", "--format", "json"];
    fails(2, &["in mm", "--spacing"], eval);
    let found = json(eval.iter().chain(&["--surface", "skimage-hausdorff"]));
    assert_eq!(found["metric_per_case"][0]["instances"]["1"]["lesion_hd=100"], 0.0);
}

#[test]
fn results_are_merged_and_contradictions_refused() {
    let files = Files::new();
    let truth = files.map("t.nii", &[8, 1, 1], &[1u8, 1, 1, 0, 0, 0, 0, 0]);
    let none = files.map("p.nii", &[8, 1, 1], &[0u8; 8]);
    let like = ["eval", text(&truth), text(&none), "--format", "json", "--instances", "components"];
    let start = [&like[..], &["--metrics", "lesion_hd95,lesion_nsd=1", "--missed", "inf"]].concat();
    let part = files.path("part.json");
    let one = json(&start);
    std::fs::write(&part, one.to_string()).unwrap();
    let merged = json(["merge", text(&part), "--format", "json"]);
    assert_eq!(merged["voxdice"]["cases"], one["voxdice"]["cases"]);
    assert_eq!(merged["voxdice"]["cases"][0]["infinite"], serde_json::json!([["1", "lesion_hd95"]]));
    assert_eq!(merged["metric_per_case"], one["metric_per_case"]);
    assert_eq!(merged["voxdice"]["options"]["instances"], one["voxdice"]["options"]["instances"]);
    // One surface was measured, which is no other.
    fails(2, &["lesion_hd=50", "was not measured"], ["merge", text(&part), "--metrics", "lesion_hd=50"]);
    let eval =
        |more: &[&'static str]| [&["eval", text(&truth), text(&none), "--metrics", "lesion_hd95"][..], more].concat();
    fails(2, &["lesion_hd95", "--match nearest"], eval(&["--match", "nearest"]));
    fails(2, &["lesion_hd95", "--match merge-both"], eval(&["--like", "lits"]));
    fails(2, &["expected lesion_nsd=T"], ["eval", text(&truth), text(&none), "--metrics", "lesion_nsd"]);
}
