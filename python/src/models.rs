//! Models compared.

use crate::rules::parsed;
use crate::work::abandonable;
use crate::{failed, refused};
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use voxdice::eval::models::{Choices, Comparison, Grouping, Model};
use voxdice::eval::{EvalError, Like, ScoreChoices};
use voxdice::metric::Bootstrap;
use voxdice::metric::compare::{Better, CompareOptions, Test};
use voxdice::report;

/// Patterns of signs that are drawn, as on the command line.
const DRAWS: u32 = 10_000;

/// How models are compared; names are those of the command.
#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
pub struct Statistics {
    metrics: Option<Vec<String>>,
    higher_is_better: Vec<String>,
    lower_is_better: Vec<String>,
    classes: Option<Vec<String>>,
    undefined: Option<String>,
    missing: Option<String>,
    against: Option<String>,
    weights: BTreeMap<String, f64>,
    group_pattern: Option<String>,
    group_column: Option<String>,
    groups: Option<BTreeMap<String, String>>,
    empty: Option<String>,
    like: Option<String>,
    test: String,
    zeros: String,
    adjust: String,
    family: String,
    rank: String,
    interval: String,
    alpha: f64,
    margin: Option<f64>,
    resamples: usize,
    seed: u64,
    digits: Option<usize>,
}

fn chosen<T: FromStr<Err: Display> + Default>(text: Option<&String>) -> PyResult<T> {
    text.map_or(Ok(T::default()), |text| parsed(text))
}

impl Statistics {
    fn options(&self) -> PyResult<CompareOptions> {
        let resamples = self.resamples;
        let usual = CompareOptions::default();
        let bootstrap = (resamples > 0).then(|| Bootstrap::new(resamples, usual.level(), self.seed)).transpose();
        let tests = [Test::Wilcoxon(parsed(&self.zeros)?), Test::SignFlip { draws: DRAWS }, Test::T, Test::None];
        let test = tests.into_iter().find(|test| test.name() == self.test).ok_or_else(|| {
            let names = tests.map(Test::name).join(", ");
            refused(format!("the test is {}, but must be one of {names}", self.test))
        })?;
        Ok(CompareOptions {
            bootstrap: bootstrap.map_err(|_| failed(EvalError::Resamples { resamples }))?,
            interval: parsed(&self.interval)?,
            test,
            adjust: parsed(&self.adjust)?,
            family: parsed(&self.family)?,
            rank: parsed(&self.rank)?,
            alpha: self.alpha,
            margin: self.margin,
            seed: self.seed,
            ..usual
        })
    }

    fn choices(&self) -> PyResult<Choices> {
        let mut directions = BTreeMap::new();
        for (names, better) in [(&self.higher_is_better, Better::Higher), (&self.lower_is_better, Better::Lower)] {
            for name in names {
                if directions.insert(name.clone(), better).is_some_and(|before| before != better) {
                    return Err(refused(format!(
                        "{name} is named by higher_is_better and by lower_is_better; leave one out"
                    )));
                }
            }
        }
        let groups = match (&self.group_pattern, &self.group_column, &self.groups) {
            (Some(pattern), ..) => Some(Grouping::Pattern(parsed(pattern)?)),
            (_, Some(column), _) => Some(Grouping::Column(column.clone())),
            (.., Some(list)) => Some(Grouping::List(list.clone())),
            _ => None,
        };
        Ok(Choices {
            metrics: self.metrics.clone(),
            directions,
            classes: self.classes.clone(),
            undefined: chosen(self.undefined.as_ref())?,
            missing: chosen(self.missing.as_ref())?,
            against: self.against.clone(),
            weights: self.weights.clone(),
            groups,
            options: self.options()?,
        })
    }
}

/// JSON, CSV, CSV of scores, table, markdown, LaTeX, notes, and whether there are findings.
type Texts = (String, String, String, String, String, String, Vec<String>, bool);

/// Cases that the table names of those that changed most, as on the command line.
const CHANGED: usize = 5;

/// Compares models, each a name and the texts of its results with what errors call them.
#[pyfunction]
pub fn compare(
    py: Python<'_>,
    models: Vec<(String, Vec<(PathBuf, String)>)>,
    statistics: Statistics,
) -> PyResult<Texts> {
    let choices = statistics.choices()?;
    let like: Option<Like> = statistics.like.as_ref().map(|name| parsed(name)).transpose()?;
    let scores = ScoreChoices {
        empty: statistics.empty.as_ref().map(|name| parsed(name)).transpose()?,
        convention: like.and_then(Like::convention),
        resamples: Some(0),
        ..ScoreChoices::default()
    };
    let digits = statistics.digits;
    let found = abandonable(py, move || -> Result<Texts, EvalError> {
        let models: Vec<Model> =
            models.iter().map(|(name, texts)| Model::parse(name, texts, &scores)).collect::<Result<_, _>>()?;
        for model in &models {
            if let (Some(like), Some((evaluation, _))) = (like, model.evaluation()) {
                like.check_stored(evaluation.rules.instances.as_ref())?;
            }
        }
        let found = Comparison::new(&models, choices)?;
        Ok((
            format!("{:#}\n", report::models_json(&found)),
            report::models_csv(&found),
            report::models_scores_csv(&found),
            report::models_table(&found, digits, CHANGED),
            report::models_markdown(&found, digits),
            report::models_latex(&found, digits),
            report::models_notes(&found),
            found.has_findings(),
        ))
    })?;
    found.map_err(failed)
}
