//! The labels that mask voxels out where the truth has them.

use super::label_list::parse_labels;
use super::named::ParseError;
use crate::io::labels::code;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Labels to ignore, each once; negative ones too. In results a single one is a number, several are a list, and none is
/// null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Ignore(BTreeSet<i64>);

/// As results hold them.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    None(()),
    One(i64),
    Several(Vec<i64>),
}

impl Ignore {
    /// What such labels and masks are called.
    pub const NAME: &str = "ignore";

    /// One label.
    pub fn one(label: u32) -> Self {
        Self(BTreeSet::from([label.into()]))
    }

    /// Whether no label is ignored.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As they were named.
    pub fn labels(&self) -> impl Iterator<Item = i64> {
        self.0.iter().copied()
    }

    /// As label maps have them, each once: -1 and 4294967295 are one.
    pub fn codes(&self) -> impl Iterator<Item = u32> {
        let codes: BTreeSet<u32> = self.0.iter().filter_map(|&label| code(label)).collect();
        codes.into_iter()
    }

    /// Whether a label of a map is one of them.
    pub fn holds(&self, label: u32) -> bool {
        // As it is, or as the code of a negative one.
        self.0.contains(&label.into()) || self.0.contains(&(label as i32).into())
    }

    /// Those below 0, which files have to be read for.
    pub fn negative(&self) -> BTreeSet<i32> {
        self.0.range(..0).filter_map(|&label| i32::try_from(label).ok()).collect()
    }
}

impl fmt::Display for Ignore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<String> = self.0.iter().map(i64::to_string).collect();
        f.write_str(&labels.join(", "))
    }
}

impl FromStr for Ignore {
    type Err = ParseError;

    /// A list such as `-1,255` or `0,250-255`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse_labels(text, &(i32::MIN.into()..=u32::MAX.into())).map(Self)
    }
}

impl From<Written> for Ignore {
    fn from(written: Written) -> Self {
        Self(match written {
            Written::None(()) => BTreeSet::new(),
            Written::One(label) => BTreeSet::from([label]),
            Written::Several(labels) => labels.into_iter().collect(),
        })
    }
}

impl From<Ignore> for Written {
    fn from(Ignore(labels): Ignore) -> Self {
        let labels: Vec<i64> = labels.into_iter().collect();
        match labels[..] {
            [] => Self::None(()),
            [label] => Self::One(label),
            _ => Self::Several(labels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_hold_none_one_or_several() {
        for (text, json) in
            [("null", Ignore::default()), ("255", Ignore::one(255)), ("[-1,255]", "255,-1".parse().unwrap())]
        {
            assert_eq!(serde_json::to_string(&json).unwrap(), text);
            assert_eq!(serde_json::from_str::<Ignore>(text).unwrap(), json);
        }
        let both: Ignore = "-1,255".parse().unwrap();
        assert_eq!((both.codes().collect::<Vec<_>>(), both.negative()), (vec![255, u32::MAX], [-1].into()));
        assert!(both.holds(u32::MAX) && both.holds(255) && !both.holds(1));
        let twice: Ignore = "-1,4294967295,-2147483648".parse().unwrap();
        assert_eq!(twice.codes().collect::<Vec<_>>(), [1 << 31, u32::MAX]);
        let range: Ignore = "-3--2,4294967295".parse().unwrap();
        assert_eq!([-3i32, -2, -1, 0].map(|label| range.holds(label as u32)), [true, true, true, false]);
        assert!("-2147483649".parse::<Ignore>().is_err() && "4294967296".parse::<Ignore>().is_err());
    }
}
