//! The numbers that every report is made of.

use super::case::CaseResult;
use super::class::Class;
use super::convention::Average;
use super::evaluation::Evaluation;
use super::intervals::{FEW_CASES, Intervals};
use super::pairing::Kind;
use super::rules::ClassSource;
use super::score::Score;
use super::scoring::{Pool, Scoring};
use crate::metric::{
    Average as Pooling, Distribution, GeneralizedWeights, Interval, Metric, Needs, Unit, average, generalized_dice,
    mean_of_defined,
};
use crate::stats::{Counts, Merge};
use std::cmp::Ordering;
use std::sync::OnceLock;

/// Worst cases that are listed and shown, unless another number is named.
pub const WORST: usize = 6;

/// The scores of an evaluation, and their means. Reports only read it.
#[derive(Debug)]
pub struct Summary<'a> {
    /// What was found.
    pub evaluation: &'a Evaluation,
    /// How counts become scores.
    pub scoring: Scoring,
    /// Made when the first report asks for one.
    intervals: OnceLock<Vec<(Score, Intervals)>>,
}

impl Evaluation {
    /// Every score and mean. Nothing is read again.
    pub fn summarize(&self, scoring: Scoring) -> Summary<'_> {
        Summary { evaluation: self, scoring, intervals: OnceLock::new() }
    }
}

impl Summary<'_> {
    /// A score as tables name it, with the unit of its definition: some measure distances in voxels.
    pub fn title(&self, score: Score) -> String {
        self.evaluation.rules.title(score)
    }

    /// The score of a class of a case, one of its [counts](CaseResult::counts); NaN where it is undefined.
    pub fn score(&self, score: Score, case: &CaseResult, (class, counts): &(Class, Counts)) -> f64 {
        let rules = &self.evaluation.rules;
        match score.metric.row().needs {
            Needs::Counts | Needs::VoxelSize => score.of(counts, self.scoring.empty, case.voxel_ml()),
            Needs::Surfaces | Needs::Topology => {
                let measured = case.surfaces.get(&class.key);
                rules.surfaces.value(score.metric, measured, counts, self.scoring.empty)
            }
            Needs::Instances => {
                let search = rules.instances.as_ref();
                search.map_or(f64::NAN, |search| search.value(score.metric, class, case.instances.get(&class.key)))
            }
        }
    }

    /// The scores of a class, case by case.
    pub fn scores_of_class(&self, score: Score, class: usize) -> Vec<f64> {
        let of = |case: &CaseResult| case.counts.get(class).map_or(f64::NAN, |counts| self.score(score, case, counts));
        self.evaluation.cases.iter().map(of).collect()
    }

    /// How a class does over the cases.
    pub fn distribution(&self, score: Score, class: usize) -> Distribution {
        let over_cases = Distribution::of(&self.scores_of_class(score, class));
        match self.pooled_lesions(score, class) {
            Some(mean) => Distribution { mean, ..over_cases },
            None => over_cases,
        }
    }

    /// Whether its mean is of all lesions together.
    fn is_pooled(&self, score: Score) -> bool {
        self.scoring.pool == Pool::Lesions && matches!(score.metric, Metric::Lesion(_))
    }

    /// A score of a class's lesions of all cases together, where that is what is shown.
    fn pooled_lesions(&self, score: Score, class: usize) -> Option<f64> {
        let Metric::Lesion(metric) = score.metric else { return None };
        if self.scoring.pool == Pool::Cases {
            return None;
        }
        let (search, class) = (self.evaluation.rules.instances.as_ref()?, self.evaluation.classes.get(class)?);
        let of_cases = self.evaluation.cases.iter().map(|case| case.instances.get(&class.key));
        Some(search.pooled(metric, class, of_cases.flatten()))
    }

    /// The confidence interval of a class's mean over the cases.
    pub fn interval(&self, score: Score, class: usize) -> Option<Interval> {
        self.intervals(score)?.classes.get(class).copied().flatten()
    }

    /// All intervals of one of the scores that are shown; none where there are to be none.
    fn intervals(&self, score: Score) -> Option<&Intervals> {
        let bootstrap = self.scoring.bootstrap.filter(|_| !self.is_pooled(score))?;
        let of = |score: Score| {
            let classes = (0..self.evaluation.classes.len()).map(|class| self.scores_of_class(score, class));
            let columns: Vec<Vec<f64>> = classes.collect();
            let foreground: Vec<usize> = self.evaluation.foreground().collect();
            Intervals::of(&columns, &foreground, &self.case_means(score), self.scoring.average, bootstrap)
        };
        let all = || self.scoring.scores.iter().map(|&score| (score, of(score))).collect();
        self.intervals.get_or_init(all).iter().find(|(of, _)| *of == score).map(|(_, intervals)| intervals)
    }

    /// Whether intervals are shown that few cases make a little too narrow: those that a class is defined in count.
    pub fn has_narrow_intervals(&self) -> bool {
        let few = |found: Distribution| (2..FEW_CASES).contains(&found.defined);
        let classes = 0..self.evaluation.classes.len();
        let any = |&score: &Score| {
            few(self.over_cases(score)) || classes.clone().any(|class| few(self.distribution(score, class)))
        };
        self.scoring.bootstrap.is_some() && self.scoring.scores.iter().any(any)
    }

    /// The mean over the classes but the background of a case's scores, of those that are defined.
    pub fn mean_of_case(&self, score: Score, case: &CaseResult) -> f64 {
        let foreground = case.counts.iter().filter(|(class, _)| !class.is_background());
        mean_of_defined(&foreground.map(|counts| self.score(score, case, counts)).collect::<Vec<_>>())
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
    fn case_means(&self, score: Score) -> Vec<f64> {
        self.evaluation.cases.iter().map(|case| self.mean_of_case(score, case)).collect()
    }

    /// The one number for the whole run: over the cases of each class and then over the classes, or the other way round.
    pub fn mean(&self, score: Score) -> f64 {
        match self.scoring.average {
            _ if self.is_pooled(score) => mean_of_defined(&self.class_means(score)),
            Average::ClassesOfCases => mean_of_defined(&self.class_means(score)),
            Average::CasesOfClasses => self.over_cases(score).mean,
        }
    }

    /// The confidence interval of [`Summary::mean`]: the mean of each class again in every draw, or the mean of the cases.
    pub fn interval_of_mean(&self, score: Score) -> Option<Interval> {
        self.intervals(score)?.mean
    }

    /// The mean over cases of each class but the background.
    pub fn class_means(&self, score: Score) -> Vec<f64> {
        self.evaluation.foreground().map(|class| self.distribution(score, class).mean).collect()
    }

    /// The score of all voxels of all cases and classes pooled, and the mean of the classes weighed by the size of
    /// their truth. `None` for a metric that is not a ratio of counts.
    pub fn pooled(&self, score: Score) -> Option<(f64, f64)> {
        let Metric::Counts(metric) = score.metric else { return None };
        let classes: Vec<Counts> = self.evaluation.foreground().filter_map(|class| self.pooled_class(class)).collect();
        let of = |how| average(metric, &classes, how, self.scoring.empty.both);
        Some((of(Pooling::Micro), of(Pooling::Weighted)))
    }

    /// The score of a class's voxels of all cases pooled.
    pub fn pooled_of_class(&self, score: Score, class: usize) -> Option<f64> {
        match score.metric {
            Metric::Counts(metric) => Some(self.scoring.empty.score(metric, &self.pooled_class(class)?)),
            _ => None,
        }
    }

    fn pooled_class(&self, class: usize) -> Option<Counts> {
        let mut sum = Counts::default();
        for (_, counts) in self.evaluation.cases.iter().filter_map(|case| case.counts.get(class)) {
            // A sum beyond 2^64 voxels cannot be shown.
            sum.merge(counts).ok()?;
        }
        Some(sum)
    }

    /// Generalized Dice of a case: its classes weighed by 1/v² of their truth.
    pub fn generalized_dice(&self, case: &CaseResult) -> f64 {
        let foreground = case.counts.iter().filter(|(class, _)| !class.is_background());
        let counts: Vec<Counts> = foreground.map(|(_, counts)| *counts).collect();
        generalized_dice(&counts, GeneralizedWeights::Square, self.scoring.empty.both)
    }

    /// How many scores of a case and class are undefined, of how many.
    pub fn undefined(&self, score: Score) -> (usize, usize) {
        let scores = (0..self.evaluation.classes.len()).flat_map(|class| self.scores_of_class(score, class));
        (scores.filter(|value| value.is_nan()).count(), self.evaluation.classes.len() * self.evaluation.cases.len())
    }

    /// The classes that were asked for and that no case has a voxel of, where all of several cases are there: of one case a
    /// warning says so.
    pub fn absent_labels(&self) -> Vec<String> {
        let Evaluation { cases, failures, provenance, rules, .. } = self.evaluation;
        if rules.classes == ClassSource::Found || provenance.shard.is_some() || !failures.is_empty() {
            return Vec::new();
        }
        let is_there = |class: usize| {
            let mut counts = cases.iter().filter_map(|case| case.counts.get(class));
            counts.any(|(_, counts)| counts.n_truth() > 0 || counts.n_pred() > 0)
        };
        let absent = self.evaluation.foreground().filter(|&class| cases.len() > 1 && !is_there(class));
        absent.filter_map(|class| Some(self.evaluation.classes.get(class)?.display().to_owned())).collect()
    }

    /// How many undefined distances of a score are of classes that the truth alone has, and that the prediction alone has:
    /// what was missed there, and what was invented, is in no mean.
    pub fn uncharged(&self, score: Score) -> (usize, usize) {
        // A share of a surface is no distance, and has another rule.
        if !matches!(score.metric, Metric::Surface(_)) || score.metric.row().unit != Unit::Mm {
            return (0, 0);
        }
        let mut found = (0, 0);
        for case in &self.evaluation.cases {
            for row in case.counts.iter().filter(|(class, _)| !class.is_background()) {
                let (in_truth, in_pred) = (row.1.n_truth() > 0, row.1.n_pred() > 0);
                if in_truth != in_pred && self.score(score, case, row).is_nan() {
                    found.0 += usize::from(in_truth);
                    found.1 += usize::from(in_pred);
                }
            }
        }
        found
    }

    /// The cases and classes with the lowest values of a score (the highest, where low is good), worst first, of which some
    /// voxels differ. Among equal values those come first that miss the most voxels of the truth. Of folders at most two
    /// classes of a case are listed, so that one bad case does not take all places, and one of a case without prediction, where
    /// all look alike. Each is the place of a case, of a class, and the value.
    pub fn worst(&self, score: Score, most: usize) -> Vec<(usize, usize, f64)> {
        let Some(lower_is_better) = score.lower_is_better() else { return Vec::new() };
        let mut all: Vec<(Badness, usize, usize, f64)> = Vec::new();
        for class in self.evaluation.foreground() {
            for (place, case) in self.evaluation.cases.iter().enumerate() {
                let Some(counts) = case.counts.get(class) else { continue };
                let value = self.score(score, case, counts);
                all.extend(Badness::of(value, lower_is_better, [&counts.1]).map(|bad| (bad, place, class, value)));
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut taken = vec![0; self.evaluation.cases.len()];
        let fits = |&(_, place, _, _): &(Badness, usize, usize, f64)| {
            let of_a_case = match self.evaluation.provenance.kind {
                Kind::Pair => usize::MAX,
                Kind::Folders if !self.evaluation.cases.get(place).is_some_and(CaseResult::is_predicted) => 1,
                Kind::Folders => 2,
            };
            taken.get_mut(place).is_some_and(|taken| {
                *taken += 1;
                *taken <= of_a_case
            })
        };
        all.into_iter().filter(fits).take(most).map(|(_, place, class, value)| (place, class, value)).collect()
    }

    /// The cases with the worst means over their classes, worst first, of which some voxels differ. Among equal means those
    /// come first that miss the most voxels of the truth. Each is the place of a case, and its mean.
    pub fn worst_cases(&self, score: Score, most: usize) -> Vec<(usize, f64)> {
        let Some(lower_is_better) = score.lower_is_better() else { return Vec::new() };
        let mut all: Vec<(Badness, usize, f64)> = Vec::new();
        for (place, case) in self.evaluation.cases.iter().enumerate() {
            let counts = case.counts.iter().filter(|(class, _)| !class.is_background()).map(|(_, counts)| counts);
            let mean = self.mean_of_case(score, case);
            all.extend(Badness::of(mean, lower_is_better, counts).map(|bad| (bad, place, mean)));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(&b.1)));
        all.into_iter().take(most).map(|(_, place, mean)| (place, mean)).collect()
    }

    /// The score that worst cases are ranked by: the first one of which more or less is better.
    pub fn ranking(&self) -> Score {
        let ranks = |score: &&Score| score.lower_is_better().is_some();
        self.scoring.scores.iter().find(ranks).copied().unwrap_or(Score::DICE)
    }
}

/// How bad a value is, the worst first: by the value, by the voxels that are missed, and by those that are invented.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Badness {
    value: f64,
    missed: u64,
    invented: u64,
}

impl Badness {
    /// None where the score is undefined, and where no voxel differs.
    fn of<'a>(value: f64, lower_is_better: bool, counts: impl IntoIterator<Item = &'a Counts>) -> Option<Self> {
        let sum = |(missed, invented): (u64, u64), counts: &Counts| {
            (missed.saturating_add(counts.fn_()), invented.saturating_add(counts.fp()))
        };
        let (missed, invented) = counts.into_iter().fold((0, 0), sum);
        let value = if lower_is_better { -value } else { value };
        (!value.is_nan() && (missed, invented) != (0, 0)).then_some(Self { value, missed, invented })
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let voxels = |bad: &Self| (bad.missed, bad.invented);
        self.value.total_cmp(&other.value).then(voxels(other).cmp(&voxels(self)))
    }
}
