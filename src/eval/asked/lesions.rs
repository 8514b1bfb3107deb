//! Choices about lesions: what they look for, those that contradict each other, and those that would do nothing.

use super::Asked;
use crate::eval::instances::InstanceSearch;
use crate::eval::like::Like;
use crate::eval::named::Called;
use crate::eval::scoring::Scoring;
use crate::metric::instances::{Charge, Criterion, Floor, InstanceRules, Match, Threshold};
use crate::stats::Join;

impl Asked {
    /// What is to be looked for: nothing, where no choice, no preset and no score asks for it.
    pub(super) fn search(&self, scoring: &Scoring, called: Called) -> Result<Option<InstanceSearch>, String> {
        let preset = self.like.and_then(Like::lesions);
        if self.lesions.by.is_none() && preset.is_none() && scoring.lesion_metrics().next().is_none() {
            return self.check_idle(called).map(|()| None);
        }
        let mut choices = self.lesions;
        if self.many_to_one {
            let matching = InstanceSearch { preset, choices, ..InstanceSearch::default() }.rules().matching;
            // Without a choice the best assignment is one to one.
            let is_chosen = choices.matching.is_some() || preset.is_some();
            choices.matching = Some(many_to_one(if is_chosen { matching } else { Match::Greedy }, called)?);
        }
        let (sizes, voxels) = (self.sizes.clone(), self.voxels);
        let search = InstanceSearch { preset, choices, sizes, voxels, ..InstanceSearch::default() };
        check(&search, called)?;
        Ok(Some(search))
    }

    /// Refuses choices about lesions where none are looked for.
    fn check_idle(&self, called: Called) -> Result<(), String> {
        let named = self.lesions.named().into_iter().map(|(name, _)| name);
        let others = [("many_to_one", self.many_to_one), ("size_classes", !self.sizes.is_empty())];
        let others = others.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
        match named.chain(others).next() {
            Some(name) => Err(no_lesions(&called(name, None), called)),
            None => Ok(()),
        }
    }
}

/// The refusal of a choice about lesions where none are looked for.
pub fn no_lesions(choice: &str, called: Called) -> String {
    let by = called("by", Some("components"));
    format!("{choice} is about lesions, and none are looked for; add {by}, or leave it out")
}

/// Several to one, of a way to match that has that.
fn many_to_one(matching: Match, called: Called) -> Result<Match, String> {
    match matching {
        Match::Greedy | Match::GreedyManyToOne => Ok(Match::GreedyManyToOne),
        Match::Any | Match::Merge | Match::MergeBoth => Ok(matching),
        _ => Err(format!(
            "{} does not go with {}; write {}, or leave it out",
            called("many_to_one", None),
            called("match", Some(&matching.to_string())),
            called("match", Some("greedy"))
        )),
    }
}

/// Refuses choices that contradict each other, and those that would do nothing.
fn check(search: &InstanceSearch, called: Called) -> Result<(), String> {
    let (rules, name) = (search.rules(), |name| called(name, None));
    let matching = called("match", Some(&rules.matching.to_string()));
    if search.sizes.iter().any(|mm3| !mm3.is_finite() || *mm3 <= 0.0) || !search.sizes.is_sorted_by(|a, b| a < b) {
        return Err(format!(
            "the bounds of {} must be volumes in mm3 above 0 that ascend, as in 20,100,1000",
            name("size_classes")
        ));
    }
    if search.is_by_labels() {
        check_labels(search, &rules, called)?;
    }
    if search.choices.near.is_some_and(|near| near > 0) && rules.matching != Match::Any {
        let any = called("match", Some("any"));
        return Err(format!("{} goes with {any}, and not with {matching}; leave one of the two out", name("near")));
    }
    if rules.near > 0 && rules.matching == Match::Any && rules.criterion != Criterion::Voxels {
        return Err(format!(
            "{} finds lesions that share no voxel, so that {} would refuse those that share a few; add {}",
            name("near"),
            called("criterion", Some(&rules.criterion.to_string())),
            called("criterion", Some("voxels"))
        ));
    }
    check_threshold(search, &rules, called)?;
    match rules.matching {
        Match::MergeBoth => check_merged(search, &rules, called),
        Match::Nearest => check_nearest(search, called),
        _ => Ok(()),
    }
}

/// Refuses a threshold that would do nothing, and one that nothing reaches.
fn check_threshold(search: &InstanceSearch, rules: &InstanceRules, called: Called) -> Result<(), String> {
    let Some(threshold) = search.choices.threshold else { return Ok(()) };
    if rules.near > 0 && rules.matching == Match::Any && threshold != Threshold::ANY {
        let near = match search.preset.filter(|_| search.choices.near.is_none()) {
            Some(preset) => called("like", Some(preset.name())),
            None => called("near", None),
        };
        return Err(format!(
            "{near} finds lesions that are near, also where they share no voxel, so that {} would do nothing; leave one of \
             the two out",
            called("match_threshold", None)
        ));
    }
    if rules.criterion != Criterion::Voxels && !threshold.passes(1, 1) {
        return Err(format!(
            "{} is never reached: {} is at most 1; write a share, such as 0.5 for 50 %",
            called("match_threshold", Some(&threshold.to_string())),
            rules.criterion.in_words()
        ));
    }
    Ok(())
}

/// Refuses surfaces of lesions that have no counterparts.
pub(super) fn check_pairs(search: &InstanceSearch, called: Called) -> Result<(), String> {
    let matching = search.rules().matching;
    match search.surfaces.metrics.first() {
        Some(metric) if matches!(matching, Match::Nearest | Match::MergeBoth) => Err(format!(
            "{metric} is about pairs of lesions, and {} has none; leave one of the two out",
            called("match", Some(&matching.to_string()))
        )),
        _ => Ok(()),
    }
}

/// Refuses a distance of misses where the mean is that of the lesions that are found.
pub(super) fn check_missed(search: &InstanceSearch, called: Called) -> Result<(), String> {
    match search.preset.filter(|_| search.rules().charge == Charge::Nothing) {
        Some(preset) => Err(format!(
            "{} is the distance of a lesion that is missed, and with {} means are over those that are found; leave it \
             out, or add {}",
            called("missed", None),
            called("like", Some(preset.name())),
            called("charge", Some(&Charge::FalsePositives.to_string()))
        )),
        None => Ok(()),
    }
}

/// What is about components goes nowhere where each label is an object.
fn check_labels(search: &InstanceSearch, rules: &InstanceRules, called: Called) -> Result<(), String> {
    if search.choices.connectivity.is_some() {
        return Err(format!(
            "{} is about components, and here each label is an object; leave it out",
            called("connectivity", None)
        ));
    }
    match search.preset.filter(|_| rules.join != Join::default()) {
        Some(preset) => Err(format!(
            "{} joins components, and {} has none; leave one of the two out, or add {}",
            called("like", Some(preset.name())),
            called("by", Some("labels")),
            called("join", Some("0"))
        )),
        None => Ok(()),
    }
}

/// Refuses what LiTS' way to count does not look at.
fn check_merged(search: &InstanceSearch, rules: &InstanceRules, called: Called) -> Result<(), String> {
    let choices = &search.choices;
    let idle = [
        ("criterion", choices.criterion.is_some(), "compares IoU"),
        ("floor", choices.floor.is_some(), "counts lesions of every size"),
        ("charge", choices.charge.is_some(), "has no mean Dice of lesions"),
    ];
    let matching = called("match", Some("merge-both"));
    if let Some((name, _, why)) = idle.iter().find(|(_, given, _)| *given) {
        return Err(format!("{} does not go with {matching}, which {why}; leave it out", called(name, None)));
    }
    match search.preset.filter(|_| rules.floor != Floor::NONE) {
        Some(preset) => Err(format!(
            "{} does not count small true lesions, and {matching} counts those of every size; leave one of the two out",
            called("like", Some(preset.name()))
        )),
        None => Ok(()),
    }
}

/// Refuses what is about pairs where there are none.
fn check_nearest(search: &InstanceSearch, called: Called) -> Result<(), String> {
    let (choices, matching) = (&search.choices, called("match", Some("nearest")));
    if choices.charge.is_some() {
        return Err(format!(
            "{} does not go with {matching}, where voxels cost and not lesions; leave it out",
            called("charge", None)
        ));
    }
    let compares = [("criterion", choices.criterion.is_some()), ("match_threshold", choices.threshold.is_some())];
    match compares.iter().find(|(_, given)| *given) {
        Some((name, _)) => {
            Err(format!("{} is about pairs of lesions, and {matching} has none; leave it out", called(name, None)))
        }
        None => Ok(()),
    }
}
