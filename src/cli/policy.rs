//! `envctl policy`.

use serde::Serialize;

use super::arguments::environment_completer;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::ui::diagnostics::{ProblemDto, Sources};
use crate::ui::{self, quantity, style};

/// Holds the rendered task definitions against the policy of the spec, without a cloud
///
/// Required, forbidden and secret variables, DEBUG and development keys, image tags that move, logs, root users: each
/// breach with its line and what to do. `validate` holds the same. Ends with 3 when there is a breach.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment
    #[arg(value_name = "ENV", env = "ENVCTL_ENVIRONMENT", hide_env_values = true, add = environment_completer())]
    environment: String,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.environment)?;
    let Some(rules) = &desired.policy else {
        return Err(CliError::usage(format!("{} has no policy", desired.environment))
            .hint("add `policy: {}` to its spec for the usual rules; docs/checks.md shows the others"));
    };
    let mut sources = Sources::new();
    let problems = load::policy(&workspace, &args.environment, &mut sources);
    if !problems.is_empty() {
        return Err(CliError::problems(problems, sources));
    }
    let documents = desired.services.len() + desired.tasks.len();
    let names: Vec<&str> = rules.rules.iter().map(|rule| rule.as_str()).collect();
    let text = || {
        let kept = style::paint(style::GOOD, "kept");
        let documents = quantity::count(documents, "task definition");
        format!("{}: {kept} by {documents}\nrules: {}\n", desired.environment, names.join(", "))
    };
    let dto = || KeptDto {
        format_version: ui::FORMAT_VERSION,
        environment: desired.environment.clone(),
        rules: names.clone(),
        problems: Vec::new(),
    };
    context.ui.answer(text, dto)?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct KeptDto<'a> {
    format_version: u32,
    environment: String,
    rules: Vec<&'a str>,
    problems: Vec<ProblemDto>,
}
