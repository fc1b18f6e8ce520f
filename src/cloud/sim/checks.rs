//! What checkers ask of a world after every call: is something lost, a stranger's thing touched, something there twice?

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::alarm::is_marked;
use super::data::Data;
use super::file_system::Directory;
use super::tags::is_managed;
use super::world::World;
use crate::model::{LiveDatabase, ResourceKey, TAG_ENVIRONMENT, TAG_RESOURCE, TAG_WORKSPACE, Tags};

impl World {
    /// What is lost: for each database ever written to, the newest version must be in a live database that is not
    /// being deleted, or in an available snapshot.
    pub fn lost_data(&self) -> Vec<String> {
        let live = self.databases.values().filter(|database| !database.is_going()).map(|database| &database.data);
        let kept = self.snapshots.values().filter(|snapshot| snapshot.live.is_available());
        let safe: Vec<&Data> = live.chain(kept.map(|snapshot| &snapshot.data)).collect();
        let lost = |(identifier, version): &(&String, &u64)| !safe.iter().any(|data| data.holds(identifier, **version));
        let tell = |(identifier, version)| format!("version {version} of {identifier} is nowhere");
        self.written.iter().filter(lost).map(tell).chain(self.lost_files()).collect()
    }

    /// The same for files: in a directory of a file system, or in a recovery point that is completed.
    fn lost_files(&self) -> Vec<String> {
        let live = self.file_systems.values().flat_map(|system| system.directories.values());
        let kept = self.recovery_points.values().filter(|point| point.live.is_completed());
        let safe: Vec<&Directory> = live.chain(kept.flat_map(|point| point.directories.values())).collect();
        let holds = |directory: &&Directory, place: &str, version: u64| {
            directory.writes.iter().any(|write| write.database == place && write.version == version)
        };
        let lost = |(place, version): &(&String, &u64)| !safe.iter().any(|found| holds(found, place, **version));
        let tell = |(place, version)| format!("version {version} of {place} is nowhere");
        self.files_written.iter().filter(lost).map(tell).collect()
    }

    /// Forgets what was written below every path: its owner has said that the files may go.
    pub fn forget_files(&mut self) {
        self.files_written.clear();
    }

    /// Forgets what was written to a database: its owner has said that it may go.
    pub fn forget_data(&mut self, identifier: &str) {
        self.written.remove(identifier);
    }

    /// Everything that envctl does not manage, to be compared with what it was before. Of file systems only what no
    /// spec may allow envctl to change, and not the directories, which mounts make.
    pub fn strangers(&self) -> Value {
        let foreign = |tags: &Tags| !is_managed(tags);
        let systems = self.file_systems.values().filter(|found| foreign(&found.live.tags));
        let systems: Vec<Value> = systems.map(|found| json!([found.live.id, found.live.tags])).collect();
        let revisions = self.families.values().flat_map(|family| &family.revisions);
        json!({
            "databases": self.databases.values().filter(|found| foreign(&found.live.tags)).map(|found| json!([found.live, found.data])).collect::<Vec<_>>(),
            "snapshots": self.snapshots.values().filter(|found| foreign(&found.live.tags)).collect::<Vec<_>>(),
            "secrets": self.secrets.values().filter(|found| foreign(&found.live.tags)).collect::<Vec<_>>(),
            "services": self.services.values().filter(|found| foreign(&found.live.tags)).collect::<Vec<_>>(),
            "task-definitions": revisions.filter(|found| foreign(&found.tags)).collect::<Vec<_>>(),
            "scalable-targets": self.scalable_targets.values().filter(|found| foreign(&found.tags)).collect::<Vec<_>>(),
            "target-groups": self.target_groups.values().filter(|found| foreign(&found.live.tags)).collect::<Vec<_>>(),
            "rules": self.rules.values().filter(|found| foreign(&found.tags())).collect::<Vec<_>>(),
            "access-points": self.access_points.values().filter(|found| foreign(&found.live.tags)).collect::<Vec<_>>(),
            "log-groups": self.log_groups.iter().filter(|(_, found)| foreign(&found.tags)).collect::<Vec<_>>(),
            "alarms": self.alarms.values().filter(|found| foreign(&found.tags())).collect::<Vec<_>>(),
            "dashboards": self.dashboards.iter().filter(|(_, found)| !is_marked(&found.body)).collect::<Vec<_>>(),
            "file-systems": systems,
            "mount-targets": self.mount_targets.values().filter(|found| self.is_foreign_system(&found.live.file_system_id)).collect::<Vec<_>>(),
            "network": [json!(self.listeners), json!(self.subnets), json!(self.security_groups), json!(self.clusters)],
        })
    }

    fn is_foreign_system(&self, id: &str) -> bool {
        self.file_systems.get(id).is_some_and(|found| !is_managed(&found.live.tags))
    }

    /// Resources of which one owner has more than one: what a lost reply must never lead to.
    pub fn duplicates(&self) -> Vec<String> {
        let mut counts: BTreeMap<(String, String, String), u32> = BTreeMap::new();
        let mut count = |tags: &Tags| {
            let (Some(environment), Some(workspace)) = (tags.get(TAG_ENVIRONMENT), tags.get(TAG_WORKSPACE)) else {
                return;
            };
            let key = tags.get(TAG_RESOURCE).and_then(|text| text.parse::<ResourceKey>().ok());
            if let Some(key) = key.filter(|_| is_managed(tags)) {
                *counts.entry((workspace.clone(), environment.clone(), key.to_string())).or_default() += 1;
            }
        };
        let databases = self.databases.values().filter(|found| !found.is_going() && !self.is_former(&found.live));
        databases.for_each(|found| count(&found.live.tags));
        self.secrets.values().for_each(|found| count(&found.live.tags));
        self.services.values().filter(|found| found.live.is_active()).for_each(|found| count(&found.live.tags));
        self.target_groups.values().for_each(|found| count(&found.live.tags));
        self.rules.values().for_each(|found| count(&found.tags()));
        self.file_systems.values().for_each(|found| count(&found.live.tags));
        self.log_groups.values().for_each(|found| count(&found.tags));
        self.alarms.values().for_each(|found| count(&found.tags()));
        let points = self.access_points.values().filter(|found| found.live.state != "deleting");
        points.for_each(|found| count(&found.live.tags));
        let twice = counts.into_iter().filter(|(_, number)| *number > 1);
        twice
            .map(|((workspace, environment, key), number)| format!("{number} × {key} of {workspace}/{environment}"))
            .collect()
    }

    /// Is it kept since a rollback of its data, or is what takes its place there already?
    fn is_former(&self, live: &LiveDatabase) -> bool {
        let replaced = self.databases.values().any(|other| other.live.replaces() == Some(&live.resource_id));
        live.is_kept() || (live.replacement_due().is_some() && replaced)
    }
}
