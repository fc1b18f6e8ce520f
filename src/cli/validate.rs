//! `envctl validate`.

use serde::Serialize;

use super::arguments::environment_completer;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::load;
use crate::model::Problem;
use crate::spec;
use crate::ui::diagnostics::{self, Sources};
use crate::ui::{self, quantity, style};

/// Checks specs and templates, without a cloud
///
/// Shows every problem of every file at once: file, line, the text underlined, and what to do. Everything that can be
/// known without asking AWS is checked. Ends with 3 when there is a problem.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Environment [default: every one]
    #[arg(value_name = "ENV", add = environment_completer())]
    environment: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let names = load::names(&workspace, args.environment.as_deref())?;
    let mut problems: Vec<Problem> = Vec::new();
    let mut sources = Sources::new();
    for name in &names {
        if let Err(found) = load::read(&workspace, name, &mut sources) {
            // Environments share files: what is wrong in one of them is told once.
            problems.extend(found.into_iter().filter(|problem| !problems.contains(problem)).collect::<Vec<_>>());
        }
    }
    if args.environment.is_none() {
        problems.extend(spec::conflicts(&names, &sources));
    }
    // Last: it takes values out of the sources that may be secrets.
    for name in &names {
        let breaches = load::policy(&workspace, name, &mut sources);
        problems.extend(breaches.into_iter().filter(|problem| !problems.contains(problem)).collect::<Vec<_>>());
    }
    if !problems.is_empty() {
        return Err(CliError::problems(problems, sources));
    }
    context.ui.answer(|| text(&names), || Valid::new(&names))?;
    Ok(Exit::Done)
}

fn text(names: &[String]) -> String {
    let valid = style::paint(style::GOOD, "valid");
    let lines: Vec<String> = names.iter().map(|name| format!("{name}: {valid}")).collect();
    format!("{}\n{}\n", lines.join("\n"), quantity::count(0, "problem"))
}

#[derive(Serialize)]
struct Valid {
    format_version: u32,
    environments: Vec<String>,
    problems: Vec<diagnostics::ProblemDto>,
}

impl Valid {
    fn new(names: &[String]) -> Self {
        Self { format_version: ui::FORMAT_VERSION, environments: names.to_vec(), problems: Vec::new() }
    }
}
