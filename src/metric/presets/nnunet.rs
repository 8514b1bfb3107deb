//! nnU-Net 2.8.1.

use super::channels::{Kept, channel_weights, ignoring};
use super::smp::binary_entropy;
use crate::error::CallError;
use crate::metric::call::Arguments;
use crate::metric::choices::{Channels, ClassWeights, Divisor, Form, Per, Reduce, Smooth};
use crate::metric::objective::Term;
use crate::metric::options::{Kind, LossOptions};
use crate::metric::recipe::{Class, Given, Prepare, Recipe, Top};
use crate::options::Activation;
use crate::pointwise::{Entropy, LabelSmoothing, Pointwise};

type Result<T> = std::result::Result<T, CallError>;

#[rustfmt::skip]
pub(in crate::metric) static CLASSES: [Class; 5] = [
    Class { name: "SoftDiceLoss", make: dice_loss, keywords: &SOFT_DICE },
    Class { name: "MemoryEfficientSoftDiceLoss", make: dice_loss, keywords: &MEMORY_EFFICIENT },
    Class { name: "DC_and_CE_loss", make: dc_and_ce, keywords: &[
        "soft_dice_kwargs", "ce_kwargs", "weight_ce", "weight_dice", "ignore_label", "dice_class"] },
    Class { name: "DC_and_BCE_loss", make: dc_and_bce, keywords: &[
        "bce_kwargs", "soft_dice_kwargs", "weight_ce", "weight_dice", "use_ignore_label", "dice_class"] },
    Class { name: "DC_and_topk_loss", make: dc_and_topk, keywords: &[
        "soft_dice_kwargs", "ce_kwargs", "weight_ce", "weight_dice", "ignore_label"] },
];

const SOFT_DICE: [&str; 6] = ["apply_nonlin", "batch_dice", "do_bg", "smooth", "ddp", "clip_tp"];
const MEMORY_EFFICIENT: [&str; 5] = ["apply_nonlin", "batch_dice", "do_bg", "smooth", "ddp"];
const ENTROPY: [&str; 5] = ["weight", "ignore_index", "k", "label_smoothing", "reduction"];

fn dice_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let activation = match a.name("apply_nonlin")? {
        None => Activation::None,
        // Whole names: there are also logsigmoid, log_softmax, and a softmax over the samples.
        Some(name) => match name.rsplit('.').next() {
            Some("softmax" | "softmax_helper_dim1") => Activation::Softmax,
            Some("sigmoid") => Activation::Sigmoid,
            _ => return Err(a.wrong("apply_nonlin", "softmax_helper_dim1, softmax, sigmoid or None")),
        },
    };
    Ok(Recipe::of(vec![Term::new(1.0, dice(a, given, activation)?)]))
}

/// The two classes have the same value; one of them can keep the hits from 0.
fn dice(a: &Arguments<'_>, given: &Given, activation: Activation) -> Result<LossOptions> {
    let with_background = a.flag("do_bg", true)?;
    if !with_background && given.channels == 1 {
        return Err(a.wrong("do_bg", "True for one channel: without it nothing is left"));
    }
    Ok(LossOptions {
        form: Form::Negative,
        smooth: Smooth::both(a.size("smooth", 1.0)?).into(),
        floor: 1e-8,
        hits_floor: a.size("clip_tp", 0.0)?,
        per: if a.flag("batch_dice", false)? { Per::Channel } else { Per::Cell },
        channels: if with_background { Channels::All } else { Channels::Foreground },
        activation,
        ..LossOptions::default()
    })
}

/// The Dice of a compound loss, which brings its own activation.
fn dice_part(a: &Arguments<'_>, given: &Given, default: &str, activation: Activation) -> Result<LossOptions> {
    let class = if a.knows("dice_class") { a.name("dice_class")?.unwrap_or(default) } else { default };
    let keywords = match class.rsplit('.').next() {
        Some("SoftDiceLoss") => &SOFT_DICE[1..],
        Some("MemoryEfficientSoftDiceLoss") => &MEMORY_EFFICIENT[1..],
        _ => return Err(a.wrong("dice_class", "SoftDiceLoss or MemoryEfficientSoftDiceLoss")),
    };
    dice(&a.dict("soft_dice_kwargs", keywords)?, given, activation)
}

/// Cross-entropy of label maps.
fn cross_entropy(a: &Arguments<'_>, of: &Arguments<'_>, given: &Given) -> Result<LossOptions> {
    if !given.labels {
        return Err(a.refusal("takes a label map as truth"));
    }
    if given.channels == 1 {
        return Err(a.refusal("takes several channels, and this is one; DC_and_BCE_loss takes one"));
    }
    if of.whole("ignore_index")? != a.whole("ignore_label")? && of.is_given("ignore_index") {
        return Err(of.wrong("ignore_index", "left out: ignore_label says it for both parts"));
    }
    let weights = channel_weights(of, "weight", of.weights("weight")?, Kept::all(given))?;
    let labels = LabelSmoothing::classes(of.size("label_smoothing", 0.0)?, given.channels);
    Ok(LossOptions {
        kind: Kind::Pointwise(Pointwise::Entropy(Entropy { labels, ..Entropy::categorical() })),
        per: Per::All,
        divisor: if weights == ClassWeights::Equal { Divisor::Voxels } else { Divisor::Truth },
        weights,
        activation: Activation::Softmax,
        ..LossOptions::default()
    })
}

fn dc_and_ce(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let of = a.dict("ce_kwargs", &[ENTROPY[0], ENTROPY[1], ENTROPY[3], ENTROPY[4]])?;
    let mut entropy = cross_entropy(a, &of, given)?;
    if of.choice("reduction", &[("mean", Reduce::Mean), ("sum", Reduce::Sum)])? == Some(Reduce::Sum) {
        entropy.divisor = Divisor::One;
    }
    let dice = dice_part(a, given, "SoftDiceLoss", Activation::Softmax)?;
    let terms = vec![Term::new(a.size("weight_dice", 1.0)?, dice), Term::new(a.size("weight_ce", 1.0)?, entropy)];
    Ok(Recipe::of(terms).ignoring(ignoring(a.whole("ignore_label")?, given)))
}

fn dc_and_bce(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let of = a.dict("bce_kwargs", &["weight", "reduction", "pos_weight"])?;
    let dice = dice_part(a, given, "MemoryEfficientSoftDiceLoss", Activation::Sigmoid)?;
    let all = Kept::all(given);
    let sum = of.choice("reduction", &[("mean", Reduce::Mean), ("sum", Reduce::Sum)])? == Some(Reduce::Sum);
    let ignore_channel = a.flag("use_ignore_label", false)?;
    let options = LossOptions {
        per: Per::All,
        // With an ignore label the reduction is set to none, and done by hand.
        divisor: if sum && !ignore_channel { Divisor::One } else { Divisor::Elements },
        weights: channel_weights(&of, "weight", of.weights("weight")?, all)?,
        activation: Activation::Sigmoid,
        ..LossOptions::default()
    };
    let entropy = binary_entropy(Entropy::default(), of.weights("pos_weight")?, options, |weights| {
        channel_weights(&of, "pos_weight", Some(weights), all)
    })?;
    let (of_dice, of_entropy) = (a.size("weight_dice", 1.0)?, a.size("weight_ce", 1.0)?);
    let terms = |factor: f64| {
        let entropy = entropy.iter().map(|term| Term::new(factor * of_entropy, term.options.clone()));
        std::iter::once(Term::new(of_dice, dice.clone())).chain(entropy).collect()
    };
    let why = if ignore_channel && given.channels > 1 && of_entropy != 0.0 {
        vec!["with use_ignore_label its cross-entropy divides by voxels, not by voxels x channels"]
    } else {
        Vec::new()
    };
    let recipe = Recipe { ignore_channel, ..Recipe::of(terms(1.0)) };
    Ok(recipe.departing(why, Prepare::Nothing, terms(given.channels as f64)))
}

fn dc_and_topk(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let of = a.dict("ce_kwargs", &ENTROPY[..4])?;
    let dice = dice_part(a, given, "SoftDiceLoss", Activation::Softmax)?;
    let entropy =
        LossOptions { per: Per::Voxel, divisor: Divisor::One, reduce: Reduce::None, ..cross_entropy(a, &of, given)? };
    let percent = of.size("k", 10.0)?;
    if percent > 100.0 {
        return Err(of.wrong("k", "a percentage"));
    }
    if given.voxels() * percent < 100.0 {
        return Err(of.wrong("k", "larger: so few voxels have no largest one"));
    }
    let top = Top { percent, term: Term::new(a.size("weight_ce", 1.0)?, entropy) };
    let recipe = Recipe::of(vec![Term::new(a.size("weight_dice", 1.0)?, dice)]);
    let recipe = recipe.ignoring(ignoring(a.whole("ignore_label")?, given));
    Ok(Recipe { top: Some(top), ..recipe })
}
