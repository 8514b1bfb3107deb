//! Parameters that are not valid.

use crate::error::Error;

/// The error for a parameter that is not valid.
pub(super) fn wrong(name: &'static str, value: impl ToString, range: impl Into<String>) -> Error {
    Error::Parameter { name, value: value.to_string(), range: range.into() }
}
