//! The part of [`World::from_live`] that holds data: databases, snapshots, secrets, files.
//!
//! What is in a real database is not known, and need not be: each own snapshot, oldest first, holds one write more
//! than the one before, and the database one more than all of them. So whatever a rehearsal loses is noticed.

use jiff::{SignedDuration, Timestamp};

use super::access_point::AccessPoint;
use super::data::{Data, Write};
use super::database::{Database, GONE, Stage};
use super::file_system::FileSystem;
use super::secret::{Digest, Secret};
use super::snapshot::Snapshot;
use super::world::World;
use crate::model::{
    DatabaseState, Desired, FileSystemSpec, Live, LiveDatabase, LiveFileSystem, LiveSnapshot, ResourceKey,
    TAG_RESOURCE, TAG_SCRUB, TAG_THROUGHPUT_CHANGED, Tags, present,
};

impl World {
    pub(super) fn take_databases(&mut self, live: &Live, desired: &Desired) {
        for (_, secret) in present(&live.secrets) {
            let value = Digest::standing_for(self.fresh(32));
            self.secrets.insert(secret.arn.clone(), Secret { live: secret.clone(), value });
        }
        let mut snapshots: Vec<&LiveSnapshot> = present(&live.snapshots).flat_map(|(_, found)| found).collect();
        snapshots.sort_by_key(|snapshot| snapshot.created_at);
        self.database_domain = domain(live, desired);
        for snapshot in snapshots {
            self.take_snapshot(snapshot, desired);
        }
        for (name, database) in present(&live.databases) {
            self.take_database(name, database, live);
        }
        for database in &live.beside {
            let key: Option<ResourceKey> = database.tags.get(TAG_RESOURCE).and_then(|key| key.parse().ok());
            self.take_database(key.as_ref().map_or("", |key| key.name.as_str()), database, live);
        }
    }

    fn take_snapshot(&mut self, snapshot: &LiveSnapshot, desired: &Desired) {
        let of = desired.databases.values().find(|spec| spec.identifier.to_lowercase() == snapshot.database);
        let mut data = data_of(&snapshot.database, &snapshot.tags);
        if of.is_some() {
            let usable = snapshot.is_available() || snapshot.status == "creating";
            data.writes = self.one_more_write(&snapshot.database, usable);
        }
        let taken = Snapshot {
            live: snapshot.clone(),
            data,
            database_name: of.and_then(|spec| spec.database_name.clone()),
            ready_at: (snapshot.status == "creating").then(|| self.after(150, &snapshot.identifier)),
        };
        self.snapshots.insert(snapshot.identifier.clone(), taken);
    }

    /// Everything written so far and, where the copy is any good, one write more.
    fn one_more_write(&mut self, identifier: &str, usable: bool) -> Vec<Write> {
        let newest = self.written.get(identifier).copied().unwrap_or(0) + u64::from(usable);
        if newest > 0 {
            self.written.insert(identifier.to_owned(), newest);
        }
        let write = |version| Write { database: identifier.to_owned(), version, text: format!("as of {version}") };
        (1..=newest).map(write).collect()
    }

    fn take_database(&mut self, name: &str, live: &LiveDatabase, all: &Live) {
        let pending = live.lacks_password();
        let secret = all.secrets.get(name).and_then(|sighting| sighting.present());
        let secret = secret.and_then(|secret| self.secrets.get(&secret.arn)).map(|secret| secret.value.clone());
        let mut data = data_of(&live.identifier, &live.tags);
        let usable = !matches!(live.state(), DatabaseState::Deleting | DatabaseState::Broken);
        data.writes = self.one_more_write(&live.identifier, usable);
        let mut taken = Database {
            live: live.clone(),
            data,
            password: secret.filter(|_| !pending),
            stages: self.stages_ahead(live),
            changing: None,
            next_password: None,
            token: String::new(),
        };
        if live.state() == DatabaseState::Stopped && taken.live.automatic_restart_at.is_none() {
            taken.live.automatic_restart_at = taken.stages.first().map(|stage| stage.at);
        }
        self.databases.insert(live.identifier.clone(), taken);
    }

    /// What a database will become by itself.
    fn stages_ahead(&self, live: &LiveDatabase) -> Vec<Stage> {
        let to = |status: &str, seconds: u32| self.stages(&live.identifier, &[(status, seconds)]);
        match live.state() {
            DatabaseState::Stopped => {
                let week = self.after_exactly(SignedDuration::from_hours(7 * 24));
                let at = live.automatic_restart_at.filter(|at| *at > self.now).unwrap_or(week);
                let after = at.checked_add(SignedDuration::from_mins(3)).unwrap_or(at);
                let stage = |at: Timestamp, status: &str| Stage { at, status: status.to_owned() };
                vec![stage(at, "starting"), stage(after, "available")]
            }
            DatabaseState::Deleting => to(GONE, 180),
            DatabaseState::BackingUp => to("available", 60),
            DatabaseState::Available if !live.pending.is_empty() => to("available", 120),
            DatabaseState::Busy if live.status == "stopping" => to("stopped", 180),
            DatabaseState::Busy => to("available", 240),
            DatabaseState::Available | DatabaseState::Broken => Vec::new(),
        }
    }

    pub(super) fn take_files(&mut self, live: &Live, desired: &Desired) {
        self.take_log_groups(live);
        self.take_mount_targets(live);
        for (name, system) in present(&live.file_systems) {
            let creation_token = match desired.file_systems.get(name) {
                Some(FileSystemSpec::Owned { file_system_name, .. }) => file_system_name.clone(),
                _ => format!("production-{}", system.id),
            };
            let ready_at = ["creating", "updating"].contains(&system.state.as_str());
            let taken = FileSystem {
                live: system.clone(),
                creation_token,
                directories: std::collections::BTreeMap::new(),
                locked_until: locked_until(system),
                ready_at: ready_at.then(|| self.after(30, &system.id)),
            };
            self.file_systems.insert(system.id.clone(), taken);
            for _ in 0..live.foreign_access_points.get(name).copied().unwrap_or(0).min(100) {
                self.seed_production_access_point(&system.id);
            }
        }
        for (name, point) in present(&live.access_points) {
            let spec = desired.access_points.get(name);
            let ready_at = (point.state == "creating").then(|| self.after(5, &point.id));
            let permissions = spec.map_or_else(|| "0755".to_owned(), |spec| spec.permissions.clone());
            let taken = AccessPoint { live: point.clone(), permissions, token: String::new(), ready_at };
            self.access_points.insert(point.id.clone(), taken);
        }
    }
}

/// Whose data it is, as the tags remember it.
fn data_of(identifier: &str, tags: &Tags) -> Data {
    let foreign = tags.get(TAG_SCRUB).is_some_and(|state| state == "needed");
    Data::empty(if foreign { "somebody-elses-database" } else { identifier })
}

/// aws.md 3.1: 24 hours between two changes of the throughput.
fn locked_until(system: &LiveFileSystem) -> Option<Timestamp> {
    let changed: Timestamp = system.tags.get(TAG_THROUGHPUT_CHANGED)?.parse().ok()?;
    changed.checked_add(SignedDuration::from_hours(24)).ok()
}

/// What the host names of this account end with: from a database that is there, else from the task definitions that
/// were made for one. `None`: no database has been there yet.
fn domain(live: &Live, desired: &Desired) -> Option<String> {
    let host = |database: &LiveDatabase| {
        let host = &database.endpoint.as_ref()?.host;
        Some(host.strip_prefix(&database.identifier)?.to_owned())
    };
    if let Some(known) = present(&live.databases).find_map(|(_, database)| host(database)) {
        return Some(known);
    }
    let documents = present(&live.task_definitions).chain(present(&live.task_families));
    let texts: Vec<String> = documents.map(|(_, document)| document.to_string()).collect();
    let in_text = |text: &String, identifier: &str| {
        let rest = text.split_once(&format!("{identifier}."))?.1;
        let end = rest.find(".rds.amazonaws.com")?;
        let middle = rest.get(..end)?;
        let is_name = middle.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.".contains(letter));
        is_name.then(|| format!(".{middle}.rds.amazonaws.com"))
    };
    let identifiers = || desired.databases.values().map(|spec| spec.identifier.to_lowercase());
    texts.iter().find_map(|text| identifiers().find_map(|identifier| in_text(text, &identifier)))
}
