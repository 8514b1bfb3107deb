//! The results of shards joined into what one run would have found.

mod foreign;
mod partial;
#[cfg(test)]
mod tests;

pub use partial::Partial;

use super::case::CaseResult;
use super::error::{EvalError, MergeError};
use super::evaluation::{Evaluation, Failure, Provenance, Unpaired};
use super::passed_over::PassedOver;
use super::scoring::{ScoreChoices, Scoring};
use super::shard::Shard;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Joins results and decides how they are scored: as before, except for the choices made here.
///
/// A finding of one result (a case that failed, or that one side lacks) is dropped where another result has the case: so the
/// cases that were mended are evaluated alone, and joined with the rest.
///
/// # Errors
/// [`MergeError`] where the results are not those of one run, each shard once.
pub fn merge(parts: Vec<Partial>, choices: &ScoreChoices) -> Result<(Evaluation, Scoring), EvalError> {
    let Some(first) = parts.first() else { return Err(MergeError::Nothing.into()) };
    let mut same_device = true;
    for part in &parts[1..] {
        if let Some(has) = first.unlike_classes(part) {
            return Err(MergeError::Classes { files: paths([first, part]), has }.into());
        }
        if let Some(what) = first.unlike(part) {
            return Err(MergeError::Counting { files: paths([first, part]), what }.into());
        }
        let device = |part: &Partial| (part.provenance.backend.clone(), part.provenance.device.clone());
        same_device &= device(first) == device(part);
    }
    check_shards(&parts)?;
    check_classes(&parts)?;
    let mut provenance = Provenance { shard: None, ..first.provenance.clone() };
    if !same_device {
        provenance.device = "several devices".into();
    }
    let (rules, scoring) = (first.rules.clone(), choices.over(first.scores.as_ref())?);
    if let Some(score) = scoring.scores.iter().find(|score| !rules.hold(&score.metric)) {
        return Err(MergeError::NotMeasured(score.metric.to_string()).into());
    }
    for part in &parts[1..] {
        if choices.over(part.scores.as_ref())? != scoring {
            return Err(MergeError::Scoring(paths([first, part])).into());
        }
    }
    let mut parts = parts;
    drop_superseded(&mut parts);
    check_cases(&parts)?;
    let (mut cases, mut failures, mut missing, mut extra) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // Of shards, all of which looked through the same folders, each tells the same.
    let mut passed_over: Vec<PassedOver> = Vec::new();
    for part in parts {
        cases.extend(part.cases);
        failures.extend(part.failures);
        missing.extend(part.missing);
        extra.extend(part.extra);
        for fact in part.passed_over {
            if !passed_over.contains(&fact) {
                passed_over.push(fact);
            }
        }
    }
    let known: BTreeSet<&str> = cases.iter().map(|case: &CaseResult| case.name.as_str()).collect();
    let predicted: BTreeSet<&str> =
        cases.iter().filter(|case| case.is_predicted()).map(|case| case.name.as_str()).collect();
    // What another part has found is no finding any more.
    let failures = latest(failures, |failure: &Failure| &failure.case, |case| !known.contains(case));
    let missing = latest(missing, |lone: &Unpaired| &lone.case, |case| !predicted.contains(case));
    let extra = latest(extra, |lone: &Unpaired| &lone.case, |case| !known.contains(case));
    let mut evaluation = Evaluation::new(cases, rules, provenance);
    (evaluation.failures, evaluation.missing, evaluation.extra) = (failures, missing, extra);
    evaluation.passed_over = passed_over;
    Ok((evaluation, scoring))
}

/// A case without prediction that counts as empty gives way to the same case of another part, which has one.
fn drop_superseded(parts: &mut [Partial]) {
    let all = parts.iter().flat_map(|part| &part.cases).filter(|case| case.is_predicted());
    let predicted: BTreeSet<String> = all.map(|case| case.name.clone()).collect();
    for part in parts {
        part.cases.retain(|case| case.is_predicted() || !predicted.contains(&case.name));
    }
}

/// Findings by case, the last one of each that is still there.
fn latest<T>(findings: Vec<T>, case: impl Fn(&T) -> &String, is_left: impl Fn(&str) -> bool) -> Vec<T> {
    let by_case = findings.into_iter().map(|finding| (case(&finding).clone(), finding));
    by_case.filter(|(case, _)| is_left(case)).collect::<BTreeMap<_, _>>().into_values().collect()
}

impl Partial {
    /// The evaluation of this result alone, one of a shard too, and how it was scored but for the choices made here.
    ///
    /// # Errors
    /// [`MergeError`] where the result contradicts itself, and what the choices are refused for.
    pub fn restore(mut self, choices: &ScoreChoices) -> Result<(Evaluation, Scoring), EvalError> {
        let shard = self.provenance.shard.take();
        let (mut evaluation, scoring) = merge(vec![self], choices)?;
        evaluation.provenance.shard = shard;
        Ok((evaluation, scoring))
    }
}

fn paths(parts: [&Partial; 2]) -> [std::path::PathBuf; 2] {
    parts.map(|part| part.path.clone())
}

/// Every case is in one result.
fn check_cases(parts: &[Partial]) -> Result<(), MergeError> {
    let mut owners: BTreeMap<&str, &Path> = BTreeMap::new();
    for part in parts {
        for case in &part.cases {
            if let Some(other) = owners.insert(&case.name, &part.path) {
                let files = [other.into(), part.path.clone()];
                return Err(MergeError::CaseTwice { case: case.name.clone(), files });
            }
        }
    }
    Ok(())
}

/// One key stands for the same labels everywhere, or for a mask.
fn check_classes(parts: &[Partial]) -> Result<(), MergeError> {
    let mut seen: BTreeMap<&str, (&[u32], &Path)> = BTreeMap::new();
    for part in parts {
        let classes = part.cases.iter().flat_map(|case| &case.counts).map(|(class, _)| class);
        for class in classes.filter(|class| !class.labels.is_empty()) {
            let (labels, other) = *seen.entry(&class.key).or_insert((&class.labels, &part.path));
            if labels != class.labels {
                return Err(MergeError::ClassDiffers {
                    key: class.key.clone(),
                    labels: [labels.to_vec(), class.labels.clone()],
                    files: [other.into(), part.path.clone()],
                });
            }
        }
    }
    Ok(())
}

/// Shards without a result that are named.
const LOST: usize = 20;

/// Every shard once, and all of them.
fn check_shards(parts: &[Partial]) -> Result<(), MergeError> {
    let mut seen: BTreeSet<Shard> = BTreeSet::new();
    for part in parts {
        let Some(shard) = part.provenance.shard else { continue };
        if let Some(&other) = seen.iter().find(|other| other.count() != shard.count()) {
            return Err(MergeError::ShardBeside { path: part.path.clone(), shard, other });
        }
        if !seen.insert(shard) {
            return Err(MergeError::ShardTwice { path: part.path.clone(), shard });
        }
    }
    let Some(count) = seen.first().map(|shard| shard.count()) else { return Ok(()) };
    let lost = (1..=count).filter_map(|index| Shard::new(index, count)).filter(|shard| !seen.contains(shard));
    // A damaged file may say that there are billions of shards.
    let first: Vec<Shard> = lost.take(LOST).collect();
    if first.is_empty() {
        return Ok(());
    }
    let others = (count as usize).saturating_sub(seen.len()).saturating_sub(first.len());
    Err(MergeError::ShardsLost { first, others })
}
