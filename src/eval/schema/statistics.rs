//! What follows from the scores of all cases. It is computed again where a result is read.

use super::values::Keyed;
use crate::metric::{Distribution, Interval};
use serde::Serialize;

/// A score over cases and classes.
#[derive(Debug, Serialize)]
pub(crate) struct Statistics {
    pub mean: f64,
    pub interval: Option<[f64; 2]>,
    /// Of all voxels pooled.
    pub micro: Option<f64>,
    /// The mean of the classes by the size of their truth.
    pub weighted: Option<f64>,
    pub over_cases: Over,
    pub classes: Keyed<OfClass>,
}

/// How a score lies over the cases.
#[derive(Debug, Serialize)]
pub(crate) struct Over {
    defined: usize,
    undefined: usize,
    mean: f64,
    sd: f64,
    min: f64,
    lower_quartile: f64,
    median: f64,
    upper_quartile: f64,
    max: f64,
    /// The confidence interval of the mean.
    interval: Option<[f64; 2]>,
}

/// The same of one class.
#[derive(Debug, Serialize)]
pub(crate) struct OfClass {
    #[serde(flatten)]
    pub over: Over,
    /// The score of the voxels of all cases.
    pub pooled: Option<f64>,
}

impl Over {
    pub fn of(found: &Distribution, interval: Option<Interval>) -> Self {
        let &Distribution { defined, undefined, mean, sd, min, lower_quartile, median, upper_quartile, max } = found;
        let interval = interval.map(|interval| [interval.low, interval.high]);
        Self { defined, undefined, mean, sd, min, lower_quartile, median, upper_quartile, max, interval }
    }
}
