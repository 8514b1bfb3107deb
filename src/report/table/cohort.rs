//! A cohort for people: how each class does over the cases, the worst of them, and what was wrong.

use super::tone;
use crate::eval::{FEW_CASES, MissingRule, Score, Summary, Unpaired};
use crate::report::grid::{Align, Grid, Tone};
use crate::report::phrases::{counted_on, empty_rule, lesion_definition, surface_definition};
use crate::text::{score as score_text, wrapped};
use std::fmt::Write;

/// Worst cases that are shown.
const WORST: usize = 5;

/// Unpaired and failed cases that are named.
const NAMED: usize = 10;

/// Columns to drop on a narrow terminal; the first ones are dropped first.
static DISPENSABLE: [&str; 4] = ["sd", "median", "min", "max"];

pub(super) fn render(summary: &Summary<'_>) -> String {
    let mut text = String::new();
    let mut without = &DISPENSABLE[..0];
    for &score in &summary.scoring.scores {
        let (table, left_out) = classes(summary, score).in_width();
        text.push_str(&table.render(true));
        text.push('\n');
        without = if left_out.len() > without.len() { left_out } else { without };
    }
    text.push_str(&worst(summary));
    text.push_str(&facts(summary));
    if !without.is_empty() {
        let words = format!("no room here for {}: --format json has them", without.join(", "));
        text.push_str(&format!("{}\n", wrapped(&words, 2)));
    }
    text
}

/// A table whose columns are still to be chosen.
struct Rows {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<(String, Tone)>>,
}

impl Rows {
    /// As many columns as fit the terminal, and which ones were dropped.
    fn in_width(&self) -> (Grid, &'static [&'static str]) {
        let without = |n: usize| (self.grid(&DISPENSABLE[..n]), &DISPENSABLE[..n]);
        let mut all = (0..DISPENSABLE.len()).map(without);
        all.find(|(grid, _)| grid.fits()).unwrap_or_else(|| without(DISPENSABLE.len()))
    }

    fn grid(&self, without: &[&str]) -> Grid {
        let is_kept = |name: &str| !without.contains(&name);
        let kept = self.columns.iter().filter(|(name, _)| is_kept(name));
        let mut grid = Grid::new(&kept.map(|(name, align)| (name.as_str(), *align)).collect::<Vec<_>>());
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns).filter(|(_, (name, _))| is_kept(name));
            grid.row(cells.map(|((text, tone), _)| (text.as_str(), *tone)));
        }
        grid
    }
}

/// One row per class, and the mean.
fn classes(summary: &Summary<'_>, score: Score) -> Rows {
    let interval = summary.scoring.bootstrap.map(|bootstrap| format!("{}% CI", 100.0 * bootstrap.level()));
    let mut columns = vec![(score.title(), Align::Left), ("mean".into(), Align::Right)];
    columns.extend(interval.clone().map(|title| (title, Align::Right)));
    columns.extend(["sd", "min", "median", "max", "cases", "undefined"].map(|name| (name.into(), Align::Right)));
    let mut rows = Vec::new();
    let low = lowest_means(summary, score);
    for (place, class) in summary.evaluation.classes.iter().enumerate() {
        let found = summary.distribution(score, place);
        let is_low = low.contains(&place);
        let number = |value: f64| (score_text(value), tone(value, false));
        let mut row = vec![
            (class.display().to_owned(), if is_low { Tone::Bad } else { Tone::Plain }),
            (score_text(found.mean), tone(found.mean, is_low)),
        ];
        if interval.is_some() {
            let between = summary.interval(score, place);
            let shown = between.map(|b| format!("{} - {}", score_text(b.low), score_text(b.high)));
            row.push((shown.unwrap_or_else(|| "-".into()), Tone::Faint));
        }
        row.extend([found.sd, found.min, found.median, found.max].map(number));
        row.push((found.defined.to_string(), Tone::Plain));
        row.push((found.undefined.to_string(), if found.undefined == 0 { Tone::Faint } else { Tone::Plain }));
        rows.push(row);
    }
    let cases = summary.over_cases(score);
    let mut last = vec![("mean".to_owned(), Tone::Plain), (score_text(summary.mean(score)), Tone::Plain)];
    if interval.is_some() {
        let between = summary.interval_of_mean(score);
        let shown = between.map(|b| format!("{} - {}", score_text(b.low), score_text(b.high)));
        last.push((shown.unwrap_or_else(|| "-".into()), Tone::Faint));
    }
    last.extend([cases.sd, cases.min, cases.median, cases.max].map(|value| (score_text(value), Tone::Plain)));
    let (undefined, _) = summary.undefined(score);
    last.push((summary.evaluation.cases.len().to_string(), Tone::Plain));
    last.push((undefined.to_string(), if undefined == 0 { Tone::Faint } else { Tone::Plain }));
    rows.push(last);
    Rows { columns, rows }
}

/// The classes with the worst means, where there are enough of them for that to say anything.
fn lowest_means(summary: &Summary<'_>, score: Score) -> Vec<usize> {
    let Some(lower_is_better) = score.lower_is_better() else { return Vec::new() };
    let means = summary.evaluation.foreground().map(|class| (summary.distribution(score, class).mean, class));
    let mut means: Vec<(f64, usize)> = means.filter(|(mean, _)| !mean.is_nan()).collect();
    if means.len() <= super::LOWEST {
        return Vec::new();
    }
    let key = |value: f64| if lower_is_better { -value } else { value };
    means.sort_by(|a, b| key(a.0).total_cmp(&key(b.0)));
    means.into_iter().take(super::LOWEST).map(|(_, class)| class).collect()
}

fn worst(summary: &Summary<'_>) -> String {
    let score = summary.ranking();
    let worst = summary.worst(score, WORST);
    if worst.len() < 2 {
        return String::new();
    }
    let title = score.title();
    let mut grid = Grid::new(&[("worst cases", Align::Left), ("label", Align::Left), (&title, Align::Right)]);
    for (case, class, value) in worst {
        let name = summary.evaluation.cases.get(case).map_or("", |case| &case.name).to_owned();
        let class = summary.evaluation.classes.get(class).map_or("", |class| class.display()).to_owned();
        grid.row([(name, Tone::Plain), (class, Tone::Plain), (score_text(value), Tone::Plain)]);
    }
    format!("{}\n", grid.render(false))
}

fn facts(summary: &Summary<'_>) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", wrapped(&words, 2));
    };
    let shard = summary.evaluation.provenance.shard.map_or(String::new(), |shard| format!(", shard {shard}"));
    let cases = counted(summary.evaluation.cases.len(), "case", "cases");
    let means = summary.scoring.average.in_words();
    line(format!("{cases}{shard}; means over defined values, {means}"));
    line(format!(
        "sd, min, median and max of the last row are over the means of the cases; {}",
        empty_rule(&summary.scoring)
    ));
    if let Some(definition) = surface_definition(summary) {
        line(format!("surfaces: {definition}"));
    }
    if let Some(definition) = lesion_definition(summary) {
        line(format!("lesions: {definition}"));
    }
    if summary.has_narrow_intervals() {
        line(format!("with fewer than {FEW_CASES} cases the intervals are still a little too narrow"));
    }
    let rule = match summary.evaluation.provenance.missing {
        MissingRule::Error => "",
        MissingRule::Skip => ", left out",
        MissingRule::Zero => ", counted as empty",
    };
    let names = |list: &[Unpaired]| list.iter().map(|lone| lone.case.clone()).collect::<Vec<_>>();
    let mut listed = |one: &str, many: &str, after: &str, cases: &[String]| {
        if !cases.is_empty() {
            line(format!("{}{after}: {}", counted(cases.len(), one, many), first(cases)));
        }
    };
    listed("missing prediction", "missing predictions", rule, &names(&summary.evaluation.missing));
    listed(
        "prediction without a truth",
        "predictions without a truth",
        ", left out",
        &names(&summary.evaluation.extra),
    );
    let failed: Vec<String> = summary.evaluation.failures.iter().map(|failure| failure.case.clone()).collect();
    listed("case", "cases", " could not be evaluated (see above)", &failed);
    line(counted_on(summary));
    text
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The first names of a list.
fn first(names: &[String]) -> String {
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    format!("{}{more}", names[..names.len().min(NAMED)].join(", "))
}
