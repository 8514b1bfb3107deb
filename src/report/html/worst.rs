//! The worst cases, each with a picture of the slice that disagrees most, or why there is none.

use super::picture::{self, Drawing};
use super::text::{class as class_name, escaped, number};
use crate::eval::pictures::Picture;
use crate::eval::{Kind, Summary};
use crate::text::grouped;

/// The pictures with their legend. Empty where every voxel agrees.
pub(super) fn section(summary: &Summary<'_>, pictures: &[Picture]) -> String {
    if pictures.is_empty() {
        return String::new();
    }
    let figures: String = pictures.iter().filter_map(|picture| figure_of(summary, picture)).collect();
    // Where the files are not available, a list says the same in less space.
    let (class, legend) = match figures.contains("<svg") {
        true => ("figures", legend(!summary.evaluation.rules.ignore.is_empty())),
        false => ("figures bare", String::new()),
    };
    let score = summary.ranking();
    let title = escaped(&score.title());
    let extreme = if score.lower_is_better() == Some(true) { "highest" } else { "lowest" };
    let only = if summary.evaluation.provenance.kind == Kind::Folders { ", at most two of a case" } else { "" };
    format!(
        "<section id=\"worst\"><h2>Worst cases</h2><p class=\"lead\">The {extreme} {title}{only}, each in the slice with \
         the most voxels that differ; numbers are voxels.</p>{legend}<div class=\"{class}\">{figures}</div></section>"
    )
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
            (svg, format!("<p>{place}: {missed} missed, {invented} invented{coarse}</p>"))
        }
        Ok(None) => ("<p class=\"none\">No picture: no voxel differs.</p>".into(), String::new()),
        Err(reason) => (format!("<p class=\"none\">No picture: {}.</p>", escaped(&reason.in_full())), String::new()),
    };
    let missing = if case.is_predicted() { "" } else { " <span class=\"tag\">no prediction</span>" };
    Some(format!(
        "<figure>{drawing}<figcaption><div class=\"what\"><span><b>{}</b> {}{missing}</span><span class=\"value\">{} {}</span>\
         </div>{about}<p>in all: {} missed, {} invented, truth {}</p></figcaption></figure>",
        escaped(&case.name),
        class_name(class),
        escaped(&summary.ranking().title()),
        number(picture.value),
        grouped(counts.fn_()),
        grouped(counts.fp()),
        grouped(counts.n_truth())
    ))
}

fn legend(ignored: bool) -> String {
    let key = |class: &str, words: &str| {
        let shape = match class {
            "truth" | "pred" => "<path class=\"{}\" d=\"M1 7h22\"/>",
            _ => "<path class=\"{}\" d=\"M1 1h22v12h-22z\"/>",
        };
        let shape = shape.replace("{}", class);
        format!(
            "<li><svg class=\"key\" viewBox=\"0 0 24 14\" width=\"24\" height=\"14\" aria-hidden=\"true\">{shape}</svg>{words}</li>"
        )
    };
    let mut keys = vec![
        key("truth", "outline of the truth"),
        key("pred", "outline of the prediction"),
        key("fn", "missed (false negative)"),
        key("fp", "invented (false positive)"),
        key("hit", "agreement"),
        key("other", "other classes of the truth"),
    ];
    if ignored {
        keys.push(key("ignored", "ignored"));
    }
    format!("<ul class=\"legend\">{}</ul>", keys.concat())
}
