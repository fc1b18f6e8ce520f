//! What progress must remember of the events so far: titles, expected times, and when each step began.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{Ending, Event, EventKind, Failure, FailureKind, StepId};
use crate::ui::quantity;

/// A step that waits is heard of this often.
const SECONDS_BETWEEN_DETAILS: u64 = 60;

/// What is known of one step.
#[derive(Clone, Debug, Default)]
pub(super) struct TrackedStep {
    pub(super) title: String,
    pub(super) expected_seconds: u64,
    pub(super) began: Option<Timestamp>,
    /// The detail shown last, and when: polls that say the same again are not shown again.
    shown: Option<(String, Timestamp)>,
}

/// The run so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracker {
    began: Option<Timestamp>,
    steps: BTreeMap<StepId, TrackedStep>,
}

impl Tracker {
    /// Takes an event in. Must be called before the event is shown.
    pub(super) fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted { plan, .. } => {
                self.began = Some(event.at);
                self.steps = plan
                    .steps
                    .iter()
                    .map(|step| {
                        let title = step.title.clone();
                        let tracked =
                            TrackedStep { title, expected_seconds: step.expected_seconds, ..TrackedStep::default() };
                        (step.id.clone(), tracked)
                    })
                    .collect();
            }
            EventKind::StepStarted { step, .. } => {
                let tracked = self.steps.entry(step.clone()).or_default();
                tracked.began = tracked.began.or(Some(event.at));
            }
            _ => {}
        }
    }

    /// The step; an empty one when the journal of an older plan is replayed.
    pub(super) fn step(&self, id: &StepId) -> TrackedStep {
        let mut step = self.steps.get(id).cloned().unwrap_or_default();
        if step.title.is_empty() {
            step.title = id.to_string();
        }
        step
    }

    /// Is this detail worth a line of its own: the first of its step, or another one after a while? Remembers it.
    pub(super) fn is_worth_a_line(&mut self, id: &StepId, detail: &str, at: Timestamp) -> bool {
        let step = self.steps.entry(id.clone()).or_default();
        let worth = step.shown.as_ref().is_none_or(|(shown, when)| {
            shown != detail && quantity::seconds_between(*when, at) >= SECONDS_BETWEEN_DETAILS
        });
        if worth {
            step.shown = Some((detail.to_owned(), at));
        }
        worth
    }

    /// Seconds since the run began.
    pub(super) fn elapsed(&self, at: Timestamp) -> u64 {
        self.began.map_or(0, |began| quantity::seconds_between(began, at))
    }
}

/// How long a step took: ` (6 min 10 s)`; empty below two seconds.
pub(super) fn took(step: &TrackedStep, at: Timestamp) -> String {
    match step.began.map(|began| quantity::seconds_between(began, at)) {
        Some(seconds) if seconds >= 2 => format!(" ({})", quantity::duration(seconds)),
        _ => String::new(),
    }
}

/// A failure in lines: what, the evidence, the hint.
pub(super) fn failure_lines(failure: &Failure) -> Vec<String> {
    let mut lines = vec![failure.message.clone()];
    lines.extend(failure.evidence.iter().map(|line| format!("- {line}")));
    lines.extend(failure.hint.iter().map(|hint| format!("hint: {hint}")));
    lines
}

/// How a run ended, in words.
pub fn ending_words(ending: &Ending) -> &'static str {
    match ending {
        Ending::Done => "done",
        Ending::Failed => "failed",
        Ending::Interrupted(_) => "interrupted",
        Ending::TimedOut => "timed out",
        Ending::LeaseLost => "stopped: the lock was lost",
    }
}

/// The kind of a failure in JSON.
pub fn failure_kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Refused => "refused",
        FailureKind::Denied => "denied",
        FailureKind::Unavailable => "unavailable",
        FailureKind::TimedOut => "timed-out",
        FailureKind::DeploymentFailed => "deployment-failed",
        FailureKind::TaskFailed => "task-failed",
        FailureKind::Broken => "broken",
        FailureKind::Unresolved => "unresolved",
        FailureKind::Unsafe => "unsafe",
        FailureKind::Interrupted => "interrupted",
    }
}
