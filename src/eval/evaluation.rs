//! What a run found: cases, classes and what was wrong. Exact counts, and no score.

use super::case::CaseResult;
use super::class::Class;
use super::error::EvalError;
use super::instances::{self, InstanceSearch};
use super::pairing::{Kind, Source};
use super::passed_over::PassedOver;
use super::rules::{ClassSource, MissingRule, Rules};
use super::shard::Shard;
use super::verify::Verification;
use crate::Description;
use crate::io::Gap;
use crate::metric::Metric;
use crate::stats::Counts;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Everything a run found.
#[derive(Debug)]
pub struct Evaluation {
    /// Sorted by name.
    pub cases: Vec<CaseResult>,
    /// The classes of every case, in the same order.
    pub classes: Vec<Class>,
    /// Cases that could not be evaluated.
    pub failures: Vec<Failure>,
    /// Truths without a prediction.
    pub missing: Vec<Unpaired>,
    /// Predictions without a truth.
    pub extra: Vec<Unpaired>,
    /// Pictures beside volumes, which were not looked at.
    pub passed_over: Vec<PassedOver>,
    /// Where all this comes from.
    pub provenance: Provenance,
    /// What was counted.
    pub rules: Rules,
    /// Where the voxels of each case are, by its name; not of results that were read back.
    pub(super) sources: BTreeMap<String, [Source; 2]>,
}

/// A case that could not be evaluated.
#[derive(Debug)]
pub struct Failure {
    /// Its name.
    pub case: String,
    /// Why.
    pub error: EvalError,
}

/// A case that only one side has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpaired {
    /// Its name.
    pub case: String,
    /// The side that is there.
    pub file: PathBuf,
}

/// Where the cases came from and where they were counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// A pair, or folders.
    pub kind: Kind,
    /// What was done with cases that only one side has.
    pub missing: MissingRule,
    /// Which part of the cases these are.
    pub shard: Option<Shard>,
    /// `cpu` or `gpu`.
    pub backend: String,
    /// The device in words.
    pub device: String,
    /// Why it was chosen.
    pub reason: String,
}

impl Provenance {
    pub(crate) fn of(kind: Kind, missing: MissingRule, shard: Option<Shard>, device: Description) -> Self {
        let Description { backend, device, reason } = device;
        Self { kind, missing, shard, backend: backend.to_string(), device, reason: reason.into() }
    }
}

impl Evaluation {
    /// Of cases that were counted. Each gets counts of every class.
    pub(crate) fn new(mut cases: Vec<CaseResult>, rules: Rules, provenance: Provenance) -> Self {
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        let classes = match &rules.classes {
            ClassSource::Named { classes, .. } => classes.clone(),
            ClassSource::Found => found(&cases, &rules),
        };
        for case in &mut cases {
            complete(case, &classes, &rules);
        }
        let (failures, missing, extra, passed_over, sources) = Default::default();
        Self { cases, classes, failures, missing, extra, passed_over, provenance, rules, sources }
    }

    /// How many cases there were to evaluate: those of [`cases`](Self::cases), and those that failed or have no prediction.
    pub fn all_cases(&self) -> usize {
        let cases = self.cases.iter().map(|case| &case.name);
        let others =
            self.failures.iter().map(|failure| &failure.case).chain(self.missing.iter().map(|lone| &lone.case));
        cases.chain(others).collect::<BTreeSet<_>>().len()
    }

    /// `9 of 12`, or `12` where all were evaluated.
    pub(crate) fn cases_of_all(&self) -> String {
        self.of_all(self.cases.len())
    }

    /// So many cases, and of how many where it is not all.
    pub(crate) fn of_all(&self, cases: usize) -> String {
        match self.all_cases() {
            all if cases == all => cases.to_string(),
            all => format!("{cases} of {all}"),
        }
    }

    /// Refuses results without a number. For a shard, [`merge`](super::merge) decides, because it sees the others.
    ///
    /// # Errors
    /// [`EvalError::NoneEvaluated`] where every case failed, [`EvalError::NoForeground`] where no class was named and no
    /// case has a label other than 0.
    pub fn check(&self) -> Result<(), EvalError> {
        if self.provenance.shard.is_some() {
            return Ok(());
        }
        let is_named = !self.classes.is_empty() || self.rules.classes != ClassSource::Found;
        match (self.cases.first(), self.failures.first()) {
            (None, Some(Failure { case, error })) => Err(EvalError::NoneEvaluated {
                failures: self.failures.len(),
                case: case.clone(),
                why: error.in_full(),
            }),
            (Some(case), _) if !is_named => {
                Err(EvalError::NoForeground { cases: self.cases.len(), files: [case.truth.clone(), case.pred.clone()] })
            }
            _ => Ok(()),
        }
    }

    /// Whether a case is missing, broken, or on grids that truly differ.
    pub fn has_findings(&self) -> bool {
        let unpaired = !self.missing.is_empty() || !self.extra.is_empty();
        let apart = self.apart().next().is_some();
        apart || !self.failures.is_empty() || (unpaired && self.provenance.missing == MissingRule::Error)
    }

    /// The cases whose two grids truly differ, and by how much.
    pub fn apart(&self) -> impl Iterator<Item = (&CaseResult, Gap)> {
        let gaps = self.cases.iter().filter_map(|case| Some((case, case.gap?)));
        gaps.filter(|(_, gap)| gap.is_apart())
    }

    /// The first failed verification, else the first one.
    pub fn verification(&self) -> Option<&Verification> {
        let all = || self.cases.iter().filter_map(|case| case.verification.as_ref());
        all().find(|v| v.difference.is_some()).or_else(|| all().next())
    }

    /// What a verification compares: counts, and distances and lesions where there are any. Bands along boundaries are those of
    /// the CPU on either side.
    pub fn verified(&self) -> &'static str {
        let is_distance = |metric: &Metric| matches!(metric, Metric::Surface(_));
        match (self.rules.surfaces.metrics.iter().any(is_distance), self.rules.instances.is_some()) {
            (false, false) => "count",
            (true, false) => "count and distance",
            (false, true) => "count and lesion",
            (true, true) => "count, distance and lesion",
        }
    }

    /// Whether the size of every lesion is known in mm³, so that lesions of all cases compare by it; else only voxels do.
    pub fn has_mm3(&self) -> bool {
        let of_cases = self.cases.iter().flat_map(|case| case.instances.values());
        !of_cases.flat_map(|found| &found.rows).any(|row| row.mm3.is_nan())
    }

    /// The places of all classes but the background.
    pub fn foreground(&self) -> impl Iterator<Item = usize> {
        self.classes.iter().enumerate().filter(|(_, class)| !class.is_background()).map(|(place, _)| place)
    }
}

/// Every class that any case has: labels in their order, then masks by name. Counts are kept by key, so that a mask named `2`
/// in one case is label 2 of the others.
/// Where each label is an object, their one class is there even without any.
fn found(cases: &[CaseResult], rules: &Rules) -> Vec<Class> {
    let all = cases.iter().flat_map(|case| &case.counts).map(|(class, _)| class);
    let sorted: BTreeMap<(bool, Vec<u32>, &str), &Class> =
        all.map(|class| ((class.labels.is_empty(), class.labels.clone(), class.key.as_str()), class)).collect();
    let mut keys = BTreeSet::new();
    let mut classes: Vec<Class> =
        sorted.into_values().filter(|class| keys.insert(class.key.as_str())).cloned().collect();
    if classes.is_empty() && !cases.is_empty() && rules.instances.as_ref().is_some_and(InstanceSearch::is_by_labels) {
        classes.push(Class::mask(instances::ALL.into()));
    }
    classes
}

/// Gives a case counts of every class, in their order, and lesions where these are looked for. A class that the case lacks has
/// no voxels.
fn complete(case: &mut CaseResult, classes: &[Class], rules: &Rules) {
    let mut own: BTreeMap<String, Counts> =
        std::mem::take(&mut case.counts).into_iter().map(|(class, counts)| (class.key, counts)).collect();
    let none = Counts::new(0, 0, 0, case.voxels).unwrap_or_default();
    case.counts = classes.iter().map(|class| (class.clone(), own.remove(&class.key).unwrap_or(none))).collect();
    if let Some(search) = &rules.instances {
        for class in classes {
            case.instances.entry(class.key.clone()).or_insert_with(|| search.none(class));
        }
    }
}
