//! Access points (`aws.md` 3.3): the directory is made at the first mount and outlives the access point.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::data::Write;
use super::file_system::{Directory, must_be_available, not_found, path_identity};
use super::tags::{must_be_managed, same_resource};
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::World;
use crate::model::{AccessPointSpec, LiveAccessPoint, ResourceKey, Tags};

/// An access point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessPoint {
    /// As EFS describes it.
    pub live: LiveAccessPoint,
    /// Permissions of the directory, should the first mount have to make it.
    pub permissions: String,
    pub(super) token: String,
    pub(super) ready_at: Option<Timestamp>,
}

impl World {
    /// `elasticfilesystem:CreateAccessPoint`.
    pub(super) fn create_access_point(
        &mut self,
        key: &ResourceKey,
        file_system_id: &str,
        spec: &AccessPointSpec,
        tags: &Tags,
        token: &str,
    ) -> Outcome {
        check_path(&spec.path)?;
        let system = self.file_systems.get(file_system_id).ok_or_else(|| not_found(file_system_id))?;
        let existing = self.access_points.values().find(|found| {
            let live = &found.live;
            let same = live.path == spec.path && live.uid == Some(spec.uid) && live.gid == Some(spec.gid);
            live.file_system_id == file_system_id
                && live.state != "deleting"
                && same_resource(&live.tags, tags)
                && (found.token == token || same)
        });
        // aws.md 3.3: AccessPointAlreadyExists names the one that exists, which is adopted.
        if let Some(found) = existing {
            return Ok(receipt(false, key, &[("id", &found.live.id), ("arn", &found.live.arn)]));
        }
        must_be_available(&system.live)?;
        if self.access_points.values().filter(|found| found.live.file_system_id == file_system_id).count() >= 10_000 {
            return Err(Trouble::refused("AccessPointLimitExceeded", "a file system has at most 10000 access points"));
        }
        let id = format!("fsap-{}", self.fresh(17));
        let arn = self.arn("elasticfilesystem", &format!("access-point/{id}"));
        let mut tags = tags.clone();
        tags.insert("Name".to_owned(), spec.access_point_name.clone());
        let live = LiveAccessPoint {
            id: id.clone(),
            arn: arn.clone(),
            file_system_id: file_system_id.to_owned(),
            path: spec.path.clone(),
            uid: Some(spec.uid),
            gid: Some(spec.gid),
            state: "creating".to_owned(),
            tags,
        };
        let ready_at = Some(self.after(4, &id));
        let point = AccessPoint { live, permissions: spec.permissions.clone(), token: token.to_owned(), ready_at };
        self.access_points.insert(id.clone(), point);
        Ok(receipt(true, key, &[("id", &id), ("arn", &arn)]))
    }

    /// `elasticfilesystem:DeleteAccessPoint`. The data stays in the file system.
    pub(super) fn delete_access_point(&mut self, id: &str) -> Outcome {
        let ready_at = self.after(4, id);
        let Some(point) = self.access_points.get_mut(id) else { return unchanged() };
        must_be_managed(&point.live.tags, &format!("access point {id}"))?;
        if point.live.state == "deleting" {
            return unchanged();
        }
        point.live.state = "deleting".to_owned();
        point.ready_at = Some(ready_at);
        changed()
    }

    /// Finishes what is due.
    pub(super) fn age_access_points(&mut self) {
        let now = self.now;
        let due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        self.access_points.retain(|_, point| !(due(point.ready_at) && point.live.state == "deleting"));
        for point in self.access_points.values_mut().filter(|point| due(point.ready_at)) {
            point.ready_at = None;
            point.live.state = "available".to_owned();
        }
    }

    /// A task mounts the access point: the directory is made, lazily, with the owner that the access point names.
    /// What exists already keeps its owner.
    pub(super) fn mount(&mut self, access_point_id: &str) {
        let Some(point) = self.access_points.get(access_point_id) else { return };
        let Some(system) = self.file_systems.get_mut(&point.live.file_system_id) else { return };
        system.directories.entry(point.live.path.clone()).or_insert_with(|| Directory {
            made_with: (point.live.uid.unwrap_or(0), point.live.gid.unwrap_or(0), point.permissions.clone()),
            writes: Vec::new(),
        });
    }

    /// Writes a file through an access point, as an application would; `None` when it has never been mounted.
    pub fn write_file(&mut self, access_point_id: &str, text: &str) -> Option<u64> {
        let point = self.access_points.get(access_point_id)?;
        let system = self.file_systems.get_mut(&point.live.file_system_id)?;
        let directory = system.directories.get_mut(&point.live.path)?;
        let identity = path_identity(&system.creation_token, &point.live.path);
        let newest = self.files_written.entry(identity.clone()).or_insert(0);
        *newest += 1;
        directory.writes.push(Write { database: identity, version: *newest, text: text.to_owned() });
        Some(*newest)
    }

    /// Reads everything below an access point's path, oldest first; `None` when it has never been mounted.
    pub fn read_files(&self, access_point_id: &str) -> Option<Vec<String>> {
        let point = self.access_points.get(access_point_id)?;
        let system = self.file_systems.get(&point.live.file_system_id)?;
        let directory = system.directories.get(&point.live.path)?;
        Some(directory.writes.iter().map(|write| write.text.clone()).collect())
    }
}

/// aws.md 3.3: at most 100 characters and 4 levels.
fn check_path(path: &str) -> Result<(), Trouble> {
    let levels = path.split('/').filter(|level| !level.is_empty()).count();
    if path.starts_with('/') && path.len() <= 100 && levels <= 4 {
        return Ok(());
    }
    Err(Trouble::refused("BadRequest", format!("{path:?} is no path of at most 4 levels and 100 characters")))
}
