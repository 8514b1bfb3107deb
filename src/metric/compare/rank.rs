//! Ranks, and how far two rankings agree.

use super::Better;
use super::difference::tau;

/// Mean ranks from 1 on, and how many values share each.
pub(super) struct Ranked {
    pub ranks: Vec<f64>,
    pub tied: Vec<usize>,
}

/// Runs of places whose values are tied, in rising order: neighbours that lie no farther apart than `tau`.
fn runs(values: &[f64], tau: f64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    order.chunk_by(|&a, &b| (values[b] - values[a]).abs() <= tau).map(<[usize]>::to_vec).collect()
}

/// Ranks in which ties share the mean of their places.
pub(super) fn average_ranks(values: &[f64], tau: f64) -> Ranked {
    let mut ranked = Ranked { ranks: vec![0.0; values.len()], tied: Vec::new() };
    let mut before = 0;
    for run in runs(values, tau) {
        let rank = before as f64 + (run.len() as f64 + 1.0) / 2.0;
        run.iter().for_each(|&place| ranked.ranks[place] = rank);
        ranked.tied.push(run.len());
        before += run.len();
    }
    ranked
}

/// Ranks in which 1 is best and ties share the best of their places: 1, 2, 2, 4. Values are tied where they differ by
/// rounding alone (2^-48 of the largest, or of 1). NaN comes after all others.
///
/// ```
/// use voxdice::metric::compare::{Better, competition_ranks};
/// assert_eq!(competition_ranks(&[0.7, 0.9, 0.7, 0.1], Better::Higher), [2, 1, 2, 4]);
/// assert_eq!(competition_ranks(&[0.7, 0.9, f64::NAN], Better::Lower), [1, 2, 3]);
/// ```
pub fn competition_ranks(values: &[f64], better: Better) -> Vec<usize> {
    let tau = tau(values.iter().copied().filter(|value| value.is_finite()));
    let keys: Vec<f64> = values.iter().map(|&v| if v.is_finite() { -better.gain(v) } else { f64::INFINITY }).collect();
    // Infinities are tied as well, and their difference is not a number.
    let mut ranks = vec![0; values.len()];
    let mut before = 0;
    for run in runs_with_infinity(&keys, tau) {
        run.iter().for_each(|&place| ranks[place] = before + 1);
        before += run.len();
    }
    ranks
}

fn runs_with_infinity(keys: &[f64], tau: f64) -> Vec<Vec<usize>> {
    let (finite, infinite): (Vec<usize>, Vec<usize>) = (0..keys.len()).partition(|&place| keys[place].is_finite());
    let own: Vec<f64> = finite.iter().map(|&place| keys[place]).collect();
    let mut found: Vec<Vec<usize>> =
        runs(&own, tau).iter().map(|run| run.iter().map(|&at| finite[at]).collect()).collect();
    found.extend((!infinite.is_empty()).then_some(infinite));
    found
}

/// The mean ranks of models within a case, 1 is best. Where a score is undefined it takes the mean of the places after
/// all others, as if undefined ones had one common worst value.
pub(super) fn ranks_within(scores: &[f64], better: Better) -> Vec<f64> {
    let tau = tau(scores.iter().copied().filter(|score| score.is_finite()));
    let keys: Vec<f64> = scores.iter().map(|&s| if s.is_finite() { -better.gain(s) } else { f64::INFINITY }).collect();
    let mut ranks = vec![0.0; scores.len()];
    let mut before = 0;
    for run in runs_with_infinity(&keys, tau) {
        let rank = before as f64 + (run.len() as f64 + 1.0) / 2.0;
        run.iter().for_each(|&place| ranks[place] = rank);
        before += run.len();
    }
    ranks
}

/// Kendall's τ_b of two rankings, from −1 (reversed) to 1; None where one of them is all ties, or shorter than two.
///
/// ```
/// use voxdice::metric::compare::kendall_tau_b;
/// assert_eq!(kendall_tau_b(&[1, 2, 3], &[3, 2, 1]), Some(-1.0));
/// assert_eq!(kendall_tau_b(&[1, 1, 1], &[1, 2, 3]), None);
/// ```
pub fn kendall_tau_b(a: &[usize], b: &[usize]) -> Option<f64> {
    let (mut agree, mut differ, mut apart) = (0i64, 0i64, [0i64; 2]);
    for i in 0..a.len().min(b.len()) {
        for j in 0..i {
            let (x, y) = (a[i].cmp(&a[j]), b[i].cmp(&b[j]));
            apart[0] += i64::from(x.is_ne());
            apart[1] += i64::from(y.is_ne());
            agree += i64::from(x.is_ne() && x == y);
            differ += i64::from(x.is_ne() && y.is_ne() && x != y);
        }
    }
    let size = (apart[0] as f64 * apart[1] as f64).sqrt();
    (size > 0.0).then(|| (agree - differ) as f64 / size)
}
