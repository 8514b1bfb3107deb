//! Whether any of several models differs: Friedman's test, and the critical difference of mean ranks.

use super::Better;
use super::difference::tau;
use super::rank::{average_ranks, ranks_within};
use crate::metric::cohort::quantiles::normal;
use statrs::function::beta::checked_beta_reg;
use statrs::function::gamma::checked_gamma_ur;
use std::f64::consts::{PI, SQRT_2};

/// What Friedman's test found.
#[derive(Debug, Clone, PartialEq)]
pub struct Friedman {
    /// Cases that every model has a score for.
    pub cases: usize,
    /// The mean rank of each model over them, 1 is best.
    pub mean_ranks: Vec<f64>,
    /// χ² with k − 1 degrees of freedom, corrected for ties; NaN where all are tied.
    pub statistic: f64,
    /// Its p value.
    pub p: f64,
    /// F of Iman & Davenport 1980, with k − 1 and (k − 1)(N − 1) degrees of freedom; infinite where every case ranks
    /// alike.
    pub f: f64,
    /// Its p value.
    pub p_of_f: f64,
}

/// Friedman's test of the scores of k models (rows) over N cases; None below three models, or two cases that all have a
/// score for.
///
/// ```
/// use voxdice::metric::compare::{Better, friedman};
/// let scores = [[0.9, 0.8, 0.7, 0.9], [0.8, 0.7, 0.6, 0.8], [0.7, 0.9, 0.5, 0.7]];
/// let found = friedman(&scores, Better::Higher).unwrap();
/// assert_eq!(found.mean_ranks, [1.25, 2.25, 2.5]);
/// assert!((found.statistic - 3.5).abs() < 1e-12);
/// ```
pub fn friedman<V: AsRef<[f64]>>(scores: &[V], better: Better) -> Option<Friedman> {
    let models = scores.len();
    let length = scores.iter().map(|row| row.as_ref().len()).min()?;
    let cases = (0..length).map(|case| scores.iter().map(|row| row.as_ref()[case]).collect::<Vec<f64>>());
    let complete: Vec<Vec<f64>> = cases.filter(|case| case.iter().all(|score| score.is_finite())).collect();
    if models < 3 || complete.len() < 2 {
        return None;
    }
    let (k, n) = (models as f64, complete.len() as f64);
    let mut sums = vec![0.0; models];
    let mut tied = 0.0;
    for case in &complete {
        ranks_within(case, better).iter().zip(&mut sums).for_each(|(rank, sum)| *sum += rank);
        let own = average_ranks(case, tau(case.iter().copied())).tied;
        tied += own.iter().map(|&t| (t as f64).powi(3) - t as f64).sum::<f64>();
    }
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    let plain = 12.0 / (k * n * (k + 1.0)) * squares - 3.0 * n * (k + 1.0);
    let share = 1.0 - tied / (n * k * (k * k - 1.0));
    let all_tied = share <= 1e-12;
    let statistic = if all_tied { f64::NAN } else { plain / share };
    let rest = n * (k - 1.0) - statistic;
    let f = if rest <= 1e-12 * n * k { f64::INFINITY } else { (n - 1.0) * statistic / rest };
    let f = if all_tied { f64::NAN } else { f };
    let [above, below] = [k - 1.0, (k - 1.0) * (n - 1.0)];
    let p = checked_gamma_ur((k - 1.0) / 2.0, statistic.max(0.0) / 2.0).unwrap_or(f64::NAN);
    Some(Friedman {
        cases: complete.len(),
        mean_ranks: sums.iter().map(|sum| sum / n).collect(),
        statistic,
        // A statistic of 0 has all of the distribution above it.
        p: if all_tied {
            f64::NAN
        } else if statistic <= 0.0 {
            1.0
        } else {
            p
        },
        f,
        p_of_f: match f {
            f if f.is_nan() => f64::NAN,
            f if f.is_infinite() => 0.0,
            f => checked_beta_reg(below / 2.0, above / 2.0, below / (below + above * f.max(0.0))).unwrap_or(f64::NAN),
        },
    })
}

/// The difference of mean ranks over N cases beyond which two of k models differ at this level (Nemenyi 1963, Demšar
/// 2006); NaN below two models, without cases, or for a level outside (0, 1), and infinite for a level so small that no
/// difference has a p below it in f64.
///
/// Whether two models differ depends on the others here (Benavoli 2016): it is for the diagram, and pairs are judged by
/// the signed-rank test.
///
/// ```
/// use voxdice::metric::compare::critical_difference;
/// // Demšar 2006, table 5: q of 4 models is 2.569.
/// assert!((critical_difference(4, 14, 0.05) - 2.569031772546482 * (4f64 * 5.0 / (6.0 * 14.0)).sqrt()).abs() < 1e-12);
/// ```
pub fn critical_difference(models: usize, cases: usize, alpha: f64) -> f64 {
    if models < 2 || cases == 0 || !(alpha > 0.0 && alpha < 1.0) {
        return f64::NAN;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while studentized_range_above(high, models) > alpha {
        (low, high) = (high, 2.0 * high);
        if high > WIDEST {
            return f64::INFINITY;
        }
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle / SQRT_2 * unit_of_ranks(models, cases);
        }
        if studentized_range_above(middle, models) > alpha { low = middle } else { high = middle }
    }
}

/// p of a difference of two mean ranks among k models over N cases by Nemenyi's test.
pub fn nemenyi_p(difference: f64, models: usize, cases: usize) -> f64 {
    if models < 2 || cases == 0 {
        return f64::NAN;
    }
    studentized_range_above(difference.abs() * SQRT_2 / unit_of_ranks(models, cases), models)
}

/// Beyond this range of standard normal values p does not change any more: what is left of it is rounding.
const WIDEST: f64 = 64.0;

fn unit_of_ranks(models: usize, cases: usize) -> f64 {
    let (k, n) = (models as f64, cases as f64);
    (k * (k + 1.0) / (6.0 * n)).sqrt()
}

/// The share of the range of k standard normal values above q: 1 − k ∫ φ(z) (Φ(z) − Φ(z − q))^(k−1) dz. Our own, as
/// crates of statistics do not have it for infinite degrees of freedom. The sum of steps of an analytic function that
/// falls as fast as φ is right to the last digits.
fn studentized_range_above(q: f64, models: usize) -> f64 {
    const STEP: f64 = 1.0 / 16.0;
    let of = |step: i32| {
        let z = f64::from(step) * STEP;
        (-z * z / 2.0).exp() * (normal(z) - normal(z - q)).powf(models as f64 - 1.0)
    };
    let sum: f64 = (-16 * 9..=16 * 9).map(of).sum();
    (1.0 - models as f64 * sum * STEP / (2.0 * PI).sqrt()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of p for the widest ranges is rounding, which is above a tiny level for some numbers of models, 17 among them.
    #[test]
    fn every_level_has_a_critical_difference() {
        for models in (2..40).chain([1000]) {
            let of = |alpha| critical_difference(models, 10, alpha);
            let levels = [0.5, 0.05, 1e-6, 1e-15, 1e-18, f64::MIN_POSITIVE].map(of);
            assert!(levels.is_sorted() && levels[0] > 0.0, "{models}: {levels:?}");
            assert!(levels[2].is_finite(), "{models}: {levels:?}");
        }
    }

    #[test]
    fn models_beyond_31_bits_are_counted() {
        let [less, more] = [(1 << 31) - 1, 1 << 31].map(|models| critical_difference(models, 10, 0.05));
        assert!((more / less - 1.0).abs() < 1e-6, "{less} {more}");
    }
}
