//! The order of several models.

use super::Better;
use super::difference::median;
use super::options::{CompareOptions, RankBy};
use super::pair::Pair;
use super::rank::{competition_ranks, kendall_tau_b};
use super::stability::Stability;
use crate::metric::{mean_of_all, mean_of_defined};

/// The order of the models by one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// What it is made by.
    pub by: RankBy,
    /// What is ranked: means, medians, mean ranks, or how many others are beaten.
    pub values: Vec<f64>,
    /// 1 is best; ties share the best place.
    pub ranks: Vec<usize>,
    /// Every way to rank that could be taken here, with its values and ranks.
    pub all: Vec<(RankBy, Vec<f64>, Vec<usize>)>,
    /// How far each two of them agree, Kendall's τ_b; None where one has ties alone.
    pub agreement: Vec<(RankBy, RankBy, Option<f64>)>,
    /// The cases without which another model has the best mean.
    pub left_out: Vec<LeftOut>,
    /// The best and the worst rank that the tests allow each model. The best is one more than the number of models that
    /// beat it; the worst is the number of models minus those it beats.
    pub by_tests: Option<Vec<[usize; 2]>>,
    /// How the order varies with the cases; None for what is not resampled.
    pub stability: Option<Stability>,
}

/// A case that decides about the first place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The place of the case.
    pub case: usize,
    /// The model that is first without it.
    pub first: Vec<usize>,
}

impl Ranking {
    /// Of complete scores and of ranks within cases, both model by model.
    pub(super) fn of(complete: &[Vec<f64>], within: &[Vec<f64>], cases: &[usize], better: Better, by: RankBy) -> Self {
        let means: Vec<f64> = complete.iter().map(|own| mean_of_all(own)).collect();
        let medians: Vec<f64> = complete.iter().map(|own| median(own)).collect();
        let mean_ranks: Vec<f64> = within.iter().map(|own| mean_of_defined(own)).collect();
        let left_out = left_out(complete, cases, better);
        let ranked = |by, values: Vec<f64>, better| {
            let ranks = competition_ranks(&values, better);
            (by, values, ranks)
        };
        let all = vec![
            ranked(RankBy::Mean, means, better),
            ranked(RankBy::Median, medians, better),
            ranked(RankBy::RankMean, mean_ranks, Better::Lower),
        ];
        let mut ranking = Self {
            by,
            values: vec![f64::NAN; complete.len()],
            ranks: Vec::new(),
            all,
            agreement: Vec::new(),
            left_out,
            by_tests: None,
            stability: None,
        };
        ranking.settle();
        ranking
    }

    /// Adds the ranking by tests, where every model was tested with every other.
    pub(super) fn add_tests(&mut self, pairs: &[Pair], better: Better, options: &CompareOptions) {
        let models = self.values.len();
        if options.tests_all(models) {
            let (mut beats, mut beaten) = (vec![0; models], vec![0; models]);
            for pair in pairs {
                let (winner, loser) = match pair.significant(better, options.alpha) {
                    gain if gain > 0.0 => (pair.a, pair.b),
                    gain if gain < 0.0 => (pair.b, pair.a),
                    _ => continue,
                };
                beats[winner] += 1;
                beaten[loser] += 1;
            }
            self.by_tests = Some(beats.iter().zip(&beaten).map(|(&own, &by)| [1 + by, models - own]).collect());
            let values: Vec<f64> = beats.iter().map(|&own| own as f64).collect();
            let ranks = competition_ranks(&values, Better::Higher);
            self.all.push((RankBy::Test, values, ranks));
        }
        self.settle();
    }

    /// Takes the chosen ranking from all, and compares them.
    fn settle(&mut self) {
        if let Some((_, values, ranks)) = self.all.iter().find(|(by, ..)| *by == self.by) {
            (self.values, self.ranks) = (values.clone(), ranks.clone());
        }
        self.agreement.clear();
        for (place, (by, _, ranks)) in self.all.iter().enumerate() {
            let later = self.all[place + 1..].iter();
            self.agreement.extend(later.map(|(other, _, others)| (*by, *other, kendall_tau_b(ranks, others))));
        }
    }

    /// The models in the first place.
    pub fn first(&self) -> Vec<usize> {
        first(&self.ranks)
    }
}

fn first(ranks: &[usize]) -> Vec<usize> {
    (0..ranks.len()).filter(|&model| ranks[model] == 1).collect()
}

/// The cases without which others have the best mean.
fn left_out(complete: &[Vec<f64>], cases: &[usize], better: Better) -> Vec<LeftOut> {
    let n = cases.len();
    if n < 2 {
        return Vec::new();
    }
    let sums: Vec<f64> = complete.iter().map(|own| mean_of_all(own) * n as f64).collect();
    let winners = first(&competition_ranks(&sums.iter().map(|sum| sum / n as f64).collect::<Vec<_>>(), better));
    let without = |place: usize| -> Vec<usize> {
        let means: Vec<f64> = sums.iter().zip(complete).map(|(sum, own)| (sum - own[place]) / (n - 1) as f64).collect();
        first(&competition_ranks(&means, better))
    };
    let all = cases.iter().enumerate().map(|(place, &case)| LeftOut { case, first: without(place) });
    all.filter(|found| found.first != winners).collect()
}
