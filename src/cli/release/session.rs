//! [`Release`]: one release while it goes on, and its record.

use jiff::Timestamp;
use tokio::time::Instant;

use super::StartArgs;
use super::prepare::Prepared;
use super::start::releases;
use crate::cli::context::{Context, Session};
use crate::cli::lease::Lease;
use crate::cli::run_id::RunId;
use crate::cli::signals::Signals;
use crate::model::{Desired, EntryState, Gate, RecordEntry, ReleaseRecord};
use crate::store::StoreError;
use crate::store::releases::Releases;
use crate::workspace::Workspace;

/// One release while it goes on.
pub(super) struct Release<'a> {
    pub(super) context: &'a Context,
    pub(super) session: &'a Session,
    pub(super) workspace: &'a Workspace,
    /// What the spec says.
    pub(super) desired: &'a Desired,
    pub(super) args: &'a StartArgs,
    pub(super) prepared: Prepared,
    pub(super) run: RunId,
    /// Plans that it has run.
    pub(super) rounds: usize,
    pub(super) lease: &'a Lease,
    pub(super) signals: &'a Signals,
    pub(super) record: ReleaseRecord,
    /// `--timeout`.
    pub(super) deadline: Option<Instant>,
    /// Something was announced: whoever heard it must hear how it ended.
    pub(super) announced: bool,
    releases: Releases,
}

/// What one thing came to that did not go wrong.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What was seen, a line each.
    pub(super) evidence: Vec<String>,
    /// Not as it should be, which is no reason to stop.
    pub(super) noted: bool,
}

/// Why one thing did not go well.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: TroubleKind,
    /// In words, a line each; the first says it all.
    pub(super) why: Vec<String>,
}

/// Kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TroubleKind {
    /// It failed.
    Failed,
    /// Somebody wants the release to stop: the signal's number.
    Interrupted(i32),
    /// `--timeout` passed.
    TimedOut,
    /// Somebody else holds the lock now: nothing may be written any more.
    LeaseLost,
}

/// Where the release ended early, and why.
#[derive(Debug)]
pub(super) struct Halt {
    pub(super) gate: Gate,
    /// The entry that it ended in.
    pub(super) what: String,
    pub(super) trouble: Trouble,
}

impl Told {
    /// Went well, and this was seen.
    pub(super) fn passed(evidence: Vec<String>) -> Self {
        Self { evidence, noted: false }
    }

    /// Did not go well, which was no reason to stop.
    pub(super) fn noted(evidence: Vec<String>) -> Self {
        Self { evidence, noted: true }
    }
}

impl Trouble {
    /// It failed for this reason.
    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self { kind: TroubleKind::Failed, why: vec![why.into()] }
    }

    /// Somebody wants the release to stop.
    pub(super) fn interrupted(signal: i32) -> Self {
        Self { kind: TroubleKind::Interrupted(signal), why: vec!["it was interrupted".to_owned()] }
    }

    /// `--timeout` passed.
    pub(super) fn timed_out() -> Self {
        Self { kind: TroubleKind::TimedOut, why: vec!["it did not end within --timeout".to_owned()] }
    }
}

impl<'a> Release<'a> {
    #[allow(clippy::too_many_arguments, reason = "each is another noun, and none goes without the rest")]
    pub(super) fn new(
        context: &'a Context,
        session: &'a Session,
        workspace: &'a Workspace,
        desired: &'a Desired,
        args: &'a StartArgs,
        prepared: Prepared,
        run: RunId,
        lease: &'a Lease,
        signals: &'a Signals,
        record: ReleaseRecord,
    ) -> Self {
        let deadline = args.change.timeout.map(|timeout| Instant::now() + timeout);
        Self {
            context,
            session,
            workspace,
            desired,
            args,
            prepared,
            run,
            rounds: 0,
            lease,
            signals,
            record,
            deadline,
            announced: false,
            releases: releases(session),
        }
    }

    /// What it came to.
    pub(super) fn into_record(self) -> ReleaseRecord {
        self.record
    }

    /// Now, in the cloud's time.
    pub(super) fn now(&self) -> Timestamp {
        self.session.clock.now()
    }

    /// Writes the record down.
    pub(super) async fn write(&self) -> Result<(), StoreError> {
        self.releases.write(&self.record).await
    }

    /// Why it must not go on, as far as that is known without looking.
    pub(super) fn stopped(&self) -> Option<Trouble> {
        if let Some(signal) = *self.signals.receiver().borrow() {
            return Some(Trouble::interrupted(signal));
        }
        self.deadline.is_some_and(|deadline| deadline <= Instant::now()).then(Trouble::timed_out)
    }

    /// Waits for this, unless somebody stops the release meanwhile or its time is over.
    pub(super) async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Trouble> {
        let mut interrupt = self.signals.receiver();
        let over = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Ok(signal) = interrupt.wait_for(Option::is_some) => Err(Trouble::interrupted(signal.unwrap_or(2))),
            () = over => Err(Trouble::timed_out()),
            done = work => Ok(done),
        }
    }

    /// Does one thing of a gate: noted in the record before it begins and when it has ended.
    pub(super) async fn entry(
        &mut self,
        gate: Gate,
        what: &str,
        work: impl AsyncFnOnce(&mut Self) -> Result<Told, Trouble>,
    ) -> Result<(), Halt> {
        let halt = |trouble: Trouble| Halt { gate, what: what.to_owned(), trouble };
        if let Some(trouble) = self.stopped() {
            return Err(halt(trouble));
        }
        let answer = self.entry_in_any_case(gate, what, work).await;
        answer.map_err(halt)
    }

    /// [`Release::entry`] that is done also when somebody wants the release to stop.
    pub(super) async fn entry_in_any_case(
        &mut self,
        gate: Gate,
        what: &str,
        work: impl AsyncFnOnce(&mut Self) -> Result<Told, Trouble>,
    ) -> Result<(), Trouble> {
        let ui = &self.context.ui;
        self.record.entries.push(RecordEntry {
            gate,
            what: what.to_owned(),
            began_at: self.now(),
            ended_at: None,
            state: EntryState::UnderWay,
            evidence: Vec::new(),
        });
        let index = self.record.entries.len() - 1;
        if let Err(trouble) = self.note_down().await {
            self.record.entries.pop();
            return Err(trouble);
        }
        ui.say(&crate::ui::release::begins(gate, what));
        let answer = work(self).await;
        let now = self.now();
        if let Some(entry) = self.record.entries.get_mut(index) {
            entry.ended_at = Some(now);
            let (state, evidence) = match &answer {
                Ok(told) if told.noted => (EntryState::Noted, &told.evidence),
                Ok(told) => (EntryState::Passed, &told.evidence),
                Err(Trouble { kind: TroubleKind::Interrupted(_), why }) => (EntryState::Interrupted, why),
                Err(trouble) => (EntryState::Failed, &trouble.why),
            };
            entry.state = state;
            entry.evidence.clone_from(evidence);
            ui.say(&crate::ui::release::ended(entry, ui));
        }
        let written = self.note_down().await;
        answer.map(drop).and(written)
    }

    /// The evidence of what is under way, while it is.
    pub(super) async fn so_far(&mut self, evidence: Vec<String>) -> Result<(), Trouble> {
        if let Some(entry) = self.record.entries.last_mut() {
            entry.evidence = evidence;
        }
        self.note_down().await
    }

    /// [`Release::write`] in the middle of a step, which fails where that fails.
    pub(super) async fn note_down(&self) -> Result<(), Trouble> {
        self.write().await.map_err(|error| Trouble::failed(format!("the record cannot be written: {error}")))
    }
}
