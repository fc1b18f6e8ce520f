//! From the workspace to what is wanted: reads specs and templates, parses and renders them.

use std::cell::RefCell;

use super::error::CliError;
use crate::model::{Desired, Problem};
use crate::ui::diagnostics::Sources;
use crate::workspace::{TEMPLATES, Workspace};
use crate::{spec, template};

/// The environment named, or every one.
pub(super) fn names(workspace: &Workspace, named: Option<&str>) -> Result<Vec<String>, CliError> {
    if let Some(name) = named {
        workspace.require(name)?;
        return Ok(vec![name.to_owned()]);
    }
    let names = workspace.environments()?;
    if names.is_empty() {
        return Err(CliError::usage("environments/ holds no spec")
            .hint("an environment NAME is the file environments/NAME.yaml"));
    }
    Ok(names)
}

/// What is wanted of an environment.
pub(super) fn desired(workspace: &Workspace, name: &str) -> Result<Desired, CliError> {
    workspace.require(name)?;
    let mut sources = Sources::new();
    read(workspace, name, &mut sources).map_err(|problems| CliError::problems(problems, sources))
}

/// Parses and renders one environment; every file that was read is added to `sources`.
pub(super) fn read(workspace: &Workspace, name: &str, sources: &mut Sources) -> Result<Desired, Vec<Problem>> {
    let files = Files { workspace, read: RefCell::new(std::mem::take(sources)) };
    let environment = spec::parse(name, &files);
    *sources = files.read.into_inner();
    let environment = environment?;
    let templates = workspace.templates().map_err(|error| vec![unreadable(&error.to_string())])?;
    sources.extend(templates.iter().map(|(path, text)| (format!("{TEMPLATES}/{path}"), text.clone())));
    template::desired(&environment, &templates)
}

/// The specs of a workspace; remembers what was read, so that problems can show it.
struct Files<'a> {
    workspace: &'a Workspace,
    read: RefCell<Sources>,
}

fn unreadable(why: &str) -> Problem {
    Problem {
        code: String::new(),
        message: why.to_owned(),
        span: None,
        label: String::new(),
        related: Vec::new(),
        help: String::new(),
        replacement: None,
    }
}
