//! The command: parse, run, print the error and its hint, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    seedmill::cli::main()
}
