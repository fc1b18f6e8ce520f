//! The edits of spec files that a change of sizes needs, checked before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::error::CliError;
use super::load;
use crate::model::{Desired, ResourceKey, ResourceKind};
use crate::report::rightsize::spec_path;
use crate::spec::{self, Edit, EditError, Wish};
use crate::ui::difference;
use crate::workspace::Workspace;

/// A value that should stand in the spec.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) key: ResourceKey,
    pub(super) field: String,
    pub(super) value: String,
}

/// Edits that hold together.
pub(super) struct Rewrite {
    /// Each value that changes, and where.
    pub(super) edits: Vec<(Wanted, Edit)>,
    /// Path to the text before and after.
    pub(super) files: BTreeMap<String, (String, String)>,
    /// What is wanted of the cloud afterwards.
    pub(super) desired: Desired,
}

impl Rewrite {
    /// The diff.
    pub(super) fn difference(&self) -> String {
        self.files.iter().map(|(path, (old, new))| difference::unified(path, old, new)).collect()
    }

    /// Writes the new texts, or the old ones again. A file that somebody else changed meanwhile is left alone.
    pub(super) fn write(&self, workspace: &Workspace, back: bool) -> Result<(), CliError> {
        let texts =
            |(old, new): &(String, String)| if back { (new.clone(), old.clone()) } else { (old.clone(), new.clone()) };
        for (path, pair) in &self.files {
            let (expected, _) = texts(pair);
            if workspace.text(path)?.as_deref() != Some(expected.as_str()) {
                return Err(CliError::other(format!(
                    "{path} was changed by somebody else meanwhile: it is left alone"
                )));
            }
        }
        for (path, pair) in &self.files {
            workspace.rewrite(path, &texts(pair).1)?;
        }
        Ok(())
    }
}

/// The edits that make the spec say what is wanted; `None`: it says so already.
pub(super) fn rewrite(
    workspace: &Workspace,
    desired: &Desired,
    wanted: &[Wanted],
) -> Result<Option<Rewrite>, CliError> {
    let name = &desired.environment;
    let specs = workspace.specs()?.by_path;
    let mut edits = Vec::new();
    for one in wanted {
        let wish = Wish { path: spec_path(desired, &one.key, &one.field), value: one.value.clone() };
        let found = spec::edits(name, &specs, &[wish]).map_err(|error| unwritable(&error, name, one))?;
        edits.extend(found.into_iter().map(|edit| (one.clone(), edit)));
    }
    if edits.is_empty() {
        return Ok(None);
    }
    let bare: Vec<Edit> = edits.iter().map(|(_, edit)| edit.clone()).collect();
    let changed = spec::edited(&specs, &bare);
    let after: BTreeMap<String, String> = specs.clone().into_iter().chain(changed.clone()).collect();
    let new = load::with_specs(workspace, name, &after)?;
    only_this_changes(desired, &new, wanted)?;
    others_are_untouched(workspace, name, (&specs, &after), &edits)?;
    let files = changed.into_iter().filter_map(|(path, new)| Some((path.clone(), (specs.get(&path)?.clone(), new))));
    Ok(Some(Rewrite { edits, files: files.collect(), desired: new }))
}

fn unwritable(error: &EditError, name: &str, wanted: &Wanted) -> CliError {
    let Wanted { key, field, value } = wanted;
    CliError::usage(format!("{field} of {key} cannot be changed in the spec of {name}: {error}"))
        .hint(format!("write `{field}: {value}` there by hand"))
}

/// Refuses when something else of the environment would become another.
fn only_this_changes(old: &Desired, new: &Desired, wanted: &[Wanted]) -> Result<(), CliError> {
    let plain = |desired: &Desired| json!(Desired { places: BTreeMap::new(), ..desired.clone() });
    let mut changed = BTreeSet::new();
    differing(&plain(old), &plain(new), &mut Vec::new(), &mut changed);
    let allowed = |path: &str| {
        wanted.iter().any(|one| match one.key.kind {
            // One-off tasks of a service take its size.
            ResourceKind::Service => path == format!("services.{}", one.key.name) || path.starts_with("tasks."),
            ResourceKind::Database => path == format!("databases.{}", one.key.name),
            _ => path == format!("file_systems.{}", one.key.name),
        })
    };
    if let Some(other) = changed.iter().find(|path| !allowed(path)) {
        return Err(CliError::usage(format!("with these values {other} would become another as well"))
            .hint("the spec uses the value in more than one place: change it by hand"));
    }
    let untouched = wanted.iter().find(|one| {
        let part = match one.key.kind {
            ResourceKind::Service => "services",
            ResourceKind::Database => "databases",
            _ => "file_systems",
        };
        !changed.contains(&format!("{part}.{}", one.key.name))
    });
    match untouched {
        None => Ok(()),
        Some(one) => Err(CliError::usage(format!("{} of {} would change nothing", one.field, one.key))
            .hint("its template does not take it from the spec: change the template by hand")),
    }
}

/// The first two keys of whatever differs.
fn differing(old: &Value, new: &Value, path: &mut Vec<String>, found: &mut BTreeSet<String>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Object(old), Value::Object(new)) if path.len() < 2 => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                path.push(key.clone());
                let nothing = Value::Null;
                differing(old.get(key).unwrap_or(&nothing), new.get(key).unwrap_or(&nothing), path, found);
                path.pop();
            }
        }
        _ => drop(found.insert(path.join("."))),
    }
}

/// A file of its own may be edited whoever else takes it as a base; another file only when no other environment feels it.
fn others_are_untouched(
    workspace: &Workspace,
    name: &str,
    (before, after): (&BTreeMap<String, String>, &BTreeMap<String, String>),
    edits: &[(Wanted, Edit)],
) -> Result<(), CliError> {
    let own = Workspace::spec_path(name);
    let Some((wanted, edit)) = edits.iter().find(|(_, edit)| edit.span.file != own) else { return Ok(()) };
    for other in workspace.environments()?.into_iter().filter(|other| other != name) {
        let plain = |specs| {
            let desired = load::with_specs(workspace, &other, specs).ok()?;
            Some(Desired { places: BTreeMap::new(), ..desired })
        };
        if plain(before) != plain(after) {
            let place = format!("{}:{}:{}", edit.span.file, edit.span.line, edit.span.column);
            let Wanted { key, field, value } = wanted;
            return Err(CliError::usage(format!(
                "{field} of {key} is declared at {place}, and {other} takes it from there too"
            ))
            .hint(format!("write `{field}: {value}` into {own} by hand, or change it there for all of them")));
        }
    }
    Ok(())
}
