//! Which of the two ways a case is counted: by labels, or by names.

use super::case::CaseResult;
use super::count::Counter;
use super::error::EvalError;
use super::pairing::{CasePair, Lone, Source};
use super::rules::Rules;
use super::{maps, masks};
use std::path::Path;

/// Reads, compares and counts one case.
pub(super) fn evaluate(pair: &CasePair, rules: &Rules, counter: Counter<'_>) -> Result<CaseResult, EvalError> {
    match (&pair.truth, &pair.pred) {
        (Source::File(truth), Source::File(pred)) => {
            maps::evaluate(&pair.name, truth, Some(pred), pred.path(), rules, counter)
        }
        _ => masks::evaluate(pair, rules, counter),
    }
}

/// Counts a truth whose prediction is missing as if that were empty.
pub(super) fn without_prediction(
    lone: &Lone,
    expected: &Path,
    rules: &Rules,
    counter: Counter<'_>,
) -> Result<CaseResult, EvalError> {
    match &lone.source {
        Source::File(truth) => maps::evaluate(&lone.name, truth, None, expected, rules, counter),
        named => masks::without_prediction(&lone.name, named, expected, rules, counter),
    }
}
