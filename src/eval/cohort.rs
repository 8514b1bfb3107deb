//! The cases of a run before any voxel is read: what there is to count, by which rules, and what only one side has.

use super::case::CaseResult;
use super::chosen::Chosen;
use super::count::Counter;
use super::error::{EvalError, OfFolders, PairingError};
use super::evaluation::{Evaluation, Failure, Provenance, Unpaired};
use super::held::Held;
use super::pairing::{self, Kind, Lone, Pairing};
use super::passed_over::PassedOver;
use super::rules::{MissingRule, Rules};
use super::run::{self, Outcome, RunOptions, Task};
use super::shard::Shard;
use super::sources::{self, Refused};
use super::white;
use crate::Engine;
use crate::text::printable;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The cases of a run.
///
/// Whether labels or names say which voxels are a class is decided here for all cases together, so that each has the
/// classes of the others.
#[derive(Debug)]
pub struct Cohort {
    rules: Rules,
    kind: Kind,
    tasks: Vec<Task>,
    missing: Vec<Unpaired>,
    extra: Vec<Unpaired>,
    refused: Refused,
    missing_rule: MissingRule,
    shard: Option<Shard>,
    passed_over: Vec<PassedOver>,
}

/// Which of the cases take part.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// What is done with cases that only one side has.
    pub missing: MissingRule,
    /// Only this part of the cases.
    pub shard: Option<Shard>,
    /// Only cases of these names. One that a list names and neither side has is listed among the failures.
    pub cases: Option<Chosen>,
}

impl Selection {
    /// Refuses a choice among the cases of two files.
    fn check(&self, pairing: &Pairing) -> Result<(), PairingError> {
        let what = if self.shard.is_some() { OfFolders::Shard } else { OfFolders::Cases };
        match pairing.pairs.first() {
            Some(pair) if pairing.kind == Kind::Pair && (self.shard.is_some() || self.cases.is_some()) => {
                Err(PairingError::NotTwoFolders { what, file: pair.truth.path().into() })
            }
            _ => Ok(()),
        }
    }
}

impl Cohort {
    /// Joins pairs and rules. It reads headers, but no voxels, except those of grey pictures, of which one that is no
    /// mask of 0 and 255 says that 255 is a number in all.
    ///
    /// # Errors
    /// [`MaskError`](super::MaskError) where masks and segments have names that no class has, and what
    /// [`Rules::check`] finds; [`PairingError::NoCaseChosen`] where a choice of cases leaves none, and
    /// [`PairingError::NotTwoFolders`] where cases of two files are chosen.
    pub fn new(mut pairing: Pairing, mut rules: Rules, selection: Selection) -> Result<Self, EvalError> {
        rules.check()?;
        selection.check(&pairing)?;
        let mut refused = sources::settle(&mut pairing, &rules)?;
        let unread = pairing.unread.iter();
        refused.extend(unread.map(|case| (case.name.clone(), pairing::fault(&case.path, rules.pictures))));
        rules.white = white::of_all(&pairing, &rules);
        let Selection { missing: missing_rule, shard, cases } = selection;
        let chosen = match &cases {
            Some(chosen) => {
                let (names, not_there) = among(chosen, &pairing, &refused)?;
                refused.extend(not_there);
                Some(names)
            }
            None => None,
        };
        let is_chosen = |case: &str| chosen.as_ref().is_none_or(|names| names.contains(case));
        let here = |case: &str| is_chosen(case) && shard.is_none_or(|shard| shard.has(case));
        let Pairing { kind, pairs, mut missing, mut extra, passed_over, .. } = pairing;
        missing.retain(|lone| here(&lone.name));
        extra.retain(|lone| here(&lone.name));
        let named = |list: &[Lone]| list.iter().map(unpaired).collect();
        let mut cohort = Self {
            rules,
            kind,
            tasks: pairs.into_iter().filter(|pair| here(&pair.name)).map(Task::Pair).collect(),
            missing: named(&missing),
            extra: named(&extra),
            refused: refused.into_iter().filter(|(name, _)| here(name)).collect(),
            missing_rule,
            shard,
            passed_over,
        };
        if missing_rule == MissingRule::Zero {
            cohort.tasks.extend(missing.into_iter().map(|lone| {
                let expected = lone.expected.clone().unwrap_or_else(|| lone.source.path().into());
                Task::Unpredicted { lone, expected }
            }));
        }
        Ok(cohort)
    }

    /// Counts all cases.
    ///
    /// # Errors
    /// [`EvalError::Cancelled`], and errors of the device. A case that cannot be evaluated is listed in
    /// [`Evaluation::failures`]; where there is only one pair of files, that is the error.
    pub fn run(self, engine: &Engine, options: &RunOptions<'_>) -> Result<Evaluation, EvalError> {
        self.run_beside(Vec::new(), engine, options)
    }

    /// Counts the cases that other processes have not counted by the same rules, and takes over those that they have:
    /// what comes out is what one run would have found. Cases that are not of this cohort are left out.
    ///
    /// # Errors
    /// As [`Cohort::run`].
    pub fn run_beside(
        self,
        counted: Vec<CaseResult>,
        engine: &Engine,
        options: &RunOptions<'_>,
    ) -> Result<Evaluation, EvalError> {
        let counted: BTreeMap<String, CaseResult> = counted.into_iter().map(|case| (case.name.clone(), case)).collect();
        let evaluate = |place: usize, counter: Counter<'_>| {
            let task = &self.tasks[place];
            match counted.get(task.name()) {
                Some(case) => (case.name.clone(), Ok(case.clone())),
                None => run::evaluate(task, None, &self.rules, counter),
            }
        };
        let outcomes = run::run(self.tasks.len(), &evaluate, engine, options)?;
        self.finish(outcomes, engine)
    }

    /// The cases to count, in the order in which they are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tasks.iter().map(Task::name)
    }

    /// Counts the cases of several cohorts, such as those of several models with one truth: case by case, so that
    /// each true map is read once for all of them. The evaluations are those of [`Cohort::run`], in the order of the
    /// cohorts.
    ///
    /// # Errors
    /// As [`Cohort::run`].
    pub fn run_together(
        cohorts: Vec<Self>,
        engine: &Engine,
        options: &RunOptions<'_>,
    ) -> Result<Vec<Evaluation>, EvalError> {
        let mut tasks: Vec<(usize, &Task)> = Vec::new();
        let mut takers: BTreeMap<&Path, usize> = BTreeMap::new();
        for (place, cohort) in cohorts.iter().enumerate() {
            tasks.extend(cohort.tasks.iter().map(|task| (place, task)));
            cohort.tasks.iter().filter_map(Task::truth).for_each(|truth| *takers.entry(truth).or_default() += 1);
        }
        tasks.sort_by(|(one, a), (other, b)| a.name().cmp(b.name()).then(one.cmp(other)));
        let held: BTreeMap<&Path, Held> = takers.into_iter().map(|(truth, takers)| (truth, Held::of(takers))).collect();
        let evaluate = |place: usize, counter: Counter<'_>| {
            let (cohort, task) = tasks[place];
            let held = task.truth().and_then(|truth| held.get(truth));
            run::evaluate(task, held, &cohorts[cohort].rules, counter)
        };
        let outcomes = run::run(tasks.len(), &evaluate, engine, options)?;
        let mut of_cohorts: Vec<Vec<Outcome>> = cohorts.iter().map(|_| Vec::new()).collect();
        for ((cohort, _), outcome) in tasks.into_iter().zip(outcomes) {
            of_cohorts[cohort].push(outcome);
        }
        drop(held);
        cohorts.into_iter().zip(of_cohorts).map(|(cohort, outcomes)| cohort.finish(outcomes, engine)).collect()
    }

    fn finish(self, outcomes: Vec<Outcome>, engine: &Engine) -> Result<Evaluation, EvalError> {
        let (mut cases, mut failures) = (Vec::new(), Vec::new());
        let refused = self.refused.into_iter().map(|(case, error)| (case, Err(error)));
        for (case, outcome) in outcomes.into_iter().chain(refused) {
            match outcome {
                Ok(case) => cases.push(case),
                Err(error) if self.kind == Kind::Pair => return Err(error),
                Err(error) => failures.push(Failure { case, error }),
            }
        }
        let provenance = Provenance::of(self.kind, self.missing_rule, self.shard, engine.describe());
        let mut evaluation = Evaluation::new(cases, self.rules, provenance);
        (evaluation.failures, evaluation.missing, evaluation.extra) = (failures, self.missing, self.extra);
        evaluation.passed_over = self.passed_over;
        evaluation.sources = self.tasks.into_iter().map(Task::into_sources).collect();
        Ok(evaluation)
    }
}

/// The names that are chosen; and those of them that no case has, each with its error.
fn among(chosen: &Chosen, pairing: &Pairing, refused: &Refused) -> Result<(BTreeSet<String>, Refused), PairingError> {
    let lone = pairing.missing.iter().chain(&pairing.extra).map(|lone| &lone.name);
    let all = pairing.pairs.iter().map(|pair| &pair.name).chain(lone).chain(refused.iter().map(|(name, _)| name));
    let all: BTreeSet<String> = all.cloned().collect();
    let mut names: BTreeSet<String> = chosen.among(&all).into_iter().map(str::to_owned).collect();
    if names.is_empty() {
        let first = all.first().cloned().unwrap_or_default();
        return Err(PairingError::NoCaseChosen { cases: all.len(), first });
    }
    let error = |list: &Path| PairingError::NotThere { list: list.into() }.into();
    let unknown = chosen.unknown(&all).into_iter();
    let not_there: Refused = unknown.map(|(name, list)| (printable(name), error(list))).collect();
    names.extend(not_there.iter().map(|(name, _)| name.clone()));
    Ok((names, not_there))
}

fn unpaired(lone: &Lone) -> Unpaired {
    Unpaired { case: lone.name.clone(), file: lone.source.path().into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{Scoring, pair_folders};
    use crate::io::{Geometry, nifti};
    use crate::report::{Facts, json};
    use crate::{Engine, EngineOptions};

    #[test]
    fn cases_that_other_processes_counted_are_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let [truth, pred] = ["truth", "pred"].map(|side| folder.path().join(side));
        for (side, voxels) in [(&truth, [[0u8, 1, 1, 2], [3, 1, 0, 0]]), (&pred, [[0, 1, 2, 2], [0, 1, 1, 0]])] {
            std::fs::create_dir(side).unwrap();
            for (case, voxels) in ["a.nii", "b.nii"].into_iter().zip(voxels) {
                nifti::write(side.join(case), &[2, 2, 1], &Geometry::from_spacing([1.0; 3]), &voxels).unwrap();
            }
        }
        let cohort = |cases: Option<&str>| {
            let cases = cases.map(|cases| cases.parse().unwrap());
            let selection = Selection { cases, ..Selection::default() };
            Cohort::new(pair_folders(&truth, &pred).unwrap(), Rules::default(), selection).unwrap()
        };
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let text = |evaluation: Evaluation| json(&evaluation.summarize(Scoring::default()), &Facts).to_string();
        let whole = text(cohort(None).run(&engine, &RunOptions::default()).unwrap());
        assert_eq!(cohort(None).names().collect::<Vec<_>>(), ["a", "b"]);
        let part = cohort(Some("a")).run(&engine, &RunOptions::default()).unwrap();
        let carried = serde_json::to_string(&part.cases).unwrap();
        let rest = cohort(None);
        // What was counted is not looked at again.
        std::fs::write(truth.join("a.nii"), "gone").unwrap();
        let counted: Vec<CaseResult> = serde_json::from_str(&carried).unwrap();
        assert_eq!(text(rest.run_beside(counted, &engine, &RunOptions::default()).unwrap()), whole);
        // Numbers that cannot be counts do not arrive.
        let impossible = carried.replacen("[1,", "[9,", 1);
        assert_ne!(impossible, carried);
        assert!(serde_json::from_str::<Vec<CaseResult>>(&impossible).is_err());
    }
}
