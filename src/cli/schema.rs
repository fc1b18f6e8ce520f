//! `envctl schema`.

use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::spec;

/// Shows the JSON Schema of the spec format, for editors and programs
///
/// An editor that knows YAML takes it from a first line in the spec:
/// # yaml-language-server: $schema=../environment.schema.json
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(context: &Context, _args: &Args) -> Result<Exit, CliError> {
    context.ui.json(&spec::json_schema())?;
    Ok(Exit::Done)
}
