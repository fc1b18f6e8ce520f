//! From the workspace to what is wanted: reads specs and templates, parses and renders them.

use std::collections::BTreeMap;

use super::error::CliError;
use crate::model::{Desired, Problem};
use crate::ui::diagnostics::Sources;
use crate::workspace::{TEMPLATES, Texts, Workspace, WorkspaceError};
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

/// The environments named, or every one.
pub(super) fn all_or(workspace: &Workspace, named: &[String]) -> Result<Vec<String>, CliError> {
    if named.is_empty() {
        return names(workspace, None);
    }
    for name in named {
        workspace.require(name)?;
    }
    Ok(named.to_vec())
}

/// What is wanted of an environment.
pub(super) fn desired(workspace: &Workspace, name: &str) -> Result<Desired, CliError> {
    workspace.require(name)?;
    let mut sources = Sources::new();
    read(workspace, name, &mut sources).map_err(|problems| CliError::problems(problems, sources))
}

/// [`desired`] with other texts in the place of the specs on disk.
pub(super) fn with_specs(
    workspace: &Workspace,
    name: &str,
    specs: &BTreeMap<String, String>,
) -> Result<Desired, CliError> {
    let templates = workspace.templates()?;
    let mut sources = Sources::new();
    sources.extend(specs.clone());
    sources.extend(templates.by_path.clone());
    let below = below_templates(&templates);
    spec::parse(name, specs)
        .and_then(|environment| template::desired(&environment, &below))
        .map_err(|problems| CliError::problems(problems, sources))
}

/// The templates by their paths below their folder.
pub(super) fn below_templates(templates: &Texts) -> BTreeMap<String, String> {
    let below = |(path, text): (&String, &String)| {
        Some((path.strip_prefix(TEMPLATES)?.strip_prefix('/')?.to_owned(), text.clone()))
    };
    templates.by_path.iter().filter_map(below).collect()
}

/// Parses and renders one environment; every file that took part is added to `sources`.
pub(super) fn read(workspace: &Workspace, name: &str, sources: &mut Sources) -> Result<Desired, Vec<Problem>> {
    let files = files(workspace).map_err(|error| vec![unusable(&error)])?;
    sources.extend(files.specs.by_path.clone());
    sources.extend(files.templates.by_path.clone());
    render(&files, name)
}

/// The texts of a workspace, read once for many environments.
pub(super) struct WorkspaceFiles {
    specs: Texts,
    templates: Texts,
}

/// Reads them.
pub(super) fn files(workspace: &Workspace) -> Result<WorkspaceFiles, WorkspaceError> {
    Ok(WorkspaceFiles { specs: workspace.specs()?, templates: workspace.templates()? })
}

/// What is wanted of an environment, as these files say.
pub(super) fn desired_in(files: &WorkspaceFiles, name: &str) -> Result<Desired, CliError> {
    let sources = || {
        let mut sources = Sources::new();
        sources.extend(files.specs.by_path.clone());
        sources.extend(files.templates.by_path.clone());
        sources
    };
    render(files, name).map_err(|problems| CliError::problems(problems, sources()))
}

/// Account and region of an environment, without rendering it.
pub(super) fn place_of(files: &WorkspaceFiles, name: &str) -> Option<(String, String)> {
    let environment = spec::parse(name, &files.specs.by_path).ok()?;
    Some((environment.account, environment.region))
}

/// Parses and renders one environment.
fn render(files: &WorkspaceFiles, name: &str) -> Result<Desired, Vec<Problem>> {
    let WorkspaceFiles { specs, templates } = files;
    // A file that nobody asks for may be anything; one that is missed explains why.
    let own = Workspace::spec_path(name);
    let explain = |problems: Vec<Problem>, texts: &Texts| {
        let missed = |path: &str| path == own || problems.iter().any(|problem| problem.message.contains(path));
        let why = texts.unreadable.iter().filter(|error| error.path().is_some_and(missed)).map(unusable);
        let why: Vec<Problem> = why.collect();
        problems.into_iter().chain(why).collect::<Vec<_>>()
    };
    let environment = spec::parse(name, &specs.by_path).map_err(|problems| explain(problems, specs))?;
    template::desired(&environment, &below_templates(templates)).map_err(|problems| explain(problems, templates))
}

/// What the task definitions of an environment break of its policy. A spec or template that cannot be read breaks
/// nothing: [`read`] tells its problems, and is called first. Values that may be secrets are taken out of all sources:
/// the lines to blame are shown.
pub(super) fn policy(workspace: &Workspace, name: &str, sources: &mut Sources) -> Vec<Problem> {
    let (Ok(specs), Ok(templates)) = (workspace.specs(), workspace.templates()) else { return Vec::new() };
    let Ok(environment) = spec::parse(name, &specs.by_path) else { return Vec::new() };
    let found = template::policy(&environment, &below_templates(&templates));
    for (path, text) in specs.by_path.into_iter().chain(templates.by_path) {
        sources.entry(path).or_insert(text);
    }
    for text in sources.values_mut() {
        for value in &found.hidden {
            *text = text.replace(value, &"*".repeat(value.len()));
        }
    }
    found.problems
}

fn unusable(error: &WorkspaceError) -> Problem {
    Problem {
        code: String::new(),
        message: error.to_string(),
        span: None,
        label: String::new(),
        related: Vec::new(),
        help: String::new(),
        replacement: None,
    }
}
