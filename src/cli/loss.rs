//! `voxdice loss`: losses of soft volumes.

mod calls;
mod choices;
mod echo;
mod masks;
mod names;
mod operands;
mod report;
mod terms;
mod verify;
mod work;

use super::args::{DeviceArgs, Format};
use super::eval::GeometryName;
use super::exit::Exit;
use super::files::{Pending, check_array, check_outputs};
use super::output::Output;
use super::progress::Progress;
use super::warning::{HEADERS_WRONG, Warning};
use crate::eval;
use crate::io::{Gap, npy};
use crate::metric::{Activation, Term};
use anyhow::{Context, Result};
use choices::Choices;
use clap::Args;
use operands::Operands;
use report::Report;
use std::path::PathBuf;
use work::{Want, Work};

/// Dice and other losses of soft volumes, with the choices that tell one from another.
///
/// Without flags: 1 - 2*sum(p*t) / (sum(p) + sum(t)) of each sample and channel, without smoothing, and their mean. Sums
/// are exact, and every number is the same on every device: sigmoid, softmax, powers and logarithms too, which are within a
/// documented bound.
#[derive(Debug, Args)]
#[command(after_help = "\
Files: .npy and .npz, or images such as NIfTI (.nii, .nii.gz, .hdr/.img), MetaImage and NRRD. Sums of float64 are exact, and \
threshold and argmax compare all its digits; other activations, powers, cross-entropies and gradients, and a truth beside any \
activation or of which voxels are left out, take the nearest float32, with a warning.

Axes of .npy, by --layout and number of axes:
  channels-first  1: [spatial]  2: [channel, spatial]  3 and more: [sample, channel, spatial...]
  channels-last   1: [spatial]  2: [spatial, channel]  3 and more: [sample, spatial..., channel]
  unbatched       1: [spatial]  2 and more: [channel, spatial...]
  unbatched-last  1: [spatial]  2 and more: [spatial..., channel]
  flat            [spatial...]: one sample of one channel
NIfTI has one sample: x, y, z and, where there is a fourth axis, the channels along it (or along a fifth one, after a fourth \
of length 1). Only --layout flat changes that.

A truth of whole numbers, of any type, without the channel axis of the prediction (or with one of length 1) is a label map: \
channel c is where the label is c; with a single channel, where it is 1.

Examples:
  voxdice loss truth.npy pred.npy --smooth 1e-5
  voxdice loss truth.npy logits.npy --preset monai --activation sigmoid --denominator squared
  voxdice loss labels.nii.gz probabilities.nii.gz --loss dice-ce --no-background --grad gradient.npy
  voxdice loss truth.npy logits.npy --as 'monai.DiceCELoss(softmax=True, lambda_ce=2)'
  voxdice loss truth.npy logits.npy --loss dice+bce --activation sigmoid --ignore 255
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
    #[arg(long, value_enum, default_value_t = GeometryName::Warn)]
    geometry: GeometryName,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    device: DeviceArgs,
    /// Compute on the CPU and on a GPU, and fail unless they agree to the last bit
    #[arg(long, help_heading = "Device")]
    verify: bool,
    /// No progress, notes or warnings on stderr; errors, and what makes the exit code 1, stay
    #[arg(short, long)]
    quiet: bool,
}

impl LossCommand {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.quiet;
        if let Some(path) = &self.grad {
            check_outputs(&[("--grad", path)], &[&self.truth, &self.pred])?;
            check_array("--grad", path)?;
        }
        self.choices.check()?;
        let progress = Progress::start(self.quiet, "reading");
        let mut operands = Operands::read(&self.truth, &self.pred, &self.choices, self.geometry.into())?;
        let work = self.choices.work(&operands.given())?;
        self.refuse_single_channel(&work, &operands)?;
        if work.has_threshold() {
            operands.count_scaled_as_f32();
        }
        progress.say("opening the device");
        let engine = self.device.engine()?;
        let counterpart = if self.verify { Some(self.device.counterpart(&engine)?) } else { None };
        progress.say("computing");
        let want = if self.grad.is_some() { Want::Gradient } else { Want::Values };
        let found = work
            .run(&engine, &operands, &self.choices, want)
            .with_context(|| format!("truth {} and pred {}", self.truth.display(), self.pred.display()))?;
        let against = |counterpart| verify::against(counterpart, &engine, &operands, (&work, &self.choices), &found);
        let verification = counterpart.as_ref().map(against).transpose()?;
        let rounds = work.rounds() || want == Want::Gradient;
        operands.note_rounding(rounds && !work.compares(), rounds || work.ignores());
        let of_logits = work.of_logits(&self.choices);
        operands.note_range(found.sums.as_ref(), work.is_activated(), work.ignored_value(), &of_logits);
        drop(progress);
        let report = Report {
            files: [&self.truth, &self.pred],
            choices: &self.choices,
            work: &work,
            operands: &operands,
            found: &found,
            device: engine.describe(),
            verification: verification.as_ref(),
            gradient: self.grad.as_deref(),
        };
        self.publish(&report, output)
    }

    fn refuse_single_channel(&self, work: &Work, operands: &Operands) -> Result<()> {
        let mixes = |term: &Term| matches!(term.options.activation, Activation::Softmax | Activation::Argmax);
        match work.terms().iter().find(|term| mixes(term)) {
            Some(term) if operands.shape.channels() == 1 => anyhow::bail!(
                "{} over the single channel of {} is 1 everywhere; use --activation sigmoid, or a --layout with channels",
                echo::activation(term.options.activation),
                self.pred.display()
            ),
            _ => Ok(()),
        }
    }

    fn publish(&self, report: &Report<'_>, output: &mut Output) -> Result<Exit> {
        let mut exit = Exit::Fine;
        for warning in &report.operands.warnings {
            match warning {
                &Warning::Eval(eval::Warning::Geometry { millimetres, voxels })
                    if (Gap { millimetres, voxels }).is_apart() =>
                {
                    exit = output.finding(&format!("warning: {warning} ({HEADERS_WRONG})"))
                }
                Warning::Eval(eval::Warning::Geometry { .. }) => {
                    output.note(format!("warning: {warning} ({HEADERS_WRONG})"))
                }
                warning => output.warn(warning),
            }
        }
        if let Some(note) = self.choices.note_unit() {
            output.note(format_args!("{note}"));
        }
        let verified = match report.verification {
            None => Exit::Fine,
            Some(verification) => match &verification.difference {
                None => {
                    output.note(format_args!("verified: {} agree to the last bit", verification.devices()));
                    Exit::Fine
                }
                Some(difference) => output.finding(&format!(
                    "verification failed: {difference}; do not trust {}; run `voxdice verify`, update the driver, \
                     or use --backend cpu",
                    report.device.device
                )),
            },
        };
        exit = if verified == Exit::Fine { exit } else { verified };
        if verified == Exit::Fine
            && let (Some(path), Some(gradient)) = (&self.grad, &report.found.gradient)
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
