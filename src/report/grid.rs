//! Tables of aligned columns, with colour only where a terminal shows it, and no wider than the terminal.

use crate::text::{columns, printable};
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width};
use std::ffi::OsStr;
use std::io::IsTerminal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The default width if the terminal does not report one.
const COLUMNS: usize = 80;

/// What is left of a long name where there is little room.
const LEAST: usize = 10;

/// How a column lines up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// To the left: names, which may be cut where there is no room.
    Left,
    /// To the right: numbers, which are not.
    Right,
}

/// What a cell is, beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to note.
    Plain,
    /// Bad, or failed.
    Bad,
    /// Not there.
    Faint,
}

/// Whether colours are wanted (not where NO_COLOR is set and not empty, <https://no-color.org>) and understood.
fn wants_colour() -> bool {
    let is = |name: &str, found: fn(&OsStr) -> bool| std::env::var_os(name).is_some_and(|value| found(&value));
    !is("NO_COLOR", |value| !value.is_empty()) && !is("TERM", |value| value == "dumb")
}

/// Whether tables have colours: stdout is a terminal that shows them.
pub fn shows_colour() -> bool {
    std::io::stdout().is_terminal() && wants_colour()
}

/// A table under construction.
#[derive(Debug, Clone)]
pub struct Grid {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<(String, Tone)>>,
    /// The first column is at least so wide.
    first: usize,
    /// The first columns that every piece of a broken table has.
    names: usize,
    is_wrapped: bool,
}

impl Grid {
    /// An empty table with these columns.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let columns = columns.iter().map(|(name, align)| (printable(name), *align)).collect();
        Self { columns, rows: Vec::new(), first: 0, names: 1, is_wrapped: false }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = (S, Tone)>) {
        let cells = cells.into_iter().map(|(text, tone)| (printable(&text.into()), tone));
        self.rows.push(cells.take(self.columns.len()).collect());
    }

    /// Breaks long cells, so that the table fits the terminal.
    pub fn wrapped(mut self) -> Self {
        self.is_wrapped = true;
        self
    }

    /// Repeats so many columns where the table is broken.
    pub(super) fn with_names(self, names: usize) -> Self {
        Self { names, ..self }
    }

    /// Makes the first column at least so wide, so that tables one below the other line up.
    pub(super) fn with_first(self, width: usize) -> Self {
        Self { first: width, ..self }
    }

    /// The table without the columns of these names.
    pub(super) fn without(&self, names: &[&str]) -> Self {
        let kept: Vec<usize> =
            (0..self.columns.len()).filter(|&at| !names.contains(&self.columns[at].0.as_str())).collect();
        self.only(&kept)
    }

    fn only(&self, kept: &[usize]) -> Self {
        let columns = kept.iter().filter_map(|&at| self.columns.get(at).cloned()).collect();
        let rows = self.rows.iter().map(|row| kept.iter().filter_map(|&at| row.get(at).cloned()).collect());
        Self { columns, rows: rows.collect(), ..*self }
    }

    /// Whether a cell stands out.
    pub(super) fn has_bad(&self) -> bool {
        self.rows.iter().flatten().any(|(_, tone)| *tone == Tone::Bad)
    }

    /// Whether every line fits the terminal as it is. Everything fits files and pipes.
    pub fn fits(&self) -> bool {
        columns().is_none_or(|most| self.width() <= most)
    }

    /// Whether every line fits the terminal if long names are cut.
    pub(super) fn fits_cut(&self) -> bool {
        columns().is_none_or(|most| total(&self.cut_to(most)) <= most)
    }

    /// The columns that the table takes where there is room.
    pub fn width(&self) -> usize {
        total(&self.widths())
    }

    /// Of the widest cell of each column.
    pub(super) fn widths(&self) -> Vec<usize> {
        let cells = |at: usize| self.rows.iter().filter_map(move |row| Some(row.get(at)?.0.width()));
        let widest = |(at, (name, _)): (usize, &(String, Align))| {
            let least = if at == 0 { self.first } else { 0 };
            cells(at).fold(name.width().max(least), usize::max)
        };
        self.columns.iter().enumerate().map(widest).collect()
    }

    /// The widths with names cut, the longest ones first, until the line is short enough or no name is long.
    fn cut_to(&self, most: usize) -> Vec<usize> {
        let mut widths = self.widths();
        while total(&widths) > most {
            let names = widths.iter_mut().zip(&self.columns).filter(|(_, (_, align))| *align == Align::Left);
            match names.map(|(width, _)| width).filter(|width| **width > LEAST).max_by_key(|width| **width) {
                Some(longest) => *longest -= 1,
                None => break,
            }
        }
        widths
    }

    /// The lines, with a rule above the last row where it is a summary of the others. On a terminal that is too narrow names
    /// are cut, and columns that still have no room stand in further tables below.
    pub fn render(&self, last_is_summary: bool) -> String {
        let Some(most) = columns().filter(|_| !self.is_wrapped) else { return self.lines(last_is_summary) };
        let widths = self.cut_to(most);
        let Some(&first) = widths.first() else { return String::new() };
        let names = self.names.min(self.columns.len());
        let mut parts: Vec<Vec<usize>> = vec![(0..names).collect()];
        for at in names..self.columns.len() {
            let fits =
                |part: &Vec<usize>| total(&part.iter().chain([&at]).map(|&at| widths[at]).collect::<Vec<_>>()) <= most;
            match parts.last_mut() {
                Some(part) if part.len() <= names || fits(part) => part.push(at),
                _ => parts.push((0..names).chain([at]).collect()),
            }
        }
        let lines = |part: &Vec<usize>| {
            let mut own = self.only(part);
            own.first = own.first.min(first);
            // A summary of columns that stand in another part.
            let has_summary = last_is_summary && own.rows.last().is_some_and(|row| row.len() > 1);
            if last_is_summary && !has_summary && part.len() > 1 {
                own.rows.pop();
            }
            own.cut(&part.iter().map(|&at| widths[at]).collect::<Vec<_>>());
            own.lines(has_summary)
        };
        parts.iter().map(lines).collect::<Vec<_>>().join("\n")
    }

    /// Shortens what is wider than its column.
    fn cut(&mut self, widths: &[usize]) {
        for ((name, _), &width) in self.columns.iter_mut().zip(widths) {
            *name = shortened(name, width);
        }
        for row in &mut self.rows {
            for ((text, _), &width) in row.iter_mut().zip(widths) {
                *text = shortened(text, width);
            }
        }
    }

    fn lines(&self, last_is_summary: bool) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING);
        let rule = &mut table.style_mut().header_separator;
        *rule = rule.fill('─').junction('─');
        if !wants_colour() {
            table.force_no_tty();
        }
        let align = |at: usize| match self.columns.get(at) {
            Some((_, Align::Right)) => CellAlignment::Right,
            _ => CellAlignment::Left,
        };
        let header = self.columns.iter().enumerate();
        table.set_header(header.map(|(at, (name, _))| Cell::new(name).set_alignment(align(at))).collect::<Vec<_>>());
        for row in &self.rows {
            let cells = row.iter().enumerate().map(|(at, (text, tone))| {
                let cell = Cell::new(text).set_alignment(align(at));
                match tone {
                    Tone::Plain => cell,
                    Tone::Bad => cell.fg(Color::Red),
                    Tone::Faint => cell.fg(Color::DarkGrey),
                }
            });
            table.add_row(cells.collect::<Vec<_>>());
        }
        if let (Some(column), 1..) = (table.column_mut(0), self.first) {
            let width = u16::try_from(self.first + 2).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
        if self.is_wrapped {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(columns().unwrap_or(COLUMNS)).unwrap_or(u16::MAX));
        }
        let mut lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        if last_is_summary && let Some(rule) = lines.get(1).cloned() {
            lines.insert(lines.len() - 1, rule);
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// The columns of a line: a space on either side of each cell, and one between two of them.
fn total(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + 2).sum::<usize>() + widths.len().saturating_sub(1)
}

/// A name of at most so many columns. What is left out is its middle: names of one kind begin alike.
fn shortened(name: &str, most: usize) -> String {
    if name.width() <= most {
        return name.to_owned();
    }
    let room = most.saturating_sub(1);
    let fitting = |letters: &mut dyn Iterator<Item = char>, room: usize| -> Vec<char> {
        let mut left = room;
        let mut fits = |c: &char| {
            c.width().unwrap_or(0) <= left && {
                left -= c.width().unwrap_or(0);
                true
            }
        };
        letters.take_while(|c| fits(c)).collect()
    };
    let end = fitting(&mut name.chars().rev(), room.div_ceil(2));
    let width: usize = end.iter().filter_map(|c| c.width()).sum();
    let start = fitting(&mut name.chars(), room - width);
    start.into_iter().chain(['…']).chain(end.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        for (name, most, short) in [
            ("liver", 5, "liver"),
            ("organ_of_the_left_012", 11, "organ…t_012"),
            ("organ_of_the_left_012", 10, "orga…t_012"),
            ("肝臓肝臓肝臓", 6, "肝…臓"),
            ("abc", 1, "…"),
        ] {
            assert_eq!(shortened(name, most), short);
            assert!(short.width() <= most);
        }
    }

    #[test]
    fn names_are_cut_before_numbers_are_moved() {
        let mut grid = Grid::new(&[("name", Align::Left), ("a", Align::Right), ("b", Align::Right)]);
        grid.row([("a_name_of_twenty_signs", Tone::Plain), ("0.1234", Tone::Plain), ("0.5678", Tone::Bad)]);
        assert_eq!((grid.widths(), grid.width()), (vec![22, 6, 6], 42));
        assert_eq!((grid.cut_to(40), grid.cut_to(9)), (vec![20, 6, 6], vec![10, 6, 6]));
        assert!(grid.has_bad() && !grid.without(&["b"]).has_bad());
        assert_eq!(grid.without(&["b"]).with_first(30).widths(), [30, 6]);
    }
}
