//! What fuzz targets do with a dataset.json and with results to merge, and what they assert. Compiled for them and for
//! the unit tests alone; see fuzz/README.md.

use super::class::Class;
use super::merge::of_texts;
use super::report::Report;
use super::settings::{ScoreArgs, check, engine_classes};
use super::{csv, dataset, json, python, table};
use anyhow::Error;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Longer messages than this say more than a person reads.
const LONGEST: usize = 1 << 15;

/// An error in words.
fn told(error: &Error) {
    let text = format!("{error:#}");
    assert!(!text.is_empty() && text.len() < LONGEST, "{} bytes: {text}", text.len());
}

/// The bytes of a dataset.json.
pub(crate) fn dataset(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let found = match dataset::of_text(&text, Path::new("dataset.json")) {
        Ok(found) => found,
        Err(error) => return told(&error),
    };
    assert!(!found.classes.is_empty());
    // Labels are written out, and none comes from elsewhere.
    let labels = || found.classes.iter().flat_map(|class| &class.labels);
    assert!(labels().count() <= data.len());
    assert!(labels().all(|label| text.contains(&label.to_string())));
    assert!(found.classes.iter().all(|class| Class::of_key(&class.key).labels == class.labels));
    // The label to ignore is the one that is called so, and has no other beside it.
    let root: Value = serde_json::from_str(&text).unwrap_or_default();
    let labels = root.get("labels").and_then(Value::as_object).into_iter().flatten();
    let called: Vec<u64> = labels
        .filter_map(|(name, value)| match value {
            Value::Array(list) if name == "ignore" && list.len() == 1 => list.first()?.as_u64(),
            Value::String(own) if own == "ignore" => name.parse().ok(),
            value if name == "ignore" => value.as_u64(),
            _ => None,
        })
        .collect();
    assert_eq!(found.ignore.map(u64::from), called.last().copied());
    // What the command makes of it may be refused, and then says why.
    if let Err(error) = check(&found.classes, found.ignore) {
        assert!(!format!("{error:#}").is_empty());
    } else {
        assert!(engine_classes(&found.classes, found.ignore).is_ok());
    }
}

/// Every form of a report.
#[derive(PartialEq, Eq)]
struct Forms {
    json: String,
    csv: String,
    summary: String,
    table: String,
}

impl Forms {
    fn of(report: &Report) -> Self {
        Self {
            json: format!("{:#}", json::render(report)),
            csv: csv::render(report).map_err(|error| error.to_string()).unwrap_or_default(),
            summary: python::summary(report),
            table: table::render(report),
        }
    }
}

/// Results of shards, with a byte 0 between them.
pub(crate) fn merge(data: &[u8]) {
    let texts = data.split(|&byte| byte == 0).take(4).map(|text| String::from_utf8_lossy(text).into_owned());
    let texts: Vec<(PathBuf, String)> =
        (0..).zip(texts).map(|(place, text)| (PathBuf::from(format!("part{place}.json")), text)).collect();
    let report = match of_texts(&texts, &ScoreArgs::default()) {
        Ok(report) => report,
        Err(error) => return told(&error),
    };
    let forms = Forms::of(&report);
    assert!(!forms.table.contains(|letter: char| letter.is_control() && letter != '\n'), "{:?}", forms.table);
    // A merge of its own result changes nothing.
    let again = of_texts(&[("part.json".into(), forms.json.clone())], &ScoreArgs::default());
    let again = again.map_err(|error| format!("{error:#}\n{}", forms.json));
    let again = Forms::of(again.as_ref().unwrap_or_else(|error| unreadable(error)));
    assert!(forms.json == again.json, "{}\n{}", forms.json, again.json);
    assert!(forms == again, "{}\n{}", forms.table, again.table);
    // The same for nnU-Net's layout, whose cases are named by their files.
    if let Ok(report) = of_texts(&[("summary.json".into(), forms.summary.clone())], &ScoreArgs::default()) {
        let first = python::summary(&report);
        let again = of_texts(&[("summary.json".into(), first.clone())], &ScoreArgs::default());
        let again = python::summary(again.as_ref().unwrap_or_else(|error| unreadable(&error.to_string())));
        assert!(first == again, "{first}\n{again}");
    }
}

#[allow(clippy::panic)] // a target fails so
fn unreadable(error: &str) -> ! {
    panic!("a merge cannot be merged: {error}")
}
