//! Phrases that several reports share.

use crate::Empty;
use crate::eval::{Like, Pool, Summary};
use crate::metric::TruthEmpty;

/// The policy in words.
pub fn empty_rule(summary: &Summary<'_>) -> String {
    let scoring = &summary.scoring;
    // Whose lesions were asked for may have brought the convention with it.
    let preset = summary.evaluation.rules.instances.as_ref().and_then(|search| search.preset).map(Like::Lesions);
    let as_asked = |like| match preset.filter(|preset| preset.convention() == Some(like)) {
        Some(preset) => preset,
        None => Like::Convention(like),
    };
    let like = |own| format!(" (--like {})", as_asked(own));
    // A choice may have gone before that of the convention.
    let from = match scoring.convention {
        Some(own) if own.empty() == scoring.empty.both => like(own),
        None if scoring.empty.both == Empty::Nan => String::new(),
        _ => format!(" (--empty {})", scoring.empty.both),
    };
    let both = match scoring.empty.both {
        Empty::Nan => format!("a label in neither file is undefined (-){from}"),
        rule => format!("a label in neither file scores {}{from}", rule.value()),
    };
    match scoring.convention.filter(|_| scoring.empty.truth == TruthEmpty::Nan) {
        Some(own) => format!("{both}, scores of counts of one in the prediction alone are undefined (-){}", like(own)),
        None => both,
    }
}

/// A share of 1 in percent, without what doubles leave of it: 0.57 times 100 is not 57.
pub fn percent(share: f64) -> String {
    ((1e8 * share).round() / 1e6).to_string()
}

/// The confidence of intervals, such as `95% CI`.
pub fn level_of(level: f64) -> String {
    format!("{}% CI", percent(level))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_has_the_digits_that_were_asked_for() {
        assert_eq!([0.57, 0.95, 0.999, 0.99999].map(percent), ["57", "95", "99.9", "99.999"]);
        assert_eq!(level_of(0.57), "57% CI");
    }
}
