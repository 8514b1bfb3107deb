//! The choices as they were used, for the record.

use super::choices::Choices;
use super::work::Work;
use crate::metric::{
    Activation, Agreement, Channels, ClassWeights, Denominator, Divisor, EmptyTruth, Entropy, Focal, Focus, Form,
    GeneralizedWeights, Ignore, Kind, LossOptions, Matthews, Overlap, Part, Per, Pointwise, Reduce, Smooth, Smoothing,
    Term, Tversky,
};
use crate::text::digits;
use serde_json::{Map, Value, json};

/// All choices, by name.
pub(super) fn json(choices: &Choices, work: &Work) -> Value {
    let mut echo = Map::new();
    let preset = choices.preset.map_or(Value::Null, |preset| preset.name().into());
    match work {
        Work::Single(loss) => {
            echo.insert("name".into(), choices.name().into());
            echo.insert("preset".into(), preset);
            echo.append(&mut term(choices, loss.options()));
        }
        Work::Sum(terms) => {
            echo.insert("name".into(), choices.name().into());
            echo.insert("preset".into(), preset);
            echo.insert("terms".into(), terms.iter().map(|each| with_factor(choices, each)).collect());
        }
        Work::Call { text, call, recipe } => {
            echo.insert("name".into(), call.class().into());
            echo.insert("preset".into(), preset);
            echo.insert("library".into(), call.library().name().into());
            echo.insert("version".into(), call.version().into());
            echo.insert("as".into(), text.as_str().into());
            let mut terms: Vec<Value> = recipe.terms.iter().map(|each| with_factor(choices, each)).collect();
            if let Some(top) = &recipe.top {
                let mut each = with_factor(choices, &top.term);
                each["largest_percent"] = top.percent.into();
                terms.push(each);
            }
            echo.insert("terms".into(), terms.into());
            // A label that no label map holds is out of the truth before the recipe is made.
            let ignored = match (recipe.ignore, call.ignored()) {
                (Ignore::Nothing, Some(value)) => Ignore::Value(value),
                (ignored, _) => ignored,
            };
            echo.insert("ignores".into(), ignore(ignored));
        }
    }
    if let Some(ignore) = &choices.ignore {
        echo.insert("ignore".into(), json!(ignore.labels().collect::<Vec<_>>()));
    }
    if let Some(mask) = &choices.mask {
        echo.insert("mask".into(), mask.to_string_lossy().into());
    }
    Value::Object(echo)
}

fn with_factor(choices: &Choices, each: &Term) -> Value {
    let mut echo = Map::from_iter([("factor".to_owned(), each.factor.into())]);
    echo.append(&mut term(choices, &each.options));
    Value::Object(echo)
}

fn ignore(ignore: Ignore) -> Value {
    match ignore {
        Ignore::Nothing => Value::Null,
        Ignore::Value(value) => json!({ "value": value }),
        Ignore::Class(class) => json!({ "class": class }),
        Ignore::NoClass => json!({ "class": null }),
    }
}

/// The choices of a term.
fn term(choices: &Choices, options: &LossOptions) -> Map<String, Value> {
    let mut echo = Map::new();
    let mut set = |key: &str, value: Value| drop(echo.insert(key.into(), value));
    let (overlap, pointwise) = parts(options);
    if let Some(overlap) = overlap {
        set("overlap", overlap_json(overlap));
        set("form", form(options.form).into());
        set("smooth", smoothing(&options.smooth));
        set("floor", options.floor.into());
        set("score_floor", options.score_floor.into());
        if options.hits_floor != 0.0 {
            set("hits_floor", options.hits_floor.into());
        }
        set("denominator", denominator(options.denominator).into());
        set("soft_label", (options.agreement == Agreement::SoftLabel).into());
        set("empty_truth", if options.empty_truth == EmptyTruth::ZeroLoss { "zero-loss" } else { "formula" }.into());
        set("focus", focus(options.focus));
    }
    if let Kind::Matthews(matthews) = options.kind {
        set("matthews", matthews_json(matthews, &options.smooth));
        set("form", form(options.form).into());
    }
    if let Some(pointwise) = pointwise {
        set("pointwise", pointwise_json(pointwise));
        if options.divisor != Divisor::Usual {
            set("divisor", divisor(options.divisor).into());
        }
    }
    if let (Kind::Combined { lambda_overlap, lambda_pointwise, .. }, Some(_)) = (options.kind, overlap) {
        set("lambda_overlap", lambda_overlap.into());
        set("lambda_pointwise", lambda_pointwise.into());
    }
    set("activation", activation(options.activation).into());
    set("background", (options.channels != Channels::Foreground).into());
    if let Channels::Only(list) = &options.channels {
        set("channels", json!(list));
    }
    set("class_weights", weights(&options.weights));
    set("per", if choices.rows() { "row" } else { per(options.per) }.into());
    set("reduce", reduce(options.reduce).into());
    echo
}

/// What was computed, for people: a line, and one for each term of a sum.
pub(super) fn lines(choices: &Choices, work: &Work) -> Vec<String> {
    let preset = choices.preset.map(|preset| format!("preset {preset}"));
    let named = |name: String| name + &preset.as_ref().map_or(String::new(), |preset| format!(", {preset}"));
    let of_terms = |terms: Vec<Term>| terms.into_iter().map(|each| term_line(choices, &each)).collect::<Vec<_>>();
    match work {
        Work::Single(loss) => {
            let parts = [Some(choices.name()), preset.clone(), Some(line(choices, loss.options()))];
            vec![parts.into_iter().flatten().collect::<Vec<_>>().join(", ")]
        }
        Work::Sum(_) => std::iter::once(named(choices.name())).chain(of_terms(work.terms())).collect(),
        Work::Call { text, call, .. } => {
            let library = format!("{text}, {} {}", call.library().name(), call.version());
            std::iter::once(named(library)).chain(of_terms(work.terms())).collect()
        }
    }
}

/// A term, by the names of its parts.
fn term_line(choices: &Choices, each: &Term) -> String {
    let echo = term(choices, &each.options);
    let name = |key: &str, name: &str| echo.get(key)?.get(name)?.as_str().map(str::to_owned);
    let parts = [name("overlap", "score"), name("pointwise", "name"), name("matthews", "name")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let mut more = String::new();
    if let Some(gamma) = echo.get("pointwise").and_then(|pointwise| pointwise.get("focal_factor")?.get("gamma")) {
        more += &format!(", focal gamma {gamma}");
    }
    if each.options.weights != ClassWeights::Equal {
        more += ", weighted";
    }
    if let Some(divisor) = echo.get("divisor").and_then(Value::as_str) {
        more += &format!(", divided by {divisor}");
    }
    format!("{} x {}{more}, {}", each.factor, parts.join(" and "), line(choices, &each.options))
}

/// The choices that matter most.
fn line(choices: &Choices, options: &LossOptions) -> String {
    let echo = term(choices, options);
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut words = Vec::new();
    let shown = ["form", "smooth", "denominator", "soft_label", "activation", "per", "reduce"];
    for key in shown {
        match echo.get(key) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::Object(map)) if key == "smooth" => {
                let part = |name: &str| map.get(name).map(plain).unwrap_or_default();
                words.push(format!("smooth {} / {}", part("numerator"), part("denominator")));
            }
            Some(Value::Array(_)) => words.push("smooth by channel".into()),
            Some(Value::Bool(true)) => words.push("soft label".into()),
            Some(value) => words.push(format!("{key} {}", plain(value))),
        }
    }
    words.join(", ")
}

/// The overlap and the pointwise loss of a term. A loss of voxels by itself may stand beside a Dice with factor 0.
fn parts(options: &LossOptions) -> (Option<Overlap>, Option<Pointwise>) {
    match options.kind {
        Kind::Overlap(overlap) => (Some(overlap), None),
        Kind::Pointwise(pointwise) => (None, Some(pointwise)),
        Kind::Matthews(_) => (None, None),
        Kind::Combined { pointwise, lambda_overlap: 0.0, .. } => (None, Some(pointwise)),
        Kind::Combined { overlap, pointwise, .. } => (Some(overlap), Some(pointwise)),
    }
}

fn overlap_json(overlap: Overlap) -> Value {
    let score = overlap.name();
    match overlap {
        Overlap::Tversky(Tversky { alpha, beta }) => json!({ "score": score, "alpha": alpha, "beta": beta }),
        Overlap::Generalized(weights) => {
            let weights = match weights {
                GeneralizedWeights::Square => "square",
                GeneralizedWeights::Simple => "simple",
                GeneralizedWeights::Uniform => "uniform",
            };
            json!({ "score": score, "weights": weights })
        }
        _ => json!({ "score": score }),
    }
}

fn pointwise_json(pointwise: Pointwise) -> Value {
    match pointwise {
        Pointwise::CrossEntropy => json!({ "name": "cross-entropy" }),
        Pointwise::BinaryCrossEntropy => json!({ "name": "binary-cross-entropy" }),
        Pointwise::Balanced { beta } => json!({ "name": "balanced-cross-entropy", "beta": beta }),
        Pointwise::Focal { gamma, alpha } => json!({ "name": "focal", "gamma": gamma, "alpha": alpha }),
        Pointwise::CategoricalFocal { gamma } => json!({ "name": "categorical-focal", "gamma": gamma }),
        Pointwise::Entropy(entropy) => entropy_json(entropy),
    }
}

fn entropy_json(entropy: Entropy) -> Value {
    let factor = match entropy.factor {
        Focal::None => Value::Null,
        Focal::Apart(gamma) => json!({ "name": "apart", "gamma": gamma }),
        Focal::Margin(gamma) => json!({ "name": "margin", "gamma": gamma }),
        Focal::Confidence(gamma) => json!({ "name": "confidence", "gamma": gamma }),
        Focal::Reduced { gamma, threshold } => json!({ "name": "reduced", "gamma": gamma, "threshold": threshold }),
        Focal::Miss(gamma) => json!({ "name": "miss", "gamma": gamma }),
    };
    json!({
        "name": if entropy.off == 0.0 { "cross-entropy" } else { "binary-cross-entropy" },
        "on": entropy.on,
        "off": entropy.off,
        "alpha": entropy.alpha,
        "focal_factor": factor,
        "labels": { "keep": entropy.labels.keep, "add": entropy.labels.add },
        "clip": entropy.clip,
        "part": match entropy.part { Part::All => "all", Part::Ones => "ones", Part::Others => "others" },
    })
}

fn matthews_json(matthews: Matthews, smooth: &Smoothing) -> Value {
    match matthews {
        Matthews::Whole => json!({ "name": "matthews", "smooth": smoothing(smooth) }),
        Matthews::Counts { eps } => json!({ "name": "matthews", "eps": eps }),
    }
}

fn divisor(divisor: Divisor) -> &'static str {
    match divisor {
        Divisor::Usual => "usual",
        Divisor::Elements => "elements",
        Divisor::Voxels => "voxels",
        Divisor::Truth => "weights-of-the-truth",
        Divisor::Channels => "channels",
        Divisor::One => "one",
        Divisor::Factors => "focal-factors",
        Divisor::ElementsAndFactors => "elements-and-focal-factors",
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
        Activation::Threshold(threshold) => format!("threshold={}", digits(threshold)),
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
