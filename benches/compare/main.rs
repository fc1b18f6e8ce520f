//! `cargo bench --bench compare`: builds envctl as it is released and hands it to the comparison, which is written in
//! Python because it drives other people's programs and an emulator from PyPI.

use std::process::{Command, ExitCode};

fn main() -> std::io::Result<ExitCode> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/compare");
    let status = Command::new("python3")
        .arg(folder)
        .args(["--envctl", env!("CARGO_BIN_EXE_envctl")])
        .args(std::env::args_os().skip(1))
        .status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
