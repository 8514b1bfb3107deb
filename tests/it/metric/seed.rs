//! The functions of the seed document, through the library: plain `f64` sums, and exact sums of the CPU engine.

use super::arrays::Array;
use super::compare::{Verdict, all_close};
use super::soft::{Act, Soft};
use crate::engines::ALL;
use crate::shared::golden_cases;
use serde_json::Value;
use voxdice::metric::{Activation, Denominator, Form, Loss, LossOptions, Preset, Reduce, Smooth, Smoothing, View};
use voxdice::{Layout, Pair, Shape, Volume};

/// TensorFlow makes a Python float into a `f32` constant where the function's other operand is not yet `f64`: that is
/// what `dice_loss4` and `dice_loss2` of the golden file add. The functions with `K` keep `f64`.
fn single(x: f64) -> f64 {
    f64::from(x as f32)
}

fn case_preset(case: &Value) -> Preset {
    match case["function"].as_str().unwrap() {
        "dice_loss2" => Preset::SeedDiceLoss2,
        "dice_loss3" => Preset::SeedDiceLoss3,
        "dice_loss4" => Preset::SeedDiceLoss4,
        // The one case of dice_loss1 is there as what its author meant.
        "dice_coef" if case["id"] == "question-1-as-meant" => Preset::SeedDiceLoss1,
        "dice_coef" => Preset::SeedDiceCoef,
        "dice_coef_multilabel" => Preset::SeedDiceCoefMultilabel,
        other => panic!("{other}"),
    }
}

fn options_of(case: &Value, preset: Preset) -> LossOptions {
    let kwargs = &case["kwargs"];
    let mut options = preset.options();
    if let Some(smooth) = kwargs.get("smooth").map(Array::number) {
        let smooth =
            if matches!(preset, Preset::SeedDiceLoss2 | Preset::SeedDiceLoss4) { single(smooth) } else { smooth };
        options.smooth = Smooth::both(smooth).into();
    }
    if let Some(list) = kwargs.get("smooth_list") {
        let list = Array::nested(list).values;
        assert_eq!(list.len(), kwargs["M"].as_u64().unwrap() as usize);
        options.smooth = Smoothing::PerChannel(list.into_iter().map(Smooth::both).collect());
    }
    if let Some(gamma) = kwargs.get("gama").map(Array::number) {
        options.denominator = Denominator::Power(gamma);
    }
    match kwargs.get("loss").and_then(Value::as_str) {
        Some("dice") => options.form = Form::Score,
        Some("1-dice") => options.form = Form::OneMinus,
        Some("-dice") => options.form = Form::Negative,
        Some("-log(dice)") => options.form = Form::NegLog,
        _ => {}
    }
    options
}

/// A flat list, or zeros with a few values set.
fn flat(value: &Value) -> Vec<f64> {
    let Some(zeros) = value.get("zeros") else { return Array::nested(value).values };
    let mut values = vec![0.0; zeros.as_u64().unwrap() as usize];
    for (at, x) in value.get("set").and_then(Value::as_object).into_iter().flatten() {
        values[at.parse::<usize>().unwrap()] = Array::number(x);
    }
    values
}

/// Samples, channels, voxels and layout as the preset sees the array.
fn axes(case: &Value, view: View) -> ([usize; 3], Layout) {
    let axes: Vec<usize> = Array::nested(&case["shape"]).values.iter().map(|&x| x as usize).collect();
    let all: usize = axes.iter().product();
    let last = *axes.last().unwrap();
    match view {
        View::Flat => ([1, 1, all], Layout::ChannelsFirst),
        View::Rows => ([all / last, 1, last], Layout::ChannelsFirst),
        View::ChannelsLast => ([axes[0], last, all / axes[0] / last], Layout::ChannelsLast),
        View::Cells => panic!("no seed function does"),
    }
}

fn channels_first(values: &[f64], [samples, channels, voxels]: [usize; 3], layout: Layout) -> Vec<f64> {
    if layout == Layout::ChannelsFirst {
        return values.to_vec();
    }
    let at = |n: usize, c: usize, v: usize| values[(n * voxels + v) * channels + c];
    let cells = (0..samples).flat_map(|n| (0..channels).map(move |c| (n, c)));
    cells.flat_map(|(n, c)| (0..voxels).map(move |v| at(n, c, v))).collect()
}

/// The loss by the exact sums of the CPU engine, read in the layout of the file; `None` where it has no such sums.
fn through_engine(loss: &Loss, axes: [usize; 3], layout: Layout, p: &[f64], t: &[f64]) -> Option<Vec<f64>> {
    let exponent = loss.options().denominator.exponent();
    if loss.options().activation != Activation::None || (exponent != 1.0 && exponent != 2.0) {
        return None;
    }
    let [samples, channels, voxels] = axes;
    let shape = Shape::new(samples, channels, [voxels]).unwrap().with_layout(layout);
    let single = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<f32>>();
    let (p, t) = (single(p), single(t));
    let volume = |values| Volume::f32(shape.clone(), values).unwrap();
    let sums = ALL[0].engine.sums_with(Pair { pred: volume(&p), truth: volume(&t) }, &loss.sums_options()).unwrap();
    let found = loss.evaluate(&sums).unwrap();
    Some(found.reduced.map_or(found.values, |reduced| vec![reduced]))
}

#[test]
fn every_case_of_the_seed_functions() {
    let (mut plain, mut exact) = (Verdict::default(), Verdict::default());
    for case in golden_cases("seed_functions.json") {
        let name = case["id"].as_str().unwrap();
        let preset = case_preset(&case);
        let loss = Loss::new(options_of(&case, preset)).unwrap();
        let (axes, layout) = axes(&case, preset.view());
        let (p, t) = (flat(&case["y_pred"]), flat(&case["y_true"]));
        let expected = Array::nested(&case["expected"]).values;
        let act = if loss.options().activation == Activation::Sigmoid { Act::Sigmoid } else { Act::None };
        let first = |values: &[f64]| channels_first(values, axes, layout);
        let soft = Soft::new(axes, &first(&p), &first(&t), act);
        plain.note(name, all_close(&soft.loss(&loss), &expected, 1e-14));
        if let Some(found) = through_engine(&loss, axes, layout, &p, &t) {
            // The literal example has decimal fractions that f32 rounds; the others are f32 and cost truncation alone.
            let rounded = p.iter().chain(&t).any(|&x| f64::from(x as f32) != x);
            let truncation = p.len() as f64 * 2f64.powi(-46) * 8.0;
            exact.note(name, all_close(&found, &expected, if rounded { 1e-6 } else { truncation.max(1e-12) }));
        }
    }
    plain.demand(91);
    // Without the activation of dice_loss3 (3) and the power 1.5 (4).
    exact.demand(84);
}

#[test]
fn presets_know_their_names() {
    for preset in Preset::ALL {
        assert_eq!(preset.name().parse::<Preset>().unwrap(), preset);
        Loss::new(preset.options()).unwrap();
    }
    assert_eq!(Preset::SeedDiceLoss2.options().reduce, Reduce::None);
    let error = "seed-dice-loss-5".parse::<Preset>().unwrap_err().to_string();
    assert!(error.contains("seed-dice-loss-5") && error.contains("keras"), "{error}");
}

#[test]
fn a_smoothing_that_is_1e_9_off_is_noticed() {
    for case in golden_cases("seed_functions.json").iter().filter(|case| case["id"] == "question-1-as-meant") {
        let options = LossOptions { smooth: Smooth::both(1e-6 + 1e-9).into(), ..Preset::SeedDiceLoss1.options() };
        let (p, t) = (flat(&case["y_pred"]), flat(&case["y_true"]));
        let found = Soft::new([1, 1, 12], &p, &t, Act::None).loss(&Loss::new(options).unwrap());
        assert!(all_close(&found, &Array::nested(&case["expected"]).values, 1e-12).is_err());
    }
}
