//! A class as a drawing: a dot per case, a box from quartile to quartile, whiskers, median and mean. All classes of a
//! score share an axis, and a row is as high as a line of text, so that a hundred classes stay readable.

use super::scale::Scale;
use super::text::{number, short};
use super::whiskers::{BOX_FROM, fence};
use crate::metric::Distribution;
use std::fmt::Write;

/// Of a drawing, in pixels.
pub(in crate::report) const WIDTH: f64 = 340.0;
pub(in crate::report) const HEIGHT: f64 = 22.0;

/// Room for half a dot, or half a number, at the ends of the axis.
const MARGIN: f64 = 14.0;

/// Dots of more cases are smaller and paler.
const MANY: usize = 50;

/// Which cases are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Dots {
    All,
    /// Those beyond the whiskers.
    Outliers,
}

/// Where a value is drawn.
pub(in crate::report) fn x(scale: &Scale, value: f64) -> f64 {
    MARGIN + scale.place(value) * (WIDTH - 2.0 * MARGIN)
}

/// Spread over the height in an order that keeps neighbouring cases apart, the same in every run: multiples of the
/// golden ratio.
pub(in crate::report) fn y(case: usize, cases: usize) -> f64 {
    let middle = HEIGHT / 2.0;
    if cases < 2 {
        return middle;
    }
    let turn = (case as f64 + 0.5) * 0.618_033_988_749_895;
    middle + (turn.fract() - 0.5) * (HEIGHT - 8.0)
}

/// The lines that every drawing with this axis refers to by their name.
pub(in crate::report) fn grid(scale: &Scale, id: &str) -> String {
    let lines: String =
        scale.ticks().into_iter().map(|tick| format!("M{} 0v{HEIGHT}", short(x(scale, tick)))).collect();
    format!("<path id=\"{id}\" class=\"grid\" d=\"{lines}\"/>")
}

/// The numbers of the axis.
pub(in crate::report) fn axis(scale: &Scale) -> String {
    let mut svg =
        format!("<svg class=\"axis\" viewBox=\"0 0 {WIDTH} 16\" width=\"{WIDTH}\" height=\"16\" aria-hidden=\"true\">");
    for tick in scale.ticks() {
        // Writing to a string cannot fail.
        let _ = write!(svg, "<text x=\"{}\" y=\"12\">{}</text>", short(x(scale, tick)), scale.label(tick));
    }
    svg + "</svg>"
}

/// The drawing of a class. The numbers stand beside it in the table, so that it is hidden from screen readers.
pub(in crate::report) fn row(values: &[f64], found: &Distribution, scale: &Scale, grid: &str, dots: Dots) -> String {
    let middle = HEIGHT / 2.0;
    let mut svg = format!(
        "<svg class=\"strip\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" aria-hidden=\"true\">\
         <use href=\"#{grid}\"/>"
    );
    let at = |value: f64| short(x(scale, value));
    let fence = fence(values, found);
    let has_box = found.defined >= BOX_FROM;
    if let ([value], Some(origin)) = (values, scale.origin().filter(|_| found.defined == 1)) {
        // Writing to a string cannot fail.
        let _ = write!(svg, "<path class=\"stem\" d=\"M{} {middle}H{}\"/>", at(origin), at(*value));
    }
    let shown = |value: f64| dots == Dots::All || !has_box || value < fence.0 || value > fence.1;
    let drawn: Vec<(usize, f64)> =
        values.iter().copied().enumerate().filter(|(_, value)| !value.is_nan() && shown(*value)).collect();
    svg += &dotted(&drawn, values.len(), scale, number);
    if has_box {
        let (left, right) = (x(scale, found.lower_quartile), x(scale, found.upper_quartile));
        // A box of equal quartiles is still seen.
        let (across, down) = ((right - left).max(1.0), HEIGHT - 8.0);
        let _ = write!(
            svg,
            "<path class=\"whisker\" d=\"M{} {middle}H{}M{} {middle}H{}\"/><path class=\"box\" d=\"M{} 4h{}v{down}h-{}z\"/>",
            at(fence.0),
            short(left),
            short(right),
            at(fence.1),
            short(left),
            short(across),
            short(across)
        );
        let _ = write!(svg, "<path class=\"median\" d=\"M{} 3v{}\"/>", at(found.median), HEIGHT - 6.0);
        if !found.mean.is_nan() {
            let _ = write!(svg, "<path class=\"mean\" d=\"M{} {}l4 4l-4 4l-4-4z\"/>", at(found.mean), middle - 4.0);
        }
    }
    svg + "</svg>"
}

/// A dot for each of these values of so many cases; what has no place on the axis is an arrow at the edge that it lies behind.
/// `text` is how a value reads.
pub(in crate::report) fn dotted(
    values: &[(usize, f64)],
    cases: usize,
    scale: &Scale,
    text: fn(f64) -> String,
) -> String {
    let many = if cases > MANY { " many" } else { "" };
    let inside = marks(values, &format!("dots{many}"), text, |case, value| {
        let dot = || format!("M{} {}h0", short(x(scale, value)), short(y(case, cases)));
        scale.holds(value).then(dot)
    });
    let beyond = marks(values, "dots beyond", text, |case, value| {
        let (edge, back) = if value < scale.low { (1.0, 6) } else { (WIDTH - 1.0, -6) };
        let arrow = || format!("M{edge} {}l{back}-3v6z", short(y(case, cases)));
        (!scale.holds(value)).then(arrow)
    });
    inside + &beyond
}

/// One path for all values that `mark` makes one of, with what each is worth and which case it is.
fn marks(
    values: &[(usize, f64)],
    class: &str,
    text: fn(f64) -> String,
    mark: impl Fn(usize, f64) -> Option<String>,
) -> String {
    let (mut path, mut of_dots, mut of_cases) = (String::new(), String::new(), String::new());
    for &(case, value) in values {
        let Some(one) = mark(case, value) else { continue };
        path += &one;
        // Writing to a string cannot fail.
        let _ = write!(of_dots, "{} ", text(value));
        let _ = write!(of_cases, "{case} ");
    }
    if path.is_empty() {
        return path;
    }
    let (of_dots, of_cases) = (of_dots.trim_end(), of_cases.trim_end());
    format!("<path class=\"{class}\" d=\"{path}\" data-v=\"{of_dots}\" data-c=\"{of_cases}\"/>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Score;

    fn drawn(values: &[f64], dots: Dots) -> String {
        let scale = Scale::of_bars(Score::DICE, values.iter().copied());
        row(values, &Distribution::of(values), &scale, "g", dots)
    }

    /// The numbers of an attribute.
    fn numbers(svg: &str, class: &str, attribute: &str) -> Vec<f64> {
        let element = svg.split(&format!("class=\"{class}\"")).nth(1).unwrap().split("/>").next().unwrap();
        let text = element.split(&format!("{attribute}=\"")).nth(1).unwrap().split('"').next().unwrap();
        let numbers = text.split(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|text| !text.is_empty());
        numbers.map(|number| number.parse().unwrap()).collect()
    }

    #[test]
    fn every_defined_case_has_a_dot_within_the_picture() {
        let values: Vec<f64> = (0..50).map(|i| if i % 10 == 3 { f64::NAN } else { f64::from(i) / 49.0 }).collect();
        let svg = drawn(&values, Dots::All);
        let places = numbers(&svg, "dots", "d");
        // x, y and the 0 of `h0`.
        assert_eq!(places.len(), 3 * 45);
        for dot in places.chunks(3) {
            assert!((MARGIN..=WIDTH - MARGIN).contains(&dot[0]) && (3.0..=HEIGHT - 3.0).contains(&dot[1]), "{dot:?}");
        }
        assert_eq!((places[0], places[132]), (MARGIN, WIDTH - MARGIN));
        let cases = numbers(&svg, "dots", "data-c");
        assert_eq!((cases.len(), cases[3], numbers(&svg, "dots", "data-v").len()), (45, 4.0, 45));
    }

    #[test]
    fn box_and_marks_are_where_the_numbers_are() {
        let svg = drawn(&[0.0, 0.25, 0.5, 0.75, 1.0], Dots::All);
        let inner = WIDTH - 2.0 * MARGIN;
        assert_eq!(numbers(&svg, "box", "d")[..3], [MARGIN + 0.25 * inner, 4.0, 0.5 * inner]);
        assert_eq!(numbers(&svg, "median", "d")[0], MARGIN + 0.5 * inner);
        assert_eq!(numbers(&svg, "mean", "d")[0], MARGIN + 0.5 * inner);
        assert!(!drawn(&[0.5, 0.6, 0.7], Dots::All).contains("box"));
        assert_eq!(numbers(&drawn(&[0.5], Dots::All), "stem", "d"), [MARGIN, HEIGHT / 2.0, MARGIN + 0.5 * inner]);
    }

    #[test]
    fn of_very_many_dots_those_beyond_the_whiskers_remain() {
        let values = [0.9, 0.91, 0.92, 0.93, 0.94, 0.1];
        assert_eq!(numbers(&drawn(&values, Dots::Outliers), "dots", "data-c"), [5.0]);
        assert_eq!(numbers(&drawn(&values[..2], Dots::Outliers), "dots", "data-c"), [0.0, 1.0]);
    }

    #[test]
    fn what_is_beyond_the_axis_is_an_arrow_at_its_edge() {
        let values = [0.9, 0.91, 0.92, 0.93, 0.94, 0.1];
        let scale = Scale::of(Score::DICE, [&values[..]].into_iter());
        let svg = row(&values, &Distribution::of(&values), &scale, "g", Dots::All);
        assert_eq!(numbers(&svg, "dots", "data-c"), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(numbers(&svg, "dots beyond", "data-v"), [0.1]);
        assert_eq!(numbers(&svg, "dots beyond", "d")[0], 1.0);
    }

    #[test]
    fn a_class_that_is_never_defined_has_only_the_grid() {
        let svg = drawn(&[f64::NAN, f64::NAN], Dots::All);
        assert!(!svg.contains("NaN") && !svg.contains("dots") && svg.contains("#g"), "{svg}");
    }
}
