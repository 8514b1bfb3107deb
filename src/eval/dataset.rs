//! Classes from a dataset.json: nnU-Net v2 has names with labels or lists of labels, the Decathlon and nnU-Net v1 have
//! labels with names.

use super::class::Class;
use super::ignore::Ignore;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use thiserror::Error;

/// What a dataset.json says about labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// All classes but the background: labels sorted, or regions in the file's order.
    pub classes: Vec<Class>,
    /// The label that masks voxels out.
    pub ignore: Option<u32>,
}

/// Why a text is not a dataset.json.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// It is not JSON.
    #[error("not JSON; name a dataset.json")]
    NotJson(#[source] serde_json::Error),
    /// The object `labels` is missing.
    #[error("there is no object `labels`; name a dataset.json")]
    NoLabels,
    /// JSON that different readers understand differently.
    #[error("cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// The object `labels` does not say what is labelled.
    #[error("the object `labels` cannot be used")]
    Unusable(#[source] LabelsFault),
}

/// What is wrong with an object `labels`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LabelsFault {
    /// A key is there twice.
    #[error("`{0}` is there twice; keep one of them")]
    Twice(String),
    /// More than one label is to be ignored.
    #[error("`{}` stands for several labels, but can be one only", Ignore::NAME)]
    SeveralIgnored,
    /// Only the background is listed.
    #[error("no label but the background is listed")]
    Nothing,
    /// Two names for one label.
    #[error("`{}` and `{}` are both label {label}; give each a label of its own", .names[0], .names[1])]
    OneLabel {
        /// Both names.
        names: [String; 2],
        /// Their label.
        label: u32,
    },
    /// A name whose value is not a label.
    #[error("`{name}` is {value}; labels are whole numbers from 0 to {}", u32::MAX)]
    NoLabel {
        /// The name.
        name: String,
        /// Its value, as JSON.
        value: String,
    },
    /// A name with an empty list.
    #[error("`{0}` is an empty list; list its labels")]
    EmptyList(String),
}

impl Dataset {
    /// What the text of a dataset.json says.
    ///
    /// ```
    /// use voxdice::eval::Dataset;
    /// let text = r#"{"labels": {"background": 0, "liver": 1, "tumour": 2, "ignore": 3}}"#;
    /// let dataset = Dataset::from_json(text)?;
    /// assert_eq!(dataset.classes[1].name.as_deref(), Some("tumour"));
    /// assert_eq!(dataset.ignore, Some(3));
    /// # Ok::<(), voxdice::eval::DatasetError>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Self, DatasetError> {
        let root: Value = serde_json::from_str(text).map_err(DatasetError::NotJson)?;
        if !root.get("labels").is_some_and(Value::is_object) {
            return Err(DatasetError::NoLabels);
        }
        let Root { labels } = serde_json::from_str(text).map_err(DatasetError::Unreadable)?;
        parse(&labels.0).map_err(DatasetError::Unusable)
    }
}

#[derive(Deserialize)]
struct Root {
    labels: Pairs,
}

/// The entries of an object in their order, including duplicate keys: JSON does not say which of these counts.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Pairs(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A name and its labels; `list` where the file has them in brackets.
struct Entry {
    name: String,
    labels: Vec<u32>,
    list: bool,
}

fn parse(labels: &[(String, Value)]) -> Result<Dataset, LabelsFault> {
    let mut keys = BTreeSet::new();
    if let Some((key, _)) = labels.iter().find(|(key, _)| !keys.insert(key)) {
        return Err(LabelsFault::Twice(key.clone()));
    }
    let by_label = labels.iter().all(|(key, value)| key.parse::<u32>().is_ok() && value.is_string());
    let entries: Vec<Entry> = labels
        .iter()
        .map(|(key, value)| if by_label { by_its_label(key, value) } else { by_its_name(key, value) })
        .collect::<Result<_, _>>()?;
    let mut ignore = None;
    let mut counted = Vec::new();
    for entry in entries {
        if entry.name == Ignore::NAME {
            match entry.labels[..] {
                [label] => ignore = Some(label),
                _ => return Err(LabelsFault::SeveralIgnored),
            }
        } else if entry.labels.iter().any(|&label| label != 0) {
            counted.push(entry);
        }
    }
    // nnU-Net counts regions as soon as one value is a list of several labels.
    let classes: Vec<Class> = if counted.iter().any(|entry| entry.labels.len() > 1) {
        counted.into_iter().map(Entry::class).collect()
    } else {
        by_label_number(counted)?
    };
    if classes.is_empty() {
        return Err(LabelsFault::Nothing);
    }
    Ok(Dataset { classes, ignore })
}

impl Entry {
    fn class(self) -> Class {
        match self.labels[..] {
            [label] if !self.list => Class::label(label),
            _ => Class::region(self.labels),
        }
        .named(self.name)
    }
}

/// Plain labels, sorted.
fn by_label_number(entries: Vec<Entry>) -> Result<Vec<Class>, LabelsFault> {
    let mut sorted: BTreeMap<u32, String> = BTreeMap::new();
    for entry in entries {
        for label in entry.labels {
            if let Some(other) = sorted.insert(label, entry.name.clone()) {
                return Err(LabelsFault::OneLabel { names: [other, entry.name], label });
            }
        }
    }
    Ok(sorted.into_iter().map(|(label, name)| Class::label(label).named(name)).collect())
}

fn by_its_label(key: &str, value: &Value) -> Result<Entry, LabelsFault> {
    let no_label = |_| LabelsFault::NoLabel { name: key.to_owned(), value: value.to_string() };
    let label = key.parse().map_err(no_label)?;
    Ok(Entry { name: value.as_str().unwrap_or(key).to_owned(), labels: vec![label], list: false })
}

fn by_its_name(name: &str, value: &Value) -> Result<Entry, LabelsFault> {
    let label = |value: &Value| {
        let whole = value.as_u64().and_then(|label| u32::try_from(label).ok());
        whole.ok_or_else(|| LabelsFault::NoLabel { name: name.to_owned(), value: value.to_string() })
    };
    let (labels, list) = match value {
        Value::Array(list) => (list.iter().map(label).collect::<Result<Vec<u32>, _>>()?, true),
        one => (vec![label(one)?], false),
    };
    if labels.is_empty() {
        return Err(LabelsFault::EmptyList(name.to_owned()));
    }
    Ok(Entry { name: name.to_owned(), labels, list })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Dataset, LabelsFault> {
        parse(&serde_json::from_str::<Pairs>(text).unwrap().0)
    }

    #[test]
    fn labels_come_sorted_and_with_names() {
        let found = of(r#"{"background": 0, "tumour": 2, "organ": 1, "ignore": 3}"#).unwrap();
        assert_eq!(found.classes, [Class::label(1).named("organ"), Class::label(2).named("tumour")]);
        assert_eq!(found.ignore, Some(3));
    }

    #[test]
    fn the_decathlon_has_it_the_other_way_round() {
        let found = of(r#"{"0": "background", "2": "Posterior", "1": "Anterior"}"#).unwrap();
        assert_eq!(found.classes, [Class::label(1).named("Anterior"), Class::label(2).named("Posterior")]);
    }

    #[test]
    fn a_list_of_several_makes_regions_of_all() {
        let found = of(r#"{"background": 0, "kidney": [1, 2, 3], "masses": [3], "tumor": 2}"#).unwrap();
        let keys: Vec<&str> = found.classes.iter().map(|class| &class.key[..]).collect();
        assert_eq!(keys, ["(1, 2, 3)", "(3,)", "2"]);
        // Without one, lists of one label are labels.
        let found = of(r#"{"background": 0, "b": [2], "a": 1}"#).unwrap();
        assert_eq!(found.classes, [Class::label(1).named("a"), Class::label(2).named("b")]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, part) in [
            (r#"{"a": -1}"#, "`a` is -1"),
            (r#"{"a": 1.5}"#, "`a` is 1.5"),
            (r#"{"a": "x"}"#, "`a` is \"x\""),
            (r#"{"a": []}"#, "empty list"),
            (r#"{"a": 1, "b": 1}"#, "both label 1"),
            (r#"{"a": 1, "b": 2, "a": 3}"#, "`a` is there twice"),
            (r#"{"background": 0}"#, "no label but the background"),
            (r#"{"a": 1, "ignore": [2, 3]}"#, "one only"),
        ] {
            let message = of(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
