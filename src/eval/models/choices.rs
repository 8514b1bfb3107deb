//! What is compared of the models, and how.

use super::groups::Grouping;
use crate::eval::named::named;
use crate::eval::rules::MissingRule;
use crate::metric::compare::{Better, CompareOptions};
use std::collections::BTreeMap;

/// What is done with scores that are undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UndefinedRule {
    /// The case counts for no model.
    #[default]
    Drop,
    /// The case counts for the pairs that both have a score.
    Pairwise,
    /// It is 0, where more is better.
    Zero,
    /// It is 1 where more is better, unless truth or prediction is known to have the class.
    One,
    /// It is the worst when ranks are given within a case; otherwise as `Drop`.
    Last,
}

named!(UndefinedRule, "the rule for undefined scores" { Drop = "drop", Pairwise = "pairwise", Zero = "zero", One = "one", Last = "last" });

/// What is compared of the models, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choices {
    /// The scores by name; those that all models show, and of which it is known which way they are better, where none
    /// is named.
    pub metrics: Option<Vec<String>>,
    /// Which way scores are better whose names do not tell.
    pub directions: BTreeMap<String, Better>,
    /// Only these classes, by key or name.
    pub classes: Option<Vec<String>>,
    /// What is done with undefined scores. It overrides [`CompareOptions::undefined`].
    pub undefined: UndefinedRule,
    /// What is done with cases that have no result of a model.
    pub missing: MissingRule,
    /// The model that all others are compared with, by name. It overrides [`CompareOptions::against`].
    pub against: Option<String>,
    /// What the scores weigh in [`Comparison::overall`](super::Comparison::overall), by name; 1 where they are not named.
    pub weights: BTreeMap<String, f64>,
    /// How cases form groups.
    pub groups: Option<Grouping>,
    /// Statistics.
    pub options: CompareOptions,
}
