//! `--preset` with a loss that is more than a score: the library's class with its defaults, and the flags as its keywords.

use super::choices::Choices;
use super::echo;
use super::names::{DenominatorName, LossName, PerName, ReduceName};
use crate::metric::{Activation, Denominator, Given, Preset};
use anyhow::{Result, bail};

/// The losses of a library, by the names of `--loss`.
fn has(preset: Preset) -> Option<&'static str> {
    Some(match preset {
        Preset::Monai => {
            "dice, jaccard, tversky, generalized-dice, focal, dice-ce, dice-focal and generalized-dice+focal"
        }
        Preset::Smp => "dice, jaccard, tversky, focal, bce and ce",
        Preset::Keras => "dice, tversky, bce, ce and focal",
        Preset::NnUnet => "dice, dice-ce and dice+bce",
        _ => return None,
    })
}

/// Keywords of a class for the activation of the prediction. A class applies only one of these.
fn activations(preset: Preset, class: &str) -> &'static [Activation] {
    use Activation::{None, Sigmoid, Softmax};
    match (preset, class) {
        (Preset::Monai, "FocalLoss") => &[Sigmoid, Softmax],
        (Preset::Monai, _) => &[None, Sigmoid, Softmax],
        // In every mode the sigmoid of each logit.
        (Preset::Smp, "FocalLoss") => &[None, Sigmoid],
        (_, "SoftBCEWithLogitsLoss" | "DC_and_BCE_loss") => &[Sigmoid],
        (_, "SoftCrossEntropyLoss" | "DC_and_CE_loss") => &[Softmax],
        (_, "BinaryCrossentropy" | "BinaryFocalCrossentropy") => &[None, Sigmoid],
        _ => &[None, Softmax],
    }
}

/// Keywords with their values, and the flags that are still to be understood.
struct Keywords<'a> {
    choices: &'a Choices,
    left: Vec<&'static str>,
    pairs: Vec<String>,
}

impl Choices {
    /// The constructor call that a preset stands for; `None` where its choices are those of a score, or there is no library.
    pub fn preset_call(&self, given: &Given) -> Result<Option<String>> {
        use LossName::{Bce, Ce, Dice, DiceCe, DiceFocal, Focal, GeneralizedDice};
        let Some(preset) = self.preset else { return Ok(None) };
        let names = self.names();
        let is_score = names.len() == 1 && !names[0].has_pointwise() || names == [LossName::Combo];
        let Some(has) = has(preset).filter(|_| !is_score) else { return Ok(None) };
        let activation = self.activation();
        let (sigmoid, softmax) = (activation == Some(Activation::Sigmoid), activation == Some(Activation::Softmax));
        let class = match (preset, names) {
            (Preset::Monai, [Focal]) => "FocalLoss",
            (Preset::Monai, [DiceCe] | [Dice, Ce]) => "DiceCELoss",
            (Preset::Monai, [DiceFocal] | [Dice, Focal]) => "DiceFocalLoss",
            (Preset::Monai, [GeneralizedDice, Focal]) => "GeneralizedDiceFocalLoss",
            (Preset::Smp, [Focal]) => "FocalLoss",
            (Preset::Smp, [Bce]) => "SoftBCEWithLogitsLoss",
            (Preset::Smp, [Ce]) => "SoftCrossEntropyLoss",
            (Preset::Keras, [Bce]) => "BinaryCrossentropy",
            (Preset::Keras, [Ce]) if given.labels => "SparseCategoricalCrossentropy",
            (Preset::Keras, [Ce]) => "CategoricalCrossentropy",
            (Preset::Keras, [Focal]) if softmax => "CategoricalFocalCrossentropy",
            (Preset::Keras, [Focal]) => "BinaryFocalCrossentropy",
            (Preset::NnUnet, [DiceCe] | [Dice, Ce]) if !sigmoid => "DC_and_CE_loss",
            (Preset::NnUnet, [DiceCe] | [Dice, Bce]) => "DC_and_BCE_loss",
            _ => bail!("{preset} has no loss {}; it has {has}", self.name()),
        };
        let known = activations(preset, class);
        if let Some(activation) = activation.filter(|activation| !known.contains(activation)) {
            let known: Vec<String> = known.iter().map(|&known| echo::activation(known)).collect();
            let activation = echo::activation(activation);
            bail!("{class} of {preset} takes no --activation {activation}; it takes {}", known.join(" or "));
        }
        let mut keywords = Keywords { choices: self, left: self.given_flags(), pairs: Vec::new() };
        match preset {
            Preset::Monai => keywords.monai(class, names),
            Preset::Smp => keywords.smp(class, given),
            Preset::Keras => keywords.keras(class),
            _ => keywords.nnunet(class),
        }
        if let Some(flag) = keywords.left.first() {
            bail!("--{flag} does nothing with {class} of {preset}, which --preset and --loss stand for; leave it out");
        }
        Ok(Some(format!("{preset}.{class}({})", keywords.pairs.join(", "))))
    }
}

fn boolean(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

fn list(values: &[f64]) -> String {
    format!("[{}]", values.iter().map(f64::to_string).collect::<Vec<_>>().join(", "))
}

impl Keywords<'_> {
    /// Whether the flag was given; it is understood then.
    fn takes(&mut self, flag: &str) -> bool {
        let found = self.left.iter().position(|left| *left == flag);
        found.map(|place| self.left.remove(place)).is_some()
    }

    fn set(&mut self, keyword: &str, value: impl std::fmt::Display) {
        self.pairs.push(format!("{keyword}={value}"));
    }

    /// A flag that is a keyword of the same meaning.
    fn number(&mut self, flag: &str, keyword: &str, value: Option<f64>) {
        if let Some(value) = value.filter(|_| self.takes(flag)) {
            self.set(keyword, value);
        }
    }

    fn weights(&mut self, keyword: &str, from: usize) {
        if self.takes("class-weights") {
            let weights = self.choices.class_weights.get(from..).unwrap_or_default();
            self.set(keyword, list(weights));
        }
    }

    fn reduction(&mut self) {
        if let Some(reduce) = self.choices.reduce.filter(|_| self.takes("reduce")) {
            let name = match reduce {
                ReduceName::None => "none",
                ReduceName::Mean => "mean",
                ReduceName::Sum => "sum",
            };
            self.set("reduction", format_args!("\"{name}\""));
        }
    }

    /// Whether samples are pooled, if that is said and can be said here.
    fn batch(&mut self) -> Option<bool> {
        let batch = match self.choices.per? {
            PerName::Channel => true,
            PerName::Cell => false,
            _ => return None,
        };
        self.takes("per").then_some(batch)
    }

    fn monai(&mut self, class: &str, names: &[LossName]) {
        let focal_alone = class == "FocalLoss";
        let choices = self.choices;
        match choices.activation() {
            Some(Activation::Softmax) if focal_alone => self.set("use_softmax", "True"),
            Some(Activation::Softmax) => self.set("softmax", "True"),
            Some(Activation::Sigmoid) if !focal_alone => self.set("sigmoid", "True"),
            _ => {}
        }
        self.takes("activation");
        let without_background = choices.no_background == Some(true);
        if self.takes("no-background") {
            self.set("include_background", boolean(!without_background));
        }
        // The weights of MONAI leave a channel out that the loss leaves out, but in DiceCELoss.
        self.weights("weight", usize::from(without_background && class != "DiceCELoss"));
        self.reduction();
        self.number("gamma", "gamma", choices.gamma);
        self.number("alpha", "alpha", choices.alpha);
        self.number("label-smoothing", "label_smoothing", choices.label_smoothing);
        if focal_alone {
            return;
        }
        if let [smooth] = choices.smooth[..]
            && self.takes("smooth")
        {
            self.set("smooth_nr", smooth);
            self.set("smooth_dr", smooth);
        }
        self.number("smooth-nr", "smooth_nr", choices.smooth_nr);
        self.number("smooth-dr", "smooth_dr", choices.smooth_dr);
        match choices.denominator {
            Some(DenominatorName(Denominator::Squared)) if self.takes("denominator") => {
                self.set("squared_pred", "True")
            }
            Some(DenominatorName(Denominator::Sum)) => drop(self.takes("denominator")),
            _ => {}
        }
        if let Some(batch) = self.batch() {
            self.set("batch", boolean(batch));
        }
        let generalized = names[0] == LossName::GeneralizedDice;
        if let Some(weights) = choices.gdl_weights.filter(|_| generalized && self.takes("gdl-weights")) {
            self.set("w_type", format_args!("\"{weights}\""));
        }
        self.number("lambda-dice", if generalized { "lambda_gdl" } else { "lambda_dice" }, choices.lambda_dice);
        if class == "DiceCELoss" {
            self.number("lambda-ce", "lambda_ce", choices.lambda_ce);
        } else {
            self.number("lambda-focal", "lambda_focal", choices.lambda_focal);
        }
    }

    fn smp(&mut self, class: &str, given: &Given) {
        let choices = self.choices;
        let activation = choices.activation();
        self.takes("activation");
        if class == "FocalLoss" {
            let mode = match given.channels {
                1 => "binary",
                _ if given.labels => "multiclass",
                _ => "multilabel",
            };
            self.set("mode", format_args!("\"{mode}\""));
            if activation == Some(Activation::None) {
                self.set("from_logits", "False");
            }
            self.number("alpha", "alpha", choices.alpha);
            self.number("gamma", "gamma", choices.gamma);
            self.weights("class_weights", 0);
        }
        match class {
            "SoftBCEWithLogitsLoss" => self.weights("weight", 0),
            // Its own default fails.
            "SoftCrossEntropyLoss" if choices.label_smoothing.is_none() => self.set("smooth_factor", "0.0"),
            _ => {}
        }
        if class != "FocalLoss" {
            self.number("label-smoothing", "smooth_factor", choices.label_smoothing);
        }
        self.reduction();
    }

    fn keras(&mut self, class: &str) {
        let choices = self.choices;
        let logits = matches!(choices.activation(), Some(Activation::Sigmoid | Activation::Softmax));
        if self.takes("activation") {
            self.set("from_logits", boolean(logits));
        }
        self.reduction();
        if class.contains("Focal") {
            self.number("gamma", "gamma", choices.gamma);
            if let Some(alpha) = choices.alpha.filter(|_| self.takes("alpha")) {
                self.set("alpha", alpha);
                if class.starts_with("Binary") {
                    self.set("apply_class_balancing", "True");
                }
            }
        }
        if !class.starts_with("Sparse") {
            self.number("label-smoothing", "label_smoothing", choices.label_smoothing);
        }
    }

    /// With what the trainer sets: smoothing 1e-5, no background but for regions.
    fn nnunet(&mut self, class: &str) {
        let choices = self.choices;
        let regions = class == "DC_and_BCE_loss";
        self.takes("activation");
        self.takes("no-background");
        let background = !choices.no_background.unwrap_or(!regions);
        let smooth = match choices.smooth[..] {
            [smooth] if self.takes("smooth") => smooth,
            _ => 1e-5,
        };
        let batch = boolean(self.batch().unwrap_or(false));
        let background = boolean(background);
        let dice = format!("{{'batch_dice': {batch}, 'do_bg': {background}, 'smooth': {smooth}, 'ddp': False}}");
        self.set("soft_dice_kwargs", dice);
        let mut of_entropy = Vec::new();
        if !regions && self.takes("class-weights") {
            of_entropy.push(format!("'weight': {}", list(&choices.class_weights)));
        }
        if let Some(smoothing) = choices.label_smoothing.filter(|_| !regions && self.takes("label-smoothing")) {
            of_entropy.push(format!("'label_smoothing': {smoothing}"));
        }
        let name = if regions { "bce_kwargs" } else { "ce_kwargs" };
        self.set(name, format_args!("{{{}}}", of_entropy.join(", ")));
        self.set("dice_class", "MemoryEfficientSoftDiceLoss");
        self.number("lambda-dice", "weight_dice", choices.lambda_dice);
        self.number("lambda-ce", "weight_ce", choices.lambda_ce);
    }
}
