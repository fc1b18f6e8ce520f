//! RDS, snapshots, and what may be stopped or deleted because of one: the snapshot is read back right before the call.

use super::AwsCloud;
use super::error::own_error;
use super::rds::rds_tags;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{
    DatabaseState, LiveDatabase, LiveService, LiveSnapshot, Receipt, ResourceKey, ResourceKind, STORAGE_OPTIMIZATION,
    ServiceName, Tags,
};

impl AwsCloud {
    pub(super) async fn stop_database(
        &self,
        identifier: &str,
        resource_id: &str,
        verified_snapshot: &str,
    ) -> Result<Receipt, CloudError> {
        let found = self.our_database("rds:StopDBInstance", identifier).await?;
        if matches!(found.status.as_str(), "stopped" | "stopping") {
            return Ok(super::done(false));
        }
        if found.status == STORAGE_OPTIMIZATION {
            return Err(own_error(CloudErrorKind::Refused, "rds:StopDBInstance", found.unstoppable()));
        }
        self.verify(&found, resource_id, verified_snapshot, "rds:StopDBInstance").await?;
        let request = self.clients.rds.stop_db_instance().db_instance_identifier(identifier);
        self.caller.call("rds:StopDBInstance", || request.clone().send()).await?;
        Ok(super::done(true))
    }

    pub(super) async fn delete_database(
        &self,
        identifier: &str,
        resource_id: &str,
        verified_snapshot: &str,
    ) -> Result<Receipt, CloudError> {
        let Some(found) = self.database(identifier).await? else { return Ok(super::done(false)) };
        self.require_ours("rds:DeleteDBInstance", CloudErrorKind::Unsafe, identifier, &found.tags)?;
        if found.state() == DatabaseState::Deleting {
            return Ok(super::done(false));
        }
        self.verify(&found, resource_id, verified_snapshot, "rds:DeleteDBInstance").await?;
        let request = self.clients.rds.delete_db_instance().db_instance_identifier(identifier);
        let request = request.skip_final_snapshot(true).delete_automated_backups(true);
        super::gone_is_done(self.caller.call("rds:DeleteDBInstance", || request.clone().send()).await)
    }

    /// Gives this very instance another name. One that has it already is done; another instance of that name is in the way.
    pub(super) async fn rename_database(
        &self,
        key: &ResourceKey,
        identifier: &str,
        resource_id: &str,
        new_identifier: &str,
    ) -> Result<Receipt, CloudError> {
        let operation = "rds:ModifyDBInstance";
        if let Some(there) = self.database(new_identifier).await? {
            if there.resource_id == resource_id {
                return Ok(Receipt { facts: there.facts(key), changed: false });
            }
            let message = format!("a database {new_identifier} exists already");
            return Err(own_error(CloudErrorKind::Conflict, operation, message));
        }
        let found = self.our_database(operation, identifier).await?;
        if found.resource_id != resource_id {
            let message = format!("{identifier} is another instance than the one looked at: left alone");
            return Err(own_error(CloudErrorKind::Unsafe, operation, message));
        }
        if found.status == "renaming" {
            return Ok(super::done(false));
        }
        let request = self.clients.rds.modify_db_instance().db_instance_identifier(identifier);
        let request = request.new_db_instance_identifier(new_identifier).apply_immediately(true);
        self.caller.call(operation, || request.clone().send()).await?;
        Ok(super::done(true))
    }

    /// Refuses while one of these services wants, starts or runs a task: the snapshot may be older than their writes.
    pub(super) async fn must_be_quiet(&self, services: &[ServiceName]) -> Result<(), CloudError> {
        for ServiceName { cluster, service_name } in services {
            let found = self.service(cluster, service_name).await?;
            if found.is_some_and(|live| !live.is_quiet()) {
                return Err(own_error(
                    CloudErrorKind::Unsafe,
                    "rds:DeleteDBInstance",
                    LiveService::woken(service_name),
                ));
            }
        }
        Ok(())
    }

    /// Holds the snapshot against the database: data is never lost (rule 1 of the design).
    async fn verify(
        &self,
        database: &LiveDatabase,
        resource_id: &str,
        snapshot: &str,
        operation: &str,
    ) -> Result<(), CloudError> {
        let found = if snapshot.is_empty() { None } else { self.snapshot(snapshot).await? };
        match unfit(database, resource_id, found.as_ref()) {
            None => Ok(()),
            Some(why) => {
                let name = &database.identifier;
                let message = format!("database {name} was left as it is: snapshot `{snapshot}` {why}");
                Err(own_error(CloudErrorKind::Unsafe, operation, message))
            }
        }
    }

    pub(super) async fn create_snapshot(
        &self,
        key: &ResourceKey,
        database: &str,
        snapshot: &str,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let request = self.clients.rds.create_db_snapshot().db_instance_identifier(database);
        let request = request.db_snapshot_identifier(snapshot).set_tags(Some(rds_tags(tags)));
        let made = self.caller.call("rds:CreateDBSnapshot", || request.clone().send()).await;
        let changed = match made {
            Ok(_) => true,
            Err(error) if error.kind == CloudErrorKind::Conflict => {
                let found = self.snapshot(snapshot).await?.ok_or(error)?;
                self.require_ours("rds:CreateDBSnapshot", CloudErrorKind::Conflict, snapshot, &found.tags)?;
                if found.database != database {
                    let message = format!("snapshot {snapshot} exists and is of {}", found.database);
                    return Err(own_error(CloudErrorKind::Conflict, "rds:CreateDBSnapshot", message));
                }
                false
            }
            Err(error) => return Err(error),
        };
        if key.kind == ResourceKind::Snapshot {
            return Ok(super::receipt(key, &[("name", snapshot)], changed));
        }
        Ok(super::receipt(key, &[("snapshot", snapshot)], changed))
    }

    pub(super) async fn delete_snapshot(&self, snapshot: &str) -> Result<Receipt, CloudError> {
        let Some(found) = self.snapshot(snapshot).await? else { return Ok(super::done(false)) };
        self.require_ours("rds:DeleteDBSnapshot", CloudErrorKind::Unsafe, snapshot, &found.tags)?;
        let request = self.clients.rds.delete_db_snapshot().db_snapshot_identifier(snapshot);
        super::gone_is_done(self.caller.call("rds:DeleteDBSnapshot", || request.clone().send()).await)
    }
}

/// Why this snapshot does not stand for this database; `None`: it does.
fn unfit(database: &LiveDatabase, resource_id: &str, snapshot: Option<&LiveSnapshot>) -> Option<String> {
    let Some(snapshot) = snapshot else { return Some("is not there".to_owned()) };
    let other_instance = snapshot.database_resource_id.as_deref().is_some_and(|id| id != database.resource_id);
    if database.resource_id != resource_id {
        Some(format!("was taken of instance {resource_id}, and this is {}", database.resource_id))
    } else if !snapshot.is_available() {
        Some(format!("is `{}`", snapshot.status))
    } else if snapshot.database != database.identifier || other_instance {
        Some("is of another database".to_owned())
    } else if snapshot.encrypted != database.encrypted {
        Some("is not encrypted as the database is".to_owned())
    } else if snapshot.storage_gib != database.storage_gib {
        Some(format!("holds {} GiB, the database {} GiB", snapshot.storage_gib, database.storage_gib))
    } else {
        None
    }
}
