//! EFS, writing. Names that EFS does not make unique are made so by deterministic tokens, so that a second run finds
//! what the first one made.

use aws_sdk_efs::types as efs;

use super::AwsCloud;
use super::error::own_error;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{
    AccessPointSpec, LiveAccessPoint, LiveFileSystem, Receipt, ResourceKey, TAG_RESOURCE, Tags, Throughput,
};

impl AwsCloud {
    pub(super) async fn create_file_system(
        &self,
        key: &ResourceKey,
        name: &str,
        encrypted: bool,
        throughput: Throughput,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let (mode, provisioned) = mode_of(throughput);
        let request = self.clients.efs.create_file_system().creation_token(name).encrypted(encrypted);
        let request = request.throughput_mode(mode).set_provisioned_throughput_in_mibps(provisioned);
        let request = request.set_tags(Some(efs_tags(&named(tags, name))));
        // Looked for first: not every server refuses a token that was used before.
        let found = self.file_system_by_token(name).await?;
        let (system, changed) = match found {
            Some(found) => (found, false),
            None => match self.caller.call("elasticfilesystem:CreateFileSystem", || request.clone().send()).await {
                Ok(_) => (self.file_system_by_token(name).await?.ok_or_else(|| gone(name))?, true),
                Err(error) if error.kind == CloudErrorKind::Conflict => {
                    (self.file_system_by_token(name).await?.ok_or(error)?, false)
                }
                Err(error) => return Err(error),
            },
        };
        self.require_ours("elasticfilesystem:CreateFileSystem", CloudErrorKind::Conflict, name, &system.tags)?;
        Ok(super::receipt(key, &[("id", &system.id), ("arn", &system.arn)], changed))
    }

    /// Whether this file system may be changed is for the planner: a borrowed one may when the spec says so.
    pub(super) async fn set_throughput(&self, id: &str, throughput: Throughput) -> Result<Receipt, CloudError> {
        let found = self.file_system(id).await?.ok_or_else(|| gone(id))?;
        if found.throughput == throughput {
            return Ok(super::done(false));
        }
        let (mode, provisioned) = mode_of(throughput);
        let request = self.clients.efs.update_file_system().file_system_id(id).throughput_mode(mode);
        let request = request.set_provisioned_throughput_in_mibps(provisioned);
        self.caller.call("elasticfilesystem:UpdateFileSystem", || request.clone().send()).await?;
        Ok(super::done(true))
    }

    /// `kept`: the recovery point that must hold the files; `None`: they are to go.
    pub(super) async fn delete_file_system(
        &self,
        id: &str,
        kept: Option<&(String, String)>,
    ) -> Result<Receipt, CloudError> {
        let Some(found) = self.file_system(id).await?.filter(|found| !leaving(&found.state)) else {
            return Ok(super::done(false));
        };
        self.require_ours("elasticfilesystem:DeleteFileSystem", CloudErrorKind::Unsafe, id, &found.tags)?;
        if let Some(kept) = kept {
            self.must_hold_files(&found.arn, kept).await?;
        }
        let request = self.clients.efs.delete_file_system().file_system_id(id);
        super::gone_is_done(self.caller.call("elasticfilesystem:DeleteFileSystem", || request.clone().send()).await)
    }

    pub(super) async fn create_mount_target(
        &self,
        key: &ResourceKey,
        file_system: &str,
        subnet: &str,
        security_groups: &[String],
    ) -> Result<Receipt, CloudError> {
        self.our_file_system("elasticfilesystem:CreateMountTarget", file_system).await?;
        let there = |targets: Vec<crate::model::LiveMountTarget>| {
            targets.into_iter().find(|target| target.subnet == subnet && !leaving(&target.state))
        };
        if let Some(found) = there(self.mount_targets(file_system).await?) {
            return Ok(super::receipt(key, &[("id", &found.id)], false));
        }
        let request = self.clients.efs.create_mount_target().file_system_id(file_system).subnet_id(subnet);
        let request = request.set_security_groups((!security_groups.is_empty()).then(|| security_groups.to_vec()));
        match self.caller.call("elasticfilesystem:CreateMountTarget", || request.clone().send()).await {
            Ok(made) => Ok(super::receipt(key, &[("id", made.mount_target_id())], true)),
            Err(error) if error.kind == CloudErrorKind::Conflict => {
                let found = there(self.mount_targets(file_system).await?).ok_or(error)?;
                Ok(super::receipt(key, &[("id", &found.id)], false))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn delete_mount_target(&self, id: &str) -> Result<Receipt, CloudError> {
        let Some(found) = self.mount_target(id).await? else { return Ok(super::done(false)) };
        self.our_file_system("elasticfilesystem:DeleteMountTarget", &found.file_system_id).await?;
        let request = self.clients.efs.delete_mount_target().mount_target_id(id);
        super::gone_is_done(self.caller.call("elasticfilesystem:DeleteMountTarget", || request.clone().send()).await)
    }

    async fn our_file_system(&self, operation: &str, id: &str) -> Result<LiveFileSystem, CloudError> {
        let found = self.file_system(id).await?.ok_or_else(|| gone(id))?;
        self.require_ours(operation, CloudErrorKind::Unsafe, id, &found.tags)?;
        Ok(found)
    }

    pub(super) async fn create_access_point(
        &self,
        key: &ResourceKey,
        file_system: &str,
        spec: &AccessPointSpec,
        tags: &Tags,
    ) -> Result<Receipt, CloudError> {
        let points = self.access_points(file_system).await?;
        if let Some(found) = points.iter().find(|point| self.is_this_point(key, spec, point)) {
            return Ok(super::receipt(key, &[("id", &found.id), ("arn", &found.arn)], false));
        }
        let (uid, gid) = (i64::from(spec.uid), i64::from(spec.gid));
        let refused = |error: aws_sdk_efs::error::BuildError| {
            own_error(CloudErrorKind::Refused, "elasticfilesystem:CreateAccessPoint", error.to_string())
        };
        let user = efs::PosixUser::builder().uid(uid).gid(gid).build().map_err(refused)?;
        let owner = efs::CreationInfo::builder().owner_uid(uid).owner_gid(gid).permissions(&spec.permissions);
        let root =
            efs::RootDirectory::builder().path(&spec.path).creation_info(owner.build().map_err(refused)?).build();
        let content = format!("{file_system} {key} {} {uid} {gid} {}", spec.path, spec.permissions);
        let request = self
            .clients
            .efs
            .create_access_point()
            .client_token(super::digest(&[&content, &format!("{tags:?}")], 64))
            .file_system_id(file_system)
            .posix_user(user)
            .root_directory(root)
            .set_tags(Some(efs_tags(&named(tags, &spec.access_point_name))));
        match self.caller.call("elasticfilesystem:CreateAccessPoint", || request.clone().send()).await {
            Ok(made) => {
                let facts = [
                    ("id", made.access_point_id().unwrap_or_default()),
                    ("arn", made.access_point_arn().unwrap_or_default()),
                ];
                Ok(super::receipt(key, &facts, true))
            }
            Err(error) if error.kind == CloudErrorKind::Conflict => {
                let points = self.access_points(file_system).await?;
                let found = points.iter().find(|point| self.is_this_point(key, spec, point)).ok_or(error)?;
                Ok(super::receipt(key, &[("id", &found.id), ("arn", &found.arn)], false))
            }
            Err(error) => Err(error),
        }
    }

    /// Ours, of this key, with this path and user, and not on its way out.
    fn is_this_point(&self, key: &ResourceKey, spec: &AccessPointSpec, point: &LiveAccessPoint) -> bool {
        self.is_ours(&point.tags)
            && point.tags.get(TAG_RESOURCE).is_some_and(|resource| *resource == key.to_string())
            && (point.path.as_str(), point.uid, point.gid) == (spec.path.as_str(), Some(spec.uid), Some(spec.gid))
            && !leaving(&point.state)
    }

    pub(super) async fn delete_access_point(&self, id: &str) -> Result<Receipt, CloudError> {
        let Some(found) = self.access_point(id).await?.filter(|found| !leaving(&found.state)) else {
            return Ok(super::done(false));
        };
        self.require_ours("elasticfilesystem:DeleteAccessPoint", CloudErrorKind::Unsafe, id, &found.tags)?;
        let request = self.clients.efs.delete_access_point().access_point_id(id);
        super::gone_is_done(self.caller.call("elasticfilesystem:DeleteAccessPoint", || request.clone().send()).await)
    }
}

/// On its way out, or out.
pub(super) fn leaving(state: &str) -> bool {
    matches!(state, "deleting" | "deleted")
}

fn gone(id: &str) -> CloudError {
    let message = format!("file system {id} is not there");
    own_error(CloudErrorKind::NotFound, "elasticfilesystem:DescribeFileSystems", message)
}

fn mode_of(throughput: Throughput) -> (efs::ThroughputMode, Option<f64>) {
    match throughput {
        Throughput::Bursting => (efs::ThroughputMode::Bursting, None),
        Throughput::Elastic => (efs::ThroughputMode::Elastic, None),
        Throughput::Provisioned(mib_per_second) => (efs::ThroughputMode::Provisioned, Some(f64::from(mib_per_second))),
    }
}

fn named(tags: &Tags, name: &str) -> Tags {
    let mut tags = tags.clone();
    tags.entry("Name".to_owned()).or_insert_with(|| name.to_owned());
    tags
}

pub(super) fn efs_tags(tags: &Tags) -> Vec<efs::Tag> {
    tags.iter().filter_map(|(key, value)| efs::Tag::builder().key(key).value(value).build().ok()).collect()
}
