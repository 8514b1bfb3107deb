//! Choices that have a name in results and on the command line.

use thiserror::Error;

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

/// Gives an enum its names: `name`, `Display`, and `FromStr` for the same texts.
macro_rules! named {
    ($type:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every choice.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As results and the command line call it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::eval::ParseError;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|choice| choice.name() == name);
                let known = || Self::ALL.iter().map(|choice| choice.name()).collect::<Vec<_>>().join(", ");
                found.ok_or_else(|| format!("`{name}` is none of {}", known()).into())
            }
        }
    };
}

pub(super) use named;
