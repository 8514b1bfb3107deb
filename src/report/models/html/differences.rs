//! The differences of pairs of models, class by class: a dot for each case, the mean and its interval.

use super::{adjusted, main_row};
use crate::eval::models::Comparison;
use crate::metric::Interval;
use crate::metric::compare::{Better, Compared, Pair, ScoreTable, Test};
use crate::report::html::plot::{self, HEIGHT, WIDTH};
use crate::report::html::scale::Scale;
use crate::report::html::text::{escaped, short};
use crate::report::models::phrases::{self, names, p_value, signed, signed_interval, verdict};
use std::fmt::Write;

/// Dots of a metric. With more of them the page would take seconds to draw.
const MOST_DOTS: usize = 50_000;

/// How to read the drawings.
pub(super) fn key(found: &Comparison) -> String {
    let two = found.two().map(|pair| names(found, pair).map(escaped));
    let what = match (two, found.options.against) {
        (Some([a, b]), _) => format!("{a} less {b}"),
        (_, Some(other)) => format!("each model less {}", escaped(&found.models[other].name)),
        _ => "the first model less the second".into(),
    };
    format!(
        "<p class=\"lead\">Case by case, {what}: a dot is a case, the bar the {} of the mean, the diamond the mean, and the dark line 0. \
         <span class=\"live\">Point at a dot to see which case it is; click it, or a case below, to mark that case in every \
         class.</span></p>",
        phrases::level(found)
    )
}

/// The differences of every pair by a score.
pub(super) fn section(found: &Comparison, place: usize, metric: &str, better: Better) -> String {
    let all: Vec<(&ScoreTable, &Compared)> = found.rows().filter(|(table, _)| table.metric == metric).collect();
    let dots: usize = all.iter().map(|(_, row)| row.pairs.len() * row.cases).sum();
    let (shown, note) = match main_row(found, metric) {
        Some(main) if dots > MOST_DOTS && all.len() > 1 => {
            (vec![main], " There are too many to draw them all: these are those of the mean of the classes.")
        }
        _ => (all, ""),
    };
    let rows: Vec<(&ScoreTable, &Pair, Vec<f64>)> = shown
        .iter()
        .flat_map(|(table, row)| row.pairs.iter().map(move |pair| (*table, pair, found.differences(table, pair))))
        .collect();
    let intervals = rows.iter().filter_map(|(_, pair, _)| pair.interval).map(|own| (own.low, own.high));
    let scale = Scale::of_differences(rows.iter().map(|(_, _, values)| &values[..]), intervals);
    let grid = format!("grid-{place}");
    let several = found.models.len() > 2;
    let mut heads = vec![("class", " class=\"name\"")];
    if several {
        heads.push(("models", " class=\"text\""));
    }
    let level = phrases::level(found);
    heads.extend([("difference", ""), (&level, " class=\"interval\"")]);
    let head = |(name, class): &(&str, &str)| format!("<th scope=\"col\"{class}>{}</th>", escaped(name));
    let mut columns: String = heads.iter().map(head).collect();
    columns += &format!("<th scope=\"col\" class=\"plot\">{}</th>", plot::axis(&scale));
    let tested = found.options.test != Test::None;
    let adjusted = format!("p {}", adjusted(found));
    let of_test = [("p", ""), (adjusted.as_str(), "")];
    columns += &of_test.iter().filter(|_| tested).map(head).collect::<String>();
    columns += &[("won/tied/lost", ""), ("n", ""), ("verdict", " class=\"text\"")].iter().map(head).collect::<String>();
    let row = |(table, pair, values): &(&ScoreTable, &Pair, Vec<f64>)| {
        let class = if table.is_mean { "mean".to_owned() } else { escaped(found.class_name(table)) };
        let mut cells = format!("<th scope=\"row\">{class}</th>");
        if several {
            let [a, b] = names(found, [pair.a, pair.b]).map(escaped);
            cells += &format!("<td class=\"text\">{a} \u{2212} {b}</td>");
        }
        cells += &format!(
            "<td>{}</td><td class=\"interval\">{}</td>",
            signed(pair.mean, 4),
            signed_interval(pair.interval, 4)
        );
        cells += &format!("<td class=\"plot\">{}</td>", strip(values, pair, &scale, &grid));
        if tested {
            let p = |p: f64| escaped(&p_value(p));
            cells += &format!("<td>{}</td><td>{}</td>", p(pair.p.two_sided), p(pair.p_adjusted));
        }
        let record = pair.record;
        cells += &format!(
            "<td>{}/{}/{}</td><td>{}</td><td class=\"text\">{}</td>",
            record.wins,
            record.ties,
            record.losses,
            pair.n,
            verdict(pair.verdict)
        );
        format!("<tr>{cells}</tr>")
    };
    let rows: String = rows.iter().map(row).collect();
    let which = if better == Better::Lower { ", lower is better" } else { ", higher is better" };
    format!(
        "<svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\"><defs>{}</defs></svg><div class=\"scroll\">\
         <table class=\"sortable classes\"><caption>{}{which}.{note}</caption><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody>\
         </table></div>",
        plot::grid(&scale, &grid),
        escaped(&found.title(metric))
    )
}

/// The drawing of a pair. The numbers stand beside it in the table, so that it is hidden from screen readers.
fn strip(values: &[f64], pair: &Pair, scale: &Scale, grid: &str) -> String {
    let middle = HEIGHT / 2.0;
    let at = |value: f64| short(plot::x(scale, value));
    let mut svg = format!(
        "<svg class=\"strip\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" aria-hidden=\"true\">\
         <use href=\"#{grid}\"/><path class=\"origin\" d=\"M{} 0v{HEIGHT}\"/>",
        at(0.0)
    );
    // Writing to a string cannot fail.
    if let Some(Interval { low, high }) = pair.interval {
        let _ = write!(svg, "<path class=\"between\" d=\"M{} {middle}H{}\"/>", at(low), at(high));
    }
    let drawn: Vec<(usize, f64)> = values.iter().copied().enumerate().filter(|(_, value)| !value.is_nan()).collect();
    svg += &plot::dotted(&drawn, values.len(), scale, |value| signed(value, 4));
    if !pair.mean.is_nan() {
        let _ = write!(svg, "<path class=\"mean\" d=\"M{} {}l4 4l-4 4l-4-4z\"/>", at(pair.mean), middle - 4.0);
    }
    svg + "</svg>"
}
