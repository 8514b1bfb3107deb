//! Percentiles of weighted distances.

use super::{Item, Weight};
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result, by_name};
use crate::metric::wrong::wrong;
use std::collections::BTreeMap;

/// Which of n sorted distances, counted from 0, is the quantile q (0 to 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quantile {
    /// The one at (n − 1)·q, interpolated: numpy, MONAI, MetricsReloaded, medpy.
    #[default]
    Linear,
    /// The one at ⌊(n − 1)·q⌋: grand-challenge-metrics.
    Lower,
    /// The one at ⌊n·q + ½⌋ − 1: mikan.
    Round,
    /// The one at ⌊n·q − 1⌋: plastimatch.
    Floor,
    /// The first one up to which the weights add up to q of all weight: DeepMind.
    Cumulative(Weight),
}

impl Quantile {
    /// All of them, the last one of elements that weigh the same.
    pub const ALL: [Self; 5] = [Self::Linear, Self::Lower, Self::Round, Self::Floor, Self::Cumulative(Weight::Count)];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Lower => "lower",
            Self::Round => "round",
            Self::Floor => "floor",
            Self::Cumulative(_) => "cumulative",
        }
    }

    /// Whether weights matter.
    pub fn is_cumulative(self) -> bool {
        matches!(self, Self::Cumulative(_))
    }
}

by_name!(Quantile, "the rule of a percentile");

/// A percentile and its rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentile {
    percent: f64,
    rule: Quantile,
}

pub(super) const MEDIAN: Percentile = Percentile { percent: 50.0, rule: Quantile::Linear };

impl Percentile {
    /// A percentile by any rule.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless it is within 0 to 100.
    pub fn new(percent: f64, rule: Quantile) -> Result<Self> {
        if (0.0..=100.0).contains(&percent) {
            return Ok(Self { percent, rule });
        }
        Err(wrong("a percentile", percent, "within 0 to 100"))
    }

    /// A percentile by [`Quantile::Linear`].
    ///
    /// # Errors
    /// [`Error::Parameter`] unless it is within 0 to 100.
    pub fn linear(percent: f64) -> Result<Self> {
        Self::new(percent, Quantile::Linear)
    }

    pub(super) fn weight(&self) -> Weight {
        if let Quantile::Cumulative(weight) = self.rule { weight } else { Weight::Count }
    }

    /// Of items in ascending order; NaN of none.
    pub(super) fn of(&self, items: &[Item]) -> f64 {
        let n: u64 = items.iter().map(|item| item.count).sum();
        let Some(last) = n.checked_sub(1) else { return f64::NAN };
        let at = |place: f64| {
            // The cast takes what is below 0 as 0.
            let mut before = (place as u64).min(last);
            let found = items.iter().find(|item| {
                let here = before < item.count;
                before = before.saturating_sub(item.count);
                here
            });
            found.map_or(f64::NAN, |item| item.distance)
        };
        let (n, last) = (n as f64, last as f64);
        match self.rule {
            Quantile::Linear => {
                let place = last * self.percent / 100.0;
                let (low, high) = (at(place.floor()), at(place.floor() + 1.0));
                // The difference of two infinite distances is not a number.
                if low == high { low } else { low + (high - low) * (place - place.floor()) }
            }
            Quantile::Lower => at((last * (self.percent / 100.0)).floor()),
            Quantile::Round => at((n * (self.percent / 100.0) + 0.5).floor() - 1.0),
            Quantile::Floor => at((n * self.percent / 100.0 - 1.0).floor()),
            Quantile::Cumulative(_) => {
                let mut all = ByKind::default();
                items.iter().for_each(|item| all.add(item));
                let mut running = ByKind::default();
                let found = items.iter().find(|item| {
                    running.add(item);
                    running.weight() / all.weight() >= self.percent / 100.0
                });
                found.or(items.last()).map_or(f64::NAN, |item| item.distance)
            }
        }
    }
}

/// Elements and area of each kind. Weights that are summed as whole numbers first meet a quantile exactly where all areas are
/// equal.
#[derive(Default)]
struct ByKind(BTreeMap<u8, (u64, f64)>);

impl ByKind {
    fn add(&mut self, item: &Item) {
        self.0.entry(item.kind).or_insert((0, item.area)).0 += item.count;
    }

    fn weight(&self) -> f64 {
        self.0.values().map(|&(count, area)| count as f64 * area).sum()
    }
}
