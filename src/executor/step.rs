//! A step under way: its call, then its wait.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::wait::{self, Context, Verdict};
use super::{failure, poll, retry};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{Action, Facts, Failure, LiveDatabase, Receipt, Status, Step, Token, Until, Wait};

/// Looks in a row that may fail for want of an answer before the wait is given up.
const TROUBLES: u32 = 20;
/// The pause before a final verdict is looked at a second time.
const CONFIRM_AFTER: Duration = Duration::from_secs(2);

/// A step under way.
pub(super) struct Active<'a> {
    pub(super) step: &'a Step,
    /// Its action, every late value resolved.
    pub(super) action: Action,
    pub(super) token: Token,
    /// Try, from 1.
    pub(super) attempt: u32,
    /// Tries that failed so far, by why.
    pub(super) failed: retry::Failed,
    pub(super) begun: Instant,
    pub(super) phase: Phase,
    /// Ends its task.
    pub(super) abort: AbortHandle,
}

/// What a step is at.
pub(super) enum Phase {
    /// A pause before another try.
    Pausing,
    /// Its call is in flight.
    Calling,
    /// Its call was answered, and it waits.
    Watching(Box<Watch>),
}

/// A wait under way.
pub(super) struct Watch {
    pub(super) wait: Wait,
    pub(super) receipt: Receipt,
    /// What was told last.
    pub(super) detail: String,
    answered: Instant,
    /// How long such a step usually takes.
    expected: Duration,
    polls: u32,
    seen: bool,
    troubles: u32,
    streak: u32,
    confirmations: u32,
    /// Does the step begin the deployment that it waits for?
    begins_deployment: bool,
    /// Since when its subject, a one-off task, has stopped.
    still: Option<Instant>,
    /// Tasks that had stopped before the first look, where that is evidence about the past. `None`: not looked yet.
    stopped_before: Option<BTreeSet<String>>,
}

/// What comes after a look.
#[derive(Debug)]
pub(super) enum Next {
    /// Look again after this; the text is worth telling when there is one.
    Look(Duration, Option<String>),
    Done(Facts),
    Failed(Failure),
}

impl Watch {
    pub(super) fn new(action: &Action, wait: Wait, receipt: Receipt, expected_seconds: u64) -> Self {
        // A database that was just told to change still says `available` for a moment.
        let lags = matches!(
            action,
            Action::ModifyDatabase { .. } | Action::SetMasterPassword { .. } | Action::RenameDatabase { .. }
        );
        Self {
            wait,
            receipt,
            detail: String::new(),
            answered: Instant::now(),
            expected: Duration::from_secs(expected_seconds),
            polls: 0,
            seen: false,
            troubles: 0,
            streak: 0,
            confirmations: if lags { 2 } else { 1 },
            begins_deployment: begins_deployment(action),
            still: None,
            stopped_before: None,
        }
    }

    /// The pause before the first look.
    pub(super) fn first_delay(&self) -> Duration {
        poll::delay(0, Duration::ZERO, self.expected).min(self.deadline())
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(self.wait.deadline_seconds)
    }

    /// Judges one look.
    pub(super) fn judge(&mut self, looked: Result<Status, CloudError>, source: Option<&LiveDatabase>) -> Next {
        self.polls += 1;
        let looked = match looked {
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(Status::Absent),
            looked => looked,
        };
        match looked {
            Ok(status) => {
                self.troubles = 0;
                let status = self.without_the_past(status);
                self.seen |= wait::shows(&self.wait, &status);
                if matches!(&status, Status::Task(task) if task.last_status == "STOPPED") {
                    self.still.get_or_insert_with(Instant::now);
                }
                let still = self.still.map(|since| since.elapsed());
                let context = Context { elapsed: self.answered.elapsed(), seen: self.seen, still, source };
                match wait::verdict(&self.wait, &status, &context) {
                    Verdict::NotYet(detail) => self.not_yet(detail, Some(&status)),
                    Verdict::Done(facts) => self.confirm(self.confirmations, Next::Done(facts)),
                    // One look may come from a copy that lags behind: no step fails on a single answer.
                    Verdict::Failed(failure) => self.confirm(2, Next::Failed(failure)),
                }
            }
            Err(error) => self.trouble(&error),
        }
    }

    /// A service may have had failing tasks before what they need was there: those say nothing about healthy targets,
    /// nor about more tasks of a deployment that was there before.
    fn without_the_past(&mut self, mut status: Status) -> Status {
        let has_past = match &self.wait.until {
            Until::TargetsHealthy { .. } => true,
            Until::Deployed { .. } => !self.begins_deployment,
            _ => false,
        };
        if let (true, Status::Service(service)) = (has_past, &mut status) {
            let stopped = &mut service.stopped_tasks;
            let before =
                self.stopped_before.get_or_insert_with(|| stopped.iter().map(|task| task.arn.clone()).collect());
            stopped.retain(|task| !before.contains(&task.arn));
        }
        status
    }

    fn confirm(&mut self, times: u32, next: Next) -> Next {
        self.streak += 1;
        if self.streak >= times { next } else { Next::Look(CONFIRM_AFTER, None) }
    }

    fn not_yet(&mut self, detail: String, status: Option<&Status>) -> Next {
        self.streak = 0;
        let elapsed = self.answered.elapsed();
        let deadline = self.deadline();
        if elapsed >= deadline {
            let mut late = failure::late(deadline, &detail);
            late.evidence = status.map(wait::evidence).unwrap_or_default();
            return Next::Failed(late);
        }
        let news = (detail != self.detail).then(|| detail.clone());
        self.detail = detail;
        let delay = poll::delay(self.polls, elapsed, self.expected);
        Next::Look(delay.min(deadline.saturating_sub(elapsed)), news)
    }

    /// A look that failed says nothing about the subject.
    fn trouble(&mut self, error: &CloudError) -> Next {
        self.troubles += 1;
        let passing =
            matches!(error.kind, CloudErrorKind::Throttled | CloudErrorKind::Unavailable | CloudErrorKind::Busy);
        if passing && self.troubles < TROUBLES {
            self.not_yet(format!("cannot be looked at: {error}"), None)
        } else {
            Next::Failed(failure::of_call(error, self.troubles))
        }
    }
}

fn begins_deployment(action: &Action) -> bool {
    match action {
        Action::CreateService { .. } => true,
        Action::UpdateService { update, .. } => update.force_new_deployment || update.task_definition.is_some(),
        _ => false,
    }
}
