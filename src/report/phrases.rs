//! Phrases that several reports share.

use crate::Empty;
use crate::eval::{Like, Pool, Summary};

/// The policy in words.
pub fn empty_rule(summary: &Summary<'_>) -> String {
    let scoring = &summary.scoring;
    // Whose lesions were asked for may have brought the convention with it.
    let preset = summary.evaluation.rules.instances.as_ref().and_then(|search| search.preset).map(Like::Lesions);
    let as_asked = |like| match preset.filter(|preset| preset.convention() == Some(like)) {
        Some(preset) => preset,
        None => Like::Convention(like),
    };
    let like = scoring.convention.map_or(String::new(), |like| format!(" (--like {})", as_asked(like)));
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

/// What gives a distance to what is [`uncharged`].
pub const CHARGING: &str = "eval --missed gives one";

/// Which distances no mean has although one side has voxels: a mean that is better for what was missed misleads.
pub fn uncharged(summary: &Summary<'_>) -> Option<String> {
    let mut alike: Vec<((usize, usize), Vec<String>)> = Vec::new();
    for &score in &summary.scoring.scores {
        let found = summary.uncharged(score);
        match alike.iter_mut().find(|(same, _)| *same == found) {
            _ if found == (0, 0) => {}
            Some((_, scores)) => scores.push(summary.title(score)),
            None => alike.push((found, vec![summary.title(score)])),
        }
    }
    let sentence = |((missed, invented), scores): &((usize, usize), Vec<String>)| {
        let of = [(missed, "missed"), (invented, "invented")].into_iter().filter(|(n, _)| **n > 0);
        let of: Vec<String> = of.map(|(n, what)| format!("{what} ({n})")).collect();
        let (have, are) = if scores.len() == 1 { ("has", "is") } else { ("have", "are") };
        format!("{} {have} no value, and {are} in no mean, where a class was {}", scores.join(", "), of.join(" or "))
    };
    let sentences: Vec<String> = alike.iter().map(sentence).collect();
    (!alike.is_empty()).then(|| sentences.join("; "))
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
