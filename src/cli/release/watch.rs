//! The watch: within a release, and later (C4d).

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::look::{failing, judged, since};
use super::past;
use super::session::{Release, Told, Trouble};
use crate::cli::context::{Context, Session};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::signals::Signals;
use crate::cli::{load, verification};
use crate::model::{Check, Desired, EntryState, Gate, RecordEntry, ReleaseRecord, Standing, Verdict, WatchSpec};
use crate::store::releases::Releases;
use crate::ui::verify::{self, VerifyRun};
use crate::ui::{Verbosity, quantity};
use crate::workspace::Workspace;

/// Time between two looks where the spec has no watch.
const EVERY: Duration = Duration::from_secs(60);

impl Release<'_> {
    /// Looks at intervals until the time is over, or a look does not pass.
    pub(super) async fn watch(&mut self, watch: &WatchSpec) -> Result<Told, Trouble> {
        let ends = Instant::now() + watch.lasts;
        let mut looks = 0;
        loop {
            let pause = watch.every.min(ends.saturating_duration_since(Instant::now()));
            self.unless_stopped(tokio::time::sleep(pause)).await?;
            let run = self.look(&watch.checks).await?;
            looks += 1;
            let left = ends.saturating_duration_since(Instant::now());
            let told = format!("look {looks}: {}; {} left", run.counts(), quantity::duration(left.as_secs()));
            self.context.ui.say(&format!("  {told}"));
            if run.verdict() != Verdict::Passed {
                self.context.ui.say(&verify::text(&run, &self.context.ui));
                return judged(&run);
            }
            if left.is_zero() {
                let all = format!("{} in {}, all passed", quantity::count(looks, "look"), seconds(watch.lasts));
                let mut told = judged(&run)?;
                told.evidence.insert(0, all);
                return Ok(told);
            }
            self.so_far(vec![told]).await?;
        }
    }
}

fn seconds(time: Duration) -> String {
    quantity::duration(time.as_secs())
}

/// `envctl release watch RECORD`.
pub(super) fn again(context: &Context, record: &str, wait: bool) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let record = past::find(context, &workspace, record)?;
    let desired = load::desired(&workspace, &record.environment)?;
    let names = desired.release.watch.as_ref().map(|watch| watch.checks.clone()).unwrap_or_default();
    let checks = verification::chosen(&desired, &names)?;
    if checks.is_empty() {
        return Err(CliError::usage(format!("{} has no checks", desired.environment))
            .hint("declare them under `checks:` in its spec; docs/checks.md shows each kind"));
    }
    if let Some(verdict) = &record.verdict {
        return Err(CliError::usage(format!("release {} is closed: {}", record.id, verdict.text)));
    }
    context.with_cloud(&workspace, &desired, async |session| {
        verification::guard(session, &desired, &checks).await?;
        looks(context, session, &workspace, &desired, &checks, record, wait).await
    })
}

/// Looks once, or until the release need not be watched any longer; each look is noted in the record.
async fn looks(
    context: &Context,
    session: &Session,
    workspace: &Workspace,
    desired: &Desired,
    checks: &std::collections::BTreeMap<String, Check>,
    mut record: ReleaseRecord,
    wait: bool,
) -> Result<Exit, CliError> {
    let signals = Signals::listen();
    let releases = Releases::new(&session.store);
    let every = desired.release.watch.as_ref().map_or(EVERY, |watch| watch.every);
    let until = match record.standing {
        Standing::Open { until } => until,
        _ => Timestamp::MIN,
    };
    let first_at = session.clock.now();
    for look in 1_usize.. {
        let began_at = session.clock.now();
        let from = record.deployed_at.unwrap_or(record.began_at);
        let run =
            verification::make(session, workspace, desired, &since(checks, from, began_at), &record.baseline).await;
        let entry = later_look(first_at, session.clock.now(), look, &run);
        note(&releases, &mut record, entry).await?;
        let goes_on = wait && run.verdict() == Verdict::Passed && session.clock.now() < until;
        if !goes_on {
            verification::show(context, &run)?;
            return answer(context, &record, &run);
        }
        if look == 1 {
            let (every, until) = (seconds(every), quantity::time(until));
            context.ui.say(&format!("{}; looking again every {every} until {until}", run.counts()));
        } else if context.ui.verbosity >= Verbosity::Verbose {
            context.ui.say(&format!("{}: {}", quantity::time(session.clock.now()), run.counts()));
        }
        let mut interrupt = signals.receiver();
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            Ok(signal) = interrupt.wait_for(Option::is_some) => return Ok(Exit::Signal(signal.unwrap_or(2))),
        }
    }
    Ok(Exit::Done)
}

/// What looks that began then have seen, the last one in detail.
fn later_look(began_at: Timestamp, now: Timestamp, look: usize, run: &VerifyRun) -> RecordEntry {
    let (state, mut evidence) = match judged(run) {
        Ok(told) => (EntryState::Passed, told.evidence),
        Err(trouble) => (EntryState::Failed, trouble.why),
    };
    if look > 1 {
        evidence.insert(0, format!("the last of {look} looks"));
    }
    let what = "a later look".to_owned();
    RecordEntry { gate: Gate::Watch, what, began_at, ended_at: Some(now), state, evidence }
}

/// Puts looks into the record, in the place of what they had seen before, as somebody else may have left it meanwhile.
async fn note(releases: &Releases, record: &mut ReleaseRecord, entry: RecordEntry) -> Result<(), CliError> {
    if let Some(found) = releases.read(Some(&record.environment), &record.id).await?
        && let Ok(newest) = found.record
    {
        *record = *newest;
    }
    let same = |other: &&mut RecordEntry| other.what == entry.what && other.began_at == entry.began_at;
    match record.entries.iter_mut().find(same) {
        Some(earlier) => *earlier = entry,
        None => record.entries.push(entry),
    }
    Ok(releases.write(record).await?)
}

/// What is to be done now.
fn answer(context: &Context, record: &ReleaseRecord, run: &VerifyRun) -> Result<Exit, CliError> {
    let (id, environment) = (&record.id, &record.environment);
    if run.verdict() == Verdict::Passed {
        context.ui.say(&format!("When it is judged: envctl release close {id} --verdict TEXT"));
        return Ok(Exit::Done);
    }
    Err(CliError::new(Exit::DeploymentFailed, format!("release {id} does not look well: {}", failing(run)))
        .hint(format!("back to what ran before, nothing was taken back yet: envctl rollback {environment}"))
        .hint(format!("then record it: envctl release close {id} --verdict TEXT"))
        .answered())
}
