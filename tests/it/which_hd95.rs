//! The numbers of docs/which-hd95.md, computed. VOXDICE_BLESS=1 writes them into the page.

use crate::page;
use crate::surfaces::Maps;
use std::fmt::Write;
use voxdice::Spacing;
use voxdice::metric::surface::{Directions, RuleSpacing, SurfaceMetric, SurfacePreset, SurfaceRules, ToleranceRule};
use voxdice::stats::Surface;

const SPACING: [f64; 3] = [3.0, 0.8, 0.8];

/// A ball of 11 mm; the same one 1.6 mm to the side, and a speck in a corner of the image.
fn pair() -> Maps {
    let spatial = vec![24, 40, 40];
    let ball = |[z, y, x]: [usize; 3], shift: f64| {
        let mm = [z as f64 * 3.0 - 33.0, y as f64 * 0.8 - 16.0, x as f64 * 0.8 - 14.4 - shift];
        mm.iter().map(|mm| mm * mm).sum::<f64>() <= 121.0
    };
    let places = || (0..24 * 40 * 40).map(|i| [i / 1600, i / 40 % 40, i % 40]);
    let speck = |[z, y, x]: [usize; 3]| z < 2 && y < 8 && x < 8;
    let truth = places().map(|place| u8::from(ball(place, 0.0))).collect();
    let pred = places().map(|place| u8::from(ball(place, 1.6) || speck(place))).collect();
    Maps { spatial, truth, pred }
}

fn value(maps: &Maps, rules: &SurfaceRules, spacing: [f64; 3], metric: &str) -> f64 {
    let surface = maps.surface(&rules.options(&Spacing::new(spacing).unwrap()));
    rules.value(metric.parse().unwrap(), &surface).unwrap()
}

fn shown(value: f64) -> String {
    match value {
        value if value.is_nan() => "undefined".into(),
        value if value.is_infinite() => "∞".into(),
        value => format!("{value:.4}"),
    }
}

/// A preset, what is special about it, and what it has: hd, hd95, an average by our name, nsd.
type Row = (SurfacePreset, &'static str, [bool; 2], &'static str, bool);

fn rows() -> Vec<Row> {
    use SurfacePreset as P;
    vec![
        (P::Monai, "faces; the larger percentile", [true, true], "asd_pred", true),
        (P::MetricsReloaded, "the same, in `f64`", [true, true], "masd", true),
        (P::DistorchCenter, "the same, directions apart", [true, false], "assd", true),
        (P::GrandChallenge, "the lower element", [true, true], "max_asd", false),
        (P::Medpy, "both lists pooled", [true, true], "assd", false),
        (P::MedpyFull, "pooled; corners count as neighbours", [true, true], "assd", false),
        (P::Panoptica, "pooled; NSD is a mean", [true, true], "masd", true),
        (P::SegMetrics, "pooled; corners; the image's edge is none", [true, true], "assd", false),
        (P::Mikan, "rounded; the image's edge is none", [true, true], "assd", false),
        (P::Plastimatch, "the mean of both percentiles", [true, true], "masd", false),
        (P::Lits, "faces and edges", [true, false], "assd", false),
        (P::Deepmind, "corners of voxels by area; cumulative", [true, true], "asd_pred", true),
        (P::MonaiSubvoxel, "the same areas", [false, false], "", true),
        (P::Distorch, "corners by exposed faces, directions apart", [true, false], "assd", true),
        (P::TotalSegmentator, "areas; always 1.5 mm", [false, false], "", true),
        (P::Brats24, "faces; NSD is a mean", [false, false], "", true),
        (P::Itk, "all voxels, to the mask", [true, false], "masd", false),
        (P::GrandChallengeMcd, "boundary to the mask", [false, false], "max_asd", false),
        (P::ScikitImage, "all voxels; in voxels", [true, false], "", false),
        (P::Miseval, "boundary to the mask; in voxels", [true, false], "", false),
    ]
}

fn example() -> String {
    let mut text =
        String::from("| preset | what it does | HD | HD95 | average | | NSD |\n|---|---|---:|---:|---:|---|---:|\n");
    let maps = pair();
    for (preset, what, [hd, hd95], average, nsd) in rows() {
        let rules = preset.rules();
        let cell =
            |has: bool, metric: &str| if has { shown(value(&maps, &rules, SPACING, metric)) } else { String::new() };
        let averages = cell(!average.is_empty(), if average.is_empty() { "hd" } else { average });
        let name = if average.is_empty() { String::new() } else { format!("`{average}`") };
        let (hd, hd95, nsd) = (cell(hd, "hd"), cell(hd95, "hd95"), cell(nsd, "nsd=2"));
        let _ = writeln!(text, "| `{preset}` | {what} | {hd} | {hd95} | {averages} | {name} | {nsd} |");
    }
    text
}

/// A box of 14 × 14 × 14 voxels and the same one three voxels on.
fn toss() -> String {
    let inside = |place: [usize; 3], shift: usize| {
        (4..10).contains(&place[0]) && (4..10).contains(&place[1]) && (3 + shift..9 + shift).contains(&place[2])
    };
    let places = || (0..16 * 16 * 16).map(|i| [i / 256, i / 16 % 16, i % 16]);
    let mask = |shift: usize| places().map(|place| u8::from(inside(place, shift))).collect();
    let maps = Maps { spatial: vec![16; 3], truth: mask(0), pred: mask(3) };
    let mut text = String::from("| NSD at 3.3 mm | faces | corners by area |\n|---|---:|---:|\n");
    let with = |rules: SurfaceRules, tolerance| {
        let rules = SurfaceRules { tolerance, ..rules };
        shown(value(&maps, &rules, [1.1; 3], "nsd=3.3"))
    };
    let names = [
        (ToleranceRule::Slack, "voxdice: whole numbers with slack"),
        (ToleranceRule::F32, "both rounded to `f32` (MONAI)"),
        (ToleranceRule::F64, "in `f64` (DeepMind, MetricsReloaded, panoptica)"),
    ];
    for (tolerance, name) in names {
        let (faces, corners) = (SurfaceRules::default(), SurfacePreset::Deepmind.rules());
        let _ = writeln!(text, "| {name} | {} | {} |", with(faces, tolerance), with(corners, tolerance));
    }
    text
}

fn empty() -> String {
    let mut text = String::from(
        "| HD95, NSD | neither is there | the truth is empty | the prediction is empty |\n|---|---:|---:|---:|\n",
    );
    let masks = |truth: bool, pred: bool| {
        let mask = |there: bool| (0..64).map(|i| u8::from(there && i == 21)).collect();
        Maps { spatial: vec![4; 3], truth: mask(truth), pred: mask(pred) }
    };
    use SurfacePreset as P;
    let presets =
        [P::Monai, P::Deepmind, P::MetricsReloaded, P::SegMetrics, P::Brats23, P::Kits23, P::TotalSegmentator];
    let named = presets.map(|preset| (format!("`{preset}`"), preset.rules()));
    for (name, rules) in [("voxdice".to_string(), SurfaceRules::default())].into_iter().chain(named) {
        let cell = |truth, pred| {
            let of = |metric| shown(value(&masks(truth, pred), &rules, [1.0; 3], metric));
            format!("{}, {}", of("hd95"), of("nsd=1"))
        };
        let cells = [cell(false, false), cell(false, true), cell(true, false)];
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text
}

#[test]
fn the_page_has_the_numbers_that_are_computed() {
    page::check("docs/which-hd95.md", &[("example", example()), ("toss", toss()), ("empty", empty())]);
}

#[test]
fn what_the_page_says_in_words_holds() {
    let maps = pair();
    let hd95 = |rules: SurfaceRules| value(&maps, &rules, SPACING, "hd95");
    let of = |directions| hd95(SurfaceRules { directions, ..SurfaceRules::default() });
    let [max, mean, pooled] = Directions::ALL.map(of);
    assert!(max > mean && max > pooled, "{max} {mean} {pooled}");
    let [medpy, full] = [SurfacePreset::Medpy, SurfacePreset::MedpyFull].map(|preset| preset.rules());
    assert!(max.floor() == 25.0 && medpy == SurfaceRules { directions: Directions::Pooled, ..medpy });
    assert_eq!(shown(hd95(full)), "1.6000");
    // Of the elements, so many are those of the speck: all of its voxels.
    let share = |rules: &SurfaceRules, both: bool| {
        let surface = maps.surface(&rules.options(&Spacing::new(SPACING).unwrap()));
        let all = surface.pred().elements() + if both { surface.truth().elements() } else { 0 };
        128.0 / all as f64
    };
    assert!((share(&medpy, false) - 0.1).abs() < 0.005 && (share(&medpy, true) - 0.05).abs() < 0.002);
    assert!(share(&medpy, true) > 0.05 && share(&full, true) < 0.05);
    // The default is MONAI's and MetricsReloaded's definition.
    for preset in [SurfacePreset::Monai, SurfacePreset::MetricsReloaded] {
        let rules = preset.rules();
        let same = SurfaceRules { tolerance: rules.tolerance, empty: rules.empty, ..SurfaceRules::default() };
        let surface = |rules: &SurfaceRules| maps.surface(&rules.options(&Spacing::new(SPACING).unwrap()));
        assert_eq!(surface(&rules), surface(&same));
        assert_eq!((rules.spacing, rules.quantile, rules.directions), (same.spacing, same.quantile, same.directions));
    }
    assert_eq!(SurfacePreset::TotalSegmentator.rules().spacing, RuleSpacing::Mm(1.5));
    let both_sides: fn(&Surface) -> u64 = |surface| surface.truth().elements() + surface.pred().elements();
    let count = |rules: SurfaceRules| both_sides(&maps.surface(&rules.options(&Spacing::new(SPACING).unwrap())));
    assert!(count(SurfacePreset::MedpyFull.rules()) > count(SurfacePreset::Medpy.rules()));
    // Most distances between all voxels are 0.
    let voxels = maps.surface(&SurfacePreset::Itk.rules().options(&Spacing::new(SPACING).unwrap()));
    let zero: u64 = voxels.from_truth().chain(voxels.from_pred()).filter(|(d, _)| *d == 0.0).map(|(_, n)| n).sum();
    assert!(2 * zero > both_sides(&voxels));
    assert_eq!(SurfaceMetric::HdPercentile(95.0).to_string(), "hd95");
    assert_eq!(
        SurfaceRules::default().to_string(),
        "boundary voxels across faces; the image's edge is boundary; linear percentile, the larger of both directions; \
         NSD pooled, a slack of 1e-6 at the tolerance"
    );
}
