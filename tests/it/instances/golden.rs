//! 67 pairs of label maps through 21 other tools. `canaries` changes their rules, which must be noticed.

use super::Maps;
use super::cases::{cases, file, is_instances, maps, number, voxel_mm3};
use serde_json::Value;
use std::collections::BTreeMap;
use voxdice::Classes;
use voxdice::metric::instances::{
    Connected, Criterion, Detection, InstancePreset, InstanceRules, InstanceSystem, Match, Threshold, by_size,
    detection_of, matching, reduced,
};
use voxdice::stats::{Connectivity, InstancesBy};

/// A change of rules.
pub type Change<'a> = &'a dyn Fn(&mut InstanceRules);

/// Our values of what a tool recorded: (tool, name, value). Names are paths in the file.
struct Values<'a> {
    case: &'a Value,
    change: Change<'a>,
    all: Vec<(&'static str, String, f64)>,
}

impl Values<'_> {
    fn put(&mut self, tool: &'static str, name: impl Into<String>, value: f64) {
        self.all.push((tool, name.into(), value));
    }

    fn detect(&self, maps: &Maps, rules: InstanceRules) -> Detection {
        let mut rules = rules;
        (self.change)(&mut rules);
        maps.detect(&rules, voxel_mm3(self.case))
    }

    /// Masks have no instances; tools that want some got the components.
    fn labels(&self, rules: InstanceRules) -> InstanceRules {
        let by = if is_instances(self.case) { InstancesBy::Labels } else { InstancesBy::Components };
        InstanceRules { by, ..rules }
    }

    fn tp_fp_fn(&mut self, tool: &'static str, name: &str, found: &Detection) {
        for (key, value) in [("tp", found.tp), ("fp", found.fp), ("fn", found.missed)] {
            self.put(tool, format!("{name}{key}"), value as f64);
        }
    }
}

fn rules(preset: InstancePreset) -> InstanceRules {
    preset.system().rules
}

fn at(preset: InstancePreset, threshold: &str) -> InstanceRules {
    preset.at(threshold.parse().unwrap()).rules
}

fn values<'a>(case: &'a Value, change: Change<'a>) -> Vec<(&'static str, String, f64)> {
    use InstancePreset as P;
    let maps = maps(case);
    let axes = maps.spatial.len();
    let tools = &case["tools"];
    let mut all = Values { case, change, all: Vec::new() };
    for connectivity in Connectivity::ALL.into_iter().filter(|c| axes == 3 || *c != Connectivity::Edges) {
        let mut own = InstanceRules { connected: Connected::By(connectivity), ..InstanceRules::default() };
        change(&mut own);
        let found = maps.one(&own);
        all.put("count", format!("truth.{}", connectivity.name()), found.truth().len() as f64);
        all.put("count", format!("pred.{}", connectivity.name()), found.pred().len() as f64);
    }
    for k in 0..10 {
        let cellpose = P::Cellpose.at(Threshold::at_least(50 + 5 * k, 100).unwrap()).rules;
        let found = all.detect(&maps, all.labels(cellpose));
        all.tp_fp_fn("cellpose", "", &found);
        all.put("cellpose", "ap", found.accuracy());
    }
    for key in tools["stardist"].as_object().unwrap().keys().filter(|key| *key != "error") {
        let (criterion, threshold) = key.split_once('_').unwrap();
        let criterion = match criterion {
            "iou" => Criterion::Iou,
            "iot" => Criterion::OfTruth,
            _ => Criterion::OfPred,
        };
        let found = all.detect(&maps, all.labels(InstanceRules { criterion, ..at(P::Stardist, threshold) }));
        all.tp_fp_fn("stardist", &format!("{key}."), &found);
        for (name, value) in [
            ("precision", found.precision()),
            ("recall", found.recall()),
            ("accuracy", found.accuracy()),
            ("f1", found.f1()),
        ] {
            all.put("stardist", format!("{key}.{name}"), value);
        }
        if criterion == Criterion::Iou {
            all.put("stardist", format!("{key}.panoptic_quality"), found.pq());
            all.put("stardist", format!("{key}.mean_matched_score"), found.sq());
        }
    }
    for (tool, preset) in [("torchmetrics_pq", P::Torchmetrics), ("coco_panoptic", P::Coco)] {
        let found = all.detect(&maps, all.labels(rules(preset)));
        all.tp_fp_fn(tool, "", &found);
        let pq = if found.pq().is_nan() { 0.0 } else { found.pq() };
        all.put(tool, "pq", pq);
    }
    for threshold in ["0.5", "0.3", "0.7"] {
        let found = all.detect(&maps, all.labels(at(P::MonaiPq, &format!(">{threshold}"))));
        all.tp_fp_fn("monai_pq", &format!("{threshold}."), &found);
        all.put("monai_pq", format!("{threshold}.iou_sum"), found.iou_sum);
        all.put("monai_pq", format!("{threshold}.pq"), found.pq());
    }
    panoptica(&mut all, &maps);
    let found = all.detect(&maps, rules(P::CcDice));
    all.put("ccmetrics", "patient", found.lesion_dice());
    if maps.truth.iter().any(|&label| label > 0) {
        all.put("monai_per_component_dice", "ignore_empty", found.lesion_dice());
    }
    let found = all.detect(&maps, rules(P::Isles22));
    all.put("isles22", "lesion_f1", found.f1());
    all.put("isles22", "lesion_count_difference", found.count_difference().abs() as f64);
    all.put("isles22", "volume_difference_ml", found.volume_difference_ml().abs());
    for (tool, preset) in [("autopet1", P::Autopet), ("autopet3", P::Autopet3)] {
        let found = all.detect(&maps, rules(preset));
        all.put(tool, "false_pos_ml", found.false_positive_ml());
        all.put(tool, "false_neg_ml", found.false_negative_ml());
    }
    let found = all.detect(&maps, rules(P::Isbi15));
    all.put("lesion_metrics", "ltpr", found.recall());
    all.put("lesion_metrics", "lfdr", 1.0 - found.precision());
    for threshold in ["0", "0.5"] {
        let found = all.detect(&maps, at(P::Lits, &format!(">{threshold}")));
        for (key, value) in [("TP", found.tp), ("FP", found.fp), ("FN", found.missed)] {
            all.put("lits", format!("{threshold}.{key}"), value as f64);
        }
    }
    brats(&mut all, &maps);
    for (key, criterion, threshold) in
        [("iou_0.5", Criterion::Iou, "0.5"), ("iou_0.1", Criterion::Iou, "0.1"), ("ior_0.1", Criterion::OfTruth, "0.1")]
    {
        let own = InstanceRules { criterion, ..at(P::MetricsReloaded, &format!(">{threshold}")) };
        let found = all.detect(&maps, all.labels(own));
        all.tp_fp_fn("metrics_reloaded", &format!("mask_{key}_greedy_matching."), &found);
    }
    all.all
}

fn panoptica(all: &mut Values<'_>, maps: &Maps) {
    use InstancePreset as P;
    for key in all.case["tools"]["panoptica"].as_object().unwrap().keys() {
        let parts: Vec<&str> = key.split('_').collect();
        let preset = match parts[0] {
            "naive" => P::Panoptica,
            "bipartite" => P::PanopticaBipartite,
            _ => P::PanopticaMerge,
        };
        let mut own = at(preset, parts[2]);
        own.criterion = if parts[1] == "dice" { Criterion::Dice } else { Criterion::Iou };
        if key.ends_with("many_to_one") {
            own.matching = Match::GreedyManyToOne;
        }
        let found = all.detect(maps, all.labels(own));
        all.tp_fp_fn("panoptica", &format!("{key}."), &found);
        for (name, value) in [
            ("rq", found.f1()),
            ("sq", found.sq()),
            ("pq", found.pq()),
            ("sq_dsc", found.sq_dice()),
            ("pq_dsc", found.pq_dice()),
        ] {
            all.put("panoptica", format!("{key}.{name}"), value);
        }
    }
}

/// A challenge region by region.
fn challenge(all: &Values<'_>, maps: &Maps, mut system: InstanceSystem) -> Vec<(&'static str, Detection)> {
    system.regions.iter_mut().for_each(|region| (all.change)(&mut region.rules));
    let rules: Vec<InstanceRules> = system.regions.iter().map(|region| region.rules).collect();
    let classes = Classes::regions(system.regions.iter().map(|region| region.labels.to_vec())).unwrap();
    let found = maps.find(&classes, &InstanceRules::options(&rules, &system.touching, maps.spatial.len()));
    // The scripts were given voxels of 1 mm.
    let left = reduced(&found, &rules, &system.touching, 1.0);
    let of = |((region, found), rules): ((_, _), _)| -> (&'static str, Detection) {
        let (region, found): (&voxdice::metric::instances::Region, &std::borrow::Cow<'_, _>) = (region, found);
        (region.name, detection_of(found, &matching(found, rules), rules, 1.0))
    };
    system.regions.iter().zip(&left).zip(&rules).map(of).collect()
}

fn brats(all: &mut Values<'_>, maps: &Maps) {
    use InstancePreset as P;
    let tools = &all.case["tools"];
    if tools["brats23"].is_null() {
        return;
    }
    // A mask was given as label 3, to those with one region as label 1.
    let is_mask = maps.truth.iter().all(|&label| label <= 1);
    let times = |n| move |labels: &[u32]| labels.iter().map(|label| label * n).collect::<Vec<u32>>();
    let tripled = Maps { truth: times(3)(&maps.truth), pred: times(3)(&maps.pred), spatial: maps.spatial.clone() };
    let tissues = if is_mask { &tripled } else { maps };
    for (name, preset) in [("GLI", P::Brats23Gli), ("MEN", P::Brats23Men), ("MET", P::Brats23Met)] {
        for (region, found) in challenge(all, tissues, preset.system()) {
            counts(all, "brats23", &format!("{name}.{region}."), &found);
        }
    }
    for (name, preset) in [
        ("GLI", P::Brats24Gli),
        ("SSA", P::Brats24Ssa),
        ("PED", P::Brats24Ped),
        ("MET", P::Brats24Met),
        ("MEN_RT", P::Brats24MenRt),
    ] {
        let own = if matches!(name, "PED" | "MEN_RT") { maps } else { tissues };
        for (region, found) in challenge(all, own, preset.system()) {
            counts(all, "brats24", &format!("{name}.{region}."), &found);
            if matches!(name, "GLI" | "MET") {
                counts(all, "brats25_unofficial", &format!("{name}.{region}."), &found);
            }
        }
    }
    for (region, found) in challenge(all, tissues, P::Brats26Gli.system()) {
        let region = region.to_lowercase();
        for (key, value) in [("tp", found.tp), ("fp", found.fp), ("fn", found.missed)] {
            all.put("brats26", format!("gli.all_instance_{key}_{region}"), value as f64);
        }
        all.put("brats26", format!("gli.all_instance_f1_{region}"), found.f1());
        all.put("brats26", format!("gli.lesionwise_dsc_mean_{region}"), found.lesion_dice());
    }
    for (region, found) in challenge(all, tissues, P::Brats26Mets.system()) {
        let region = region.to_lowercase();
        all.put("brats26", format!("mets.lesionwise_dsc_mean_{region}"), found.lesion_dice());
        // Numbers of lesions are undefined there without a large one.
        let of = |n: i64| if found.tp + found.missed == 0 { f64::NAN } else { n as f64 };
        for (key, value) in [("tp", found.tp), ("fp", found.fp), ("fn", found.missed)] {
            all.put("brats26", format!("mets.large_instance_{key}_{region}"), of(value));
        }
        all.put("brats26", format!("mets.large_instance_f1_{region}"), found.f1());
    }
}

fn counts(all: &mut Values<'_>, tool: &'static str, name: &str, found: &Detection) {
    for (key, value) in [("TP", found.tp), ("FP", found.fp), ("FN", found.missed)] {
        all.put(tool, format!("{name}Num_{key}"), value as f64);
    }
    all.put(tool, format!("{name}LesionWise_Score_Dice"), found.lesion_dice());
}

/// What a tool recorded; none where it raised, or has no such value.
fn recorded(tools: &Value, tool: &str, name: &str, place: usize) -> Option<f64> {
    if tool == "count" {
        let (side, connectivity) = name.split_once('.').unwrap();
        let keys: &[&str] = match connectivity {
            "faces" => &["scipy_1", "skimage_1", "cc3d_6", "cc3d_4", "sitk_face"],
            "edges" => &["scipy_2", "skimage_2", "cc3d_18"],
            _ => &["scipy_3", "skimage_3", "cc3d_26", "cc3d_8", "sitk_full"],
        };
        let found: Vec<f64> = keys.iter().filter_map(|key| tools[tool][side].get(key)).map(number).collect();
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]) && !found.is_empty());
        return Some(found[0]);
    }
    let value = find(tools.get(tool)?, name)?;
    match value {
        Value::Array(list) => Some(number(&list[place])),
        Value::Number(_) | Value::String(_) => Some(number(value)),
        _ => None,
    }
}

/// The value at a path, whose keys may hold a point themselves: the longest key is tried first.
fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return Some(value);
    }
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    ends.collect::<Vec<_>>().into_iter().rev().find_map(|end| {
        let next = value.get(&path[..end])?;
        find(next, path.get(end + 1..).unwrap_or_default())
    })
}

/// Voxels that are as near to two true lesions: these tools give them to either.
fn has_ties(maps: &Maps) -> bool {
    let labels = super::oracle::components(&maps.truth, &maps.spatial, 3);
    let n = labels.iter().copied().max().unwrap_or(0);
    let places = super::oracle::places(&maps.spatial);
    let nearest = |place: &[i64; 3], lesion: u32| {
        let own = places.iter().zip(&labels).filter(|(_, label)| **label == lesion);
        own.map(|(other, _)| (0..3).map(|axis| (place[axis] - other[axis]).pow(2)).sum::<i64>()).min().unwrap()
    };
    n > 1
        && places.iter().any(|place| {
            let mut all: Vec<i64> = (1..=n).map(|lesion| nearest(place, lesion)).collect();
            all.sort_unstable();
            all[0] == all[1]
        })
}

/// cellpose takes the number of values less one for that of instances: without background it misses one.
fn is_defect(tool: &str, name: &str, maps: &Maps) -> bool {
    let is_full = [&maps.truth, &maps.pred].map(|labels| labels.iter().all(|&label| label > 0));
    tool == "cellpose" && name != "tp" && is_full.contains(&true)
}

/// Values of these tools that lie beside ours, and how many were compared for each.
pub fn differences(change: Change<'_>, most: usize) -> (Vec<String>, Vec<String>, BTreeMap<&'static str, usize>) {
    let (mut wrong, mut ties, mut compared) = (Vec::new(), Vec::new(), BTreeMap::new());
    for case in cases() {
        if wrong.len() > most {
            break;
        }
        let maps = maps(&case);
        let mut seen: BTreeMap<(&str, String), usize> = BTreeMap::new();
        for (tool, name, own) in values(&case, change) {
            let place = seen.entry((tool, name.clone())).or_default();
            let value = recorded(&case["tools"], tool, &name, *place);
            *place += 1;
            let Some(value) = value.filter(|_| !is_defect(tool, &name, &maps)) else { continue };
            *compared.entry(tool).or_default() += 1;
            if tool == "lits" && name.starts_with("0.5.") {
                *compared.entry("lits at 0.5").or_default() += 1;
            }
            let is_same = own.is_nan() && value.is_nan() || (own - value).abs() <= 2e-6 * value.abs().max(1.0);
            if is_same || own == value {
                continue;
            }
            let line = format!("{} {tool} {name}: {own}, not {value}", case["name"].as_str().unwrap());
            let ties_matter = matches!(tool, "ccmetrics" | "monai_per_component_dice");
            if ties_matter && has_ties(&maps) { ties.push(line) } else { wrong.push(line) }
        }
    }
    (wrong, ties, compared)
}

#[test]
fn every_tool_is_a_preset() {
    let (wrong, ties, compared) = differences(&|_| (), usize::MAX);
    println!("compared {compared:?}, ties {ties:#?}");
    assert!(wrong.is_empty(), "{} values: {wrong:#?}", wrong.len());
    assert!(ties.len() <= 8, "{ties:#?}");
    let tools = ["count", "cellpose", "stardist", "torchmetrics_pq", "coco_panoptic", "monai_pq", "panoptica"];
    let tools = tools.iter().chain(&["ccmetrics", "monai_per_component_dice", "isles22", "autopet1", "autopet3"]);
    for tool in
        tools.chain(&["lesion_metrics", "lits", "lits at 0.5", "brats23", "brats24", "brats25_unofficial", "brats26"])
    {
        assert!(compared.get(tool).is_some_and(|&n| n > 25), "{tool}: {compared:?}");
    }
    assert!(compared.values().sum::<usize>() > 9000, "{compared:?}");
    assert_eq!(cases().len() as u64, file()["number_of_cases"].as_u64().unwrap());
}

#[test]
fn small_lesions_of_metastases_are_counted_apart() {
    let mut compared = 0;
    for case in cases().iter().filter(|case| !case["tools"]["brats26"].is_null()) {
        let maps = maps(case);
        let is_mask = maps.truth.iter().all(|&label| label <= 1);
        let rules = InstancePreset::Brats26Mets.system().rules;
        let regions: &[(&str, &[u32])] =
            if is_mask { &[("et", &[1])] } else { &[("wt", &[1, 2, 3]), ("tc", &[1, 3]), ("et", &[3])] };
        for (region, labels) in regions {
            let options = InstanceRules::options(&[rules], &[], 3);
            let found = maps.find(&Classes::regions([labels.to_vec()]).unwrap(), &options).remove(0);
            // Found from a Dice of 0.1 on, of the pairs that are matched.
            let mut matched = matching(&found, &rules);
            let dice = |truth: u32, preds: &[u32]| voxdice::metric::instances::scores(&found, truth as usize, preds).1;
            matched.found.retain(|&truth, preds| dice(truth, preds) >= 0.1);
            let small = by_size(&found, &matched, &[20.0], 1.0)[0];
            let expected = recorded(&case["tools"], "brats26", &format!("mets.small_instance_tp_{region}"), 0);
            let Some(expected) = expected else { continue };
            let own = if small.n_truth == 0 { f64::NAN } else { small.found as f64 };
            assert!(own == expected || own.is_nan() && expected.is_nan(), "{} {region}", case["name"]);
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
}
