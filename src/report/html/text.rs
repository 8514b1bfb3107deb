//! Text and numbers as the page has them.

use crate::eval::Class;
use crate::text;
use std::path::Path;

/// Text that no markup can hide in, between tags and between quotes. Control characters, which HTML does not allow,
/// and those that turn the direction of writing show as replaced.
pub(in crate::report) fn escaped(raw: &str) -> String {
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

pub(in crate::report) fn path(path: &Path) -> String {
    escaped(&path.to_string_lossy())
}

/// A class by its name, as markup; one without a name says that its number is a label.
pub(in crate::report) fn class(of: &Class) -> String {
    let labels = || of.labels.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    match (&of.name, of.labels.len()) {
        (Some(_), _) | (None, 0) => escaped(of.display()),
        (None, 1) => format!("label {}", labels()),
        (None, _) => format!("labels {}", labels()),
    }
}

/// A score with four decimals, a dash where it is undefined.
pub(in crate::report) fn number(value: f64) -> String {
    if value.is_nan() { "\u{2013}".into() } else { escaped(&text::score(value)) }
}

/// At most one decimal: enough for a place in a drawing.
pub(in crate::report) fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".into() } else { text.to_owned() }
}

/// `1 case`, `2 cases`.
pub(in crate::report) fn plural(n: usize, one: &str, many: &str) -> String {
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
    fn a_number_alone_is_no_name() {
        let of =
            [Class::label(4), Class::region(vec![1, 2]), Class::mask("a<b".into()), Class::label(4).named("liver")];
        assert_eq!(of.each_ref().map(class), ["label 4", "labels 1, 2", "a&lt;b", "liver"]);
    }

    #[test]
    fn places_are_short() {
        assert_eq!([0.0, -0.04, 3.96, 12.0, 7.25].map(short), ["0", "0", "4", "12", "7.2"]);
        assert_eq!([f64::NAN, 0.5, 1e-9].map(number), ["\u{2013}", "0.5000", "&lt;0.0001"]);
    }
}
