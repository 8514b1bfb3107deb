//! From the scores of cases to those of a cohort: distributions, confidence intervals, averages over classes.

mod average;
mod bootstrap;
mod distribution;
mod mean;
mod policy;
pub(in crate::metric) mod quantiles;
pub(in crate::metric) mod resampling;
mod wilson;

pub use average::{Average, average, generalized_dice};
pub(in crate::metric) use bootstrap::between_shares;
pub use bootstrap::{Bootstrap, Interval, Intervals};
pub use distribution::Distribution;
pub use mean::{mean_of_all, mean_of_defined};
pub use policy::{EmptyPolicy, TruthEmpty};
pub use wilson::wilson;
