//! The scores of all models as tables: what is missing, and what is undefined.

use super::choices::{Choices, UndefinedRule};
use super::model::{Entries, Entry};
use crate::eval::rules::MissingRule;
use crate::metric::compare::{Better, ScoreTable};
use crate::metric::mean_of_defined;
use std::collections::BTreeSet;

/// The class of a table over all classes.
pub const MEAN: &str = "mean";

/// The rows of all models, each case looked up once.
pub(super) struct Rows<'a> {
    /// By model and case; None where the model has no row of the case.
    of_models: Vec<Vec<Option<&'a [Option<Entry>]>>>,
    missing: MissingRule,
}

impl<'a> Rows<'a> {
    pub fn of(entries: &'a [Entries], cases: &[String], missing: MissingRule) -> Self {
        let of_model = |own: &'a Entries| cases.iter().map(|case| own.get(case).map(Vec::as_slice)).collect();
        Self { of_models: entries.iter().map(of_model).collect(), missing }
    }

    fn row(&self, model: usize, case: usize, class: usize) -> Option<&'a Entry> {
        self.of_models[model][case]?.get(class)?.as_ref()
    }

    /// How many models have a row.
    fn having(&self, case: usize, class: usize) -> usize {
        (0..self.of_models.len()).filter(|&model| self.row(model, case, class).is_some()).count()
    }

    /// Whether a model says that the truth of a case lacks a class.
    fn truth_lacks(&self, case: usize, class: usize) -> bool {
        (0..self.of_models.len()).any(|model| self.row(model, case, class).is_some_and(|row| row.n_truth == Some(0)))
    }

    /// The score of a prediction without a class that the truth lacks, too: it depends on a rule, and is the same for all models.
    fn of_nothing(&self, case: usize, class: usize, metric: usize) -> f64 {
        let rows = (0..self.of_models.len()).filter_map(|model| self.row(model, case, class));
        rows.filter(|row| row.is_empty == Some(true)).map(|row| row.values[metric]).next().unwrap_or(f64::NAN)
    }

    /// Whether a case counts for no model in a class, as one of them has no row of it.
    pub fn is_left_out(&self, case: usize, class: usize) -> bool {
        self.missing != MissingRule::Zero && (1..self.of_models.len()).contains(&self.having(case, class))
    }
}

/// A table per metric and class, the mean of the classes first.
pub(super) fn tables(
    rows: &Rows<'_>,
    metrics: &[(String, Better)],
    classes: &[(String, String)],
    cases: usize,
    choices: &Choices,
) -> Vec<ScoreTable> {
    let models = rows.of_models.len();
    let mut tables = Vec::new();
    for (metric, (name, better)) in metrics.iter().enumerate() {
        let value = |model: usize, case: usize, class: usize| {
            let (value, is_empty) = match rows.row(model, case, class) {
                Some(entry) => (entry.values[metric], entry.is_empty),
                // No result counts as an empty one: where the truth lacks the class that is the score of another model that
                // finds nothing, if there is one, and else 0 where that is the worst, and nowhere else.
                None if rows.having(case, class) == 0 => return f64::NAN,
                None if rows.truth_lacks(case, class) => (rows.of_nothing(case, class, metric), Some(true)),
                None => return if *better == Better::Higher { 0.0 } else { f64::NAN },
            };
            match (value, choices.undefined) {
                (value, _) if value.is_finite() => value,
                (_, UndefinedRule::Zero) if *better == Better::Higher => 0.0,
                (_, UndefinedRule::One) if *better == Better::Higher && is_empty != Some(false) => 1.0,
                // Infinite scores are undefined as well; what they were is told.
                (value, _) => value,
            }
        };
        // By model and case.
        let of_class = |class: usize| -> Vec<Vec<f64>> {
            let left_out: Vec<bool> = (0..cases).map(|case| rows.is_left_out(case, class)).collect();
            let score = |model, case| if left_out[case] { f64::NAN } else { value(model, case, class) };
            (0..models).map(|model| (0..cases).map(|case| score(model, case)).collect()).collect()
        };
        let of_classes: Vec<Vec<Vec<f64>>> = (0..classes.len()).map(of_class).collect();
        let table = |class: &str, is_mean: bool, scores: Vec<Vec<f64>>| ScoreTable {
            metric: name.clone(),
            class: class.into(),
            is_mean,
            better: *better,
            scores,
        };
        if classes.len() > 1 {
            tables.push(table(MEAN, true, means(&of_classes, models, cases)));
        }
        let named = classes.iter().zip(of_classes);
        tables.extend(named.map(|((key, _), scores)| table(key, false, scores)));
    }
    tables
}

/// Rows of single classes that others have, and this model has not, in cases of which it has a result.
pub(super) fn rows_missing(
    own: &BTreeSet<String>,
    of_model: &Entries,
    entries: &[Entries],
    classes: &[(String, String)],
) -> Vec<(String, String)> {
    let has = |rows: Option<&Vec<Option<Entry>>>, class: usize| {
        rows.and_then(|rows| rows.get(class)).is_some_and(Option::is_some)
    };
    let of_case = |case: &String| -> Vec<(String, String)> {
        let rows = of_model.get(case);
        let lacks = |&class: &usize| !has(rows, class) && entries.iter().any(|others| has(others.get(case), class));
        (0..classes.len()).filter(lacks).map(|class| (case.clone(), classes[class].1.clone())).collect()
    };
    own.iter().flat_map(of_case).collect()
}

/// Per case the mean over the classes that are defined in all models.
fn means(of_classes: &[Vec<Vec<f64>>], models: usize, cases: usize) -> Vec<Vec<f64>> {
    let common: Vec<Vec<&Vec<Vec<f64>>>> = (0..cases)
        .map(|case| of_classes.iter().filter(|scores| scores.iter().all(|row| row[case].is_finite())).collect())
        .collect();
    let mean = |model: usize, case: usize| {
        mean_of_defined(&common[case].iter().map(|scores| scores[model][case]).collect::<Vec<_>>())
    };
    (0..models).map(|model| (0..cases).map(|case| mean(model, case)).collect()).collect()
}
