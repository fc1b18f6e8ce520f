//! `envctl release list|show|close`.

use std::sync::Arc;

use crate::cli::context::{Context, blocking};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::clock::Clock;
use crate::model::{ReleaseRecord, ReleaseVerdict, Standing};
use crate::store::lock::{Locks, Standing as LockStanding};
use crate::store::releases::{FoundRecord, Releases};
use crate::store::{Store, StoreError};
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
    let mut found = blocking(Releases::new(&store).list(environment, limit))?;
    for record in found.iter_mut().filter_map(|found| found.record.as_mut().ok()) {
        blocking(break_off_unless_it_goes_on(&store, context.time_of_locks(&workspace), record))?;
    }
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
    let mut record = readable(found)?;
    blocking(break_off_unless_it_goes_on(&store, context.time_of_locks(&workspace), &mut record))?;
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
    let store = context.store(&workspace)?;
    let clock = context.time_of_locks(&workspace);
    if let Some(lock) = blocking(break_off_unless_it_goes_on(&store, Arc::clone(&clock), &mut record))? {
        return Err(CliError::new(Exit::Locked, format!("release {} goes on: the lock is {lock}", record.id))
            .hint("close it when it has ended"));
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

/// A release that goes on holds the lock on its environment, by its own id; the lock, where it does. One that does not was
/// broken off, and its record says so from here on.
pub(in crate::cli) async fn break_off_unless_it_goes_on(
    store: &Store,
    clock: Arc<dyn Clock>,
    record: &mut ReleaseRecord,
) -> Result<Option<LockStanding>, StoreError> {
    if record.standing != Standing::UnderWay {
        return Ok(None);
    }
    let standing = Locks::new(store, clock).show(&record.environment).await?.standing;
    match &standing {
        LockStanding::Held { holder: Some(holder), .. } if holder.run == record.id => return Ok(Some(standing)),
        // It may be this release that wrote what cannot be read.
        LockStanding::Held { holder: None, .. } => {}
        _ => {
            // It may have ended between the two looks.
            let newest = Releases::new(store).read(Some(&record.environment), &record.id).await?;
            if let Some(FoundRecord { record: Ok(newest), .. }) = newest {
                *record = *newest;
            }
            if record.standing == Standing::UnderWay {
                record.break_off();
                record.incident = Some(ui::broken_off(record));
            }
        }
    }
    Ok(None)
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
