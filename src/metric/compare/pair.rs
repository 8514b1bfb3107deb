//! Two models, case by case.

use super::Better;
use super::difference::{Differences, Record};
use super::ends::{Ends, INNER};
use super::flips::sign_flip;
use super::observed::Observed;
use super::options::{CompareOptions, IntervalKind, Test};
use super::scores::{ScoreTable, count_units};
use super::signed_rank::{Method, PValues, SignedRank, Zeros, wilcoxon};
use super::student::{PairedT, paired_t, student_interval};
use crate::metric::Interval;

/// The verdict on a pair of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The first model is better.
    Better,
    /// The second one is.
    Worse,
    /// They differ by less than what matters.
    Equivalent,
    /// The first one is not worse by as much as matters.
    NotWorse,
    /// None of this is shown.
    Undecided,
}

/// Which test was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tested {
    /// The signed-rank test.
    SignedRank(Method),
    /// Flipped signs.
    SignFlip(Method),
    /// Student's.
    T,
    /// None.
    Nothing,
}

/// Two models compared. Differences are those of the first less the second.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The place of the first model.
    pub a: usize,
    /// The place of the second one.
    pub b: usize,
    /// Cases that count.
    pub n: usize,
    /// Groups of cases among them, where cases are grouped.
    pub groups: Option<usize>,
    /// The mean difference; NaN without cases.
    pub mean: f64,
    /// The interval of the mean difference.
    pub interval: Option<Interval>,
    /// The median difference.
    pub median: f64,
    /// The standard deviation of the differences, with n − 1.
    pub sd: f64,
    /// The median of the means of all pairs of differences.
    pub hodges_lehmann: f64,
    /// In how many cases the first model is better.
    pub record: Record,
    /// The signed-rank test, of the means of groups where there are any.
    pub ranks: SignedRank,
    /// The t test; None where nothing varies.
    pub t: Option<PairedT>,
    /// The share of resamples in which the first model is better, ties half.
    pub first_is_better: Option<f64>,
    /// The test that was chosen.
    pub tested: Tested,
    /// Its p values; NaN without cases, or without a test.
    pub p: PValues,
    /// Adjusted, of two sides.
    pub p_adjusted: f64,
    /// Tests that were adjusted together.
    pub family: usize,
    /// The least p that the test could have found.
    pub least_p: f64,
    /// Whether mean and ranks point to different models. Then [`Pair::p_of_mean`] is there.
    pub signs_differ: bool,
    /// p by flipped signs, which tests the mean.
    pub p_of_mean: Option<f64>,
    /// Where a margin is given: p of the two tests that the difference is smaller, by Student's distribution.
    pub p_equivalent: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// The mean difference if what is undefined in some models only were 1, for scores where more is better.
    pub mean_with_ones: Option<f64>,
    /// The 90 % interval, for the margin.
    inner: Option<Interval>,
    /// The mean that the t test is of: of groups, where there are any.
    mean_of_units: f64,
    /// Up to where differences are none.
    tau: f64,
}

/// The means of resamples.
#[derive(Debug, Clone, Copy)]
pub(super) enum Resampled<'a> {
    /// Of two models that are defined in the same cases.
    Means([&'a [f64]; 2]),
    /// Of their differences.
    Differences(&'a [f64]),
}

/// Patterns of signs for the test of the mean beside another test, where they cannot all be counted.
const DRAWS: u32 = 10_000;

impl Pair {
    /// Of these cases.
    pub(super) fn of(
        table: &ScoreTable,
        [a, b]: [usize; 2],
        cases: &[usize],
        groups: Option<&[usize]>,
        (resampled, ends): (Option<Resampled<'_>>, Option<Ends>),
        options: &CompareOptions,
    ) -> Self {
        let scores = |model: usize| -> Vec<f64> { cases.iter().map(|&case| table.scores[model][case]).collect() };
        let differences = Differences::of(&scores(a), &scores(b));
        let units = count_units(cases, groups);
        let own: Option<Vec<usize>> = groups.map(|groups| cases.iter().map(|&case| groups[case]).collect());
        let [of_means, of_sums] = match &own {
            Some(groups) => [differences.group_means(groups), differences.group_sums(groups)],
            None => [differences.clone(), differences.clone()],
        };
        let tau = differences.tau();
        let zeros = if let Test::Wilcoxon(zeros) = options.test { zeros } else { Zeros::Drop };
        let ranks = wilcoxon(of_means.values(), tau, zeros);
        let t = paired_t(of_means.values(), tau);
        let resampled: Option<Vec<f64>> = resampled.filter(|_| units > 0).map(|resampled| match resampled {
            Resampled::Means([a, b]) => a.iter().zip(b).map(|(a, b)| a - b).collect(),
            Resampled::Differences(found) => found.to_vec(),
        });
        let mean = differences.mean();
        let (interval, inner) = if options.interval == IntervalKind::T {
            let own = |level| student_interval(of_means.values(), tau, level);
            (own(options.level()), own(INNER))
        } else {
            let observed = Observed { values: differences.values(), groups: own.as_deref(), mean, tau };
            let ends = ends.filter(|ends| ends.units == units).or_else(|| Ends::of(options, units));
            let found = ends.zip(resampled.as_deref());
            (
                found.and_then(|(ends, means)| ends.interval(means, &observed)),
                found.and_then(|(ends, means)| ends.inner(means, &observed)),
            )
        };
        let nan = PValues { two_sided: f64::NAN, greater: f64::NAN, less: f64::NAN };
        let (tested, p, least_p) = match options.test {
            Test::Wilcoxon(_) => (Tested::SignedRank(ranks.method), ranks.p, least(ranks.nonzero, ranks.method)),
            Test::SignFlip { draws } => {
                let found = sign_flip(of_sums.values(), tau, draws, options.seed);
                let nonzero = of_sums.values().iter().filter(|d| d.abs() > tau).count();
                (Tested::SignFlip(found.method), found.p, least(nonzero, found.method))
            }
            Test::T if of_means.vary() => (Tested::T, t.map_or(nan, |t| t.p), 0.0),
            Test::T => (Tested::T, of_constant(&of_means), 0.0),
            Test::None => (Tested::Nothing, nan, 0.0),
        };
        let signs_differ = mean.abs() > tau && mean * (ranks.r_plus - ranks.r_minus) < 0.0;
        let p_of_mean = signs_differ.then(|| sign_flip(of_sums.values(), tau, DRAWS, options.seed).p.two_sided);
        // A resample without a value has no winner.
        let share = |means: &Vec<f64>| {
            let defined: Vec<f64> = means.iter().copied().filter(|mean| !mean.is_nan()).collect();
            let halves: u64 = defined.iter().map(|&d| half_wins(table.better.gain(d), tau)).sum();
            (!defined.is_empty()).then(|| halves as f64 / (2 * defined.len()) as f64)
        };
        Self {
            a,
            b,
            n: differences.values().len(),
            groups: groups.map(|_| units),
            mean,
            interval,
            median: differences.median(),
            sd: differences.sd(),
            hodges_lehmann: differences.hodges_lehmann(),
            record: differences.record(table.better),
            ranks,
            first_is_better: resampled.as_ref().and_then(share),
            tested,
            p,
            p_adjusted: f64::NAN,
            family: 0,
            least_p,
            signs_differ,
            p_of_mean,
            p_equivalent: options.margin.and_then(|margin| Some(t?.equivalence(margin))),
            verdict: Verdict::Undecided,
            mean_with_ones: with_ones(table, [a, b], &[]),
            inner,
            mean_of_units: of_means.mean(),
            tau,
            t,
        }
    }

    /// Takes the adjusted p of a family, and decides.
    pub(super) fn adjust(&mut self, p: f64, family: usize, better: Better, options: &CompareOptions) {
        (self.p_adjusted, self.family) = (p, family);
        self.verdict = match options.margin {
            Some(margin) => self.within(margin, better),
            None => self.tested(better, options.alpha),
        };
    }

    /// By intervals: within the margin, beyond 0, or not below the margin.
    fn within(&self, margin: f64, better: Better) -> Verdict {
        let gains = |found: Interval| {
            let (one, other) = (better.gain(found.low), better.gain(found.high));
            (one.min(other), one.max(other))
        };
        let (Some((low, high)), Some((least, most))) = (self.inner.map(gains), self.interval.map(gains)) else {
            return Verdict::Undecided;
        };
        match () {
            () if -margin < low && high < margin => Verdict::Equivalent,
            () if least > 0.0 => Verdict::Better,
            () if most < 0.0 => Verdict::Worse,
            () if low > -margin => Verdict::NotWorse,
            () => Verdict::Undecided,
        }
    }

    /// By the test, or without one by the interval: for the model that it favours, unless the mean is for the other.
    fn tested(&self, better: Better, alpha: f64) -> Verdict {
        let favoured = match self.tested {
            Tested::Nothing if self.interval.is_some_and(|found| found.low > 0.0 || found.high < 0.0) => {
                better.gain(self.mean)
            }
            _ => self.significant(better, alpha),
        };
        let against_mean = self.mean.abs() > self.tau && better.gain(self.mean) * favoured < 0.0;
        match favoured {
            _ if against_mean => Verdict::Undecided,
            gain if gain > 0.0 => Verdict::Better,
            gain if gain < 0.0 => Verdict::Worse,
            _ => Verdict::Undecided,
        }
    }

    /// The direction of what p is of: ranks, the mean of groups, or the mean of cases.
    fn direction(&self) -> f64 {
        match self.tested {
            Tested::SignedRank(_) => self.ranks.r_plus - self.ranks.r_minus,
            Tested::T => self.mean_of_units,
            _ => self.mean,
        }
    }

    /// Which model the test favours, positive for the first, if p is small enough.
    pub(crate) fn significant(&self, better: Better, alpha: f64) -> f64 {
        if self.p_adjusted <= alpha { better.gain(self.direction()) } else { 0.0 }
    }

    /// Takes cases out of [`Pair::mean_with_ones`] that lack a result, which is no undefined score.
    #[cfg(feature = "eval")]
    pub(super) fn leave_out(&mut self, table: &ScoreTable, cases: &[usize]) {
        self.mean_with_ones = with_ones(table, [self.a, self.b], cases);
    }
}

const ONE: PValues = PValues { two_sided: 1.0, greater: 1.0, less: 1.0 };

/// p of differences that do not vary: 1 where they are 0, and 0 where they are not. NaN for a single one that is not 0, of
/// which nothing more is known, and for none.
fn of_constant(differences: &Differences) -> PValues {
    let mean = differences.mean();
    match differences.values().len() {
        _ if mean.abs() <= differences.tau() => ONE,
        0 | 1 => PValues { two_sided: f64::NAN, greater: f64::NAN, less: f64::NAN },
        _ if mean > 0.0 => PValues { two_sided: 0.0, greater: 0.0, less: 1.0 },
        _ => PValues { two_sided: 0.0, greater: 1.0, less: 0.0 },
    }
}

/// The smallest p of so many differences.
fn least(nonzero: usize, method: Method) -> f64 {
    match method {
        Method::Exact if nonzero == 0 => 1.0,
        Method::Exact => 2f64.powi(1 - nonzero.min(1000) as i32),
        Method::Asymptotic => 0.0,
        Method::MonteCarlo { draws } => 1.0 / (1.0 + f64::from(draws)),
    }
}

/// A win is two halves, a tie one.
fn half_wins(gain: f64, tau: f64) -> u64 {
    if gain > tau { 2 } else { u64::from(gain >= -tau) }
}

/// The mean difference over all cases but these, with 1 for what is undefined.
fn with_ones(table: &ScoreTable, [a, b]: [usize; 2], without: &[usize]) -> Option<f64> {
    let defined = |score: f64| if score.is_finite() { score } else { 1.0 };
    let pairs = || {
        let all = table.scores[a].iter().zip(&table.scores[b]).enumerate();
        all.filter(|(case, _)| !without.contains(case)).map(|(_, both)| both)
    };
    let any = pairs().any(|(a, b)| a.is_finite() != b.is_finite());
    let differences: Vec<f64> = pairs().map(|(&a, &b)| defined(a) - defined(b)).collect();
    (any && table.better == Better::Higher).then(|| crate::metric::mean_of_all(&differences))
}
