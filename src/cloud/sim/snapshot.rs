//! Manual snapshots (`aws.md` 2.3, 2.6). A snapshot holds the data of the moment at which it was begun.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::data::Data;
use super::database::{Database, Stage};
use super::database_change::{not_found, wrong_state};
use super::database_rules::check_identifier;
use super::tags::{must_be_managed, same_owner};
use super::trouble::{Outcome, Trouble, changed, unchanged};
use super::world::World;
use crate::model::{DatabaseState, LiveSnapshot, Tags};

/// A manual snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// As RDS describes it.
    pub live: LiveSnapshot,
    /// What is in it.
    pub data: Data,
    /// Name of the database inside, which a restore keeps.
    pub(super) database_name: Option<String>,
    /// When it becomes available; `None`: it is.
    pub(super) ready_at: Option<Timestamp>,
}

/// Manual snapshots in a region (`aws.md` 2.3).
const SNAPSHOT_QUOTA: usize = 100;

impl World {
    /// `rds:CreateDBSnapshot`.
    pub(super) fn create_snapshot(&mut self, database: &str, snapshot: &str, tags: &Tags) -> Outcome {
        check_identifier(snapshot, 255, "DBSnapshotIdentifier")?;
        let name = snapshot.to_lowercase();
        let source = self.databases.get(database).ok_or_else(|| not_found(database))?;
        must_be_managed(&source.live.tags, &format!("database {database}"))?;
        if let Some(found) = self.snapshots.get(&name) {
            let ours = same_owner(&found.live.tags, tags);
            if ours && found.live.database_resource_id.as_deref() == Some(&source.live.resource_id) {
                return unchanged();
            }
            let message =
                format!("Cannot create the snapshot because a snapshot with the identifier {name} already exists.");
            return Err(Trouble::conflict("DBSnapshotAlreadyExists", message));
        }
        // aws.md 2.2: the source must be available; a stopped one cannot be snapshotted.
        if source.live.state() != DatabaseState::Available || !source.live.pending.is_empty() {
            return Err(wrong_state(database, &source.live.status));
        }
        if self.snapshots.len() >= SNAPSHOT_QUOTA {
            let message = "Cannot create more than 100 manual snapshots";
            return Err(Trouble::refused("SnapshotQuotaExceeded", message));
        }
        // aws.md 2.6: two to three minutes.
        let made = snapshot_of(self, source, &name, tags, Some(self.after(150, &name)));
        let ends = self.after(155, &name);
        self.snapshots.insert(name, made);
        if let Some(source) = self.databases.get_mut(database) {
            // aws.md 2.6: while one runs, another is refused. Afterwards it goes on as it was.
            let before = std::mem::replace(&mut source.live.status, "backing-up".to_owned());
            let still = source.stages.iter().any(|stage| stage.at > ends);
            let after = if still { before } else { "available".to_owned() };
            source.stages.retain(|stage| stage.at > ends);
            source.stages.insert(0, Stage { at: ends, status: after });
        }
        changed()
    }

    /// Somebody else takes a snapshot by hand, and it is there at once.
    pub fn console_create_snapshot(&mut self, database: &str, snapshot: &str, tags: &Tags) {
        let Some(source) = self.databases.get(database) else { return };
        let mut made = snapshot_of(self, source, snapshot, tags, None);
        made.live.status = "available".to_owned();
        made.live.progress_percent = 100;
        self.snapshots.insert(snapshot.to_owned(), made);
    }

    /// `rds:DeleteDBSnapshot`.
    pub(super) fn delete_snapshot(&mut self, snapshot: &str) -> Outcome {
        let name = snapshot.to_lowercase();
        let Some(found) = self.snapshots.get(&name) else { return unchanged() };
        must_be_managed(&found.live.tags, &format!("snapshot {name}"))?;
        if found.ready_at.is_some() {
            return Err(Trouble::busy("InvalidDBSnapshotState", format!("Snapshot {name} is not available.")));
        }
        self.snapshots.remove(&name);
        changed()
    }

    /// Finishes the snapshots that are due.
    pub(super) fn age_snapshots(&mut self) {
        let now = self.now;
        for snapshot in self.snapshots.values_mut().filter(|found| found.ready_at.is_some_and(|at| at <= now)) {
            snapshot.ready_at = None;
            let fails = self.behaviours.failing_snapshots.contains(&snapshot.live.database);
            snapshot.live.status = if fails { "failed" } else { "available" }.to_owned();
            snapshot.live.progress_percent = if fails { 0 } else { 100 };
        }
    }

    /// A snapshot as a description shows it, with how far it is.
    pub(super) fn described_snapshot(&self, snapshot: &Snapshot) -> LiveSnapshot {
        let mut live = snapshot.live.clone();
        if let (Some(begun), Some(ready_at)) = (live.created_at, snapshot.ready_at) {
            let whole = ready_at.duration_since(begun).as_secs().max(1);
            let share = self.now.duration_since(begun).as_secs() * 100 / whole;
            live.progress_percent = u32::try_from(share.clamp(0, 99)).unwrap_or(0);
        }
        live
    }
}

/// A snapshot of a database as it is now, `creating`.
fn snapshot_of(world: &World, source: &Database, name: &str, tags: &Tags, ready_at: Option<Timestamp>) -> Snapshot {
    Snapshot {
        live: LiveSnapshot {
            identifier: name.to_owned(),
            arn: world.arn("rds", &format!("snapshot:{name}")),
            database: source.live.identifier.clone(),
            database_resource_id: Some(source.live.resource_id.clone()),
            status: "creating".to_owned(),
            progress_percent: 0,
            storage_gib: source.live.storage_gib,
            encrypted: source.live.encrypted,
            engine: source.live.engine.clone(),
            engine_version: source.live.engine_version.clone(),
            username: source.live.username.clone(),
            created_at: Some(world.now),
            tags: tags.clone(),
        },
        data: source.data.clone(),
        database_name: source.live.database_name.clone(),
        ready_at,
    }
}
