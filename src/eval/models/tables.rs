//! The scores of all models as tables: what is missing, and what is undefined.

use super::choices::{Choices, UndefinedRule};
use super::model::{Entries, Entry};
use crate::eval::rules::MissingRule;
use crate::metric::compare::{Better, ScoreTable};
use crate::metric::mean_of_defined;
use std::collections::BTreeSet;

/// The class of a table over all classes.
pub const MEAN: &str = "mean";

/// A table per metric and class, the mean of the classes first.
pub(super) fn tables(
    entries: &[Entries],
    metrics: &[(String, Better)],
    classes: &[(String, String)],
    cases: &[String],
    choices: &Choices,
) -> Vec<ScoreTable> {
    let mut tables = Vec::new();
    for (metric, (name, better)) in metrics.iter().enumerate() {
        let value = |of_model: &Entries, case: &String, class: usize| {
            if is_left_out(entries, case, class, choices.missing) {
                return f64::NAN;
            }
            let Some(entry) = row(of_model, case, class) else {
                // No result: 0 where that is the worst, and nowhere else.
                let is_missing = entries.iter().any(|others| row(others, case, class).is_some());
                return if is_missing && *better == Better::Higher { 0.0 } else { f64::NAN };
            };
            match (entry.values[metric], choices.undefined) {
                (value, _) if value.is_finite() => value,
                (_, UndefinedRule::Zero) if *better == Better::Higher => 0.0,
                (_, UndefinedRule::One) if *better == Better::Higher && entry.is_empty != Some(false) => 1.0,
                // Infinite scores are undefined as well; what they were is told.
                (value, _) => value,
            }
        };
        let of_classes: Vec<Vec<Vec<f64>>> = (0..classes.len())
            .map(|class| {
                let row = |entries: &Entries| cases.iter().map(|case| value(entries, case, class)).collect();
                entries.iter().map(row).collect()
            })
            .collect();
        let table = |class: &str, is_mean: bool, scores: Vec<Vec<f64>>| ScoreTable {
            metric: name.clone(),
            class: class.into(),
            is_mean,
            better: *better,
            scores,
        };
        if classes.len() > 1 {
            tables.push(table(MEAN, true, means(&of_classes, entries.len(), cases.len())));
        }
        let named = classes.iter().zip(of_classes);
        tables.extend(named.map(|((key, _), scores)| table(key, false, scores)));
    }
    tables
}

fn row<'a>(of_model: &'a Entries, case: &String, class: usize) -> Option<&'a Entry> {
    of_model.get(case)?.get(class)?.as_ref()
}

/// Rows of single classes that others have, and this model has not, in cases of which it has a result.
pub(super) fn rows_missing(
    own: &BTreeSet<String>,
    of_model: &Entries,
    entries: &[Entries],
    classes: &[(String, String)],
) -> Vec<(String, String)> {
    let cases = own.iter().flat_map(|case| classes.iter().enumerate().map(move |(class, own)| (case, class, own)));
    let lacking = cases.filter(|&(case, class, _)| {
        row(of_model, case, class).is_none() && entries.iter().any(|others| row(others, case, class).is_some())
    });
    lacking.map(|(case, _, (_, name))| (case.clone(), name.clone())).collect()
}

/// Whether a case counts for no model in a class, as one of them has no row of it.
pub(super) fn is_left_out(entries: &[Entries], case: &String, class: usize, missing: MissingRule) -> bool {
    let has = |of_model: &Entries| row(of_model, case, class).is_some();
    missing != MissingRule::Zero && entries.iter().any(has) && !entries.iter().all(has)
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
