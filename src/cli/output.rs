//! The two streams: results on stdout, everything else on stderr.

use super::exit::Exit;
use super::warning::Warning;
use super::words;
use crate::text::{is_command, printable};
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Where a command writes. A reader that has gone away (`voxdice ... | head`) is not an error.
#[derive(Debug)]
pub(super) struct Output {
    pub quiet: bool,
}

impl Output {
    pub fn new() -> Self {
        Self { quiet: false }
    }

    /// Writes a result to stdout.
    pub fn result(&mut self, text: &str) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(anyhow::Error::new(error).context("the result could not be written to standard output"))
            }
            _ => Ok(()),
        }
    }

    /// Writes a value to stdout as JSON.
    pub fn json(&mut self, value: &serde_json::Value) -> anyhow::Result<()> {
        self.result(&escaped(&format!("{value:#}\n")))
    }

    pub fn warn(&mut self, warning: &Warning) {
        let level = if warning.is_note() { "note" } else { "warning" };
        self.line(&format!("{level}: {warning}"));
    }

    /// Something worth knowing that is neither result nor warning.
    pub fn note(&mut self, text: impl Display) {
        self.line(&text.to_string());
    }

    /// One line with the whole chain of causes. Not silenced by --quiet: without it an exit code would be all there is.
    pub fn error(&mut self, error: &anyhow::Error) {
        self.finding(&format!("error: {}", words::of(error)));
    }

    /// A finding, for which the exit code is 1. Not silenced by --quiet.
    pub fn finding(&mut self, text: &str) -> Exit {
        told(text);
        Exit::Findings
    }

    fn line(&mut self, text: &str) {
        if !self.quiet {
            told(text);
        }
    }
}

/// One line on stderr, even if names contain line breaks.
fn told(text: &str) {
    let text = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    // If stderr is closed, the error cannot be reported.
    let _ = writeln!(io::stderr().lock(), "{}", printable(&text));
}

/// JSON in which no string holds what a terminal would take as a command: the parser leaves some of these as they are,
/// and reads the escapes as the same characters.
pub(super) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            c if is_command(c) && c != '\n' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_no_commands_and_reads_the_same() {
        let value = serde_json::json!({ "a\u{7f}\u{9b}": "b\u{202e}\u{1b}\n\t\u{2028}é" });
        let text = escaped(&format!("{value:#}\n"));
        assert!(text.chars().all(|c| c == '\n' || !is_command(c)), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
