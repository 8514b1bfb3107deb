//! Phrases that several reports share.

use crate::Empty;
use crate::eval::{Pool, Scoring, Summary};

/// The policy in words.
pub fn empty_rule(scoring: &Scoring) -> String {
    let like = scoring.convention.map_or(String::new(), |like| format!(" (--like {like})"));
    match scoring.empty.both {
        Empty::Nan => format!("a label in neither file is undefined (-){like}"),
        rule if like.is_empty() => {
            format!("a label in neither file scores {} (--empty {})", rule.value(), rule)
        }
        rule => format!("a label in neither file scores {}{like}", rule.value()),
    }
}

/// How distances between surfaces are defined, where any are shown.
pub fn surface_definition(summary: &Summary<'_>) -> Option<String> {
    let measured = summary.scoring.surface_metrics().next().is_some();
    measured.then(|| summary.evaluation.rules.surfaces.definition())
}

/// How lesions are defined, where any were looked for.
pub fn lesion_definition(summary: &Summary<'_>) -> Option<String> {
    let pooled =
        if summary.scoring.pool == Pool::Lesions { "; means over the lesions of all cases together" } else { "" };
    summary.evaluation.rules.instances.as_ref().map(|search| search.definition() + pooled)
}

/// Backend and device in words.
pub fn counted_on(summary: &Summary<'_>) -> String {
    let provenance = &summary.evaluation.provenance;
    format!("counted exactly on the {}: {}", provenance.backend.to_uppercase(), provenance.device)
}
