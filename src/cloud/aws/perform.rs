//! From an action to the file of its service.

use super::AwsCloud;
use super::backup::Restore;
use crate::cloud::CloudError;
use crate::model::{Action, Receipt, Token};

impl AwsCloud {
    pub(super) async fn carry_out(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        match action {
            Action::CreateDatabase { key, spec, security_groups, secret_arn, tags } => {
                self.create_database(key, spec, security_groups, secret_arn, tags).await
            }
            Action::RestoreDatabase { key, snapshot, spec, security_groups, tags } => {
                self.restore_database(key, snapshot, spec, security_groups, tags).await
            }
            Action::StartDatabase { key, identifier } => self.start_database(key, identifier).await,
            Action::StopDatabase { identifier, resource_id, verified_snapshot, .. } => {
                self.stop_database(identifier, resource_id, verified_snapshot).await
            }
            Action::ModifyDatabase { identifier, changes, .. } => self.modify_database(identifier, changes).await,
            Action::SetMasterPassword { identifier, secret_arn, .. } => {
                self.set_master_password(identifier, secret_arn).await
            }
            Action::RenameDatabase { key, identifier, resource_id, new_identifier, quiet } => {
                self.must_be_quiet(quiet).await?;
                self.rename_database(key, identifier, resource_id, new_identifier).await
            }
            Action::DeleteDatabase { identifier, resource_id, verified_snapshot, quiet, .. } => {
                self.must_be_quiet(quiet).await?;
                self.delete_database(identifier, resource_id, verified_snapshot).await
            }
            Action::CreateSnapshot { key, database, snapshot, tags } => {
                self.create_snapshot(key, database, snapshot, tags).await
            }
            Action::DeleteSnapshot { snapshot, .. } => self.delete_snapshot(snapshot).await,
            Action::CreateSecret { key, secret_name, tags } => self.create_secret(key, secret_name, tags).await,
            Action::RestoreSecret { key, secret_arn } => self.restore_secret(key, secret_arn).await,
            Action::DeleteSecret { secret_arn, .. } => self.delete_secret(secret_arn).await,
            Action::Tag { arn, tags, remove, .. } => self.tag(arn, tags, remove).await,
            other => self.carry_out_for_service(other, token).await,
        }
    }

    async fn carry_out_for_service(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        match action {
            Action::CreateTargetGroup { key, spec, vpc, tags } => self.create_target_group(key, spec, vpc, tags).await,
            Action::ModifyTargetGroup { arn, spec, .. } => self.modify_target_group(arn, spec).await,
            Action::DeleteTargetGroup { arn, .. } => self.delete_target_group(arn).await,
            Action::CreateRule { key, listener_arn, priority, conditions, actions, tags } => {
                self.create_rule(key, listener_arn, *priority, (conditions, actions), tags).await
            }
            Action::ModifyRule { arn, conditions, actions, .. } => self.modify_rule(arn, conditions, actions).await,
            Action::SetRulePriority { arn, priority, .. } => self.set_rule_priority(arn, *priority).await,
            Action::DeleteRule { arn, .. } => self.delete_rule(arn).await,
            Action::RegisterTaskDefinition { key, family, document, tags } => {
                self.register_task_definition(key, family, document, tags).await
            }
            Action::DeleteTaskDefinitions { family, .. } => self.delete_task_definitions(family).await,
            Action::CreateService { key, settings, task_definition, desired_count, tags } => {
                self.create_service(key, settings, task_definition, *desired_count, tags, token).await
            }
            Action::UpdateService { key, cluster, service_name, update } => {
                self.update_service(key, cluster, service_name, update).await
            }
            Action::DeleteService { cluster, service_name, .. } => self.delete_service(cluster, service_name).await,
            Action::RunTask { key, run } => self.run_task(key, run, token).await,
            Action::RegisterScalableTarget { resource_id, min, max, suspended, tags, .. } => {
                self.register_scalable_target((*min, *max), *suspended, resource_id, tags).await
            }
            Action::PutScalingPolicy { resource_id, policy, .. } => self.put_scaling_policy(resource_id, policy).await,
            Action::DeleteScalingPolicy { resource_id, policy_name, .. } => {
                self.delete_scaling_policy(resource_id, policy_name).await
            }
            Action::DeregisterScalableTarget { resource_id, .. } => self.deregister_scalable_target(resource_id).await,
            Action::CreateBackupVault { vault, tags, .. } => self.create_backup_vault(vault, tags).await,
            Action::DeleteBackupVault { vault, .. } => self.delete_backup_vault(vault).await,
            Action::StartBackup { key, vault, file_system_arn, role, tags } => {
                self.start_backup(key, vault, file_system_arn, role, tags, token).await
            }
            Action::DeleteRecoveryPoint { vault, recovery_point, .. } => {
                self.delete_recovery_point(vault, recovery_point).await
            }
            Action::StartRestore { key, recovery_point, file_system_id, path, encrypted, role, intent } => {
                let path = path.as_deref();
                let wanted = Restore { recovery_point, file_system_id, path, encrypted: *encrypted, role, intent };
                self.start_restore(key, &wanted).await
            }
            other => self.carry_out_for_storage(other).await,
        }
    }

    async fn carry_out_for_storage(&self, action: &Action) -> Result<Receipt, CloudError> {
        match action {
            Action::CreateLogGroup { key, log_group_name, retention_days, tags } => {
                self.create_log_group(key, log_group_name, *retention_days, tags).await
            }
            Action::SetLogRetention { log_group_name, retention_days, .. } => {
                self.change_log_retention(log_group_name, *retention_days).await
            }
            Action::DeleteLogGroup { log_group_name, .. } => self.delete_log_group(log_group_name).await,
            Action::CreateFileSystem { key, file_system_name, encrypted, throughput, tags } => {
                self.create_file_system(key, file_system_name, *encrypted, *throughput, tags).await
            }
            Action::SetThroughput { file_system_id, throughput, .. } => {
                self.set_throughput(file_system_id, *throughput).await
            }
            Action::DeleteFileSystem { file_system_id, verified_recovery_point, .. } => {
                self.delete_file_system(file_system_id, verified_recovery_point.as_ref()).await
            }
            Action::CreateMountTarget { key, file_system_id, subnet, security_groups } => {
                self.create_mount_target(key, file_system_id, subnet, security_groups).await
            }
            Action::DeleteMountTarget { mount_target_id, .. } => self.delete_mount_target(mount_target_id).await,
            Action::CreateAccessPoint { key, file_system_id, spec, tags } => {
                self.create_access_point(key, file_system_id, spec, tags).await
            }
            Action::DeleteAccessPoint { access_point_id, .. } => self.delete_access_point(access_point_id).await,
            Action::PutAlarm { key, spec, actions_enabled, tags } => {
                self.put_alarm(key, spec, *actions_enabled, tags).await
            }
            Action::SetAlarmActions { alarm_name, enabled, .. } => self.set_alarm_actions(alarm_name, *enabled).await,
            Action::DeleteAlarm { alarm_name, .. } => self.delete_alarm(alarm_name).await,
            Action::PutDashboard { spec, mark, .. } => self.put_dashboard(spec, mark).await,
            Action::DeleteDashboard { dashboard_name, mark, .. } => self.delete_dashboard(dashboard_name, mark).await,
            // The three functions of this file name every variant between them: the match of `Action::key` is what
            // the compiler holds complete.
            other => {
                let message = format!("no AWS call for {}", other.key());
                Err(super::error::own_error(crate::cloud::CloudErrorKind::Refused, "perform", message))
            }
        }
    }
}
