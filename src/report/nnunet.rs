//! The evaluation as Python's `json.dump(..., indent=4, sort_keys=True)` writes nnU-Net's summary.json.

use super::tree::{Node, Style, tree};
use crate::eval::Summary;
use std::fmt::Write;

/// nnU-Net's summary.json to the byte: the whole file, which like Python's ends without a newline.
pub fn nnunet_summary(summary: &Summary<'_>) -> String {
    let mut text = String::new();
    write(&Node::Map(tree(summary, Style::Nnunet)), 0, &mut text);
    text
}

fn write(node: &Node, depth: usize, out: &mut String) {
    let break_line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    };
    match node {
        Node::Whole(value) => out.push_str(&value.to_string()),
        Node::Real(value) => out.push_str(&float(*value)),
        Node::Text(value) => string(value, out),
        Node::List(nodes) if nodes.is_empty() => out.push_str("[]"),
        Node::List(nodes) => {
            for (i, node) in nodes.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                break_line(depth + 1, out);
                write(node, depth + 1, out);
            }
            break_line(depth, out);
            out.push(']');
        }
        Node::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Node::Map(entries) => {
            // Keys are text, so label 10 comes before label 2.
            let mut sorted: Vec<&(String, Node)> = entries.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            for (i, (key, node)) in sorted.into_iter().enumerate() {
                out.push(if i == 0 { '{' } else { ',' });
                break_line(depth + 1, out);
                string(key, out);
                out.push_str(": ");
                write(node, depth + 1, out);
            }
            break_line(depth, out);
            out.push('}');
        }
    }
}

/// Python's `repr`: the shortest digits that come back as the same number, with an exponent below 1e-4 and from 1e16.
fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-4..16).contains(&power) {
        return format!("{value:?}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

/// Python escapes everything that is not ASCII, in UTF-16.
fn string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn text_is_ascii_and_keys_sort_as_text() {
        let node = Node::Map(vec![
            ("2".into(), Node::List(vec![])),
            ("10".into(), Node::Text("a\"\\é\u{1f600}\u{7f}".into())),
            ("Dice".into(), Node::List(vec![Node::Whole(1), Node::Map(vec![])])),
        ]);
        let mut text = String::new();
        write(&node, 0, &mut text);
        let expected = "{\n    \"10\": \"a\\\"\\\\\\u00e9\\ud83d\\ude00\\u007f\",\n    \"2\": [],\n    \"Dice\": [\n        1,\n        {}\n    ]\n}";
        assert_eq!(text, expected);
    }
}
