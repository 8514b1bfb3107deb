//! Numbers and names for people.

/// A text from a file (the name of a segment, of a case, of another file) without what could steer a terminal.
pub(super) fn shown(text: &str) -> String {
    text.replace(|letter: char| letter.is_control() && letter != '\n', "\u{fffd}")
}

/// Digits in groups of three: `1,234,567`.
pub(super) fn grouped(value: u64) -> String {
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

/// A score with four decimals; `-` where it is undefined. Only a score of exactly 1 is shown as 1.0000.
pub(super) fn score(value: f64) -> String {
    if value.is_nan() {
        return "-".into();
    }
    let text = format!("{value:.4}");
    if text == "1.0000" && value < 1.0 { "0.9999".into() } else { text }
}

/// `512 x 512 x 17`.
pub(super) fn extent(shape: &[u64]) -> String {
    shape.iter().map(u64::to_string).collect::<Vec<_>>().join(" x ")
}

/// Bytes in the largest binary unit that leaves a whole number, else with one decimal.
pub(super) fn bytes(value: u64) -> String {
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

/// `text` in lines of at most 80 columns, the later ones indented.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    const COLUMNS: usize = 80;
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
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
    fn nothing_that_steers_a_terminal_is_shown() {
        assert_eq!(shown("a\u{1b}[2J\r\u{9b}b\n\u{e9}"), "a\u{fffd}[2J\u{fffd}\u{fffd}b\n\u{e9}");
    }

    #[test]
    fn groups_of_three() {
        let texts = [0, 7, 999, 1000, 12_345, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn only_a_perfect_score_reads_as_one() {
        assert_eq!([1.0, 0.999_999, 0.5, f64::NAN].map(score), ["1.0000", "0.9999", "0.5000", "-"]);
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let text = wrapped(&"word ".repeat(20), 2);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0].len()), (2, 79));
        assert!(lines[1].starts_with("  word"));
        assert_eq!(wrapped("short", 4), "short");
    }

    #[test]
    fn bytes_in_their_unit() {
        assert_eq!([5, 1 << 20, (1 << 31) - 1, 128 << 20].map(bytes), ["5 B", "1 MiB", "2.0 GiB", "128 MiB"]);
    }
}
