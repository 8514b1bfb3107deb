//! 60 pairs of label maps through 18 variants of other tools, and through the oracle that specifies them.

use super::cases::{file, maps, number, spacing};
use super::{Maps, engine};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use voxdice::metric::surface::{Quantile, SurfaceMetric, SurfacePreset, SurfaceRules, ToleranceRule, Weight};
use voxdice::stats::{DistanceCount, Elements, Lattice, NO_TARGET, Surface};
use voxdice::tuning::Simd;
use voxdice::{Band, Classes, Empty, LabelMap, Pair, Shape, metric};

/// One label of one case.
struct Label<'a> {
    case: &'a Value,
    label: &'a str,
    tools: &'a Value,
    maps: Maps,
}

impl Label<'_> {
    fn name(&self) -> String {
        format!("{}/{}", self.case["name"].as_str().unwrap(), self.label)
    }

    fn surface(&self, rules: &SurfaceRules) -> Surface {
        self.maps.surface(&rules.options(&spacing(self.case)))
    }

    /// Our name of a metric of the file.
    fn metric(&self, name: &str) -> SurfaceMetric {
        let tolerance = number(&self.case["tolerance"]);
        let ours = match name.trim_end_matches('~') {
            "hd50" => "hd=50".into(),
            "hd95_tp" => "hd_truth=95".into(),
            "hd95_pt" => "hd_pred=95".into(),
            "asd_tp" => "asd_truth".into(),
            "asd_pt" => "asd_pred".into(),
            "median" | "std" | "rms" => format!("sd_{name}"),
            "nsd" => format!("nsd={tolerance}"),
            "nsd_tp" => format!("nsd_truth={tolerance}"),
            "nsd_pt" => format!("nsd_pred={tolerance}"),
            other => other.to_string(),
        };
        ours.parse().unwrap()
    }
}

fn each_label(file: &Value, mut f: impl FnMut(&Label<'_>)) {
    for case in file["cases"].as_array().unwrap() {
        let all = maps(case);
        for (label, tools) in case["expected"].as_object().unwrap() {
            // Label 1 of these maps is this label.
            let wanted: u8 = label.parse().unwrap();
            let only = |labels: &[u8]| labels.iter().map(|&l| u8::from(l == wanted)).collect();
            let maps = Maps { truth: only(&all.truth), pred: only(&all.pred), spatial: all.spatial.clone() };
            f(&Label { case, label, tools, maps });
        }
    }
}

/// How far a tool's own rounding takes it, of values from 1 on relatively.
fn precision(tool: &str, metric: &str) -> f64 {
    match tool {
        _ if metric.ends_with('~') => 1.3e-3,
        "monai" | "monai-subvoxel" if metric.starts_with("hd95") => 1e-5,
        "monai" | "monai-subvoxel" => 2e-6,
        "seg-metrics" | "seg-metrics-face" => 5e-6,
        "distorch" | "distorch-center" => 2e-4,
        "plastimatch" => 1e-6,
        _ => 1e-9,
    }
}

fn list(file: &Value, name: &str) -> BTreeSet<String> {
    file["meta"][name]["cases"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()).collect()
}

/// Cases and labels, without the directions.
fn tied(ties: &BTreeSet<String>) -> BTreeSet<&str> {
    ties.iter().filter_map(|name| name.rsplit_once('/')).map(|(name, _)| name).collect()
}

/// Why a value of a tool is not compared: a defect of it that the file names.
fn defect(
    tool: &str,
    metric: &str,
    label: &Label<'_>,
    surface: &Surface,
    ties: &BTreeSet<String>,
) -> Option<&'static str> {
    let (in_truth, in_pred) = (surface.truth().elements() > 0, surface.pred().elements() > 0);
    let one_empty = in_truth != in_pred;
    let filled = |labels: &[u8]| labels.iter().all(|&label| label == 1);
    match tool {
        "metricsreloaded" if metric == "nsd" && one_empty => Some("NSD of one empty mask is arbitrary"),
        "grand-challenge-mcd" | "miseval-ahd" if one_empty => Some("one empty mask: values without meaning"),
        "distorch" | "distorch-center" if metric.starts_with("nsd") => {
            let tolerance = number(&label.case["tolerance"]);
            let tie = |(distance, _): (f64, u64)| (distance - tolerance).abs() < 1e-4;
            if label.maps.truth == label.maps.pred {
                Some("NSD of equal masks is 0")
            } else {
                let is_tie = surface.from_truth().chain(surface.from_pred()).any(tie);
                is_tie.then_some("a distance equals the tolerance, in f32 matrix products")
            }
        }
        "seg-metrics" | "seg-metrics-face" if filled(&label.maps.truth) || filled(&label.maps.pred) => {
            Some("1.8e19 for a mask that fills the image")
        }
        "plastimatch" if touches_edge(&label.maps) => Some("objects that touch the image's edge"),
        "plastimatch" if metric == "hd95" && surface.truth().elements().min(surface.pred().elements()) == 1 => {
            Some("HD95 of a single element is 0")
        }
        _ if metric.starts_with("nsd") && ties.contains(&format!("{}/{tool}", label.name())) => {
            Some("a distance equals the tolerance, and the tool rounds it away")
        }
        _ => None,
    }
}

fn touches_edge(maps: &Maps) -> bool {
    let all = maps.truth.iter().zip(&maps.pred).enumerate().filter(|(_, (t, p))| **t + **p > 0);
    all.into_iter().any(|(i, _)| {
        let mut rest = i;
        maps.spatial.iter().rev().any(|&n| {
            let at = rest % n;
            rest /= n;
            at == 0 || at + 1 == n
        })
    })
}

#[test]
fn every_tool_is_a_preset() {
    let file = file();
    let (ties, quantile_ties) = (list(&file, "tolerance_ties"), list(&file, "quantile_ties"));
    let mut compared: BTreeMap<String, usize> = BTreeMap::new();
    let mut left_out: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    each_label(&file, |label| {
        for (tool, values) in label.tools.as_object().unwrap() {
            // A mesh is none of our elements; the oracle has a test of its own.
            if tool == "meshmetrics" || tool == "oracle" {
                continue;
            }
            let rules = tool.parse::<SurfacePreset>().unwrap().rules();
            let surface = label.surface(&rules);
            for (name, value) in values.as_object().unwrap() {
                if name == "error" && tool == "plastimatch" && touches_edge(&label.maps) {
                    *left_out.entry((tool.clone(), "objects that touch the image's edge")).or_default() += 1;
                    continue;
                }
                if name == "error" {
                    // What raises there is undefined here.
                    for metric in ["hd", "hd95", "assd", "masd", "max_asd"] {
                        let found = rules.value(label.metric(metric), &surface).unwrap();
                        let both = surface.truth().elements() == 0 && surface.pred().elements() == 0;
                        assert!(found.is_nan() || tool == "mikan" && both, "{} {tool} {metric}: {found}", label.name());
                    }
                    continue;
                }
                if let Some(why) = defect(tool, name, label, &surface, &ties) {
                    *left_out.entry((tool.clone(), why)).or_default() += 1;
                    continue;
                }
                let expected = number(value);
                let found = if name == "biou2" {
                    let counts = label.maps.bands(Band::BelowVoxels(2.0), &spacing(label.case));
                    metric::iou(&counts, Empty::One)
                } else {
                    rules.value(label.metric(name), &surface).unwrap()
                };
                // Printed and sorted, -0 is another number.
                assert!(found != 0.0 || found.is_sign_positive(), "{} {tool} {name}: {found:?}", label.name());
                let off = (found - expected).abs() / expected.abs().max(1.0);
                let equal = off <= precision(tool, name) || found == expected || found.is_nan() && expected.is_nan();
                // Whose running sum of areas is at exactly 95 % of all may have the next rank.
                let is_rank = |d: f64| (d - expected).abs() < 1e-9;
                let ranks = || surface.from_truth().chain(surface.from_pred()).any(|(d, _)| is_rank(d));
                if !equal
                    && name == "hd95"
                    && rules.quantile != Quantile::Linear
                    && tied(&quantile_ties).contains(label.name().as_str())
                    && ranks()
                {
                    *left_out.entry((tool.clone(), "a running sum of areas that is a quantile")).or_default() += 1;
                    continue;
                }
                if !equal {
                    wrong.push(format!("{} {tool} {name}: {found}, not {expected}", label.name()));
                }
                *compared.entry(tool.clone()).or_default() += 1;
            }
        }
    });
    assert!(wrong.is_empty(), "{} values: {wrong:#?}", wrong.len());
    println!("compared {compared:?}, left out {left_out:?}");
    // All variants that the file has, and not too much left out.
    assert_eq!(compared.len(), 18);
    assert!(compared.values().all(|&values| values >= 40), "{compared:?}");
    assert!(left_out.values().sum::<usize>() * 10 < compared.values().sum(), "{left_out:?}");
}

#[test]
fn the_oracle_gives_these_values() {
    let file = file();
    let quantile_ties = list(&file, "quantile_ties");
    let tied = tied(&quantile_ties);
    let corners = SurfaceRules {
        elements: Elements::Corner,
        weight: Weight::Surfel,
        quantile: Quantile::Cumulative(Weight::Surfel),
        tolerance: ToleranceRule::Slack,
        ..SurfaceRules::default()
    };
    let (mut values, mut bands) = (0, 0);
    each_label(&file, |label| {
        let oracle = &label.tools["oracle"];
        for (name, rules) in [("face", SurfaceRules::default()), ("corner-surfel", corners)] {
            let surface = label.surface(&rules);
            for (metric, value) in oracle[name].as_object().unwrap() {
                let is_tie =
                    name == "corner-surfel" && metric.starts_with("hd95") && tied.contains(label.name().as_str());
                // Where a mask is empty the oracle says nothing of NSD.
                let both = surface.truth().elements() > 0 && surface.pred().elements() > 0;
                if is_tie || metric.starts_with("nsd") && !both {
                    continue;
                }
                let (found, expected) = (rules.value(label.metric(metric), &surface).unwrap(), number(value));
                let equal = (found - expected).abs() <= 1e-12 * expected.abs().max(1.0);
                assert!(
                    equal || found.is_nan() && expected.is_nan(),
                    "{} {name} {metric}: {found}, not {expected}",
                    label.name()
                );
                values += 1;
            }
        }
        for (name, value) in oracle["boundary_iou"].as_object().unwrap() {
            let width = name.strip_prefix("chessboard-").unwrap().parse().unwrap();
            let counts = label.maps.bands(Band::Voxels(width), &spacing(label.case));
            let (found, expected) = (metric::iou(&counts, Empty::Nan), number(value));
            assert!((found - expected).abs() < 1e-12 || found.is_nan() && expected.is_nan(), "{} {name}", label.name());
            bands += 1;
        }
    });
    assert!(values > 1500 && bands > 100, "{values} {bands}");
}

#[test]
fn histograms_are_those_of_the_oracle() {
    let file = file();
    let mut cases = 0;
    each_label(&file, |label| {
        let integers = &label.tools["oracle"]["integers"];
        if integers.is_null() {
            return;
        }
        let surface = label.surface(&SurfaceRules::default());
        let weights: Vec<u64> = integers["weights"].as_array().unwrap().iter().map(|w| w.as_u64().unwrap()).collect();
        assert_eq!((surface.lattice().weights(), surface.lattice().unit()), (&weights[..], number(&integers["unit"])));
        for (name, distances) in [("truth_to_pred", surface.truth()), ("pred_to_truth", surface.pred())] {
            let entry = |pair: &Value| {
                let squared = pair[0].as_u64().unwrap_or(NO_TARGET);
                DistanceCount { squared, kind: 0, count: pair[1].as_u64().unwrap() }
            };
            let mut expected: Vec<DistanceCount> = integers[name].as_array().unwrap().iter().map(entry).collect();
            expected.sort_unstable();
            assert_eq!(distances.entries(), expected, "{} {name}", label.name());
        }
        cases += 1;
    });
    assert!(cases > 60, "{cases}");
}

#[test]
fn labels_of_a_map_are_its_masks_one_by_one_in_every_type() {
    let file = file();
    for case in file["cases"].as_array().unwrap() {
        let maps = maps(case);
        let options = SurfaceRules::default().options(&spacing(case));
        let classes = Classes::new(1..=4).unwrap();
        let together = maps.surfaces(&classes, &options, Simd::Auto);
        let shape = Shape::new(1, 1, &maps.spatial).unwrap();
        // Labels that do not fit a byte, beside the ones of the file.
        let wide =
            |labels: &[u8]| labels.iter().map(|&l| if l == 0 { 70_000 } else { u32::from(l) }).collect::<Vec<_>>();
        let (truth, pred) = (wide(&maps.truth), wide(&maps.pred));
        let halves = |labels: &[u8]| labels.iter().map(|&l| u16::from(l) << 8).collect::<Vec<_>>();
        let (truth16, pred16) = (halves(&maps.truth), halves(&maps.pred));
        for simd in [Simd::Auto, Simd::Baseline] {
            let u32s = [&pred, &truth].map(|labels| LabelMap::u32(shape.clone(), labels).unwrap());
            let [p, t] = u32s;
            assert_eq!(
                engine(simd).surfaces(Pair { pred: p, truth: t }, &classes, &options).unwrap().into_values(),
                together
            );
            let [p, t] = [&pred16, &truth16].map(|labels| LabelMap::u16(shape.clone(), labels).unwrap());
            let shifted = Classes::new((1..=4).map(|label| label << 8)).unwrap();
            assert_eq!(
                engine(simd).surfaces(Pair { pred: p, truth: t }, &shifted, &options).unwrap().into_values(),
                together
            );
        }
        for (label, found) in (1..=4).zip(&together) {
            let only = |labels: &[u8]| labels.iter().map(|&l| u8::from(l == label)).collect();
            let alone = Maps { truth: only(&maps.truth), pred: only(&maps.pred), spatial: maps.spatial.clone() };
            assert_eq!(alone.surface(&options), *found);
        }
    }
}

#[test]
fn the_lattice_is_exact_or_within_its_bound() {
    let lattice =
        |spacing: &[f64], spatial: &[u64]| Lattice::new(&voxdice::Spacing::new(spacing).unwrap(), spatial).unwrap();
    assert_eq!(lattice(&[0.8, 0.8, 0.8], &[512; 3]).weights(), [1; 3]);
    for (spacing, spatial, bound) in [
        (vec![0.8, 0.8, 3.0], vec![512, 512, 300], 5e-13),
        (vec![3.0, 0.8, 0.8], vec![128, 256, 256], 2e-13),
        (vec![0.01, 0.02, 5.0], vec![1024; 3], 1e-7),
        (vec![0.7, 0.9], vec![60_000, 60_000], 1e-8),
    ] {
        let lattice = lattice(&spacing, &spatial);
        for (&weight, mm) in lattice.weights().iter().zip(&spacing) {
            let off = (weight as f64).sqrt() * lattice.unit() / mm - 1.0;
            assert!(off.abs() < bound, "{spacing:?}: {off}");
        }
        let sum: u128 =
            lattice.weights().iter().zip(&spatial).map(|(&w, &n)| u128::from(w) * u128::from(n).pow(2)).sum();
        assert!((1 << 59..1 << 62).contains(&sum), "{spacing:?}: {sum}");
    }
}
