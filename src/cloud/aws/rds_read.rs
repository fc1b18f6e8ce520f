//! RDS, reading: instances and their manual snapshots.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{DbInstance, DbSnapshot, PendingModifiedValues};

use super::AwsCloud;
use super::answer::{count, positive, tags, text, timestamp};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{Endpoint, LiveDatabase, LiveSnapshot};

impl AwsCloud {
    /// Every instance of the region, by pages of 100: RDS has no filter by tag (`aws.md` 2.5), and only the whole list
    /// shows an instance of ours that the spec no longer declares.
    pub(super) async fn databases(&self) -> Result<Vec<LiveDatabase>, CloudError> {
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let request = self.clients.rds.describe_db_instances().max_records(100).set_marker(marker);
            let page = self.caller.call("rds:DescribeDBInstances", || request.clone().send()).await?;
            found.extend(page.db_instances().iter().map(|found| self.as_is(live_database(found))));
            marker = page.marker().map(str::to_owned);
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    /// An emulator never applies what waits for the maintenance window, and never forgets it.
    fn as_is(&self, mut found: LiveDatabase) -> LiveDatabase {
        if self.clients.emulated {
            found.pending.clear();
        }
        found
    }

    /// One instance; `None`: it is not there.
    pub(super) async fn database(&self, identifier: &str) -> Result<Option<LiveDatabase>, CloudError> {
        let request = self.clients.rds.describe_db_instances().db_instance_identifier(identifier);
        match self.caller.call("rds:DescribeDBInstances", || request.clone().send()).await {
            Ok(answer) => Ok(answer.db_instances().first().map(|found| self.as_is(live_database(found)))),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every manual snapshot of the region, newest first. A region holds a hundred (`aws.md` 2.3), one page; asking by
    /// database instead is documented for databases that exist, and those of interest are often gone.
    pub(super) async fn manual_snapshots(&self) -> Result<Vec<LiveSnapshot>, CloudError> {
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let request = self.clients.rds.describe_db_snapshots().snapshot_type("manual");
            let request = request.max_records(100).set_marker(marker);
            let page = self.caller.call("rds:DescribeDBSnapshots", || request.clone().send()).await?;
            let manual = |snapshot: &&DbSnapshot| snapshot.snapshot_type().is_none_or(|kind| kind == "manual");
            found.extend(page.db_snapshots().iter().filter(manual).map(live_snapshot));
            marker = page.marker().map(str::to_owned);
            if marker.is_none() {
                break;
            }
        }
        // One that has no time yet is being made now.
        found.sort_by(|one: &LiveSnapshot, other| {
            let age = |snapshot: &LiveSnapshot| (snapshot.created_at.is_some(), std::cmp::Reverse(snapshot.created_at));
            age(one).cmp(&age(other)).then_with(|| other.identifier.cmp(&one.identifier))
        });
        Ok(found)
    }

    /// One snapshot by name; `None`: it is not there.
    pub(super) async fn snapshot(&self, name: &str) -> Result<Option<LiveSnapshot>, CloudError> {
        let request = self.clients.rds.describe_db_snapshots().db_snapshot_identifier(name);
        match self.caller.call("rds:DescribeDBSnapshots", || request.clone().send()).await {
            Ok(answer) => Ok(answer.db_snapshots().first().map(live_snapshot)),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn live_database(found: &DbInstance) -> LiveDatabase {
    let endpoint = found.endpoint().and_then(|endpoint| {
        let port = u16::try_from(endpoint.port()?).ok()?;
        Some(Endpoint { host: endpoint.address()?.to_owned(), port })
    });
    let mut security_groups: Vec<String> = found
        .vpc_security_groups()
        .iter()
        .filter_map(|group| group.vpc_security_group_id().map(str::to_owned))
        .collect();
    security_groups.sort();
    LiveDatabase {
        identifier: text(found.db_instance_identifier()),
        arn: text(found.db_instance_arn()),
        resource_id: text(found.dbi_resource_id()),
        status: text(found.db_instance_status()),
        endpoint,
        engine: text(found.engine()),
        engine_version: text(found.engine_version()),
        class: text(found.db_instance_class()),
        storage_gib: count(found.allocated_storage()),
        storage_type: text(found.storage_type()),
        iops: positive(found.iops()),
        storage_throughput: positive(found.storage_throughput()),
        // RDS reports the allocated storage itself as the limit where autoscaling is off.
        max_storage_gib: positive(found.max_allocated_storage()).filter(|max| *max > count(found.allocated_storage())),
        username: text(found.master_username()),
        database_name: found.db_name().filter(|name| !name.is_empty()).map(str::to_owned),
        multi_az: found.multi_az().unwrap_or_default(),
        publicly_accessible: found.publicly_accessible().unwrap_or_default(),
        encrypted: found.storage_encrypted().unwrap_or_default(),
        kms_key: found.kms_key_id().map(str::to_owned),
        subnet_group: found.db_subnet_group().and_then(|group| group.db_subnet_group_name()).map(str::to_owned),
        security_groups,
        parameter_group: found
            .db_parameter_groups()
            .first()
            .and_then(|group| group.db_parameter_group_name())
            .map(str::to_owned),
        backup_retention_days: count(found.backup_retention_period()),
        deletion_protection: found.deletion_protection().unwrap_or_default(),
        auto_minor_version_upgrade: found.auto_minor_version_upgrade().unwrap_or_default(),
        extended_support: found.engine_lifecycle_support().map(|word| !word.ends_with("-disabled")),
        performance_insights: found.performance_insights_enabled().unwrap_or_default(),
        others: others(found),
        pending: found.pending_modified_values().map(pending_changes).unwrap_or_default(),
        automatic_restart_at: timestamp(found.automatic_restart_time()),
        created_at: timestamp(found.instance_create_time()),
        tags: tags(found.tag_list().iter().map(|tag| (tag.key(), tag.value()))),
    }
}

/// What no spec declares of an instance.
fn others(found: &DbInstance) -> BTreeMap<String, String> {
    let settings = [
        ("monitoring", found.monitoring_interval().map(|seconds| format!("{seconds} s"))),
        ("iam-authentication", found.iam_database_authentication_enabled().map(|on| on.to_string())),
        ("copy-tags-to-snapshot", found.copy_tags_to_snapshot().map(|on| on.to_string())),
    ];
    settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn pending_changes(pending: &PendingModifiedValues) -> BTreeMap<String, String> {
    let number = |value: Option<i32>| value.map(|value| value.to_string());
    let word = |value: Option<&str>| value.map(str::to_owned);
    let changes = [
        ("class", word(pending.db_instance_class())),
        ("storage_gib", number(pending.allocated_storage())),
        // Its value is a row of asterisks, and even that is nobody's business.
        ("password", pending.master_user_password().map(|_| "a new one".to_owned())),
        ("port", number(pending.port())),
        ("backup_retention_days", number(pending.backup_retention_period())),
        ("multi_az", pending.multi_az().map(|value| value.to_string())),
        ("engine_version", word(pending.engine_version())),
        ("iops", number(pending.iops())),
        ("storage_throughput", number(pending.storage_throughput())),
        ("storage_type", word(pending.storage_type())),
        ("subnet_group", word(pending.db_subnet_group_name())),
        ("identifier", word(pending.db_instance_identifier())),
    ];
    changes.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
}

fn live_snapshot(found: &DbSnapshot) -> LiveSnapshot {
    let status = text(found.status());
    LiveSnapshot {
        identifier: text(found.db_snapshot_identifier()),
        arn: text(found.db_snapshot_arn()),
        database: text(found.db_instance_identifier()),
        database_resource_id: found.dbi_resource_id().map(str::to_owned),
        progress_percent: found.percent_progress().map_or(if status == "available" { 100 } else { 0 }, count),
        status,
        storage_gib: count(found.allocated_storage()),
        encrypted: found.encrypted().unwrap_or_default(),
        engine: text(found.engine()),
        engine_version: text(found.engine_version()),
        username: text(found.master_username()),
        created_at: timestamp(found.snapshot_create_time()),
        tags: tags(found.tag_list().iter().map(|tag| (tag.key(), tag.value()))),
    }
}
