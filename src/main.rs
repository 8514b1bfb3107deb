//! The `voxdice` command.

fn main() -> std::process::ExitCode {
    voxdice::cli::run()
}
