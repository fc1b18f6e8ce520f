//! The `envctl` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    envctl::cli::main(std::env::args_os())
}
