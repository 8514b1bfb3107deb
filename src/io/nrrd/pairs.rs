//! The keys and values of a header, with which 3D Slicer declares segments.

use std::collections::BTreeMap;

use crate::error::HeaderFault;
use crate::io::text::quoted;

/// What a header says about one segment.
#[derive(Default)]
pub(super) struct Declared {
    pub name: Option<String>,
    pub id: Option<String>,
    pub label: Option<u64>,
    pub layer: Option<u64>,
}

/// Whether the segments might be of a Slicer before 2020, which gave each its layer and did not say so.
pub(super) fn has_one_each(declared: &BTreeMap<u64, Declared>) -> bool {
    declared.len() > 1 && declared.values().all(|segment| segment.layer.is_none())
}

/// The layers in which the segments of a header lie, if it declares any.
pub(super) fn layers(pairs: &[(String, String)]) -> Option<u64> {
    let declared = declared(pairs).ok()?;
    let last = declared.values().map(|segment| segment.layer.unwrap_or(0)).max()?;
    if has_one_each(&declared) { Some(declared.len() as u64) } else { last.checked_add(1) }
}

/// Segments by number.
pub(super) fn declared(pairs: &[(String, String)]) -> Result<BTreeMap<u64, Declared>, HeaderFault> {
    let mut segments: BTreeMap<u64, Declared> = BTreeMap::new();
    for (key, value) in pairs {
        let key = unescaped(key.trim());
        let Some((number, what)) = key.strip_prefix("Segment").and_then(|rest| rest.split_once('_')) else { continue };
        let Ok(number) = number.parse() else { continue };
        let text = unescaped(value.trim());
        let whole = || {
            text.parse().map_err(|_| HeaderFault::Key {
                key: key.clone(),
                value: quoted(&text),
                expected: "a whole number from 0 up",
            })
        };
        // Others, such as the colour, are about display.
        match what {
            "Name" => once(&mut segments.entry(number).or_default().name, text, &key)?,
            "ID" => once(&mut segments.entry(number).or_default().id, text, &key)?,
            "LabelValue" => once(&mut segments.entry(number).or_default().label, whole()?, &key)?,
            "Layer" => once(&mut segments.entry(number).or_default().layer, whole()?, &key)?,
            _ => {}
        }
    }
    Ok(segments)
}

/// Readers differ in which of two values they take.
fn once<T: PartialEq>(known: &mut Option<T>, value: T, key: &str) -> Result<(), HeaderFault> {
    match known {
        Some(before) if *before != value => Err(HeaderFault::KeyTwice { key: key.to_owned() }),
        _ => {
            *known = Some(value);
            Ok(())
        }
    }
}

/// `\n` is the end of a line, and `\\` a backslash.
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        let after = rest.as_str();
        match (letter, after.chars().next()) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('\\')) => plain.push('\\'),
            _ => {
                plain.push(letter);
                continue;
            }
        }
        rest.next();
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_the_format() {
        for (text, plain) in
            [(r"a\nb", "a\nb"), (r"a\\nb", r"a\nb"), (r"\\\n", "\\\n"), (r"a\tb", r"a\tb"), ("\\", "\\"), ("", "")]
        {
            assert_eq!(unescaped(text), plain, "{text}");
        }
    }
}
