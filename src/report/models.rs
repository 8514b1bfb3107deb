//! The forms of a comparison of models: pure functions of a [`Comparison`](crate::eval::models::Comparison), all with
//! the same numbers.

mod csv;
mod html;
mod json;
mod notes;
pub(super) mod phrases;
mod sheets;

pub use csv::{models_csv, models_scores_csv};
pub use html::models_html;
pub use json::models_json;

use super::sheet::{Sheet, escaped};
use crate::eval::models::Comparison;
use phrases::DIGITS;
use sheets::Style;

#[cfg(feature = "table")]
use crate::text::wrapped;

/// Rows of pairs that a terminal shows; beyond, those of the mean of the classes.
#[cfg(feature = "table")]
const MOST_ROWS: usize = 60;

/// What to know before believing it: missing cases, undefined scores, tests that cannot find anything, a first place
/// that hangs on one case.
pub fn models_notes(found: &Comparison) -> Vec<String> {
    notes::notes(found)
}

/// The tables of a paper: of each metric the means with their intervals, and the differences.
fn sheets(found: &Comparison, digits: Option<usize>) -> Vec<Sheet> {
    let style = Style { digits: digits.unwrap_or(DIGITS), intervals: true };
    let of_metric = |(metric, better): &(String, _)| {
        [sheets::scores(found, metric, *better, style), sheets::pairs(found, metric, *better, style, false)]
    };
    found.metrics.iter().flat_map(of_metric).collect()
}

/// As pipe tables, with the notes below; `digits` behind the point, 4 where none are named.
pub fn models_markdown(found: &Comparison, digits: Option<usize>) -> String {
    let tables: Vec<String> = sheets(found, digits).iter().map(Sheet::markdown).collect();
    let notes: String = notes::notes(found).iter().map(|note| format!("- {}\n", escaped(note))).collect();
    let notes = if notes.is_empty() { notes } else { format!("\n{notes}") };
    format!("{}{notes}", tables.join("\n"))
}

/// As tables of LaTeX with booktabs; `digits` behind the point, 4 where none are named. What is not significantly worse
/// than the best mean is bold.
pub fn models_latex(found: &Comparison, digits: Option<usize>) -> String {
    let tables: Vec<String> = sheets(found, digits).iter().map(Sheet::latex).collect();
    tables.join("\n")
}

/// For people: the order of the models where there are more than two, differences, the cases that changed `most`, and
/// notes.
#[cfg(feature = "table")]
pub fn models_table(found: &Comparison, digits: Option<usize>, most: usize) -> String {
    let style = Style { digits: digits.unwrap_or(DIGITS), intervals: false };
    let several = found.models.len() > 2;
    let mut text = String::new();
    for (metric, better) in &found.metrics {
        let of_metric = || found.rows().filter(|(table, _)| table.metric == *metric);
        if several {
            let overall = of_metric().find(|(table, _)| table.is_mean || found.classes.len() == 1);
            let ranking = overall.and_then(|(table, row)| sheets::ranking(found, table, row, style));
            text.extend(ranking.map(|sheet| format!("{}\n", sheet.grid())));
            if found.classes.len() > 1 {
                text.push_str(&format!("{}\n", sheets::scores(found, metric, *better, style).grid()));
            }
        }
        let rows: usize = of_metric().map(|(_, row)| row.pairs.len()).sum();
        let only_mean = rows > MOST_ROWS;
        text.push_str(&format!("{}\n", sheets::pairs(found, metric, *better, style, only_mean).grid()));
        if only_mean {
            let words = format!("{rows} pairs of models and classes: the other forms have all of them");
            text.push_str(&format!("{}\n\n", wrapped(&words, 2)));
        }
        text.push_str(&changed(found, metric, most, style.digits));
    }
    if several && let Some((means, ranks)) = found.overall() {
        let mut order: Vec<usize> = (0..ranks.len()).collect();
        order.sort_by_key(|&model| ranks[model]);
        let of = |&model: &usize| format!("{} {} ({:.2})", ranks[model], found.models[model].name, means[model]);
        let all: Vec<String> = order.iter().map(of).collect();
        text.push_str(&format!("{}\n", wrapped(&format!("mean rank over classes and metrics: {}", all.join(", ")), 2)));
    }
    if several && found.found.iter().any(|row| row.ranking.is_some()) {
        let best = (found.classes.len() > 1).then(|| format!("* {}", sheets::standing_out(found).0));
        let legend: Vec<String> = best.into_iter().chain(phrases::legend(found).map(str::to_owned)).collect();
        text.extend((!legend.is_empty()).then(|| format!("{}\n", wrapped(&legend.join("; "), 2))));
    }
    for note in notes::notes(found) {
        text.push_str(&format!("{}\n", wrapped(&format!("- {note}"), 2)));
    }
    text.push_str(&format!("{}\n", wrapped(&phrases::method_sentence(found), 2)));
    text
}

/// The cases that differ most between two models, by the mean of the classes.
#[cfg(feature = "table")]
fn changed(found: &Comparison, metric: &str, most: usize, digits: usize) -> String {
    let mut tables = found.rows().filter(|(table, _)| table.metric == metric);
    let Some((table, row)) = tables.find(|(table, _)| table.is_mean || found.classes.len() == 1) else {
        return String::new();
    };
    // With many pairs this list would be too long to read.
    let [pair] = &row.pairs[..] else { return String::new() };
    let cases: Vec<String> = found
        .changed(table, pair, most)
        .into_iter()
        .map(|(case, difference)| format!("{case} {}", phrases::signed(difference, digits)))
        .collect();
    if cases.is_empty() {
        return String::new();
    }
    let what = phrases::of_table(found, table);
    format!("{}\n\n", wrapped(&format!("changed most, {what}: {}", cases.join(", ")), 2))
}
