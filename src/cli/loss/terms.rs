//! From flags to the choices of a loss.

use super::choices::Choices;
use super::names::{DenominatorName, FormName, GdlWeights, LossName, PerName, ReduceName, SmoothUnit, WeightMean};
use crate::metric::{
    Activation, Agreement, Channels, ClassWeights, Divisor, Entropy, Focal, Form, GeneralizedWeights, Kind,
    LabelSmoothing, LossOptions, Overlap, Per, Pointwise, Preset, Reduce, Smooth, Smoothing, Term, Tversky,
};
use anyhow::{Result, bail};

impl Choices {
    /// The losses that are added, each with its factor. `channels` are those of the prediction.
    pub fn terms(&self, channels: usize) -> Result<Vec<Term>> {
        self.refuse_idle()?;
        let names = self.names();
        let term = |&name| {
            let factor = match name {
                _ if names.len() == 1 => None,
                LossName::Ce | LossName::Bce => self.lambda_ce,
                LossName::Focal => self.lambda_focal,
                LossName::DiceCe | LossName::DiceFocal | LossName::Combo => None,
                _ => self.lambda_dice,
            };
            Ok(Term::new(factor.unwrap_or(1.0), self.options(name, channels)?))
        };
        names.iter().map(term).collect()
    }

    /// The preset, or the defaults of the loss, with what the flags say.
    fn options(&self, name: LossName, channels: usize) -> Result<LossOptions> {
        let activation = self.activation();
        let of_loss = self.of_loss(
            name,
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
        self.smoothing(name, &mut options);
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
            options.weights = match self.weight_mean {
                Some(WeightMean::Weights) => ClassWeights::Normalise(list),
                None if self.preset == Some(Preset::Smp) => ClassWeights::Normalise(list),
                _ => ClassWeights::Multiply(list),
            };
        }
        self.grouping(name, &mut options);
        if let Some(epsilon) = self.label_smoothing {
            smooth_labels(&mut options, epsilon, channels);
        }
        beside_nothing(&mut options);
        Ok(options)
    }

    /// Smoothing that a library adds to I and not to 2I is marked by its unit.
    fn smoothing(&self, name: LossName, options: &mut LossOptions) {
        let tversky = [LossName::Tversky, LossName::FocalTversky].contains(&name);
        let of_hits = tversky && matches!(self.preset, Some(Preset::Monai | Preset::Keras));
        if of_hits {
            options.smooth = std::mem::take(&mut options.smooth).per_hit();
        }
        let factor = match self.unit(name) {
            SmoothUnit::Pair => 1.0,
            SmoothUnit::Hit => 2.0,
        };
        let both = |smooth: &f64| Smooth::both(factor * smooth);
        match self.smooth.as_slice() {
            [] => {}
            [smooth] => options.smooth = both(smooth).into(),
            list => options.smooth = Smoothing::PerChannel(list.iter().map(both).collect()),
        }
        if (self.smooth_nr, self.smooth_dr) != (None, None) {
            let before = match options.smooth {
                Smoothing::Same(smooth) => smooth,
                Smoothing::PerChannel(_) => Smooth::none(),
            };
            options.smooth = Smooth {
                numerator: self.smooth_nr.map_or(before.numerator, |smooth| factor * smooth),
                denominator: self.smooth_dr.map_or(before.denominator, |smooth| factor * smooth),
            }
            .into();
        }
    }

    /// What the smoothing of a loss counts.
    fn unit(&self, name: LossName) -> SmoothUnit {
        let tversky = [LossName::Tversky, LossName::FocalTversky].contains(&name);
        let of_library = match self.preset {
            Some(Preset::Smp) => SmoothUnit::Hit,
            Some(Preset::Monai | Preset::Keras) if tversky => SmoothUnit::Hit,
            _ => SmoothUnit::Pair,
        };
        self.smooth_unit.unwrap_or(of_library)
    }

    /// The note about smoothing that counts hits because a library does.
    pub fn note_unit(&self) -> Option<String> {
        let given = !self.smooth.is_empty() || self.smooth_nr.is_some() || self.smooth_dr.is_some();
        let hits = |name: &&LossName| self.unit(**name) == SmoothUnit::Hit;
        let name = self.names().iter().find(hits).filter(|_| given && self.smooth_unit.is_none())?;
        let preset = self.preset?;
        Some(format!(
            "{preset} adds its smoothing to one hit, as in (I + S) / (D/2 + S) of {name}, and so does --smooth here; \
             --smooth-unit pair adds it to two"
        ))
    }

    fn grouping(&self, name: LossName, options: &mut LossOptions) {
        options.per = match self.per {
            Some(PerName::Cell | PerName::Row) => Per::Cell,
            Some(PerName::Sample) => Per::Sample,
            Some(PerName::Channel) => Per::Channel,
            Some(PerName::All) => Per::All,
            // One score of all classes is what it is for.
            None if name == LossName::GeneralizedDice && !self.rows() => match options.per {
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
    fn of_loss(&self, name: LossName, activation: Activation) -> Result<LossOptions> {
        let of_kind = |kind| LossOptions { kind, ..LossOptions::default() };
        let tversky = |alpha, beta| Tversky { alpha: self.alpha.unwrap_or(alpha), beta: self.beta.unwrap_or(beta) };
        Ok(match name {
            LossName::Dice => of_kind(Kind::Overlap(Overlap::Dice)),
            LossName::Jaccard => of_kind(Kind::Overlap(Overlap::Jaccard)),
            LossName::Tversky => {
                let Tversky { alpha, beta } = tversky(0.5, 0.5);
                // The alpha of Keras weighs the false negatives.
                let keras = self.preset == Some(Preset::Keras);
                let tversky = if keras { Tversky { alpha: beta, beta: alpha } } else { Tversky { alpha, beta } };
                of_kind(Kind::Overlap(Overlap::Tversky(tversky)))
            }
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
}

/// The same loss of labels that are not quite sure.
fn smooth_labels(options: &mut LossOptions, epsilon: f64, channels: usize) {
    let classes = LabelSmoothing::classes(epsilon, channels);
    let binary = LabelSmoothing::binary(epsilon);
    let weighted = options.weights != ClassWeights::Equal;
    let smoothed = |pointwise: &mut Pointwise| {
        let mut divisor = Divisor::Usual;
        *pointwise = Pointwise::Entropy(match *pointwise {
            Pointwise::CrossEntropy => {
                divisor = if weighted { Divisor::Truth } else { Divisor::Voxels };
                Entropy { labels: classes, ..Entropy::categorical() }
            }
            Pointwise::CategoricalFocal { gamma } => {
                Entropy { labels: classes, factor: Focal::Apart(gamma), ..Entropy::categorical() }
            }
            Pointwise::Focal { gamma, alpha } => {
                let (on, off) = alpha.map_or((1.0, 1.0), |alpha| (alpha, 1.0 - alpha));
                Entropy { on, off, labels: binary, factor: Focal::Apart(gamma), ..Entropy::default() }
            }
            Pointwise::BinaryCrossEntropy => Entropy { labels: binary, ..Entropy::default() },
            Pointwise::Balanced { .. } | Pointwise::Entropy(_) => return divisor,
        });
        divisor
    };
    if let Kind::Pointwise(pointwise) | Kind::Combined { pointwise, .. } = &mut options.kind {
        options.divisor = smoothed(pointwise);
    }
}

/// A loss of single voxels by itself is what it is beside a Dice with factor 0: of all channels, and cross-entropy with class
/// weights over the whole batch.
fn beside_nothing(options: &mut LossOptions) {
    let Kind::Pointwise(pointwise) = options.kind else { return };
    let categorical = pointwise == Pointwise::CrossEntropy || options.divisor == Divisor::Truth;
    let weighted = categorical && options.weights != ClassWeights::Equal;
    if !matches!(options.per, Per::Cell | Per::Channel) || !(weighted || options.channels == Channels::Foreground) {
        return;
    }
    options.kind = Kind::Combined { overlap: Overlap::Dice, pointwise, lambda_overlap: 0.0, lambda_pointwise: 1.0 };
    options.smooth = Smooth::both(1e-5).into();
}
