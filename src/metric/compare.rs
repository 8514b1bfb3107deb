//! Models compared on the same cases: which one is better, by how much, how sure that is, and how stable their order.
//!
//! Each function stands alone: [`Differences`] of two models, [`wilcoxon`], [`sign_flip`] and [`paired_t`] of them,
//! [`adjusted`] p values, [`friedman`] and [`critical_difference`] of several models, [`competition_ranks`] and
//! [`kendall_tau_b`]. [`compare`] does all of this for tables of scores, with intervals by one stream of resamples, the
//! same that [`Bootstrap`](super::Bootstrap) takes for the mean of one model.
//!
//! NaN is an undefined score. Nothing depends on the order of two models but the sign: A against B is the mirror of B
//! against A to the bit.

mod adjust;
mod bca;
mod better;
mod difference;
mod ends;
mod flips;
mod friedman;
mod observed;
mod options;
mod pair;
mod parallel;
mod rank;
mod ranking;
mod scores;
mod signed_rank;
mod stability;
mod student;
mod table;
mod walsh;

pub use adjust::{Adjust, adjusted};
pub use better::Better;
pub use difference::{Differences, Record};
pub use flips::{SignFlip, sign_flip};
pub use friedman::{Friedman, critical_difference, friedman, nemenyi_p};
pub use options::{CompareOptions, Family, IntervalKind, RankBy, Test, Undefined};
pub use pair::{Pair, Tested, Verdict};
pub use rank::{competition_ranks, kendall_tau_b};
pub use ranking::{LeftOut, Ranking};
pub use scores::ScoreTable;
pub use signed_rank::{Continuity, Method, PValues, SignedRank, Zeros, wilcoxon};
pub use stability::{Stability, Stable};
pub use student::{PairedT, paired_t};
#[cfg(feature = "eval")]
pub(crate) use table::UNEQUAL_GROUPS;
pub use table::{Compared, ModelScores, compare};
