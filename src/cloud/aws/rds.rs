//! RDS, writing instances. Everything that a restore loses is passed explicitly, or changed right after it
//! (`aws.md` 2.4).

use aws_sdk_rds::types::Tag;

use super::AwsCloud;
use super::answer::number;
use super::error::own_error;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{DatabaseChanges, DatabaseSpec, Engine, LiveDatabase, Receipt, ResourceKey, Tags};

impl AwsCloud {
    pub(super) async fn create_database(
        &self,
        key: &ResourceKey,
        spec: &DatabaseSpec,
        security_groups: &[String],
        secret_arn: &str,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        if let Some(receipt) = self.adopt_database(key, &spec.identifier).await? {
            return Ok(receipt);
        }
        let password = self.password_in(secret_arn).await?;
        let request = self
            .clients
            .rds
            .create_db_instance()
            .db_instance_identifier(&spec.identifier)
            .db_instance_class(&spec.class)
            .engine(spec.engine.as_str())
            .set_engine_version(spec.engine_version.clone())
            .set_db_name(spec.database_name.clone())
            .master_username(&spec.username)
            .master_user_password(password.reveal())
            .port(i32::from(spec.port))
            .allocated_storage(number(spec.storage_gib))
            .set_max_allocated_storage(spec.max_storage_gib.map(number))
            .storage_type(&spec.storage_type)
            .set_iops(spec.iops.map(number))
            .set_storage_throughput(spec.storage_throughput.map(number))
            .storage_encrypted(spec.encrypted)
            .set_kms_key_id(spec.kms_key.clone())
            .multi_az(spec.multi_az)
            .publicly_accessible(spec.publicly_accessible)
            .set_db_subnet_group_name(spec.subnet_group.clone())
            .set_vpc_security_group_ids(some(security_groups))
            .set_db_parameter_group_name(spec.parameter_group.clone())
            .backup_retention_period(number(spec.backup_retention_days))
            .deletion_protection(spec.deletion_protection)
            .auto_minor_version_upgrade(spec.auto_minor_version_upgrade)
            .set_engine_lifecycle_support(lifecycle(spec))
            .set_enable_performance_insights(spec.performance_insights)
            .copy_tags_to_snapshot(false)
            .set_tags(Some(rds_tags(tags)));
        match self.caller.call("rds:CreateDBInstance", || request.clone().send()).await {
            Ok(_) => self.database_receipt(key, &spec.identifier, true).await,
            Err(error) => self.adopt_after(error, key, &spec.identifier).await,
        }
    }

    pub(super) async fn restore_database(
        &self,
        key: &ResourceKey,
        snapshot: &str,
        spec: &DatabaseSpec,
        security_groups: &[String],
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        if let Some(receipt) = self.adopt_database(key, &spec.identifier).await? {
            return Ok(receipt);
        }
        let request = self
            .clients
            .rds
            .restore_db_instance_from_db_snapshot()
            .db_instance_identifier(&spec.identifier)
            .db_snapshot_identifier(snapshot)
            .db_instance_class(&spec.class)
            .port(i32::from(spec.port))
            .storage_type(&spec.storage_type)
            .set_iops(spec.iops.map(number))
            .set_storage_throughput(spec.storage_throughput.map(number))
            .multi_az(spec.multi_az)
            .publicly_accessible(spec.publicly_accessible)
            .set_db_subnet_group_name(spec.subnet_group.clone())
            .set_vpc_security_group_ids(some(security_groups))
            .set_db_parameter_group_name(spec.parameter_group.clone())
            .backup_retention_period(number(spec.backup_retention_days))
            .deletion_protection(spec.deletion_protection)
            .auto_minor_version_upgrade(spec.auto_minor_version_upgrade)
            .set_engine_lifecycle_support(lifecycle(spec))
            .copy_tags_to_snapshot(false)
            // Without any, the snapshot's own would be copied.
            .set_tags(Some(rds_tags(tags)));
        match self.caller.call("rds:RestoreDBInstanceFromDBSnapshot", || request.clone().send()).await {
            Ok(_) => {
                self.give_tags(&spec.identifier, tags).await?;
                self.database_receipt(key, &spec.identifier, true).await
            }
            Err(error) => self.adopt_after(error, key, &spec.identifier).await,
        }
    }

    /// Makes sure that a restored instance carries its tags: without them nobody could ever delete it again.
    async fn give_tags(&self, identifier: &str, tags: &Tags) -> Result<(), CloudError> {
        match self.database(identifier).await? {
            Some(database) if !tags.iter().all(|(key, value)| database.tags.get(key) == Some(value)) => {
                self.tag(&database.arn, tags, &[]).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    async fn adopt_database(&self, key: &ResourceKey, identifier: &str) -> Result<Option<Receipt>, CloudError> {
        let Some(found) = self.database(identifier).await? else { return Ok(None) };
        self.require_ours("rds:DescribeDBInstances", CloudErrorKind::Conflict, identifier, &found.tags)?;
        Ok(Some(Receipt { facts: found.facts(key), changed: false }))
    }

    async fn adopt_after(&self, error: CloudError, key: &ResourceKey, name: &str) -> Result<Receipt, CloudError> {
        if error.kind != CloudErrorKind::Conflict {
            return Err(error);
        }
        self.adopt_database(key, name).await?.ok_or(error)
    }

    async fn database_receipt(&self, key: &ResourceKey, name: &str, changed: bool) -> Result<Receipt, CloudError> {
        let facts = self.database(name).await?.map(|database| database.facts(key)).unwrap_or_default();
        Ok(Receipt { facts, changed })
    }

    /// The instance, which must be there and ours.
    ///
    /// # Errors
    /// [`CloudErrorKind::NotFound`] and [`CloudErrorKind::Unsafe`].
    pub(super) async fn our_database(&self, operation: &str, identifier: &str) -> Result<LiveDatabase, CloudError> {
        let found = self.database(identifier).await?.ok_or_else(|| {
            own_error(CloudErrorKind::NotFound, operation, format!("database {identifier} is not there"))
        })?;
        self.require_ours(operation, CloudErrorKind::Unsafe, identifier, &found.tags)?;
        Ok(found)
    }

    pub(super) async fn start_database(&self, key: &ResourceKey, identifier: &str) -> Result<Receipt, CloudError> {
        let found = self.our_database("rds:StartDBInstance", identifier).await?;
        if found.status != "stopped" && found.status != "stopping" {
            return Ok(Receipt { facts: found.facts(key), changed: false });
        }
        let request = self.clients.rds.start_db_instance().db_instance_identifier(identifier);
        self.caller.call("rds:StartDBInstance", || request.clone().send()).await?;
        Ok(Receipt { facts: found.facts(key), changed: true })
    }

    pub(super) async fn modify_database(
        &self,
        identifier: &str,
        changes: &DatabaseChanges,
    ) -> Result<Receipt, CloudError> {
        let found = self.our_database("rds:ModifyDBInstance", identifier).await?;
        let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
        let upgrades =
            changes.engine_version.as_deref().is_some_and(|wanted| major(wanted) != major(&found.engine_version));
        let request = self
            .clients
            .rds
            .modify_db_instance()
            .db_instance_identifier(identifier)
            .apply_immediately(true)
            .set_engine_version(changes.engine_version.clone())
            .set_allow_major_version_upgrade(upgrades.then_some(true))
            .set_db_instance_class(changes.class.clone())
            .set_allocated_storage(changes.storage_gib.map(number))
            .set_storage_type(changes.storage_type.clone())
            .set_iops(changes.iops.map(number))
            .set_storage_throughput(changes.storage_throughput.map(number))
            .set_max_allocated_storage(changes.max_storage_gib.map(number))
            .set_multi_az(changes.multi_az)
            .set_publicly_accessible(changes.publicly_accessible)
            .set_vpc_security_group_ids(changes.security_groups.clone())
            .set_db_parameter_group_name(changes.parameter_group.clone())
            .set_backup_retention_period(changes.backup_retention_days.map(number))
            .set_deletion_protection(changes.deletion_protection)
            .set_auto_minor_version_upgrade(changes.auto_minor_version_upgrade)
            .set_enable_performance_insights(changes.performance_insights)
            .set_monitoring_interval(changes.monitoring_seconds.map(number))
            .set_enable_iam_database_authentication(changes.iam_authentication)
            .set_copy_tags_to_snapshot(changes.copy_tags_to_snapshot)
            .set_db_port_number(changes.port.map(i32::from));
        self.caller.call("rds:ModifyDBInstance", || request.clone().send()).await?;
        Ok(super::done(true))
    }

    pub(super) async fn set_master_password(&self, identifier: &str, secret_arn: &str) -> Result<Receipt, CloudError> {
        self.our_database("rds:ModifyDBInstance", identifier).await?;
        let password = self.password_in(secret_arn).await?;
        let request = self.clients.rds.modify_db_instance().db_instance_identifier(identifier);
        let request = request.master_user_password(password.reveal()).apply_immediately(true);
        self.caller.call("rds:ModifyDBInstance", || request.clone().send()).await?;
        Ok(super::done(true))
    }
}

fn some(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

/// Said always: the default enrols in Extended Support, and in its price (`aws.md` 2.4). MariaDB knows none.
fn lifecycle(spec: &DatabaseSpec) -> Option<String> {
    let word = match (spec.engine, spec.extended_support) {
        (Engine::Mariadb, _) => return None,
        (Engine::Postgres | Engine::Mysql, true) => "open-source-rds-extended-support",
        (Engine::Postgres | Engine::Mysql, false) => "open-source-rds-extended-support-disabled",
    };
    Some(word.to_owned())
}

pub(super) fn rds_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
