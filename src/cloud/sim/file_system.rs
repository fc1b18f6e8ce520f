//! File systems and their mount targets, with the 24-hour rule (`aws.md` 3.1).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::data::Write;
use super::tags::{must_be_managed, same_resource};
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::World;
use crate::cloud::CloudErrorKind;
use crate::model::{LiveFileSystem, LiveMountTarget, ResourceKey, Tags, Throughput};

/// A file system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileSystem {
    /// As EFS describes it; `mount_targets` is counted when it is read.
    pub live: LiveFileSystem,
    /// The token it was made with, which envctl sets to its name.
    pub creation_token: String,
    /// Directories by path, with everything written below them. They outlive every access point.
    pub directories: BTreeMap<String, Directory>,
    /// Until when neither a decrease nor another mode is taken (`aws.md` 3.1); `None`: they are.
    pub locked_until: Option<Timestamp>,
    /// When it is available again; `None`: nothing is under way.
    pub(super) ready_at: Option<Timestamp>,
}

/// A directory of a file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Owner, group and permissions, fixed by the first mount.
    pub made_with: (u32, u32, String),
    /// Everything written below it, oldest first; the place of a write is its `path_identity`.
    pub writes: Vec<Write>,
}

/// A mount target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountTarget {
    /// As EFS describes it.
    pub live: LiveMountTarget,
    pub(super) ready_at: Option<Timestamp>,
}

impl World {
    /// `elasticfilesystem:CreateFileSystem`.
    pub(super) fn create_file_system(
        &mut self,
        key: &ResourceKey,
        name: &str,
        encrypted: bool,
        throughput: Throughput,
        tags: &Tags,
    ) -> Outcome {
        check_throughput(throughput)?;
        let existing = self.file_systems.values().find(|found| found.creation_token == name);
        if let Some(FileSystem { live, .. }) = existing {
            if same_resource(&live.tags, tags) && live.state != "deleting" {
                return Ok(receipt(false, key, &[("id", &live.id), ("arn", &live.arn)]));
            }
            let message = format!("File system '{}' already exists with creation token '{name}'", live.id);
            return Err(Trouble::conflict("FileSystemAlreadyExists", message));
        }
        let id = format!("fs-{}", self.fresh(17));
        let arn = self.arn("elasticfilesystem", &format!("file-system/{id}"));
        let mut tags = tags.clone();
        tags.entry("Name".to_owned()).or_insert_with(|| name.to_owned());
        let live = LiveFileSystem {
            id: id.clone(),
            arn: arn.clone(),
            state: "creating".to_owned(),
            throughput,
            encrypted,
            size_bytes: 6144,
            mount_targets: 0,
            created_at: Some(self.now),
            tags,
        };
        let system = FileSystem {
            live,
            creation_token: name.to_owned(),
            directories: BTreeMap::new(),
            locked_until: None,
            ready_at: Some(self.after(6, &id)),
        };
        self.file_systems.insert(id.clone(), system);
        Ok(receipt(true, key, &[("id", &id), ("arn", &arn)]))
    }

    /// `elasticfilesystem:UpdateFileSystem`. No ownership is asked for: a borrowed file system's throughput is the
    /// one thing that a spec may allow envctl to set, and the planner guards that.
    pub(super) fn set_throughput(&mut self, id: &str, wanted: Throughput) -> Outcome {
        check_throughput(wanted)?;
        let (now, ready_at) = (self.now, self.after(45, id));
        let locks_until = self.after_exactly(SignedDuration::from_hours(24));
        let system = self.file_systems.get_mut(id).ok_or_else(|| not_found(id))?;
        if system.live.throughput == wanted {
            return unchanged();
        }
        must_be_available(&system.live)?;
        let increases = matches!(
            (system.live.throughput, wanted),
            (Throughput::Provisioned(from), Throughput::Provisioned(to)) if to > from
        );
        // aws.md 3.1: increases are always allowed; a decrease or another mode only 24 hours after the last change.
        if let Some(until) = system.locked_until.filter(|until| *until > now && !increases) {
            let message = format!(
                "You have reached the maximum number of throughput mode changes or provisioned throughput value decreases. Wait until {until:.0}"
            );
            // Not a throttle to retry: the answer stays the same until then.
            return Err(Trouble::new(CloudErrorKind::Refused, "TooManyRequests", message).until(until));
        }
        system.live.throughput = wanted;
        system.live.state = "updating".to_owned();
        system.ready_at = Some(ready_at);
        if matches!(wanted, Throughput::Provisioned(_)) {
            system.locked_until = Some(locks_until);
        }
        changed()
    }

    /// `elasticfilesystem:DeleteFileSystem`.
    pub(super) fn delete_file_system(&mut self, id: &str, kept: Option<&(String, String)>) -> Outcome {
        let used = self.mount_targets.values().any(|target| target.live.file_system_id == id);
        let Some(system) = self.file_systems.get(id) else { return unchanged() };
        must_be_managed(&system.live.tags, &format!("file system {id}"))?;
        if used {
            return Err(Trouble::busy("FileSystemInUse", "the file system still has mount targets"));
        }
        must_be_available(&system.live)?;
        if let Some(kept) = kept {
            self.must_hold_files(id, kept)?;
        }
        self.file_systems.remove(id);
        self.access_points.retain(|_, point| point.live.file_system_id != id);
        changed()
    }

    /// `elasticfilesystem:CreateMountTarget`: one for each zone.
    pub(super) fn create_mount_target(&mut self, id: &str, subnet: &str, groups: &[String]) -> Outcome {
        let system = self.file_systems.get(id).ok_or_else(|| not_found(id))?;
        must_be_managed(&system.live.tags, &format!("file system {id}"))?;
        must_be_available(&system.live)?;
        let absent = || Trouble::refused("SubnetNotFound", format!("The subnet ID '{subnet}' does not exist"));
        let zone = self.subnets.get(subnet).map(|found| found.live.zone.clone()).ok_or_else(absent)?;
        if let Some(group) = groups.iter().find(|group| !self.security_groups.contains_key(*group)) {
            return Err(Trouble::refused("SecurityGroupNotFound", format!("no security group {group}")));
        }
        let existing = self.mount_targets.values().find(|target| {
            target.live.file_system_id == id
                && (target.live.subnet == subnet || target.live.zone.as_ref() == Some(&zone))
        });
        if let Some(existing) = existing {
            return if existing.live.subnet == subnet {
                unchanged()
            } else {
                Err(Trouble::conflict("MountTargetConflict", "mount target already exists in this AZ"))
            };
        }
        let target = format!("fsmt-{}", self.fresh(17));
        let live = LiveMountTarget {
            id: target.clone(),
            file_system_id: id.to_owned(),
            subnet: subnet.to_owned(),
            zone: Some(zone),
            state: "creating".to_owned(),
        };
        let ready_at = Some(self.after(80, &target));
        self.mount_targets.insert(target, MountTarget { live, ready_at });
        changed()
    }

    /// `elasticfilesystem:DeleteMountTarget`.
    pub(super) fn delete_mount_target(&mut self, id: &str) -> Outcome {
        let Some(target) = self.mount_targets.get(id) else { return unchanged() };
        let system = self.file_systems.get(&target.live.file_system_id);
        let tags = system.map(|system| system.live.tags.clone()).unwrap_or_default();
        must_be_managed(&tags, &format!("mount target {id}"))?;
        let ready_at = self.after(40, id);
        match self.mount_targets.get_mut(id) {
            Some(target) if target.live.state != "deleting" => {
                target.live.state = "deleting".to_owned();
                target.ready_at = Some(ready_at);
                changed()
            }
            _ => unchanged(),
        }
    }

    /// Finishes what is due.
    pub(super) fn age_file_systems(&mut self) {
        let now = self.now;
        let due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        for system in self.file_systems.values_mut().filter(|system| due(system.ready_at)) {
            system.ready_at = None;
            system.live.state = "available".to_owned();
        }
        self.mount_targets.retain(|_, target| !(due(target.ready_at) && target.live.state == "deleting"));
        for target in self.mount_targets.values_mut().filter(|target| due(target.ready_at)) {
            target.ready_at = None;
            target.live.state = "available".to_owned();
        }
    }
}

/// What makes the files below a path the same over the deaths of file systems and access points: the creation token of
/// the file system, and the path.
pub(super) fn path_identity(creation_token: &str, path: &str) -> String {
    format!("{creation_token}:{path}")
}

/// `FileSystemNotFound`.
pub(super) fn not_found(id: &str) -> Trouble {
    Trouble::not_found("FileSystemNotFound", format!("File system '{id}' does not exist."))
}

/// aws.md 3.1: while it is `updating`, nothing else is taken.
pub(super) fn must_be_available(live: &LiveFileSystem) -> Result<(), Trouble> {
    if live.state == "available" {
        return Ok(());
    }
    let message = format!("None of the life cycle states allows this: file system {} is {}", live.id, live.state);
    Err(Trouble::busy("IncorrectFileSystemLifeCycleState", message))
}

fn check_throughput(throughput: Throughput) -> Result<(), Trouble> {
    match throughput {
        Throughput::Provisioned(mib) if !(1..=3414).contains(&mib) => {
            Err(Trouble::refused("BadRequest", format!("provisioned throughput is 1..3414 MiB/s, not {mib}")))
        }
        _ => Ok(()),
    }
}
