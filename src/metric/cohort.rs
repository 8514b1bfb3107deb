//! From the scores of cases to those of a cohort: distributions, confidence intervals, averages over classes.

mod average;
mod bootstrap;
mod distribution;
mod mean;
mod policy;
mod quantiles;
mod resampling;

pub use average::{Average, average, generalized_dice};
pub use bootstrap::{Bootstrap, Interval, Intervals};
pub use distribution::Distribution;
pub use mean::{mean_of_all, mean_of_defined};
pub use policy::{EmptyPolicy, TruthEmpty};
