//! The numbers of docs/which-dice.md, computed. VOXDICE_BLESS=1 writes them into the page.

use crate::page;
use std::fmt::Write;
use voxdice::metric::{
    Agreement, Denominator, GeneralizedWeights, Kind, Loss, LossOptions, LossValues, Overlap, Per, Preset, Reduce,
    Smooth, Tversky,
};
use voxdice::{Backend, Engine, EngineOptions, Pair, Shape, Volume};

const TRUTH: [f32; 12] = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
const PRED: [f32; 12] = [0.0, 0.0, 0.9, 0.0, 0.0, 0.0, 0.1, 0.0, 1.0, 1.0, 0.1, 1.0];

fn values(options: &LossOptions, channels: usize, truth: &[f32], pred: &[f32]) -> LossValues {
    let engine = Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap();
    let loss = Loss::new(options.clone()).unwrap();
    let shape = Shape::new(1, channels, [pred.len() / channels]).unwrap();
    let volume = |values| Volume::f32(shape.clone(), values).unwrap();
    let sums = engine.sums_with(Pair { pred: volume(pred), truth: volume(truth) }, &loss.sums_options()).unwrap();
    loss.evaluate(&sums).unwrap()
}

fn shown(value: f64) -> String {
    match value {
        value if value.is_nan() => "undefined".into(),
        value if value.is_infinite() => "∞".into(),
        value if value != 0.0 && value.abs() < 1e-3 => format!("{value:.1e}"),
        // Not -0.0000.
        value => format!("{:.4}", value + 0.0).replace("-0.0000", "0.0000"),
    }
}

fn number(options: &LossOptions, channels: usize) -> String {
    let found = values(options, channels, &TRUTH, &PRED);
    match found.reduced {
        Some(reduced) => shown(reduced),
        None => found.values.into_iter().map(shown).collect::<Vec<_>>().join(", "),
    }
}

/// One line of the table: name, options, what is special about it, where it is best.
type Variant = (&'static str, LossOptions, &'static str, &'static str);

fn variants() -> Vec<Variant> {
    let dice = LossOptions { smooth: Smooth::both(1e-5).into(), ..LossOptions::default() };
    let of = |overlap| LossOptions { kind: Kind::Overlap(overlap), ..dice.clone() };
    let (truth, zero) = ("0 at p = t", "0 at p = t, also for soft t");
    let tversky = Tversky { alpha: 0.3, beta: 0.7 };
    vec![
        ("preset `keras`", Preset::Keras.options(), "flattens always; 1e-7 below only", truth),
        ("preset `monai`", Preset::Monai.options(), "1e-5; each sample and channel", truth),
        ("preset `nnunet`", Preset::NnUnet.options(), "−D; 1e-5; channel 0 left out", "−1 at p = t"),
        ("preset `smp`", Preset::Smp.options(), "no smoothing; batch pooled; absent classes count 0; L1 form", zero),
        ("`seed-dice-loss-1`", Preset::SeedDiceLoss1.options(), "flattens always; 1e-6", truth),
        ("`seed-dice-loss-2`", Preset::SeedDiceLoss2.options(), "squares; 1e-6; a value per row", zero),
        (
            "`seed-dice-loss-3`",
            Preset::SeedDiceLoss3.options(),
            "flattens; sigmoid of the prediction; no smoothing",
            "0 at logits ±∞",
        ),
        ("`seed-dice-loss-4`", Preset::SeedDiceLoss4.options(), "flattens; 1e-6; p^γ and t^γ, here γ = 1", truth),
        ("`seed-dice-coef`", Preset::SeedDiceCoef.options(), "a score; flattens; 100", "highest, 1, at p = t"),
        (
            "`seed-dice-coef-multilabel`",
            Preset::SeedDiceCoefMultilabel.options(),
            "a score; 100; sum over channels",
            "highest, the number of channels, at p = t",
        ),
        ("Dice", dice.clone(), "1e-5, as all below unless said", truth),
        ("Dice, squares", LossOptions { denominator: Denominator::Squared, ..dice.clone() }, "Σp² + Σt²", zero),
        (
            "Dice, soft-label",
            LossOptions { agreement: Agreement::SoftLabel, ..dice.clone() },
            "L1 form: the same on a 0/1 truth",
            zero,
        ),
        ("Jaccard", of(Overlap::Jaccard), "I / (P + T − I)", truth),
        ("Tversky (0.3, 0.7)", of(Overlap::Tversky(tversky)), "misses cost more than false alarms", truth),
        (
            "focal Tversky (0.3, 0.7), γ = ¾",
            LossOptions::focal_tversky(tversky, 0.75),
            "(1 − T)^γ; smoothed by 1 per hit",
            truth,
        ),
        (
            "generalized Dice",
            LossOptions { per: Per::Sample, ..of(Overlap::Generalized(GeneralizedWeights::Square)) },
            "one score of all channels, weights 1/T²",
            truth,
        ),
        ("log-cosh Dice", LossOptions::log_cosh_dice(), "ln cosh(1 − D); smoothed by 1", truth),
        ("Dice + CE", LossOptions::dice_ce(), "− mean of t·ln p", truth),
        ("Dice + focal, γ = 2", LossOptions::dice_focal(), "focal on both sides of each voxel", truth),
        ("Combo (½, ½)", LossOptions::combo(0.5, 0.5), "½·L − ½·D, L half the binary CE; smoothed by 1", "−½ at p = t"),
    ]
}

fn example() -> String {
    let mut text = String::from("| variant | what it does | flat | by row | lowest |\n|---|---|---:|---:|---|\n");
    for (name, options, what, lowest) in variants() {
        let _ = writeln!(text, "| {name} | {what} | {} | {} | {lowest} |", number(&options, 1), number(&options, 3));
    }
    text
}

fn empty() -> String {
    const VOXELS: usize = 128 * 128;
    let invented = |count: usize| (0..VOXELS).map(|i| f32::from(u8::from(i < count))).collect::<Vec<f32>>();
    let mut text = String::from(
        "| score of an empty class | nothing predicted | 1 voxel predicted | 100 voxels predicted | \
         10 voxels there, none found |\n|---|---:|---:|---:|---:|\n",
    );
    let smooth = |smooth: f64| LossOptions { smooth: Smooth::both(smooth).into(), ..LossOptions::default() };
    let keras = LossOptions { reduce: Reduce::Mean, ..Preset::Keras.options() };
    let rows = [
        ("no smoothing", smooth(0.0)),
        ("1e-7 below only (`keras`)", keras),
        ("1e-5 (`monai`, `nnunet`)", smooth(1e-5)),
        ("1", smooth(1.0)),
        ("100 (`seed-dice-coef`)", smooth(100.0)),
    ];
    for (name, options) in rows {
        let score = |truth: usize, pred: usize| {
            shown(1.0 - values(&options, 1, &invented(truth), &invented(pred)).reduced.unwrap())
        };
        let cells = [score(0, 0), score(0, 1), score(0, 100), score(10, 0)];
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text
}

fn soft() -> String {
    let plain = LossOptions::default();
    let squared = LossOptions { denominator: Denominator::Squared, ..LossOptions::default() };
    let label = LossOptions { agreement: Agreement::SoftLabel, ..LossOptions::default() };
    let mut text = String::from(
        "| loss, where t = 0.5 everywhere | p = 0.25 | p = 0.5 | p = 0.75 | p = 1 |\n|---|---:|---:|---:|---:|\n",
    );
    for (name, options) in [("1 − Dice", plain), ("squares", squared), ("soft-label", label)] {
        let at = [0.25, 0.5, 0.75, 1.0].map(|p| shown(values(&options, 1, &[0.5; 8], &[p; 8]).reduced.unwrap()));
        let _ = writeln!(text, "| {name} | {} |", at.join(" | "));
    }
    text
}

#[test]
fn the_page_has_the_numbers_that_are_computed() {
    page::check("docs/which-dice.md", &[("example", example()), ("empty", empty()), ("soft", soft())]);
}

#[test]
fn what_the_page_says_in_words_holds() {
    let score = |options: &LossOptions, truth: &[f32], pred: &[f32]| values(options, 1, truth, pred).reduced.unwrap();
    // Every variant has the value of its last column at p = t, and no lower one (a score: no higher one) nearby.
    for (name, options, _, lowest) in variants() {
        let reduce = if options.reduce == Reduce::None { Reduce::Mean } else { options.reduce };
        let options = LossOptions { reduce, ..options };
        // It takes logits.
        if name == "`seed-dice-loss-3`" {
            continue;
        }
        let best = match lowest {
            lowest if lowest.starts_with("−1 ") => -1.0,
            lowest if lowest.starts_with("−½") => -0.5,
            lowest if lowest.starts_with("highest") => 1.0,
            _ => 0.0,
        };
        let found = score(&options, &TRUTH, &TRUTH);
        assert!((found - best).abs() < 1e-6, "{name}: {found}");
        let sign = if lowest.starts_with("highest") { -1.0 } else { 1.0 };
        assert!(sign * score(&options, &TRUTH, &PRED) > sign * found, "{name}");
        if lowest.contains("soft t") {
            let soft: Vec<f32> = TRUTH.iter().map(|t| 0.25 + t / 2.0).collect();
            let moved: Vec<f32> = soft.iter().map(|t| if *t > 0.5 { 1.0 } else { 0.0 }).collect();
            assert!(score(&options, &soft, &soft).abs() < 1e-6, "{name}");
            assert!(score(&options, &soft, &moved) > 1e-3, "{name}");
        }
    }
    let plain = LossOptions::default();
    assert!(score(&plain, &[0.5; 8], &[1.0; 8]) < score(&plain, &[0.5; 8], &[0.5; 8]));
    let page = include_str!("../../docs/which-dice.md");
    assert!(
        ["I = 1.1, P = 4.1, T = 3", "scores 0.99", "still scores 0.5", "scores 0.91"].iter().all(|s| page.contains(s))
    );
}
