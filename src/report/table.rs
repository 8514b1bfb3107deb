//! The summary for people.

mod cohort;
mod metrics;

pub use metrics::metrics;

use super::phrases::{counted_on, empty_rule, lesion_definition, surface_definition};
use crate::eval::{CaseResult, Kind, Score, Summary};
use crate::report::grid::{Align, Grid, Tone};
use crate::text::{extent, grouped, score as score_text, shown, wrapped};
use std::fmt::Write;

/// How many of the lowest scores are marked.
const LOWEST: usize = 3;

/// One pair class by class, or a cohort.
pub fn table(summary: &Summary<'_>) -> String {
    match summary.evaluation.provenance.kind {
        Kind::Pair => summary.evaluation.cases.iter().map(|case| pair(summary, case)).collect(),
        Kind::Folders => cohort::render(summary),
    }
}

fn pair(summary: &Summary<'_>, case: &CaseResult) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "truth  {}", shown(&case.truth));
    let _ = writeln!(text, "pred   {}", shown(&case.pred));
    let spacing = case.spacing_mm.map_or("unknown size".into(), |edges| format!("{} mm", edges.map(short).join(" x ")));
    let _ = writeln!(text, "grid   {} voxels of {spacing}\n", extent(&case.shape));
    let lowest = lowest(summary, case);
    let readable = grid(summary, case, &lowest, grouped);
    // Large volumes have long counts: without commas they are nine digits rather than eleven.
    let fits = readable.width() <= readable.width_of_terminal();
    let grid = if fits { readable } else { grid(summary, case, &lowest, |n| n.to_string()) };
    text.push_str(&grid.render(true));
    text.push_str(&footer(summary, &lowest));
    text
}

fn grid(summary: &Summary<'_>, case: &CaseResult, lowest: &[usize], number: fn(u64) -> String) -> Grid {
    let scores = &summary.scoring.scores;
    let named = summary.evaluation.classes.iter().any(|class| class.name.is_some() || class.labels.len() != 1);
    let titles: Vec<String> = scores.iter().map(|score| score.title()).collect();
    let mut columns = vec![("label", if named { Align::Left } else { Align::Right })];
    columns.extend(titles.iter().map(|title| (title.as_str(), Align::Right)));
    columns.extend(["TP", "FP", "FN", "n_pred", "n_truth"].map(|name| (name, Align::Right)));
    let mut grid = Grid::new(&columns);
    for (place, counts) in case.counts.iter().enumerate() {
        let (class, c) = counts;
        let low = lowest.contains(&place);
        let mark = if low { "*" } else { "" };
        let mut row = vec![(format!("{mark}{}", class.display()), if low { Tone::Bad } else { Tone::Plain })];
        row.extend(scores.iter().map(|&score| {
            let value = summary.score(score, case, counts);
            (score_text(value), tone(value, low))
        }));
        let numbers = [c.tp(), c.fp(), c.fn_(), c.n_pred(), c.n_truth()];
        row.extend(numbers.map(|n| (number(n), if n == 0 { Tone::Faint } else { Tone::Plain })));
        grid.row(row);
    }
    let mut last = vec![("mean".to_owned(), Tone::Plain)];
    last.extend(scores.iter().map(|&score| (score_text(summary.mean(score)), Tone::Plain)));
    grid.row(last);
    grid
}

fn tone(value: f64, low: bool) -> Tone {
    match (value.is_nan(), low) {
        (true, _) => Tone::Faint,
        (false, true) => Tone::Bad,
        (false, false) => Tone::Plain,
    }
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

fn footer(summary: &Summary<'_>, lowest: &[usize]) -> String {
    let mut text = String::from("\n");
    let first = summary.scoring.scores.first().copied().unwrap_or(Score::DICE);
    let means = summary.class_means(first);
    let undefined = means.iter().filter(|mean| mean.is_nan()).count();
    let background = if means.len() < summary.evaluation.classes.len() { ", label 0 left out" } else { "" };
    let defined = means.len() - undefined;
    let rule = empty_rule(&summary.scoring);
    let _ = writeln!(text, "mean of {defined} defined, {undefined} undefined{background}; {rule}");
    if let Some(definition) = surface_definition(summary) {
        let _ = writeln!(text, "{}", wrapped(&format!("surfaces: {definition}"), 2));
    }
    if let Some(definition) = lesion_definition(summary) {
        let _ = writeln!(text, "{}", wrapped(&format!("lesions: {definition}"), 2));
    }
    if !lowest.is_empty() {
        let _ = writeln!(text, "* the {} lowest {}", lowest.len(), summary.ranking().title());
    }
    let _ = writeln!(text, "{}", counted_on(summary));
    text
}

/// A spacing without the digits that f32 left behind.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
