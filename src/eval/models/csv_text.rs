//! Text of a CSV: what separates its fields, where it begins, and its lines as a person counts them.

/// A CSV below the remarks that may stand before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct CsvText<'a> {
    text: &'a str,
    /// Lines before it.
    skipped: u64,
    delimiter: u8,
}

impl<'a> CsvText<'a> {
    pub fn of(text: &'a str) -> Self {
        // Remarks stand before the header; below, a case may be called #1.
        let is_remark = |line: &&str| line.trim().is_empty() || line.starts_with('#');
        let before: Vec<&str> = text.split_inclusive('\n').take_while(is_remark).collect();
        let table = &text[before.iter().map(|line| line.len()).sum()..];
        let first = table.lines().next().unwrap_or_default();
        let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|&by| {
            let times = first.bytes().filter(|&byte| byte == by).count();
            (times, by == b',')
        });
        Self { text: table, skipped: before.len() as u64, delimiter: delimiter.unwrap_or(b',') }
    }

    /// With a header all rows have as many fields as it; without one each may have its own number.
    pub fn reader(self, has_header: bool) -> csv::Reader<&'a [u8]> {
        let mut reader = csv::ReaderBuilder::new();
        reader.delimiter(self.delimiter).has_headers(has_header).flexible(!has_header).trim(csv::Trim::All);
        reader.from_reader(self.text.as_bytes())
    }

    /// The line of the first row.
    pub fn first_line(self) -> u64 {
        self.skipped + 1
    }

    /// The line of a row, from 1: the reader's position is before the empty lines that it passes over, and from the header on.
    pub fn line(self, at: Option<&csv::Position>) -> u64 {
        let Some(at) = at else { return self.skipped };
        let bytes = self.text.as_bytes();
        let from = usize::try_from(at.byte()).unwrap_or(0).min(bytes.len());
        let empty = bytes[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.skipped + 1 + bytes[..from + empty].iter().filter(|&&byte| byte == b'\n').count() as u64
    }
}
