//! Sends each action to the file that knows its rules.

use super::rule::NewRule;
use super::trouble::{Outcome, Trouble};
use super::world::World;
use crate::model::{Action, Token, late_names_in};

/// The API operation that an action is.
pub(super) fn operation(action: &Action) -> &'static str {
    match action {
        Action::CreateDatabase { .. } => "rds:CreateDBInstance",
        Action::RestoreDatabase { .. } => "rds:RestoreDBInstanceFromDBSnapshot",
        Action::StartDatabase { .. } => "rds:StartDBInstance",
        Action::StopDatabase { .. } => "rds:StopDBInstance",
        Action::ModifyDatabase { .. } | Action::SetMasterPassword { .. } | Action::RenameDatabase { .. } => {
            "rds:ModifyDBInstance"
        }
        Action::DeleteDatabase { .. } => "rds:DeleteDBInstance",
        Action::CreateSnapshot { .. } => "rds:CreateDBSnapshot",
        Action::DeleteSnapshot { .. } => "rds:DeleteDBSnapshot",
        Action::CreateSecret { .. } => "secretsmanager:CreateSecret",
        Action::RestoreSecret { .. } => "secretsmanager:RestoreSecret",
        Action::DeleteSecret { .. } => "secretsmanager:DeleteSecret",
        Action::CreateLogGroup { .. } => "logs:CreateLogGroup",
        Action::SetLogRetention { .. } => "logs:PutRetentionPolicy",
        Action::DeleteLogGroup { .. } => "logs:DeleteLogGroup",
        Action::CreateFileSystem { .. } => "elasticfilesystem:CreateFileSystem",
        Action::SetThroughput { .. } => "elasticfilesystem:UpdateFileSystem",
        Action::DeleteFileSystem { .. } => "elasticfilesystem:DeleteFileSystem",
        Action::CreateMountTarget { .. } => "elasticfilesystem:CreateMountTarget",
        Action::DeleteMountTarget { .. } => "elasticfilesystem:DeleteMountTarget",
        Action::CreateAccessPoint { .. } => "elasticfilesystem:CreateAccessPoint",
        Action::DeleteAccessPoint { .. } => "elasticfilesystem:DeleteAccessPoint",
        Action::CreateBackupVault { .. } => "backup:CreateBackupVault",
        Action::DeleteBackupVault { .. } => "backup:DeleteBackupVault",
        Action::StartBackup { .. } => "backup:StartBackupJob",
        Action::DeleteRecoveryPoint { .. } => "backup:DeleteRecoveryPoint",
        Action::StartRestore { .. } => "backup:StartRestoreJob",
        Action::CreateTargetGroup { .. } => "elasticloadbalancing:CreateTargetGroup",
        Action::ModifyTargetGroup { .. } => "elasticloadbalancing:ModifyTargetGroup",
        Action::DeleteTargetGroup { .. } => "elasticloadbalancing:DeleteTargetGroup",
        Action::CreateRule { .. } => "elasticloadbalancing:CreateRule",
        Action::ModifyRule { .. } => "elasticloadbalancing:ModifyRule",
        Action::SetRulePriority { .. } => "elasticloadbalancing:SetRulePriorities",
        Action::DeleteRule { .. } => "elasticloadbalancing:DeleteRule",
        Action::RegisterTaskDefinition { .. } => "ecs:RegisterTaskDefinition",
        Action::DeleteTaskDefinitions { .. } => "ecs:DeleteTaskDefinitions",
        Action::CreateService { .. } => "ecs:CreateService",
        Action::UpdateService { .. } => "ecs:UpdateService",
        Action::DeleteService { .. } => "ecs:DeleteService",
        Action::RunTask { .. } => "ecs:RunTask",
        Action::RegisterScalableTarget { .. } => "application-autoscaling:RegisterScalableTarget",
        Action::PutScalingPolicy { .. } => "application-autoscaling:PutScalingPolicy",
        Action::DeleteScalingPolicy { .. } => "application-autoscaling:DeleteScalingPolicy",
        Action::DeregisterScalableTarget { .. } => "application-autoscaling:DeregisterScalableTarget",
        Action::PutAlarm { .. } => "cloudwatch:PutMetricAlarm",
        Action::SetAlarmActions { enabled: true, .. } => "cloudwatch:EnableAlarmActions",
        Action::SetAlarmActions { enabled: false, .. } => "cloudwatch:DisableAlarmActions",
        Action::DeleteAlarm { .. } => "cloudwatch:DeleteAlarms",
        Action::PutDashboard { .. } => "cloudwatch:PutDashboard",
        Action::DeleteDashboard { .. } => "cloudwatch:DeleteDashboards",
        Action::Tag { .. } => "tag:TagResources",
    }
}

impl World {
    /// Performs one action at the world's present time, unless it still holds a late value: AWS would take the mark
    /// for a name.
    pub(super) fn perform_resolved(&mut self, action: &Action, token: &Token) -> Outcome {
        let operation = operation(action);
        if let Some(code) = self.behaviours.refused.get(operation) {
            let message = format!("{operation} is refused");
            // A lack of capacity passes, as on AWS.
            let passes = code == "InsufficientDBInstanceCapacity";
            return Err(if passes { Trouble::busy(code, message) } else { Trouble::refused(code, message) });
        }
        let unresolved = serde_json::to_value(action).map(|value| late_names_in(&value)).unwrap_or_default();
        if !unresolved.is_empty() {
            return Err(Trouble::refused("ValidationException", format!("not resolved: {}", unresolved.join(", "))));
        }
        self.perform(action, token)
    }

    fn perform(&mut self, action: &Action, token: &Token) -> Outcome {
        let token = &format!("{}/{}", token.run, token.step);
        match action {
            Action::CreateDatabase { .. }
            | Action::RestoreDatabase { .. }
            | Action::StartDatabase { .. }
            | Action::StopDatabase { .. }
            | Action::ModifyDatabase { .. }
            | Action::SetMasterPassword { .. }
            | Action::RenameDatabase { .. }
            | Action::DeleteDatabase { .. }
            | Action::CreateSnapshot { .. }
            | Action::DeleteSnapshot { .. } => self.perform_on_databases(action, token),
            Action::CreateTargetGroup { .. }
            | Action::ModifyTargetGroup { .. }
            | Action::DeleteTargetGroup { .. }
            | Action::CreateRule { .. }
            | Action::ModifyRule { .. }
            | Action::SetRulePriority { .. }
            | Action::DeleteRule { .. } => self.perform_on_load_balancers(action, token),
            Action::RegisterTaskDefinition { .. }
            | Action::DeleteTaskDefinitions { .. }
            | Action::CreateService { .. }
            | Action::UpdateService { .. }
            | Action::DeleteService { .. }
            | Action::RunTask { .. }
            | Action::RegisterScalableTarget { .. }
            | Action::PutScalingPolicy { .. }
            | Action::DeleteScalingPolicy { .. }
            | Action::DeregisterScalableTarget { .. } => self.perform_on_services(action, token),
            Action::CreateBackupVault { .. }
            | Action::DeleteBackupVault { .. }
            | Action::StartBackup { .. }
            | Action::DeleteRecoveryPoint { .. }
            | Action::StartRestore { .. } => self.perform_on_backups(action, token),
            _ => self.perform_on_storage(action, token),
        }
    }

    fn perform_on_backups(&mut self, action: &Action, token: &str) -> Outcome {
        match action {
            Action::CreateBackupVault { vault, tags, .. } => self.create_backup_vault(vault, tags),
            Action::DeleteBackupVault { vault, .. } => self.delete_backup_vault(vault),
            Action::StartBackup { key, vault, file_system_arn, role, tags } => {
                self.start_backup(key, vault, file_system_arn, role, tags, token)
            }
            Action::DeleteRecoveryPoint { vault, recovery_point, .. } => {
                self.delete_recovery_point(vault, recovery_point)
            }
            Action::StartRestore { key, recovery_point, file_system_id, path, role, intent, .. } => {
                self.start_restore(key, recovery_point, file_system_id, path.as_deref(), role, intent)
            }
            _ => super::trouble::unchanged(),
        }
    }

    fn perform_on_databases(&mut self, action: &Action, token: &str) -> Outcome {
        match action {
            Action::CreateDatabase { key, spec, security_groups, secret_arn, tags } => {
                self.create_database(key, spec, security_groups, secret_arn, tags, token)
            }
            Action::RestoreDatabase { key, snapshot, spec, security_groups, tags } => {
                self.restore_database(key, snapshot, spec, security_groups, tags, token)
            }
            Action::StartDatabase { identifier, .. } => self.start_database(identifier),
            Action::StopDatabase { identifier, resource_id, verified_snapshot, .. } => {
                self.stop_database(identifier, resource_id, verified_snapshot)
            }
            Action::ModifyDatabase { identifier, changes, .. } => self.modify_database(identifier, changes),
            Action::SetMasterPassword { identifier, secret_arn, .. } => {
                self.set_master_password(identifier, secret_arn)
            }
            Action::RenameDatabase { key, identifier, resource_id, new_identifier, quiet } => {
                self.must_be_quiet(quiet)?;
                self.rename_database(key, identifier, resource_id, new_identifier)
            }
            Action::DeleteDatabase { identifier, resource_id, verified_snapshot, quiet, .. } => {
                self.must_be_quiet(quiet)?;
                self.delete_database(identifier, resource_id, verified_snapshot)
            }
            Action::CreateSnapshot { database, snapshot, tags, .. } => self.create_snapshot(database, snapshot, tags),
            Action::DeleteSnapshot { snapshot, .. } => self.delete_snapshot(snapshot),
            _ => super::trouble::unchanged(),
        }
    }

    fn perform_on_load_balancers(&mut self, action: &Action, token: &str) -> Outcome {
        match action {
            Action::CreateTargetGroup { key, spec, vpc, tags } => self.create_target_group(key, spec, vpc, tags),
            Action::ModifyTargetGroup { arn, spec, .. } => self.modify_target_group(arn, spec),
            Action::DeleteTargetGroup { arn, .. } => self.delete_target_group(arn),
            Action::CreateRule { key, listener_arn, priority, conditions, actions, tags } => {
                let new = NewRule { listener_arn, priority: *priority, conditions, actions, tags };
                self.create_rule(key, &new, token)
            }
            Action::ModifyRule { arn, conditions, actions, .. } => self.modify_rule(arn, conditions, actions),
            Action::SetRulePriority { arn, priority, .. } => self.set_rule_priority(arn, *priority),
            Action::DeleteRule { arn, .. } => self.delete_rule(arn),
            _ => super::trouble::unchanged(),
        }
    }

    fn perform_on_services(&mut self, action: &Action, token: &str) -> Outcome {
        match action {
            Action::RegisterTaskDefinition { key, family, document, tags } => {
                self.register_task_definition(key, family, document, tags)
            }
            Action::DeleteTaskDefinitions { family, .. } => self.delete_task_definitions(family),
            Action::CreateService { key, settings, task_definition, desired_count, tags } => {
                self.create_service(key, settings, task_definition, *desired_count, tags, token)
            }
            Action::UpdateService { key, cluster, service_name, update } => {
                self.update_service(key, cluster, service_name, update, token)
            }
            Action::DeleteService { cluster, service_name, .. } => self.delete_service(cluster, service_name),
            Action::RunTask { key, run } => self.run_task(key, run, token),
            Action::RegisterScalableTarget { resource_id, min, max, suspended, tags, .. } => {
                self.register_scalable_target(resource_id, *min, *max, *suspended, tags)
            }
            Action::PutScalingPolicy { resource_id, policy, .. } => self.put_scaling_policy(resource_id, policy),
            Action::DeleteScalingPolicy { resource_id, policy_name, .. } => {
                self.delete_scaling_policy(resource_id, policy_name)
            }
            Action::DeregisterScalableTarget { resource_id, .. } => self.deregister_scalable_target(resource_id),
            _ => super::trouble::unchanged(),
        }
    }

    fn perform_on_storage(&mut self, action: &Action, token: &str) -> Outcome {
        match action {
            Action::CreateSecret { key, secret_name, tags } => self.create_secret(key, secret_name, tags),
            Action::RestoreSecret { key, secret_arn } => self.restore_secret(key, secret_arn),
            Action::DeleteSecret { secret_arn, .. } => self.delete_secret(secret_arn),
            Action::CreateLogGroup { key, log_group_name, retention_days, tags } => {
                self.create_log_group(key, log_group_name, *retention_days, tags)
            }
            Action::SetLogRetention { log_group_name, retention_days, .. } => {
                self.set_log_retention(log_group_name, *retention_days)
            }
            Action::DeleteLogGroup { log_group_name, .. } => self.delete_log_group(log_group_name),
            Action::CreateFileSystem { key, file_system_name, encrypted, throughput, tags } => {
                self.create_file_system(key, file_system_name, *encrypted, *throughput, tags)
            }
            Action::SetThroughput { file_system_id, throughput, .. } => {
                self.set_throughput(file_system_id, *throughput)
            }
            Action::DeleteFileSystem { file_system_id, verified_recovery_point, .. } => {
                self.delete_file_system(file_system_id, verified_recovery_point.as_ref())
            }
            Action::CreateMountTarget { file_system_id, subnet, security_groups, .. } => {
                self.create_mount_target(file_system_id, subnet, security_groups)
            }
            Action::DeleteMountTarget { mount_target_id, .. } => self.delete_mount_target(mount_target_id),
            Action::CreateAccessPoint { key, file_system_id, spec, tags } => {
                self.create_access_point(key, file_system_id, spec, tags, token)
            }
            Action::DeleteAccessPoint { access_point_id, .. } => self.delete_access_point(access_point_id),
            Action::PutAlarm { key, spec, actions_enabled, tags } => self.put_alarm(key, spec, *actions_enabled, tags),
            Action::SetAlarmActions { alarm_name, enabled, .. } => self.set_alarm_actions(alarm_name, *enabled),
            Action::DeleteAlarm { alarm_name, .. } => self.delete_alarm(alarm_name),
            Action::PutDashboard { spec, mark, .. } => self.put_dashboard(spec, mark),
            Action::DeleteDashboard { dashboard_name, mark, .. } => self.delete_dashboard(dashboard_name, mark),
            Action::Tag { arn, tags, remove, .. } => self.tag(arn, tags, remove),
            _ => super::trouble::unchanged(),
        }
    }
}
