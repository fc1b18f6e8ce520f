//! Power: what `up` and `down` mean.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Settings;

/// The power state of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// Serving: desired count, autoscaling on, database available, rule forwards.
    Up,
    /// Asleep: 0 tasks, autoscaling suspended, database stopped, rule answers with the asleep page.
    Parked,
    /// Asleep: 0 tasks, database deleted after a verified snapshot, rule answers with the asleep page.
    Hibernated,
    /// Nothing is there but, perhaps, the last snapshot.
    Absent,
}

impl Power {
    /// The state as it is written in tags and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Parked => "parked",
            Self::Hibernated => "hibernated",
            Self::Absent => "absent",
        }
    }

    /// Is this one of the two sleeping states?
    pub fn is_asleep(self) -> bool {
        matches!(self, Self::Parked | Self::Hibernated)
    }
}

impl fmt::Display for Power {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::str::FromStr for Power {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Up, Self::Parked, Self::Hibernated, Self::Absent]
            .into_iter()
            .find(|power| power.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no power state"))
    }
}

/// How an environment sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SleepMode {
    /// Chosen by arithmetic for the idle time given.
    #[default]
    Auto,
    /// Always [`Power::Parked`].
    Park,
    /// Always [`Power::Hibernated`].
    Hibernate,
}

/// Where `up` takes the data of a new database from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataSource {
    /// This environment's newest snapshot; none yet: an empty database.
    #[default]
    Latest,
    /// A snapshot by name; foreign data (not this environment's own) is scrubbed first.
    Snapshot(String),
    /// The newest available snapshot of another database, always scrubbed first.
    Database(String),
}

/// What a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Make it serve.
    Up {
        /// Where the data of a database that is not there comes from.
        from: DataSource,
    },
    /// Put it to sleep.
    Down {
        /// How; [`SleepMode::Auto`] lets the arithmetic choose.
        mode: SleepMode,
        /// How long it will sleep; `None` when nobody said.
        idle: Option<Duration>,
    },
    /// Remove everything that it owns.
    Destroy {
        /// Also delete its snapshots: the data is gone afterwards.
        delete_snapshots: bool,
    },
    /// Take a verified snapshot of every database and change nothing else.
    Snapshot,
    /// Delete the snapshots that retention no longer keeps.
    Prune,
    /// Remove what restores of files have put aside.
    DiscardFormer,
    /// One new revision of services that run, with these settings laid over the spec's.
    Deploy {
        /// Settings by service (name in the spec).
        settings: BTreeMap<String, Settings>,
        /// The run that deploys, for what is rolled back together.
        by: String,
    },
    /// Back to a revision that completed.
    Rollback {
        /// Revisions (`family:6`, or ARN) by service (name in the spec); empty: the one before the last deployment.
        to: BTreeMap<String, String>,
    },
    /// Back to a revision that completed, and to the data of a snapshot; the data of now is kept.
    RollbackData {
        /// Revisions by service; empty: those that the last release began with.
        to: BTreeMap<String, String>,
        /// A snapshot by name or moment; `None`: the one that the last release began with.
        snapshot: Option<String>,
    },
    /// Remove the databases that rollbacks of data have kept, each after a snapshot of it.
    DiscardKept,
    /// Let visitors get the maintenance page while the tasks go on running, or end that.
    Maintenance {
        /// Begin, or end it.
        on: bool,
    },
    /// Run a one-off task once.
    Run {
        /// Task (name in the spec).
        task: String,
        /// What it runs with in the place of what the spec says and of what was deployed, by service: what is about to be
        /// deployed.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        settings: BTreeMap<String, Settings>,
    },
}

impl Goal {
    /// The command that has this goal.
    pub fn command(&self) -> &'static str {
        match self {
            Self::Up { .. } => "up",
            Self::Down { .. } => "down",
            Self::Destroy { .. } => "destroy",
            Self::Snapshot => "snapshot create",
            Self::Prune => "snapshot prune",
            Self::DiscardFormer => "snapshot discard-former",
            Self::Deploy { .. } => "deploy",
            Self::Rollback { .. } => "rollback",
            Self::RollbackData { .. } => "rollback --with-data",
            Self::DiscardKept => "snapshot discard-kept",
            Self::Maintenance { on: true } => "maintenance on",
            Self::Maintenance { on: false } => "maintenance off",
            Self::Run { .. } => "run",
        }
    }
}
