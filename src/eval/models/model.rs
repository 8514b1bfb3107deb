//! One of the models: what it is called, and its scores in one form wherever they come from.

use super::listed::{Fault, Listed, canonical};
use crate::eval::case::Prediction;
use crate::eval::class::Class;
use crate::eval::error::{EvalError, ModelsError};
use crate::eval::evaluation::Evaluation;
use crate::eval::merge::{Partial, merge};
use crate::eval::rules::ClassSource;
use crate::eval::score::Score;
use crate::eval::scoring::{ScoreChoices, Scoring};
use crate::eval::summary::Summary;
use crate::metric::compare::Better;
use crate::metric::{Best, Metric};
use crate::stats::Counts;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A model and its results.
#[derive(Debug)]
pub struct Model {
    /// What it is called.
    pub name: String,
    /// Where its results come from.
    pub sources: Vec<PathBuf>,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    /// Counts and distances, of which scores are made.
    Counted { evaluation: Box<Evaluation>, scoring: Scoring },
    /// Scores computed elsewhere.
    Listed(Listed),
}

/// The scores of one case and class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// In the order of the metrics asked for.
    pub values: Vec<f64>,
    /// Voxels of the truth, where they are known.
    pub n_truth: Option<u64>,
    /// Whether both sides are known to be empty; None where that is not known.
    pub is_empty: Option<bool>,
}

/// Scores by case, then by the place of the class.
pub(super) type Entries = BTreeMap<String, Vec<Option<Entry>>>;

impl Model {
    /// A model whose folder was evaluated.
    pub fn counted(name: impl Into<String>, sources: Vec<PathBuf>, evaluation: Evaluation, scoring: Scoring) -> Self {
        let content = Content::Counted { evaluation: Box::new(evaluation), scoring };
        Self { name: name.into(), sources, content }
    }

    /// A model from texts, each with the path that errors call it: results of an evaluation as JSON (several are
    /// shards), summaries of nnU-Net's layout, or CSV of our own or of other tools: a column `case`, maybe `label`, and
    /// columns of scores, which are empty where a score is undefined. `choices` override those that a result was made
    /// with.
    ///
    /// # Errors
    /// [`MergeError`](crate::eval::MergeError) and [`ModelsError`] for what is neither.
    pub fn parse(
        name: impl Into<String>,
        texts: &[(PathBuf, String)],
        choices: &ScoreChoices,
    ) -> Result<Self, EvalError> {
        let name = name.into();
        let is_json = |text: &String| text.trim_start().starts_with(['{', '[']);
        let jsons = texts.iter().filter(|(_, text)| is_json(text)).count();
        let sources = texts.iter().map(|(path, _)| path.clone()).collect();
        if jsons > 0 && jsons < texts.len() {
            return Err(ModelsError::Mixed(name).into());
        }
        if jsons == 0 {
            return Ok(Self { name, sources, content: Content::Listed(Listed::of(texts)?) });
        }
        let parts = texts.iter().map(|(path, text)| Partial::parse(text, path)).collect::<Result<_, _>>()?;
        let (evaluation, scoring) = merge(parts, choices)?;
        Ok(Self::counted(name, sources, evaluation, scoring))
    }

    /// The evaluation, where there is one.
    pub fn evaluation(&self) -> Option<(&Evaluation, &Scoring)> {
        match &self.content {
            Content::Counted { evaluation, scoring } => Some((evaluation, scoring)),
            Content::Listed(_) => None,
        }
    }

    /// The scores it shows, in their order.
    pub fn metrics(&self) -> Vec<String> {
        match &self.content {
            Content::Counted { scoring, .. } => scoring.scores.iter().map(|score| score.metric.to_string()).collect(),
            Content::Listed(listed) => listed.metrics.clone(),
        }
    }

    /// Whether it has these scores, shown or not.
    pub(super) fn has(&self, metric: &str) -> bool {
        match (&self.content, metric.parse::<Metric>()) {
            (Content::Counted { evaluation, .. }, known) => known.is_ok_and(|own| evaluation.rules.hold(&own)),
            (Content::Listed(listed), _) => listed.metrics.iter().any(|own| own == metric),
        }
    }

    /// A value of this score that is no number.
    pub(super) fn fault(&self, metric: &str) -> Option<ModelsError> {
        match &self.content {
            Content::Listed(listed) => listed.faults.get(metric).map(Fault::error),
            Content::Counted { .. } => None,
        }
    }

    /// Whether it is of tables that have a column of this name, whatever is in it.
    pub(crate) fn has_column(&self, name: &str) -> bool {
        matches!(&self.content, Content::Listed(listed) if listed.has_column(name))
    }

    /// Cases with a result.
    pub(super) fn cases(&self) -> BTreeSet<String> {
        match &self.content {
            Content::Counted { evaluation, .. } => evaluation.cases.iter().map(|case| case.name.clone()).collect(),
            Content::Listed(listed) => listed.rows.keys().map(|(case, _)| case.clone()).collect(),
        }
    }

    /// Cases that should have one: without a prediction, or failed.
    pub(super) fn without_result(&self) -> BTreeSet<String> {
        let Content::Counted { evaluation, .. } = &self.content else { return BTreeSet::new() };
        let lone = evaluation.missing.iter().map(|lone| &lone.case);
        lone.chain(evaluation.failures.iter().map(|failure| &failure.case)).cloned().collect()
    }

    /// Keys and names of classes; and whether others that were in no file count as empty.
    pub(super) fn classes(&self) -> (Vec<(String, String)>, bool) {
        match &self.content {
            Content::Counted { evaluation, .. } => {
                let classes = evaluation.classes.iter().filter(|class| !class.is_background());
                (classes.map(Class::key_and_name).collect(), evaluation.rules.classes == ClassSource::Found)
            }
            Content::Listed(listed) => {
                let is_class = |(key, _): &&(String, String)| !listed.is_own || key != "0";
                (listed.classes.iter().filter(is_class).cloned().collect(), false)
            }
        }
    }

    /// The scores of these classes.
    pub(super) fn entries(&self, metrics: &[String], classes: &[(String, String)]) -> Entries {
        match &self.content {
            Content::Counted { evaluation, scoring } => {
                of_counts(&evaluation.summarize(Scoring { bootstrap: None, ..scoring.clone() }), metrics, classes)
            }
            Content::Listed(listed) => {
                let columns: Vec<Option<usize>> =
                    metrics.iter().map(|metric| listed.metrics.iter().position(|own| own == metric)).collect();
                let mut places: BTreeMap<&String, usize> = BTreeMap::new();
                for (place, joint) in classes.iter().enumerate() {
                    if let Some(own) = own_key(&listed.classes, joint) {
                        places.entry(own).or_insert(place);
                    }
                }
                let mut found = Entries::new();
                for ((case, class), row) in &listed.rows {
                    let Some(&place) = places.get(class) else { continue };
                    let values = columns.iter().map(|at| at.map_or(f64::NAN, |at| row.values[at])).collect();
                    let is_empty = match (row.n_truth, row.n_pred) {
                        (Some(0), Some(0)) => Some(true),
                        // One count tells that something is there.
                        (Some(1..), _) | (_, Some(1..)) => Some(false),
                        _ => None,
                    };
                    let entry = Entry { values, n_truth: row.n_truth, is_empty };
                    found.entry(case.clone()).or_insert_with(|| vec![None; classes.len()])[place] = Some(entry);
                }
                found
            }
        }
    }
}

fn of_counts(summary: &Summary<'_>, metrics: &[String], classes: &[(String, String)]) -> Entries {
    let scores: Vec<Option<Score>> = metrics.iter().map(|metric| metric.parse().ok()).collect();
    let own: Vec<(String, String)> =
        summary.evaluation.classes.iter().map(|class| (class.key.clone(), String::new())).collect();
    let places: Vec<Option<usize>> = classes
        .iter()
        .map(|joint| own_key(&own, joint).and_then(|key| own.iter().position(|(own, _)| own == key)))
        .collect();
    let of_case = |case: &crate::eval::CaseResult| {
        let of_class = |((key, _), place): (&(String, String), &Option<usize>)| {
            // A class that no file of this model's run has is empty there.
            let none = || (Class::of_key(key), Counts::new(0, 0, 0, case.voxels).unwrap_or_default());
            let counts = place.and_then(|place| case.counts.get(place)).cloned();
            let counts = counts.unwrap_or_else(none);
            let value = |score: &Option<Score>| score.map_or(f64::NAN, |score| summary.score(score, case, &counts));
            let is_empty = counts.1.n_truth() == 0 && counts.1.n_pred() == 0;
            Some(Entry {
                values: scores.iter().map(value).collect(),
                n_truth: Some(counts.1.n_truth()),
                // A missing prediction does not count as correctly empty.
                is_empty: Some(is_empty && case.prediction != Prediction::Missing),
            })
        };
        (case.name.clone(), classes.iter().zip(&places).map(of_class).collect())
    };
    summary.evaluation.cases.iter().map(of_case).collect()
}

/// What a model calls this class: by its key, or by the name that another model has for it.
pub(super) fn own_key<'a>(own: &'a [(String, String)], (key, name): &(String, String)) -> Option<&'a String> {
    let called = |wanted: &String| own.iter().map(|(own, _)| own).find(|own| *own == wanted);
    // A number is a label, and never a name.
    called(key).or_else(|| called(name).filter(|_| name.parse::<u64>().is_err()))
}

/// Which way a metric is better, if that is known; its name in one form.
pub(super) fn direction(metric: &str) -> Option<Better> {
    match metric.parse::<Metric>().ok()?.row().best {
        Best::High => Some(Better::Higher),
        Best::Low => Some(Better::Lower),
        Best::Neither => None,
    }
}

/// A metric as it is compared, by a name from user input.
pub fn metric_name(name: &str) -> String {
    canonical(name)
}
