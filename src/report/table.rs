//! The summary for people.

mod cohort;
mod facts;
mod metrics;
mod worst;

pub use metrics::metrics;

use crate::eval::{CaseResult, Kind, Score, Summary};
use crate::report::grid::{Align, Grid, Tone};
use crate::text::{extent, grouped, length, score as score_text, shown};
use std::fmt::Write;

/// How many of the lowest scores are marked.
const LOWEST: usize = 3;

/// Ratios below this are red, and it is said beside them.
const LOW: f64 = 0.5;

/// One pair class by class, or a cohort with its `worst` cases and classes, so many of each.
pub fn table(summary: &Summary<'_>, worst: usize) -> String {
    match summary.evaluation.provenance.kind {
        Kind::Pair => summary.evaluation.cases.iter().map(|case| pair(summary, case)).collect(),
        Kind::Folders => cohort::render(summary, worst),
    }
}

fn pair(summary: &Summary<'_>, case: &CaseResult) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "truth  {}", shown(&case.truth));
    let _ = writeln!(text, "pred   {}", shown(&case.pred));
    let edges =
        |edges: &[f64]| format!("{} mm", edges.iter().map(|&edge| length(edge)).collect::<Vec<_>>().join(" x "));
    let spacing = case.edges_mm().map_or("unknown size".into(), edges);
    let _ = writeln!(text, "grid   {} voxels of {spacing}\n", extent(&case.shape));
    let lowest = lowest(summary, case);
    let readable = grid(summary, case, &lowest, grouped);
    // Large volumes have long counts: without commas they are nine digits rather than eleven.
    let grid = if readable.fits() { readable } else { grid(summary, case, &lowest, |n| n.to_string()) };
    text.push_str(&grid.render(true));
    text.push_str(&facts::of_pair(summary, lowest.len(), grid.has_bad()));
    text
}

fn grid(summary: &Summary<'_>, case: &CaseResult, lowest: &[usize], number: fn(u64) -> String) -> Grid {
    let scores = &summary.scoring.scores;
    let named = summary.evaluation.classes.iter().any(|class| class.name.is_some() || class.labels.len() != 1);
    let titles: Vec<String> = scores.iter().map(|&score| summary.title(score)).collect();
    let mut columns = vec![("label", if named { Align::Left } else { Align::Right })];
    columns.extend(titles.iter().map(|title| (title.as_str(), Align::Right)));
    columns.extend(["TP", "FP", "FN", "n_pred", "n_truth"].map(|name| (name, Align::Right)));
    let mut grid = Grid::new(&columns);
    for (place, counts) in case.counts.iter().enumerate() {
        let (class, c) = counts;
        let mark = if lowest.contains(&place) { "*" } else { "" };
        let mut row = vec![(format!("{mark}{}", class.display()), Tone::Plain)];
        row.extend(scores.iter().map(|&score| cell(score, summary.score(score, case, counts))));
        let numbers = [c.tp(), c.fp(), c.fn_(), c.n_pred(), c.n_truth()];
        row.extend(numbers.map(|n| (number(n), if n == 0 { Tone::Faint } else { Tone::Plain })));
        grid.row(row);
    }
    let mut last = vec![("mean".to_owned(), Tone::Plain)];
    last.extend(scores.iter().map(|&score| cell(score, summary.mean(score))));
    grid.row(last);
    grid
}

/// A score; a ratio that is low stands out, where high ones are good.
fn cell(score: Score, value: f64) -> (String, Tone) {
    let is_low = score.is_ratio() && score.lower_is_better() == Some(false) && value < LOW;
    let tone = match value.is_nan() {
        true => Tone::Faint,
        false if is_low => Tone::Bad,
        false => Tone::Plain,
    };
    (score_text(value), tone)
}

/// The classes with the lowest scores, if there are enough for that to say anything and they are not perfect.
fn lowest(summary: &Summary<'_>, case: &CaseResult) -> Vec<usize> {
    let score = summary.ranking();
    let scored = case.counts.iter().enumerate().filter(|(_, (class, _))| !class.is_background());
    let mut scored: Vec<(f64, usize)> = scored
        .map(|(place, counts)| (summary.score(score, case, counts), place))
        .filter(|(value, _)| !value.is_nan())
        .collect();
    if scored.len() <= LOWEST || score.lower_is_better() != Some(false) {
        return Vec::new();
    }
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    scored.into_iter().take(LOWEST).filter(|&(value, _)| value < 1.0).map(|(_, place)| place).collect()
}
