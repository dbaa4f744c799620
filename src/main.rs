//! The command: parse, run, print the error and its hint, exit.

use std::process::ExitCode;

// Blocks of rows come and go by the megabyte; the system's allocator gives such memory back and takes it again, page
// by page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    seedmill::cli::main()
}
