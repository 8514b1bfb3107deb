//! `voxdice eval`: overlap of two label maps.

pub(super) mod case;
mod csv;
mod geometry;
mod json;
mod mean;
mod python;
pub(super) mod report;
mod score;
mod table;

use super::args::{DeviceArgs, backend_name};
use super::exit::Exit;
use super::files::{Pending, check_writable};
use super::label_list::LabelList;
use super::output::Output;
use super::progress::Progress;
use crate::Empty;
use anyhow::{Result, bail};
use case::{Pair, Rules};
use clap::{Args, ValueEnum};
pub(super) use geometry::GeometryRule;
use report::{Chosen, Report};
pub(super) use score::Score;
use score::ScoreList;
use std::path::PathBuf;
pub(super) use table::{counted_on, empty_rule};

/// Overlap of two label maps, label by label.
///
/// Voxels are counted exactly: the numbers are the same on every device. Scores of labels that neither file has are
/// undefined unless --empty says otherwise; means are over defined values, and how many were not is said beside them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  voxdice eval truth.nii.gz pred.nii.gz
  voxdice eval truth.nii.gz pred.nii.gz -l 1,2,5-9 --format csv
  voxdice eval truth.nii.gz pred.nii.gz -o summary.json --verify

Means: --format json has the mean over defined values, and null where there is none. The file of -o
follows nnU-Net to the byte, so there `foreground_mean` is NaN as soon as one label is undefined.
Label 0 is in no foreground mean.")]
pub(super) struct Eval {
    /// Reference label map (.nii, .nii.gz, .hdr/.img, .mha, .mhd, .nrrd, .nhdr)
    truth: PathBuf,
    /// Predicted label map, on the same grid
    pred: PathBuf,
    /// Labels to evaluate, such as 1,2,5-9 [default: all but 0 that either file has]
    #[arg(short, long, value_name = "LIST")]
    labels: Option<LabelList>,
    /// Scores in the table and in CSV: dice, iou, or all (JSON always has both)
    #[arg(long, value_name = "LIST", default_value = "dice,iou")]
    metrics: ScoreList,
    /// Score of a label that neither file has
    #[arg(long, value_enum, default_value_t = EmptyRule::Nan)]
    empty: EmptyRule,
    /// What to do when the affines differ by more than a thousandth of a voxel
    #[arg(long, value_enum, default_value_t = GeometryRule::Warn)]
    geometry: GeometryRule,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// Also write the layout of nnU-Net's summary.json to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also write CSV to this file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgs,
    /// Count on the CPU and on a GPU, and fail unless all counts are equal
    #[arg(long, help_heading = "Device")]
    verify: bool,
    /// No warnings, notes or progress on stderr
    #[arg(short, long)]
    quiet: bool,
}

/// How the result of `eval` is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Table,
    /// nnU-Net's layout and an object `voxdice`; undefined numbers are null
    Json,
    /// One row per case and label
    Csv,
}

/// The score where neither file has the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EmptyRule {
    /// Undefined, and left out of means (nnU-Net, MONAI)
    Nan,
    /// Perfect agreement (KiTS, BraTS)
    One,
    /// No overlap
    Zero,
}

impl EmptyRule {
    pub fn policy(self) -> Empty {
        match self {
            Self::Nan => Empty::Nan,
            Self::One => Empty::One,
            Self::Zero => Empty::Zero,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Nan => "nan",
            Self::One => "one",
            Self::Zero => "zero",
        }
    }
}

impl Eval {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.quiet;
        for path in [&self.truth, &self.pred] {
            if path.is_dir() {
                bail!(
                    "{}: this is a folder, and this version evaluates one pair of files; name a file in it",
                    path.display()
                );
            }
        }
        for path in [&self.output, &self.csv].into_iter().flatten() {
            check_writable(path)?;
        }
        let progress = Progress::start(self.quiet, "opening the device");
        let engine = self.device.engine()?;
        let counterpart = if self.verify { Some(self.device.counterpart(&engine)?) } else { None };
        progress.say("reading and counting");
        let pair = Pair { truth: self.truth.clone(), pred: self.pred.clone() };
        let rules = Rules { labels: self.labels.as_ref().map(|list| list.0.as_slice()), geometry: self.geometry };
        let case = case::evaluate(&pair, &rules, &engine, counterpart.as_ref())?;
        drop(progress);
        let chosen = Chosen {
            scores: self.metrics.0.clone(),
            empty: self.empty,
            geometry: self.geometry,
            labels_named: self.labels.is_some(),
        };
        let report = Report::new(vec![case], chosen, engine.describe());
        self.publish(&report, output)
    }

    fn publish(&self, report: &Report, output: &mut Output) -> Result<Exit> {
        for warning in report.warnings() {
            output.warn(warning);
        }
        let device = format!("{} ({})", backend_name(report.device.backend), report.device.device);
        let exit = match report.verification() {
            None => Exit::Fine,
            Some(verification) => match &verification.difference {
                None => {
                    output.note(format_args!("verified: {} agree in every count", verification.devices()));
                    Exit::Fine
                }
                Some(difference) => output.finding(&format!(
                    "verification failed: {difference}; do not trust {device}; run `voxdice verify`, update the \
                     driver, or use --backend cpu"
                )),
            },
        };
        // Both files are complete before the first one appears; with a finding there is none.
        if exit == Exit::Fine {
            let summary = self.output.as_ref().map(|path| Pending::write(path, &python::summary(report)));
            let table = self.csv.as_ref().map(|path| Pending::write(path, &csv::render(report)?));
            for pending in [summary.transpose()?, table.transpose()?].into_iter().flatten() {
                pending.publish()?;
            }
        }
        match self.format {
            Form::Table => output.result(&table::render(report))?,
            Form::Json => output.json(&json::render(report))?,
            Form::Csv => output.result(&csv::render(report)?)?,
        }
        Ok(exit)
    }
}
