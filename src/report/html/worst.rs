//! The worst cases, each with a picture of the slice that disagrees most, or why there is none.

use super::figure::figures;
use super::text::escaped;
use crate::eval::pictures::{Picture, Subject};
use crate::eval::{Kind, Summary};

/// The pictures with their legend. Empty where every voxel agrees.
pub(super) fn section(summary: &Summary<'_>, pictures: &[Picture]) -> String {
    let figures = figures(summary, pictures.iter().filter(|picture| picture.subject == Subject::Score));
    if figures.is_empty() {
        return figures;
    }
    let has_slices = figures.contains("<svg");
    let legend = if has_slices { legend(!summary.evaluation.rules.ignore.is_empty()) } else { String::new() };
    let score = summary.ranking();
    let title = escaped(&summary.title(score));
    let extreme = if score.lower_is_better() == Some(true) { "highest" } else { "lowest" };
    let only = if summary.evaluation.provenance.kind == Kind::Folders { ", at most two of a case" } else { "" };
    format!(
        "<section id=\"worst\"><h2>Worst cases</h2><p class=\"lead\">The {extreme} {title}{only}, each in the slice with \
         the most voxels that differ; numbers are voxels.</p>{legend}{figures}</section>"
    )
}

pub(in crate::report) fn legend(ignored: bool) -> String {
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
