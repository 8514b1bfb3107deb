//! What other programs write: JSON of Python, and the layout of nnU-Net's first version.

use serde::Deserialize;

/// The layout of nnU-Net's first version.
#[derive(Deserialize)]
struct VersionOne {
    #[serde(rename = "results")]
    _results: VersionOneResults,
}

#[derive(Deserialize)]
struct VersionOneResults {
    #[serde(rename = "all")]
    _all: Vec<serde_json::Value>,
}

/// Whether a text is a summary of nnU-Net's first version.
pub(super) fn is_version_one(text: &str) -> bool {
    serde_json::from_str::<VersionOne>(text).is_ok()
}

/// Python writes NaN and Infinity, which are not valid JSON; outside of strings they become null.
pub(super) fn without_nan(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let constant = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| !in_string && rest.starts_with(word));
        if let Some(word) = constant {
            out.push_str("null");
            rest = &rest[word.len()..];
            continue;
        }
        in_string ^= next == '"' && !escaped;
        escaped = in_string && next == '\\' && !escaped;
        out.push(next);
        rest = &rest[next.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_becomes_null_outside_of_strings() {
        let text = r#"{"a": NaN, "NaN \" NaN": [Infinity, -Infinity, "é NaN\\"], "b": -1}"#;
        assert_eq!(without_nan(text), r#"{"a": null, "NaN \" NaN": [null, null, "é NaN\\"], "b": -1}"#);
    }
}
