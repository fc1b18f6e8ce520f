//! `ModifyDBInstance` (`aws.md` 2.5): what changes at once, what takes a restart, what is refused.

use jiff::SignedDuration;

use super::database::{Database, Stage};
use super::database_end::must_be_this;
use super::database_rules::{check_class, check_identifier, check_storage, full_version_of};
use super::tags::must_be_managed;
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::World;
use crate::model::{DatabaseChanges, DatabaseState, LiveDatabase, ResourceKey};

impl Database {
    /// What was pending becomes so.
    pub(super) fn settle_changes(&mut self) {
        if let Some(password) = self.next_password.take() {
            self.password = Some(password);
        }
        self.live.pending.clear();
        let Some(changes) = self.changing.take() else { return };
        let live = &mut self.live;
        set(&mut live.engine_version, changes.engine_version);
        set(&mut live.class, changes.class);
        set(&mut live.storage_gib, changes.storage_gib);
        set(&mut live.storage_type, changes.storage_type);
        live.iops = changes.iops.or(live.iops);
        live.storage_throughput = changes.storage_throughput.or(live.storage_throughput);
        set(&mut live.multi_az, changes.multi_az);
        if let (Some(endpoint), Some(port)) = (&mut live.endpoint, changes.port) {
            endpoint.port = port;
        }
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

impl World {
    /// The database, when it is ours and in a state in which it can be modified.
    fn modifiable(&mut self, identifier: &str) -> Result<&mut Database, Trouble> {
        let database = self.databases.get_mut(identifier).ok_or_else(|| not_found(identifier))?;
        must_be_managed(&database.live.tags, &format!("database {identifier}"))?;
        // aws.md 2.1, 2.2: a stopped instance cannot be modified; only an available one can.
        if database.live.state() != DatabaseState::Available {
            return Err(wrong_state(identifier, &database.live.status));
        }
        Ok(database)
    }

    /// `rds:ModifyDBInstance` with `ApplyImmediately`.
    pub(super) fn modify_database(&mut self, identifier: &str, changes: &DatabaseChanges) -> Outcome {
        let seconds = restart_seconds(changes);
        let begins = self.after(3, identifier);
        let ends = self.after(10 + seconds, identifier);
        let optimized = ends.checked_add(SignedDuration::from_hours(6)).unwrap_or(ends);
        let groups: Vec<String> = changes.security_groups.iter().flatten().cloned().collect();
        for group in &groups {
            if !self.security_groups.contains_key(group) {
                return Err(Trouble::refused("InvalidVPCNetworkStateFault", format!("no security group {group}")));
            }
        }
        let database = self.modifiable(identifier)?;
        check_change(database, changes)?;
        let before = database.live.clone();
        apply_at_once(database, changes);
        // What waited for the maintenance window gives way to what is asked for now.
        for (field, _) in pending(changes) {
            database.live.pending.remove(&field);
        }
        let slow = slow_changes(database, changes);
        if slow != DatabaseChanges::default() {
            // The new values show as pending at once; the status word follows a moment later.
            database.live.pending.extend(pending(&slow));
            let grows = slow.storage_gib.is_some() || slow.storage_type.is_some();
            database.changing = Some(slow);
            database.stages = vec![Stage { at: begins, status: "modifying".to_owned() }];
            // aws.md 2.5: optimised for hours after a change of storage, connectable all the while.
            let after = if grows { "storage-optimization" } else { "available" };
            database.stages.push(Stage { at: ends, status: after.to_owned() });
            if grows {
                database.stages.push(Stage { at: optimized, status: "available".to_owned() });
            }
        }
        if database.live == before { unchanged() } else { changed() }
    }

    /// `rds:ModifyDBInstance(MasterUserPassword)` with the value of a secret.
    pub(super) fn set_master_password(&mut self, identifier: &str, secret_arn: &str) -> Outcome {
        let password = self.secret_value(secret_arn)?;
        let (begins, ends) = (self.after(3, identifier), self.after(30, identifier));
        let database = self.modifiable(identifier)?;
        database.live.pending.insert("password".to_owned(), "****".to_owned());
        database.next_password = Some(password);
        database.stages = vec![
            Stage { at: begins, status: "resetting-master-credentials".to_owned() },
            Stage { at: ends, status: "available".to_owned() },
        ];
        changed()
    }
}

/// Begins the stage at which an instance has the name that follows.
pub(super) const RENAMED: &str = "renamed:";

impl World {
    /// `rds:ModifyDBInstance(NewDBInstanceIdentifier)` (`aws.md` 2.5): `renaming` under the old name for a while, then
    /// rebooting under the new one, which has another endpoint.
    pub(super) fn rename_database(
        &mut self,
        key: &ResourceKey,
        identifier: &str,
        resource_id: &str,
        new_identifier: &str,
    ) -> Outcome {
        check_identifier(new_identifier, 63, "NewDBInstanceIdentifier")?;
        if let Some(there) = self.databases.get(new_identifier) {
            if there.live.resource_id == resource_id {
                return Ok(receipt(false, key, &[("arn", &there.live.arn)]));
            }
            let message = format!("DB instance {new_identifier} already exists");
            return Err(Trouble::conflict("DBInstanceAlreadyExists", message));
        }
        let renaming = self.databases.get(identifier).is_some_and(|found| found.live.status == "renaming");
        let renamed = format!("{RENAMED}{new_identifier}");
        let stages = self.stages(identifier, &[(&renamed, 60), ("available", 75)]);
        let found = self.databases.get(identifier).map(|found| &found.live).ok_or_else(|| not_found(identifier))?;
        must_be_this(found, resource_id)?;
        if renaming {
            return unchanged();
        }
        let database = self.modifiable(identifier)?;
        database.live.status = "renaming".to_owned();
        database.live.pending.insert("identifier".to_owned(), new_identifier.to_owned());
        database.stages = stages;
        changed()
    }

    /// The instance goes on under its new name, without an endpoint until it is available.
    pub(super) fn enter_new_name(&mut self, identifier: &str, new_identifier: &str) {
        let arn = self.arn("rds", &format!("db:{new_identifier}"));
        let Some(mut database) = self.databases.remove(identifier) else { return };
        database.live.status = "rebooting".to_owned();
        database.live.pending.remove("identifier");
        database.live.endpoint = None;
        new_identifier.clone_into(&mut database.live.identifier);
        database.live.arn = arn;
        self.databases.insert(new_identifier.to_owned(), database);
    }
}

/// `DBInstanceNotFound`.
pub(super) fn not_found(identifier: &str) -> Trouble {
    Trouble::not_found("DBInstanceNotFound", format!("DBInstance {identifier} not found."))
}

/// `InvalidDBInstanceState`.
pub(super) fn wrong_state(identifier: &str, status: &str) -> Trouble {
    Trouble::busy(
        "InvalidDBInstanceState",
        format!("Instance {identifier} is not in a state in which that can be done: it is {status}."),
    )
}

fn check_change(database: &Database, changes: &DatabaseChanges) -> Result<(), Trouble> {
    let live = &database.live;
    if let Some(class) = &changes.class {
        check_class(class)?;
    }
    if let Some(wanted) = changes.storage_gib {
        let now = live.storage_gib;
        // aws.md 2.5: storage never shrinks; an increase is at least 10 %.
        if wanted < now || (wanted > now && u64::from(wanted) * 10 < u64::from(now) * 11) {
            return Err(Trouble::refused(
                "InvalidParameterCombination",
                format!("Invalid storage size for engine name {} and storage type {}: {wanted}", live.engine, now),
            ));
        }
    }
    let changes_storage = changes.storage_gib.is_some_and(|wanted| wanted != live.storage_gib)
        || changes.storage_type.as_ref().is_some_and(|wanted| *wanted != live.storage_type);
    // aws.md 2.2, 2.5: one change of storage at a time, until it is optimised.
    if changes_storage && live.status == "storage-optimization" {
        return Err(Trouble::refused(
            "InvalidParameterCombination",
            "You can't currently modify the storage of this DB instance because the previous storage change is being optimized.",
        ));
    }
    check_upgrade(live, changes)?;
    let storage_type = changes.storage_type.as_deref().unwrap_or(&live.storage_type);
    let gib = changes.storage_gib.unwrap_or(live.storage_gib);
    check_storage(&live.engine, storage_type, gib, changes.iops, changes.storage_throughput)
}

/// An engine is upgraded, never taken back.
fn check_upgrade(live: &LiveDatabase, changes: &DatabaseChanges) -> Result<(), Trouble> {
    let Some(wanted) = &changes.engine_version else { return Ok(()) };
    let parts = |version: &str| -> Vec<u32> { version.split('.').filter_map(|part| part.parse().ok()).collect() };
    let full = full_version_of(&live.engine, wanted);
    if live.engine_version.starts_with(wanted.as_str()) || parts(&full) >= parts(&live.engine_version) {
        return Ok(());
    }
    let message = format!("Cannot upgrade {} from {} to {wanted}", live.engine, live.engine_version);
    Err(Trouble::refused("InvalidParameterCombination", message))
}

/// What needs no restart, and no time worth waiting for.
fn apply_at_once(database: &mut Database, changes: &DatabaseChanges) {
    let live = &mut database.live;
    set(&mut live.publicly_accessible, changes.publicly_accessible);
    set(&mut live.deletion_protection, changes.deletion_protection);
    set(&mut live.auto_minor_version_upgrade, changes.auto_minor_version_upgrade);
    set(&mut live.performance_insights, changes.performance_insights);
    set(&mut live.backup_retention_days, changes.backup_retention_days);
    live.max_storage_gib = changes.max_storage_gib.or(live.max_storage_gib);
    let undeclared = [
        ("monitoring", changes.monitoring_seconds.map(|seconds| format!("{seconds} s"))),
        ("iam-authentication", changes.iam_authentication.map(|on| on.to_string())),
        ("copy-tags-to-snapshot", changes.copy_tags_to_snapshot.map(|on| on.to_string())),
    ];
    live.others.extend(undeclared.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    if changes.parameter_group.is_some() {
        live.parameter_group.clone_from(&changes.parameter_group);
    }
    if let Some(groups) = &changes.security_groups {
        live.security_groups.clone_from(groups);
        live.security_groups.sort();
    }
}

/// What takes time, as far as it differs from what is so already.
fn slow_changes(database: &Database, changes: &DatabaseChanges) -> DatabaseChanges {
    let live = &database.live;
    let port = live.endpoint.as_ref().map(|endpoint| endpoint.port);
    let upgrade = changes.engine_version.as_ref().filter(|wanted| !live.engine_version.starts_with(wanted.as_str()));
    DatabaseChanges {
        engine_version: upgrade.map(|wanted| full_version_of(&live.engine, wanted)),
        class: changes.class.clone().filter(|wanted| *wanted != live.class),
        storage_gib: changes.storage_gib.filter(|wanted| *wanted != live.storage_gib),
        storage_type: changes.storage_type.clone().filter(|wanted| *wanted != live.storage_type),
        iops: changes.iops.filter(|wanted| Some(*wanted) != live.iops),
        storage_throughput: changes.storage_throughput.filter(|wanted| Some(*wanted) != live.storage_throughput),
        multi_az: changes.multi_az.filter(|wanted| *wanted != live.multi_az),
        port: changes.port.filter(|wanted| Some(*wanted) != port),
        ..DatabaseChanges::default()
    }
}

fn pending(changes: &DatabaseChanges) -> Vec<(String, String)> {
    let fields = [
        ("engine_version", changes.engine_version.clone()),
        ("class", changes.class.clone()),
        ("storage_gib", changes.storage_gib.map(|value| value.to_string())),
        ("storage_type", changes.storage_type.clone()),
        ("iops", changes.iops.map(|value| value.to_string())),
        ("storage_throughput", changes.storage_throughput.map(|value| value.to_string())),
        ("multi_az", changes.multi_az.map(|value| value.to_string())),
        ("port", changes.port.map(|value| value.to_string())),
    ];
    fields.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect()
}

/// Seconds that the instance is busy (`aws.md` 2.5: a class change is an outage of minutes).
fn restart_seconds(changes: &DatabaseChanges) -> u32 {
    let class = if changes.class.is_some() || changes.engine_version.is_some() { 400 } else { 0 };
    let storage = if changes.storage_gib.is_some() || changes.storage_type.is_some() { 240 } else { 0 };
    class + storage + 30
}
