//! Databases: the instance, and how it ages through RDS's status words (`aws.md` 2.1, 2.2).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::data::{Data, Write};
use super::database_change::RENAMED;
use super::secret::Digest;
use super::world::World;
use crate::model::{DatabaseChanges, DatabaseState, Endpoint, LiveDatabase};

/// A database instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// As RDS describes it.
    pub live: LiveDatabase,
    /// What is in it.
    pub data: Data,
    /// The master password that it takes; `None`: one that nobody knows, as after a restore.
    pub(super) password: Option<Digest>,
    /// Stages that it will pass through by itself, in order.
    pub(super) stages: Vec<Stage>,
    /// Changes that take effect when it is available again.
    pub(super) changing: Option<DatabaseChanges>,
    /// The password that it will take then.
    pub(super) next_password: Option<Digest>,
    /// Token of the step that made it.
    pub(super) token: String,
}

/// A status that comes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stage {
    pub(super) at: Timestamp,
    pub(super) status: String,
}

/// The stage at which an instance is no more.
pub(super) const GONE: &str = "gone";

impl Database {
    /// Is it on its way out?
    pub fn is_going(&self) -> bool {
        self.live.state() == DatabaseState::Deleting
    }

    /// Can a client connect?
    pub(super) fn is_connectable(&self) -> bool {
        // A modification that needs no restart leaves the instance reachable; those that do are told apart by class.
        let restarting = self.changing.as_ref().is_some_and(|changes| changes.class.is_some());
        match self.live.state() {
            DatabaseState::Available | DatabaseState::BackingUp => true,
            _ => matches!(self.live.status.as_str(), "modifying" | "resetting-master-credentials") && !restarting,
        }
    }
}

impl World {
    /// The host name of a database: the same whenever an instance of that identifier exists in this account and
    /// region.
    pub(super) fn database_host(&self, identifier: &str) -> String {
        format!("{identifier}{}", self.database_domain())
    }

    /// What every host name of a database ends with, from the dot on.
    pub(super) fn database_domain(&self) -> String {
        if let Some(known) = &self.database_domain {
            return known.clone();
        }
        let mark = super::chance::hex(self.seed, &["rds", &self.account, &self.region], 12);
        format!(".c{mark}.{}.rds.amazonaws.com", self.region)
    }

    /// Lets `stages` come one after another, each after so many seconds.
    pub(super) fn stages(&self, identifier: &str, stages: &[(&str, u32)]) -> Vec<Stage> {
        let mut seconds = 0;
        let mut result = Vec::new();
        for (status, lasts) in stages {
            seconds += lasts;
            result.push(Stage { at: self.after(seconds, identifier), status: (*status).to_owned() });
        }
        result
    }

    /// Passes every stage that is due.
    pub(super) fn age_databases(&mut self) {
        let identifiers: Vec<String> = self.databases.keys().cloned().collect();
        for identifier in identifiers {
            while let Some(stage) = self.due_stage(&identifier) {
                self.enter(&identifier, &stage);
            }
        }
    }

    fn due_stage(&mut self, identifier: &str) -> Option<Stage> {
        let now = self.now;
        let database = self.databases.get_mut(identifier)?;
        let due = database.stages.first().is_some_and(|stage| stage.at <= now);
        due.then(|| database.stages.remove(0))
    }

    fn enter(&mut self, identifier: &str, stage: &Stage) {
        if stage.status == GONE {
            self.databases.remove(identifier);
            return;
        }
        if let Some(new) = stage.status.strip_prefix(RENAMED) {
            return self.enter_new_name(identifier, new);
        }
        let host = self.database_host(identifier);
        let week = stage.at.checked_add(SignedDuration::from_hours(7 * 24)).unwrap_or(Timestamp::MAX);
        let starting = self.after(180, identifier);
        let lasts = starting.duration_since(self.now);
        let planted = self.behaviours.database_ends.get(identifier).filter(|_| stage.status == "available");
        let status = planted.unwrap_or(&stage.status).clone();
        let Some(database) = self.databases.get_mut(identifier) else { return };
        database.live.status.clone_from(&status);
        match status.as_str() {
            // aws.md 2.1: it restarts by itself after 7 days.
            "stopped" => {
                database.live.automatic_restart_at = Some(week);
                // Pending modifications are dropped (aws.md 2.1).
                database.live.pending.clear();
                database.changing = None;
                database.stages = vec![
                    Stage { at: week, status: "starting".to_owned() },
                    Stage { at: week.checked_add(lasts).unwrap_or(week), status: "available".to_owned() },
                ];
            }
            "starting" => database.live.automatic_restart_at = None,
            "available" | "backing-up" | "storage-optimization" => {
                let port = database.live.endpoint.as_ref().map_or(default_port(&database.live), |found| found.port);
                database.live.endpoint = Some(Endpoint { host, port });
                if status != "backing-up" {
                    database.settle_changes();
                }
            }
            _ => {}
        }
    }

    /// Writes to a database as an application would; the version that it got, `None` when it cannot be reached.
    pub fn write_data(&mut self, identifier: &str, text: &str) -> Option<u64> {
        let database = self.databases.get_mut(identifier).filter(|database| database.is_connectable())?;
        let version = self.written.get(identifier).copied().unwrap_or(0) + 1;
        database.data.writes.push(Write { database: identifier.to_owned(), version, text: text.to_owned() });
        self.written.insert(identifier.to_owned(), version);
        Some(version)
    }

    /// Reads everything ever written to what is in a database, oldest first; `None` when it cannot be reached.
    pub fn read_data(&self, identifier: &str) -> Option<Vec<String>> {
        let database = self.databases.get(identifier).filter(|database| database.is_connectable())?;
        Some(database.data.writes.iter().map(|write| write.text.clone()).collect())
    }
}

/// The port that an instance listens on before its endpoint is known.
fn default_port(live: &LiveDatabase) -> u16 {
    if live.engine == "postgres" { 5432 } else { 3306 }
}
