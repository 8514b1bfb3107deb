//! `voxdice eval`: scores of label maps, one pair or folders of cases.

mod args;
mod lesion_maps;
mod lesions;
pub(super) mod merge;
mod publish;

pub(super) use args::{CountArgs, EmptyName, GeometryName, MissingName};
pub(super) use lesions::LesionArgs;

use super::args::DeviceArgs;
use super::exit::Exit;
use super::files::read_text;
use super::interrupt;
use super::output::Output;
use super::progress::Progress;
use super::warning::HEADERS_WRONG;
use super::words::flag;
use crate::Error;
use crate::eval::{
    Asked, CaseRegex, Chosen, Cohort, EvalError, Evaluation, Event, InstanceSearch, LesionRow, Matching, PairList,
    Pairing, Rules, RunOptions, Selection, Shard, Side, Summary, WarningKind, pair_paths,
};
use crate::io::{Input, NAMED};
use crate::text::shown;
use anyhow::{Result, bail};
use args::ScoreArgs;
use clap::{Arg, Args};
use lesion_maps::MapFolder;
use publish::{OutputArgs, publish};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Dice, surface distances and lesions of label maps: two files, or two folders of cases.
///
/// Voxels are counted exactly: the numbers are the same on every device. Scores of labels that neither file has are
/// undefined unless --empty or --like says otherwise; means are over defined values, and how many were not is said
/// beside them. In folders, files are matched by name; missing, extra and broken cases are listed, the others go on,
/// and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  voxdice eval truth.nii.gz pred.nii.gz
  voxdice eval labelsTs predictions -o summary.json --html report.html
  voxdice eval labelsTs predictions --metrics dice,hd95,nsd=2

`--help` has all options: regions, surfaces, lesions, grids, pairs, shards, devices.")]
#[command(after_long_help = "\
Examples:
  voxdice eval truth.nii.gz pred.nii.gz
  voxdice eval truth.nii.gz pred.nii.gz -l 1,2,5-9 --format csv
  voxdice eval labelsTs predictions -o summary.json --html report.html
  voxdice eval labelsTs predictions --dataset dataset.json --missing zero
  voxdice eval labelsTs predictions --region WT=1,2,3 --region ET=3 --empty one
  voxdice eval labelsTs predictions --metrics dice,hd95,nsd=2 --surface deepmind
  voxdice eval labelsTs predictions --instances components --lesions lesions.csv
  voxdice eval labelsTs predictions --like brats23-gli
  voxdice eval labelsTs predictions --cases 'case_[1-3]' --format csv
  voxdice eval labelsTs predictions --shard 1/4 --format json > part1.json

Pairs: the same file name; else the same name without its ending; a folder per case, or one file per class, counts as a case; \
--pair-regex takes the case from the name, --pairs lists the pairs.

Names: masks in folders and segments of .seg.nrrd are classes by their names, whatever their values are; beside a label map, \
--dataset says which label is called so.

Means: --format json has the mean over defined values, and null where there is none. The file of -o follows nnU-Net to the \
byte, so there `foreground_mean` is NaN as soon as one label is defined in no case. Label 0 is in no foreground mean.")]
pub(super) struct Eval {
    #[arg(help = "Reference label maps: a file or a folder")]
    #[arg(long_help = format!("Reference label maps: a file ({} with x last) or a folder", NAMED.join(", ")))]
    truth: PathBuf,
    /// Predicted label maps, on the same grids: a file or a folder
    pred: PathBuf,
    #[command(flatten)]
    count: CountArgs,
    #[command(flatten)]
    scores: ScoreArgs,
    #[command(flatten)]
    lesions: LesionArgs,
    /// CSV of pairs: truth,pred and maybe a name, relative to the two folders
    #[arg(long, value_name = "FILE", help_heading = "Folders", conflicts_with = "pair_regex")]
    pairs: Option<PathBuf>,
    /// The case is what the first group of this pattern matches in a file name
    #[arg(long, value_name = "RE", help_heading = "Folders")]
    pair_regex: Option<CaseRegex>,
    /// Only these cases: a file with one name a line, or a regular expression for whole names
    #[arg(long, value_name = "LIST|REGEX", help_heading = "Folders")]
    cases: Option<String>,
    /// What becomes of a case without prediction, or without truth
    #[arg(long, value_enum, default_value_t = MissingName::Error, help_heading = "Folders")]
    missing: MissingName,
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
    /// Count and measure on the CPU and on a GPU, and fail unless all counts, distances and lesions are equal
    #[arg(long, help_heading = "Device")]
    verify: bool,
}

/// The options that `-h` shows: those of a first evaluation.
const FIRST: [&str; 11] =
    ["labels", "dataset", "metrics", "like", "instances", "missing", "cases", "format", "output", "html", "help"];

/// Leaves an option of `eval` to `--help`, unless it is one of the first to look for.
pub(super) fn brief(argument: Arg) -> Arg {
    let shown = argument.is_positional() || FIRST.contains(&argument.get_id().as_str());
    argument.hide_short_help(!shown)
}

pub(super) fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write a number from 1 up".into())
}

impl Eval {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.outputs.quiet;
        interrupt::listen();
        let asked = Asked { like: self.scores.like, scores: self.scores.choices(), ..self.count.asked()? };
        let (mut rules, scoring) = self.lesions.beside(asked).resolve(flag)?;
        if let Some(search) = &mut rules.instances {
            // Of labels that are objects rows are counted.
            let has_list = self.lesions.lesions.is_some() || self.outputs.html.is_some() || search.is_by_labels();
            search.without_rows = !has_list;
        }
        self.lesions.check_files(rules.instances.is_some())?;
        let lesions = self.lesions.lesions.as_deref();
        self.outputs.check(lesions, &self.inputs())?;
        let maps = self.lesions.lesion_maps.as_deref();
        let maps = maps.map(|folder| lesion_maps::check(folder, &self.outputs.files(lesions))).transpose()?;
        self.hint_at_order(output);
        let selection = Selection { missing: self.missing.into(), shard: self.shard, cases: self.chosen()? };
        // Folders are looked through, and some files read, without a look for signals.
        let cohort = interrupt::during(|| -> Result<_> { Ok(Cohort::new(self.pairing(&rules)?, rules, selection)?) })??;
        let progress = Progress::start(output.quiet, "opening the device");
        let engine = self.device.engine()?;
        let counterpart = if self.verify { Some(self.device.counterpart(&engine)?) } else { None };
        let options = RunOptions {
            jobs: self.jobs,
            counterpart: counterpart.as_ref(),
            cancel: interrupt::token(),
            on_event: &|event| match event {
                Event::Started { cases } => progress.expect(cases, "counting"),
                Event::CaseDone => progress.step(),
            },
        };
        let evaluation = cohort.run(&engine, &options).map_err(|error| self.of_pair(error))?;
        drop(progress);
        let summary = evaluation.summarize(scoring);
        check_found(&summary, output)?;
        // After a failed verification no file is written.
        let has_failed = evaluation.verification().is_some_and(|found| found.difference.is_some());
        let maps = maps.filter(|_| !has_failed);
        let maps = maps.map(|folder| MapFolder::write(&folder, &evaluation)).transpose()?;
        let mut exit = publish(&summary, &self.outputs, lesions, output)?;
        let told = maps.map(MapFolder::publish).transpose()?.unwrap_or_default();
        told.renamed.iter().for_each(|line| output.note(format_args!("note: {line}")));
        for line in &told.without {
            exit = output.finding(line);
        }
        if has_one_object(&evaluation) {
            output.note(ONE_OBJECT);
        }
        let mut kinds = evaluation.cases.iter().flat_map(|case| &case.warnings).filter_map(|warning| warning.kind());
        if kinds.any(WarningKind::is_of_headers) {
            output.note(format_args!("note: {HEADERS_WRONG}"));
        }
        Ok(exit)
    }

    /// What was found in the voxels of a pair is told with its files; of folders the case is named.
    fn of_pair(&self, error: EvalError) -> anyhow::Error {
        let is_of_voxels =
            matches!(error, EvalError::Engine(Error::TooManyLesions(_) | Error::Parameter { name: "spacing", .. }));
        let error = anyhow::Error::new(error);
        match is_of_voxels {
            true => error.context(format!("{} and {}", shown(&self.truth), shown(&self.pred))),
            false => error,
        }
    }

    /// All input paths that were named.
    fn inputs(&self) -> Vec<&Path> {
        let lists = [&self.count.dataset, &self.pairs].into_iter().flatten();
        let names = self.cases.as_deref().map(Path::new).filter(|path| path.is_file());
        [&self.truth, &self.pred].into_iter().chain(lists).map(PathBuf::as_path).chain(names).collect()
    }

    /// The cases that --cases names.
    fn chosen(&self) -> Result<Option<Chosen>> {
        let Some(text) = &self.cases else { return Ok(None) };
        let path = Path::new(text);
        Ok(Some(if path.is_file() { Chosen::listed(&read_text(path)?, path)? } else { text.parse()? }))
    }

    /// Says that truth and prediction may have been swapped, where their names say so.
    fn hint_at_order(&self, output: &mut Output) {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let begins = |path: &Path, words: &[&str]| words.iter().any(|word| name(path).starts_with(word));
        if begins(&self.truth, &["pred", "infer", "output"]) && begins(&self.pred, &["label", "gt", "truth", "ref"]) {
            output.note(format_args!(
                "note: TRUTH comes first: {} is taken for the truth, and {} for the prediction",
                self.truth.display(),
                self.pred.display()
            ));
        }
    }

    /// The pairs to evaluate.
    fn pairing(&self, rules: &Rules) -> Result<Pairing> {
        let sides = [&self.truth, &self.pred];
        let is_missing = |path: &&&PathBuf| !Input::from(path.as_path()).exists();
        if let (true, Some(path)) = (sides.iter().any(|path| path.is_dir()), sides.iter().find(is_missing)) {
            bail!("{}: no such folder; check the name", path.display());
        }
        let list;
        let by = match (&self.pair_regex, &self.pairs) {
            (_, Some(path)) => {
                // For two folders alone, which is said first.
                let folders = self.truth.is_dir() && self.pred.is_dir();
                list = if folders { read_text(path)? } else { String::new() };
                Matching::List(PairList { path, text: &list })
            }
            (Some(regex), None) => Matching::Pattern(regex),
            (None, None) => Matching::Names,
        };
        Ok(pair_paths(&self.truth, &self.pred, by, rules)?)
    }
}

/// The next step where [`has_one_object`] holds.
const ONE_OBJECT: &str = "warning: each label is one object here, and no file has more than one label; if these are masks of \
                          several objects, say --instances components";

/// Whether labels were taken as objects, and no side of a case has two: masks look like that.
fn has_one_object(evaluation: &Evaluation) -> bool {
    let by_labels = evaluation.rules.instances.as_ref().is_some_and(InstanceSearch::is_by_labels);
    let rows = || evaluation.cases.iter().flat_map(|case| case.instances.values()).map(|found| &found.rows);
    let one =
        |rows: &Vec<LesionRow>| Side::BOTH.iter().all(|side| rows.iter().filter(|row| row.side == *side).count() <= 1);
    by_labels && rows().any(|rows| !rows.is_empty()) && rows().all(one)
}

/// Refuses to print a table of nothing, and tells why there is nothing.
fn check_found(summary: &Summary<'_>, output: &mut Output) -> Result<()> {
    let found = summary.evaluation.check();
    if matches!(found, Err(EvalError::NoneEvaluated { .. })) {
        publish::tell(summary, output);
    }
    Ok(found?)
}
