//! [`Event`]: what happened, in one ordered stream that the journal, the terminal, JSON and the tests all read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Facts, Plan, StepId};

/// One event of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Number in the run, from 1.
    pub sequence: u64,
    /// When, in the cloud's time.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum EventKind {
    /// A run began; the plan is complete in it.
    RunStarted {
        /// Run id.
        run: String,
        /// Command line, without secrets.
        command: String,
        /// Who runs it.
        who: String,
        /// What it will do.
        plan: Box<Plan>,
    },
    /// What was there before the first destructive step: tags, counts, bounds, by resource.
    PriorStateSaved {
        /// Resource key to its prior values.
        prior: BTreeMap<String, serde_json::Value>,
    },
    /// A step is about to be performed: written before the effect.
    StepStarted {
        /// Step.
        step: StepId,
        /// Try, from 1.
        attempt: u32,
    },
    /// The call was answered and the step waits.
    StepWaiting {
        /// Step.
        step: StepId,
        /// What for, in words: `creating, 3 of 10 min`.
        detail: String,
    },
    /// The call failed and will be tried again.
    StepRetrying {
        /// Step.
        step: StepId,
        /// Why.
        why: String,
        /// Milliseconds until the next try.
        in_milliseconds: u64,
    },
    /// Done.
    StepSucceeded {
        /// Step.
        step: StepId,
        /// False when it had been done before.
        changed: bool,
        /// What was learned.
        facts: Facts,
    },
    /// Given up.
    StepFailed {
        /// Step.
        step: StepId,
        /// Why.
        failure: Failure,
    },
    /// Not begun, because something it needs did not succeed or the run was stopped.
    StepSkipped {
        /// Step.
        step: StepId,
        /// In words.
        because: String,
    },
    /// Something to tell that belongs to no step.
    Noticed {
        /// In words.
        text: String,
    },
    /// The run ended.
    RunFinished {
        /// How.
        ending: Ending,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Every step succeeded.
    Done,
    /// A step failed; its dependants were skipped, the rest was done.
    Failed,
    /// Ctrl-C or SIGTERM (the signal's number).
    Interrupted(i32),
    /// The overall `--timeout` passed.
    TimedOut,
    /// The lease on the environment was lost; nothing was written afterwards.
    LeaseLost,
}

/// A failure as data: kind, text, evidence, hint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Kind; decides the exit code.
    pub kind: FailureKind,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Stop codes, reasons, exit codes, target health, log lines: one line each.
    pub evidence: Vec<String>,
    /// What to do; `None` when nothing better than the message is known.
    pub hint: Option<String>,
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// AWS refused the call for good.
    Refused,
    /// Credentials miss a permission.
    Denied,
    /// AWS could not be reached, or answered with errors, until the tries ran out.
    Unavailable,
    /// A deadline passed.
    TimedOut,
    /// A deployment failed or was rolled back.
    DeploymentFailed,
    /// A one-off task (scrub) failed.
    TaskFailed,
    /// A resource reached a state that waiting does not mend.
    Broken,
    /// A value was needed that is still unknown.
    Unresolved,
    /// A safety rule held at the last moment: nothing was changed.
    Unsafe,
    /// The run was stopped (signal, overall timeout, lease lost) while this step was under way: its call may have been
    /// made, and AWS goes on by itself.
    Interrupted,
}
