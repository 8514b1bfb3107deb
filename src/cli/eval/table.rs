//! The report for people.

use super::report::Report;
use super::score::Score;
use crate::cli::args::backend_name;
use crate::cli::table::{Align, Grid, Tone};
use crate::cli::text::{extent, grouped, score as score_text, wrapped};
use crate::stats::Counts;
use std::fmt::Write;

/// How many of the lowest scores are marked.
const LOWEST: usize = 3;

/// One table per case, and what it rests on.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    for case in &report.cases {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "truth  {}", case.pair.truth.display());
        let _ = writeln!(text, "pred   {}", case.pair.pred.display());
        let spacing = case.spacing_mm.map(short);
        let _ = writeln!(text, "grid   {} voxels of {} mm\n", extent(&case.shape), spacing.join(" x "));
        let lowest = lowest(report, &case.counts);
        let readable = grid(report, &case.counts, &lowest, grouped);
        // Large volumes have long counts: without commas they are nine digits rather than eleven.
        let fits = readable.width() <= readable.width_of_terminal();
        let grid = if fits { readable } else { grid(report, &case.counts, &lowest, |n| n.to_string()) };
        text.push_str(&grid.render(true));
        text.push_str(&footer(report, &lowest));
    }
    text
}

fn grid(report: &Report, counts: &[(u32, Counts)], lowest: &[u32], number: fn(u64) -> String) -> Grid {
    let mut columns = vec![("label", Align::Right)];
    columns.extend(report.chosen.scores.iter().map(|score| (score.title(), Align::Right)));
    columns.extend(["TP", "FP", "FN", "n_pred", "n_truth"].map(|name| (name, Align::Right)));
    let mut grid = Grid::new(&columns);
    for (label, c) in counts {
        let low = lowest.contains(label);
        let mut row =
            vec![(format!("{}{label}", if low { "*" } else { "" }), if low { Tone::Bad } else { Tone::Plain })];
        row.extend(report.chosen.scores.iter().map(|&score| {
            let value = report.score(score, c);
            let tone = if value.is_nan() {
                Tone::Faint
            } else if low {
                Tone::Bad
            } else {
                Tone::Plain
            };
            (score_text(value), tone)
        }));
        let numbers = [c.tp(), c.fp(), c.fn_(), c.n_pred(), c.n_truth()];
        row.extend(numbers.map(|n| (number(n), if n == 0 { Tone::Faint } else { Tone::Plain })));
        grid.row(row);
    }
    let mut last = vec![("mean".to_owned(), Tone::Plain)];
    last.extend(report.chosen.scores.iter().map(|&score| (score_text(report.mean(score)), Tone::Plain)));
    grid.row(last);
    grid
}

/// The labels with the lowest scores, if there are enough labels for that to say anything and they are not perfect.
fn lowest(report: &Report, counts: &[(u32, Counts)]) -> Vec<u32> {
    let Some(&score) = report.chosen.scores.first() else { return Vec::new() };
    let mut scored: Vec<(f64, u32)> = counts
        .iter()
        .map(|(label, c)| (report.score(score, c), *label))
        .filter(|&(value, label)| !value.is_nan() && label != 0)
        .collect();
    if scored.len() <= LOWEST {
        return Vec::new();
    }
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    scored.into_iter().take(LOWEST).filter(|&(value, _)| value < 1.0).map(|(_, label)| label).collect()
}

fn footer(report: &Report, lowest: &[u32]) -> String {
    let mut text = String::from("\n");
    let first = report.chosen.scores.first().copied().unwrap_or(Score::Dice);
    let (defined, undefined) = report.defined(first);
    let background = if report.labels.contains(&0) { ", label 0 left out" } else { "" };
    let _ = writeln!(text, "mean of {defined} defined, {undefined} undefined{background}; {}", empty_rule(report));
    if !lowest.is_empty() {
        let _ = writeln!(text, "* the {} lowest {}", lowest.len(), first.title());
    }
    let _ = writeln!(text, "{}", counted_on(report));
    text
}

/// The policy in words.
pub(in crate::cli) fn empty_rule(report: &Report) -> String {
    match report.chosen.empty {
        super::EmptyRule::Nan => "a label in neither file is undefined (-)".into(),
        rule => format!("a label in neither file scores {} (--empty {})", rule.policy().value(), rule.name()),
    }
}

/// Backend and device.
pub(in crate::cli) fn counted_on(report: &Report) -> String {
    let backend = backend_name(report.device.backend).to_uppercase();
    wrapped(&format!("counted exactly on the {backend}: {}", report.device.device), 2)
}

/// A spacing without the digits that f32 left behind.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
