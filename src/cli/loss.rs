//! `voxdice loss`: losses of soft volumes.

mod choices;
mod echo;
mod operands;
mod report;
mod verify;

use super::args::{DeviceArgs, Format};
use super::eval::GeometryRule;
use super::exit::Exit;
use super::files::{Pending, check_outputs};
use super::output::Output;
use super::progress::Progress;
use super::warning::Warning;
use crate::io::npy;
use crate::metric::{Activation, Loss};
use anyhow::{Context, Result};
use choices::Choices;
use clap::Args;
use operands::Operands;
use report::Report;
use std::path::PathBuf;

/// Dice and other losses of soft volumes, with the choices that tell one from another.
///
/// Without flags: 1 - 2*sum(p*t) / (sum(p) + sum(t)) of each sample and channel, without smoothing, and their mean. Sums
/// are exact and the same on every device; sigmoid, softmax, powers and logarithms hold within a documented bound.
#[derive(Debug, Args)]
#[command(after_help = "\
Files: .npy, or NIfTI (.nii, .nii.gz, .hdr/.img). float64 is rounded to float32, with a warning
where that changes it.

Axes of .npy, by --layout and number of axes:
  channels-first  1: [spatial]  2: [channel, spatial]  3 and more: [sample, channel, spatial...]
  channels-last   1: [spatial]  2: [spatial, channel]  3 and more: [sample, spatial..., channel]
  unbatched       1: [spatial]  2 and more: [channel, spatial...]
  unbatched-last  1: [spatial]  2 and more: [spatial..., channel]
  flat            [spatial...]: one sample of one channel
NIfTI has one sample: x, y, z and, where there is a fourth axis, the channels along it (or along
a fifth one, after a fourth of length 1). Only --layout flat changes that.

A truth of whole numbers, of any type, without the channel axis of the prediction (or with one of
length 1) is a label map: channel c is where the label is c; with a single channel, where it is 1.

Examples:
  voxdice loss truth.npy pred.npy --smooth 1e-5
  voxdice loss truth.npy logits.npy --preset monai --activation sigmoid --denominator squared
  voxdice loss labels.nii.gz probabilities.nii.gz --loss dice-ce --no-background --grad gradient.npy
  voxdice loss truth.npy pred.npy --preset seed-dice-coef-multilabel --smooth 1,1,0.5 --format json")]
pub(super) struct LossCommand {
    /// Reference: mask, probabilities or label map
    truth: PathBuf,
    /// Prediction: probabilities, or logits with --activation
    pred: PathBuf,
    #[command(flatten)]
    choices: Choices,
    /// Also write d(reduced loss)/d(prediction) to this file, as float32 in the prediction's shape (with --reduce none:
    /// of the sum of the values)
    #[arg(long, value_name = "FILE.npy")]
    grad: Option<PathBuf>,
    /// What to do when the affines of two NIfTI files put voxels more than a thousandth of a voxel apart. The same points in
    /// another order are compared point by point
    #[arg(long, value_enum, default_value_t = GeometryRule::Warn)]
    geometry: GeometryRule,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    device: DeviceArgs,
    /// Compute on the CPU and on a GPU, and fail unless they agree: to the last bit where no transcendental function is
    /// involved, else within the documented bound
    #[arg(long, help_heading = "Device")]
    verify: bool,
    /// No warnings, notes or progress on stderr
    #[arg(short, long)]
    quiet: bool,
}

impl LossCommand {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.quiet;
        if let Some(path) = &self.grad {
            check_outputs(&[("--grad", path)], &[&self.truth, &self.pred])?;
        }
        let loss = Loss::new(self.choices.options()?)?;
        let progress = Progress::start(self.quiet, "reading");
        let mut operands = Operands::read(&self.truth, &self.pred, &self.choices, self.geometry)?;
        if matches!(loss.options().activation, Activation::Softmax | Activation::Argmax)
            && operands.shape.channels() == 1
        {
            anyhow::bail!(
                "{} over the single channel of {} is 1 everywhere; use --activation sigmoid, or a --layout with channels",
                echo::activation(loss.options().activation),
                self.pred.display()
            );
        }
        progress.say("opening the device");
        let engine = self.device.engine()?;
        let counterpart = if self.verify { Some(self.device.counterpart(&engine)?) } else { None };
        progress.say("computing");
        let wanted = loss.sums_options();
        let sums = engine
            .sums_with(operands.pred()?, operands.truth()?, &wanted)
            .with_context(|| format!("truth {} and pred {}", self.truth.display(), self.pred.display()))?;
        let found = loss.evaluate(&sums)?;
        let gradient = match &self.grad {
            None => None,
            Some(_) => {
                let partials = loss.gradient(&sums)?;
                Some(engine.gradient(operands.pred()?, operands.truth()?, &wanted, &sums, &partials)?)
            }
        };
        let verification = match &counterpart {
            None => None,
            Some(counterpart) => Some(verify::against(
                counterpart,
                &engine,
                &operands,
                &loss,
                &verify::Found { sums: &sums, gradient: gradient.as_deref() },
            )?),
        };
        operands.note_range(&sums, &wanted);
        drop(progress);
        let report = Report {
            files: [&self.truth, &self.pred],
            choices: &self.choices,
            loss: &loss,
            operands: &operands,
            found: &found,
            exact: wanted.is_exact(),
            device: engine.describe(),
            verification: verification.as_ref(),
            gradient: self.grad.as_deref(),
        };
        self.publish(&report, gradient.as_deref(), output)
    }

    fn publish(&self, report: &Report<'_>, gradient: Option<&[f32]>, output: &mut Output) -> Result<Exit> {
        let mut exit = Exit::Fine;
        for warning in &report.operands.warnings {
            match warning {
                Warning::Geometry { .. } => exit = output.finding(&format!("warning: {warning}")),
                warning => output.warn(warning),
            }
        }
        let verified = match report.verification {
            None => Exit::Fine,
            Some(verification) => match &verification.difference {
                None => {
                    output.note(format_args!("verified: {} agree: {}", verification.devices(), verification.rule()));
                    Exit::Fine
                }
                Some(difference) => output.finding(&format!(
                    "verification failed ({}): {difference}; do not trust {}; run `voxdice verify`, update the driver, \
                     or use --backend cpu",
                    verification.rule(),
                    report.device.device
                )),
            },
        };
        exit = if verified == Exit::Fine { exit } else { verified };
        if verified == Exit::Fine
            && let (Some(path), Some(gradient)) = (&self.grad, gradient)
        {
            let (shape, order) = report.operands.file_shape();
            Pending::make(path, |hidden| Ok(npy::write(hidden, &shape, order, gradient)?))?.publish()?;
        }
        match self.format {
            Format::Table => output.result(&report.table())?,
            Format::Json => output.json(&report.json())?,
        }
        Ok(exit)
    }
}
