//! What was wrong, before any number: cases that failed or lack a file, warnings, scores that are undefined.

use super::text::{escaped, number, path, plural};
use crate::cli::eval::report::{Report, Unpaired, ranking};
use crate::cli::eval::settings::MissingRule;
use crate::cli::text::grouped;
use crate::cli::warning::is_note;
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

pub(super) fn section(report: &Report) -> String {
    let mut items = Vec::new();
    failures(report, &mut items);
    missing(report, &mut items);
    warnings(report, &mut items);
    let wrong = !items.is_empty();
    if !wrong {
        items.push(item(Weight::Good, "No case failed, no file is missing, and there are no warnings.", &[]));
    }
    undefined(report, &mut items);
    if let Some(verification) = report.verification() {
        let devices = escaped(&verification.devices());
        items.push(match &verification.difference {
            None => item(Weight::Good, &format!("Verified: {devices} agree in every count."), &[]),
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

fn failures(report: &Report, items: &mut Vec<String>) {
    let entries: Vec<String> = report
        .failures
        .iter()
        .map(|failure| format!("<b>{}</b> {}", escaped(&failure.case), escaped(&failure.message)))
        .collect();
    if !entries.is_empty() {
        let cases = plural(entries.len(), "case", "cases");
        items.push(item(Weight::Bad, &format!("{cases} could not be evaluated: in no number below"), &entries));
    }
}

fn missing(report: &Report, items: &mut Vec<String>) {
    let entries = |list: &[Unpaired]| -> Vec<String> {
        list.iter().map(|lone| format!("<b>{}</b> {}", escaped(&lone.case), path(&lone.file))).collect()
    };
    let (weight, what) = match report.origin.missing {
        MissingRule::Error => (Weight::Bad, "left out of every number"),
        MissingRule::Skip => (Weight::Warning, "left out of every number, as asked for"),
        MissingRule::Zero => (Weight::Warning, "counted as empty, as asked for"),
    };
    if !report.missing.is_empty() {
        let n = plural(report.missing.len(), "case has", "cases have");
        items.push(item(weight, &format!("{n} no prediction: {what}"), &entries(&report.missing)));
    }
    if !report.extra.is_empty() {
        let n = plural(report.extra.len(), "prediction has", "predictions have");
        let weight = if report.origin.missing == MissingRule::Error { Weight::Bad } else { Weight::Warning };
        items.push(item(weight, &format!("{n} no truth: left out"), &entries(&report.extra)));
    }
}

/// One finding per kind of warning.
fn warnings(report: &Report, items: &mut Vec<String>) {
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for case in &report.cases {
        for warning in &case.warnings {
            let entry = format!("<b>{}</b> {}", escaped(&case.name), escaped(&warning.message));
            kinds.entry(&warning.kind).or_default().push(entry);
        }
    }
    for (kind, entries) in kinds {
        let cases = plural(entries.len(), "case", "cases");
        let words = match kind {
            "geometry" => format!("Truth and prediction do not lie in the same place in {cases}"),
            "same_file" => format!("Truth and prediction are the same file in {cases}"),
            "unlisted_labels" => format!("Labels that were not asked for, and are not counted, in {cases}"),
            "absent_labels" => format!("Labels that were asked for are in neither file of {cases}"),
            "many_labels" => format!("Unusually many labels in {cases}"),
            "no_common_label" => format!("Truth and prediction share no label in {cases}"),
            "by_value" => format!("Segments were compared by their values in {cases}"),
            "undeclared_values" => format!("Values that no segment declares in {cases}"),
            "not_masks" => format!("Files among masks that are none, and are not counted, in {cases}"),
            "unlisted_masks" => format!("Masks that were not asked for, and are not counted, in {cases}"),
            "no_mask" => format!("Masks that only one side has in {cases}"),
            "reordered" => format!("The same points in another order, compared point by point, in {cases}"),
            "padded" => format!("Boxes of one lattice, background outside of them, in {cases}"),
            "nothing_shared" => format!("Truth and prediction have no voxel in common in {cases}"),
            other => format!("Warnings ({}) in {cases}", escaped(other)),
        };
        // A label that some cases do not have is what `undefined` is there for.
        let weight = match kind {
            "absent_labels" => Weight::Note,
            kind if is_note(kind) => Weight::Note,
            "geometry" if report.apart().next().is_some() => Weight::Bad,
            _ => Weight::Warning,
        };
        items.push(item(weight, &words, &entries));
    }
}

fn undefined(report: &Report, items: &mut Vec<String>) {
    let score = ranking(&report.scoring.scores);
    let (undefined, all) = report.undefined(score);
    if undefined == 0 {
        return;
    }
    let classes = report.classes.iter().enumerate().filter_map(|(place, class)| {
        let found = report.distribution(score, place);
        let cases = plural(found.undefined, "case", "cases");
        (found.undefined > 0).then(|| format!("<b>{}</b> in {cases}", escaped(class.display())))
    });
    let title = escaped(&score.title());
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
