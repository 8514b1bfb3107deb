//! The values of flags.

use crate::metric::{Activation, Denominator};
use clap::ValueEnum;
use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

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

impl LossName {
    /// Whether it has a loss of single voxels in it.
    pub fn has_pointwise(self) -> bool {
        matches!(self, Self::Ce | Self::Bce | Self::Focal | Self::DiceCe | Self::DiceFocal | Self::Combo)
    }
}

impl fmt::Display for LossName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", PossibleValue::get_name))
    }
}

/// One loss, or several that are added: `dice+bce`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LossSum(pub Vec<LossName>);

impl fmt::Display for LossSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(LossName::to_string).collect();
        f.write_str(&names.join("+"))
    }
}

/// Reads each part as clap reads a single value, so that help and errors list them.
#[derive(Debug, Clone)]
pub(super) struct LossSumParser;

impl TypedValueParser for LossSumParser {
    type Value = LossSum;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let text = value.to_string_lossy();
        let part = |name| EnumValueParser::<LossName>::new().parse_ref(command, argument, OsStr::new(name));
        text.split('+').map(part).collect::<Result<_, _>>().map(LossSum)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(LossName::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormName {
    OneMinus,
    Negative,
    NegLog,
    Score,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GdlWeights {
    Square,
    Simple,
    Uniform,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PerName {
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
pub(super) enum ReduceName {
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
pub(super) struct DenominatorName(pub Denominator);

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
pub(super) struct ActivationName(pub Activation);

impl FromStr for ActivationName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match (text, number_after(text, "threshold=")) {
            ("none", _) => Activation::None,
            ("sigmoid", _) => Activation::Sigmoid,
            ("softmax", _) => Activation::Softmax,
            ("argmax", _) => Activation::Argmax,
            (_, Some(threshold)) if threshold.is_finite() => Activation::Threshold(threshold),
            _ => return Err("known are none, sigmoid, softmax, threshold=X and argmax".into()),
        }))
    }
}

fn number_after(text: &str, prefix: &str) -> Option<f64> {
    text.strip_prefix(prefix)?.parse().ok()
}

/// What `--smooth` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SmoothUnit {
    /// (2I + S) / (D + S)
    Pair,
    /// (I + S) / (D/2 + S)
    Hit,
}

/// What the mean of weighted values is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WeightMean {
    /// The number of values
    Count,
    /// The sum of their weights
    Weights,
}

impl fmt::Display for GdlWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", PossibleValue::get_name))
    }
}
