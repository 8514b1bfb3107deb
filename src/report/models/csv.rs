//! A comparison as CSV, in long form.

use super::phrases::{method, names, verdict};
use crate::eval::models::Comparison;
use crate::report::csv::{number, written};
use crate::text::printable;

/// A row per metric, class and pair of models, with all numbers in full; what is undefined is empty.
pub fn models_csv(found: &Comparison) -> String {
    let header = [
        "metric",
        "class",
        "name",
        "a",
        "b",
        "n",
        "mean_a",
        "mean_b",
        "mean_difference",
        "interval_low",
        "interval_high",
        "median_difference",
        "sd_difference",
        "hodges_lehmann",
        "wins",
        "ties",
        "losses",
        "r_plus",
        "r_minus",
        "nonzero",
        "test",
        "method",
        "p",
        "p_adjusted",
        "tests",
        "a_is_better",
        "verdict",
    ];
    let rows = found.rows().flat_map(|(table, row)| row.pairs.iter().map(move |pair| (table, row, pair)));
    let rows = rows.map(|(table, row, pair)| {
        let [a, b] = names(found, [pair.a, pair.b]).map(printable);
        let mean = |model: usize| number(row.models[model].mean);
        let end = |of: fn(&crate::metric::Interval) -> f64| pair.interval.as_ref().map_or(f64::NAN, of);
        [
            printable(&table.metric),
            printable(&table.class),
            printable(found.class_name(table)),
            a,
            b,
            pair.n.to_string(),
            mean(pair.a),
            mean(pair.b),
            number(pair.mean),
            number(end(|interval| interval.low)),
            number(end(|interval| interval.high)),
            number(pair.median),
            number(pair.sd),
            number(pair.hodges_lehmann),
            pair.record.wins.to_string(),
            pair.record.ties.to_string(),
            pair.record.losses.to_string(),
            number(pair.ranks.r_plus),
            number(pair.ranks.r_minus),
            pair.ranks.nonzero.to_string(),
            found.options.test.name().into(),
            method(pair.tested).unwrap_or_default().into(),
            number(pair.p.two_sided),
            number(pair.p_adjusted),
            pair.family.to_string(),
            number(pair.first_is_better.unwrap_or(f64::NAN)),
            verdict(pair.verdict).into(),
        ]
    });
    written(header, rows)
}

/// A row per metric, class and model.
pub fn models_scores_csv(found: &Comparison) -> String {
    let header = [
        "metric",
        "class",
        "name",
        "model",
        "n",
        "defined",
        "undefined",
        "mean",
        "interval_low",
        "interval_high",
        "median",
        "sd",
        "mean_of_defined",
        "rank",
        "first",
    ];
    let rows = found.rows().flat_map(|(table, row)| {
        row.models.iter().enumerate().map(move |(place, own)| {
            let ranking = row.ranking.as_ref();
            let rank = ranking.and_then(|ranking| ranking.ranks.get(place)).map(usize::to_string);
            let stable = ranking.and_then(|ranking| ranking.stability.as_ref()?.models.get(place));
            let end = |of: fn(&crate::metric::Interval) -> f64| own.interval.as_ref().map_or(f64::NAN, of);
            [
                printable(&table.metric),
                printable(&table.class),
                printable(found.class_name(table)),
                printable(&found.models[place].name),
                row.complete.to_string(),
                own.defined.to_string(),
                own.undefined.to_string(),
                number(own.mean),
                number(end(|interval| interval.low)),
                number(end(|interval| interval.high)),
                number(own.median),
                number(own.sd),
                number(own.mean_of_defined),
                rank.unwrap_or_default(),
                number(stable.map_or(f64::NAN, |stable| stable.first)),
            ]
        })
    });
    written(header, rows)
}
