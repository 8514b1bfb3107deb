//! The differences of two models, case by case.

use super::Better;
use super::walsh::pairwise_median;
use crate::metric::mean_of_all;
use std::collections::BTreeMap;

/// The differences a − b of two models over the cases that both have a score for.
///
/// As doubles, 0.9 − 0.8 and 0.3 − 0.2 are not equal. So up to [`Differences::tau`] a difference counts as none, and
/// neighbours that lie no farther apart as tied.
///
/// ```
/// use voxdice::metric::compare::{Better, Differences};
/// let found = Differences::of(&[0.9, 0.5, 0.7, f64::NAN], &[0.8, 0.6, 0.7, 0.1]);
/// assert_eq!(found.values().len(), 3);
/// assert!(found.mean().abs() < 1e-16 && found.median().abs() < 1e-16);
/// let record = found.record(Better::Higher);
/// assert_eq!((record.wins, record.ties, record.losses), (1, 1, 1));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Differences {
    values: Vec<f64>,
    tau: f64,
}

/// In how many cases a model is better than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Cases in which the first model is better.
    pub wins: usize,
    /// Cases in which the two are equal.
    pub ties: usize,
    /// Cases in which the second one is.
    pub losses: usize,
}

impl Differences {
    /// Of the scores of two models, case by case. Cases without a finite score on either side are left out, and values
    /// beyond the shorter list are ignored.
    pub fn of(a: &[f64], b: &[f64]) -> Self {
        let both = || a.iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite());
        Self { values: both().map(|(a, b)| a - b).collect(), tau: tau(both().flat_map(|(a, b)| [*a, *b])) }
    }

    /// Differences that were computed elsewhere; those up to `tau` count as 0. Those that are not finite are left out.
    pub fn new(values: &[f64], tau: f64) -> Self {
        Self { values: values.iter().copied().filter(|value| value.is_finite()).collect(), tau }
    }

    /// Case by case.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// 2^-48 · max(1, the largest score): many times what rounding makes of decimals, and far below what scores differ
    /// by.
    pub fn tau(&self) -> f64 {
        self.tau
    }

    /// NaN of nothing.
    pub fn mean(&self) -> f64 {
        mean_of_all(&self.values)
    }

    /// NaN of nothing.
    pub fn median(&self) -> f64 {
        median(&self.values)
    }

    /// Of the sample, with n − 1; NaN below two.
    pub fn sd(&self) -> f64 {
        sd(&self.values)
    }

    /// The median of the means of all pairs of differences, each with itself too (Hodges & Lehmann 1963); NaN of
    /// nothing.
    pub fn hodges_lehmann(&self) -> f64 {
        pairwise_median(&self.values)
    }

    /// Whether they differ from each other by more than rounding.
    pub(super) fn vary(&self) -> bool {
        vary(&self.values, self.tau)
    }

    /// Wins, ties and losses of the first model.
    pub fn record(&self, better: Better) -> Record {
        let count = |is: &dyn Fn(f64) -> bool| self.values.iter().filter(|&&d| is(better.gain(d))).count();
        Record {
            wins: count(&|d| d > self.tau),
            ties: count(&|d| d.abs() <= self.tau),
            losses: count(&|d| d < -self.tau),
        }
    }

    /// The means of groups, in the order of the groups' numbers; `groups` has one per difference.
    pub fn group_means(&self, groups: &[usize]) -> Self {
        Self { values: group_means(&self.values, groups), tau: self.tau }
    }

    /// The sums of groups.
    pub fn group_sums(&self, groups: &[usize]) -> Self {
        let sums = by_group(&self.values, groups).into_iter().map(|values| values.iter().sum());
        Self { values: sums.collect(), tau: self.tau }
    }
}

/// The means of groups, in the order of the groups' numbers; `groups` has one per value.
pub(super) fn group_means(values: &[f64], groups: &[usize]) -> Vec<f64> {
    by_group(values, groups).iter().map(|values| mean_of_all(values)).collect()
}

fn by_group(values: &[f64], groups: &[usize]) -> Vec<Vec<f64>> {
    let mut of_group = BTreeMap::<usize, Vec<f64>>::new();
    for (&value, &group) in values.iter().zip(groups) {
        of_group.entry(group).or_default().push(value);
    }
    of_group.into_values().collect()
}

/// Up to where numbers of this size count as equal.
pub(super) fn tau(scores: impl Iterator<Item = f64>) -> f64 {
    2f64.powi(-48) * scores.fold(1.0, |most: f64, score| most.max(score.abs()))
}

/// Whether any two values differ, each of which may be off by `tau`.
pub(super) fn vary(values: &[f64], tau: f64) -> bool {
    let ends = |(low, high): (f64, f64), value: &f64| (low.min(*value), high.max(*value));
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    // Halves, as the whole may be beyond what is finite.
    high / 2.0 - low / 2.0 > tau
}

/// The standard deviation with n − 1, added up in the order of the cases: of the negative values it is the same to the
/// bit. NaN below two.
pub(super) fn sd(values: &[f64]) -> f64 {
    let mean = mean_of_all(values);
    let squares: Vec<f64> = values.iter().map(|value| (value - mean) * (value - mean)).collect();
    if values.len() < 2 { f64::NAN } else { (squares.iter().sum::<f64>() / (values.len() - 1) as f64).sqrt() }
}

/// The middle, or the mean of the two in the middle: unlike an interpolation, of the negative values the negative to
/// the bit.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n => f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]),
    }
}
