//! Starting, stopping and deleting databases. The last two only with a snapshot that is read back first.

use super::database::GONE;
use super::database_change::{not_found, wrong_state};
use super::tags::must_be_managed;
use super::trouble::{Outcome, Trouble, changed, unchanged};
use super::world::World;
use crate::model::{DatabaseState, LiveDatabase, STORAGE_OPTIMIZATION};

impl World {
    /// `rds:StartDBInstance`.
    pub(super) fn start_database(&mut self, identifier: &str) -> Outcome {
        let stages = self.stages(identifier, &[("available", 180)]);
        let database = self.databases.get_mut(identifier).ok_or_else(|| not_found(identifier))?;
        must_be_managed(&database.live.tags, &format!("database {identifier}"))?;
        match database.live.status.as_str() {
            "stopped" => {
                database.live.status = "starting".to_owned();
                database.live.automatic_restart_at = None;
                database.stages = stages;
                changed()
            }
            "starting" | "available" | "backing-up" => unchanged(),
            other => Err(wrong_state(identifier, other)),
        }
    }

    /// `rds:StopDBInstance`, after reading the snapshot back.
    pub(super) fn stop_database(&mut self, identifier: &str, resource_id: &str, snapshot: &str) -> Outcome {
        let stages = self.stages(identifier, &[("stopped", 150)]);
        let live =
            self.databases.get(identifier).map(|found| found.live.clone()).ok_or_else(|| not_found(identifier))?;
        must_be_managed(&live.tags, &format!("database {identifier}"))?;
        must_be_this(&live, resource_id)?;
        if matches!(live.status.as_str(), "stopped" | "stopping") {
            return unchanged();
        }
        // aws.md 2.1: only from `available`, and optimising its storage is another status.
        if live.status == STORAGE_OPTIMIZATION {
            return Err(Trouble::refused("InvalidDBInstanceState", live.unstoppable()));
        }
        if live.status != "available" {
            return Err(wrong_state(identifier, &live.status));
        }
        self.must_be_kept(&live, snapshot)?;
        if let Some(database) = self.databases.get_mut(identifier) {
            database.live.status = "stopping".to_owned();
            database.stages = stages;
        }
        changed()
    }

    /// `rds:DeleteDBInstance`, after reading the snapshot back.
    pub(super) fn delete_database(&mut self, identifier: &str, resource_id: &str, snapshot: &str) -> Outcome {
        let stages = self.stages(identifier, &[(GONE, 200)]);
        let Some(found) = self.databases.get(identifier) else { return unchanged() };
        let live = found.live.clone();
        must_be_managed(&live.tags, &format!("database {identifier}"))?;
        must_be_this(&live, resource_id)?;
        if live.state() == DatabaseState::Deleting {
            return unchanged();
        }
        // aws.md 2.3.
        if live.deletion_protection {
            return Err(Trouble::refused(
                "InvalidParameterCombination",
                "Cannot delete protected DB Instance, please disable deletion protection and try again.",
            ));
        }
        if !matches!(live.state(), DatabaseState::Available | DatabaseState::Stopped | DatabaseState::Broken) {
            return Err(wrong_state(identifier, &live.status));
        }
        self.must_be_kept(&live, snapshot)?;
        if let Some(database) = self.databases.get_mut(identifier) {
            database.live.status = "deleting".to_owned();
            database.live.automatic_restart_at = None;
            database.stages = stages;
        }
        changed()
    }

    /// The promise behind every stop and delete: the snapshot is available, of this very instance, as encrypted and
    /// as large as it.
    fn must_be_kept(&self, live: &LiveDatabase, snapshot: &str) -> Result<(), Trouble> {
        let name = snapshot.to_lowercase();
        let refuse = |why: &str| Err(Trouble::unsafe_to(format!("{} stays: snapshot {name} {why}", live.identifier)));
        let Some(kept) = self.snapshots.get(&name).map(|found| &found.live) else { return refuse("does not exist") };
        if !kept.is_available() {
            return refuse("is not available yet");
        }
        if kept.database_resource_id.as_deref() != Some(&live.resource_id) {
            return refuse("is of another instance");
        }
        if live.encrypted && !kept.encrypted {
            return refuse("is not encrypted, the database is");
        }
        if kept.storage_gib < live.storage_gib {
            return refuse("is smaller than the database");
        }
        Ok(())
    }
}

pub(super) fn must_be_this(live: &LiveDatabase, resource_id: &str) -> Result<(), Trouble> {
    if live.resource_id == resource_id {
        return Ok(());
    }
    let message = format!("{} is another instance than the one looked at: left alone", live.identifier);
    Err(Trouble::unsafe_to(message))
}
