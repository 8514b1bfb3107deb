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
mod label_list;
mod loss;
mod output;
mod progress;
mod table;
mod text;
mod verify;
mod warning;

#[cfg(any(test, fuzzing))]
pub(crate) use eval::fuzzing;

use clap::{Parser, Subcommand};
use exit::Exit;
use output::Output;
use std::process::ExitCode;

/// Exact, reproducible Dice and overlap of segmentations, on the GPU and on the CPU with the same bits.
#[derive(Debug, Parser)]
#[command(name = "voxdice", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 fine; 1 ran, with findings (missing or broken cases, a failed verification); 2 wrong
usage or input; 3 the requested device is not there or does not work; 130 interrupted.

Example: voxdice eval truth.nii.gz pred.nii.gz")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Overlap of label maps, class by class: two files, or two folders of cases
    Eval(Box<eval::Eval>),
    /// Join the results of shards into what one run would have written
    Merge(eval::merge::Merge),
    /// Dice and other losses of soft volumes, with the choices that tell one from another
    Loss(Box<loss::LossCommand>),
    /// What is in a volume file: shape, type, spacing, labels or range of values
    Info(info::Info),
    /// The GPU adapters that can be used, and which one would be
    Devices(devices::Devices),
    /// Check that the adapters give exactly the numbers of the CPU
    Verify(verify::Verify),
    /// How fast the reductions are here, beside a plain read of the same bytes
    Bench(bench::Bench),
    /// Make a small set of label maps and evaluate it
    Demo(demo::Demo),
}

/// Parses the arguments and runs the command.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => return Exit::of_usage(&message).into(),
    };
    let mut output = Output::new();
    let outcome = match &cli.command {
        Command::Eval(eval) => eval.run(&mut output),
        Command::Merge(merge) => merge.run(&mut output),
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
    exit.into()
}
