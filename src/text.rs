//! Numbers, names and paths in readable form.

use std::path::Path;

/// Digits in groups of three: `1,234,567`.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with all its digits: 1e300 has 301 of them, and is written so.
pub fn digits(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() > 24 { format!("{value:e}") } else { plain }
}

/// A score with four decimals; `-` where it is undefined. Nothing nearer to 0 than 1 is shown as 1.0000, but as `>0.9999`.
pub fn score(value: f64) -> String {
    let text = decimals(value, 4);
    match &text[..] {
        "1.0000" if value < 1.0 => ">0.9999".into(),
        "-1.0000" if value > -1.0 => "<-0.9999".into(),
        _ => text,
    }
}

/// A number with so many decimals; `-` where it is undefined. Only 0 itself is shown as 0.0000, and what is nearer to 0 than half of
/// the last place as `<0.0001` or `>-0.0001`.
pub fn decimals(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let rounded = text.parse().unwrap_or(f64::NAN).abs();
    let outwards = if value < 0.0 { ">-" } else { "<" };
    if value.is_nan() {
        "-".into()
    } else if value == 0.0 {
        format!("{:.digits$}", 0.0)
    } else if rounded == 0.0 {
        format!("{outwards}{:.digits$}", 0.1f64.powi(digits as i32))
    } else {
        text
    }
}

/// A length with three decimals at most, and a small one with three digits.
pub fn length(value: f64) -> String {
    let text = if value.abs() < 0.1 { format!("{value:.2e}") } else { format!("{value:.3}") };
    text.parse().map_or(text, digits)
}

/// `512 x 512 x 17`.
pub fn extent(shape: &[u64]) -> String {
    shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" x ")
}

/// The first ten names.
pub fn listed(names: &[String]) -> String {
    let more = if names.len() > 10 { ", ..." } else { "" };
    format!("{}{more}", names[..names.len().min(10)].join(", "))
}

/// Edges as their writer meant them: NIfTI keeps them in 32 bits, and 0.8 comes back as 0.800000011920929. So a number
/// that an f32 can be is the shortest decimal that gives this f32.
pub fn plain(edges: [f64; 3]) -> [f64; 3] {
    edges.map(|edge| {
        let single = edge as f32;
        if f64::from(single) == edge { single.to_string().parse().unwrap_or(edge) } else { edge }
    })
}

/// Volume of a voxel in millilitres. Of an image below three axes there is an area only.
pub fn millilitres(shape: &[u64], spacing_mm: [f64; 3]) -> Option<f64> {
    // In one order, so that a volume does not depend on that of the axes.
    let mut edges = plain(spacing_mm);
    edges.sort_by(f64::total_cmp);
    let product = || edges.iter().product::<f64>() / 1000.0;
    // With 15 digits 0.8 x 0.8 x 2 gives 1.28; the binary product is 1.2800000000000002.
    (shape.len() > 2).then(product).map(|volume| format!("{volume:.14e}").parse().unwrap_or(volume))
}

/// Bytes in the largest binary unit that leaves a whole number, else with one decimal.
pub fn bytes(value: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut power = 0;
    while power + 1 < units.len() && value >> (10 * (power + 1)) > 0 {
        power += 1;
    }
    let whole = value >> (10 * power);
    let exact = whole << (10 * power) == value;
    let amount = if exact { whole.to_string() } else { format!("{:.1}", value as f64 / (1u64 << (10 * power)) as f64) };
    format!("{amount} {}", units[power])
}

/// Untrusted text (names of files, labels in their headers) on one line. Terminal control characters, and characters
/// that change the direction of the surrounding text, are replaced: the name of a file must not control the screen.
pub fn printable(text: &str) -> String {
    text.replace(is_command, "\u{fffd}")
}

/// A path in readable form.
pub fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

/// Control characters, line separators, and those that change the direction of writing.
pub fn is_command(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The columns there are to fill: those of the terminal that shows stdout, else what COLUMNS says. None where nobody says, as
/// in files and pipes, which have room for everything.
#[cfg(feature = "table")]
pub fn columns() -> Option<usize> {
    // Some pseudo-terminals say 0.
    let known = |columns: &usize| *columns > 0;
    let terminal = comfy_table::Table::new().width().map(usize::from);
    terminal.filter(known).or_else(|| std::env::var("COLUMNS").ok()?.trim().parse().ok().filter(known))
}

/// Only tables are for terminals.
#[cfg(not(feature = "table"))]
fn columns() -> Option<usize> {
    None
}

/// `text` in lines that the terminal has room for, the later ones indented; of 80 columns in files and pipes.
pub fn wrapped(text: &str, indent: usize) -> String {
    in_lines(text, indent, columns().unwrap_or(80))
}

/// The same with the first line indented as well.
pub fn indented(text: &str, indent: usize) -> String {
    let room = columns().unwrap_or(80).saturating_sub(indent);
    let lines = in_lines(text, 0, room);
    lines.lines().map(|line| format!("{:indent$}{line}", "")).collect::<Vec<_>>().join("\n")
}

/// The columns of a terminal that a text takes: ideographs take two, accents of their own none.
fn width(text: &str) -> usize {
    #[cfg(feature = "table")]
    return unicode_width::UnicodeWidthStr::width(text);
    #[cfg(not(feature = "table"))]
    return text.chars().count();
}

/// `text` in lines of at most so many columns, but for longer words.
fn in_lines(text: &str, indent: usize, columns: usize) -> String {
    let text = printable(text);
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let width = width(word);
        if column > 0 && column + 1 + width > columns {
            lines.push('\n');
            lines.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += width;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_all_there_or_beside_a_power() {
        let found = [0.5, 0.1 + 0.2, 1e300, 5e-324, -1e39, 123_456_789.0].map(digits);
        assert_eq!(found, ["0.5", "0.30000000000000004", "1e300", "5e-324", "-1e39", "123456789"]);
    }

    #[test]
    fn groups_of_three() {
        let texts = [0, 7, 999, 1000, 12_345, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn only_a_perfect_score_reads_as_one() {
        let texts = [1.0, 0.999_999, 0.999_94, 0.5, 1.000_01, f64::NAN, f64::INFINITY].map(score);
        assert_eq!(texts, ["1.0000", ">0.9999", "0.9999", "0.5000", "1.0000", "-", "inf"]);
        let texts = [0.0, -0.0, 1e-9, 2e-5, 6e-5, -1e-9, -0.5, -0.999_99, -1.0].map(score);
        let expected =
            ["0.0000", "0.0000", "<0.0001", "<0.0001", "0.0001", ">-0.0001", "-0.5000", "<-0.9999", "-1.0000"];
        assert_eq!(texts, expected);
        assert_eq!(
            [(0.004, 2), (0.996, 2), (0.4, 0), (1e-16, 15)].map(|(value, digits)| decimals(value, digits)),
            ["<0.01", "1.00", "<1", "<0.000000000000001"]
        );
    }

    #[test]
    fn lengths_have_the_digits_they_need() {
        assert_eq!([2.0, 0.782_001, 12.3456, 0.0].map(length), ["2", "0.782", "12.346", "0"]);
        assert_eq!(
            [0.0002, 0.001, 0.058_594, 1e-30, 1e160].map(length),
            ["0.0002", "0.001", "0.0586", "1e-30", "1e160"]
        );
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let text = in_lines(&"word ".repeat(20), 2, 80);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0].len()), (2, 79));
        assert!(lines[1].starts_with("  word"));
        assert_eq!(in_lines("short", 4, 80), "short");
        // A word is not broken: it may be a path.
        assert_eq!(in_lines("a longer word", 1, 4), "a\n longer\n word");
    }

    #[test]
    #[cfg(feature = "table")]
    fn wide_letters_take_two_columns() {
        assert_eq!(in_lines("肝臓 腎臓 脾臓", 1, 9), "肝臓 腎臓\n 脾臓");
        // `e` with an accent of its own.
        assert_eq!(in_lines("e\u{301}e\u{301} e\u{301}e\u{301}", 1, 5), "e\u{301}e\u{301} e\u{301}e\u{301}");
    }

    #[test]
    fn names_cannot_command_a_terminal() {
        let name = "a\u{1b}[2J\n\u{9b}1m\u{7f}\u{202e}gpj\u{2029}é 名 \u{5d0}";
        assert_eq!(printable(name), "a\u{fffd}[2J\u{fffd}\u{fffd}1m\u{fffd}\u{fffd}gpj\u{fffd}é 名 \u{5d0}");
        assert_eq!(shown(Path::new("a\tb/c")), "a\u{fffd}b/c");
    }

    #[test]
    fn edges_are_the_decimals_that_were_meant() {
        let stored = [0.8f32, 0.58594, 1.0 / 3.0].map(f64::from);
        assert_eq!(plain(stored), [0.8, 0.58594, 0.33333334]);
        // Not an f32 value, so it is printed as it is.
        assert_eq!(plain([0.1, 1.0 / 3.0, 5.0]), [0.1, 1.0 / 3.0, 5.0]);
        assert_eq!(millilitres(&[2, 2, 2], [f64::from(0.8f32), 0.8, 2.0]), Some(0.00128));
        assert_eq!(millilitres(&[2, 2], [1.0; 3]), None);
    }

    #[test]
    fn bytes_in_their_unit() {
        assert_eq!([5, 1 << 20, (1 << 31) - 1, 128 << 20].map(bytes), ["5 B", "1 MiB", "2.0 GiB", "128 MiB"]);
    }
}
