//! A cohort for people: how each class does over the cases, the worst of them, and what was wrong.

use super::{cell, facts, worst};
use crate::eval::{Score, Summary};
use crate::metric::Interval;
use crate::report::grid::{Align, Grid, Tone};
use crate::report::phrases::level_of;
use crate::text::score as score_text;

/// Columns to drop on a narrow terminal; the first ones are dropped first. Where these are gone, names are cut.
static DISPENSABLE: [&str; 4] = ["max", "min", "median", "sd"];

pub(super) fn render(summary: &Summary<'_>, most: usize) -> String {
    let is_undefined = |score: &Score| summary.undefined(*score).0 > 0;
    let level = summary.scoring.bootstrap.map(|bootstrap| level_of(bootstrap.level()));
    let mut tables: Vec<Grid> =
        summary.scoring.scores.iter().map(|&score| classes(summary, score, level.as_deref())).collect();
    // A column of zeros says nothing.
    if !summary.scoring.scores.iter().any(is_undefined) {
        tables = tables.iter().map(|table| table.without(&["undefined"])).collect();
    }
    let without = left_out(&tables, level.as_deref());
    // One choice of columns for all tables, which line up.
    let tables: Vec<Grid> = tables.iter().map(|table| table.without(&without)).collect();
    let first = first_column(&tables);
    let tables: Vec<Grid> = tables.into_iter().map(|table| table.with_first(first)).collect();
    let mut text: String = tables.iter().map(|table| format!("{}\n", table.render(true))).collect();
    let lists = worst::lists(summary, most);
    text.extend(lists.iter().map(|list| format!("{}\n", list.render(false))));
    let has_red = tables.iter().chain(&lists).any(Grid::has_bad);
    text.push_str(&facts::of_cohort(summary, has_red, &without));
    text
}

/// As few columns as have to go so that every table fits the terminal.
fn left_out<'a>(tables: &[Grid], level: Option<&'a str>) -> Vec<&'a str> {
    let order: Vec<&str> = DISPENSABLE.into_iter().chain(["cases"]).chain(level).chain(["undefined"]).collect();
    let fits = |gone: &&[&str], fits: fn(&Grid) -> bool| {
        let left: Vec<Grid> = tables.iter().map(|table| table.without(gone)).collect();
        let first = first_column(&left);
        left.into_iter().all(|table| fits(&table.with_first(first)))
    };
    let with_names = (0..=DISPENSABLE.len()).map(|n| &order[..n]).find(|gone| fits(gone, Grid::fits));
    let mut with_cut_names = (DISPENSABLE.len()..=order.len()).map(|n| &order[..n]);
    let chosen = with_names.or_else(|| with_cut_names.find(|gone| fits(gone, Grid::fits_cut)));
    chosen.unwrap_or(&order).to_vec()
}

/// The widest of the first columns.
fn first_column(tables: &[Grid]) -> usize {
    tables.iter().filter_map(|table| table.widths().first().copied()).max().unwrap_or(0)
}

/// One row per class, and the mean.
fn classes(summary: &Summary<'_>, score: Score, level: Option<&str>) -> Grid {
    let title = summary.title(score);
    let mut columns = vec![(title.as_str(), Align::Left), ("mean", Align::Right)];
    columns.extend(level.map(|level| (level, Align::Right)));
    columns.extend(["sd", "min", "median", "max", "cases", "undefined"].map(|name| (name, Align::Right)));
    let mut grid = Grid::new(&columns);
    let between = |interval: Option<Interval>| {
        let text = interval.map(|found| format!("{} - {}", score_text(found.low), score_text(found.high)));
        level.map(|_| (text.unwrap_or_else(|| "-".into()), Tone::Faint))
    };
    let number = |value: f64| (score_text(value), if value.is_nan() { Tone::Faint } else { Tone::Plain });
    let undefined = |n: usize| (n.to_string(), if n == 0 { Tone::Faint } else { Tone::Plain });
    for (place, class) in summary.evaluation.classes.iter().enumerate() {
        let found = summary.distribution(score, place);
        let mut row = vec![(class.display().to_owned(), Tone::Plain), cell(score, found.mean)];
        row.extend(between(summary.interval(score, place)));
        row.extend([found.sd, found.min, found.median, found.max].map(number));
        row.extend([(found.defined.to_string(), Tone::Plain), undefined(found.undefined)]);
        grid.row(row);
    }
    let cases = summary.over_cases(score);
    let mut last = vec![("mean".to_owned(), Tone::Plain), cell(score, summary.mean(score))];
    last.extend(between(summary.interval_of_mean(score)));
    last.extend([cases.sd, cases.min, cases.median, cases.max].map(number));
    last.extend([(summary.evaluation.of_all(cases.defined), Tone::Plain), undefined(summary.undefined(score).0)]);
    grid.row(last);
    grid
}
