//! Whether the choices make sense, apart and together.

use super::choices::{
    Agreement, Channels, ClassWeights, Denominator, Divisor, Focus, Form, Per, Reduce, Smooth, Smoothing,
};
use super::matthews::Matthews;
use super::options::{Kind, LossOptions};
use super::score::{Overlap, Tversky};
use super::wrong::wrong;
use crate::error::Result;
use crate::pointwise::{Focal, Pointwise};

fn check(holds: bool, name: &'static str, value: f64, range: &str) -> Result<()> {
    // A NaN fails every comparison, so it fails here too; infinities are named by the callers' ranges.
    if holds && value.is_finite() { Ok(()) } else { Err(wrong(name, value, range)) }
}

fn not_negative(name: &'static str, value: f64) -> Result<()> {
    check(value >= 0.0, name, value, "finite and at least 0")
}

fn positive(name: &'static str, value: f64) -> Result<()> {
    check(value > 0.0, name, value, "finite and above 0")
}

impl LossOptions {
    /// Whether the choices are valid for some table. Those that depend on its channels are checked once there is a
    /// table.
    pub(super) fn validate(&self) -> Result<()> {
        self.kind()?;
        let smooths = match &self.smooth {
            Smoothing::Same(smooth) => std::slice::from_ref(smooth),
            Smoothing::PerChannel(list) => list,
        };
        for Smooth { numerator, denominator } in smooths {
            not_negative("smooth (numerator)", *numerator)?;
            not_negative("smooth (denominator)", *denominator)?;
        }
        not_negative("floor", self.floor)?;
        not_negative("hits_floor", self.hits_floor)?;
        not_negative("score_floor", self.score_floor)?;
        if let Denominator::Power(gamma) = self.denominator {
            positive("denominator power", gamma)?;
        }
        self.weights()?;
        self.together()
    }

    fn kind(&self) -> Result<()> {
        match self.kind {
            Kind::Overlap(overlap) => check_overlap(overlap),
            Kind::Pointwise(pointwise) => check_pointwise(pointwise),
            Kind::Matthews(Matthews::Whole) => Ok(()),
            Kind::Matthews(Matthews::Counts { eps }) => not_negative("eps", eps),
            Kind::Combined { overlap, pointwise, lambda_overlap, lambda_pointwise } => {
                not_negative("lambda_overlap", lambda_overlap)?;
                not_negative("lambda_pointwise", lambda_pointwise)?;
                check_overlap(overlap)?;
                check_pointwise(pointwise)
            }
        }
    }

    fn weights(&self) -> Result<()> {
        let (ClassWeights::Multiply(list) | ClassWeights::Normalise(list)) = &self.weights else { return Ok(()) };
        list.iter().try_for_each(|&weight| not_negative("class weight", weight))
    }

    /// Choices that exclude each other.
    fn together(&self) -> Result<()> {
        let pooled = matches!(self.per, Per::Sample | Per::All);
        let has_overlap = !matches!(self.kind, Kind::Pointwise(_));
        if has_overlap && pooled && matches!(self.smooth, Smoothing::PerChannel(_)) {
            return Err(wrong("smooth", "a list", "one value where channels are pooled (Per::Sample, Per::All)"));
        }
        if has_overlap && pooled && self.weights != ClassWeights::Equal {
            return Err(wrong("class weights", "a list", "Equal where channels are pooled (Per::Sample, Per::All)"));
        }
        let squared = self.denominator == Denominator::Squared;
        if self.agreement == Agreement::SoftLabel && !squared && !self.soft_label() {
            return Err(wrong("denominator power", self.denominator.exponent(), "Sum or Squared with SoftLabel"));
        }
        self.as_matthews()?;
        self.divided()?;
        match self.focus {
            Focus::None => return Ok(()),
            Focus::Group(gamma) => positive("focus gamma", gamma)?,
            Focus::Reduced(gamma) => positive("focus gamma", gamma)?,
        }
        let (fits, range) = match self.focus {
            Focus::Reduced(_) => {
                let fits = !matches!(self.form, Form::Score | Form::Negative);
                (fits, "None unless the loss is an overlap in OneMinus, NegLog or LogCosh form")
            }
            _ => (self.form == Form::OneMinus, "None unless the loss is an overlap in OneMinus form"),
        };
        if !fits || !matches!(self.kind, Kind::Overlap(_)) {
            return Err(wrong("focus", format!("{:?}", self.focus), range));
        }
        if matches!(self.focus, Focus::Reduced(_)) && self.reduce == Reduce::None {
            return Err(wrong("focus", format!("{:?}", self.focus), "None or Group where nothing is reduced"));
        }
        Ok(())
    }

    /// Choices that have no meaning for Matthews' coefficient.
    fn as_matthews(&self) -> Result<()> {
        if !matches!(self.kind, Kind::Matthews(_)) {
            return Ok(());
        }
        if !matches!(self.form, Form::OneMinus | Form::Score | Form::Negative) {
            return Err(wrong(
                "form",
                format!("{:?}", self.form),
                "OneMinus, Score or Negative for Matthews' coefficient",
            ));
        }
        if self.denominator.exponent() != 1.0 {
            let range = "Sum for Matthews' coefficient, which counts voxels";
            return Err(wrong("denominator", format!("{:?}", self.denominator), range));
        }
        Ok(())
    }

    /// Whether values are of what the loss has: sums over voxels, or voxels, and factors.
    fn divided(&self) -> Result<()> {
        let (divisor, per) = (format!("{:?}", self.divisor), format!("{:?}", self.per));
        let pointwise = match self.kind {
            Kind::Pointwise(pointwise) | Kind::Combined { pointwise, .. } => Some(pointwise),
            Kind::Overlap(_) | Kind::Matthews(_) => None,
        };
        if self.divisor != Divisor::Usual && pointwise.is_none() {
            return Err(wrong("divisor", divisor, "Usual where there is no pointwise loss"));
        }
        if self.hits_floor > 0.0 && matches!(self.kind, Kind::Pointwise(_) | Kind::Matthews(_)) {
            return Err(wrong("hits_floor", self.hits_floor, "0 where there is no overlap"));
        }
        if self.divisor.has_factors() {
            let focal = match pointwise {
                Some(Pointwise::Entropy(entropy)) => !matches!(entropy.factor, Focal::None | Focal::Apart(_)),
                _ => false,
            };
            if !focal || !matches!(self.kind, Kind::Pointwise(_)) {
                let range = "another unless the loss is an Entropy with the factor Margin, Confidence, Reduced or Miss";
                return Err(wrong("divisor", divisor, range));
            }
        }
        if !matches!(self.per, Per::Element | Per::Voxel) {
            return Ok(());
        }
        if !matches!(self.kind, Kind::Pointwise(_)) {
            return Err(wrong("per", per, "a choice that sums voxels unless the loss is a pointwise one"));
        }
        if self.reduce != Reduce::None {
            return Err(wrong("per", per, "a choice that sums voxels unless nothing is reduced (Reduce::None)"));
        }
        if !matches!(self.divisor, Divisor::Usual | Divisor::One | Divisor::Channels) {
            return Err(wrong("divisor", divisor, "One or Channels where there is a value of each voxel"));
        }
        if matches!(self.weights, ClassWeights::Normalise(_)) {
            return Err(wrong("class weights", "Normalise", "Multiply where there is a value of each voxel"));
        }
        Ok(())
    }

    /// The channels that take part, once the number of channels is known.
    pub(super) fn kept(&self, channels: usize) -> Result<Vec<usize>> {
        if let Smoothing::PerChannel(list) = &self.smooth {
            length("smooth", list.len(), channels)?;
        }
        if let ClassWeights::Multiply(list) | ClassWeights::Normalise(list) = &self.weights {
            length("class weights", list.len(), channels)?;
        }
        match &self.channels {
            Channels::All => Ok((0..channels).collect()),
            Channels::Foreground if channels == 1 => Ok(vec![0]),
            Channels::Foreground => Ok((1..channels).collect()),
            Channels::Only(list) if list.is_empty() => Err(wrong("channels", "an empty list", "at least one channel")),
            Channels::Only(list) => {
                for (i, &channel) in list.iter().enumerate() {
                    if channel >= channels {
                        return Err(wrong("channel", channel, format!("below {channels}, the number of channels")));
                    }
                    if list[..i].contains(&channel) {
                        return Err(wrong("channel", format!("{channel} twice"), "listed once"));
                    }
                }
                Ok(list.clone())
            }
        }
    }
}

fn length(name: &'static str, found: usize, channels: usize) -> Result<()> {
    if found == channels {
        return Ok(());
    }
    Err(wrong(name, format!("a list of {found}"), format!("a list of {channels}, one per channel")))
}

fn check_overlap(overlap: Overlap) -> Result<()> {
    let Overlap::Tversky(Tversky { alpha, beta }) = overlap else { return Ok(()) };
    not_negative("alpha", alpha)?;
    not_negative("beta", beta)?;
    positive("alpha + beta", alpha + beta)
}

fn check_pointwise(pointwise: Pointwise) -> Result<()> {
    match pointwise.fault() {
        Some((name, value, range)) => Err(wrong(name, value, range)),
        None => Ok(()),
    }
}
