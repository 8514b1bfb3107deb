//! Counts as numbers, for the scores of a class.

use super::overlap::Empty;
use crate::stats::Counts;

/// The counts as numbers.
pub(super) struct Cells {
    pub tp: f64,
    pub fp: f64,
    pub fn_: f64,
    pub tn: f64,
    pub p: f64,
    pub t: f64,
    pub n: f64,
}

impl Cells {
    pub fn of(counts: &Counts) -> Self {
        let [tp, fp, fn_, tn] = [counts.tp(), counts.fp(), counts.fn_(), counts.tn()].map(|count| count as f64);
        Self { tp, fp, fn_, tn, p: tp + fp, t: tp + fn_, n: tn + fp }
    }

    /// 0/0 is NaN, and in a sum it stays so; no other NaN occurs with counts.
    pub fn score(&self, value: f64, empty: Empty) -> f64 {
        let equal = self.fp == 0.0 && self.fn_ == 0.0;
        match empty {
            _ if !value.is_nan() => value,
            Empty::One if !equal => 0.0,
            _ => empty.value(),
        }
    }

    /// The same for scores where 0 is best.
    pub fn error_rate(&self, value: f64, empty: Empty) -> f64 {
        if value.is_nan() { 1.0 - self.score(value, empty) } else { value }
    }
}
