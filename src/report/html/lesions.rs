//! Lesions one by one: how many were found, of which size, and how large they were predicted.

use super::figure::{figures, row_of};
use super::scatter::{self, Point};
use super::surfaces::folded;
use super::text::{class as class_name, escaped};
use crate::eval::pictures::Picture;
use crate::eval::{LesionRow, LesionStatus, Side, Summary};
use crate::metric::instances::SizeClass;
use crate::metric::{Interval, wilson};
use crate::text::grouped;
use std::collections::BTreeMap;

/// Of the intervals.
const LEVEL: f64 = 0.95;

/// The lesions of a class in all cases.
#[derive(Default)]
struct Found {
    numbers: BTreeMap<&'static str, f64>,
    points: Vec<Point>,
    by_size: Vec<SizeClass>,
}

const NUMBERS: [&str; 8] = ["n_truth", "tp", "fn", "n_pred", "tp_pred", "fp", "splits", "merges"];

pub(super) fn section(summary: &Summary<'_>, pictures: &[Picture]) -> String {
    let all: Vec<(String, Found)> = summary
        .evaluation
        .classes
        .iter()
        .enumerate()
        .filter_map(|(place, class)| Some((class_name(class), of_class(summary, place)?)))
        .collect();
    if all.is_empty() {
        return String::new();
    }
    let definition = crate::report::phrases::lesion_definition(summary).unwrap_or_default();
    let charts: Vec<String> = all.iter().filter_map(|(name, found)| chart(summary, name, found)).collect();
    let lead = "<p class=\"lead\">A dot is a true lesion that was found, and how large the prediction made it; at the lower edge \
                are those that were missed, at the left edge those that were invented. Below: found by size, those too \
                small for the scores too, with Wilson intervals of 95 %.</p>";
    let kinds = [
        (LesionStatus::Missed, "The largest that were missed"),
        (LesionStatus::Extra, "The largest that were invented"),
    ];
    let worst: String = kinds
        .into_iter()
        .map(|(status, title)| {
            let drawn = figures_of(summary, pictures, status);
            if drawn.is_empty() { drawn } else { format!("<h3>{title}</h3>{drawn}") }
        })
        .collect();
    format!(
        "<section id=\"lesions\"><h2>Lesions</h2><p class=\"lead\">Definition: {}.</p>{}{}{worst}</section>",
        escaped(&definition),
        table(&all),
        folded(lead, &charts, "classes")
    )
}

fn figures_of(summary: &Summary<'_>, pictures: &[Picture], status: LesionStatus) -> String {
    let of_status = |picture: &&Picture| row_of(summary, picture).is_some_and(|row| row.status == status);
    figures(summary, pictures.iter().filter(of_status))
}

/// None where no case has any.
fn of_class(summary: &Summary<'_>, place: usize) -> Option<Found> {
    let in_mm3 = summary.evaluation.has_mm3();
    let asked = asked(summary);
    let mut all = Found::default();
    let mut any = false;
    for case in &summary.evaluation.cases {
        let Some((class, _)) = case.counts.get(place) else { continue };
        let Some(found) = case.instances.get(&class.key) else { continue };
        any = true;
        for name in NUMBERS {
            *all.numbers.entry(name).or_default() += found.number(name);
        }
        all.points.extend(points(&found.rows, in_mm3));
        if asked.is_empty() {
            add(&mut all.by_size, &by_tens(&found.rows, in_mm3));
        } else {
            add(&mut all.by_size, &found.by_size);
        }
    }
    any.then_some(all)
}

/// The sizes by which lesions were to be counted.
fn asked<'a>(summary: &'a Summary<'_>) -> &'a [f64] {
    summary.evaluation.rules.instances.as_ref().map_or(&[][..], |search| &search.sizes)
}

/// Counts of sizes that nobody asked for: powers of ten.
fn by_tens(rows: &[LesionRow], in_mm3: bool) -> Vec<SizeClass> {
    let tens: Vec<f64> = (0..9).map(|exponent| 10f64.powi(exponent)).collect();
    let truth = rows.iter().filter(|row| row.side == Side::Truth);
    let is_found = |row: &LesionRow| !row.matched.is_empty() && row.status != LesionStatus::Missed;
    SizeClass::of(truth.map(|row| (row.size(in_mm3), is_found(row))), &tens)
}

/// Adds the counts of a case; those of all cases are of the same sizes.
fn add(sum: &mut Vec<SizeClass>, case: &[SizeClass]) {
    if sum.is_empty() {
        sum.extend(case);
        return;
    }
    for (sum, case) in sum.iter_mut().zip(case) {
        sum.n_truth += case.n_truth;
        sum.found += case.found;
    }
}

fn points(rows: &[LesionRow], in_mm3: bool) -> impl Iterator<Item = Point> + '_ {
    let size = move |row: &LesionRow| row.size(in_mm3);
    let preds: BTreeMap<u32, f64> =
        rows.iter().filter(|row| row.side == Side::Prediction).map(|row| (row.number, size(row))).collect();
    rows.iter().filter_map(move |row| match (row.side, row.status) {
        (Side::Truth, LesionStatus::Found) => {
            let pred = row.matched.iter().filter_map(|number| preds.get(number)).sum();
            Some(Point::Found { truth: size(row), pred })
        }
        (_, LesionStatus::Missed) => Some(Point::Missed(size(row))),
        (_, LesionStatus::Extra) => Some(Point::Invented(size(row))),
        _ => None,
    })
}

/// A row per class.
fn table(all: &[(String, Found)]) -> String {
    let heads = ["true", "found", "missed", "recall", "predicted", "invented", "precision", "splits", "merges"];
    let heads: String = heads.iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
    let rows: String = all
        .iter()
        .map(|(name, found)| {
            let number = |name: &str| found.numbers.get(name).copied().unwrap_or(f64::NAN);
            let count = |name: &str| match number(name) {
                value if value.is_nan() => "<td>\u{2013}</td>".into(),
                value => format!("<td>{}</td>", grouped(value as u64)),
            };
            let share = |found: &str, of: &str| format!("<td>{}</td>", share(number(found), number(of)));
            let cells = [
                count("n_truth"),
                count("tp"),
                count("fn"),
                share("tp", "n_truth"),
                count("n_pred"),
                count("fp"),
                share("tp_pred", "n_pred"),
                count("splits"),
                count("merges"),
            ];
            format!("<tr><th scope=\"row\">{name}</th>{}</tr>", cells.concat())
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table class=\"sortable lesions\"><thead><tr><th scope=\"col\" class=\"name\">class</th>{heads}</tr>\
         </thead><tbody>{rows}</tbody></table></div><p class=\"lead\">All cases together. Brackets: Wilson intervals of 95 %, as if \
         lesions were independent. A split is a true lesion that shares voxels with several predicted ones, a merge a predicted \
         one with several true ones.</p>"
    )
}

/// `0.8000 [0.4902 – 0.9433]`.
fn share(found: f64, of: f64) -> String {
    match wilson(found as u64, of as u64, LEVEL) {
        Some(Interval { low, high }) => {
            format!("{:.3} <span class=\"interval\">[{low:.3} \u{2013} {high:.3}]</span>", found / of)
        }
        None => "\u{2013}".into(),
    }
}

/// The scatter plot of a class, and what was found by size. None where the lesions themselves are not at hand.
fn chart(summary: &Summary<'_>, name: &str, found: &Found) -> Option<String> {
    if found.points.is_empty() {
        return None;
    }
    let unit = if summary.evaluation.has_mm3() { "mm\u{b3}" } else { "voxels" };
    let rows: String = in_words(&found.by_size, !asked(summary).is_empty())
        .into_iter()
        .map(|(words, found, of)| {
            format!(
                "<tr><th scope=\"row\">{words} {unit}</th><td class=\"whole\">{} of {}</td><td>{}</td></tr>",
                grouped(found),
                grouped(of),
                share(found as f64, of as f64)
            )
        })
        .collect();
    Some(format!(
        "<figure class=\"chart\"><figcaption><b>{name}</b></figcaption>{}<table><tbody>{rows}</tbody></table></figure>",
        scatter::draw(&found.points, unit)
    ))
}

/// The sizes in words, how many true lesions of each were found, and how many there are. `with_none` shows sizes without a lesion
/// too.
fn in_words(classes: &[SizeClass], with_none: bool) -> Vec<(String, u64, u64)> {
    let ends = classes.iter().skip(1).map(|class| class.from_mm3).chain([f64::INFINITY]);
    let number = |value: f64| if value.fract() == 0.0 { grouped(value as u64) } else { value.to_string() };
    let row = |(class, to): (&SizeClass, f64)| {
        let words = match (class.from_mm3, to) {
            (0.0, _) => format!("below {}", number(to)),
            (from, f64::INFINITY) => format!("from {}", number(from)),
            (from, _) => format!("{} \u{2013} {}", number(from), number(to)),
        };
        (words, class.found, class.n_truth)
    };
    classes.iter().zip(ends).map(row).filter(|(_, _, of)| *of > 0 || with_none).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(voxels: u64, status: LesionStatus, matched: &[u32]) -> LesionRow {
        LesionRow {
            side: Side::Truth,
            number: 1,
            first: [0; 3],
            centroid: [0.0; 3],
            low: [0; 3],
            high: [0; 3],
            voxels,
            mm3: f64::NAN,
            at_border: false,
            status,
            matched: matched.to_vec(),
            overlap: 0,
            dice: f64::NAN,
            iou: f64::NAN,
            distances: Vec::new(),
        }
    }

    #[test]
    fn lesions_are_counted_by_size() {
        let extra = LesionRow { side: Side::Prediction, ..row(3, LesionStatus::Extra, &[]) };
        let rows = [
            row(5, LesionStatus::Found, &[1]),
            row(10, LesionStatus::Missed, &[]),
            row(2_000_000_000, LesionStatus::Missed, &[]),
            row(6, LesionStatus::BelowFloor, &[]),
            extra,
        ];
        let mut all = by_tens(&rows, false);
        let words = |words: &str, found, of| (words.to_owned(), found, of);
        assert_eq!(
            in_words(&all, false),
            [words("1 \u{2013} 10", 1, 2), words("10 \u{2013} 100", 0, 1), words("from 100,000,000", 0, 1)]
        );
        add(&mut all, &by_tens(&rows[..1], false));
        assert_eq!(in_words(&all, true)[1], words("1 \u{2013} 10", 2, 3));
        let asked = SizeClass::of([(5.0, true), (10.0, false), (2e9, false)], &[7.5, 1e10]);
        assert_eq!(
            in_words(&asked, true),
            [words("below 7.5", 1, 1), words("7.5 \u{2013} 10,000,000,000", 0, 2), words("from 10,000,000,000", 0, 0)]
        );
    }

    #[test]
    fn shares_have_their_interval() {
        assert_eq!(share(8.0, 10.0), "0.800 <span class=\"interval\">[0.490 \u{2013} 0.943]</span>");
        assert_eq!([share(0.0, 0.0), share(f64::NAN, f64::NAN)], ["\u{2013}", "\u{2013}"]);
    }
}
