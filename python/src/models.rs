//! Models compared.

use crate::rules::parsed;
use crate::work::interruptible;
use crate::{failed, refused};
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use voxdice::eval::models::{Choices, Comparison, Grouping, Model};
use voxdice::eval::{EvalError, MOST_RESAMPLES, ScoreChoices};
use voxdice::metric::Bootstrap;
use voxdice::metric::compare::{Adjust, Better, CompareOptions, Family, IntervalKind, RankBy, Test, Zeros};
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

/// One of several choices by its name.
fn one_of<T: Copy>(what: &str, name: &str, all: &[(&str, T)]) -> PyResult<T> {
    let found = all.iter().find(|(own, _)| *own == name).map(|(_, choice)| *choice);
    let names = || all.iter().map(|(own, _)| *own).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| refused(format!("{what} is `{name}`, and must be one of {}", names())))
}

fn chosen<T: FromStr<Err: Display> + Default>(text: Option<&String>) -> PyResult<T> {
    text.map_or(Ok(T::default()), |text| parsed(text))
}

impl Statistics {
    fn options(&self) -> PyResult<CompareOptions> {
        let resamples = self.resamples;
        if resamples > 0 && !(Bootstrap::LEAST_RESAMPLES..=MOST_RESAMPLES).contains(&resamples) {
            return Err(failed(EvalError::Resamples { resamples }));
        }
        let usual = CompareOptions { alpha: self.alpha, ..CompareOptions::default() };
        let level = CompareOptions::default().level();
        let bootstrap = (resamples > 0).then(|| Bootstrap::new(resamples, level, self.seed)).transpose();
        let zeros = [("drop", Zeros::Drop), ("pratt", Zeros::Pratt), ("split", Zeros::Split)];
        let tests = [
            ("wilcoxon", Test::Wilcoxon(one_of("zeros", &self.zeros, &zeros)?)),
            ("sign-flip", Test::SignFlip { draws: DRAWS }),
            ("t", Test::T),
            ("none", Test::None),
        ];
        let adjust = [
            ("holm", Adjust::Holm),
            ("bh", Adjust::BenjaminiHochberg),
            ("bonferroni", Adjust::Bonferroni),
            ("none", Adjust::None),
        ];
        let families = [("metric", Family::Metric), ("row", Family::Row), ("all", Family::All)];
        let ranks = [
            ("mean", RankBy::Mean),
            ("median", RankBy::Median),
            ("rank-mean", RankBy::RankMean),
            ("test", RankBy::Test),
        ];
        let intervals =
            [("expanded", IntervalKind::Expanded), ("percentile", IntervalKind::Percentile), ("t", IntervalKind::T)];
        Ok(CompareOptions {
            bootstrap: bootstrap.map_err(failed)?,
            interval: one_of("interval", &self.interval, &intervals)?,
            test: one_of("test", &self.test, &tests)?,
            adjust: one_of("adjust", &self.adjust, &adjust)?,
            family: one_of("family", &self.family, &families)?,
            rank: one_of("rank", &self.rank, &ranks)?,
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
            weights: BTreeMap::new(),
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
    let scores = ScoreChoices {
        empty: statistics.empty.as_ref().map(|name| parsed(name)).transpose()?,
        convention: statistics.like.as_ref().map(|name| parsed(name)).transpose()?,
        resamples: Some(0),
        ..ScoreChoices::default()
    };
    let digits = statistics.digits;
    let found = interruptible(py, true, |_| -> Result<Texts, EvalError> {
        let models: Vec<Model> =
            models.iter().map(|(name, texts)| Model::parse(name, texts, &scores)).collect::<Result<_, _>>()?;
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
