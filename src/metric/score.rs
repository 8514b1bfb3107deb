//! Overlap scores of soft volumes, and their derivatives.

use super::choices::{Denominator, Smooth};
use super::generalized::GeneralizedWeights;
use super::moments::Moments;
use super::overlap::Empty;
use crate::stats::Partials;

/// An overlap score. With intersection I, sizes P and T (Σp and Σt, or the powers of the denominator), fp = P − I and
/// fn = T − I, smoothing a above and b below:
///
/// | | formula | source |
/// |---|---|---|
/// | `Dice` | (2I + a) / (P + T + b) | Dice 1945, Sørensen 1948 |
/// | `Jaccard` | (2I + a) / (2(P + T − I) + b) | Jaccard 1901, smoothing as in MONAI |
/// | `Tversky` | (2I + a) / (2(I + α·fp + β·fn) + b) | Tversky 1977, Salehi 2017 |
/// | `Generalized` | (2 Σ w·I + a) / (Σ w·(P + T) + b) over the channels of the group | Sudre 2017 |
///
/// Range 0 to 1 for values within \[0, 1\] and a ≤ b, all plain sums or squares. Where both numerator and denominator
/// are 0 the score is undefined, and [`Empty`] decides.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Overlap {
    /// Dice coefficient.
    #[default]
    Dice,
    /// Intersection over union.
    Jaccard,
    /// Tversky index.
    Tversky(Tversky),
    /// Generalized Dice: one score of all the channels of a group, each weighted by the size of its truth.
    Generalized(GeneralizedWeights),
}

/// The weights of the Tversky index.
///
/// ½, ½ is Dice; 1, 1 is Jaccard. MONAI, SMP and Keras have the same letters; Abraham & Khan 2018 exchange them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tversky {
    /// Weight of the false positives, ≥ 0.
    pub alpha: f64,
    /// Weight of the false negatives, ≥ 0; α + β > 0.
    pub beta: f64,
}

impl Default for Tversky {
    fn default() -> Self {
        Self { alpha: 0.5, beta: 0.5 }
    }
}

/// What a score is read with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub soft_label: bool,
    pub denominator: Denominator,
    pub smooth: Smooth,
    pub floor: f64,
    pub hits_floor: f64,
    pub empty: Empty,
}

/// A score and its derivatives with respect to the moments of each member of the group; `None` where it is undefined.
pub(super) type Scored = Option<(f64, Vec<Partials>)>;

/// The weight of I, P and T in the denominator.
fn denominator_of(overlap: Overlap) -> [f64; 3] {
    match overlap {
        Overlap::Dice | Overlap::Generalized(_) => [0.0, 1.0, 1.0],
        Overlap::Jaccard => [-2.0, 2.0, 2.0],
        Overlap::Tversky(Tversky { alpha, beta }) => [2.0 - 2.0 * alpha - 2.0 * beta, 2.0 * alpha, 2.0 * beta],
    }
}

impl Overlap {
    /// As results call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dice => "dice",
            Self::Jaccard => "jaccard",
            Self::Tversky(_) => "tversky",
            Self::Generalized(_) => "generalized-dice",
        }
    }

    /// The score of a group whose members carry a weight each: one member of weight 1 for all but generalized Dice.
    pub(super) fn score(self, members: &[(f64, Moments)], with: &Reading) -> Scored {
        let [of_i, of_p, of_t] = denominator_of(self);
        let (mut above, mut below) = (with.smooth.numerator, with.smooth.denominator);
        for (weight, m) in members {
            let i = intersection(m, with);
            let raised = if is_raised(i, with) { with.hits_floor } else { i };
            above += weight * 2.0 * raised;
            below += weight * (of_i * i + 2.0 * (raised - i) + of_p * m.pred_power + of_t * m.truth_power);
        }
        if above == 0.0 && below == 0.0 && with.floor == 0.0 {
            let value = with.empty.value();
            return (!value.is_nan()).then(|| (value, vec![Partials::default(); members.len()]));
        }
        // Without a floor a denominator may be negative: log-probabilities are.
        let floored = with.floor > 0.0 && below < with.floor;
        let (moves, below) = if floored { (0.0, with.floor) } else { (1.0, below) };
        let score = above / below;
        let partials = members.iter().map(|(weight, m)| {
            // Of a raised intersection only fp and fn move.
            let hits = if is_raised(intersection(m, with), with) { 0.0 } else { 2.0 };
            let by_i = weight * (hits - score * (of_i + hits - 2.0) * moves) / below;
            let by_p = -weight * score * of_p * moves / below;
            partials_of(by_i, by_p, with)
        });
        Some((score, partials.collect()))
    }
}

/// Without a floor an intersection may be negative: of log-probabilities it is.
fn is_raised(intersection: f64, with: &Reading) -> bool {
    with.hits_floor > 0.0 && intersection < with.hits_floor
}

pub(super) fn intersection(m: &Moments, with: &Reading) -> f64 {
    if with.soft_label { (m.pred + m.truth - m.abs_difference) / 2.0 } else { m.product }
}

pub(super) fn partials_of(by_i: f64, by_p: f64, with: &Reading) -> Partials {
    let mut partials = Partials::default();
    if with.soft_label {
        partials.pred += by_i / 2.0;
        partials.abs_difference -= by_i / 2.0;
    } else {
        partials.product += by_i;
    }
    if with.denominator.exponent() == 1.0 {
        partials.pred += by_p;
    } else {
        partials.pred_power += by_p;
    }
    partials
}
