//! The losses of segmentation_models.pytorch, through its own tests. Its values were computed in `f32`.

use super::arrays::Array;
use super::compare::{Verdict, all_close};
use super::soft::{Act, Soft};
use crate::shared::golden_cases;
use serde_json::Value;
use voxdice::metric::{
    ClassWeights, EmptyTruth, Form, Kind, Loss, LossOptions, Overlap, Per, Pointwise, Preset, Reduce, Tversky,
};

/// What cannot be expressed: metric, how many cases, why.
const NOT_OURS: [(&str, usize, &str); 1] = [(
    "smp.MCCLoss",
    6,
    "a soft Matthews correlation is no overlap of the family; it needs true negatives of soft volumes",
)];

fn text<'a>(kwargs: &'a Value, name: &str) -> &'a str {
    kwargs.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn loss_of(case: &Value) -> Loss {
    let kwargs = &case["kwargs"];
    let number = |name: &str, default: f64| kwargs.get(name).map_or(default, Array::number);
    let metric = case["metric"].as_str().unwrap();
    let tversky = Tversky { alpha: number("alpha", 0.5), beta: number("beta", 0.5) };
    let mut options = Preset::Smp.options();
    options.score_floor = number("eps", 1e-7);
    options.floor = 2.0 * options.score_floor;
    match metric {
        "smp.DiceLoss" | "soft_dice_score" => options.kind = Kind::Overlap(Overlap::Dice),
        "smp.JaccardLoss" | "soft_jaccard_score" => options.kind = Kind::Overlap(Overlap::Jaccard),
        "smp.TverskyLoss" | "soft_tversky_score" => options.kind = Kind::Overlap(Overlap::Tversky(tversky)),
        "smp.FocalLoss" => {
            let kind = Kind::Pointwise(Pointwise::Focal { gamma: 2.0, alpha: None });
            options = LossOptions { kind, per: Per::Channel, ..LossOptions::default() };
        }
        other => panic!("{other}"),
    }
    if metric.starts_with("soft_") {
        let reduce = if text(kwargs, "then") == "mean" { Reduce::Mean } else { Reduce::None };
        options = LossOptions { form: Form::Score, empty_truth: EmptyTruth::Formula, reduce, ..options };
    }
    if let Some(weights) = kwargs.get("class_weights") {
        options.weights = ClassWeights::Normalise(Array::nested(weights).values);
    }
    Loss::new(options).unwrap()
}

/// The volumes with the axes of SMP: binary is one channel, multiclass has a label map for truth, and the functions
/// have no samples.
fn volumes(case: &Value) -> Soft {
    let kwargs = &case["kwargs"];
    let (pred, truth) = (Array::nested(&case["pred"]), Array::nested(&case["truth"]));
    if case["metric"].as_str().unwrap().starts_with("soft_") {
        let channels = if kwargs.get("dims").is_some() { pred.axes[0] } else { 1 };
        return Soft::new([1, channels, pred.values.len() / channels], &pred.values, &truth.values, Act::None);
    }
    let mode = text(kwargs, "mode");
    let logits = kwargs.get("from_logits").and_then(Value::as_bool).unwrap_or(true);
    let act = match mode {
        _ if !logits && case["metric"] != "smp.FocalLoss" => Act::None,
        // The focal loss takes a sigmoid of each class.
        "multiclass" if case["metric"] != "smp.FocalLoss" => Act::Softmax,
        _ => Act::Sigmoid,
    };
    let mut pred = pred;
    if case["metric"] == "smp.FocalLoss" && !logits {
        // It takes the logarithms of probabilities for logits.
        pred.values.iter_mut().for_each(|p| *p = p.ln());
    }
    let (samples, channels) = (pred.axes[0], if mode == "binary" { 1 } else { pred.axes[1] });
    let truth = if mode == "multiclass" { truth.one_hot(channels) } else { truth.values };
    Soft::new([samples, channels, pred.values.len() / samples / channels], &pred.values, &truth, act)
}

#[test]
fn losses_of_its_tests() {
    let (mut verdict, mut exact) = (Verdict::default(), Verdict::default());
    let mut not_ours = [0; NOT_OURS.len()];
    for (i, case) in golden_cases("smp_losses.json").iter().enumerate() {
        let metric = case["metric"].as_str().unwrap();
        if let Some(at) = NOT_OURS.iter().position(|(name, ..)| *name == metric) {
            not_ours[at] += 1;
            continue;
        }
        let expected = Array::nested(&case["expected"]).values;
        // Losses near 0 are 1 - (1 - ε) in f32.
        let (soft, loss) = (volumes(case), loss_of(case));
        let name = format!("{i} {metric} {}", case["kwargs"]);
        let check = |found: Vec<f64>| {
            let near_zero = expected == [0.0] && found[0].abs() < 2e-7;
            if near_zero { Ok(()) } else { all_close(&found, &expected, 5e-7) }
        };
        verdict.note(&name, check(soft.loss(&loss)));
        if let Some(found) = soft.exact_loss(&loss) {
            exact.note(&name, check(found));
        }
    }
    verdict.demand(66);
    exact.demand(36);
    if crate::shared::shared().is_some() {
        assert_eq!(not_ours, NOT_OURS.map(|(_, cases, _)| cases));
    }
}
