//! Lists of labels such as `1,2,5-9`.

use std::collections::BTreeSet;
use std::str::FromStr;

/// Sorted labels, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelList(pub Vec<u32>);

/// Beyond this a range is a slip of the finger: nothing could show so many rows.
const MOST: usize = 1 << 16;

impl FromStr for LabelList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut labels = BTreeSet::new();
        for part in text.split(',').map(str::trim) {
            let (first, last) = match part.split_once('-') {
                // A leading minus is a negative number, not a range.
                Some((first, last)) if !first.is_empty() => (label(first)?, label(last)?),
                _ => (label(part)?, label(part)?),
            };
            if first > last {
                return Err(format!("the range `{part}` runs backwards; write {last}-{first}"));
            }
            if (last - first) as usize >= MOST - labels.len().min(MOST) {
                return Err(format!("`{part}` makes more than {MOST} labels; list those that matter"));
            }
            labels.extend(first..=last);
        }
        Ok(Self(labels.into_iter().collect()))
    }
}

fn label(text: &str) -> Result<u32, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a label is missing; write a list such as 1,2,5-9".into());
    }
    text.parse().map_err(|_| format!("`{text}` is not a label; labels are whole numbers from 0 to {}", u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<u32>, String> {
        text.parse().map(|LabelList(labels)| labels)
    }

    #[test]
    fn lists_and_ranges_come_out_sorted_and_once() {
        assert_eq!(parse("1,2,5-9").unwrap(), [1, 2, 5, 6, 7, 8, 9]);
        assert_eq!(parse("9, 3 ,3,2-4").unwrap(), [2, 3, 4, 9]);
        assert_eq!(parse("0").unwrap(), [0]);
        assert_eq!(parse("4294967295-4294967295").unwrap(), [u32::MAX]);
    }

    #[test]
    fn what_is_no_list_says_why() {
        for (text, part) in [
            ("", "missing"),
            ("1,,2", "missing"),
            ("1-", "missing"),
            ("-3", "`-3` is not a label"),
            ("liver", "`liver` is not a label"),
            ("1.5", "`1.5` is not a label"),
            ("9-5", "write 5-9"),
            ("4294967296", "not a label"),
            ("0-4294967295", "more than 65536"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
