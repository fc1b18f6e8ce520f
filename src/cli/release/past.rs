//! `envctl release list|show|close`.

use crate::cli::context::{Context, blocking};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::model::{ReleaseRecord, ReleaseVerdict, Standing};
use crate::store::lock::{Locks, Standing as LockStanding};
use crate::store::releases::{FoundRecord, Releases};
use crate::ui::release as ui;
use crate::workspace::Workspace;

/// Longest verdict.
const LONGEST_VERDICT: usize = 2_000;

pub(super) fn list(context: &Context, environment: Option<&str>, limit: usize) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    if let Some(environment) = environment {
        workspace.require(environment)?;
    }
    let store = context.store(&workspace)?;
    let found = blocking(Releases::new(&store).list(environment, limit))?;
    output::require(&context.outputs(), &["text", "json"], "release list")?;
    for output in context.outputs() {
        let text = match output.format.as_str() {
            "json" => ui::list_json(&found),
            _ => ui::list(&found, &context.ui),
        };
        output::write(&output, &text, &context.ui)?;
    }
    Ok(Exit::Done)
}

pub(super) fn show(context: &Context, environment: &str, id: Option<&str>) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    workspace.require(environment)?;
    let store = context.store(&workspace)?;
    let releases = Releases::new(&store);
    let found = match id {
        Some(id) => blocking(releases.read(Some(environment), id))?.ok_or_else(|| unknown(id))?,
        None => blocking(releases.list(Some(environment), 1))?.pop().ok_or_else(|| {
            CliError::usage(format!("{environment} has had no release yet"))
                .hint(format!("envctl release {environment} --image NAME=REF"))
        })?,
    };
    let record = readable(found)?;
    for output in context.outputs() {
        let text = match output.format.as_str() {
            "json" => ui::json(&record),
            "markdown" => markdown(&workspace, &record)?,
            _ => ui::text(&record, &context.ui),
        };
        output::write(&output, &text, &context.ui)?;
    }
    Ok(Exit::Done)
}

pub(super) fn close(context: &Context, id: &str, verdict: &str) -> Result<Exit, CliError> {
    let text = verdict.trim();
    if text.is_empty() || text.chars().count() > LONGEST_VERDICT {
        return Err(CliError::usage(format!("a verdict has 1 to {LONGEST_VERDICT} characters")));
    }
    let workspace = context.workspace()?;
    let mut record = find(context, &workspace, id)?;
    let clock = context.time_of_locks(&workspace);
    let store = context.store(&workspace)?;
    if record.standing == Standing::UnderWay {
        let lock = blocking(Locks::new(&store, clock.clone()).show(&record.environment))?;
        if matches!(&lock.standing, LockStanding::Held { holder: Some(holder), .. } if holder.run == record.id) {
            return Err(CliError::new(
                Exit::Locked,
                format!("release {} goes on: the lock is {}", record.id, lock.standing),
            )
            .hint("close it when it has ended"));
        }
    }
    if let Some(earlier) = &record.verdict {
        let (who, text) = (&earlier.who, &earlier.text);
        return Err(CliError::usage(format!("release {} was closed by {who}: {text}", record.id)));
    }
    let who = context.identity().who();
    record.verdict = Some(ReleaseVerdict { at: clock.now(), who, text: text.to_owned() });
    if matches!(record.standing, Standing::Open { .. }) {
        record.standing = Standing::Succeeded;
    }
    blocking(Releases::new(&store).write(&record))?;
    for output in context.outputs() {
        let text = match output.format.as_str() {
            "json" => ui::json(&record),
            "markdown" => markdown(&workspace, &record)?,
            _ => ui::closed(&record),
        };
        output::write(&output, &text, &context.ui)?;
    }
    Ok(Exit::Done)
}

/// The record of this id.
pub(in crate::cli) fn find(context: &Context, workspace: &Workspace, id: &str) -> Result<ReleaseRecord, CliError> {
    let store = context.store(workspace)?;
    let found = blocking(Releases::new(&store).read(None, id))?;
    readable(found.ok_or_else(|| unknown(id))?)
}

fn unknown(id: &str) -> CliError {
    CliError::usage(format!("there is no release `{id}`, or several begin so")).hint("`envctl release list` lists them")
}

fn readable(found: FoundRecord) -> Result<ReleaseRecord, CliError> {
    match found.record {
        Ok(record) => Ok(*record),
        Err(why) => Err(CliError::other(format!("release {} of {}: {why}", found.id, found.environment))),
    }
}

/// The record as the template of the workspace, or envctl's own, writes it.
pub(super) fn markdown(workspace: &Workspace, record: &ReleaseRecord) -> Result<String, CliError> {
    super::announce::render(workspace, "record.md.hbs", crate::template::Language::Markdown, record)
}
