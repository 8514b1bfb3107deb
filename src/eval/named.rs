//! Choices that are texts in results and on the command line.

use thiserror::Error;

/// What a choice is called where it was made: its name in results, and what is chosen, if that is said. A command has
/// `--match greedy` for `("match", Some("greedy"))`.
pub type Called = fn(&str, Option<&str>) -> String;

/// A text that is not the name of a choice, and the valid names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ParseError(String);

impl From<String> for ParseError {
    fn from(message: String) -> Self {
        Self(message)
    }
}

impl From<&str> for ParseError {
    fn from(message: &str) -> Self {
        Self(message.into())
    }
}

pub(super) use crate::error::named;
