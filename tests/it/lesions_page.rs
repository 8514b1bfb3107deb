//! The numbers of docs/lesions.md.

use crate::instances::Maps;
use crate::page;
use std::fmt::Write;
use voxdice::metric::instances::{InstancePreset, InstanceRules, Match, detection};

/// A box from `low` on, slices first.
type Cuboid = ([usize; 3], [usize; 3]);

const SPATIAL: [usize; 3] = [24, 32, 48];
const TRUTH: [Cuboid; 6] = [
    ([2, 2, 2], [8, 8, 8]),
    ([2, 16, 4], [6, 6, 6]),
    ([2, 2, 22], [4, 4, 4]),
    ([2, 2, 28], [4, 4, 4]),
    ([16, 4, 4], [3, 3, 3]),
    ([16, 24, 40], [2, 2, 2]),
];
const PRED: [Cuboid; 5] = [
    ([2, 2, 4], [8, 8, 8]),
    ([2, 16, 4], [6, 6, 2]),
    ([2, 16, 7], [6, 6, 3]),
    ([2, 2, 22], [4, 4, 10]),
    ([14, 16, 30], [4, 4, 4]),
];

fn mask(boxes: &[Cuboid]) -> Vec<u32> {
    let [nz, ny, nx] = SPATIAL;
    let inside = |at: [usize; 3], (low, size): &Cuboid| (0..3).all(|i| (low[i]..low[i] + size[i]).contains(&at[i]));
    let places = (0..nz * ny * nx).map(|i| [i / (ny * nx), i / nx % ny, i % nx]);
    places.map(|at| u32::from(boxes.iter().any(|cuboid| inside(at, cuboid)))).collect()
}

fn pair(truth: &[Cuboid], pred: &[Cuboid]) -> Maps {
    Maps { spatial: SPATIAL.to_vec(), truth: mask(truth), pred: mask(pred) }
}

/// Those that differ, by what they are shown as.
const SHOWN: [(&str, InstancePreset); 16] = [
    ("any voxel in common", InstancePreset::Isles22),
    ("merged on both sides", InstancePreset::Lits),
    ("joined and met by 3 dilations; above 50 mm³", InstancePreset::Brats23Gli),
    ("joined and met by 1 dilation; above 50 mm³", InstancePreset::Brats23Men),
    ("the same above 2 mm³", InstancePreset::Brats23Met),
    ("both joined by 3 dilations; above 20 mm³", InstancePreset::Brats24Gli),
    ("both joined by 1 dilation; false positives cost nothing", InstancePreset::Brats24MenRt),
    ("best sum of Dice; mean over matches", InstancePreset::Brats26Gli),
    ("the same; lesions from 20 mm³, false positives count", InstancePreset::Brats26Mets),
    ("best first, IoU ≥ 0.5", InstancePreset::Panoptica),
    ("best sum, IoU ≥ 0.5", InstancePreset::PanopticaBipartite),
    ("best first, then what makes it better", InstancePreset::PanopticaMerge),
    ("most matches, then best sum, IoU ≥ 0.5", InstancePreset::Stardist),
    ("IoU > 0.5", InstancePreset::Coco),
    ("the worst of several pairs with IoU > 0.5", InstancePreset::MetricsReloaded),
    ("voxels belong to the nearest true lesion", InstancePreset::CcDice),
];

/// Of components, also where a tool takes labels: these are what it would get.
fn rules(preset: InstancePreset) -> InstanceRules {
    InstanceRules { by: voxdice::stats::InstancesBy::Components, ..preset.system().rules }
}

fn shown(value: f64) -> String {
    if value.is_nan() { "undefined".into() } else { format!("{value:.4}") }
}

fn example() -> String {
    let maps = pair(&TRUTH, &PRED);
    let mut text = String::from("| preset | what it does | TP | FN | FP | F1 | AP | PQ | lesion Dice |\n");
    text.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
    let mut row = |name: &str, what: &str, rules: &InstanceRules| {
        let found = maps.detect(rules, 1.0);
        let of = |value: f64| if rules.matching == Match::Nearest { String::new() } else { shown(value) };
        let counts = if rules.matching == Match::Nearest {
            " |  |  ".to_owned()
        } else {
            format!("{} | {} | {}", found.tp, found.missed, found.fp)
        };
        let dice = if rules.matching == Match::MergeBoth { String::new() } else { shown(found.lesion_dice()) };
        let pq = if rules.matching == Match::MergeBoth { String::new() } else { of(found.pq()) };
        let (f1, ap) = (of(found.f1()), of(found.accuracy()));
        writeln!(text, "| {name} | {what} | {counts} | {f1} | {ap} | {pq} | {dice} |").unwrap();
    };
    row("voxdice", "best sum of IoU, IoU ≥ 0.5", &InstanceRules::default());
    for (what, preset) in SHOWN {
        row(&format!("`{preset}`"), what, &rules(preset));
    }
    text
}

fn empty() -> String {
    let mut text =
        String::from("| F1, lesion Dice | no lesions | only predicted ones | only true ones |\n|---|---|---|---|\n");
    let presets = [
        InstancePreset::Isles22,
        InstancePreset::Brats23Gli,
        InstancePreset::Brats26Mets,
        InstancePreset::Panoptica,
        InstancePreset::Stardist,
        InstancePreset::CcDice,
    ];
    let named = presets.map(|preset| (format!("`{preset}`"), rules(preset)));
    for (name, rules) in [("voxdice".to_string(), InstanceRules::default())].into_iter().chain(named) {
        let cell = |truth: &[Cuboid], pred: &[Cuboid]| {
            let found = pair(truth, pred).detect(&rules, 1.0);
            format!("{}, {}", shown(found.f1()), shown(found.lesion_dice()))
        };
        let cells = [cell(&[], &[]), cell(&[], &PRED[..1]), cell(&TRUTH[..1], &[])];
        writeln!(text, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
    text
}

/// The names of the table that stand for labels unless `--instances components` is beside them.
fn of_labels() -> String {
    let by_labels = |preset: &InstancePreset| preset.system().rules.by == voxdice::stats::InstancesBy::Labels;
    let names = SHOWN.map(|(_, preset)| preset).into_iter().filter(by_labels);
    format!("{}\n", names.map(|preset| format!("`{preset}`")).collect::<Vec<_>>().join(", "))
}

#[test]
fn the_page_has_the_numbers_that_are_computed() {
    page::check("docs/lesions.md", &[("example", example()), ("labels", of_labels()), ("empty", empty())]);
}

#[test]
fn every_preset_is_named() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lesions.md")).unwrap();
    let missing: Vec<_> = InstancePreset::ALL.iter().filter(|preset| !page.contains(&format!("`{preset}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_the_page_says_in_words_holds() {
    let maps = pair(&TRUTH, &PRED);
    let found = maps.one(&InstanceRules::default());
    let sizes: Vec<u64> = found.truth().iter().map(|lesion| lesion.voxels()).collect();
    assert_eq!((sizes.iter().sum::<u64>(), sizes.len(), found.pred().len()), (512 + 216 + 64 + 64 + 27 + 8, 6, 5));
    assert_eq!(voxdice::metric::instances::scores(&found, 0, &[0]).0, 0.6);
    // Half of the lesions are missed at a score of 1.
    let half = pair(&TRUTH[..2], &TRUTH[..1]);
    assert_eq!(half.detect(&rules(InstancePreset::Brats26Gli), 1.0).lesion_dice(), 1.0);
    // All below the floor: 1.
    let tiny = pair(&TRUTH[5..], &[]);
    assert_eq!(tiny.detect(&rules(InstancePreset::Brats23Gli), 1.0).lesion_dice(), 1.0);
    // A false positive costs as much, whatever its size.
    let rules = rules(InstancePreset::Brats23Gli);
    let dice = |extra: Cuboid| detection(&pair(&TRUTH[..1], &[TRUTH[0], extra]).one(&rules), &rules, 1.0).lesion_dice();
    assert_eq!((dice(PRED[4]), dice(([20, 28, 40], [1, 1, 1]))), (0.5, 0.5));
}
