//! Pictures with what they show in words, or why there is none.

use super::picture::{self, Drawing};
use super::text::{class as class_name, escaped, number, plural, short};
use crate::eval::pictures::{Line, Picture, Subject};
use crate::eval::{LesionRow, LesionStatus, Score, Summary};
use crate::text::grouped;

/// Some pictures, side by side. Where no file is at hand, a list says the same in less space.
pub(super) fn figures<'a>(summary: &Summary<'_>, shown: impl Iterator<Item = &'a Picture>) -> String {
    let figures: String = shown.filter_map(|picture| figure_of(summary, picture)).collect();
    let class = if figures.contains("<svg") { "figures" } else { "figures bare" };
    if figures.is_empty() { figures } else { format!("<div class=\"{class}\">{figures}</div>") }
}

/// None for pictures of another evaluation.
fn figure_of(summary: &Summary<'_>, picture: &Picture) -> Option<String> {
    let case = summary.evaluation.cases.get(picture.case)?;
    let (class, counts) = case.counts.get(picture.class)?;
    let (drawing, about) = match &picture.cut {
        Ok(Some(cut)) => {
            let Drawing { svg, place, errors, factor } = picture::draw(cut);
            let coarse = if factor > 1 { format!("; a cell is {factor} by {factor} voxels") } else { String::new() };
            let (missed, invented) = (grouped(errors.missed), grouped(errors.invented));
            let distance = cut.line.map_or(String::new(), |line| format!("<p>{}</p>", distance(line)));
            (svg, format!("{distance}<p>{place}: {missed} missed, {invented} invented{coarse}</p>"))
        }
        Ok(None) => ("<p class=\"none\">No picture: no voxel differs.</p>".into(), String::new()),
        Err(reason) => (format!("<p class=\"none\">No picture: {}.</p>", escaped(&reason.in_full())), String::new()),
    };
    let missing = if case.is_predicted() { "" } else { " <span class=\"tag\">no prediction</span>" };
    let value = match row_of(summary, picture) {
        Some(row) => {
            let outcome = if row.status == LesionStatus::Missed { "missed" } else { "invented" };
            let volume = if row.mm3.is_nan() { String::new() } else { format!(", {} mm\u{b3}", size(row.mm3)) };
            format!("{outcome}: {}{volume}", plural(row.voxels as usize, "voxel", "voxels"))
        }
        None => {
            let (score, value) = (score_of(summary, picture), number(picture.value));
            match summary.evaluation.rules.distance_unit(score) {
                Some(unit) => format!("{} {value} {unit}", escaped(&score.to_string())),
                None => format!("{} {value}", escaped(&score.title())),
            }
        }
    };
    Some(format!(
        "<figure>{drawing}<figcaption><div class=\"what\"><span><b>{}</b> {}{missing}</span><span class=\"value\">{value}</span>\
         </div>{about}<p>in all: {} missed, {} invented, truth {}</p></figcaption></figure>",
        escaped(&case.name),
        class_name(class),
        grouped(counts.fn_()),
        grouped(counts.fp()),
        grouped(counts.n_truth())
    ))
}

/// The score that a picture is among the worst by.
fn score_of(summary: &Summary<'_>, picture: &Picture) -> Score {
    if let Subject::Surface(score) = picture.subject { score } else { summary.ranking() }
}

/// `13.4 mm from the prediction to the truth, which is 2 slices away`.
fn distance(line: Line) -> String {
    let ends = if line.from_truth { "the truth to the prediction" } else { "the prediction to the truth" };
    let unit = if line.in_mm { "mm" } else { "voxels" };
    let away = match line.slices {
        0 => String::new(),
        n => format!(", which is {} away", plural(n as usize, "slice", "slices")),
    };
    format!("<b>{:.1} {unit}</b> from {ends}{away}", line.length)
}

fn size(mm3: f64) -> String {
    if mm3 < 100.0 { short(mm3) } else { grouped(mm3.round() as u64) }
}

/// The lesion of a picture.
pub(super) fn row_of<'a>(summary: &'a Summary<'_>, picture: &Picture) -> Option<&'a LesionRow> {
    let Subject::Lesion(row) = picture.subject else { return None };
    let case = summary.evaluation.cases.get(picture.case)?;
    let (class, _) = case.counts.get(picture.class)?;
    case.instances.get(&class.key)?.rows.get(row)
}
