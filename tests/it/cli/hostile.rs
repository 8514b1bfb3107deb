//! What nobody does on purpose, and everybody's machine does once: odd names, links in circles, devices, full and
//! write-protected places, runs that are killed, two runs at once.

mod inputs;
#[cfg(target_os = "linux")]
mod names;
mod outputs;
#[cfg(target_os = "linux")]
mod terminal;
mod writing;

use super::folder::Cohort;
use super::{Files, stderr, stdout, text};
use std::path::Path;
use std::process::{Command, Output};

/// Runs the command in the folder of a cohort, so that names are as short as they are typed.
fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_voxdice")).current_dir(folder).args(arguments).output().unwrap()
}

/// What is said on stderr by a run that must end with this code.
fn says(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let output = run_in(folder, arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

/// What makes a terminal do something, or turns the writing round, but for the end of a line.
fn commands_in(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|&c| c != '\n' && (c.is_control() || turns(c))).collect()
}
