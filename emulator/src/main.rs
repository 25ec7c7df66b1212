//! The command `backlot`.

use std::process::ExitCode;

fn main() -> ExitCode {
    backlot::cli::run(std::env::args_os())
}
