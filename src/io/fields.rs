//! Text headers: their lines, and the fields in them.

use std::io::BufRead;
use std::path::Path;
use std::str::FromStr;

use super::file::broken;
use super::gzip::fill;
use super::text::quoted;
use crate::error::{FileError, HeaderFault};

/// The longest header that is read. Segmentations with terms for every segment have some hundred kB.
const LONGEST: u64 = 4 << 20;

/// The lines at the start of a file.
pub(super) struct Lines<'a, R> {
    reader: R,
    path: &'a Path,
    /// Bytes read so far: the position of the next line.
    position: u64,
}

impl<'a, R: BufRead> Lines<'a, R> {
    pub(super) fn new(reader: R, path: &'a Path) -> Self {
        Self { reader, path, position: 0 }
    }

    /// The next line without its end (LF or CR LF), or none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<String>, FileError> {
        let mut line = Vec::new();
        loop {
            let input = fill(&mut self.reader).map_err(|stop| broken(self.path, stop))?;
            let end = input.iter().position(|&byte| byte == b'\n');
            let here = end.map_or(input.len(), |end| end.saturating_add(1));
            if here == 0 {
                if line.is_empty() {
                    return Ok(None);
                }
                break;
            }
            self.position = self.position.saturating_add(here as u64);
            if self.position > LONGEST {
                return Err(self.fault(HeaderFault::TooLong { limit: LONGEST }));
            }
            line.extend_from_slice(input.get(..here).unwrap_or_default());
            self.reader.consume(here);
            if end.is_some() {
                break;
            }
        }
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // Comments may be in any encoding, and the fields which are looked at are ASCII.
        Ok(Some(String::from_utf8_lossy(line).into_owned()))
    }

    /// The reader, and the position in it.
    pub(super) fn end(self) -> (R, u64) {
        (self.reader, self.position)
    }

    pub(super) fn fault(&self, fault: HeaderFault) -> FileError {
        FileError::Header { path: self.path.to_path_buf(), fault }
    }
}

/// The fields of a header that are read, by the first of their names.
pub(super) struct Fields {
    /// The first of its names, its value, and the name it had.
    found: Vec<(&'static str, String, String)>,
}

/// A field of a header, under each name that it has.
pub(super) type Names = &'static [&'static str];

impl Fields {
    pub(super) fn new() -> Self {
        Self { found: Vec::new() }
    }

    /// Takes a field if it is one of those that are read.
    pub(super) fn take(&mut self, known: &[Names], name: &str, value: &str, any_case: bool) -> Result<(), HeaderFault> {
        let same = |known: &str| if any_case { known.eq_ignore_ascii_case(name) } else { known == name };
        let Some(&field) = known.iter().find(|names| names.iter().any(|name| same(name))).and_then(|n| n.first())
        else {
            return Ok(());
        };
        let value = value.trim();
        if let Some((_, before, same_name)) = self.found.iter().find(|(known, ..)| *known == field) {
            // Some writers give a field under two of its names.
            let alias = !same_name.eq_ignore_ascii_case(name) && before.eq_ignore_ascii_case(value);
            return if alias { Ok(()) } else { Err(HeaderFault::Twice { field }) };
        }
        self.found.push((field, value.to_owned(), name.to_owned()));
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn get(&self, field: &str) -> Option<&str> {
        self.found.iter().find(|(name, ..)| *name == field).map(|(_, value, _)| value.as_str())
    }

    pub(super) fn require(&self, field: &'static str) -> Result<&str, HeaderFault> {
        self.get(field).ok_or(HeaderFault::Missing { field })
    }

    /// The number of dimensions, and the length of each.
    pub(super) fn sizes(&self, rank: &'static str, sizes: &'static str, most: usize) -> Result<Vec<u64>, HeaderFault> {
        let text = self.require(rank)?;
        let count = text.parse().ok().filter(|count| (1..=most).contains(count)).ok_or_else(|| HeaderFault::Dims {
            field: rank,
            value: quoted(text),
            expected: "a number of dimensions that is read (at least 1)",
        })?;
        let text = self.require(sizes)?;
        let lengths: Option<Vec<u64>> = text.split_whitespace().map(|word| word.parse().ok()).collect();
        lengths.filter(|lengths| lengths.len() == count && !lengths.contains(&0)).ok_or_else(|| HeaderFault::Dims {
            field: sizes,
            value: quoted(text),
            expected: "one positive length for each dimension",
        })
    }

    /// Finite numbers, `count` of them, where the field is there.
    pub(super) fn numbers(&self, field: &'static str, count: usize) -> Result<Option<Vec<f64>>, HeaderFault> {
        let Some(text) = self.get(field) else { return Ok(None) };
        finite(text.split_whitespace())
            .filter(|numbers| numbers.len() == count)
            .ok_or_else(|| bad(field, text, "one finite number for each dimension"))
            .map(Some)
    }

    /// One value, where the field is there.
    pub(super) fn one<T: FromStr>(
        &self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, HeaderFault> {
        let Some(text) = self.get(field) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| bad(field, text, expected))
    }
}

pub(super) fn bad(field: &'static str, value: &str, expected: &'static str) -> HeaderFault {
    HeaderFault::Value { field, value: quoted(value), expected }
}

/// All words as numbers, or none if one of them is not a finite number.
pub(super) fn finite<'a>(words: impl Iterator<Item = &'a str>) -> Option<Vec<f64>> {
    words.map(|word| word.parse().ok().filter(|number: &f64| number.is_finite())).collect()
}
