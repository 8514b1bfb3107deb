//! The command line: uses the public API only.

use std::process::ExitCode;

/// Parses the arguments and runs the command.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
