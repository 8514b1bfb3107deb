//! Evaluations of files, folders and arrays, and what can be read from them.

use crate::arrays::Held;
use crate::rules::{Choices, called, parsed};
use crate::work::done;
use crate::{failed, refused};
use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use voxdice::eval::{
    Cancel, CaseResult, Cohort, EvalError, Evaluation, Event, Failure, Matching, PairList, Pairing, Partial, Rules,
    RunOptions, Score, ScoreChoices, ScoreList, Scoring, Summary, Unpaired, WORST, pair_files, pair_inputs, pair_paths,
    pictures,
};
use voxdice::io::Input;
use voxdice::io::npy::{self, Order};
use voxdice::report::{self, Beside, Facts};
use voxdice::{Engine, EngineOptions, LabelBuffer, LabelSlice, Operand, tuning};

/// A side of an evaluation: a path, or arrays in row-major order with their names.
#[derive(FromPyObject)]
pub enum Side<'py> {
    Arrays(Vec<(String, Bound<'py, PyAny>, String, Vec<u64>)>),
    Path(PathBuf),
}

/// What arrays are called.
const SIDES: [&str; 2] = ["truth", "pred"];

/// Cases with their exact counts, and what else was measured of them.
#[pyclass(frozen, module = "voxdice._voxdice")]
pub struct Report {
    evaluation: Evaluation,
    scoring: Scoring,
}

/// Evaluates two sides. `heard` is called with how many cases are done and how many there are.
#[pyfunction]
#[pyo3(signature = (truth, pred, choices, heard = None))]
pub fn evaluate(
    py: Python<'_>,
    truth: Side<'_>,
    pred: Side<'_>,
    choices: Choices,
    heard: Option<Py<PyAny>>,
) -> PyResult<Report> {
    let (rules, scoring) = choices.resolve()?;
    let (selection, regex) = (choices.selection()?, choices.regex()?);
    // Errors of a single pair are those of the whole run.
    let only = match &truth {
        Side::Arrays(arrays) if arrays.len() == 1 => arrays.first().map(|(name, ..)| name.clone()),
        _ => None,
    };
    let inputs = match (truth, pred) {
        (Side::Path(truth), Side::Path(pred)) => Sides::Paths(truth, pred),
        (Side::Arrays(truth), Side::Arrays(pred)) => {
            let [of_truth, of_pred] = SIDES;
            let truth = files(of_truth, truth, Operand::Truth, &rules)?;
            Sides::Memory(truth, files(of_pred, pred, Operand::Pred, &rules)?)
        }
        _ => return Err(refused("one side is a path and the other an array; give two paths or two arrays")),
    };
    let jobs = choices.jobs.unwrap_or_else(tuning::threads);
    let jobs = Some(NonZeroUsize::new(jobs).ok_or_else(|| refused("0 threads do no work; ask for 1 at least"))?);
    let is_memory = matches!(inputs, Sides::Memory(..));
    let (mut cases, mut count) = (0, 0);
    let tell = |py: Python<'_>, event: Event| {
        match event {
            Event::Started { cases: all } => cases = all,
            Event::CaseDone => count += 1,
            _ => {}
        }
        py.check_signals()?;
        heard.as_ref().map_or(Ok(()), |heard| heard.call1(py, (count, cases)).map(drop))
    };
    let found = done(py, tell, move |cancel, told| -> Result<Evaluation, EvalError> {
        let by = match (&choices.pairs, &regex) {
            (Some((path, text)), _) => Matching::List(PairList { path: Path::new(path), text }),
            (None, Some(regex)) => Matching::Pattern(regex),
            (None, None) => Matching::Names,
        };
        let cohort = Cohort::new(inputs.pairing(by, &rules)?, rules, selection)?;
        let engine = Engine::new(&EngineOptions::default())?;
        let options = RunOptions {
            jobs,
            counterpart: None,
            cancel: cancel.clone(),
            // Nobody listens any more once there was an exception.
            on_event: &|event| {
                let _ = told.send(event);
            },
        };
        cohort.run(&engine, &options)
    })?;
    let evaluation = found.map_err(|error| match &only {
        Some(name) => refused(in_memory(name, &error)),
        None => failed(error),
    })?;
    if let (true, Some(Failure { case, error })) = (is_memory, evaluation.failures.first()) {
        return Err(refused(format!("sample {case}: {}", in_memory(case, error))));
    }
    Ok(Report { evaluation, scoring })
}

enum Sides {
    Paths(PathBuf, PathBuf),
    Memory(Vec<Input>, Vec<Input>),
}

impl Sides {
    fn pairing(self, by: Matching<'_>, rules: &Rules) -> Result<Pairing, EvalError> {
        match self {
            Self::Paths(truth, pred) => Ok(pair_paths(&truth, &pred, by, rules)?),
            Self::Memory(mut truth, mut pred) if truth.len() == 1 && pred.len() == 1 => {
                Ok(pair_files(truth.remove(0), pred.remove(0)))
            }
            Self::Memory(truth, pred) => Ok(pair_inputs(truth, pred)),
        }
    }
}

/// The arrays as files of numpy in memory, with labels as narrow as they can be.
fn files(
    side: &str,
    arrays: Vec<(String, Bound<'_, PyAny>, String, Vec<u64>)>,
    operand: Operand,
    rules: &Rules,
) -> PyResult<Vec<Input>> {
    let negative: Vec<i32> = rules.ignore.negative().into_iter().collect();
    let mut buffer = LabelBuffer::default();
    let mut all = Vec::with_capacity(arrays.len());
    let several = arrays.len() > 1;
    for (case, array, kind, shape) in arrays {
        let held = Held::new(&array, &kind)?;
        let (name, numbers) = (file_name(side, &case), held.numbers()?);
        let input = match numbers.labels(0..numbers.len(), operand, &negative, &mut buffer).map_err(|error| {
            let sample = if several { format!("sample {case}: ") } else { String::new() };
            refused(format!("{sample}{}", placed(&error, &shape)))
        })? {
            LabelSlice::U8(x) => npy::input(name, &shape, Order::RowMajor, x),
            LabelSlice::U16(x) => npy::input(name, &shape, Order::RowMajor, x),
            LabelSlice::U32(x) if negative.is_empty() => npy::input(name, &shape, Order::RowMajor, x),
            // The codes of negative labels are their bits.
            LabelSlice::U32(x) => {
                let signed: Vec<i32> = x.iter().map(|code| code.cast_signed()).collect();
                npy::input(name, &shape, Order::RowMajor, &signed)
            }
        };
        all.push(input.map_err(refused)?);
    }
    Ok(all)
}

/// An error, with the place of its voxel by the axes: how arrays lie in memory is nothing to their owner.
fn placed(error: &voxdice::Error, shape: &[u64]) -> String {
    let told = error.to_string();
    let voxdice::Error::NotALabel { voxel, .. } = error else { return told };
    let mut rest = *voxel;
    let places: Vec<String> = ["x", "y", "z"]
        .iter()
        .zip(shape.iter().rev())
        .map(|(axis, &length)| {
            let place = rest.checked_rem(length).unwrap_or(0);
            rest = rest.checked_div(length).unwrap_or(0);
            format!("{axis}={place}")
        })
        .collect();
    told.replace(&format!("at voxel {voxel} in the order of memory"), &format!("at {}", places.join(", ")))
}

fn file_name(side: &str, case: &str) -> String {
    format!("{side}/{case}.npy")
}

/// What is wrong with a sample, in words of arrays: they have neither files nor headers.
fn in_memory(case: &str, error: &EvalError) -> String {
    match error {
        EvalError::NoSpacing(_) => {
            "nothing says how large a voxel is, and distances and volumes are in mm; say spacing".into()
        }
        error => SIDES.iter().fold(error.in_full(), |text, side| text.replace(&file_name(side, case), side)),
    }
}

/// A report from the text of a result.
#[pyfunction]
pub fn parse(text: &str, path: PathBuf) -> PyResult<Report> {
    let partial = Partial::parse(text, &path).map_err(failed)?;
    let (evaluation, scoring) = partial.restore(&ScoreChoices::default()).map_err(failed)?;
    Ok(Report { evaluation, scoring })
}

/// Joins results: texts with their names.
#[pyfunction]
pub fn merge(parts: Vec<(PathBuf, String)>, choices: Choices) -> PyResult<Report> {
    let parse = |(path, text): (PathBuf, String)| Partial::parse(&text, &path);
    let parts: Vec<Partial> = parts.into_iter().map(parse).collect::<Result<_, _>>().map_err(failed)?;
    let scores = choices.scores()?;
    let (evaluation, scoring) = voxdice::eval::merge(parts, &scores).map_err(failed)?;
    let search = evaluation.rules.instances.as_ref();
    scores.check_pool(search.is_some(), called).map_err(failed)?;
    choices.like()?.map_or(Ok(()), |like| like.check_stored(search)).map_err(failed)?;
    Ok(Report { evaluation, scoring })
}

impl Report {
    fn summary(&self) -> Summary<'_> {
        self.evaluation.summarize(self.scoring.clone())
    }

    /// Scores named now, or those that were asked for.
    fn scores_of(&self, names: Option<&str>) -> PyResult<Vec<Score>> {
        match names {
            None => Ok(self.scoring.scores.clone()),
            Some(names) => Ok(parsed::<ScoreList>(names)?.0),
        }
    }

    /// Scores of surfaces and lesions are there only if they were measured.
    fn check_measured(&self, scores: &[Score]) -> PyResult<()> {
        match scores.iter().find(|score| !self.evaluation.rules.hold(&score.metric)) {
            Some(score) => Err(refused(format!(
                "{score} was not measured, and the voxels are gone; name it in the metrics of the evaluation"
            ))),
            None => Ok(()),
        }
    }

    /// One score by its name.
    fn score_of(&self, name: &str) -> PyResult<Score> {
        let scores = self.scores_of(Some(name))?;
        self.check_measured(&scores)?;
        match scores[..] {
            [score] => Ok(score),
            _ => Err(refused(format!("`{name}` is several scores; name one"))),
        }
    }
}

#[pymethods]
impl Report {
    /// The names of the scores that were asked for.
    fn score_names(&self) -> Vec<String> {
        self.scoring.scores.iter().map(ToString::to_string).collect()
    }

    /// Of each class its key, its name and its labels.
    fn class_list(&self) -> Vec<(String, String, Vec<u32>)> {
        let of = |class: &voxdice::eval::Class| (class.key.clone(), class.display().to_owned(), class.labels.clone());
        self.evaluation.classes.iter().map(of).collect()
    }

    /// Voxels that count, case by case.
    fn voxels(&self) -> Vec<u64> {
        self.evaluation.cases.iter().map(|case| case.voxels).collect()
    }

    /// Voxels of prediction and truth whose label no class has, a pair per case and class.
    fn out_of_range(&self) -> Vec<[u64; 2]> {
        let rows = self.evaluation.cases.iter().flat_map(|case| &case.counts);
        rows.map(|(_, counts)| [counts.out_of_range_pred(), counts.out_of_range_truth()]).collect()
    }

    fn case_names(&self) -> Vec<String> {
        self.evaluation.cases.iter().map(|case| case.name.clone()).collect()
    }

    /// A row per case and class as columns: case, label, name, counts, and scores.
    fn columns<'py>(&self, py: Python<'py>, names: Option<&str>) -> PyResult<Bound<'py, PyDict>> {
        let scores = self.scores_of(names)?;
        self.check_measured(&scores)?;
        let (summary, columns) = (self.summary(), PyDict::new(py));
        let rows = || self.evaluation.cases.iter().flat_map(|case| case.counts.iter().map(move |row| (case, row)));
        type Row<'a> = (&'a CaseResult, &'a (voxdice::eval::Class, voxdice::stats::Counts));
        let text = |f: fn(Row<'_>) -> String| rows().map(f).collect::<Vec<_>>();
        columns.set_item("case", text(|(case, _)| case.name.clone()))?;
        columns.set_item("label", text(|(_, (class, _))| class.key.clone()))?;
        columns.set_item("name", text(|(_, (class, _))| class.display().to_owned()))?;
        // A result that somebody wrote may hold any number.
        let beyond = |_| refused("the counts pass 2^63 - 1, which int64 cannot hold; correct the result");
        let number = |f: fn(Row<'_>) -> u64| {
            let numbers = rows().map(|row| i64::try_from(f(row))).collect::<Result<Vec<_>, _>>();
            numbers.map(|numbers| numbers.into_pyarray(py)).map_err(beyond)
        };
        columns.set_item("tp", number(|(_, (_, counts))| counts.tp())?)?;
        columns.set_item("n_pred", number(|(_, (_, counts))| counts.n_pred())?)?;
        columns.set_item("n_truth", number(|(_, (_, counts))| counts.n_truth())?)?;
        columns.set_item("n", number(|(_, (_, counts))| counts.n())?)?;
        for score in scores {
            let values: Vec<f64> = rows().map(|(case, row)| summary.score(score, case, row)).collect();
            columns.set_item(score.to_string(), values.into_pyarray(py))?;
        }
        Ok(columns)
    }

    /// The one number of a score for the whole run.
    fn mean(&self, name: &str) -> PyResult<f64> {
        Ok(self.summary().mean(self.score_of(name)?))
    }

    /// Worst cases and classes of a score: case, key of the class, value.
    fn worst(&self, most: usize, name: Option<&str>) -> PyResult<Vec<(String, String, f64)>> {
        let summary = self.summary();
        let score = name.map_or_else(|| Ok(summary.ranking()), |name| self.score_of(name))?;
        let of = |(case, class, value): (usize, usize, f64)| {
            let case = self.evaluation.cases.get(case).map_or_else(String::new, |case| case.name.clone());
            let class = self.evaluation.classes.get(class).map_or_else(String::new, |class| class.key.clone());
            (case, class, value)
        };
        Ok(summary.worst(score, most).into_iter().map(of).collect())
    }

    /// What was found beside scores: a kind, a case, and words.
    fn finding_list(&self) -> Vec<(String, String, String)> {
        let lone = |kind: &str, list: &[Unpaired]| {
            let of = |lone: &Unpaired| (kind.to_owned(), lone.case.clone(), lone.file.display().to_string());
            list.iter().map(of).collect::<Vec<_>>()
        };
        let mut all = lone("missing", &self.evaluation.missing);
        all.extend(lone("extra", &self.evaluation.extra));
        let failures = self.evaluation.failures.iter();
        all.extend(failures.map(|failure| ("failed".into(), failure.case.clone(), failure.error.in_full())));
        let passed_over = self.evaluation.passed_over.iter();
        all.extend(passed_over.map(|fact| ("warning".into(), String::new(), fact.to_string())));
        for case in &self.evaluation.cases {
            let of = |warning: &voxdice::eval::Warning| {
                let kind = if warning.is_note() { "note" } else { "warning" };
                (kind.into(), case.name.clone(), warning.to_string())
            };
            all.extend(case.warnings.iter().map(of));
        }
        all
    }

    /// Refuses results without a number.
    fn check(&self) -> PyResult<()> {
        self.evaluation.check().map_err(failed)
    }

    /// Whether a case is missing, broken, or on grids that truly differ.
    fn has_findings(&self) -> bool {
        self.evaluation.has_findings()
    }

    fn json(&self) -> String {
        format!("{:#}\n", report::json(&self.summary(), &Facts))
    }

    /// nnU-Net's summary.json.
    fn nnunet(&self) -> String {
        report::nnunet_summary(&self.summary())
    }

    fn csv(&self) -> String {
        report::csv(&self.summary())
    }

    /// A row per lesion.
    fn lesions(&self) -> String {
        report::lesions_csv(&self.summary())
    }

    fn table(&self) -> String {
        report::table(&self.summary(), WORST)
    }

    fn markdown(&self, digits: Option<usize>) -> String {
        report::markdown(&self.summary(), Beside::default(), digits)
    }

    fn latex(&self, digits: Option<usize>) -> String {
        report::latex(&self.summary(), Beside::default(), digits)
    }

    /// The page, with pictures where the files are at hand.
    fn html(&self, py: Python<'_>) -> PyResult<String> {
        done(
            py,
            |_, ()| Ok(()),
            |cancel: &Cancel, _told| {
                let summary = self.summary();
                let pictures = pictures::worst(&summary, WORST, cancel)?;
                Ok(report::html(&summary, &pictures, &Facts))
            },
        )?
        .map_err(|error: EvalError| failed(error))
    }
}
