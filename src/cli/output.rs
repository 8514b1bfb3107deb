//! The two streams: results on stdout, everything else on stderr.

use super::exit::Exit;
use super::text::shown;
use super::warning::Warning;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Where a command writes. A reader that has gone away (`voxdice ... | head`) is no error.
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
        self.result(&format!("{value:#}\n"))
    }

    pub fn warn(&mut self, warning: &Warning) {
        self.line(&format!("warning: {warning}"));
    }

    /// Something worth knowing that is neither result nor warning.
    pub fn note(&mut self, text: impl Display) {
        self.line(&text.to_string());
    }

    /// One line with the whole chain of causes. Not silenced by --quiet: without it an exit code would be all there is.
    pub fn error(&mut self, error: &anyhow::Error) {
        self.finding(&format!("error: {error:#}"));
    }

    /// A finding, for which the exit code is 1. Not silenced by --quiet.
    pub fn finding(&mut self, text: &str) -> Exit {
        let text = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        tell(&text);
        Exit::Findings
    }

    fn line(&mut self, text: &str) {
        if !self.quiet {
            tell(text);
        }
    }
}

/// A line on stderr.
fn tell(text: &str) {
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{}", shown(text));
}
