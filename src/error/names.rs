//! Choices by name.

/// Gives an enum with `ALL` and `name` the traits `Display` and `FromStr` for the same texts, in any case of
/// letters.
macro_rules! by_name {
    ($type:ident, $what:literal) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> $crate::error::Result<Self> {
                let found = Self::ALL.iter().copied().find(|choice| choice.name().eq_ignore_ascii_case(text));
                found.ok_or_else(|| $crate::error::Error::Parameter {
                    name: $what,
                    value: text.into(),
                    range: format!("one of {}", Self::ALL.iter().map(|own| own.name()).collect::<Vec<_>>().join(", ")),
                })
            }
        }
    };
}

/// Gives an enum `ALL` and `name` as well.
macro_rules! named {
    ($type:ident, $what:literal { $($variant:ident = $name:literal),+ $(,)? }) => {
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

        $crate::error::by_name!($type, $what);
    };
}

pub(crate) use {by_name, named};
