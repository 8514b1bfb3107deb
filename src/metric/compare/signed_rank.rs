//! Wilcoxon's signed-rank test.
//!
//! We have our own test because statistics crates have the normal approximation, or an exact table that ignores ties.
//! Scores of segmentations usually have ties and zeros, and few cases. So p is counted over all signs of the tied
//! ranks.

use super::rank::{Ranked, average_ranks};
use crate::error::named;
use crate::metric::cohort::quantiles::normal;

/// What is done with cases in which both models are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Zeros {
    /// They are left out (Wilcoxon 1945; scipy's `wilcox`).
    #[default]
    Drop,
    /// They take the lowest ranks, which are then left out (Pratt 1959).
    Pratt,
    /// They take the lowest ranks, half of which count for either side (scipy's `zsplit`).
    Split,
}

named!(Zeros, "zeros" { Drop = "drop", Pratt = "pratt", Split = "split" });

/// How a p value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Over all patterns of signs.
    Exact,
    /// By the normal distribution.
    Asymptotic,
    /// Over as many random patterns of signs.
    MonteCarlo {
        /// How many.
        draws: u32,
    },
}

/// p values of a test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PValues {
    /// That the two models differ.
    pub two_sided: f64,
    /// That the first one has larger scores.
    pub greater: f64,
    /// That the first one has smaller scores.
    pub less: f64,
}

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRank {
    /// The sum of the ranks of positive differences.
    pub r_plus: f64,
    /// The sum of the ranks of negative differences.
    pub r_minus: f64,
    /// Differences that are not 0.
    pub nonzero: usize,
    /// Differences that are.
    pub zeros: usize,
    /// Whether any of the others are tied.
    pub ties: bool,
    /// How p was found.
    pub method: Method,
    /// NaN without any difference; 1 where all are 0.
    pub p: PValues,
    /// Mean and variance of `r_plus` if all signs are equally likely.
    moments: [f64; 2],
}

/// The most differences whose signs are counted; beyond, p of the normal approximation is off by a thousandth at 0.05.
const MOST_COUNTED: usize = 200;

/// Wilcoxon's signed-rank test of differences, two-sided and one-sided. Up to `tau` a difference is 0, and sizes that
/// lie no farther apart are tied, and share their mean rank.
///
/// Up to 200 differences that are not 0, p is exact and conditional on the ties: the share of the 2^m patterns of signs
/// whose sum of ranks lies as far out, the smaller tail doubled. Beyond, it is normal, with the variance corrected for
/// ties and without a correction for continuity (as in scipy, unlike in R: [`SignedRank::asymptotic`]).
///
/// ```
/// use voxdice::metric::compare::{Zeros, wilcoxon};
/// let found = wilcoxon(&[0.1, 0.2, 0.3, 0.4, 0.5], 0.0, Zeros::Drop);
/// assert_eq!((found.r_plus, found.r_minus, found.p.two_sided), (15.0, 0.0, 2.0 / 32.0));
/// assert_eq!(wilcoxon(&[0.0, 0.0], 0.0, Zeros::Drop).p.two_sided, 1.0);
/// ```
pub fn wilcoxon(differences: &[f64], tau: f64, zeros: Zeros) -> SignedRank {
    let finite = differences.iter().copied().filter(|d| d.is_finite());
    let (none, some): (Vec<f64>, Vec<f64>) = finite.partition(|d| d.abs() <= tau);
    let (m, z) = (some.len() as f64, none.len() as f64);
    let sizes: Vec<f64> = some.iter().map(|d| d.abs()).collect();
    let Ranked { mut ranks, tied } = average_ranks(&sizes, tau);
    if zeros != Zeros::Drop {
        ranks.iter_mut().for_each(|rank| *rank += z);
    }
    let halves = if zeros == Zeros::Split { z * (z + 1.0) / 4.0 } else { 0.0 };
    let side = |is: fn(&f64) -> bool| -> f64 {
        let own = some.iter().zip(&ranks).filter(|(d, _)| is(d));
        own.map(|(_, rank)| rank).sum::<f64>() + halves
    };
    let (r_plus, r_minus) = (side(|d| *d > 0.0), side(|d| *d < 0.0));
    // Of the ranks from 1 to n, and their squares.
    let sums = |n: f64| [n * (n + 1.0) / 2.0, n * (n + 1.0) * (2.0 * n + 1.0) / 6.0];
    let correction: f64 = tied.iter().map(|&t| (t as f64).powi(3) - t as f64).sum();
    let ([sum, squares], of_zeros) = match zeros {
        Zeros::Drop => (sums(m), [0.0; 2]),
        Zeros::Pratt => (sums(m + z), sums(z)),
        Zeros::Split => (sums(m + z), [0.0, (z.powi(3) - z) / 12.0]),
    };
    let moments = [(sum - of_zeros[0]) / 2.0, (squares - of_zeros[1] - correction / 12.0) / 4.0];
    let mut found = SignedRank {
        r_plus,
        r_minus,
        nonzero: some.len(),
        zeros: none.len(),
        ties: tied.iter().any(|&t| t > 1),
        method: Method::Exact,
        p: PValues { two_sided: 1.0, greater: 1.0, less: 1.0 },
        moments,
    };
    if some.len() + none.len() == 0 {
        found.p = PValues { two_sided: f64::NAN, greater: f64::NAN, less: f64::NAN };
    } else if some.len() > MOST_COUNTED {
        found.method = Method::Asymptotic;
        found.p = found.asymptotic(Continuity::Uncorrected).unwrap_or(found.p);
    } else if !some.is_empty() {
        found.p = counted(&ranks, [r_plus - halves, r_minus - halves]);
    }
    found
}

/// Whether the normal approximation makes up for the steps of a sum of ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Continuity {
    /// As scipy, unless it is asked to.
    #[default]
    Uncorrected,
    /// By half a step, as R.
    Corrected,
}

impl SignedRank {
    /// The smaller sum of ranks, W.
    pub fn statistic(&self) -> f64 {
        self.r_plus.min(self.r_minus)
    }

    /// (R⁺ − R⁻) / (R⁺ + R⁻), from −1 to 1; NaN without ranks.
    pub fn rank_biserial(&self) -> f64 {
        (self.r_plus - self.r_minus) / (self.r_plus + self.r_minus)
    }

    /// R⁺ in standard deviations from its mean; None where nothing varies.
    pub fn z(&self) -> Option<f64> {
        let [mean, variance] = self.moments;
        (variance > 0.0).then(|| (self.r_plus - mean) / variance.sqrt())
    }

    /// p by the normal distribution, for any number of differences; `None` where nothing varies.
    pub fn asymptotic(&self, continuity: Continuity) -> Option<PValues> {
        let z = self.z()?;
        let half = match continuity {
            Continuity::Uncorrected => 0.0,
            Continuity::Corrected => 0.5 / self.moments[1].sqrt(),
        };
        let sign = if z == 0.0 { 0.0 } else { z.signum() };
        Some(PValues {
            two_sided: (2.0 * normal(-(z - sign * half).abs())).min(1.0),
            greater: normal(-(z - half)),
            less: normal(z + half),
        })
    }
}

/// p over all signs that the ranks can have.
fn counted(ranks: &[f64], [r_plus, r_minus]: [f64; 2]) -> PValues {
    // Mean ranks are halves: in whole steps, and without ties in steps of one rank, which are half as many.
    let step = if ranks.iter().all(|rank| rank.fract() == 0.0) { 1.0 } else { 2.0 };
    let steps: Vec<usize> = ranks.iter().map(|rank| (rank * step) as usize).collect();
    let smaller = (r_plus.min(r_minus) * step) as usize;
    // Shares of the patterns by their sum. One more rank either adds its steps or does not.
    let mut shares = vec![0.0; smaller + 1];
    shares[0] = 1.0;
    let mut highest = 0;
    let mut scratch = shares.clone();
    for &own in &steps {
        highest = (highest + own).min(smaller);
        scratch[..=highest].copy_from_slice(&shares[..=highest]);
        shares[..=highest].iter_mut().for_each(|share| *share *= 0.5);
        if own <= highest {
            let raised = shares[own..=highest].iter_mut().zip(&scratch);
            raised.for_each(|(share, below)| *share += 0.5 * below);
        }
    }
    let below: f64 = shares[..smaller].iter().sum();
    let tail = below + shares[smaller];
    // The larger tail holds what is not farther out on the other side.
    let [small, large] = [tail.min(1.0), 1.0 - below];
    let (greater, less) = if r_plus < r_minus { (large, small) } else { (small, large) };
    let (greater, less) = if r_plus == r_minus { (small, small) } else { (greater, less) };
    PValues { two_sided: (2.0 * small).min(1.0), greater, less }
}
