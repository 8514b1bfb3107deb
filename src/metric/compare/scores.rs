//! Tables of scores, models by cases.

use super::Better;

/// One score of one class: models by cases.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    /// The score.
    pub metric: String,
    /// The class.
    pub class: String,
    /// Whether this is the mean of several classes, whose tests are a separate family.
    pub is_mean: bool,
    /// Which way the score is better.
    pub better: Better,
    /// The scores of each model, the cases in one order; NaN, and what is infinite, is undefined.
    pub scores: Vec<Vec<f64>>,
}

/// How many cases, or groups of them, these are.
pub(super) fn count_units(cases: &[usize], groups: Option<&[usize]>) -> usize {
    match groups {
        Some(groups) => cases.iter().map(|&case| groups[case]).collect::<std::collections::BTreeSet<_>>().len(),
        None => cases.len(),
    }
}
