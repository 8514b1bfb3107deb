//! Lists of labels as people write them.

use super::named::ParseError;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Sorted labels, each once, of a text such as `1,2,5-9`.
///
/// ```
/// use voxdice::eval::LabelList;
/// let LabelList(labels) = "9,1,5-7,6".parse()?;
/// assert_eq!(labels, [1, 5, 6, 7, 9]);
/// assert!("9-5".parse::<LabelList>().is_err() && "4294967296".parse::<LabelList>().is_err());
/// # Ok::<(), voxdice::eval::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelList(pub Vec<u32>);

impl FromStr for LabelList {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let labels = parse_labels(text, &(0..=u32::MAX.into()))?;
        Ok(Self(labels.into_iter().filter_map(|label| label.try_into().ok()).collect()))
    }
}

/// A range of more labels than this is taken for a typing error: no report could show so many rows.
const MOST: i64 = 1 << 16;

/// The labels of a list such as `1,2,5-9`, or `-1,255` where labels below 0 are allowed.
///
/// # Errors
/// [`ParseError`] for any other text, labels beyond `allowed`, and more than 65,536 of them.
pub(super) fn parse_labels(text: &str, allowed: &RangeInclusive<i64>) -> Result<BTreeSet<i64>, ParseError> {
    let mut labels = BTreeSet::new();
    for part in text.split(',').map(str::trim) {
        // The first minus behind a number makes a range; others are those of negative numbers.
        let dash = part.char_indices().skip(1).find(|&(_, c)| c == '-');
        let (first, last) = dash.map_or((part, part), |(place, _)| (&part[..place], &part[place + 1..]));
        let (first, last) = (label(first, allowed)?, label(last, allowed)?);
        if first > last {
            return Err(format!("the range `{part}` runs backwards; write {last}-{first}").into());
        }
        if last - first >= MOST - labels.len() as i64 {
            return Err(format!("`{part}` makes more than {MOST} labels; list those that matter").into());
        }
        labels.extend(first..=last);
    }
    Ok(labels)
}

fn label(text: &str, allowed: &RangeInclusive<i64>) -> Result<i64, ParseError> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a label is missing; write a list such as 1,2,5-9".into());
    }
    let label = text.parse().ok().filter(|label| allowed.contains(label));
    let (least, most) = (allowed.start(), allowed.end());
    label.ok_or_else(|| format!("`{text}` is not a label; labels are whole numbers from {least} to {most} here").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, least: i64) -> Result<Vec<i64>, String> {
        let found = parse_labels(text, &(least..=u32::MAX.into()));
        found.map(|labels| labels.into_iter().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn lists_and_ranges_come_out_sorted_and_once() {
        for (text, labels) in [
            ("1,2,5-9", &[1, 2, 5, 6, 7, 8, 9][..]),
            ("9, 3 ,3,2-4", &[2, 3, 4, 9]),
            ("0", &[0]),
            ("4294967295-4294967295", &[u32::MAX.into()]),
        ] {
            assert_eq!((parse(text, 0).unwrap(), parse(text, -9).unwrap()), (labels.to_vec(), labels.to_vec()));
        }
        assert_eq!(parse("-5--3", -9).unwrap(), [-5, -4, -3]);
        assert_eq!(parse("-1 - 1,-1", -9).unwrap(), [-1, 0, 1]);
        assert_eq!(parse("0-65535", 0).unwrap().len(), 65_536);
    }

    #[test]
    fn what_is_no_list_says_why() {
        for (text, part) in [
            ("", "missing"),
            ("1,", "missing"),
            ("1,,2", "missing"),
            ("1-", "missing"),
            ("-", "`-` is not a label"),
            ("--3", "`-` is not a label"),
            ("--metrics", "not a label"),
            ("liver", "`liver` is not a label"),
            ("é-3", "`é` is not a label"),
            ("1.5", "`1.5` is not a label"),
            ("9-5", "write 5-9"),
            ("3--1", "write -1-3"),
            ("-10", "from -9 to 4294967295"),
            ("4294967296", "not a label"),
            ("0-99999", "more than 65536"),
            ("0-65535,70000", "more than 65536"),
        ] {
            let message = parse(text, -9).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
        assert!(parse("-3", 0).unwrap_err().contains("`-3` is not a label"));
    }
}
