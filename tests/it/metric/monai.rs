//! MONAI's losses and their gradients.

use super::arrays::Array;
use super::compare::{Verdict, all_close};
use super::soft::{Act, Soft};
use crate::engines::ALL;
use crate::shared::{golden, golden_cases};
use serde_json::Value;
use voxdice::metric::{
    Agreement, Channels, ClassWeights, Denominator, GeneralizedWeights, Kind, Loss, LossOptions, Overlap, Per,
    Pointwise, Reduce, Smooth, Tversky,
};

/// A case in our words.
fn loss_of(case: &Value) -> Loss {
    let kwargs = &case["kwargs"];
    let is = |name: &str| kwargs.get(name).and_then(Value::as_bool).unwrap_or(false);
    let number = |name: &str, default: f64| kwargs.get(name).map_or(default, Array::number);
    let (nr, dr) = (number("smooth_nr", 1e-5), number("smooth_dr", 1e-5));
    let mut options = LossOptions {
        smooth: Smooth { numerator: nr, denominator: dr }.into(),
        per: if is("batch") { Per::Channel } else { Per::Cell },
        ..LossOptions::default()
    };
    if kwargs.get("include_background") == Some(&Value::Bool(false)) {
        options.channels = Channels::Foreground;
    }
    if is("squared_pred") {
        options.denominator = Denominator::Squared;
    }
    if is("soft_label") {
        options.agreement = Agreement::SoftLabel;
    }
    options.reduce = match kwargs.get("reduction").and_then(Value::as_str).unwrap_or("mean") {
        "none" => Reduce::None,
        "sum" => Reduce::Sum,
        _ => Reduce::Mean,
    };
    if let Some(weight) = kwargs.get("weight") {
        options.weights = ClassWeights::Multiply(Array::nested(weight).values);
    }
    options.kind = match case["metric"].as_str().unwrap() {
        "DiceLoss" if is("jaccard") => Kind::Overlap(Overlap::Jaccard),
        "DiceLoss" => Kind::Overlap(Overlap::Dice),
        "TverskyLoss" => {
            options.smooth = Smooth::per_hit(nr, dr).into();
            Kind::Overlap(Overlap::Tversky(Tversky { alpha: number("alpha", 0.5), beta: number("beta", 0.5) }))
        }
        "GeneralizedDiceLoss" => {
            options.per = if is("batch") { Per::All } else { Per::Sample };
            Kind::Overlap(Overlap::Generalized(match kwargs.get("w_type").and_then(Value::as_str) {
                Some("simple") => GeneralizedWeights::Simple,
                Some("uniform") => GeneralizedWeights::Uniform,
                _ => GeneralizedWeights::Square,
            }))
        }
        "FocalLoss" => {
            options.per = Per::All;
            let gamma = number("gamma", 2.0);
            Kind::Pointwise(if is("use_softmax") {
                Pointwise::CategoricalFocal { gamma }
            } else {
                Pointwise::Focal { gamma, alpha: kwargs.get("alpha").map(Array::number) }
            })
        }
        other => panic!("{other}"),
    };
    Loss::new(options).unwrap()
}

fn volumes(case: &Value, pred: &Value, truth: &Value) -> Soft {
    let kwargs = &case["kwargs"];
    let is = |name: &str| kwargs.get(name).and_then(Value::as_bool).unwrap_or(false);
    let (pred, truth) = (Array::nested(pred), Array::nested(truth));
    let (samples, channels) = (pred.axes[0], pred.axes[1]);
    let act = match kwargs.get("other_act").and_then(Value::as_str) {
        Some("tanh") => Act::Tanh,
        Some(_) => Act::LogSoftmax,
        None if is("sigmoid") => Act::Sigmoid,
        None if is("softmax") || is("use_softmax") => Act::Softmax,
        None if case["metric"] == "FocalLoss" => Act::Sigmoid,
        None => Act::None,
    };
    let truth = if is("to_onehot_y") { truth.one_hot(channels) } else { truth.values };
    Soft::new([samples, channels, pred.values.len() / samples / channels], &pred.values, &truth, act)
}

/// MONAI makes its generalized weights in `f32`, and its focal loss altogether. A one-hot truth is `f32`: its values
/// are exact, but where squares are asked for the square of its norm is not.
fn tolerance(case: &Value) -> f64 {
    let squares_of_one_hot = case["kwargs"]["to_onehot_y"] == true && case["kwargs"]["squared_pred"] == true;
    match case["metric"].as_str().unwrap() {
        "GeneralizedDiceLoss" => 2e-7,
        "FocalLoss" => 1e-6,
        _ if squares_of_one_hot => 2e-7,
        _ => 1e-12,
    }
}

/// Losses and gradients of f32 logits through the kernels of every implementation: what f32 keeps of the inputs and the
/// documented bounds of activations leave of the golden numbers.
const THROUGH_KERNELS: f64 = 1e-5;

/// Checks a case through every implementation; whether its activation is one that engines have.
fn through_kernels(
    loss: &Loss,
    soft: &Soft,
    expected: &[f64],
    gradient: &dyn Fn(&[f64]) -> Result<(), String>,
) -> Result<bool, String> {
    for implementation in ALL.iter() {
        let Some((value, found)) = soft.through(&implementation.engine, loss) else { return Ok(false) };
        let named = |e: String| format!("{}: {e}", implementation.name);
        all_close(&value, expected, THROUGH_KERNELS).map_err(named)?;
        gradient(&found).map_err(named)?;
    }
    Ok(true)
}

fn value_of(case: &Value, loss: &Loss, soft: &Soft) -> Result<(), String> {
    all_close(&soft.loss(loss), &Array::nested(&case["expected_f64"]).values, tolerance(case))
}

/// Values and gradients of all cases, the exact sums of those without an activation, and the kernels of those whose
/// activation engines have: tanh and log-softmax (`other_act`) are not among them.
fn upstream_tests(file: &str, cases: usize, without_activation: usize, other_activation: usize) {
    let (mut verdict, mut exact, mut kernels) = (Verdict::default(), Verdict::default(), Verdict::default());
    for case in golden_cases(file) {
        let name = case["source"].as_str().unwrap_or_default().to_string();
        let (loss, soft) = (loss_of(&case), volumes(&case, &case["pred"], &case["truth"]));
        verdict.note(&name, value_of(&case, &loss, &soft));
        if let Some(found) = soft.exact_loss(&loss) {
            exact.note(&name, all_close(&found, &Array::nested(&case["expected_f64"]).values, tolerance(&case)));
        }
        let gradient = Array::nested(&case["grad_pred_f64"]).values;
        verdict.note(&name, all_close(&soft.gradient(&loss), &gradient, tolerance(&case)));
        let expected = Array::nested(&case["expected_f64"]).values;
        match through_kernels(&loss, &soft, &expected, &|found| all_close(found, &gradient, THROUGH_KERNELS)) {
            Ok(false) => {}
            other => kernels.note(&name, other.map(drop)),
        }
    }
    verdict.demand(2 * cases);
    exact.demand(without_activation);
    kernels.demand(cases - other_activation);
}

#[test]
fn dice_losses_of_its_tests() {
    upstream_tests("monai_dice_loss.json", 18, 3, 6);
}

#[test]
fn tversky_losses_of_its_tests() {
    upstream_tests("monai_tversky_loss.json", 16, 4, 3);
}

#[test]
fn generalized_dice_losses_of_its_tests() {
    upstream_tests("monai_generalized_dice_loss.json", 14, 4, 2);
}

#[test]
fn losses_and_gradients_of_random_volumes() {
    let Some(file) = golden("oracle_monai150_random.json") else { return };
    let (mut verdict, mut kernels) = (Verdict::default(), Verdict::default());
    for case in file["cases"].as_array().unwrap() {
        let name = format!("{} {}", case["metric"], case["kwargs"]);
        let input = |operand: &str| &file["inputs"][case[operand].as_str().unwrap()];
        let (loss, soft) = (loss_of(case), volumes(case, input("pred"), input("truth")));
        verdict.note(&name, value_of(case, &loss, &soft));
        let gradient = soft.gradient(&loss);
        let absolute: f64 = gradient.iter().map(|g| g.abs()).sum();
        let expected = [Array::number(&case["grad_pred_sum_f64"]), Array::number(&case["grad_pred_l1_f64"])];
        // Gradients through a softmax sum to 0 up to rounding, which the absolute part of the tolerance is for.
        verdict.note(&name, all_close(&[gradient.iter().sum(), absolute], &expected, tolerance(case)));
        let first = Array::nested(&case["grad_pred_first8_f64"]).values;
        verdict.note(&name, all_close(&gradient[..8], &first, tolerance(case)));
        let value = Array::nested(&case["expected_f64"]).values;
        let found = through_kernels(&loss, &soft, &value, &|found| {
            let absolute: f64 = found.iter().map(|g| g.abs()).sum();
            all_close(&[absolute], &expected[1..], THROUGH_KERNELS)?;
            all_close(&found[..8], &first, THROUGH_KERNELS)
        });
        kernels.note(&name, found.map(|ran| assert!(ran)));
    }
    verdict.demand(3 * 69);
    kernels.demand(69);
}
