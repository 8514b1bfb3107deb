//! The differences of two models, case by case.

use super::Better;
use crate::metric::mean_of_all;

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
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len() as u64;
        let pairs = n * (n + 1) / 2;
        if pairs == 0 {
            return f64::NAN;
        }
        let lower = walsh(&sorted, pairs.div_ceil(2));
        if pairs % 2 == 1 { lower } else { f64::midpoint(lower, walsh(&sorted, pairs / 2 + 1)) }
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
        let of_group = self.by_group(groups);
        Self { values: of_group.iter().map(|values| mean_of_all(values)).collect(), tau: self.tau }
    }

    /// The sums of groups.
    pub fn group_sums(&self, groups: &[usize]) -> Self {
        let sums = self.by_group(groups).into_iter().map(|values| values.iter().sum());
        Self { values: sums.collect(), tau: self.tau }
    }

    fn by_group(&self, groups: &[usize]) -> Vec<Vec<f64>> {
        let mut of_group = std::collections::BTreeMap::<usize, Vec<f64>>::new();
        for (&value, &group) in self.values.iter().zip(groups) {
            of_group.entry(group).or_default().push(value);
        }
        of_group.into_values().collect()
    }
}

/// Up to where numbers of this size count as equal.
pub(super) fn tau(scores: impl Iterator<Item = f64>) -> f64 {
    2f64.powi(-48) * scores.fold(1.0, |most: f64, score| most.max(score.abs()))
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

/// The `place`-th smallest (from 1) of the means of all pairs of sorted values: halved down over the doubles, counting
/// the pairs below, which takes a pass over the values and not over the pairs.
fn walsh(sorted: &[f64], place: u64) -> f64 {
    let at_most = |limit: f64| {
        let (mut count, mut end) = (0, sorted.len());
        for (first, &low) in sorted.iter().enumerate() {
            while end > first && f64::midpoint(low, sorted[end - 1]) > limit {
                end -= 1;
            }
            if end <= first {
                break;
            }
            count += (end - first) as u64;
        }
        count
    };
    let (mut low, mut high) = (ordinal(sorted[0]), ordinal(sorted[sorted.len() - 1]));
    while low < high {
        let middle = low + (high - low) / 2;
        if at_most(number(middle)) >= place { high = middle } else { low = middle + 1 }
    }
    number(low)
}

/// Numbers in their order as whole ones; −0 as 0.
fn ordinal(value: f64) -> i128 {
    let bits = i128::from((value + 0.0).abs().to_bits());
    if value < 0.0 { -bits } else { bits }
}

fn number(ordinal: i128) -> f64 {
    let size = f64::from_bits(ordinal.unsigned_abs() as u64);
    if ordinal < 0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_all_pairs_is_that_of_the_list() {
        for n in 1..40u32 {
            let values: Vec<f64> = (0..n).map(|i| f64::from(i * i * 7919 % 1009) / 1009.0 - 0.4).collect();
            let mut pairs: Vec<f64> = Vec::new();
            for i in 0..values.len() {
                pairs.extend((i..values.len()).map(|j| f64::midpoint(values[i], values[j])));
            }
            let found = Differences::new(&values, 0.0);
            assert_eq!(found.hodges_lehmann(), median(&pairs), "{n}");
            let mirrored = Differences::new(&values.iter().map(|v| -v).collect::<Vec<_>>(), 0.0);
            assert_eq!(mirrored.hodges_lehmann(), -found.hodges_lehmann());
        }
        assert!(Differences::of(&[], &[]).hodges_lehmann().is_nan());
    }
}
