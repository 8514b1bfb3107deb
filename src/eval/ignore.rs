//! The labels that mask voxels out where the truth has them.

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

    /// As label maps have them.
    pub fn codes(&self) -> impl Iterator<Item = u32> {
        self.0.iter().filter_map(|&label| code(label))
    }

    /// Whether a label of a map is one of them.
    pub fn holds(&self, label: u32) -> bool {
        self.codes().any(|code| code == label)
    }

    /// Those below 0, which files have to be read for.
    pub fn negative(&self) -> Vec<i32> {
        self.0.iter().filter_map(|&label| i32::try_from(label).ok().filter(|&label| label < 0)).collect()
    }
}

impl fmt::Display for Ignore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<String> = self.0.iter().map(i64::to_string).collect();
        f.write_str(&labels.join(", "))
    }
}

/// Beyond this a range is a slip of the finger.
const MOST: i64 = 1 << 16;

impl FromStr for Ignore {
    type Err = ParseError;

    /// A list such as `-1,255` or `0,250-255`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut labels = BTreeSet::new();
        for part in text.split(',').map(str::trim) {
            // A leading minus is a negative number, not a range.
            let dash = part.get(1..).and_then(|rest| rest.find('-')).map(|place| place + 1);
            let (first, last) = match dash.map(|place| part.split_at(place)) {
                Some((first, last)) => (label(first)?, label(last.trim_start_matches('-'))?),
                None => (label(part)?, label(part)?),
            };
            if first > last {
                return Err(format!("the range `{part}` runs backwards; write {last}-{first}").into());
            }
            if last - first >= MOST {
                return Err(format!("`{part}` makes more than {MOST} labels; list those that matter").into());
            }
            labels.extend(first..=last);
        }
        Ok(Self(labels))
    }
}

fn label(text: &str) -> Result<i64, ParseError> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a label is missing; write a list such as -1,255".into());
    }
    let label = text.parse().ok().filter(|&label| code(label).is_some());
    label.ok_or_else(|| {
        format!("`{text}` is not a label; labels to ignore are whole numbers from {} to {}", i32::MIN, u32::MAX).into()
    })
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

    fn parse(text: &str) -> Result<Vec<i64>, String> {
        text.parse().map(|Ignore(labels)| labels.into_iter().collect()).map_err(|error: ParseError| error.to_string())
    }

    #[test]
    fn lists_may_hold_negative_labels_and_ranges() {
        assert_eq!(parse("-1").unwrap(), [-1]);
        assert_eq!(parse(" 255, -1,-1 ,7-9").unwrap(), [-1, 7, 8, 9, 255]);
        assert_eq!(parse("0").unwrap(), [0]);
        for (text, part) in [
            ("", "missing"),
            ("1,", "missing"),
            ("-", "not a label"),
            ("9-5", "write 5-9"),
            ("--metrics", "not a label"),
            ("1.5", "not a label"),
            ("4294967296", "not a label"),
            ("-2147483649", "not a label"),
            ("0-99999", "more than 65536"),
        ] {
            assert!(parse(text).is_err_and(|message| message.contains(part)), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn results_hold_none_one_or_several() {
        for (text, json) in
            [("null", Ignore::default()), ("255", Ignore::one(255)), ("[-1,255]", "255,-1".parse().unwrap())]
        {
            assert_eq!(serde_json::to_string(&json).unwrap(), text);
            assert_eq!(serde_json::from_str::<Ignore>(text).unwrap(), json);
        }
        let both: Ignore = "-1,255".parse().unwrap();
        assert_eq!((both.codes().collect::<Vec<_>>(), both.negative()), (vec![u32::MAX, 255], vec![-1]));
        assert!(both.holds(u32::MAX) && both.holds(255) && !both.holds(1));
    }
}
