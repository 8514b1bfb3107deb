//! From the paths on the command line to models: files are read, folders evaluated.

use super::Compare;
use crate::cli::files::read_text;
use crate::cli::interrupt;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::words::{self, flag};
use crate::eval::models::Model;
use crate::eval::{
    Asked, Cohort, Evaluation, Event, Matching, RunOptions, ScoreChoices, ScoreList, Scoring, Selection,
    pair_folders_by,
};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// `NAME=RESULT`.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub name: String,
    pub path: PathBuf,
    /// Whether the name was written.
    is_written: bool,
}

impl Compare {
    /// How many models there are.
    pub(super) fn models(&self) -> usize {
        self.results.iter().map(|Named { name, .. }| name).collect::<BTreeSet<_>>().len()
    }
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            // A path may hold the sign as well.
            Some((name, path)) if !name.contains(['/', '\\']) => {
                let (name, path) = (name.trim(), path.trim());
                if name.is_empty() || path.is_empty() {
                    return Err(format!("`{text}` lacks a name or a file; write NAME=RESULT, such as unet=unet.json"));
                }
                Ok(Self { name: name.into(), path: path.into(), is_written: true })
            }
            _ => {
                let path = Path::new(text);
                let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                let name = stem.ok_or_else(|| format!("`{text}` has no name; write NAME=RESULT"))?;
                Ok(Self { name, path: path.into(), is_written: false })
            }
        }
    }
}

/// What was named, before voxels are read.
pub(super) struct Results {
    /// With their places in the order in which they were first named.
    models: Vec<(usize, Model)>,
    folders: Vec<Folder>,
}

/// Reads files, and pairs the cases of folders.
pub(super) fn read(compare: &Compare) -> Result<Results> {
    let mut named: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for (place, Named { name, path, is_written }) in compare.results.iter().enumerate() {
        let twin = compare.results[..place].iter().find(|other| other.name == *name && other.path != *path);
        if let Some(other) = twin.filter(|other| !(*is_written && other.is_written)) {
            bail!(
                "{} and {} would both be called {name}; write NAME=RESULT, with two names for two models and one for parts \
                 of one",
                other.path.display(),
                path.display()
            );
        }
        match named.iter_mut().find(|(own, _)| own == name) {
            Some((_, paths)) if paths.contains(path) => {
                bail!("{} is named twice for {name}; name each result once", path.display())
            }
            Some((_, paths)) => paths.push(path.clone()),
            None => named.push((name.clone(), vec![path.clone()])),
        }
    }
    if let Some(path) = named.iter().flat_map(|(_, paths)| paths).find(|path| !path.exists()) {
        bail!("{}: no such file or folder; check the name", path.display());
    }
    let folders = named.iter().any(|(_, paths)| paths.iter().any(|path| path.is_dir()));
    if let (true, None) = (folders, &compare.truth) {
        let folder = named.iter().flat_map(|(_, paths)| paths).find(|path| path.is_dir());
        bail!(
            "{}: this is a folder; say with --truth DIR what its predictions are compared with, or name the results of \
             `voxdice eval`",
            folder.map_or_else(String::new, |path| path.display().to_string())
        );
    }
    if !folders {
        compare.check_no_folder()?;
    }
    let choices = compare.score_choices();
    let mut models: Vec<(usize, Model)> = Vec::new();
    let mut folders: Vec<Folder> = Vec::new();
    for (place, (name, paths)) in named.into_iter().enumerate() {
        match &paths[..] {
            [folder] if folder.is_dir() => folders.push(Folder::of(compare, place, name, folder, &choices)?),
            _ => {
                let texts: Vec<(PathBuf, String)> =
                    paths.iter().map(|path| Ok((path.clone(), read_text(path)?))).collect::<Result<_>>()?;
                let model = Model::parse(name, &texts, &choices)?;
                if let (Some(like), Some((evaluation, _))) = (compare.like, model.evaluation()) {
                    like.check_stored(evaluation.rules.instances.as_ref())?;
                }
                models.push((place, model));
            }
        }
    }
    if folders.is_empty() && models.iter().all(|(_, model)| model.evaluation().is_none()) {
        compare.check_no_counts()?;
    }
    Ok(Results { models, folders })
}

impl Results {
    /// Whether a table has a column of this name.
    pub fn has_column(&self, name: &str) -> bool {
        self.models.iter().any(|(_, model)| model.has_column(name))
    }

    /// All models in the order in which they were first named.
    pub fn evaluated(self, compare: &Compare, output: &mut Output) -> Result<Vec<Model>> {
        let Self { mut models, folders } = self;
        if !folders.is_empty() {
            models.extend(evaluated(compare, folders, output)?);
        }
        models.sort_by_key(|(place, _)| *place);
        Ok(models.into_iter().map(|(_, model)| model).collect())
    }
}

/// A folder of predictions before it is evaluated, as `voxdice eval` does.
struct Folder {
    /// Its place among the models.
    place: usize,
    name: String,
    path: PathBuf,
    cohort: Cohort,
    scoring: Scoring,
}

impl Folder {
    fn of(compare: &Compare, place: usize, name: String, path: &Path, choices: &ScoreChoices) -> Result<Self> {
        let truth = compare.truth.as_deref().unwrap_or(path);
        // A name from another tool is checked when models are joined.
        let scores = compare.metrics.as_ref().map(|names| names.iter().map(|name| name.parse()).collect());
        let scores = scores.transpose()?.map(ScoreList);
        let scores = ScoreChoices { scores, ..choices.clone() };
        let (rules, scoring) = Asked { like: compare.like, scores, ..compare.count.asked()? }.resolve(flag)?;
        let selection = Selection { missing: compare.missing.into(), ..Selection::default() };
        let by = match &compare.pair_regex {
            Some(regex) => Matching::Pattern(regex),
            None => Matching::Names,
        };
        let cohort = interrupt::during(|| -> Result<Cohort> {
            Ok(Cohort::new(pair_folders_by(truth, path, by, &rules)?, rules, selection)?)
        })??;
        Ok(Self { place, name, path: path.into(), cohort, scoring })
    }
}

/// The folders of all models, evaluated in one pass over the truth.
fn evaluated(compare: &Compare, folders: Vec<Folder>, output: &mut Output) -> Result<Vec<(usize, Model)>> {
    let engine = compare.device.engine()?;
    let progress = Progress::start(output.quiet, "counting");
    let options = RunOptions {
        jobs: compare.jobs,
        counterpart: None,
        cancel: interrupt::token(),
        on_event: &|event| match event {
            Event::Started { cases } => progress.expect(cases, "counting"),
            Event::CaseDone => progress.step(),
        },
    };
    let mut about = Vec::new();
    let mut cohorts = Vec::new();
    for Folder { place, name, path, cohort, scoring } in folders {
        about.push((place, name, path, scoring));
        cohorts.push(cohort);
    }
    let evaluations = Cohort::run_together(cohorts, &engine, &options)?;
    drop(progress);
    let mut models = Vec::new();
    for ((place, name, path, scoring), evaluation) in about.into_iter().zip(evaluations) {
        tell(&name, &evaluation, output);
        if evaluation.cases.is_empty() && !evaluation.failures.is_empty() {
            bail!("{name}: no case could be evaluated; see the errors above");
        }
        models.push((place, Model::counted(name, vec![path], evaluation, scoring)));
    }
    Ok(models)
}

/// What went wrong with a folder.
fn tell(name: &str, evaluation: &Evaluation, output: &mut Output) {
    for failure in &evaluation.failures {
        output.finding(&format!("error: {name}: {}: {}", failure.case, words::of_eval(&failure.error)));
    }
    for lone in &evaluation.extra {
        output.finding(&format!("missing: {name}: {}: no truth ({})", lone.case, lone.file.display()));
    }
    for (case, gap) in evaluation.apart() {
        output.finding(&format!("warning: {name}: {}: the grids lie {:.2} mm apart", case.name, gap.millimetres));
    }
}
