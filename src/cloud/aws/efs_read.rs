//! EFS, reading: file systems, mount targets and access points.

use aws_sdk_efs::types as efs;

use super::AwsCloud;
use super::answer::{count, tags, text, timestamp};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{LiveAccessPoint, LiveFileSystem, LiveMountTarget, Throughput};

impl AwsCloud {
    /// Every file system of the region, by pages of 100, with its creation token.
    pub(super) async fn file_systems(&self) -> Result<Vec<(String, LiveFileSystem)>, CloudError> {
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let request = self.clients.efs.describe_file_systems().max_items(100).set_marker(marker);
            let page = self.caller.call("elasticfilesystem:DescribeFileSystems", || request.clone().send()).await?;
            let systems = page.file_systems().iter();
            found.extend(systems.map(|system| (system.creation_token().to_owned(), live_file_system(system))));
            marker = page.next_marker().map(str::to_owned);
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    /// One file system by id; `None`: it is not there.
    pub(super) async fn file_system(&self, id: &str) -> Result<Option<LiveFileSystem>, CloudError> {
        let request = self.clients.efs.describe_file_systems().file_system_id(id);
        match self.caller.call("elasticfilesystem:DescribeFileSystems", || request.clone().send()).await {
            Ok(answer) => Ok(answer.file_systems().first().map(live_file_system)),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The file system made with this creation token; `None`: there is none.
    pub(super) async fn file_system_by_token(&self, token: &str) -> Result<Option<LiveFileSystem>, CloudError> {
        let request = self.clients.efs.describe_file_systems().creation_token(token);
        let answer = self.caller.call("elasticfilesystem:DescribeFileSystems", || request.clone().send()).await?;
        Ok(answer.file_systems().iter().find(|system| system.creation_token() == token).map(live_file_system))
    }

    /// The mount targets of a file system.
    pub(super) async fn mount_targets(&self, file_system: &str) -> Result<Vec<LiveMountTarget>, CloudError> {
        let request = self.clients.efs.describe_mount_targets().file_system_id(file_system).max_items(100);
        match self.caller.call("elasticfilesystem:DescribeMountTargets", || request.clone().send()).await {
            Ok(answer) => Ok(answer.mount_targets().iter().map(live_mount_target).collect()),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// One mount target; `None`: it is not there.
    pub(super) async fn mount_target(&self, id: &str) -> Result<Option<LiveMountTarget>, CloudError> {
        let request = self.clients.efs.describe_mount_targets().mount_target_id(id);
        match self.caller.call("elasticfilesystem:DescribeMountTargets", || request.clone().send()).await {
            Ok(answer) => Ok(answer.mount_targets().first().map(live_mount_target)),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The access points of a file system, by pages of 100.
    pub(super) async fn access_points(&self, file_system: &str) -> Result<Vec<LiveAccessPoint>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.clients.efs.describe_access_points().file_system_id(file_system);
            let request = request.max_results(100).set_next_token(token);
            let page = match self.caller.call("elasticfilesystem:DescribeAccessPoints", || request.clone().send()).await
            {
                Ok(page) => page,
                Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(found),
                Err(error) => return Err(error),
            };
            let ours = page.access_points().iter().filter(|point| point.file_system_id() == Some(file_system));
            found.extend(ours.map(live_access_point));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// One access point by id; `None`: it is not there.
    pub(super) async fn access_point(&self, id: &str) -> Result<Option<LiveAccessPoint>, CloudError> {
        let request = self.clients.efs.describe_access_points().access_point_id(id);
        match self.caller.call("elasticfilesystem:DescribeAccessPoints", || request.clone().send()).await {
            Ok(answer) => Ok(answer.access_points().first().map(live_access_point)),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn live_file_system(found: &efs::FileSystemDescription) -> LiveFileSystem {
    let throughput = match found.throughput_mode() {
        Some(efs::ThroughputMode::Elastic) => Throughput::Elastic,
        Some(efs::ThroughputMode::Provisioned) => {
            Throughput::Provisioned(whole(found.provisioned_throughput_in_mibps().unwrap_or_default()))
        }
        _ => Throughput::Bursting,
    };
    LiveFileSystem {
        id: found.file_system_id().to_owned(),
        arn: text(found.file_system_arn()),
        state: found.life_cycle_state().as_str().to_owned(),
        throughput,
        encrypted: found.encrypted().unwrap_or_default(),
        size_bytes: found.size_in_bytes().and_then(|size| u64::try_from(size.value()).ok()).unwrap_or_default(),
        mount_targets: count(found.number_of_mount_targets()),
        created_at: timestamp(Some(found.creation_time())),
        tags: tags(found.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value())))),
    }
}

/// AWS takes fractions; envctl buys whole MiB/s and reads a fraction as the next whole one, which then differs.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1..=3414 by the API's own bounds")]
fn whole(mib_per_second: f64) -> u32 {
    mib_per_second.max(0.0).ceil() as u32
}

pub(super) fn live_mount_target(found: &efs::MountTargetDescription) -> LiveMountTarget {
    LiveMountTarget {
        id: found.mount_target_id().to_owned(),
        file_system_id: found.file_system_id().to_owned(),
        subnet: found.subnet_id().to_owned(),
        zone: found.availability_zone_name().map(str::to_owned),
        state: found.life_cycle_state().as_str().to_owned(),
    }
}

pub(super) fn live_access_point(found: &efs::AccessPointDescription) -> LiveAccessPoint {
    let id = |number: i64| u32::try_from(number).ok();
    let path = found.root_directory().and_then(|root| root.path()).unwrap_or("/");
    LiveAccessPoint {
        id: text(found.access_point_id()),
        arn: text(found.access_point_arn()),
        file_system_id: text(found.file_system_id()),
        path: path.to_owned(),
        uid: found.posix_user().and_then(|user| id(user.uid())),
        gid: found.posix_user().and_then(|user| id(user.gid())),
        state: found.life_cycle_state().map(|state| state.as_str().to_owned()).unwrap_or_default(),
        tags: tags(found.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value())))),
    }
}
