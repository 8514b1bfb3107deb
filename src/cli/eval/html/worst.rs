//! The worst cases, each with a picture of the slice that disagrees most. The voxels are read again for that, one case
//! at a time; where that does not work, the page says why.

use super::picture::{self, Picture};
use super::source::{self, Source};
use super::text::{escaped, number};
use crate::cli::eval::case::Case;
use crate::cli::eval::class::Class;
use crate::cli::eval::report::{Kind, Report, ranking};
use crate::cli::interrupt;
use crate::cli::text::grouped;
use crate::stats::Counts;
use anyhow::Result;

/// Pictures on a page.
const MOST: usize = 6;

/// Pictures of a case, so that one bad case does not fill the page.
const OF_A_CASE: usize = 2;

/// A class of a case, and its score.
struct Entry<'a> {
    place: usize,
    case: &'a Case,
    class: &'a Class,
    counts: &'a Counts,
    value: f64,
}

/// The pictures with their legend. Empty where every voxel agrees.
pub(super) fn section(report: &Report) -> Result<String> {
    let entries = chosen(report);
    if entries.is_empty() {
        return Ok(String::new());
    }
    let mut figures: Vec<Option<String>> = entries.iter().map(|_| None).collect();
    // Every case is read once, and let go before the next one.
    for entry in &entries {
        if figures.iter().zip(&entries).any(|(figure, other)| other.place == entry.place && figure.is_some()) {
            continue;
        }
        interrupt::check()?;
        let source = source::open(entry.case, &report.rules).map_err(|error| format!("{error:#}"));
        for (figure, entry) in figures.iter_mut().zip(&entries).filter(|(_, other)| other.place == entry.place) {
            *figure = Some(figure_of(report, entry, source.as_ref()));
        }
    }
    let figures: String = figures.into_iter().flatten().collect();
    // Elsewhere than where the files are, a list says the same in less room.
    let (class, legend) = match figures.contains("<svg") {
        true => ("figures", legend(!report.rules.ignore.is_empty())),
        false => ("figures bare", String::new()),
    };
    let score = ranking(&report.scoring.scores);
    let title = escaped(&score.title());
    let extreme = if score.lower_is_better() == Some(true) { "highest" } else { "lowest" };
    let only = if report.origin.kind == Kind::Folders { ", at most two of a case" } else { "" };
    Ok(format!(
        "<section id=\"worst\"><h2>Worst cases</h2><p class=\"lead\">The {extreme} {title}{only}, each in the slice with \
         the most voxels that differ; numbers are voxels.</p>{legend}<div class=\"{class}\">{figures}</div></section>"
    ))
}

/// The worst scores of classes of which some voxels differ.
fn chosen(report: &Report) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for (place, class, value) in report.worst(ranking(&report.scoring.scores), usize::MAX) {
        let Some(case) = report.cases.get(place) else { continue };
        let Some((class, counts)) = case.counts.get(class) else { continue };
        let most = match report.origin.kind {
            Kind::Pair => MOST,
            // Of a case without prediction every class looks alike.
            Kind::Folders if !case.is_predicted() => 1,
            Kind::Folders => OF_A_CASE,
        };
        let already = entries.iter().filter(|entry| entry.place == place).count();
        if counts.fp() + counts.fn_() > 0 && already < most {
            entries.push(Entry { place, case, class, counts, value });
        }
        if entries.len() == MOST {
            break;
        }
    }
    entries
}

fn figure_of(report: &Report, entry: &Entry<'_>, source: Result<&Source, &String>) -> String {
    let Entry { case, class, counts, value, .. } = entry;
    let found = source
        .map_err(String::clone)
        .and_then(|source| source.class(case, class, counts, &report.rules).map_err(|error| format!("{error:#}")));
    let picture = found.map(|found| picture::draw(&found, case.spacing_mm));
    let (drawing, about) = match picture {
        Ok(Some(Picture { svg, place, errors, factor })) => {
            let coarse = if factor > 1 { format!("; a cell is {factor} by {factor} voxels") } else { String::new() };
            let (missed, invented) = (grouped(errors.missed), grouped(errors.invented));
            (svg, format!("<p>{place}: {missed} missed, {invented} invented{coarse}</p>"))
        }
        Ok(None) => ("<p class=\"none\">No picture: no voxel differs.</p>".into(), String::new()),
        Err(reason) => (format!("<p class=\"none\">No picture: {}.</p>", escaped(&reason)), String::new()),
    };
    let score = ranking(&report.scoring.scores);
    let missing = if case.is_predicted() { "" } else { " <span class=\"tag\">no prediction</span>" };
    format!(
        "<figure>{drawing}<figcaption><div class=\"what\"><span><b>{}</b> {}{missing}</span><span class=\"value\">{} {}</span>\
         </div>{about}<p>in all: {} missed, {} invented, truth {}</p></figcaption></figure>",
        escaped(&case.name),
        escaped(class.display()),
        escaped(&score.title()),
        number(*value),
        grouped(counts.fn_()),
        grouped(counts.fp()),
        grouped(counts.n_truth())
    )
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
