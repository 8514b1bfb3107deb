//! `voxdice eval`: overlap of label maps, one pair or folders of cases.

pub(super) mod case;
pub(super) mod class;
mod count;
mod csv;
mod dataset;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod geometry;
mod html;
mod ignore;
mod intervals;
mod json;
mod like;
mod masks;
pub(super) mod merge;
pub(super) mod pairing;
mod pipeline;
mod publish;
mod python;
pub(super) mod report;
pub(super) mod score;
mod segmentation;
pub(super) mod settings;
mod shard;
mod sources;
mod summary;
mod table;
mod verify;

use super::args::DeviceArgs;
use super::exit::Exit;
use super::interrupt;
use super::output::Output;
use super::progress::Progress;
use super::warning::{HEADERS_WRONG, is_of_headers};
use super::words;
use crate::Empty;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

pub(super) use count::Threads;
pub(super) use geometry::GeometryRule;
use pairing::{CasePair, CaseRegex, Lone, Pairing, Request, Source};
use pipeline::{Engines, Failure, Task};
use publish::{OutputArgs, publish};
use report::{Kind, Origin, Report, Unpaired};
use settings::{CountArgs, MissingRule, Rules, ScoreArgs, Wanted};
use shard::Shard;
pub(super) use table::{counted_on, empty_rule};

/// Overlap of label maps, class by class: two files, or two folders of cases.
///
/// Voxels are counted exactly: the numbers are the same on every device. Scores of labels that neither file has are
/// undefined unless --empty or --like says otherwise; means are over defined values, and how many were not is said
/// beside them. In folders, files are matched by name; missing, extra and broken cases are listed, the others go on,
/// and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  voxdice eval truth.nii.gz pred.nii.gz
  voxdice eval truth.nii.gz pred.nii.gz -l 1,2,5-9 --format csv
  voxdice eval labelsTs predictions -o summary.json --csv cases.csv --html report.html
  voxdice eval labelsTs predictions --dataset dataset.json --missing zero
  voxdice eval labelsTs predictions --region WT=1,2,3 --region TC=1,3 --region ET=3 --empty one
  voxdice eval labelsTs predictions --shard 1/4 --format json > part1.json

Pairs: the same file name; else the same name without its ending; a folder per case, or one file per
class, counts as a case; --pair-regex takes the case from the name, --pairs lists the pairs.

Names: masks in folders and segments of .seg.nrrd are classes by their names, whatever their values are; beside a label map,
--dataset says which label is called so.

Means: --format json has the mean over defined values, and null where there is none. The file of -o
follows nnU-Net to the byte, so there `foreground_mean` is NaN as soon as one label is defined in no case.
Label 0 is in no foreground mean.")]
pub(super) struct Eval {
    /// Reference label maps: a file (.nii, .nii.gz, .hdr/.img, .mha, .mhd, .nrrd, .nhdr, .npy with x last) or a folder
    truth: PathBuf,
    /// Predicted label maps, on the same grids: a file or a folder
    pred: PathBuf,
    #[command(flatten)]
    count: CountArgs,
    #[command(flatten)]
    scores: ScoreArgs,
    /// CSV of pairs: truth,pred and maybe a name, relative to the two folders
    #[arg(long, value_name = "FILE", help_heading = "Folders", conflicts_with = "pair_regex")]
    pairs: Option<PathBuf>,
    /// The case is what the first group of this pattern matches in a file name
    #[arg(long, value_name = "RE", help_heading = "Folders")]
    pair_regex: Option<CaseRegex>,
    /// What becomes of a case without prediction, or without truth
    #[arg(long, value_enum, default_value_t = MissingRule::Error, help_heading = "Folders")]
    missing: MissingRule,
    /// Cases at a time [default: as many as there are cores]
    #[arg(short, long, value_name = "N", help_heading = "Folders", value_parser = jobs, allow_hyphen_values = true)]
    jobs: Option<NonZeroUsize>,
    /// Only part I of N, by a hash of the case's name; `voxdice merge` joins the parts
    #[arg(long, value_name = "I/N", help_heading = "Folders")]
    shard: Option<Shard>,
    #[command(flatten)]
    outputs: OutputArgs,
    #[command(flatten)]
    device: DeviceArgs,
    /// Count on the CPU and on a GPU, and fail unless all counts are equal
    #[arg(long, help_heading = "Device")]
    verify: bool,
}

/// The score where the denominator is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EmptyRule {
    /// Undefined, and left out of means (nnU-Net, MONAI)
    Nan,
    /// 1 where the two maps are equal, else 0 (KiTS, BraTS)
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

/// What there is to do, and what only one side has.
struct Work {
    kind: Kind,
    tasks: Vec<Task>,
    missing: Vec<Unpaired>,
    extra: Vec<Unpaired>,
    refused: sources::Refused,
}

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write a number from 1 up".into())
}

impl Eval {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.outputs.quiet;
        interrupt::listen();
        let scoring = self.scores.resolve(None)?;
        let rules = self.count.resolve(scoring.like)?;
        self.outputs.check(&self.inputs())?;
        let work = self.work(&rules)?;
        let progress = Progress::start(output.quiet, "opening the device");
        let engine = self.device.engine()?;
        let counterpart = if self.verify { Some(self.device.counterpart(&engine)?) } else { None };
        let engines = Engines { engine, counterpart };
        progress.expect(work.tasks.len(), "counting");
        let outcomes = pipeline::run(&work.tasks, &rules, &engines, pipeline::threads(self.jobs), &progress)?;
        drop(progress);
        let mut cases = Vec::new();
        let mut failures = Vec::new();
        for outcome in outcomes.into_iter().chain(work.refused.into_iter().map(Err)) {
            match outcome {
                Ok(case) => cases.push(case),
                Err((_, error)) if work.kind == Kind::Pair => return Err(error),
                Err((case, error)) => failures.push(Failure { case, message: words::of(&error) }),
            }
        }
        let origin = Origin::of(work.kind, self.missing, self.shard, engines.engine.describe());
        let mut report = Report::new(cases, rules, scoring, origin);
        (report.failures, report.missing, report.extra) = (failures, work.missing, work.extra);
        check_found(&report, output)?;
        let exit = publish(&report, &self.outputs, output)?;
        if report.cases.iter().flat_map(|case| &case.warnings).any(|warning| is_of_headers(&warning.kind)) {
            output.note(format_args!("note: {HEADERS_WRONG}"));
        }
        Ok(exit)
    }

    /// Everything that is read, as far as it was named.
    fn inputs(&self) -> Vec<&Path> {
        let lists = [&self.count.dataset, &self.pairs].into_iter().flatten();
        [&self.truth, &self.pred].into_iter().chain(lists).map(PathBuf::as_path).collect()
    }

    /// The pairs to evaluate.
    fn work(&self, rules: &Rules) -> Result<Work> {
        let folders = [&self.truth, &self.pred].map(|path| path.is_dir());
        if folders == [false, false] {
            return self.one_pair(rules);
        }
        if let Some(path) = [&self.truth, &self.pred].into_iter().find(|path| !path.exists()) {
            bail!("{}: no such folder; check the name", path.display());
        }
        let request = Request {
            truth: &self.truth,
            pred: &self.pred,
            regex: self.pair_regex.as_ref(),
            pairs: self.pairs.as_deref(),
        };
        let mut pairing = pairing::pair(&request)?;
        let refused = sources::settle(&mut pairing, rules)?;
        let Pairing { pairs, missing, extra } = pairing;
        let here = |case: &str| self.shard.is_none_or(|shard| shard.has(case));
        let pairs = pairs.into_iter().filter(|pair| here(&pair.name));
        let (missing, extra) = (kept(missing, here), kept(extra, here));
        let named = |list: &[Lone]| list.iter().map(unpaired).collect();
        let mut work = Work {
            kind: Kind::Folders,
            tasks: pairs.map(Task::Pair).collect(),
            missing: named(&missing),
            extra: named(&extra),
            refused: refused.into_iter().filter(|(name, _)| here(name)).collect(),
        };
        if self.missing == MissingRule::Zero {
            // Where no list says it, a prediction would lie as the truth does.
            let beside = |lone: &Lone| {
                let truth = lone.source.path();
                self.pred.join(truth.strip_prefix(&self.truth).unwrap_or(truth))
            };
            work.tasks.extend(missing.into_iter().map(|lone| {
                let expected = lone.expected.clone().unwrap_or_else(|| beside(&lone));
                Task::Unpredicted { lone, expected }
            }));
        }
        Ok(work)
    }

    fn one_pair(&self, rules: &Rules) -> Result<Work> {
        let folder_only = [
            ("--pairs", self.pairs.is_some()),
            ("--pair-regex", self.pair_regex.is_some()),
            ("--shard", self.shard.is_some()),
        ];
        if let Some((flag, _)) = folder_only.iter().find(|(_, given)| *given) {
            bail!("{flag} is for folders, and {} is none; leave it out or name two folders", self.truth.display());
        }
        let name = pairing::case_name(&self.pred);
        let (truth, pred) = (Source::File(self.truth.clone()), Source::File(self.pred.clone()));
        let mut pairing = Pairing { pairs: vec![CasePair { name, truth, pred }], ..Pairing::default() };
        let refused = sources::settle(&mut pairing, rules)?;
        let tasks = pairing.pairs.into_iter().map(Task::Pair).collect();
        Ok(Work { kind: Kind::Pair, tasks, missing: Vec::new(), extra: Vec::new(), refused })
    }
}

/// Refuses to print a table of nothing. Of a shard that is for `merge` to judge, which sees the others.
fn check_found(report: &Report, output: &mut Output) -> Result<()> {
    if report.origin.shard.is_some() {
        return Ok(());
    }
    if report.cases.is_empty() && !report.failures.is_empty() {
        publish::tell(report, output);
        bail!("no case could be evaluated; see the errors above");
    }
    match &report.cases[..] {
        [] => Ok(()),
        _ if !report.classes.is_empty() || report.rules.wanted != Wanted::Found => Ok(()),
        [case] => bail!(
            "neither {} nor {} has a label other than 0; say with --labels which ones to evaluate",
            case.truth.display(),
            case.pred.display()
        ),
        cases => bail!(
            "none of {} cases has a label other than 0, in truth or prediction; say with `voxdice eval --labels` which ones \
             to evaluate",
            cases.len()
        ),
    }
}

fn kept(list: Vec<Lone>, here: impl Fn(&str) -> bool) -> Vec<Lone> {
    list.into_iter().filter(|lone| here(&lone.name)).collect()
}

fn unpaired(lone: &Lone) -> Unpaired {
    Unpaired { case: lone.name.clone(), file: lone.source.path().into() }
}
