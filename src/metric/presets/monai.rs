//! MONAI 1.6.1.

use super::channels::{Kept, channel_weights, ignoring, times};
use crate::error::CallError;
use crate::metric::call::{Arguments, Weights};
use crate::metric::choices::{Agreement, Channels, ClassWeights, Denominator, Divisor, Per, Reduce, Smooth};
use crate::metric::generalized::GeneralizedWeights;
use crate::metric::matthews::Matthews;
use crate::metric::objective::{Ignore, Term};
use crate::metric::options::{Kind, LossOptions};
use crate::metric::recipe::{Class, Given, Prepare, Recipe};
use crate::metric::score::{Overlap, Tversky};
use crate::options::Activation;
use crate::pointwise::{Entropy, Focal, LabelSmoothing, Part, Pointwise};

type Result<T> = std::result::Result<T, CallError>;

/// The keywords of a class in its order: first those that all but `FocalLoss` begin with.
macro_rules! keywords {
    ($($name:literal)*) => { &["include_background", "to_onehot_y", "sigmoid", "softmax", "other_act", $($name),*] };
}

#[rustfmt::skip]
pub(in crate::metric) static CLASSES: [Class; 9] = [
    Class { name: "DiceLoss", make: dice_loss, keywords: keywords!(
        "squared_pred" "jaccard" "reduction" "smooth_nr" "smooth_dr" "batch" "weight" "soft_label" "ignore_index") },
    Class { name: "MaskedDiceLoss", make: masked_dice_loss, keywords: keywords!(
        "squared_pred" "jaccard" "reduction" "smooth_nr" "smooth_dr" "batch" "weight" "soft_label") },
    Class { name: "GeneralizedDiceLoss", make: generalized_dice_loss, keywords: keywords!(
        "w_type" "reduction" "smooth_nr" "smooth_dr" "batch" "soft_label") },
    Class { name: "TverskyLoss", make: tversky_loss, keywords: keywords!(
        "alpha" "beta" "reduction" "smooth_nr" "smooth_dr" "batch" "soft_label" "ignore_index") },
    Class { name: "FocalLoss", make: focal_loss, keywords: &[
        "include_background", "to_onehot_y", "gamma", "alpha", "weight", "reduction", "use_softmax", "ignore_index"] },
    Class { name: "DiceCELoss", make: dice_ce_loss, keywords: keywords!(
        "squared_pred" "jaccard" "reduction" "smooth_nr" "smooth_dr" "batch" "weight" "lambda_dice" "lambda_ce"
        "label_smoothing") },
    Class { name: "DiceFocalLoss", make: dice_focal_loss, keywords: keywords!(
        "squared_pred" "jaccard" "reduction" "smooth_nr" "smooth_dr" "batch" "gamma" "weight" "lambda_dice"
        "lambda_focal" "alpha") },
    Class { name: "GeneralizedDiceFocalLoss", make: generalized_dice_focal_loss, keywords: keywords!(
        "w_type" "reduction" "smooth_nr" "smooth_dr" "batch" "gamma" "weight" "lambda_gdl" "lambda_focal") },
    Class { name: "MCCLoss", make: mcc_loss, keywords: keywords!("reduction" "smooth_nr" "smooth_dr" "batch") },
];

const REDUCTIONS: [(&str, Reduce); 3] = [("mean", Reduce::Mean), ("sum", Reduce::Sum), ("none", Reduce::None)];

fn dice_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let options = dice(a, given, weights(a, left(a, given)?)?)?;
    let shape = spread(&options, given);
    Ok(Recipe::of(vec![Term::new(1.0, options)]).shaped(shape).ignoring(ignored(a, given)?))
}

fn masked_dice_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    if given.masked && given.labels && given.channels > 1 && !left(a, given)?.dropped {
        return Err(a.wrong(
            "to_onehot_y",
            "False beside a mask: a label map is masked before it is one-hot, and masked voxels become background; give \
             one-hot truth, or say include_background=False",
        ));
    }
    dice_loss(a, given)
}

fn generalized_dice_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let options = generalized_dice(a, given)?;
    let ones = std::iter::repeat_n(1, given.spatial.len());
    let shape = match (options.reduce, options.per) {
        (Reduce::None, Per::Channel) => Some(std::iter::once(1).chain(ones).collect()),
        (Reduce::None, _) => Some([given.samples, 1].into_iter().chain(ones).collect()),
        _ => None,
    };
    Ok(Recipe::of(vec![Term::new(1.0, options)]).shaped(shape))
}

fn tversky_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let tversky = Tversky { alpha: a.size("alpha", 0.5)?, beta: a.size("beta", 0.5)? };
    let options = overlap(a, given, Kind::Overlap(Overlap::Tversky(tversky)))?;
    let smooth = Smooth::per_hit(a.size("smooth_nr", 1e-5)?, a.size("smooth_dr", 1e-5)?);
    let options = LossOptions { smooth: smooth.into(), agreement: agreement(a)?, ..options };
    Ok(Recipe::of(vec![Term::new(1.0, options)]).ignoring(ignored(a, given)?))
}

fn mcc_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let options = overlap(a, given, Kind::Matthews(Matthews::Whole))?;
    let smooth = Smooth { numerator: a.size("smooth_nr", 0.0)?, denominator: a.size("smooth_dr", 1e-5)? };
    Ok(Recipe::of(vec![Term::new(1.0, LossOptions { smooth: smooth.into(), ..options })]))
}

fn dice_ce_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let c = given.channels;
    let given_weights = a.weights("weight")?;
    // One for each channel; the Dice takes those that are left, and none where one is left.
    let list = channel_weights(a, "weight", given_weights.clone(), Kept::all(given))?;
    let of_dice = if left(a, given)?.channels > 1 { list.clone() } else { ClassWeights::Equal };
    let reduce = a.choice("reduction", &REDUCTIONS[..2])?.unwrap_or_default();
    let dice = dice(a, given, of_dice)?;
    let smoothing = a.size("label_smoothing", 0.0)?;
    let mean = reduce == Reduce::Mean;
    let (entropy, activation, divisor, weights) = if c == 1 {
        let on = match given_weights {
            Some(Weights::Same(weight)) => weight,
            Some(Weights::Each(list)) => list[0],
            None => 1.0,
        };
        (Entropy { on, ..Entropy::default() }, Activation::Sigmoid, Divisor::Elements, ClassWeights::Equal)
    } else {
        let entropy = Entropy { labels: LabelSmoothing::classes(smoothing, c), ..Entropy::categorical() };
        let weighted = given.labels && list != ClassWeights::Equal;
        let divisor = if weighted { Divisor::Truth } else { Divisor::Voxels };
        (entropy, Activation::Softmax, divisor, list)
    };
    let entropy = LossOptions {
        kind: Kind::Pointwise(Pointwise::Entropy(entropy)),
        per: Per::All,
        divisor: if mean { divisor } else { Divisor::One },
        weights,
        reduce,
        activation,
        ..LossOptions::default()
    };
    Ok(Recipe::of(vec![Term::new(a.size("lambda_dice", 1.0)?, dice), Term::new(a.size("lambda_ce", 1.0)?, entropy)]))
}

fn dice_focal_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let dice = dice(a, given, weights(a, left(a, given)?)?)?;
    beside_focal(a, given, a.size("lambda_dice", 1.0)?, dice)
}

fn generalized_dice_focal_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    beside_focal(a, given, a.size("lambda_gdl", 1.0)?, generalized_dice(a, given)?)
}

fn beside_focal(a: &Arguments<'_>, given: &Given, factor: f64, overlap: LossOptions) -> Result<Recipe> {
    if overlap.reduce == Reduce::None {
        return Err(
            a.wrong("reduction", "mean or sum: without it two shapes are added; ask for the two losses by themselves")
        );
    }
    let focal_factor = a.size("lambda_focal", 1.0)?;
    let focal = sigmoid_focal(a, given, overlap.reduce)?;
    let focal = focal.into_iter().map(|options| Term::new(focal_factor, options));
    Ok(Recipe::of(std::iter::once(Term::new(factor, overlap)).chain(focal).collect()))
}

fn focal_loss(a: &Arguments<'_>, given: &Given) -> Result<Recipe> {
    let reduce = a.choice("reduction", &REDUCTIONS)?.unwrap_or_default();
    let kept = left(a, given)?;
    let ignore = ignored(a, given)?;
    let softmax = a.flag("use_softmax", false)?;
    let ours = if softmax { softmax_focal(a, given, reduce)? } else { sigmoid_focal(a, given, reduce)? };
    let term = |factor| move |options| Term::new(factor, options);
    let mut why = Vec::new();
    let mut factor = 1.0;
    if a.whole("ignore_index")?.is_some() && reduce == Reduce::Mean && kept.channels > 1 {
        why.push("with ignore_index it divides by voxels, not by voxels x channels");
        factor = kept.channels as f64;
    }
    let mut prepare = Prepare::Nothing;
    let mut theirs = ours.clone();
    if softmax && kept.dropped {
        why.push("with include_background=False it drops channel 0 before the softmax");
        prepare = Prepare::WithoutBackground;
        for options in &mut theirs {
            options.channels = Channels::All;
            if let ClassWeights::Multiply(list) = &mut options.weights {
                list.remove(0);
            }
            if kept.channels == 1 {
                // The softmax of one channel is 1, and the loss 0.
                (options.activation, factor) = (Activation::Sigmoid, 0.0);
            }
        }
    }
    let recipe = Recipe::of(ours.into_iter().map(term(1.0)).collect()).ignoring(ignore);
    Ok(recipe.departing(why, prepare, theirs.into_iter().map(term(factor)).collect()))
}

/// The mean is over values, the sum is of the means over the voxels of each cell.
fn focal(kind: Entropy, activation: Activation, reduce: Reduce, kept: Kept) -> LossOptions {
    let (per, divisor) = match reduce {
        Reduce::Mean => (Per::All, Divisor::Elements),
        Reduce::Sum => (Per::Cell, Divisor::Elements),
        Reduce::None => (Per::Element, Divisor::One),
    };
    let kind = Kind::Pointwise(Pointwise::Entropy(kind));
    LossOptions { kind, per, divisor, reduce, activation, channels: kept.chosen(), ..LossOptions::default() }
}

/// A list of α weighs the voxels whose truth is 1, by their channel, so these voxels are a separate term.
fn sigmoid_focal(a: &Arguments<'_>, given: &Given, reduce: Reduce) -> Result<Vec<LossOptions>> {
    let kept = left(a, given)?;
    let weights = focal_weights(a, kept)?;
    let entropy = Entropy { factor: Focal::Margin(a.size("gamma", 2.0)?), ..Entropy::default() };
    let options = |entropy, weights| LossOptions { weights, ..focal(entropy, Activation::Sigmoid, reduce, kept) };
    Ok(match a.weights("alpha")? {
        None => vec![options(entropy, weights)],
        Some(Weights::Same(alpha)) => vec![options(Entropy { alpha: Some(alpha), ..entropy }, weights)],
        alpha => {
            let ones = times(&weights, &channel_weights(a, "alpha", alpha, kept)?);
            vec![
                options(Entropy { part: Part::Ones, ..entropy }, ones),
                options(Entropy { part: Part::Others, ..entropy }, weights),
            ]
        }
    })
}

fn softmax_focal(a: &Arguments<'_>, given: &Given, reduce: Reduce) -> Result<Vec<LossOptions>> {
    let kept = left(a, given)?;
    if given.channels == 1 {
        return Err(a.wrong("use_softmax", "False for one channel, whose softmax is 1 everywhere"));
    }
    let alpha = match a.weights("alpha")? {
        // A number weighs channel 0 against the others, and nothing where channel 0 is dropped.
        Some(Weights::Same(_)) if kept.dropped => ClassWeights::Equal,
        Some(Weights::Same(alpha)) => {
            let mut list = vec![alpha; given.channels];
            list[0] = 1.0 - alpha;
            ClassWeights::Multiply(list)
        }
        alpha => channel_weights(a, "alpha", alpha, kept)?,
    };
    let entropy = Entropy { factor: Focal::Apart(a.size("gamma", 2.0)?), ..Entropy::categorical() };
    let weights = times(&focal_weights(a, kept)?, &alpha);
    Ok(vec![LossOptions { weights, ..focal(entropy, Activation::Softmax, reduce, kept) }])
}

/// Here a number weighs one channel too.
fn focal_weights(a: &Arguments<'_>, kept: Kept) -> Result<ClassWeights> {
    channel_weights(a, "weight", a.weights("weight")?, kept)
}

/// The channels that take part.
fn left(a: &Arguments<'_>, given: &Given) -> Result<Kept> {
    Ok(if a.flag("include_background", true)? { Kept::all(given) } else { Kept::foreground(given) })
}

/// One channel that is left has no weight.
fn weights(a: &Arguments<'_>, kept: Kept) -> Result<ClassWeights> {
    let weights = a.weights("weight")?;
    if kept.channels == 1 { Ok(ClassWeights::Equal) } else { channel_weights(a, "weight", weights, kept) }
}

fn dice(a: &Arguments<'_>, given: &Given, weights: ClassWeights) -> Result<LossOptions> {
    let score = if a.flag("jaccard", false)? { Overlap::Jaccard } else { Overlap::Dice };
    let denominator = if a.flag("squared_pred", false)? { Denominator::Squared } else { Denominator::Sum };
    let options = overlap(a, given, Kind::Overlap(score))?;
    Ok(LossOptions { denominator, smooth: smooth(a)?.into(), agreement: agreement(a)?, weights, ..options })
}

fn generalized_dice(a: &Arguments<'_>, given: &Given) -> Result<LossOptions> {
    use GeneralizedWeights::{Simple, Square, Uniform};
    let of_truth = a.choice("w_type", &[("square", Square), ("simple", Simple), ("uniform", Uniform)])?;
    let options = overlap(a, given, Kind::Overlap(Overlap::Generalized(of_truth.unwrap_or(Square))))?;
    Ok(LossOptions { smooth: smooth(a)?.into(), agreement: agreement(a)?, ..options })
}

fn smooth(a: &Arguments<'_>) -> Result<Smooth> {
    Ok(Smooth { numerator: a.size("smooth_nr", 1e-5)?, denominator: a.size("smooth_dr", 1e-5)? })
}

fn agreement(a: &Arguments<'_>) -> Result<Agreement> {
    Ok(if a.flag("soft_label", false)? { Agreement::SoftLabel } else { Agreement::Product })
}

/// What all losses of a score share.
fn overlap(a: &Arguments<'_>, given: &Given, kind: Kind) -> Result<LossOptions> {
    a.refuse("other_act", "a function cannot be read; apply it to the prediction")?;
    let activation = match (a.flag("sigmoid", false)?, a.flag("softmax", false)?) {
        (true, true) => return Err(a.wrong("softmax", "False beside sigmoid=True")),
        (true, false) => Activation::Sigmoid,
        // One channel has no softmax.
        (false, true) if given.channels > 1 => Activation::Softmax,
        _ => Activation::None,
    };
    Ok(LossOptions {
        kind,
        per: if a.flag("batch", false)? { Per::Channel } else { Per::Cell },
        reduce: a.choice("reduction", &REDUCTIONS)?.unwrap_or_default(),
        channels: left(a, given)?.chosen(),
        activation,
        ..LossOptions::default()
    })
}

/// The axes of Dice values that can be broadcast over voxels.
fn spread(options: &LossOptions, given: &Given) -> Option<Vec<usize>> {
    let kept = given.channels - usize::from(options.channels == Channels::Foreground);
    let groups = if options.per == Per::Channel { vec![kept] } else { vec![given.samples, kept] };
    let ones = std::iter::repeat_n(1, given.spatial.len());
    (options.reduce == Reduce::None).then(|| groups.into_iter().chain(ones).collect())
}

/// The voxels of a label; of one-hot truth those of that channel, or none if the label is not a channel.
fn ignored(a: &Arguments<'_>, given: &Given) -> Result<Ignore> {
    let Some(index) = a.whole("ignore_index")? else { return Ok(Ignore::Nothing) };
    if given.labels || given.channels == 1 {
        return Ok(ignoring(Some(index), given));
    }
    Ok(match usize::try_from(index) {
        Ok(class) if class < given.channels => Ignore::Class(class),
        _ => Ignore::NoClass,
    })
}
