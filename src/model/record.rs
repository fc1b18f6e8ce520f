//! [`ReleaseRecord`]: what really happened in one release. Written before the first step and after each, so that there
//! is one also when envctl was killed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Baseline, Gate, Settings};

/// The record of one release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// Version of the format, [`ReleaseRecord::FORMAT_VERSION`].
    pub format_version: u32,
    /// Its id, that of the run.
    pub id: String,
    /// Environment.
    pub environment: String,
    /// Application.
    pub application: String,
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Who released, `anna@laptop`.
    pub who: String,
    /// The command as it was typed.
    pub command: String,
    /// Why; `None`: nobody said.
    pub reason: Option<String>,
    /// When it began, in the cloud's time.
    pub began_at: Timestamp,
    /// When it ended; `None`: it has not, or envctl was killed.
    pub ended_at: Option<Timestamp>,
    /// When the deployment began; `None`: it did not come so far.
    pub deployed_at: Option<Timestamp>,
    /// How it stands.
    pub standing: Standing,
    /// What was laid over the spec, by service.
    pub settings: BTreeMap<String, Settings>,
    /// Revisions before and after, by service.
    pub revisions: BTreeMap<String, RevisionChange>,
    /// The snapshots taken at its start, by database (name in the spec); of `files of FILE-SYSTEM` their ids.
    pub snapshots: BTreeMap<String, String>,
    /// What the checks of the baseline measured: what later ones are compared with.
    pub baseline: Baseline,
    /// Visitors get the maintenance page because of it.
    #[serde(default)]
    pub in_maintenance: bool,
    /// The data of its start is back, too.
    #[serde(default)]
    pub data_is_back: bool,
    /// Everything that was done, in order.
    pub entries: Vec<RecordEntry>,
    /// What happened after a gate failed, in words for an incident report; `None`: none did.
    pub incident: Option<String>,
    /// What a person found afterwards; `None`: nobody has closed it.
    pub verdict: Option<ReleaseVerdict>,
}

impl ReleaseRecord {
    /// The format that this envctl writes.
    pub const FORMAT_VERSION: u32 = 1;

    /// The entry in which the databases go back to the snapshot of the start.
    pub const DATA_GOES_BACK: &str = "roll back the data";

    /// The newest entry that was begun and has not ended.
    pub fn under_way(&self) -> Option<&RecordEntry> {
        self.entries.iter().rev().find(|entry| entry.state == EntryState::UnderWay)
    }

    /// The record of a release that does not go on, although nobody wrote down how it ended.
    pub fn break_off(&mut self) {
        let gate = self.entries.last().map_or(Gate::Before, |entry| entry.gate);
        self.standing = Standing::BrokenOff { gate };
    }
}

/// How a release stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Standing {
    /// It goes on, or envctl was killed.
    UnderWay,
    /// Every gate was passed.
    Succeeded,
    /// Every gate was passed, and it is open until somebody closes it (C4d).
    Open {
        /// Until when it is watched.
        until: Timestamp,
    },
    /// A gate failed, and nothing was taken back.
    Stopped {
        /// Which gate.
        gate: Gate,
    },
    /// Somebody stopped it.
    Interrupted {
        /// At which gate.
        gate: Gate,
    },
    /// envctl ended in it without a word: it was killed, or its computer was. Nobody could write this down; whoever
    /// reads the record finds that the lock is no longer held.
    BrokenOff {
        /// At which gate.
        gate: Gate,
    },
    /// A gate failed, and what ran before runs again.
    RolledBack {
        /// Which gate.
        gate: Gate,
    },
    /// A gate failed, and so did taking it back.
    RollbackFailed {
        /// Which gate.
        gate: Gate,
    },
}

impl Standing {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::UnderWay => "under way".to_owned(),
            Self::Succeeded => "succeeded".to_owned(),
            Self::Open { .. } => "succeeded so far".to_owned(),
            Self::Stopped { gate } => format!("stopped at {gate}"),
            Self::Interrupted { gate } => format!("interrupted at {gate}"),
            Self::BrokenOff { gate } => format!("broken off at {gate}"),
            Self::RolledBack { gate } => format!("rolled back at {gate}"),
            Self::RollbackFailed { gate } => format!("failed at {gate}, and the rollback failed too"),
        }
    }

    /// What became of it, as the end of a sentence that begins with `the release`.
    pub fn sentence(&self) -> String {
        match self {
            Self::RolledBack { .. } | Self::Interrupted { .. } | Self::BrokenOff { .. } => {
                format!("was {}", self.words())
            }
            Self::UnderWay => "goes on".to_owned(),
            _ => self.words(),
        }
    }

    /// The word for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::UnderWay => "under-way",
            Self::Succeeded => "succeeded",
            Self::Open { .. } => "open",
            Self::Stopped { .. } => "stopped",
            Self::Interrupted { .. } => "interrupted",
            Self::BrokenOff { .. } => "broken-off",
            Self::RolledBack { .. } => "rolled-back",
            Self::RollbackFailed { .. } => "rollback-failed",
        }
    }

    /// The gate at which it ended early; `None`: it did not.
    pub fn gate(&self) -> Option<Gate> {
        match self {
            Self::UnderWay | Self::Succeeded | Self::Open { .. } => None,
            Self::Stopped { gate }
            | Self::Interrupted { gate }
            | Self::BrokenOff { gate }
            | Self::RolledBack { gate }
            | Self::RollbackFailed { gate } => Some(*gate),
        }
    }

    /// Was every gate passed?
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Open { .. })
    }
}

/// What a person found afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseVerdict {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// In words.
    pub text: String,
}

/// The revision of a service before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionChange {
    /// ARN of what ran before; `None`: nothing is known to have completed.
    pub before: Option<String>,
    /// ARN of what the release deployed; `None`: it did not come so far.
    pub after: Option<String>,
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordEntry {
    /// The part of the release that it belongs to.
    pub gate: Gate,
    /// What, in words: `task migrate`.
    pub what: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended; `None`: it has not.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub state: EntryState,
    /// What was seen, a line each.
    pub evidence: Vec<String>,
}

/// How one thing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// It goes on, or envctl was killed in it.
    UnderWay,
    /// Well.
    Passed,
    /// Not well, which was no reason to stop.
    Noted,
    /// Not well, and the gate failed.
    Failed,
    /// Somebody stopped it.
    Interrupted,
}

impl EntryState {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnderWay => "under way",
            Self::Passed => "passed",
            Self::Noted => "noted",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}
