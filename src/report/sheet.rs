//! A table as it is typeset: Markdown, LaTeX, and with feature `table` the terminal. All three use the same cells.

#[cfg(feature = "table")]
use super::grid::{Align, Grid, Tone};
use crate::text::printable;
#[cfg(feature = "table")]
use crate::text::wrapped;

/// A table of texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sheet {
    /// What stands above it.
    pub title: String,
    /// Headings. The first column is text, the others are numbers.
    pub columns: Vec<String>,
    /// As many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Sentences below it.
    pub notes: Vec<String>,
    /// Columns to drop on narrow terminals, by heading; the first ones are dropped first.
    pub dispensable: Vec<String>,
    /// How many columns name a row, beside the first: they are repeated where a terminal is too narrow for all at once.
    pub more_names: usize,
}

/// A text, and whether it stands out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// What it says.
    pub text: String,
    /// Among the best.
    pub bold: bool,
}

impl<S: Into<String>> From<S> for Cell {
    fn from(text: S) -> Self {
        Self { text: text.into(), bold: false }
    }
}

impl Cell {
    /// A text among the best, or not.
    pub fn best(text: impl Into<String>, bold: bool) -> Self {
        Self { text: text.into(), bold }
    }
}

impl Sheet {
    /// A pipe table.
    pub fn markdown(&self) -> String {
        let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = String::new();
        if !self.title.is_empty() {
            text.push_str(&format!("**{}**\n\n", escaped(&self.title)));
        }
        text.push_str(&row(self.columns.iter().map(|column| escaped(column).replace('|', "\\|")).collect()));
        let rule = |place: usize| if place == 0 { ":---".to_owned() } else { "---:".to_owned() };
        text.push_str(&row((0..self.columns.len()).map(rule).collect()));
        for cells in &self.rows {
            let of = |Cell { text, bold }: &Cell| {
                let text = escaped(text);
                if *bold { format!("**{text}**") } else { text }
            };
            text.push_str(&row(cells.iter().map(|own| of(own).replace('|', "\\|")).collect()));
        }
        for note in &self.notes {
            text.push_str(&format!("\n{}\n", escaped(note)));
        }
        text
    }

    /// A `table` of booktabs, for a paper with `\usepackage{booktabs}`.
    pub fn latex(&self) -> String {
        let mut text = String::from("\\begin{table}\n\\centering\n");
        let caption: Vec<String> =
            [&self.title].into_iter().filter(|title| !title.is_empty()).map(|title| format!("{title}.")).collect();
        let caption: Vec<String> = caption.iter().chain(&self.notes).map(|part| tex(part)).collect();
        text.push_str(&format!("\\caption{{{}}}\n", caption.join(" ")));
        let columns = "r".repeat(self.columns.len().saturating_sub(1));
        text.push_str(&format!("\\begin{{tabular}}{{l{columns}}}\n\\toprule\n"));
        let row = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
        text.push_str(&row(self.columns.iter().map(|column| tex(column)).collect()));
        text.push_str("\\midrule\n");
        for cells in &self.rows {
            let of = |Cell { text, bold }: &Cell| {
                let text = tex(text);
                if *bold { format!("\\textbf{{{text}}}") } else { text }
            };
            text.push_str(&row(cells.iter().map(of).collect()));
        }
        text.push_str("\\bottomrule\n\\end{tabular}\n\\end{table}\n");
        text
    }

    /// Aligned columns, as many as fit the terminal.
    #[cfg(feature = "table")]
    pub fn grid(&self) -> String {
        let without = |n: usize| {
            let left_out = &self.dispensable[..n];
            let kept: Vec<usize> =
                (0..self.columns.len()).filter(|&at| !left_out.contains(&self.columns[at])).collect();
            let align = |&at: &usize| (self.columns[at].as_str(), if at == 0 { Align::Left } else { Align::Right });
            let grid = Grid::new(&kept.iter().map(align).collect::<Vec<_>>());
            let mut grid = grid.with_names(1 + self.more_names);
            for row in &self.rows {
                let cell = |at: &usize| {
                    let Cell { text, bold } = row.get(*at).cloned().unwrap_or_default();
                    (if bold { format!("*{text}") } else { text }, Tone::Plain)
                };
                grid.row(kept.iter().map(cell));
            }
            grid
        };
        let most = self.dispensable.len();
        // Where nothing helps, the table stands in pieces, which have room for all.
        let left_out = (0..=most).find(|&n| without(n).fits()).unwrap_or(0);
        let mut text = without(left_out).render(false);
        if left_out > 0 {
            let names = self.dispensable[..left_out].join(", ");
            text.push_str(&wrapped(&format!("no room here for {names}: --format csv has them"), 2));
            text.push('\n');
        }
        text
    }
}

/// Text in which Markdown reads no marks. A bracket ends a link, a picture or what defines one only before some signs, and
/// intervals have brackets too.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    let text = printable(text);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let ends_link = c == ']' && matches!(rest.peek(), Some('(' | '[' | ':'));
        if matches!(c, '*' | '_' | '`' | '<' | '>' | '#' | '~' | '&' | '\\') || ends_link {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text in which LaTeX reads no commands. A minus before a digit is one.
fn tex(text: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    let text = printable(text);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let number_follows = rest.peek().is_some_and(char::is_ascii_digit);
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => out.push_str("\\textbackslash{}"),
            '|' => out.push_str("\\textbar{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' | '>' => out.push_str(&format!("${c}$")),
            '±' => out.push_str("$\\pm$"),
            '-' | '+' if number_follows && matches!(before, ' ' | '[' | '<' | '>') => out.push_str(&format!("${c}$")),
            _ => out.push(c),
        }
        before = c;
    }
    // After a line break a bracket or a star would be its argument.
    if out.starts_with(['[', '*']) { format!("{{}}{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_write_markup() {
        let sheet = Sheet {
            title: "a_b".into(),
            columns: vec!["x|y".into(), "50%".into(), "my_model".into()],
            rows: vec![vec!["<b>\\input{x}^~#".into(), Cell::best("-0.5 [-1, +2]", true), "1".into()]],
            notes: vec!["p < 0.05 & more".into()],
            ..Sheet::default()
        };
        let markdown = sheet.markdown();
        assert!(markdown.contains("**a\\_b**") && markdown.contains("| x\\|y | 50% | my\\_model |"), "{markdown}");
        assert!(markdown.contains("| \\<b\\>\\\\input{x}^\\~\\# | **-0.5 [-1, +2]** | 1 |"), "{markdown}");
        let latex = sheet.latex();
        assert!(latex.contains("a\\_b. p $<$ 0.05 \\& more"), "{latex}");
        let row = "$<$b$>$\\textbackslash{}input\\{x\\}\\textasciicircum{}\\textasciitilde{}\\# & \
                   \\textbf{$-$0.5 [$-$1, $+$2]} & 1 \\\\";
        assert!(latex.contains(row), "{latex}");
        assert_eq!(["[-1]", "*1", "1*", ">-0.0001"].map(tex), ["{}[$-$1]", "{}*1", "1*", "$>$$-$0.0001"]);
        assert!(latex.contains("\\begin{tabular}{lrr}") && latex.contains("x\\textbar{}y & 50\\%"));
    }

    #[test]
    fn names_cannot_load_pictures() {
        for (name, safe) in [
            ("![x](https://host/x.png)", "![x\\](https://host/x.png)"),
            ("[x][y]", "[x\\][y]"),
            ("[x]: https://host", "[x\\]: https://host"),
            ("&lt;b&gt;", "\\&lt;b\\&gt;"),
            ("0.5 [0.4, 0.6]", "0.5 [0.4, 0.6]"),
        ] {
            assert_eq!(escaped(name), safe);
        }
    }
}
