//! Means of pointwise losses: their sums, and what these are divided by.

use super::choices::{ClassWeights, Denominator, Divisor};
use super::group::Member;
use super::loss::{Assessed, Loss, Tables};
use super::moments::{Moments, Statistic};
use crate::error::{Error, Result};
use crate::pointwise::Pointwise;
use crate::stats::Partials;
use crate::table::Table;

/// Sums of focal factors count as at least this in a divisor, as in SMP.
const LEAST_FACTORS: f64 = 1e-6;

impl Loss {
    /// The mean of a pointwise loss over a group. `channels` take part in the loss; class weights apply if `weigh`.
    pub(super) fn mean<S: Statistic>(
        &self,
        kind: Pointwise,
        tables: &Tables<'_, S>,
        members: &[Member],
        channels: usize,
        weigh: bool,
    ) -> Result<Assessed> {
        let moments = moments_of(tables.sums, members, kind)?;
        let (list, normalise) = match &self.options().weights {
            ClassWeights::Multiply(list) if weigh => (Some(list), false),
            ClassWeights::Normalise(list) if weigh => (Some(list), true),
            _ => (None, false),
        };
        let weight = |i: usize| list.map_or(1.0, |list| list[members[i].channel]);
        let weighted = |f: fn(&Moments) -> f64| (0..members.len()).map(|i| weight(i) * f(&moments[i])).sum::<f64>();
        let elements: f64 = moments.iter().map(|m| m.voxels).sum();
        let divisor = match self.options().divisor {
            Divisor::Usual => match (kind, list) {
                (Pointwise::CrossEntropy, Some(_)) => weighted(|m| m.truth),
                (Pointwise::CrossEntropy, None) => elements / channels as f64,
                _ if normalise => weighted(|m| m.voxels),
                _ => elements,
            },
            Divisor::Voxels => elements / channels as f64,
            Divisor::Truth => weighted(|m| m.truth),
            Divisor::Channels => channels as f64,
            Divisor::Elements | Divisor::ElementsAndFactors => elements,
            Divisor::One | Divisor::Factors => 1.0,
        };
        let (factors, by_factors) = self.factors(tables, members)?;
        let value = weighted(|m| m.pointwise) / (divisor * factors);
        let each = |partial: &dyn Fn(usize) -> f64| {
            let of = |i: usize| Partials { pointwise: partial(i), ..Partials::default() };
            members.iter().enumerate().map(|(i, member)| (member.cells.clone(), of(i))).collect()
        };
        Ok(Assessed {
            value: (divisor != 0.0).then_some(value),
            partials: each(&|i| weight(i) / (divisor * factors)),
            by_factors: if by_factors { each(&|_| -value / factors) } else { Vec::new() },
        })
    }

    /// What the focal factors divide by, and whether that moves with them.
    fn factors<S: Statistic>(&self, tables: &Tables<'_, S>, members: &[Member]) -> Result<(f64, bool)> {
        if !self.options().divisor.has_factors() {
            return Ok((1.0, false));
        }
        let pointwise = self.factor_options().and_then(|options| options.pointwise);
        let (Some(table), Some(kind)) = (tables.factors, pointwise) else {
            return Err(Error::MissingTerm { term: "sums of the focal factors, as Engine::loss makes them".into() });
        };
        let sum: f64 = moments_of(table, members, kind)?.iter().map(|m| m.pointwise).sum();
        Ok(if sum < LEAST_FACTORS { (LEAST_FACTORS, false) } else { (sum, true) })
    }
}

fn moments_of<S: Statistic>(table: &Table<S>, members: &[Member], kind: Pointwise) -> Result<Vec<Moments>> {
    let of = |member: &Member| {
        let m = pooled(table, &member.cells)?.moments(Denominator::Sum)?;
        needed(m.pointwise, &m, &format!("the sum of {kind:?}"))?;
        Ok(m)
    };
    members.iter().map(of).collect()
}

pub(super) fn pooled<S: Statistic>(table: &Table<S>, cells: &[usize]) -> Result<S> {
    let mut sum = table.values()[cells[0]].clone();
    cells[1..].iter().try_for_each(|&cell| sum.pool(&table.values()[cell]))?;
    Ok(sum)
}

/// A NaN beside a finite Σp is a sum that was not requested.
pub(super) fn needed(value: f64, moments: &Moments, term: &str) -> Result<()> {
    if value.is_nan() && !moments.pred.is_nan() {
        return Err(Error::MissingTerm { term: term.to_string() });
    }
    Ok(())
}
