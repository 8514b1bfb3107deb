//! The choices as they were used, for the record.

use super::choices::Choices;
use crate::metric::{
    Activation, Agreement, Channels, ClassWeights, Denominator, EmptyTruth, Focus, Form, GeneralizedWeights, Kind,
    LossOptions, Overlap, Per, Pointwise, Reduce, Smooth, Smoothing, Tversky,
};
use clap::ValueEnum;
use serde_json::{Map, Value, json};

/// All choices, by name.
pub(super) fn json(choices: &Choices, options: &LossOptions) -> Value {
    let name = choices.name().to_possible_value();
    let mut echo = Map::new();
    let mut set = |key: &str, value: Value| drop(echo.insert(key.into(), value));
    set("name", name.as_ref().map_or(Value::Null, |value| value.get_name().into()));
    set("preset", choices.preset.map_or(Value::Null, |preset| preset.name().into()));
    let (overlap, pointwise) = parts(options);
    if let Some(overlap) = overlap {
        set("overlap", overlap_json(overlap));
        set("form", form(options.form).into());
        set("smooth", smoothing(&options.smooth));
        set("floor", options.floor.into());
        set("score_floor", options.score_floor.into());
        set("denominator", denominator(options.denominator).into());
        set("soft_label", (options.agreement == Agreement::SoftLabel).into());
        set("empty_truth", if options.empty_truth == EmptyTruth::ZeroLoss { "zero-loss" } else { "formula" }.into());
        set("focus", focus(options.focus));
    }
    if let Some(pointwise) = pointwise {
        set("pointwise", pointwise_json(pointwise));
    }
    if let Kind::Combined { lambda_overlap, lambda_pointwise, .. } = options.kind {
        set("lambda_overlap", lambda_overlap.into());
        set("lambda_pointwise", lambda_pointwise.into());
    }
    set("activation", activation(options.activation).into());
    set("background", (options.channels != Channels::Foreground).into());
    set("class_weights", weights(&options.weights));
    set("per", if choices.rows() { "row" } else { per(options.per) }.into());
    set("reduce", reduce(options.reduce).into());
    Value::Object(echo)
}

/// What was computed, in one line for people.
pub(super) fn line(choices: &Choices, options: &LossOptions) -> String {
    let Value::Object(echo) = json(choices, options) else { return String::new() };
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut words = Vec::new();
    let shown = ["name", "preset", "form", "smooth", "denominator", "soft_label", "activation", "per", "reduce"];
    for key in shown {
        match echo.get(key) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::Object(map)) if key == "smooth" => {
                let part = |name: &str| map.get(name).map(plain).unwrap_or_default();
                words.push(format!("smooth {} / {}", part("numerator"), part("denominator")));
            }
            Some(Value::Array(_)) => words.push("smooth by channel".into()),
            Some(Value::Bool(true)) => words.push("soft label".into()),
            Some(value) if key == "name" => words.push(plain(value)),
            Some(value) => words.push(format!("{key} {}", plain(value))),
        }
    }
    words.join(", ")
}

fn parts(options: &LossOptions) -> (Option<Overlap>, Option<Pointwise>) {
    match options.kind {
        Kind::Overlap(overlap) => (Some(overlap), None),
        Kind::Pointwise(pointwise) => (None, Some(pointwise)),
        Kind::Matthews(_) => (None, None),
        Kind::Combined { overlap, pointwise, .. } => (Some(overlap), Some(pointwise)),
    }
}

fn overlap_json(overlap: Overlap) -> Value {
    match overlap {
        Overlap::Dice => json!({ "score": "dice" }),
        Overlap::Jaccard => json!({ "score": "jaccard" }),
        Overlap::Tversky(Tversky { alpha, beta }) => json!({ "score": "tversky", "alpha": alpha, "beta": beta }),
        Overlap::Generalized(weights) => {
            let weights = match weights {
                GeneralizedWeights::Square => "square",
                GeneralizedWeights::Simple => "simple",
                GeneralizedWeights::Uniform => "uniform",
            };
            json!({ "score": "generalized-dice", "weights": weights })
        }
    }
}

fn pointwise_json(pointwise: Pointwise) -> Value {
    match pointwise {
        Pointwise::CrossEntropy => json!({ "name": "cross-entropy" }),
        Pointwise::BinaryCrossEntropy => json!({ "name": "binary-cross-entropy" }),
        Pointwise::Balanced { beta } => json!({ "name": "balanced-cross-entropy", "beta": beta }),
        Pointwise::Focal { gamma, alpha } => json!({ "name": "focal", "gamma": gamma, "alpha": alpha }),
        Pointwise::CategoricalFocal { gamma } => json!({ "name": "categorical-focal", "gamma": gamma }),
        Pointwise::Entropy(entropy) => {
            json!({ "name": "entropy", "gamma": entropy.factor.gamma(), "alpha": entropy.alpha })
        }
    }
}

fn form(form: Form) -> &'static str {
    match form {
        Form::Score => "score",
        Form::OneMinus => "one-minus",
        Form::Negative => "negative",
        Form::NegLog => "neg-log",
        Form::LogCosh => "log-cosh",
    }
}

fn smoothing(smoothing: &Smoothing) -> Value {
    let one = |smooth: &Smooth| json!({ "numerator": smooth.numerator, "denominator": smooth.denominator });
    match smoothing {
        Smoothing::Same(smooth) => one(smooth),
        Smoothing::PerChannel(list) => list.iter().map(one).collect(),
    }
}

fn denominator(denominator: Denominator) -> String {
    match denominator {
        Denominator::Sum => "sum".into(),
        Denominator::Squared => "squared".into(),
        Denominator::Power(gamma) => format!("power={gamma}"),
    }
}

fn focus(focus: Focus) -> Value {
    match focus {
        Focus::None => Value::Null,
        Focus::Group(gamma) => json!({ "of": "value", "gamma": gamma }),
        Focus::Reduced(gamma) => json!({ "of": "reduced", "gamma": gamma }),
    }
}

pub(super) fn activation(activation: Activation) -> String {
    match activation {
        Activation::None => "none".into(),
        Activation::Sigmoid => "sigmoid".into(),
        Activation::Softmax => "softmax".into(),
        Activation::Normalise => "normalise".into(),
        Activation::Threshold(threshold) => format!("threshold={threshold}"),
        Activation::Argmax => "argmax".into(),
    }
}

fn weights(weights: &ClassWeights) -> Value {
    match weights {
        ClassWeights::Equal => Value::Null,
        ClassWeights::Multiply(list) => json!({ "weights": list, "mean": "plain" }),
        ClassWeights::Normalise(list) => json!({ "weights": list, "mean": "weighted" }),
    }
}

fn per(per: Per) -> &'static str {
    match per {
        Per::Cell => "cell",
        Per::Sample => "sample",
        Per::Channel => "channel",
        Per::All => "all",
        Per::Element => "element",
        Per::Voxel => "voxel",
    }
}

fn reduce(reduce: Reduce) -> &'static str {
    match reduce {
        Reduce::None => "none",
        Reduce::Mean => "mean",
        Reduce::Sum => "sum",
    }
}
