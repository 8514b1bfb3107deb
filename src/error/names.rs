//! Choices by name.

use super::Error;

/// The known name that a text most likely stands for, as a question to put behind a sentence; nothing where none is near.
pub(crate) fn did_you_mean(text: &str, known: &[&str]) -> String {
    let text = text.to_lowercase();
    let changes = |known: &&str| strsim::damerau_levenshtein(&known.to_lowercase(), &text);
    let nearest = known.iter().min_by_key(|known| (changes(known), **known));
    let is_likely = |known: &&&str| changes(known) <= 2.max(known.len() / 4) && changes(known) < known.len() / 2;
    nearest.filter(is_likely).map_or(String::new(), |known| format!(" (did you mean {known}?)"))
}

/// The error for a name that is none of these.
pub(crate) fn unknown(what: &'static str, text: &str, names: &[&str]) -> Error {
    let range = format!("one of {}{}", names.join(", "), did_you_mean(text, names));
    Error::Parameter { name: what, value: text.into(), range }
}

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
                found.ok_or_else(|| {
                    let names: Vec<&str> = Self::ALL.iter().map(|own| own.name()).collect();
                    $crate::error::unknown($what, text, &names)
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

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn a_slip_is_told_from_another_word() {
        let known = ["deepmind", "monai", "seg-metrics", "plastimatch"];
        for (text, name) in [("depmind", "deepmind"), ("Monia", "monai"), ("segmetrics", "seg-metrics")] {
            assert_eq!(did_you_mean(text, &known), format!(" (did you mean {name}?)"));
        }
        for text in ["", "torch", "hausdorff", "mona lisa"] {
            assert_eq!(did_you_mean(text, &known), "", "{text}");
        }
    }
}
