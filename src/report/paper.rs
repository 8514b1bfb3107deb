//! The summary as a table for a paper: a row per class, a column per score.

use super::models::phrases::{interval, number};
use super::phrases::{lesion_definition, percent, surface_definition, uncharged};
use super::sheet::{Cell, Sheet};
use crate::eval::{Score, Summary};

/// What stands beside a mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Beside {
    /// Its confidence interval; the standard deviation where there are no intervals.
    #[default]
    Interval,
    /// The standard deviation over the cases.
    Deviation,
}

/// Classes by scores as a pipe table, each mean with what stands beside it; `digits` behind the point, 4 where none are
/// named.
pub fn markdown(summary: &Summary<'_>, beside: Beside, digits: Option<usize>) -> String {
    sheet(summary, beside, digits).markdown()
}

/// Classes by scores as a table of LaTeX with booktabs.
pub fn latex(summary: &Summary<'_>, beside: Beside, digits: Option<usize>) -> String {
    sheet(summary, beside, digits).latex()
}

fn sheet(summary: &Summary<'_>, beside: Beside, digits: Option<usize>) -> Sheet {
    let digits = digits.unwrap_or(4);
    let bootstrap = summary.scoring.bootstrap.filter(|_| beside == Beside::Interval);
    // One case has no spread.
    let single = summary.evaluation.cases.len() < 2;
    let cell = |mean: f64, sd: f64, between| {
        let mean_text = number(mean, digits);
        match (bootstrap, single || mean.is_nan()) {
            (_, true) => Cell::from(mean_text),
            (Some(_), _) => format!("{mean_text} {}", interval(between, digits)).into(),
            (None, _) => format!("{mean_text} ± {}", number(sd, digits)).into(),
        }
    };
    let scores = &summary.scoring.scores;
    let mut columns = vec!["class".to_owned()];
    columns.extend(scores.iter().map(|&score| summary.title(score)));
    let classes = summary.evaluation.classes.iter().enumerate();
    let mut rows: Vec<Vec<Cell>> = classes
        .map(|(place, class)| {
            let of = |&score: &Score| {
                let found = summary.distribution(score, place);
                cell(found.mean, found.sd, summary.interval(score, place))
            };
            std::iter::once(class.display().into()).chain(scores.iter().map(of)).collect()
        })
        .collect();
    let mean =
        |&score: &Score| cell(summary.mean(score), summary.over_cases(score).sd, summary.interval_of_mean(score));
    rows.push(std::iter::once("mean".into()).chain(scores.iter().map(mean)).collect());
    let cases = if summary.evaluation.cases.len() == 1 { "case" } else { "cases" };
    let mut note = format!("Means over defined values of {} {cases}", summary.evaluation.cases_of_all());
    match bootstrap {
        _ if single => {}
        Some(own) => note.push_str(&format!(
            " [{} % interval, {} resamples of the cases, expanded percentiles, seed {}]",
            percent(own.level()),
            own.resamples(),
            own.seed()
        )),
        None => note.push_str(" ± standard deviation over cases"),
    }
    let undefined = scores.iter().map(|&score| (score, summary.undefined(score).0)).filter(|(_, n)| *n > 0);
    let undefined: Vec<String> = undefined.map(|(score, n)| format!("{} {n}", summary.title(score))).collect();
    if !undefined.is_empty() {
        note.push_str(&format!("; undefined: {}", undefined.join(", ")));
    }
    let mut notes = vec![format!("{note}.")];
    notes.extend(surface_definition(summary).map(|definition| format!("Surfaces: {definition}.")));
    notes.extend(uncharged(summary).map(|fact| format!("{fact}.")));
    notes.extend(lesion_definition(summary).map(|definition| format!("Lesions: {definition}.")));
    Sheet { columns, rows, notes, ..Sheet::default() }
}
