//! segmentation_models.pytorch 0.6.0.

use super::channels::{Kept, channel_weights, ignoring, times};
use crate::error::CallError;
use crate::metric::call::{Arguments, Weights};
use crate::metric::choices::{
    Agreement, Channels, ClassWeights, Divisor, EmptyTruth, Focus, Form, Per, Reduce, Smooth,
};
use crate::metric::matthews::Matthews;
use crate::metric::objective::{Ignore, Term};
use crate::metric::options::{Kind, LossOptions};
use crate::metric::recipe::{Class, Given, Prepare, Recipe};
use crate::metric::score::{Overlap, Tversky};
use crate::options::Activation;
use crate::pointwise::{Entropy, Focal, LabelSmoothing, Pointwise};

type Result<T> = std::result::Result<T, CallError>;

/// The keywords of the losses of a score.
macro_rules! keywords {
    ($($name:literal)*) => {
        &["mode", "classes", "log_loss", "from_logits", "smooth", "ignore_index", "eps", $($name,)* "class_weights"]
    };
}

#[rustfmt::skip]
pub(in crate::metric) static CLASSES: [Class; 7] = [
    Class { name: "DiceLoss", make: dice_loss, keywords: keywords!() },
    Class { name: "JaccardLoss", make: jaccard_loss, keywords: keywords!() },
    Class { name: "TverskyLoss", make: tversky_loss, keywords: keywords!("alpha" "beta" "gamma") },
    Class { name: "FocalLoss", make: focal_loss, keywords: &[
        "mode", "alpha", "gamma", "ignore_index", "from_logits", "eps", "reduction", "normalized", "reduced_threshold",
        "class_weights"] },
    Class { name: "SoftBCEWithLogitsLoss", make: soft_bce_loss, keywords: &[
        "weight", "ignore_index", "reduction", "smooth_factor", "pos_weight"] },
    Class { name: "SoftCrossEntropyLoss", make: soft_ce_loss, keywords: &[
        "reduction", "smooth_factor", "ignore_index", "dim"] },
    Class { name: "MCCLoss", make: mcc_loss, keywords: &["eps"] },
];

const REDUCTIONS: [(&str, Reduce); 3] = [("mean", Reduce::Mean), ("sum", Reduce::Sum), ("none", Reduce::None)];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Binary,
    Multiclass,
    Multilabel,
}

impl Mode {
    /// Volumes that SMP refuses in a mode are refused, and those that it would read as another truth.
    fn of(a: &Arguments<'_>, given: &Given) -> Result<Self> {
        let known = [("binary", Self::Binary), ("multiclass", Self::Multiclass), ("multilabel", Self::Multilabel)];
        let mode = a.choice("mode", &known)?;
        match mode.ok_or_else(|| a.wrong("mode", "given: binary, multiclass or multilabel"))? {
            Self::Multiclass if given.channels == 1 => Err(a.wrong("mode", "binary for a prediction of one channel")),
            Self::Binary | Self::Multilabel if given.labels && given.channels > 1 => {
                Err(a.wrong("mode", &format!("multiclass for a label map and {} channels", given.channels)))
            }
            mode => Ok(mode),
        }
    }

    /// In binary mode everything is one class.
    fn per(self) -> Per {
        if self == Self::Binary { Per::All } else { Per::Channel }
    }
}

/// Weights of channels; the mean over them is Σ wℓ / Σ w.
fn class_weights(a: &Arguments<'_>, given: &Given, mode: Mode) -> Result<ClassWeights> {
    let weights = a.weights("class_weights")?;
    if weights.is_some() && mode == Mode::Binary {
        return Err(a.wrong("class_weights", "left out with mode binary"));
    }
    Ok(match channel_weights(a, "class_weights", weights, Kept::all(given))? {
        ClassWeights::Multiply(list) => ClassWeights::Normalise(list),
        other => other,
    })
}

fn dice_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    score_loss(a, given, Overlap::Dice, Focus::None)
}

fn jaccard_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    score_loss(a, given, Overlap::Jaccard, Focus::None)
}

fn tversky_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let tversky = Tversky { alpha: a.size("alpha", 0.5)?, beta: a.size("beta", 0.5)? };
    let focus = match a.size("gamma", 1.0)? {
        1.0 => Focus::None,
        gamma => Focus::Reduced(gamma),
    };
    score_loss(a, given, Overlap::Tversky(tversky), focus)
}

fn score_loss(a: &Arguments<'_>, given: &Given, overlap: Overlap, focus: Focus) -> Result<Recipe> {
    let mode = Mode::of(a, given)?;
    let (smooth, eps) = (a.size("smooth", 0.0)?, a.size("eps", 1e-7)?);
    let options = LossOptions {
        kind: Kind::Overlap(overlap),
        form: if a.flag("log_loss", false)? { Form::NegLog } else { Form::OneMinus },
        focus,
        smooth: Smooth::per_hit(smooth, smooth).into(),
        floor: 2.0 * eps,
        score_floor: eps,
        agreement: Agreement::SoftLabel,
        per: mode.per(),
        channels: classes(a, given, mode)?,
        weights: class_weights(a, given, mode)?,
        empty_truth: EmptyTruth::ZeroLoss,
        activation: activation(a, mode)?,
        ..LossOptions::default()
    };
    Ok(Recipe::of(vec![Term::new(1.0, options)]).ignoring(ignoring(a.whole("ignore_index")?, given)))
}

fn activation(a: &Arguments<'_>, mode: Mode) -> Result<Activation> {
    Ok(match (a.flag("from_logits", true)?, mode) {
        (false, _) => Activation::None,
        (true, Mode::Multiclass) => Activation::Softmax,
        (true, _) => Activation::Sigmoid,
    })
}

/// Negative numbers count from the last channel.
fn classes(a: &Arguments<'_>, given: &Given, mode: Mode) -> Result<Channels> {
    let Some(list) = a.wholes("classes")? else { return Ok(Channels::All) };
    if mode == Mode::Binary {
        return Err(a.wrong("classes", "left out with mode binary"));
    }
    let count = given.channels as i64;
    let channel = |&class: &i64| {
        let channel = if class < 0 { class + count } else { class };
        if (0..count).contains(&channel) { Some(channel as usize) } else { None }
    };
    let list: Option<Vec<usize>> = list.iter().map(channel).collect();
    list.map(Channels::Only).ok_or_else(|| a.wrong("classes", &format!("channels, of which there are {count}")))
}

/// What a class ignores without `ignore_index`, as torch does.
pub(in crate::metric) fn ignored_unless_told(class: &str) -> Option<i64> {
    ["SoftBCEWithLogitsLoss", "SoftCrossEntropyLoss"].contains(&class).then_some(-100)
}

fn focal_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let mode = Mode::of(a, given)?;
    let (gamma, eps) = (a.size("gamma", 2.0)?, a.size("eps", 1e-7)?);
    let weights = class_weights(a, given, mode)?;
    let ignore = ignoring(a.whole("ignore_index")?, given);
    let from_logits = a.flag("from_logits", true)?;
    let entropy = Entropy {
        alpha: a.some_number("alpha")?,
        factor: match a.some_number("reduced_threshold")? {
            None => Focal::Confidence(gamma),
            Some(threshold) => Focal::Reduced { gamma, threshold },
        },
        clip: if from_logits { 0.0 } else { eps },
        ..Entropy::default()
    };
    let normalized = a.flag("normalized", false)?;
    let (per, divisor, shape) = match (a.choice("reduction", &REDUCTIONS)?.unwrap_or_default(), normalized) {
        (Reduce::Mean, false) => (mode.per(), Divisor::Elements, None),
        (Reduce::Mean, true) => (mode.per(), Divisor::ElementsAndFactors, None),
        (Reduce::Sum, false) => (mode.per(), Divisor::One, None),
        (Reduce::Sum, true) => (mode.per(), Divisor::Factors, None),
        (Reduce::None, false) if mode == Mode::Binary && ignore == Ignore::Nothing => {
            (Per::Element, Divisor::One, Some(vec![given.elements() as usize]))
        }
        // The classes are stacked and their mean is taken all the same.
        (Reduce::None, false) if mode != Mode::Binary && weights == ClassWeights::Equal => {
            (mode.per(), Divisor::Elements, None)
        }
        (Reduce::None, _) => {
            let range = "mean or sum beside ignore_index, normalized and class_weights";
            return Err(a.wrong("reduction", range));
        }
    };
    let options = LossOptions {
        kind: Kind::Pointwise(Pointwise::Entropy(entropy)),
        per,
        reduce: if per == Per::Element { Reduce::None } else { Reduce::Mean },
        divisor,
        weights,
        // The sigmoid of each logit, in every mode.
        activation: if from_logits { Activation::Sigmoid } else { Activation::None },
        ..LossOptions::default()
    };
    let (why, prepare) = if mode == Mode::Multiclass && !from_logits {
        (
            vec!["with mode multiclass and from_logits=False it takes p / (1 + p) for the probability p"],
            Prepare::Logarithm { eps },
        )
    } else {
        (Vec::new(), Prepare::Nothing)
    };
    let entropy = Kind::Pointwise(Pointwise::Entropy(Entropy { clip: 0.0, ..entropy }));
    let theirs = LossOptions { kind: entropy, activation: Activation::Sigmoid, ..options.clone() };
    let recipe = Recipe::of(vec![Term::new(1.0, options)]).ignoring(ignore).shaped(shape);
    Ok(recipe.departing(why, prepare, vec![Term::new(1.0, theirs)]))
}

const DIVISOR: &str = "with ignore_index the mean divides by all voxels, ignored ones too";

fn soft_bce_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let entropy = Entropy { labels: LabelSmoothing::flip(a.size("smooth_factor", 0.0)?), ..Entropy::default() };
    let weights = channel_weights(a, "weight", a.weights("weight")?, Kept::all(given))?;
    let reduce = a.choice("reduction", &REDUCTIONS)?.unwrap_or_default();
    let (per, divisor) = match reduce {
        Reduce::None => (Per::Element, Divisor::One),
        Reduce::Sum => (Per::All, Divisor::One),
        Reduce::Mean => (Per::All, Divisor::Elements),
    };
    let options =
        LossOptions { per, divisor, reduce, weights, activation: Activation::Sigmoid, ..LossOptions::default() };
    let terms = binary_entropy(entropy, a.weights("pos_weight")?, options, |weights| {
        channel_weights(a, "pos_weight", Some(weights), Kept::all(given))
    })?;
    mean_of_kept(terms, a, given, given.elements())
}

/// Binary cross-entropy. Its `pos_weight` may differ between channels; then its two parts are two terms.
pub(super) fn binary_entropy(
    entropy: Entropy,
    pos_weight: Option<Weights>,
    options: LossOptions,
    list: impl Fn(Weights) -> Result<ClassWeights>,
) -> Result<Vec<Term>> {
    let term = |entropy, weights| {
        let kind = Kind::Pointwise(Pointwise::Entropy(entropy));
        Term::new(1.0, LossOptions { kind, weights, ..options.clone() })
    };
    Ok(match pos_weight {
        None => vec![term(entropy, options.weights.clone())],
        Some(Weights::Same(on)) => vec![term(Entropy { on, ..entropy }, options.weights.clone())],
        Some(each) => vec![
            term(Entropy { off: 0.0, ..entropy }, times(&options.weights, &list(each)?)),
            term(Entropy { on: 0.0, ..entropy }, options.weights.clone()),
        ],
    })
}

fn soft_ce_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let Some(smoothing) = a.some_number("smooth_factor")? else {
        return Err(a.wrong("smooth_factor", "given, such as 0.0: smp fails with its own default, None"));
    };
    if !matches!(a.whole("dim")?, None | Some(1)) {
        return Err(a.wrong("dim", "1, the axis of the channels"));
    }
    let reduce = a.choice("reduction", &REDUCTIONS)?.unwrap_or_default();
    let (per, divisor) = match reduce {
        Reduce::None => (Per::Voxel, Divisor::One),
        Reduce::Sum => (Per::All, Divisor::One),
        Reduce::Mean => (Per::All, Divisor::Voxels),
    };
    let labels = LabelSmoothing::classes(smoothing, given.channels);
    let options = LossOptions {
        kind: Kind::Pointwise(Pointwise::Entropy(Entropy { labels, ..Entropy::categorical() })),
        per,
        divisor,
        reduce,
        activation: Activation::Softmax,
        ..LossOptions::default()
    };
    mean_of_kept(vec![Term::new(1.0, options)], a, given, given.voxels())
}

/// The mean over the voxels that are kept, where the library divides by `all`.
fn mean_of_kept(terms: Vec<Term>, a: &Arguments<'_>, given: &Given, all: f64) -> Result<Recipe> {
    let default = ignored_unless_told(a.class());
    let index = if a.is_given("ignore_index") { a.whole("ignore_index")? } else { default };
    let ignore = ignoring(index, given);
    let mean = terms.iter().any(|term| term.options.reduce == Reduce::Mean);
    // A negative label, which no label map holds, comes as a mask.
    let ignores = ignore != Ignore::Nothing || index.is_some() && given.masked;
    let why = if mean && ignores { vec![DIVISOR] } else { Vec::new() };
    let sum = |term: &Term| {
        let options = LossOptions { divisor: Divisor::One, reduce: Reduce::Sum, ..term.options.clone() };
        Term::new(term.factor / all, options)
    };
    let theirs = terms.iter().map(sum).collect();
    Ok(Recipe::of(terms).ignoring(ignore).departing(why, Prepare::Nothing, theirs))
}

fn mcc_loss(a: &Arguments<'_>, _: &Given) -> Result<Recipe> {
    let kind = Kind::Matthews(Matthews::Counts { eps: a.size("eps", 1e-5)? });
    Ok(Recipe::of(vec![Term::new(1.0, LossOptions { kind, per: Per::All, ..LossOptions::default() })]))
}
