//! `envctl completions`.

use clap::ValueEnum;

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;

/// Prints the line that makes your shell complete commands, flags and environments
///
/// Put the printed line into the start-up file of your shell.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Your shell
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Zsh,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let line = match args.shell {
        Shell::Bash => "source <(COMPLETE=bash envctl)",
        Shell::Elvish => "eval (E:COMPLETE=elvish envctl | slurp)",
        Shell::Fish => "COMPLETE=fish envctl | source",
        Shell::Zsh => "source <(COMPLETE=zsh envctl)",
    };
    context.ui.data(line)?;
    Ok(Exit::Done)
}
