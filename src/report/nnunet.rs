//! The evaluation as Python's `json.dump(..., indent=4, sort_keys=True)` writes nnU-Net's summary.json.

use super::document::{Style, document};
use crate::eval::Summary;
use crate::eval::schema::{Document, Keyed};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io::{Result, Write};

/// nnU-Net's summary.json to the byte: the whole file, which like Python's ends without a newline.
pub fn nnunet_summary(summary: &Summary<'_>) -> String {
    let mut document = document(summary, Style::Nnunet);
    sort(&mut document);
    python(&document)
}

/// Keys are text, so label 10 comes before label 2. All others are sorted as they are.
fn sort(document: &mut Document) {
    fn by_key<T>(Keyed(entries): &mut Keyed<T>) {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
    }
    by_key(&mut document.mean);
    document.metric_per_case.iter_mut().for_each(|entry| by_key(&mut entry.metrics));
}

/// A value as Python writes it.
fn python(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, Python(PrettyFormatter::with_indent(b"    ")));
    // Maps by text can be written, a vector takes everything, and all of it is ASCII.
    let _ = value.serialize(&mut serializer);
    String::from_utf8(text).unwrap_or_default()
}

/// Python's way to write numbers and text.
struct Python(PrettyFormatter<'static>);

impl Formatter for Python {
    /// The only values in a summary that JSON has no number for.
    fn write_null<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        out.write_all(b"NaN")
    }

    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> Result<()> {
        out.write_all(float(value).as_bytes())
    }

    /// Python escapes everything that is not ASCII, in UTF-16.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> Result<()> {
        for character in text.chars() {
            match character {
                ' '..='~' => write!(out, "{character}")?,
                _ => character.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))?,
            }
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        self.0.end_object_value(out)
    }
}

/// Python's `repr`: the shortest digits that come back as the same number, with an exponent below 1e-4 and from 1e16.
fn float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-4..16).contains(&power) {
        return format!("{value:?}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Right column: `json.dumps` of Python 3.
    #[test]
    fn floats_read_as_python_writes_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (10_559.0, "10559.0"),
            (0.828_456_657_590_441_1, "0.8284566575904411"),
            (0.0001, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (1e-7, "1e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(python(&value), text);
        }
    }

    #[test]
    fn text_is_ascii_and_keys_sort_as_text() {
        let mean = Keyed::from_iter(["2", "10", "1"].map(|key| (key, Keyed::default())));
        let mut document =
            Document { foreground_mean: Keyed::default(), mean, metric_per_case: Vec::new(), voxdice: None };
        sort(&mut document);
        let keys: Vec<String> = document.mean.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["1", "10", "2"]);
        let value = json!({ "10": "a\"\\é\u{1f600}\u{7f}\n\u{1}", "2": [], "Dice": [1, {}] });
        let expected = "{\n    \"10\": \"a\\\"\\\\\\u00e9\\ud83d\\ude00\\u007f\\n\\u0001\",\n    \"2\": [],\n    \"Dice\": [\n        1,\n        {}\n    ]\n}";
        assert_eq!(python(&value), expected);
    }
}
