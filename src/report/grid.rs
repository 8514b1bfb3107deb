//! Tables of aligned columns, with colour only where a terminal shows it.

use crate::text::printable;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};
use std::ffi::OsStr;

/// The default width if the terminal does not report one.
const COLUMNS: u16 = 80;

/// How a column lines up.
#[derive(Debug, Clone, Copy)]
pub enum Align {
    /// To the left.
    Left,
    /// To the right.
    Right,
}

/// What a cell is, beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to note.
    Plain,
    /// Among the worst, or failed.
    Bad,
    /// Not there.
    Faint,
}

/// Whether colours are wanted (not where NO_COLOR is set and not empty, <https://no-color.org>) and understood.
fn shows_colour() -> bool {
    let is = |name: &str, found: fn(&OsStr) -> bool| std::env::var_os(name).is_some_and(|value| found(&value));
    !is("NO_COLOR", |value| !value.is_empty()) && !is("TERM", |value| value == "dumb")
}

/// A table under construction.
#[derive(Debug)]
pub struct Grid {
    table: Table,
    align: Vec<CellAlignment>,
    /// Of the terminal; None where there is none.
    width: Option<u16>,
}

impl Grid {
    /// An empty table with these columns.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let mut table = Table::new();
        table.load_style(NOTHING);
        let rule = &mut table.style_mut().header_separator;
        *rule = rule.fill('─').junction('─');
        let width = table.width();
        if !shows_colour() {
            table.force_no_tty();
        }
        let align = columns.iter().map(|(_, align)| match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
        let align: Vec<CellAlignment> = align.collect();
        let header =
            columns.iter().zip(&align).map(|((name, _), &align)| Cell::new(printable(name)).set_alignment(align));
        table.set_header(header.collect::<Vec<_>>());
        Self { table, align, width }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = (S, Tone)>) {
        let cells = cells.into_iter().zip(&self.align).map(|((text, tone), &align)| {
            let cell = Cell::new_owned(printable(&text.into())).set_alignment(align);
            match tone {
                Tone::Plain => cell,
                Tone::Bad => cell.fg(Color::Red),
                Tone::Faint => cell.fg(Color::DarkGrey),
            }
        });
        self.table.add_row(cells.collect::<Vec<_>>());
    }

    /// Breaks long cells, so that the table fits the terminal.
    pub fn wrapped(mut self) -> Self {
        let width = self.width_of_terminal();
        self.table.set_content_arrangement(ContentArrangement::Dynamic);
        self.table.set_width(width);
        self
    }

    /// The columns there are to fill.
    pub fn width_of_terminal(&self) -> u16 {
        // Some pseudo-terminals say 0.
        self.terminal().unwrap_or(COLUMNS)
    }

    /// Whether every line fits the terminal. Everything fits files and pipes.
    pub fn fits(&self) -> bool {
        self.terminal().is_none_or(|width| self.width() <= width)
    }

    fn terminal(&self) -> Option<u16> {
        // Some pseudo-terminals say 0.
        self.width.filter(|&width| width > 0)
    }

    /// The columns that the table takes.
    pub fn width(&self) -> u16 {
        let columns = self.table.column_max_content_widths();
        // A space on either side of each, and one between two of them.
        let between = columns.len().saturating_sub(1) as u16;
        columns.iter().map(|width| width.saturating_add(2)).fold(between, u16::saturating_add)
    }

    /// The lines, with a rule above the last row where it is a summary of the others.
    pub fn render(&self, last_is_summary: bool) -> String {
        let mut lines: Vec<String> = self.table.lines().map(|line| line.trim_end().to_owned()).collect();
        if last_is_summary && let Some(rule) = lines.get(1).cloned() {
            lines.insert(lines.len() - 1, rule);
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}
