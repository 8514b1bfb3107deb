//! What is compared of the models, and how.

use crate::eval::error::ModelsError;
use crate::eval::named::named;
use crate::eval::pairing::CaseRegex;
use crate::eval::rules::MissingRule;
use crate::metric::compare::{Better, CompareOptions};
use std::collections::{BTreeMap, BTreeSet};

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
    /// It is 1 where more is better and neither truth nor prediction has the class.
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

/// How cases form groups, such as those of one patient.
#[derive(Debug, Clone)]
pub enum Grouping {
    /// By what a pattern finds in their names.
    Pattern(CaseRegex),
    /// By a list: the group of each case.
    List(BTreeMap<String, String>),
    /// By a column of the CSV files.
    Column(String),
}

impl PartialEq for Grouping {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Column(one), Self::Column(other)) => one == other,
            _ => false,
        }
    }
}

impl Grouping {
    /// The group of a case. `columns` is what the rows of the CSV files say about the case.
    pub(super) fn of(&self, case: &str, columns: impl Fn(&str) -> BTreeSet<String>) -> Result<String, ModelsError> {
        let none = |fault: &str| ModelsError::NoGroup { case: case.into(), fault: fault.into() };
        match self {
            Self::Pattern(pattern) => pattern.case(case).ok_or_else(|| none("the pattern does not fit its name")),
            Self::List(list) => list.get(case).cloned().ok_or_else(|| none("the list does not name it")),
            Self::Column(name) => {
                let found: Vec<String> = columns(name).into_iter().filter(|group| !group.is_empty()).collect();
                match &found[..] {
                    [group] => Ok(group.clone()),
                    [] => Err(none("its column is empty")),
                    several => Err(none(&format!("its rows have several, {}; give it one", several.join(" and ")))),
                }
            }
        }
    }
}
