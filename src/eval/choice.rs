//! A choice by its name, of lesions or surfaces.

use std::fmt;
use std::str::FromStr;

/// The choice, or what is wrong with it, in words.
pub(super) fn read<T: FromStr<Err: fmt::Display>>(name: &str, choice: &str) -> Result<Option<T>, String> {
    choice.parse().map(Some).map_err(|error: T::Err| format!("{name}={choice:?}: {error}"))
}
