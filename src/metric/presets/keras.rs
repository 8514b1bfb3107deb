//! Keras 3.15.1, and what is different on its main branch.

use super::channels::{Kept, channel_weights, ignoring};
use crate::error::CallError;
use crate::metric::call::Arguments;
use crate::metric::choices::{ClassWeights, Divisor, Per, Reduce, Smooth};
use crate::metric::objective::Term;
use crate::metric::options::{Kind, LossOptions};
use crate::metric::recipe::{Class, Given, Prepare, Recipe};
use crate::metric::score::{Overlap, Tversky};
use crate::options::Activation;
use crate::pointwise::{Entropy, Focal, LabelSmoothing, Pointwise};

type Result<T> = std::result::Result<T, CallError>;

/// `keras.config.epsilon()`.
const EPSILON: f64 = 1e-7;

#[rustfmt::skip]
pub(in crate::metric) static CLASSES: [Class; 7] = [
    Class { name: "Dice", make: dice, keywords: &["reduction", "name", "axis", "dtype"] },
    Class { name: "Tversky", make: tversky, keywords: &["alpha", "beta", "reduction", "name", "axis", "dtype"] },
    Class { name: "BinaryCrossentropy", make: binary_crossentropy, keywords: &[
        "from_logits", "label_smoothing", "axis", "reduction", "name", "dtype"] },
    Class { name: "BinaryFocalCrossentropy", make: binary_focal_crossentropy, keywords: &[
        "apply_class_balancing", "alpha", "gamma", "from_logits", "label_smoothing", "axis", "reduction", "name", "dtype"] },
    Class { name: "CategoricalCrossentropy", make: categorical_crossentropy, keywords: &[
        "from_logits", "label_smoothing", "axis", "reduction", "name", "dtype"] },
    Class { name: "CategoricalFocalCrossentropy", make: categorical_focal_crossentropy, keywords: &[
        "alpha", "gamma", "from_logits", "label_smoothing", "axis", "reduction", "name", "dtype"] },
    Class { name: "SparseCategoricalCrossentropy", make: sparse_categorical_crossentropy, keywords: &[
        "from_logits", "ignore_class", "reduction", "axis", "name", "dtype"] },
];

fn reduction(a: &Arguments<'_>) -> Result<Reduce> {
    let known = [
        ("sum_over_batch_size", Reduce::Mean),
        ("mean", Reduce::Mean),
        ("mean_with_sample_weight", Reduce::Mean),
        ("sum", Reduce::Sum),
        ("none", Reduce::None),
    ];
    let default = if a.is_given("reduction") { Reduce::None } else { Reduce::Mean };
    Ok(a.choice("reduction", &known)?.unwrap_or(default))
}

/// Whether the axis of the classes is the second one. For the losses of a score `axis` is something else.
pub(in crate::metric) fn channels_first(a: &Arguments<'_>) -> bool {
    a.knows("from_logits") && a.whole("axis").is_ok_and(|axis| axis == Some(1))
}

/// The axis of the classes, last or second.
fn check_axis(a: &Arguments<'_>, given: &Given) -> Result<()> {
    let last = given.spatial.len() as i64 + 1;
    match a.whole("axis")? {
        None => Ok(()),
        Some(axis) if [-1, 1, last].contains(&axis) => Ok(()),
        Some(_) => Err(a.wrong("axis", "-1, the last one, or 1")),
    }
}

fn one_hot(a: &Arguments<'_>, given: &Given) -> Result<()> {
    if given.labels && given.channels > 1 {
        return Err(a.refusal("takes no label map beside several channels; give one-hot truth"));
    }
    Ok(())
}

fn dice(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    score(a, given, Overlap::Dice, Smooth { numerator: 0.0, denominator: EPSILON })
}

/// Up to 3.15.1 α weighs the false negatives, against its documentation.
fn tversky(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let (alpha, beta) = (a.size("alpha", 0.5)?, a.size("beta", 0.5)?);
    let tversky = if given.newer { Tversky { alpha, beta } } else { Tversky { alpha: beta, beta: alpha } };
    score(a, given, Overlap::Tversky(tversky), Smooth::per_hit(0.0, EPSILON))
}

fn score(a: &Arguments<'_>, given: &Given, overlap: Overlap, smooth: Smooth) -> Result<Recipe> {
    one_hot(a, given)?;
    let reduce = reduction(a)?;
    let (per, rows) = summed(a, given)?;
    if rows && given.masked {
        let range = "None, or all spatial axes beside others, where voxels are masked: each is a value here, and would have none";
        return Err(a.wrong("axis", range));
    }
    // One value is not reduced.
    let reduce = if (per, rows) == (Per::All, false) { Reduce::Mean } else { reduce };
    let options =
        LossOptions { kind: Kind::Overlap(overlap), smooth: smooth.into(), per, reduce, ..LossOptions::default() };
    let of_rows = || [&[given.samples], given.spatial.as_slice()].concat();
    let shape = (rows && reduce == Reduce::None).then(of_rows);
    Ok(Recipe { rows, ..Recipe::of(vec![Term::new(1.0, options)]).shaped(shape) })
}

/// What the axes that are summed over leave, and whether it is each voxel.
fn summed(a: &Arguments<'_>, given: &Given) -> Result<(Per, bool)> {
    let Some(axes) = a.wholes("axis")? else { return Ok((Per::All, false)) };
    let last = given.spatial.len() + 1;
    let mut over = vec![false; last + 1];
    for axis in axes {
        let place = if axis < 0 { axis + last as i64 + 1 } else { axis };
        let Some(over) = usize::try_from(place).ok().and_then(|place| over.get_mut(place)) else {
            return Err(a.wrong("axis", &format!("axes of an array of {} axes", last + 1)));
        };
        *over = true;
    }
    let spatial = &over[1..last];
    match (over[0], spatial.iter().all(|&over| over), over[last]) {
        (true, true, true) => Ok((Per::All, false)),
        (true, true, false) => Ok((Per::Channel, false)),
        (false, true, true) => Ok((Per::Sample, false)),
        (false, true, false) => Ok((Per::Cell, false)),
        (false, false, true) if !spatial.contains(&true) => Ok((Per::Cell, true)),
        _ => Err(a.wrong("axis", "all spatial axes with or without the first and the last, or the last by itself")),
    }
}

fn entropy(a: &Arguments<'_>, given: &Given, entropy: Entropy, activation: Activation) -> Result<LossOptions> {
    check_axis(a, given)?;
    let reduce = reduction(a)?;
    let binary = entropy.off != 0.0;
    let per_voxel = if binary { Divisor::Channels } else { Divisor::One };
    let (per, divisor) = match reduce {
        Reduce::Mean => (Per::All, if binary { Divisor::Elements } else { Divisor::Voxels }),
        Reduce::Sum => (Per::All, per_voxel),
        Reduce::None => (Per::Voxel, per_voxel),
    };
    let kind = Kind::Pointwise(Pointwise::Entropy(entropy));
    Ok(LossOptions { kind, per, divisor, reduce, activation, ..LossOptions::default() })
}

fn binary_crossentropy(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    one_hot(a, given)?;
    let (activation, clip) =
        if a.flag("from_logits", false)? { (Activation::Sigmoid, 0.0) } else { (Activation::None, EPSILON) };
    let labels = LabelSmoothing::binary(a.size("label_smoothing", 0.0)?);
    let options = entropy(a, given, Entropy { labels, clip, ..Entropy::default() }, activation)?;
    Ok(Recipe::of(vec![Term::new(1.0, options)]))
}

/// Probabilities are clipped here whether or not they come of logits.
fn binary_focal_crossentropy(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    one_hot(a, given)?;
    let activation = if a.flag("from_logits", false)? { Activation::Sigmoid } else { Activation::None };
    let alpha = a.number("alpha", 0.25)?;
    let of = Entropy {
        labels: LabelSmoothing::binary(a.size("label_smoothing", 0.0)?),
        alpha: a.flag("apply_class_balancing", false)?.then_some(alpha),
        factor: Focal::Miss(a.size("gamma", 2.0)?),
        clip: EPSILON,
        ..Entropy::default()
    };
    Ok(Recipe::of(vec![Term::new(1.0, entropy(a, given, of, activation)?)]))
}

/// The softmax of logits; probabilities are divided by their sum and clipped.
fn categorical(a: &Arguments<'_>, given: &Given) -> Result<(Entropy, Activation)> {
    if given.channels == 1 {
        return Err(a.refusal("takes several channels, and this is one: its probability is 1 everywhere"));
    }
    Ok(match a.flag("from_logits", false)? {
        true => (Entropy::categorical(), Activation::Softmax),
        false => (Entropy { clip: EPSILON, ..Entropy::categorical() }, Activation::Normalise),
    })
}

fn categorical_crossentropy(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let (of, activation) = categorical(a, given)?;
    smoothed(a, given, of, activation, ClassWeights::Equal)
}

fn categorical_focal_crossentropy(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let (of, activation) = categorical(a, given)?;
    let alpha = a.weights("alpha")?.unwrap_or(crate::metric::call::Weights::Same(0.25));
    let weights = channel_weights(a, "alpha", Some(alpha), Kept::all(given))?;
    let of = Entropy { factor: Focal::Apart(a.size("gamma", 2.0)?), clip: EPSILON, ..of };
    smoothed(a, given, of, activation, weights)
}

/// Smooths the labels over the classes, which Keras counts along the last axis wherever they are.
fn smoothed(
    a: &Arguments<'_>,
    given: &Given,
    of: Entropy,
    activation: Activation,
    weights: ClassWeights,
) -> Result<Recipe> {
    one_hot(a, given)?;
    let smoothing = a.size("label_smoothing", 0.0)?;
    let term = |classes| {
        let labels = LabelSmoothing::classes(smoothing, classes);
        let options = entropy(a, given, Entropy { labels, ..of }, activation)?;
        Ok(Term::new(1.0, LossOptions { weights: weights.clone(), ..options }))
    };
    let last = given.spatial.last().copied().unwrap_or(given.channels);
    let departs = channels_first(a) && smoothing != 0.0 && last != given.channels;
    let why = if departs {
        vec!["with this axis the label smoothing divides by the length of the last axis, not by the number of classes"]
    } else {
        Vec::new()
    };
    Ok(Recipe::of(vec![term(given.channels)?]).departing(why, Prepare::Nothing, vec![term(last)?]))
}

fn sparse_categorical_crossentropy(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    if !given.labels {
        return Err(a.refusal("takes a label map; for one-hot truth there is CategoricalCrossentropy"));
    }
    let (of, activation) = categorical(a, given)?;
    let ignore = ignoring(a.whole("ignore_class")?, given);
    Ok(Recipe::of(vec![Term::new(1.0, entropy(a, given, of, activation)?)]).ignoring(ignore))
}
