//! The loss of a group that is made of a score: an overlap, or Matthews' coefficient.

use super::choices::{EmptyTruth, Focus, Form, Smooth, Smoothing};
use super::divisor::{needed, pooled};
use super::group::Member;
use super::loss::{Assessed, Loss, power, power_slope};
use super::moments::{Moments, Statistic};
use super::options::{Kind, LossOptions};
use super::score::{Overlap, Reading, Scored, intersection, partials_of};
use crate::error::Result;
use crate::stats::Partials;
use crate::table::Table;

impl Loss {
    /// The overlap, or Matthews' coefficient, of a group.
    pub(super) fn score_of<S: Statistic>(&self, table: &Table<S>, members: &[Member]) -> Result<Assessed> {
        let options = self.options();
        let sets: Vec<Vec<usize>> = match self.overlap() {
            Some(Overlap::Generalized(_)) => members.iter().map(|member| member.cells.clone()).collect(),
            _ => vec![members.iter().flat_map(|member| member.cells.iter().copied()).collect()],
        };
        let mut moments = Vec::with_capacity(sets.len());
        for set in &sets {
            let m = pooled(table, set)?.moments(options.denominator)?;
            if options.soft_label() {
                needed(m.abs_difference, &m, "the sum of |p - t|")?;
            }
            moments.push(m);
        }
        let truth: Vec<f64> = moments.iter().map(|m| m.truth).collect();
        if options.empty_truth == EmptyTruth::ZeroLoss && truth.iter().all(|&v| v == 0.0) {
            return Ok(Assessed::new(Some(0.0), Vec::new()));
        }
        let Some((score, partials)) = self.scored(&truth, moments, &self.reading(members[0].channel)) else {
            return Ok(Assessed::new(None, Vec::new()));
        };
        let (value, slope) = self.formed(score);
        let mut assessed = Assessed::new(Some(value), sets.into_iter().zip(partials).collect());
        assessed.scale_partials(slope);
        Ok(assessed)
    }

    /// The score of a group of these moments, whose sizes of the truth are `truth`.
    fn scored(&self, truth: &[f64], moments: Vec<Moments>, with: &Reading) -> Scored {
        match self.options().kind {
            Kind::Overlap(overlap) | Kind::Combined { overlap, .. } => {
                let weights = match overlap {
                    Overlap::Generalized(weights) => weights.of(truth),
                    _ => vec![1.0],
                };
                overlap.score(&weights.into_iter().zip(moments).collect::<Vec<_>>(), with)
            }
            Kind::Matthews(matthews) => {
                let m = moments.first()?;
                let Some((score, by_i, by_p)) = matthews.score(m, intersection(m, with), with.smooth) else {
                    let value = with.empty.value();
                    return (!value.is_nan()).then(|| (value, vec![Partials::default()]));
                };
                Some((score, vec![partials_of(by_i, by_p, with)]))
            }
            Kind::Pointwise(_) => None,
        }
    }

    /// The loss of a score, and its derivative.
    fn formed(&self, score: f64) -> (f64, f64) {
        let form = self.options().form;
        if form == Form::NegLog && score < self.options().score_floor {
            return (form.of(self.options().score_floor), 0.0);
        }
        let (value, slope) = (form.of(score), form.derivative(score));
        match self.options().focus {
            Focus::Group(gamma) => (power(value, gamma), power_slope(value, gamma) * slope),
            _ => (value, slope),
        }
    }

    pub(super) fn reading(&self, channel: usize) -> Reading {
        let LossOptions { denominator, floor, hits_floor, empty, .. } = *self.options();
        let smooth = match &self.options().smooth {
            Smoothing::Same(smooth) => *smooth,
            Smoothing::PerChannel(list) => list.get(channel).copied().unwrap_or(Smooth::none()),
        };
        Reading { soft_label: self.options().soft_label(), denominator, smooth, floor, hits_floor, empty }
    }
}
