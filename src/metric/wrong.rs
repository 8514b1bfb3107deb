//! Parameters that do not hold.

use crate::error::Error;

/// The error for a parameter that does not hold.
pub(super) fn wrong(name: &'static str, value: impl ToString, range: impl Into<String>) -> Error {
    Error::Parameter { name, value: value.to_string(), range: range.into() }
}
