//! The flags that choose a loss.

use super::names::{
    ActivationName, DenominatorName, FormName, GdlWeights, LayoutName, LossName, LossSum, LossSumParser, PerName,
    ReduceName, SmoothUnit, WeightMean,
};
use crate::eval::Ignore;
use crate::metric::{Activation, Preset, View};
use anyhow::{Result, bail};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub(super) struct Choices {
    /// The constructor call of a library's loss, with its own keywords and defaults, such as "monai.DiceCELoss(softmax=True)"
    /// or "smp.losses.TverskyLoss(mode='multiclass', alpha=.3)": MONAI 1.6.1, segmentation_models.pytorch 0.6.0, Keras 3.15.1
    /// (keras@main), nnU-Net 2.8.1
    #[arg(long = "as", value_name = "CALL", help_heading = "Loss")]
    pub call: Option<String>,
    /// Where the library's number is known to be wrong, take it all the same
    #[arg(long, help_heading = "Loss")]
    pub as_library: bool,
    /// What is computed: one of these, or several that are added, such as dice+bce [default: dice]
    #[arg(long, value_parser = LossSumParser, value_name = "NAME[+NAME]", help_heading = "Loss")]
    pub loss: Option<LossSum>,
    /// The choices that a library or a known function makes; further flags override them (keras, monai, nnunet, smp,
    /// seed-dice-loss-1 to -4, seed-dice-coef, seed-dice-coef-multilabel)
    #[arg(long, value_name = "NAME", help_heading = "Loss")]
    pub preset: Option<Preset>,
    /// How a score becomes a loss [default: one-minus]
    #[arg(long, value_enum, help_heading = "Loss")]
    pub form: Option<FormName>,
    /// Added above and below, as in (2I + S) / (D + S): one value, or one per channel [default: 0, or what the loss or the
    /// preset says]
    #[arg(long, value_name = "S[,S...]", value_delimiter = ',', allow_negative_numbers = true, help_heading = "Loss")]
    #[arg(conflicts_with_all = ["smooth_nr", "smooth_dr"])]
    pub smooth: Vec<f64>,
    /// Added above [default: as --smooth]
    #[arg(long, value_name = "A", allow_negative_numbers = true, help_heading = "Loss")]
    pub smooth_nr: Option<f64>,
    /// Added below [default: as --smooth]
    #[arg(long, value_name = "B", allow_negative_numbers = true, help_heading = "Loss")]
    pub smooth_dr: Option<f64>,
    /// What --smooth counts: pairs, as above, or hits, as in (I + S) / (D/2 + S) [default: pair; hit with the preset smp and the
    /// Tversky losses of monai and keras, as there]
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Loss")]
    pub smooth_unit: Option<SmoothUnit>,
    /// Sums in the denominator: sum, squared or power=G [default: sum]
    #[arg(long, value_name = "WHICH", help_heading = "Loss")]
    pub denominator: Option<DenominatorName>,
    /// Measure the intersection as (P + T - sum|p-t|) / 2, which soft labels need [default: false]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    #[arg(help_heading = "Loss")]
    pub soft_label: Option<bool>,
    /// Applied to the prediction: none, sigmoid, softmax, threshold=X or argmax [default: none]
    #[arg(long, value_name = "WHICH", help_heading = "Loss")]
    pub activation: Option<ActivationName>,
    /// Tversky: weight of false positives; focal: of the foreground; Combo: of the cross-entropy
    #[arg(long, allow_negative_numbers = true, help_heading = "Parameters")]
    pub alpha: Option<f64>,
    /// Tversky: weight of false negatives; Combo: of the foreground in the cross-entropy
    #[arg(long, allow_negative_numbers = true, help_heading = "Parameters")]
    pub beta: Option<f64>,
    /// Focal losses: the exponent
    #[arg(long, allow_negative_numbers = true, help_heading = "Parameters")]
    pub gamma: Option<f64>,
    /// Factor of the Dice part [default: 1]
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Parameters")]
    pub lambda_dice: Option<f64>,
    /// Factor of the cross-entropy [default: 1]
    #[arg(long, value_name = "Y", allow_negative_numbers = true, help_heading = "Parameters")]
    pub lambda_ce: Option<f64>,
    /// Factor of the focal loss [default: 1]
    #[arg(long, value_name = "Z", allow_negative_numbers = true, help_heading = "Parameters")]
    pub lambda_focal: Option<f64>,
    /// One weight per channel, background included [default: 1 each]
    #[arg(long, value_name = "W,W,...", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(help_heading = "Parameters")]
    pub class_weights: Vec<f64>,
    /// What a mean of weighted values is divided by; with weights each value is divided by the mean weight, summed ones too
    /// [default: count; weights with the preset smp]
    #[arg(long, value_enum, value_name = "WHICH", help_heading = "Parameters")]
    pub weight_mean: Option<WeightMean>,
    /// Labels smoothed by E: of ce (1 - E) t + E / channels, of bce and focal (1 - E) t + E / 2
    #[arg(long, value_name = "E", allow_negative_numbers = true, help_heading = "Parameters")]
    pub label_smoothing: Option<f64>,
    /// Class weights of generalized Dice: 1/v^2, 1/v or 1 of the size v of the truth [default: square]
    #[arg(long, value_enum, help_heading = "Parameters")]
    pub gdl_weights: Option<GdlWeights>,
    /// Leave channel 0 out of the overlap; ce, bce and focal take all channels [default: false]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    #[arg(help_heading = "Grouping")]
    pub no_background: Option<bool>,
    /// Values of the truth whose voxels are left out, such as 255 or -1,250-255
    #[arg(long, value_name = "LIST", allow_hyphen_values = true, help_heading = "Grouping")]
    pub ignore: Option<Ignore>,
    /// A volume of 0 and 1: voxels of 0 are left out. Of the shape of the prediction, or of one channel
    #[arg(long, value_name = "FILE", help_heading = "Grouping")]
    pub mask: Option<PathBuf>,
    /// What one value sums over [default: cell; for generalized-dice sample]
    #[arg(long, value_enum, help_heading = "Grouping")]
    pub per: Option<PerName>,
    /// What becomes of the values [default: mean]
    #[arg(long, value_enum, help_heading = "Grouping")]
    pub reduce: Option<ReduceName>,
    /// What the axes of .npy files mean [default: channels-first]
    #[arg(long, value_enum, help_heading = "Grouping")]
    pub layout: Option<LayoutName>,
}

impl Choices {
    /// The losses that are added.
    pub fn names(&self) -> &[LossName] {
        self.loss.as_ref().map_or(&[LossName::Dice], |sum| sum.0.as_slice())
    }

    /// As it was typed.
    pub fn name(&self) -> String {
        self.loss.as_ref().map_or_else(|| LossName::Dice.to_string(), LossSum::to_string)
    }

    pub fn activation(&self) -> Option<Activation> {
        self.activation.map(|name| name.0)
    }

    /// Whether the last axis alone is summed.
    pub fn rows(&self) -> bool {
        match self.per {
            Some(per) => per == PerName::Row,
            None => self.preset.is_some_and(|preset| preset.view() == View::Rows),
        }
    }

    /// The layout that was asked for, or that of the preset; `None` where channels are first unless the file knows better.
    pub fn layout(&self) -> Option<LayoutName> {
        // A call that cannot be parsed is reported before anything is laid out.
        if let Ok(Some(call)) = self.any_call() {
            let last = call.channels_last();
            let of_call = if last { LayoutName::ChannelsLast } else { LayoutName::ChannelsFirst };
            return self.layout.or((last || self.call.is_some()).then_some(of_call));
        }
        let of_preset = match self.preset.map(Preset::view) {
            Some(View::ChannelsLast) => Some(LayoutName::ChannelsLast),
            Some(View::Flat) if !self.needs_channels() => Some(LayoutName::Flat),
            _ => None,
        };
        self.layout.or(of_preset)
    }

    /// The values of the truth that are left out before anything else: those of the flag, and a negative one of a library's
    /// call, which no label map holds.
    pub fn ignored(&self) -> Result<Vec<i64>> {
        let of_call = self.any_call()?.and_then(|call| call.ignored()).filter(|&value| value < 0);
        Ok(self.ignore.iter().flat_map(Ignore::labels).chain(of_call).collect())
    }

    /// Whether a flag means nothing where all channels are one.
    fn needs_channels(&self) -> bool {
        let mixes = |name: &ActivationName| matches!(name.0, Activation::Softmax | Activation::Argmax);
        self.per.is_some_and(|per| per != PerName::All)
            || self.activation.as_ref().is_some_and(mixes)
            || self.no_background == Some(true)
            || !self.class_weights.is_empty()
            || self.smooth.len() > 1
            || self.names().contains(&LossName::GeneralizedDice)
    }

    /// The flags of the loss that were given, by their names.
    pub fn given_flags(&self) -> Vec<&'static str> {
        let flags = [
            ("form", self.form.is_some()),
            ("smooth", !self.smooth.is_empty()),
            ("smooth-nr", self.smooth_nr.is_some()),
            ("smooth-dr", self.smooth_dr.is_some()),
            ("smooth-unit", self.smooth_unit.is_some()),
            ("denominator", self.denominator.is_some()),
            ("soft-label", self.soft_label.is_some()),
            ("activation", self.activation.is_some()),
            ("alpha", self.alpha.is_some()),
            ("beta", self.beta.is_some()),
            ("gamma", self.gamma.is_some()),
            ("lambda-dice", self.lambda_dice.is_some()),
            ("lambda-ce", self.lambda_ce.is_some()),
            ("lambda-focal", self.lambda_focal.is_some()),
            ("class-weights", !self.class_weights.is_empty()),
            ("weight-mean", self.weight_mean.is_some()),
            ("label-smoothing", self.label_smoothing.is_some()),
            ("gdl-weights", self.gdl_weights.is_some()),
            ("no-background", self.no_background.is_some()),
            ("per", self.per.is_some()),
            ("reduce", self.reduce.is_some()),
        ];
        flags.into_iter().filter_map(|(flag, given)| given.then_some(flag)).collect()
    }

    /// A flag without an effect is an error: the user expects one.
    pub fn refuse_idle(&self) -> Result<()> {
        use LossName::{Bce, Ce, Combo, DiceCe, DiceFocal, Focal, FocalTversky, GeneralizedDice, Tversky};
        let names = self.names();
        let has = |list: &[LossName]| names.iter().any(|name| list.contains(name));
        let of_alpha = [Tversky, FocalTversky, Focal, DiceFocal, Combo];
        let (of_beta, of_gamma) = ([Tversky, FocalTversky, Combo], [FocalTversky, Focal, DiceFocal]);
        let in_sum = |list: &[LossName]| names.len() > 1 && has(list);
        let overlap = names.iter().any(|name| ![Ce, Bce, Focal].contains(name));
        let smoothing = !self.smooth.is_empty() || self.smooth_nr.is_some() || self.smooth_dr.is_some();
        for flag in self.given_flags() {
            let used = match flag {
                "alpha" => has(&of_alpha),
                "beta" => has(&of_beta),
                "gamma" => has(&of_gamma),
                "lambda-dice" => has(&[DiceCe, DiceFocal]) || names.len() > 1 && overlap,
                "lambda-ce" => has(&[DiceCe]) || in_sum(&[Ce, Bce]),
                "lambda-focal" => has(&[DiceFocal]) || in_sum(&[Focal]),
                "gdl-weights" => has(&[GeneralizedDice]),
                "label-smoothing" => has(&[Ce, Bce, Focal, DiceCe, DiceFocal]),
                "weight-mean" => !self.class_weights.is_empty(),
                "smooth-unit" => smoothing,
                "form" | "smooth" | "smooth-nr" | "smooth-dr" | "denominator" | "soft-label" => overlap,
                _ => true,
            };
            if !used {
                let loss = self.name();
                let with = match flag {
                    "weight-mean" => "without --class-weights".into(),
                    "smooth-unit" => "without --smooth".into(),
                    _ => format!("with --loss {loss}"),
                };
                bail!("--{flag} does nothing {with}; leave it out, or choose a loss that has it");
            }
        }
        // A number that two losses have would be taken for both.
        let shared =
            [("alpha", self.alpha, &of_alpha[..]), ("beta", self.beta, &of_beta), ("gamma", self.gamma, &of_gamma)];
        for (flag, _, list) in shared.into_iter().filter(|(_, given, _)| given.is_some()) {
            let users: Vec<String> = names.iter().filter(|name| list.contains(name)).map(LossName::to_string).collect();
            if users.len() > 1 {
                bail!("--{flag} would be that of {}; compute these losses one by one", users.join(" and of "));
            }
        }
        Ok(())
    }
}
