//! What was wrong, before any number: cases that failed or lack a file, warnings, scores that are undefined.

use super::text::{class as class_name, escaped, number, path, plural};
use crate::eval::{MissingRule, Summary, Unpaired, WarningKind};
use crate::report::phrases::{CHARGING, uncharged};
use crate::report::words::Words;
use crate::text::grouped;
use std::collections::BTreeMap;

/// Entries of a list that are written out.
const LISTED: usize = 200;

/// Lists of so many entries are open from the start.
const OPEN: usize = 3;

/// How bad a finding is.
#[derive(Clone, Copy)]
enum Weight {
    Bad,
    Warning,
    Note,
    Good,
}

pub(super) fn section(summary: &Summary<'_>, words: &dyn Words) -> String {
    let mut items = Vec::new();
    failures(summary, words, &mut items);
    missing(summary, &mut items);
    warnings(summary, words, &mut items);
    let passed_over = summary.evaluation.passed_over.iter().map(|fact| escaped(&fact.to_string()));
    items.extend(passed_over.map(|words| item(Weight::Warning, &words, &[])));
    let uncharged = uncharged(summary).map(|fact| escaped(&format!("{fact}; {CHARGING}")));
    items.extend(uncharged.map(|words| item(Weight::Warning, &words, &[])));
    let wrong = !items.is_empty();
    if !wrong {
        items.push(item(Weight::Good, "No case failed, no file is missing, and there are no warnings.", &[]));
    }
    undefined(summary, &mut items);
    if let Some(verification) = summary.evaluation.verification() {
        let devices = escaped(&verification.devices());
        items.push(match &verification.difference {
            None => {
                let what = summary.evaluation.verified();
                item(Weight::Good, &format!("Verified: {devices} agree in every {what}."), &[])
            }
            Some(difference) => item(
                Weight::Bad,
                &format!("Verification failed on {devices}; do not trust these numbers."),
                &[escaped(difference)],
            ),
        });
    }
    let class = if wrong { "findings" } else { "findings fine" };
    format!("<section id=\"findings\" class=\"{class}\"><h2>Findings</h2><ul>{}</ul></section>", items.concat())
}

/// `entries` are markup.
fn item(weight: Weight, words: &str, entries: &[String]) -> String {
    let (class, mark, name) = match weight {
        Weight::Bad => ("bad", "\u{2716}", "problem"),
        Weight::Warning => ("warning", "!", "warning"),
        Weight::Note => ("note", "i", "note"),
        Weight::Good => ("good", "\u{2713}", "fine"),
    };
    let mark = format!("<span class=\"mark\" role=\"img\" aria-label=\"{name}\">{mark}</span>");
    if entries.is_empty() {
        return format!("<li class=\"{class}\">{mark}<div>{words}</div></li>");
    }
    let open = if entries.len() <= OPEN { " open" } else { "" };
    let listed: String = entries.iter().take(LISTED).map(|entry| format!("<li>{entry}</li>")).collect();
    let more = match entries.len().checked_sub(LISTED) {
        Some(more) if more > 0 => format!("<li>and {more} more</li>"),
        _ => String::new(),
    };
    format!(
        "<li class=\"{class}\">{mark}<details{open}><summary>{words}</summary><ul>{listed}{more}</ul></details></li>"
    )
}

fn failures(summary: &Summary<'_>, words: &dyn Words, items: &mut Vec<String>) {
    let entries: Vec<String> = summary
        .evaluation
        .failures
        .iter()
        .map(|failure| format!("<b>{}</b> {}", escaped(&failure.case), escaped(&words.error(&failure.error))))
        .collect();
    if !entries.is_empty() {
        let cases = plural(entries.len(), "case", "cases");
        items.push(item(Weight::Bad, &format!("{cases} could not be evaluated: in no number below"), &entries));
    }
}

fn missing(summary: &Summary<'_>, items: &mut Vec<String>) {
    let entries = |list: &[Unpaired]| -> Vec<String> {
        list.iter().map(|lone| format!("<b>{}</b> {}", escaped(&lone.case), path(&lone.file))).collect()
    };
    let (weight, what) = match summary.evaluation.provenance.missing {
        MissingRule::Error => (Weight::Bad, "left out of every number"),
        MissingRule::Skip => (Weight::Warning, "left out of every number, as asked for"),
        MissingRule::Zero => (Weight::Warning, "counted as empty, as asked for"),
    };
    if !summary.evaluation.missing.is_empty() {
        let n = plural(summary.evaluation.missing.len(), "case has", "cases have");
        items.push(item(weight, &format!("{n} no prediction: {what}"), &entries(&summary.evaluation.missing)));
    }
    if !summary.evaluation.extra.is_empty() {
        let n = plural(summary.evaluation.extra.len(), "prediction has", "predictions have");
        let weight =
            if summary.evaluation.provenance.missing == MissingRule::Error { Weight::Bad } else { Weight::Warning };
        items.push(item(weight, &format!("{n} no truth: left out"), &entries(&summary.evaluation.extra)));
    }
}

/// One finding per kind of warning.
fn warnings(summary: &Summary<'_>, words: &dyn Words, items: &mut Vec<String>) {
    let mut kinds: BTreeMap<&str, (Option<WarningKind>, Vec<String>)> = BTreeMap::new();
    for case in &summary.evaluation.cases {
        for warning in &case.warnings {
            let entry = format!("<b>{}</b> {}", escaped(&case.name), escaped(&words.warning(warning)));
            kinds.entry(warning.name()).or_insert((warning.kind(), Vec::new())).1.push(entry);
        }
    }
    for (name, (kind, entries)) in kinds {
        let cases = plural(entries.len(), "case", "cases");
        let words = kind.map_or_else(|| format!("Warnings ({}) in {cases}", escaped(name)), |kind| title(kind, &cases));
        let weight = match kind {
            // A label that some cases do not have is what `undefined` is there for.
            Some(WarningKind::AbsentLabels) => Weight::Note,
            Some(kind) if kind.is_note() => Weight::Note,
            Some(WarningKind::Geometry) if summary.evaluation.apart().next().is_some() => Weight::Bad,
            _ => Weight::Warning,
        };
        items.push(item(weight, &words, &entries));
    }
}

fn title(kind: WarningKind, cases: &str) -> String {
    match kind {
        WarningKind::Geometry => format!("Truth and prediction do not lie in the same place in {cases}"),
        WarningKind::SameFile => format!("Truth and prediction are the same file in {cases}"),
        WarningKind::UnlistedLabels => format!("Labels that were not asked for, and are not counted, in {cases}"),
        WarningKind::AbsentLabels => format!("Labels that were asked for are in neither file of {cases}"),
        WarningKind::ManyLabels => format!("Unusually many labels in {cases}"),
        WarningKind::NoCommonLabel => format!("Truth and prediction share no label in {cases}"),
        WarningKind::ByValue => format!("Segments were compared by their values in {cases}"),
        WarningKind::UndeclaredValues => format!("Values that no segment declares in {cases}"),
        WarningKind::NotMasks => format!("Files among masks that are none, and are not counted, in {cases}"),
        WarningKind::LikeSlices => format!("Pictures taken as masks, which may be slices of a volume, in {cases}"),
        WarningKind::UnlistedMasks => format!("Masks that were not asked for, and are not counted, in {cases}"),
        WarningKind::NoMask => format!("Masks that only one side has in {cases}"),
        WarningKind::Reordered => format!("The same points in another order, compared point by point, in {cases}"),
        WarningKind::Padded => format!("Boxes of one lattice, background outside of them, in {cases}"),
        WarningKind::NothingShared => format!("Truth and prediction have no voxel in common in {cases}"),
        WarningKind::AxisOrder => format!("Arrays that do not say which axis is x in {cases}"),
        WarningKind::White => format!("Pictures of 0 and 255 alone, in which 255 is label 1, in {cases}"),
        WarningKind::MergedLabels => format!("Labels of which the threshold made one in {cases}"),
        WarningKind::SurplusBytes => format!("Bytes behind the voxels that were not read in {cases}"),
    }
}

fn undefined(summary: &Summary<'_>, items: &mut Vec<String>) {
    let score = summary.ranking();
    let (undefined, all) = summary.undefined(score);
    if undefined == 0 {
        return;
    }
    let classes = summary.evaluation.classes.iter().enumerate().filter_map(|(place, class)| {
        let found = summary.distribution(score, place);
        let cases = plural(found.undefined, "case", "cases");
        (found.undefined > 0).then(|| format!("<b>{}</b> in {cases}", class_name(class)))
    });
    let title = escaped(&summary.title(score));
    let words = format!(
        "{} of {} {title} scores ({}) are undefined and in no mean",
        grouped(undefined as u64),
        grouped(all as u64),
        percent(undefined as f64 / all as f64)
    );
    items.push(item(Weight::Note, &words, &classes.collect::<Vec<_>>()));
}

fn percent(share: f64) -> String {
    if share.is_nan() { number(share) } else { format!("{:.1} %", 100.0 * share) }
}
