//! Cloud errors and stops as [`Failure`]s.

use std::time::Duration;

use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{Failure, FailureKind, Unresolved};

/// Why a run was stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A signal, by its number.
    Interrupted(i32),
    /// The overall timeout.
    TimedOut,
    /// The lease on the environment is gone.
    LeaseLost(String),
    /// An event could not be written down.
    Unrecorded(String),
    /// The plan forbids itself.
    Refused(String),
}

impl Stop {
    /// Why steps were not begun.
    pub(super) fn because(&self) -> String {
        match self {
            Self::Interrupted(2) => "the run was interrupted (Ctrl-C)".to_owned(),
            Self::Interrupted(signal) => format!("the run was stopped by signal {signal}"),
            Self::TimedOut => "the time for the whole run is up".to_owned(),
            Self::LeaseLost(why) => format!("the lease on the environment was lost: {why}"),
            Self::Refused(why) => format!("the plan is refused: {why}"),
            Self::Unrecorded(why) => format!("the run could not be written down: {why}"),
        }
    }
}

/// A step that was under way when the run was stopped.
pub(super) fn stopped(stop: &Stop, called: bool) -> Failure {
    let how = if called { "its call was made, and AWS goes on by itself" } else { "its call was not answered" };
    Failure {
        kind: if *stop == Stop::TimedOut { FailureKind::TimedOut } else { FailureKind::Interrupted },
        message: format!("not waited for: {}; {how}", stop.because()),
        evidence: Vec::new(),
        hint: Some("run the same command again: it looks at what is there and goes on".to_owned()),
    }
}

/// A wait that lasted too long, with what was said last.
pub(super) fn late(deadline: Duration, detail: &str) -> Failure {
    let detail = if detail.is_empty() { "nothing was heard" } else { detail };
    Failure {
        kind: FailureKind::TimedOut,
        message: format!("not done after {}: {detail}", spoken(deadline)),
        evidence: Vec::new(),
        hint: Some(
            "AWS may still finish it: `envctl status` shows how it goes, and the same command goes on".to_owned(),
        ),
    }
}

/// A call that was given up.
pub(super) fn of_call(error: &CloudError, attempts: u32) -> Failure {
    let kind = match error.kind {
        CloudErrorKind::Throttled | CloudErrorKind::Unavailable => FailureKind::Unavailable,
        CloudErrorKind::Busy => FailureKind::TimedOut,
        CloudErrorKind::Denied | CloudErrorKind::NoCredentials => FailureKind::Denied,
        CloudErrorKind::Unsafe => FailureKind::Unsafe,
        CloudErrorKind::NotFound | CloudErrorKind::Conflict | CloudErrorKind::Refused => FailureKind::Refused,
    };
    let tries = if attempts > 1 { format!(" (after {attempts} tries)") } else { String::new() };
    Failure { kind, message: format!("{error}{tries}"), evidence: Vec::new(), hint: hint(error) }
}

/// Limits of AWS's own by error code (`aws.md` 2.1, 2.3), and what makes room.
const LIMITS: [(&str, &str); 4] = [
    (
        "SnapshotQuotaExceeded",
        "the account holds as many manual snapshots as it may (100 in a region unless raised): `envctl snapshot prune`, \
         or delete some in the RDS console; without a snapshot nothing is stopped or deleted",
    ),
    ("InstanceQuotaExceeded", "the account holds as many databases as it may: delete one, or ask AWS for more"),
    ("StorageQuotaExceeded", "the account's databases are as large as they may be: ask AWS for more"),
    (
        "InsufficientDBInstanceCapacity",
        "AWS has no room for this class in the zone just now: run the same command later, or choose another `class`",
    ),
];

fn hint(error: &CloudError) -> Option<String> {
    let operation = &error.operation;
    if let Some((_, hint)) = LIMITS.iter().find(|(code, _)| error.code.as_deref() == Some(code)) {
        return Some((*hint).to_owned());
    }
    Some(match error.kind {
        CloudErrorKind::Denied => format!("allow `{operation}` to the role or user that runs envctl"),
        CloudErrorKind::NoCredentials => {
            "give credentials (AWS_PROFILE, or `aws sso login`); `--cloud sim` needs none".to_owned()
        }
        CloudErrorKind::Throttled => {
            "AWS refuses so many calls; wait a minute and run the same command again".to_owned()
        }
        CloudErrorKind::Unavailable => {
            "AWS did not answer; run the same command again, it goes on from what is there".to_owned()
        }
        CloudErrorKind::Busy => match error.retry_at {
            Some(at) => format!("AWS refuses it until {at}; run the same command then"),
            None => "it is still changing; run the same command when it has come to rest".to_owned(),
        },
        CloudErrorKind::Conflict => {
            "somebody else's resource has this name, or ours was changed by hand; `envctl plan` shows it".to_owned()
        }
        CloudErrorKind::NotFound => {
            "something was deleted since it was looked at; run the same command again".to_owned()
        }
        CloudErrorKind::Refused | CloudErrorKind::Unsafe => return None,
    })
}

/// A value that was still unknown when it was needed.
pub(super) fn unresolved(missing: &Unresolved) -> Failure {
    Failure {
        kind: FailureKind::Unresolved,
        message: missing.to_string(),
        evidence: Vec::new(),
        hint: Some(
            "run the same command again; when it stays so, the resource that has this value did not come up".to_owned(),
        ),
    }
}

/// A task of envctl's own ended without an answer: a panic.
pub(super) fn internal(error: &tokio::task::JoinError) -> Failure {
    Failure {
        kind: FailureKind::Broken,
        message: format!("envctl failed inside this step: {error}"),
        evidence: Vec::new(),
        hint: Some("this is a fault of envctl; the call may have been made: run the same command again".to_owned()),
    }
}

fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 120 { format!("{} min", seconds / 60) } else { format!("{seconds} s") }
}
