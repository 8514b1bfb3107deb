//! Choices by name.

/// Gives an enum with `ALL` and `name` the traits `Display` and `FromStr` for the same texts.
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
                let found = Self::ALL.into_iter().find(|choice| choice.name() == text);
                found.ok_or_else(|| $crate::error::Error::Parameter {
                    name: $what,
                    value: text.into(),
                    range: format!("one of {}", Self::ALL.map(Self::name).join(", ")),
                })
            }
        }
    };
}

pub(crate) use by_name;
