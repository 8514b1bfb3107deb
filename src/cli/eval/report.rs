//! What a run found: cases, classes and what was wrong, and the numbers that every form of output is made of.

use super::case::{Case, Prediction};
use super::class::Class;
use super::intervals::{FEW_CASES, Intervals};
use super::like::Means;
use super::pipeline::Failure;
use super::score::Score;
use super::settings::{MissingRule, Rules, Scoring, Wanted};
use super::shard::Shard;
use super::verify::Verification;
use crate::Description;
use crate::cli::args::backend_name;
use crate::io::Gap;
use crate::metric::mean_of_defined;
use crate::metric::{Average, CountMetric, Distribution, GeneralizedWeights, Interval, average, generalized_dice};
use crate::stats::{Counts, Merge};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;

/// Everything a run found.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Report {
    pub cases: Vec<Case>,
    /// The classes of every case, in the same order.
    pub classes: Vec<Class>,
    pub failures: Vec<Failure>,
    pub missing: Vec<Unpaired>,
    pub extra: Vec<Unpaired>,
    pub origin: Origin,
    pub rules: Rules,
    pub scoring: Scoring,
    /// Made when the first form of output asks for one.
    intervals: OnceLock<Vec<(Score, Intervals)>>,
}

/// A case that only one side has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Unpaired {
    pub case: String,
    pub file: PathBuf,
}

/// Where the cases came from and where they were counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Origin {
    pub kind: Kind,
    pub missing: MissingRule,
    pub shard: Option<Shard>,
    pub backend: String,
    pub device: String,
    pub reason: String,
}

/// One pair of files, or folders of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Kind {
    Pair,
    Folders,
}

impl Origin {
    pub fn of(kind: Kind, missing: MissingRule, shard: Option<Shard>, device: Description) -> Self {
        let Description { backend, device, reason } = device;
        Self { kind, missing, shard, backend: backend_name(backend).into(), device, reason: reason.into() }
    }
}

impl Report {
    pub fn new(mut cases: Vec<Case>, rules: Rules, scoring: Scoring, origin: Origin) -> Self {
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        let classes = match &rules.wanted {
            Wanted::Named { classes, .. } => classes.clone(),
            Wanted::Found => found(&cases),
        };
        for case in &mut cases {
            complete(case, &classes);
        }
        Self {
            cases,
            classes,
            failures: Vec::new(),
            missing: Vec::new(),
            extra: Vec::new(),
            origin,
            rules,
            scoring,
            intervals: OnceLock::new(),
        }
    }

    /// Everything that makes the exit code 1.
    pub fn has_findings(&self) -> bool {
        let unpaired = !self.missing.is_empty() || !self.extra.is_empty();
        let apart = self.apart().next().is_some();
        apart || !self.failures.is_empty() || (unpaired && self.origin.missing == MissingRule::Error)
    }

    /// The cases whose two grids truly differ, and by how much.
    pub fn apart(&self) -> impl Iterator<Item = (&Case, Gap)> {
        let gaps = self.cases.iter().filter_map(|case| Some((case, case.gap?)));
        gaps.filter(|(_, gap)| gap.is_apart())
    }

    /// The first failed verification, else the first one.
    pub fn verification(&self) -> Option<&Verification> {
        let all = || self.cases.iter().filter_map(|case| case.verification.as_ref());
        all().find(|v| v.difference.is_some()).or_else(|| all().next())
    }

    /// The score of a class in a case; NaN where it is undefined.
    pub fn score(&self, score: Score, case: &Case, counts: &Counts) -> f64 {
        score.of(counts, self.scoring.policy, case.voxel_ml())
    }

    /// The scores of a class, case by case.
    pub fn scores_of_class(&self, score: Score, class: usize) -> Vec<f64> {
        let of = |case: &Case| case.counts.get(class).map_or(f64::NAN, |(_, counts)| self.score(score, case, counts));
        self.cases.iter().map(of).collect()
    }

    /// How a class does over the cases.
    pub fn distribution(&self, score: Score, class: usize) -> Distribution {
        Distribution::of(&self.scores_of_class(score, class))
    }

    /// The confidence interval of a class's mean over the cases.
    pub fn interval(&self, score: Score, class: usize) -> Option<Interval> {
        self.intervals(score)?.classes.get(class).copied().flatten()
    }

    /// All intervals of one of the scores that are shown; none where there are to be none.
    fn intervals(&self, score: Score) -> Option<&Intervals> {
        let bootstrap = self.scoring.bootstrap?;
        let all = || self.scoring.scores.iter().map(|&score| (score, Intervals::of(self, score, bootstrap))).collect();
        self.intervals.get_or_init(all).iter().find(|(of, _)| *of == score).map(|(_, intervals)| intervals)
    }

    /// Whether intervals are shown that few cases make a little too narrow.
    pub fn has_narrow_intervals(&self) -> bool {
        self.scoring.bootstrap.is_some() && (2..FEW_CASES).contains(&self.cases.len())
    }

    /// The mean over the classes but the background of a case's scores, of those that are defined.
    pub fn mean_of_case(&self, score: Score, case: &Case) -> f64 {
        let foreground = case.counts.iter().filter(|(class, _)| !class.is_background());
        mean_of_defined(&foreground.map(|(_, counts)| self.score(score, case, counts)).collect::<Vec<_>>())
    }

    /// The mean of each case.
    pub fn over_cases(&self, score: Score) -> Distribution {
        Distribution::of(&self.case_means(score))
    }

    /// The confidence interval of their mean.
    pub fn interval_over_cases(&self, score: Score) -> Option<Interval> {
        self.intervals(score)?.cases
    }

    /// The mean of each case over its classes.
    pub(super) fn case_means(&self, score: Score) -> Vec<f64> {
        self.cases.iter().map(|case| self.mean_of_case(score, case)).collect()
    }

    /// The one number for the whole run: over the cases of each class and then over the classes, or the other way round.
    pub fn mean(&self, score: Score) -> f64 {
        match self.scoring.means {
            Means::ClassesOfCases => mean_of_defined(&self.class_means(score)),
            Means::CasesOfClasses => self.over_cases(score).mean,
        }
    }

    /// The confidence interval of [`Report::mean`]: the mean of each class again in every draw, or the mean of the cases.
    pub fn interval_of_mean(&self, score: Score) -> Option<Interval> {
        self.intervals(score)?.mean
    }

    /// The mean over cases of each class but the background.
    pub fn class_means(&self, score: Score) -> Vec<f64> {
        self.foreground().map(|class| self.distribution(score, class).mean).collect()
    }

    /// The score of all voxels of all cases and classes pooled, and the mean of the classes weighed by the size of
    /// their truth. None for volumes, which are no ratios.
    pub fn pooled(&self, score: Score) -> Option<(f64, f64)> {
        let Score::Metric(metric) = score else { return None };
        let classes: Vec<Counts> = self.foreground().filter_map(|class| self.pooled_class(class)).collect();
        let of = |how| average(metric, &classes, how, self.scoring.policy.both);
        Some((of(Average::Micro), of(Average::Weighted)))
    }

    /// The score of a class's voxels of all cases pooled.
    pub fn pooled_of_class(&self, score: Score, class: usize) -> Option<f64> {
        match score {
            Score::Metric(metric) => Some(self.scoring.policy.score(metric, &self.pooled_class(class)?)),
            _ => None,
        }
    }

    fn pooled_class(&self, class: usize) -> Option<Counts> {
        let mut sum = Counts::default();
        for (_, counts) in self.cases.iter().filter_map(|case| case.counts.get(class)) {
            // Beyond 2^64 voxels there is no sum to show.
            sum.merge(counts).ok()?;
        }
        Some(sum)
    }

    /// Generalized Dice of a case: its classes weighed by 1/v² of their truth.
    pub fn generalized_dice(&self, case: &Case) -> f64 {
        let foreground = case.counts.iter().filter(|(class, _)| !class.is_background());
        let counts: Vec<Counts> = foreground.map(|(_, counts)| *counts).collect();
        generalized_dice(&counts, GeneralizedWeights::Square, self.scoring.policy.both)
    }

    /// How many scores of a case and class are undefined, of how many.
    pub fn undefined(&self, score: Score) -> (usize, usize) {
        let scores = (0..self.classes.len()).flat_map(|class| self.scores_of_class(score, class));
        (scores.filter(|value| value.is_nan()).count(), self.classes.len() * self.cases.len())
    }

    /// The places of all classes but the background.
    pub fn foreground(&self) -> impl Iterator<Item = usize> {
        self.classes.iter().enumerate().filter(|(_, class)| !class.is_background()).map(|(place, _)| place)
    }

    /// The cases and classes with the lowest values of a score (the highest, where low is good), worst first.
    pub fn worst(&self, score: Score, most: usize) -> Vec<(usize, usize, f64)> {
        let Some(lower_is_better) = score.lower_is_better() else { return Vec::new() };
        let mut all: Vec<(usize, usize, f64)> = Vec::new();
        for class in self.foreground() {
            let values = self.scores_of_class(score, class).into_iter().enumerate();
            all.extend(values.filter(|(_, value)| !value.is_nan()).map(|(case, value)| (case, class, value)));
        }
        let key = |value: f64| if lower_is_better { -value } else { value };
        all.sort_by(|a, b| key(a.2).total_cmp(&key(b.2)).then((a.0, a.1).cmp(&(b.0, b.1))));
        all.truncate(most);
        all
    }
}

/// Every class that any case has: labels in their order, then masks by name. Counts are kept by key, so that a mask named `2`
/// in one case is label 2 of the others.
fn found(cases: &[Case]) -> Vec<Class> {
    let all = cases.iter().flat_map(|case| &case.counts).map(|(class, _)| class);
    let sorted: BTreeMap<(bool, Vec<u32>, &str), &Class> =
        all.map(|class| ((class.labels.is_empty(), class.labels.clone(), class.key.as_str()), class)).collect();
    let mut keys = BTreeSet::new();
    sorted.into_values().filter(|class| keys.insert(class.key.as_str())).cloned().collect()
}

/// Gives a case counts of every class, in their order: of those that it does not have there are no voxels.
fn complete(case: &mut Case, classes: &[Class]) {
    let mut own: BTreeMap<String, Counts> =
        std::mem::take(&mut case.counts).into_iter().map(|(class, counts)| (class.key, counts)).collect();
    let none = Counts::new(0, 0, 0, case.voxels).unwrap_or_default();
    case.counts = classes.iter().map(|class| (class.clone(), own.remove(&class.key).unwrap_or(none))).collect();
}

impl Case {
    /// Whether its prediction was there.
    pub fn is_predicted(&self) -> bool {
        self.prediction == Prediction::Read
    }
}

/// The score that worst cases are ranked by.
pub(super) fn ranking(scores: &[Score]) -> Score {
    let ranks = |score: &&Score| score.lower_is_better().is_some();
    scores.iter().find(ranks).copied().unwrap_or(Score::Metric(CountMetric::Dice))
}
