//! The command line: parses, runs one command, and turns its outcome into an exit code. Uses the public API only.

mod args;
mod bench;
mod compare;
mod demo;
mod devices;
mod eval;
mod exit;
mod files;
mod info;
mod interrupt;
mod loss;
mod output;
mod progress;
mod verify;
mod warning;
mod words;

/// What tests of reports make their cases of.
#[cfg(test)]
pub(crate) use {demo::phantom, verify::Random};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use exit::Exit;
use output::Output;
use std::ffi::OsString;
use std::process::ExitCode;

// The description comes from Cargo.toml.
#[derive(Debug, Parser)]
#[command(
    name = "voxdice",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(after_help = "\
Exit codes: 0 fine; 1 ran, with findings (missing or broken cases, grids that truly differ, a failed verification); 2 wrong \
usage or input; 3 the requested device is not there or does not work; 130 interrupted.

Example: voxdice eval truth.nii.gz pred.nii.gz")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    // What each of them is stands with its options: a comment here would take the place of that.
    Eval(Box<eval::Eval>),
    Merge(eval::merge::Merge),
    Compare(Box<compare::Compare>),
    Loss(Box<loss::LossCommand>),
    Info(info::Info),
    Devices(devices::Devices),
    Verify(verify::Verify),
    Bench(bench::Bench),
    Demo(demo::Demo),
}

/// The command line. `eval -h` is short enough to be read.
fn command() -> clap::Command {
    Cli::command().mut_subcommand("eval", |eval| eval.mut_args(eval::brief))
}

/// Parses the arguments of this process and runs the command.
pub fn run() -> ExitCode {
    run_from(std::env::args_os()).into()
}

/// Parses these arguments, the first of which is the name of the command, and runs it. Returns the exit code.
pub fn run_from(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> u8 {
    let mut command = command();
    let parsed = command.try_get_matches_from_mut(arguments);
    let cli = match parsed.and_then(|found| Cli::from_arg_matches(&found).map_err(|error| error.format(&mut command))) {
        Ok(cli) => cli,
        Err(message) => return Exit::of_usage(&message).code(),
    };
    let mut output = Output::new();
    let outcome = match &cli.command {
        Command::Eval(eval) => eval.run(&mut output),
        Command::Merge(merge) => merge.run(&mut output),
        Command::Compare(compare) => compare.run(&mut output),
        Command::Loss(loss) => loss.run(&mut output),
        Command::Info(info) => info.run(&mut output),
        Command::Devices(devices) => devices.run(&mut output),
        Command::Verify(verify) => verify.run(&mut output),
        Command::Bench(bench) => bench.run(&mut output),
        Command::Demo(demo) => demo.run(&mut output),
    };
    let exit = outcome.unwrap_or_else(|error| {
        output.error(&error);
        Exit::of(&error)
    });
    exit.code()
}
