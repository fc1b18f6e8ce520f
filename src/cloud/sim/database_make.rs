//! `CreateDBInstance` and `RestoreDBInstanceFromDBSnapshot`, with what a restore loses (`aws.md` 2.4).

use super::data::Data;
use super::database::Database;
use super::database_rules::{check_identifier, check_spec, check_username, full_version};
use super::secret::Digest;
use super::tags::same_owner;
use super::trouble::{Outcome, Trouble, receipt};
use super::world::{World, made_with};
use crate::model::{DATABASE_MADE_WITH, DatabaseSpec, LiveDatabase, Receipt, ResourceKey, ResourceKind, Tags};

/// Instances in a region (`aws.md` 2.3).
const INSTANCE_QUOTA: usize = 40;

/// What a new instance is made from.
struct Origin {
    data: Data,
    password: Option<Digest>,
    /// `creating`, then perhaps a first backup.
    creating_seconds: u32,
}

impl World {
    /// `rds:CreateDBInstance`.
    pub(super) fn create_database(
        &mut self,
        key: &ResourceKey,
        spec: &DatabaseSpec,
        groups: &[String],
        secret_arn: &str,
        tags: &Tags,
        token: &str,
    ) -> Outcome {
        check_spec(spec)?;
        check_username(spec.engine, &spec.username)?;
        let spec = &lower_case(spec);
        if let Some(receipt) = self.adopt_database(key, spec, tags, token)? {
            return Ok(receipt);
        }
        let password = self.secret_value(secret_arn)?;
        let live = self.new_instance(spec, groups, tags)?;
        let data = Data::empty(&spec.identifier);
        let origin = Origin { data, password: Some(password), creating_seconds: 240 };
        Ok(self.begin_instance(key, live, origin, token))
    }

    /// `rds:RestoreDBInstanceFromDBSnapshot`.
    pub(super) fn restore_database(
        &mut self,
        key: &ResourceKey,
        snapshot: &str,
        spec: &DatabaseSpec,
        groups: &[String],
        tags: &Tags,
        token: &str,
    ) -> Outcome {
        check_spec(spec)?;
        check_identifier(snapshot, 255, "DBSnapshotIdentifier")?;
        let spec = &lower_case(spec);
        if let Some(receipt) = self.adopt_database(key, spec, tags, token)? {
            return Ok(receipt);
        }
        let absent = || Trouble::not_found("DBSnapshotNotFound", format!("DBSnapshot {snapshot} not found."));
        let source = self.snapshots.get(&snapshot.to_lowercase()).cloned().ok_or_else(absent)?;
        if !source.live.is_available() {
            return Err(Trouble::busy("InvalidDBSnapshotState", format!("Snapshot {snapshot} is not available.")));
        }
        if source.live.engine != spec.engine.as_str() {
            return Err(Trouble::refused("InvalidParameterCombination", "the engine differs from the snapshot's"));
        }
        // aws.md 2.4, 2.5: storage never shrinks, not at a restore either.
        if spec.storage_gib < source.live.storage_gib {
            let message = format!("Allocated storage must be at least {} GiB", source.live.storage_gib);
            return Err(Trouble::refused("InvalidParameterCombination", message));
        }
        // aws.md 2.4: without tags of its own, the new instance gets the snapshot's.
        let tags = if tags.is_empty() { &source.live.tags } else { tags };
        let mut live = self.new_instance(spec, groups, tags)?;
        // aws.md 2.4: fixed by the snapshot …
        live.engine_version.clone_from(&source.live.engine_version);
        live.username.clone_from(&source.live.username);
        live.database_name.clone_from(&source.database_name);
        live.encrypted = source.live.encrypted;
        live.kms_key = live.kms_key.filter(|_| source.live.encrypted);
        // … and what the call has no parameter for: to be set afterwards.
        live.max_storage_gib = None;
        live.performance_insights = false;
        let origin = Origin { data: source.data, password: None, creating_seconds: 300 };
        Ok(self.begin_instance(key, live, origin, token))
    }

    /// Somebody else makes a database by hand, and it is there at once.
    pub fn console_create_database(&mut self, identifier: &str, like: &DatabaseSpec, tags: Tags) {
        let spec = lower_case(&DatabaseSpec { identifier: identifier.to_owned(), ..like.clone() });
        let Ok(live) = self.new_instance(&spec, &[], &tags) else { return };
        let key = ResourceKey::new(ResourceKind::Database, identifier);
        let origin = Origin { data: Data::empty(&spec.identifier), password: None, creating_seconds: 0 };
        let _ = self.begin_instance(&key, live, origin, "console");
        if let Some(database) = self.databases.get_mut(&spec.identifier) {
            database.live.status = "available".to_owned();
            database.stages.clear();
        }
    }

    /// A database of that name which exists already: this step's own work, or ours and as wanted, or a conflict.
    fn adopt_database(
        &self,
        key: &ResourceKey,
        spec: &DatabaseSpec,
        tags: &Tags,
        token: &str,
    ) -> Result<Option<Receipt>, Trouble> {
        let Some(found) = self.databases.get(&spec.identifier) else { return Ok(None) };
        let taken = |why: &str| {
            let message = format!("DB instance {} already exists: {why}", spec.identifier);
            Trouble::conflict("DBInstanceAlreadyExists", message)
        };
        if found.is_going() {
            return Err(Trouble::busy("DBInstanceAlreadyExists", "an instance of that name is being deleted"));
        }
        if !same_owner(&found.live.tags, tags) {
            return Err(taken("it is not ours"));
        }
        if found.token != token {
            return Err(taken("it was not made by this step"));
        }
        Ok(Some(receipt(false, key, &[("arn", &found.live.arn)])))
    }

    /// An instance with every parameter of the spec, not yet in the world.
    fn new_instance(&mut self, spec: &DatabaseSpec, groups: &[String], tags: &Tags) -> Result<LiveDatabase, Trouble> {
        if self.databases.len() >= INSTANCE_QUOTA {
            return Err(Trouble::refused("InstanceQuotaExceeded", "the region's quota of 40 instances is used up"));
        }
        for group in groups {
            if !self.security_groups.contains_key(group) {
                return Err(Trouble::refused("InvalidVPCNetworkStateFault", format!("no security group {group}")));
            }
        }
        let mut security_groups = groups.to_vec();
        if security_groups.is_empty() {
            // aws.md 2.4: the default group of the VPC.
            security_groups.push("sg-default".to_owned());
        }
        security_groups.sort();
        let default_key = self.arn("kms", "key/aws-rds");
        let resource_id = format!("db-{}", self.fresh(26).to_uppercase());
        Ok(LiveDatabase {
            identifier: spec.identifier.clone(),
            arn: self.arn("rds", &format!("db:{}", spec.identifier)),
            resource_id,
            status: "creating".to_owned(),
            endpoint: None,
            engine: spec.engine.as_str().to_owned(),
            engine_version: full_version(spec.engine, spec.engine_version.as_deref()),
            class: spec.class.clone(),
            storage_gib: spec.storage_gib,
            storage_type: spec.storage_type.clone(),
            iops: spec.iops.or((spec.storage_type == "gp3").then_some(3000)),
            storage_throughput: spec.storage_throughput.or((spec.storage_type == "gp3").then_some(125)),
            max_storage_gib: spec.max_storage_gib,
            username: spec.username.clone(),
            database_name: spec.database_name.clone(),
            multi_az: spec.multi_az,
            publicly_accessible: spec.publicly_accessible,
            encrypted: spec.encrypted,
            kms_key: spec.encrypted.then(|| spec.kms_key.clone().unwrap_or(default_key)),
            subnet_group: Some(spec.subnet_group.clone().unwrap_or_else(|| "default".to_owned())),
            security_groups,
            parameter_group: Some(spec.parameter_group.clone().unwrap_or_else(|| default_parameter_group(spec))),
            backup_retention_days: spec.backup_retention_days,
            deletion_protection: spec.deletion_protection,
            auto_minor_version_upgrade: spec.auto_minor_version_upgrade,
            extended_support: Some(spec.extended_support),
            performance_insights: spec.performance_insights.unwrap_or(false),
            others: made_with(&DATABASE_MADE_WITH),
            pending: std::collections::BTreeMap::new(),
            automatic_restart_at: None,
            created_at: None,
            tags: tags.clone(),
        })
    }

    /// Puts a new instance into the world, `creating`.
    fn begin_instance(&mut self, key: &ResourceKey, live: LiveDatabase, origin: Origin, token: &str) -> Receipt {
        let identifier = live.identifier.clone();
        // aws.md 2.6: five to eight minutes with the delete; a first backup follows when backups are kept.
        let backup = if live.backup_retention_days > 0 { ("backing-up", origin.creating_seconds) } else { ("", 0) };
        let stages = match backup {
            ("", _) => self.stages(&identifier, &[("available", origin.creating_seconds)]),
            first => self.stages(&identifier, &[first, ("available", 75)]),
        };
        let answer = receipt(true, key, &[("arn", &live.arn)]);
        let database = Database {
            live: LiveDatabase { created_at: Some(self.now), ..live },
            data: origin.data,
            password: origin.password,
            stages,
            changing: None,
            next_password: None,
            token: token.to_owned(),
        };
        self.databases.insert(identifier, database);
        answer
    }
}

/// aws.md 2.3: identifiers are stored in lower case.
fn lower_case(spec: &DatabaseSpec) -> DatabaseSpec {
    DatabaseSpec { identifier: spec.identifier.to_lowercase(), ..spec.clone() }
}

fn default_parameter_group(spec: &DatabaseSpec) -> String {
    let full = full_version(spec.engine, spec.engine_version.as_deref());
    let parts: Vec<&str> = full.split('.').collect();
    match spec.engine {
        crate::model::Engine::Postgres => format!("default.postgres{}", parts[0]),
        other => format!("default.{}{}", other.as_str(), parts.iter().take(2).copied().collect::<Vec<_>>().join(".")),
    }
}
