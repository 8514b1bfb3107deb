//! The ends of an interval among resampled means.

use super::bca;
use super::observed::Observed;
use super::options::{CompareOptions, IntervalKind};
use crate::metric::cohort::between_shares;
use crate::metric::{Bootstrap, Interval};

/// The level of the interval that is held against a margin: two one-sided tests of 5 %.
pub(super) const INNER: f64 = 0.9;

/// What of an interval depends on the choices and on the number of drawn units alone: many intervals share it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub units: usize,
    kind: IntervalKind,
    level: f64,
    /// The share of resampled means outside at either end.
    outside: f64,
    /// The same of the interval for a margin, where there is one.
    inner: Option<f64>,
}

impl Ends {
    /// None where nothing is resampled, or there is not enough to resample.
    pub fn of(options: &CompareOptions, units: usize) -> Option<Self> {
        let bootstrap = options.bootstrap.filter(|_| units > 1 && options.interval != IntervalKind::T)?;
        let share = |level: f64| match options.interval {
            IntervalKind::Expanded => {
                let own = Bootstrap::new(bootstrap.resamples(), level, bootstrap.seed());
                own.map_or(f64::NAN, |own| own.share_outside(units))
            }
            _ => (1.0 - level) / 2.0,
        };
        let level = bootstrap.level();
        let inner = options.margin.map(|_| share(INNER));
        Some(Self { units, kind: options.interval, level, outside: share(level), inner })
    }

    /// The interval of these means.
    pub fn interval(&self, means: &[f64], observed: &Observed<'_>) -> Option<Interval> {
        self.at(means, observed, self.outside, self.level)
    }

    /// The one for a margin.
    pub fn inner(&self, means: &[f64], observed: &Observed<'_>) -> Option<Interval> {
        self.at(means, observed, self.inner?, INNER)
    }

    fn at(&self, means: &[f64], observed: &Observed<'_>, outside: f64, level: f64) -> Option<Interval> {
        match self.kind {
            IntervalKind::Bca => between_shares(means, bca::shares(means, observed, level)?),
            _ => between_shares(means, [outside; 2]),
        }
    }
}
