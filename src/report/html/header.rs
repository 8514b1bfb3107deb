//! What was evaluated and how, and the numbers that a reader looks for first.

use super::text::{escaped, number, path, plural};
use crate::eval::{CaseResult, ClassSource, GeometryRule, Kind, MissingRule, Score, Summary};
use crate::report::phrases::{empty_rule, lesion_definition, percent, surface_definition};
use crate::text::{digits, extent, grouped, length};
use std::path::{Path, PathBuf};

/// The name of the page, as markup.
pub(super) fn title(summary: &Summary<'_>) -> String {
    let name = |path: PathBuf| {
        let last = path.file_name().map(|name| name.to_string_lossy().into_owned());
        escaped(&last.unwrap_or_else(|| path.display().to_string()))
    };
    let [truth, pred] = places(summary);
    format!("{} <span>against</span> {}", name(pred), name(truth))
}

/// Title, and what was evaluated.
pub(super) fn header(summary: &Summary<'_>) -> String {
    format!(
        "<header><p class=\"over\">Overlap of segmentations \u{b7} voxdice {}</p><h1>{}</h1>{}</header>",
        env!("CARGO_PKG_VERSION"),
        title(summary),
        list(subject(summary))
    )
}

/// The rules and definitions behind the numbers; after them, because numbers are what a page is opened for.
pub(super) fn rules(summary: &Summary<'_>) -> String {
    format!("<section id=\"rules\"><h2>How it was counted</h2>{}</section>", list(definitions(summary)))
}

fn list(facts: Vec<(&'static str, String)>) -> String {
    let fact = |(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>");
    format!("<dl>{}</dl>", facts.into_iter().map(fact).collect::<String>())
}

/// The files of a pair; of several cases the folders that they share.
fn places(summary: &Summary<'_>) -> [PathBuf; 2] {
    let of = |get: fn(&CaseResult) -> &Path| {
        let mut paths = summary.evaluation.cases.iter().map(get);
        match summary.evaluation.provenance.kind {
            Kind::Pair => paths.next().unwrap_or(Path::new("")).to_owned(),
            Kind::Folders => shared(paths),
        }
    };
    [of(|case| &case.truth), of(|case| &case.pred)]
}

/// The folder that all files are in or below.
fn shared<'a>(paths: impl Iterator<Item = &'a Path>) -> PathBuf {
    let mut folders = paths.map(|path| path.parent().unwrap_or(Path::new("")));
    let Some(first) = folders.next() else { return PathBuf::new() };
    folders.fold(first.to_owned(), |shared, folder| {
        shared.components().zip(folder.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    })
}

fn subject(summary: &Summary<'_>) -> Vec<(&'static str, String)> {
    let code = |path: &Path| format!("<code>{}</code>", self::path(path));
    let [truth, pred] = places(summary);
    let mut facts = vec![("Truth", code(&truth)), ("Prediction", code(&pred))];
    match (summary.evaluation.provenance.kind, summary.evaluation.cases.first()) {
        (Kind::Pair, Some(case)) => facts.push(("Grid", grid(case))),
        _ => {
            let shard = summary
                .evaluation
                .provenance
                .shard
                .map_or(String::new(), |shard| format!(", shard {shard} of the whole"));
            facts.push(("Cases", format!("{} evaluated{shard}", summary.evaluation.cases_of_all())));
        }
    }
    let from = match &summary.evaluation.rules.classes {
        ClassSource::Found => "all that occur but label 0".to_owned(),
        ClassSource::Named { from, .. } => format!("from {}", escaped(from)),
    };
    facts.push(("Classes", format!("{}, {from}", grouped(summary.evaluation.classes.len() as u64))));
    facts
}

fn definitions(summary: &Summary<'_>) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let rules = &summary.evaluation.rules;
    if !rules.ignore.is_empty() {
        facts.push(("Ignored", format!("voxels whose truth is {}", rules.ignore)));
    }
    if let Some(most) = rules.round {
        facts.push(("Rounded", format!("numbers at most {most} from a label")));
    }
    if let Some(threshold) = rules.threshold {
        facts.push(("Threshold", format!("the prediction is label 1 from {} on", digits(threshold))));
    }
    let mut rule = empty_rule(summary).replace("undefined (-)", "undefined (\u{2013})");
    if let Some(first) = rule.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    facts.push(("Empty classes", escaped(&rule)));
    if let Some(definition) = surface_definition(summary) {
        facts.push(("Surfaces", escaped(&definition)));
    }
    if let Some(definition) = lesion_definition(summary) {
        facts.push(("Lesions", escaped(&definition)));
    }
    facts.push(("Means", format!("over defined scores, {}", summary.scoring.average.in_words())));
    if summary.evaluation.provenance.kind == Kind::Folders {
        let missing = match summary.evaluation.provenance.missing {
            MissingRule::Error => "a problem, left out",
            MissingRule::Skip => "left out",
            MissingRule::Zero => "counted as empty",
        };
        facts.push(("Missing predictions", missing.to_owned()));
        let interval = summary.scoring.bootstrap.map_or("none".to_owned(), |bootstrap| {
            format!(
                "{} % of the mean over cases: bootstrap, {} resamples, expanded percentiles, seed {}{}",
                percent(bootstrap.level()),
                grouped(bootstrap.resamples() as u64),
                bootstrap.seed(),
                if summary.has_narrow_intervals() { "; a little too narrow for so few cases" } else { "" }
            )
        });
        facts.push(("Intervals", interval));
    }
    let geometry = match summary.evaluation.rules.geometry {
        GeometryRule::Strict => "points must agree to a thousandth of a voxel",
        GeometryRule::Warn => "points are compared; differences are among the findings",
        GeometryRule::Off => "not compared",
    };
    facts.push(("Geometry", geometry.to_owned()));
    let backend = escaped(&summary.evaluation.provenance.backend.to_uppercase());
    facts.push(("Counted", format!("exactly, on the {backend}: {}", escaped(&summary.evaluation.provenance.device))));
    facts
}

fn grid(case: &CaseResult) -> String {
    let edges = |edges: &[f64]| {
        let edges: Vec<String> = edges.iter().map(|&edge| length(edge)).collect();
        format!("{} mm", edges.join(" \u{d7} "))
    };
    let spacing = case.edges_mm().map_or("unknown size".to_owned(), edges);
    format!("{} voxels of {spacing}", extent(&case.shape).replace('x', "\u{d7}"))
}

/// A card for every score: the one number, its interval and what else it may be called.
pub(super) fn cards(summary: &Summary<'_>) -> String {
    let cards: String = summary.scoring.scores.iter().map(|&score| card(summary, score)).collect();
    format!("<section class=\"cards\" aria-label=\"Means\">{cards}</section>")
}

fn card(summary: &Summary<'_>, score: Score) -> String {
    let mean = summary.mean(score);
    let cases = summary.over_cases(score);
    let mut lines = Vec::new();
    if let (Some(interval), Some(bootstrap)) = (summary.interval_of_mean(score), summary.scoring.bootstrap) {
        let level = percent(bootstrap.level());
        lines.push(format!("{level} % CI {} \u{2013} {}", number(interval.low), number(interval.high)));
    }
    if summary.evaluation.provenance.kind == Kind::Folders {
        lines.push(format!("median case {}", number(cases.median)));
        if let Some(lower_is_better) = score.lower_is_better() {
            lines.push(format!("worst case {}", number(if lower_is_better { cases.max } else { cases.min })));
        }
    }
    if let Some((micro, _)) = summary.pooled(score) {
        lines.push(format!("all voxels pooled {}", number(micro)));
    }
    let (undefined, all) = summary.undefined(score);
    if undefined > 0 {
        lines.push(format!("{} of {} undefined", grouped(undefined as u64), grouped(all as u64)));
    }
    let lines: String = lines.into_iter().map(|line| format!("<li>{line}</li>")).collect();
    let means = summary.class_means(score);
    let defined = means.iter().filter(|mean| !mean.is_nan()).count();
    let some = if defined < means.len() { format!("{} of ", grouped(defined as u64)) } else { String::new() };
    let classes = plural(means.len(), "class", "classes");
    format!(
        "<article><div><h3>Mean {}</h3><p>{}</p><small>of {some}{classes}</small></div><ul>{lines}</ul></article>",
        escaped(&summary.title(score)),
        number(mean)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_share_the_folder_that_all_are_below() {
        let of = |paths: &[&str]| shared(paths.iter().map(Path::new));
        assert_eq!(of(&["/a/b/1.nii", "/a/b/2.nii"]), Path::new("/a/b"));
        assert_eq!(of(&["/a/b/1/seg.nii", "/a/b/12/seg.nii"]), Path::new("/a/b"));
        assert_eq!(of(&["a/1.nii", "b/1.nii"]), Path::new(""));
        assert_eq!(of(&[]), Path::new(""));
    }
}
