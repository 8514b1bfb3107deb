//! The summary as CSV: a row per score and class, with intervals, for spreadsheets and plots.

use super::csv::{number, written};
use crate::eval::{Score, Summary};
use crate::metric::{Distribution, Interval};
use crate::text::printable;

/// A header, a row per score and class, and of each score one for the mean over all, whose spread is that of the means of the
/// cases. Undefined numbers are empty.
pub fn summary_csv(summary: &Summary<'_>) -> String {
    let spread = ["sd", "min", "lower_quartile", "median", "upper_quartile", "max"];
    let header =
        ["metric", "label", "name", "mean", "low", "high"].into_iter().chain(spread).chain(["cases", "undefined"]);
    let of = |score: Score, key: &str, name: &str, mean: f64, interval: Option<Interval>, found: &Distribution| {
        let ends = interval.map_or([f64::NAN; 2], |interval| [interval.low, interval.high]);
        let spread = [found.sd, found.min, found.lower_quartile, found.median, found.upper_quartile, found.max];
        let names = [score.to_string(), printable(key), printable(name)];
        names.into_iter().chain([mean].into_iter().chain(ends).chain(spread).map(number)).collect::<Vec<_>>()
    };
    let rows = summary.scoring.scores.iter().flat_map(|&score| {
        let classes = summary.evaluation.classes.iter().enumerate().map(move |(place, class)| {
            let found = summary.distribution(score, place);
            let interval = summary.interval(score, place);
            let row = of(score, &class.key, class.display(), found.mean, interval, &found);
            (row, [found.defined, found.undefined])
        });
        let (cases, interval) = (summary.over_cases(score), summary.interval_of_mean(score));
        let last = of(score, "mean", "mean", summary.mean(score), interval, &cases);
        classes.chain([(last, [summary.evaluation.cases.len(), summary.undefined(score).0])])
    });
    written(header, rows.map(|(row, sizes)| row.into_iter().chain(sizes.map(|n| n.to_string()))))
}
