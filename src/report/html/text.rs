//! Text and numbers as the page has them.

use crate::text;
use std::path::Path;

/// Text that no markup can hide in, between tags and between quotes. Control characters, which HTML does not allow,
/// and those that turn the direction of writing show as replaced.
pub(super) fn escaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(c),
            c if text::is_command(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

pub(super) fn path(path: &Path) -> String {
    escaped(&path.to_string_lossy())
}

/// A score with four decimals, a dash where it is undefined.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() { "\u{2013}".into() } else { text::score(value) }
}

/// At most one decimal: enough for a place in a drawing.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".into() } else { text.to_owned() }
}

/// `1 case`, `2 cases`.
pub(super) fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", text::grouped(n as u64), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_markup_survives() {
        assert_eq!(
            escaped(r#"<b a="1" c='2'>&amp;</b>"#),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;"
        );
        assert_eq!(escaped("caf\u{e9}\0\u{1b}\n"), "caf\u{e9}\u{fffd}\u{fffd}\n");
    }

    #[cfg(unix)]
    #[test]
    fn paths_that_are_no_text_are_shown_as_far_as_they_are() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(path(Path::new(std::ffi::OsStr::from_bytes(b"a\xff<"))), "a\u{fffd}&lt;");
    }

    #[test]
    fn places_are_short() {
        assert_eq!([0.0, -0.04, 3.96, 12.0, 7.25].map(short), ["0", "0", "4", "12", "7.2"]);
        assert_eq!([number(f64::NAN), number(0.5)], ["\u{2013}", "0.5000"]);
    }
}
