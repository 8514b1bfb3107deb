//! The flags that choose a loss, and what they come to.

use crate::metric::{
    Activation, Agreement, Channels, ClassWeights, Denominator, Form, GeneralizedWeights, Kind, LossOptions, Overlap,
    Per, Pointwise, Preset, Reduce, Smooth, Smoothing, Tversky, View,
};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::str::FromStr;

#[derive(Debug, Clone, Args)]
pub(super) struct Choices {
    /// What is computed [default: dice]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Loss")]
    pub loss: Option<LossName>,
    /// The choices that a library or a known function makes; further flags override them (keras, monai, nnunet, smp,
    /// seed-dice-loss-1 to -4, seed-dice-coef, seed-dice-coef-multilabel)
    #[arg(long, value_name = "NAME", help_heading = "Loss")]
    pub preset: Option<Preset>,
    /// How a score becomes a loss [default: one-minus]
    #[arg(long, value_enum, help_heading = "Loss")]
    pub form: Option<FormName>,
    /// Added above and below, as in (2I + S) / (D + S), or (I + S) / (... + S) with the Tversky losses of the presets monai
    /// and keras: one value, or one per channel [default: 0, or what the loss or the preset says]
    #[arg(long, value_name = "S[,S...]", value_delimiter = ',', allow_negative_numbers = true, help_heading = "Loss")]
    #[arg(conflicts_with_all = ["smooth_nr", "smooth_dr"])]
    smooth: Vec<f64>,
    /// Added above [default: as --smooth]
    #[arg(long, value_name = "A", allow_negative_numbers = true, help_heading = "Loss")]
    smooth_nr: Option<f64>,
    /// Added below [default: as --smooth]
    #[arg(long, value_name = "B", allow_negative_numbers = true, help_heading = "Loss")]
    smooth_dr: Option<f64>,
    /// Sums in the denominator: sum, squared or power=G [default: sum]
    #[arg(long, value_name = "WHICH", help_heading = "Loss")]
    denominator: Option<DenominatorName>,
    /// Measure the intersection as (P + T - sum|p-t|) / 2, which soft labels need [default: false]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    #[arg(help_heading = "Loss")]
    soft_label: Option<bool>,
    /// Applied to the prediction: none, sigmoid, softmax, threshold=X or argmax [default: none]
    #[arg(long, value_name = "WHICH", help_heading = "Loss")]
    activation: Option<ActivationName>,
    /// Tversky: weight of false positives; focal: of the foreground; Combo: of the cross-entropy
    #[arg(long, allow_negative_numbers = true, help_heading = "Parameters")]
    alpha: Option<f64>,
    /// Tversky: weight of false negatives; Combo: of the foreground in the cross-entropy
    #[arg(long, allow_negative_numbers = true, help_heading = "Parameters")]
    beta: Option<f64>,
    /// Focal losses: the exponent
    #[arg(long, allow_negative_numbers = true, help_heading = "Parameters")]
    gamma: Option<f64>,
    /// Factor of the Dice part [default: 1]
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Parameters")]
    lambda_dice: Option<f64>,
    /// Factor of the cross-entropy [default: 1]
    #[arg(long, value_name = "Y", allow_negative_numbers = true, help_heading = "Parameters")]
    lambda_ce: Option<f64>,
    /// Factor of the focal loss [default: 1]
    #[arg(long, value_name = "Z", allow_negative_numbers = true, help_heading = "Parameters")]
    lambda_focal: Option<f64>,
    /// One weight per channel, background included [default: 1 each]
    #[arg(long, value_name = "W,W,...", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(help_heading = "Parameters")]
    class_weights: Vec<f64>,
    /// Class weights of generalized Dice: 1/v^2, 1/v or 1 of the size v of the truth [default: square]
    #[arg(long, value_enum, help_heading = "Parameters")]
    gdl_weights: Option<GdlWeights>,
    /// Leave channel 0 out of the overlap, or of ce, bce and focal by themselves [default: false]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    #[arg(help_heading = "Grouping")]
    no_background: Option<bool>,
    /// What one value sums over [default: cell; for generalized-dice sample]
    #[arg(long, value_enum, help_heading = "Grouping")]
    per: Option<PerName>,
    /// What becomes of the values [default: mean]
    #[arg(long, value_enum, help_heading = "Grouping")]
    reduce: Option<ReduceName>,
    /// What the axes of .npy files mean [default: channels-first]
    #[arg(long, value_enum, help_heading = "Grouping")]
    pub layout: Option<LayoutName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LossName {
    Dice,
    Jaccard,
    /// alpha and beta 0.5 unless given, which is Dice
    Tversky,
    /// (1 - T)^gamma, smoothed by 1 per hit; alpha 0.3, beta 0.7, gamma 0.75 unless given
    FocalTversky,
    GeneralizedDice,
    /// Cross-entropy: the mean over voxels of the sum over channels
    Ce,
    /// Binary cross-entropy
    Bce,
    /// gamma 2 unless given; with --activation softmax the categorical form
    Focal,
    /// Smoothed by 1e-5 unless told otherwise; so is dice-focal
    DiceCe,
    DiceFocal,
    /// alpha * cross-entropy - (1 - alpha) * Dice smoothed by 1; alpha and beta 0.5 unless given
    Combo,
    /// ln cosh(1 - Dice smoothed by 1)
    LogCoshDice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormName {
    OneMinus,
    Negative,
    NegLog,
    Score,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GdlWeights {
    Square,
    Simple,
    Uniform,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PerName {
    /// Each sample and channel
    Cell,
    /// Channels pooled
    Sample,
    /// Samples pooled
    Channel,
    /// Everything pooled
    All,
    /// The last axis only
    Row,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReduceName {
    None,
    Mean,
    Sum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LayoutName {
    ChannelsFirst,
    ChannelsLast,
    /// Channels first, without an axis of samples
    Unbatched,
    /// Channels last, without an axis of samples
    UnbatchedLast,
    /// One sample of one channel
    Flat,
}

#[derive(Debug, Clone, Copy)]
struct DenominatorName(Denominator);

impl FromStr for DenominatorName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match (text, number_after(text, "power=")) {
            ("sum", _) => Denominator::Sum,
            ("squared", _) => Denominator::Squared,
            (_, Some(gamma)) => Denominator::Power(gamma),
            _ => return Err("known are sum, squared and power=G, such as power=1.5".into()),
        }))
    }
}

#[derive(Debug, Clone, Copy)]
struct ActivationName(Activation);

impl FromStr for ActivationName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match (text, number_after(text, "threshold=")) {
            ("none", _) => Activation::None,
            ("sigmoid", _) => Activation::Sigmoid,
            ("softmax", _) => Activation::Softmax,
            ("argmax", _) => Activation::Argmax,
            (_, Some(threshold)) => Activation::Threshold(threshold as f32),
            _ => return Err("known are none, sigmoid, softmax, threshold=X and argmax".into()),
        }))
    }
}

fn number_after(text: &str, prefix: &str) -> Option<f64> {
    text.strip_prefix(prefix)?.parse().ok()
}

impl Choices {
    pub fn name(&self) -> LossName {
        self.loss.unwrap_or(LossName::Dice)
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
        let of_preset = match self.preset.map(Preset::view) {
            Some(View::ChannelsLast) => Some(LayoutName::ChannelsLast),
            Some(View::Flat) if !self.needs_channels() => Some(LayoutName::Flat),
            _ => None,
        };
        self.layout.or(of_preset)
    }

    /// Whether a flag means nothing where all channels are one.
    fn needs_channels(&self) -> bool {
        let mixes = |name: &ActivationName| matches!(name.0, Activation::Softmax | Activation::Argmax);
        self.per.is_some_and(|per| per != PerName::All)
            || self.activation.as_ref().is_some_and(mixes)
            || self.no_background == Some(true)
            || !self.class_weights.is_empty()
            || self.smooth.len() > 1
            || self.loss == Some(LossName::GeneralizedDice)
    }

    /// The preset, or the defaults of the loss, with what the flags say.
    pub fn options(&self) -> Result<LossOptions> {
        self.refuse_idle()?;
        let activation = self.activation.map(|name| name.0);
        let of_loss = self.of_loss(
            activation.unwrap_or_else(|| self.preset.map_or(Activation::None, |preset| preset.options().activation)),
        )?;
        let mut options = match self.preset.map(Preset::options) {
            None => of_loss,
            Some(preset) => {
                // A loss that is more than its score brings the form that makes it what it is.
                let form = if of_loss.form == Form::OneMinus { preset.form } else { of_loss.form };
                LossOptions { kind: of_loss.kind, focus: of_loss.focus, form, ..preset }
            }
        };
        if let Some(activation) = activation {
            options.activation = activation;
        }
        if let Some(form) = self.form {
            options.form = match form {
                FormName::OneMinus => Form::OneMinus,
                FormName::Negative => Form::Negative,
                FormName::NegLog => Form::NegLog,
                FormName::Score => Form::Score,
            };
        }
        self.smoothing(&mut options);
        if let Some(DenominatorName(denominator)) = self.denominator {
            options.denominator = denominator;
        }
        match self.soft_label {
            Some(true) => options.agreement = Agreement::SoftLabel,
            Some(false) => options.agreement = Agreement::Product,
            None => {}
        }
        // nnU-Net's regions have no background: its trainer counts all channels where it applies sigmoid.
        let regions = self.preset == Some(Preset::NnUnet) && options.activation == Activation::Sigmoid;
        match (self.no_background, regions) {
            (None, false) => {}
            (without, _) => options.channels = if without == Some(true) { Channels::Foreground } else { Channels::All },
        }
        if !self.class_weights.is_empty() {
            let list = self.class_weights.clone();
            let normalised = self.preset == Some(Preset::Smp);
            options.weights = if normalised { ClassWeights::Normalise(list) } else { ClassWeights::Multiply(list) };
        }
        self.grouping(&mut options);
        Ok(options)
    }

    fn smoothing(&self, options: &mut LossOptions) {
        match self.smooth.as_slice() {
            [] => {}
            [smooth] => options.smooth = Smooth::both(*smooth).into(),
            list => options.smooth = Smoothing::PerChannel(list.iter().map(|&smooth| Smooth::both(smooth)).collect()),
        }
        if (self.smooth_nr, self.smooth_dr) != (None, None) {
            let before = match options.smooth {
                Smoothing::Same(smooth) => smooth,
                Smoothing::PerChannel(_) => Smooth::none(),
            };
            options.smooth = Smooth {
                numerator: self.smooth_nr.unwrap_or(before.numerator),
                denominator: self.smooth_dr.unwrap_or(before.denominator),
            }
            .into();
        }
        // MONAI and Keras add their smoothing to I and not to 2I in a Tversky loss.
        let tversky = [LossName::Tversky, LossName::FocalTversky].contains(&self.name());
        if tversky && matches!(self.preset, Some(Preset::Monai | Preset::Keras)) {
            options.smooth = std::mem::take(&mut options.smooth).per_hit();
        }
    }

    fn grouping(&self, options: &mut LossOptions) {
        options.per = match self.per {
            Some(PerName::Cell | PerName::Row) => Per::Cell,
            Some(PerName::Sample) => Per::Sample,
            Some(PerName::Channel) => Per::Channel,
            Some(PerName::All) => Per::All,
            // One score of all classes is what it is for.
            None if self.loss == Some(LossName::GeneralizedDice) && !self.rows() => match options.per {
                Per::Cell | Per::Sample => Per::Sample,
                _ => Per::All,
            },
            None => options.per,
        };
        if let Some(reduce) = self.reduce {
            options.reduce = match reduce {
                ReduceName::None => Reduce::None,
                ReduceName::Mean => Reduce::Mean,
                ReduceName::Sum => Reduce::Sum,
            };
        }
    }

    /// The loss with its own defaults.
    fn of_loss(&self, activation: Activation) -> Result<LossOptions> {
        let of_kind = |kind| LossOptions { kind, ..LossOptions::default() };
        let tversky = |alpha, beta| Tversky { alpha: self.alpha.unwrap_or(alpha), beta: self.beta.unwrap_or(beta) };
        Ok(match self.name() {
            LossName::Dice => of_kind(Kind::Overlap(Overlap::Dice)),
            LossName::Jaccard => of_kind(Kind::Overlap(Overlap::Jaccard)),
            LossName::Tversky => of_kind(Kind::Overlap(Overlap::Tversky(tversky(0.5, 0.5)))),
            LossName::FocalTversky => LossOptions::focal_tversky(tversky(0.3, 0.7), self.gamma.unwrap_or(0.75)),
            LossName::GeneralizedDice => of_kind(Kind::Overlap(Overlap::Generalized(match self.gdl_weights {
                Some(GdlWeights::Simple) => GeneralizedWeights::Simple,
                Some(GdlWeights::Uniform) => GeneralizedWeights::Uniform,
                Some(GdlWeights::Square) | None => GeneralizedWeights::Square,
            }))),
            LossName::Ce => of_kind(Kind::Pointwise(Pointwise::CrossEntropy)),
            LossName::Bce => of_kind(Kind::Pointwise(Pointwise::BinaryCrossEntropy)),
            LossName::Focal => of_kind(Kind::Pointwise(self.focal(activation)?)),
            LossName::DiceCe => self.combined(LossOptions::dice_ce(), Pointwise::CrossEntropy, self.lambda_ce),
            LossName::DiceFocal => self.combined(LossOptions::dice_focal(), self.focal(activation)?, self.lambda_focal),
            LossName::Combo => LossOptions::combo(self.alpha.unwrap_or(0.5), self.beta.unwrap_or(0.5)),
            LossName::LogCoshDice => LossOptions::log_cosh_dice(),
        })
    }

    fn focal(&self, activation: Activation) -> Result<Pointwise> {
        let gamma = self.gamma.unwrap_or(2.0);
        if activation != Activation::Softmax {
            return Ok(Pointwise::Focal { gamma, alpha: self.alpha });
        }
        if self.alpha.is_some() {
            bail!(
                "--alpha weighs foreground against background, which softmax does not tell apart; use --class-weights"
            );
        }
        Ok(Pointwise::CategoricalFocal { gamma })
    }

    fn combined(&self, options: LossOptions, pointwise: Pointwise, lambda: Option<f64>) -> LossOptions {
        let kind = Kind::Combined {
            overlap: Overlap::Dice,
            pointwise,
            lambda_overlap: self.lambda_dice.unwrap_or(1.0),
            lambda_pointwise: lambda.unwrap_or(1.0),
        };
        LossOptions { kind, ..options }
    }

    /// A flag that would do nothing is a misunderstanding.
    fn refuse_idle(&self) -> Result<()> {
        use LossName::{Bce, Ce, Combo, DiceCe, DiceFocal, Focal, FocalTversky, GeneralizedDice, Tversky};
        let name = self.name();
        let pointwise = [Ce, Bce, Focal].contains(&name);
        let flags: [(&str, bool, bool); 13] = [
            ("alpha", self.alpha.is_some(), [Tversky, FocalTversky, Focal, DiceFocal, Combo].contains(&name)),
            ("beta", self.beta.is_some(), [Tversky, FocalTversky, Combo].contains(&name)),
            ("gamma", self.gamma.is_some(), [FocalTversky, Focal, DiceFocal].contains(&name)),
            ("lambda-dice", self.lambda_dice.is_some(), [DiceCe, DiceFocal].contains(&name)),
            ("lambda-ce", self.lambda_ce.is_some(), name == DiceCe),
            ("lambda-focal", self.lambda_focal.is_some(), name == DiceFocal),
            ("gdl-weights", self.gdl_weights.is_some(), name == GeneralizedDice),
            ("form", self.form.is_some(), !pointwise),
            ("smooth", !self.smooth.is_empty(), !pointwise),
            ("smooth-nr", self.smooth_nr.is_some(), !pointwise),
            ("smooth-dr", self.smooth_dr.is_some(), !pointwise),
            ("denominator", self.denominator.is_some(), !pointwise),
            ("soft-label", self.soft_label.is_some(), !pointwise),
        ];
        if let Some((flag, ..)) = flags.into_iter().find(|&(_, given, used)| given && !used) {
            let loss = name.to_possible_value();
            let loss = loss.as_ref().map_or("this", |value| value.get_name());
            bail!("--{flag} does nothing with --loss {loss}; leave it out, or choose a loss that has it");
        }
        Ok(())
    }
}
