//! How far the elements of two boundaries are from each other, as columns: the truth's upwards, the prediction's downwards.

use super::text::short;
use crate::eval::DistanceHistogram;
use std::fmt::Write;

/// Of a drawing, in pixels.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 118.0;

/// The line that columns start from, and how high they are at most.
const MIDDLE: f64 = 52.0;
const TALLEST: f64 = 44.0;

/// Columns that are shown at least, up to a distance of 8.
const LEAST: usize = 12;

/// The columns that drawings with one axis have: up to the last one that is used.
pub(super) fn columns<'a>(all: impl Iterator<Item = &'a DistanceHistogram>) -> usize {
    let last = |counts: &[u64]| counts.iter().rposition(|&count| count > 0).map_or(0, |last| last + 1);
    all.map(|one| last(&one.truth).max(last(&one.pred))).fold(LEAST, usize::max)
}

/// A class. Heights are logarithms, so that a single element is seen beside a million; `marked` is a distance with its name, in
/// the unit of the others.
pub(super) fn draw(of: &DistanceHistogram, columns: usize, marked: Option<(&str, f64)>) -> String {
    let wide = (WIDTH - 8.0) / columns.max(1) as f64;
    let x = |column: f64| 4.0 + wide * column.min(columns as f64);
    let most = of.truth.iter().chain(&of.pred).copied().max().unwrap_or(0);
    let height = |count: u64| TALLEST * (count as f64 + 1.0).ln() / (most as f64 + 1.0).ln();
    let bars = |counts: &[u64], sign: f64| -> String {
        let drawn = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let bar = |(column, &count): (usize, &u64)| {
            let (left, high) = (short(x(column as f64) + 0.5), short(sign * height(count)));
            format!("M{left} {MIDDLE}v{high}h{}V{MIDDLE}z", short(wide - 1.0))
        };
        drawn.map(bar).collect()
    };
    let mut svg = format!(
        "<svg class=\"histogram\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Distances of both boundaries\">\
         <path class=\"grid\" d=\"M4 {MIDDLE}H{}\"/><path class=\"of-truth\" d=\"{}\"/><path class=\"of-pred\" d=\"{}\"/>",
        WIDTH - 4.0,
        bars(&of.truth, -1.0),
        bars(&of.pred, 1.0)
    );
    // Writing to a string cannot fail.
    let _ = write!(svg, "<text x=\"{}\" y=\"{}\">0</text>", short(x(0.5)), HEIGHT - 6.0);
    // Every second end of a column is a power of two.
    let ends = (3..columns).step_by(if columns > 16 { 4 } else { 2 });
    for column in ends {
        let (_, upper) = DistanceHistogram::edges(column);
        let _ =
            write!(svg, "<text x=\"{}\" y=\"{}\">{}</text>", short(x(column as f64 + 1.0)), HEIGHT - 6.0, short(upper));
    }
    if let Some((name, distance)) = marked.filter(|(_, distance)| distance.is_finite()) {
        let at = x(place(distance));
        let side = if at > 0.7 * WIDTH { ("end", -4.0) } else { ("start", 4.0) };
        let _ = write!(
            svg,
            "<path class=\"marked\" d=\"M{0} 2V{1}\"/><text class=\"{2}\" x=\"{3}\" y=\"10\">{name} {4}</text>",
            short(at),
            MIDDLE + TALLEST + 2.0,
            side.0,
            short(at + side.1),
            short(distance)
        );
    }
    svg + "</svg>"
}

/// Where a distance lies, in columns.
fn place(distance: f64) -> f64 {
    let (_, first) = DistanceHistogram::edges(1);
    if distance <= first { 1.0 + distance / first } else { 2.0 + 2.0 * (distance / first).log2() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_lies_in_its_column() {
        for column in 2..20 {
            let (low, high) = DistanceHistogram::edges(column);
            assert!((place(low * 1.0001) - column as f64).abs() < 0.01, "{column}");
            assert!((place(high) - column as f64 - 1.0).abs() < 1e-9, "{column}");
        }
    }

    #[test]
    fn columns_go_up_and_down() {
        let of = DistanceHistogram { truth: vec![9, 0, 1], pred: vec![0, 9] };
        let svg = draw(&of, columns([&of].into_iter()), Some(("hd95", 0.3)));
        assert!(svg.contains("class=\"of-truth\" d=\"M4.5 52v-44h25V52zM56.5 52v-13.2h25V52z\""), "{svg}");
        assert!(
            svg.contains("class=\"of-pred\" d=\"M30.5 52v44h25V52z\"") && svg.contains(">hd95 0.3</text>"),
            "{svg}"
        );
        assert_eq!(columns([&DistanceHistogram { truth: vec![1; 20], pred: vec![] }].into_iter()), 20);
    }
}
