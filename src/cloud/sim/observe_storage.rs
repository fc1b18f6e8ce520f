//! The part of an observation that is about files and logs, and what carries our tags without being declared.

use std::collections::BTreeMap;

use super::access_point::AccessPoint;
use super::file_system::FileSystem;
use super::network::selects;
use super::observe::{is_declared, key_of, sightings};
use super::world::World;
use crate::model::{
    AccessPointSpec, Depth, FileSystemSpec, LiveDatabase, LiveFileSystem, LiveLogGroup, LiveMountTarget,
    LiveRecoveryPoint, ResourceKey, ResourceKind, Scope, Sighting, Sightings, Tags, Undeclared,
};

impl World {
    pub(super) fn find_file_system(&self, scope: &Scope, name: &str) -> Option<&FileSystem> {
        match scope.desired.file_systems.get(name)? {
            FileSystemSpec::Owned { file_system_name, .. } => {
                self.file_systems.values().find(|found| found.creation_token == *file_system_name)
            }
            FileSystemSpec::Borrowed { selector, .. } => {
                self.file_systems.values().find(|found| selects(selector, &found.live.id, &found.live.tags))
            }
        }
    }

    /// A file system as a description shows it.
    pub(super) fn described_file_system(&self, system: &FileSystem) -> LiveFileSystem {
        let targets = self.mount_targets.values().filter(|target| target.live.file_system_id == system.live.id);
        LiveFileSystem { mount_targets: u32::try_from(targets.count()).unwrap_or(u32::MAX), ..system.live.clone() }
    }

    pub(super) fn observed_file_systems(&self, scope: &Scope) -> Sightings<LiveFileSystem> {
        sightings(&scope.desired.file_systems, |name, _| {
            self.find_file_system(scope, name).map(|found| self.described_file_system(found))
        })
    }

    /// The vault's name; `None`: no path is taken along, so nobody looks.
    pub(super) fn observed_vault(&self, scope: &Scope) -> Option<Sighting<String>> {
        let wanted = !scope.desired.backed_up_file_systems().is_empty() && scope.depth != Depth::Comparison;
        let vault = &scope.desired.backup.vault;
        let there = self.vaults.contains_key(vault);
        wanted.then(|| if there { Sighting::Present(vault.clone()) } else { Sighting::Absent })
    }

    /// Our recovery points, newest first. What is still being made is no recovery point yet.
    pub(super) fn observed_recovery_points(&self, scope: &Scope) -> Sightings<Vec<LiveRecoveryPoint>> {
        let mut all = Sightings::new();
        if scope.depth == Depth::Comparison {
            return all;
        }
        for name in scope.desired.backed_up_file_systems() {
            let key = ResourceKey::new(ResourceKind::RecoveryPoint, name);
            let ours = self.recovery_points.values().map(|found| &found.live).filter(|live| {
                live.vault == scope.desired.backup.vault
                    && live.status != "CREATING"
                    && scope.desired.owns(&live.tags)
                    && key_of(&live.tags).as_ref() == Some(&key)
            });
            let mut ours: Vec<LiveRecoveryPoint> = ours.cloned().collect();
            ours.sort_by(|left, right| (right.created_at, &right.arn).cmp(&(left.created_at, &left.arn)));
            all.insert(name.clone(), Sighting::Present(ours));
        }
        all
    }

    pub(super) fn observed_mount_targets(&self, scope: &Scope) -> Sightings<Vec<LiveMountTarget>> {
        let deep = scope.depth == Depth::Preflight;
        let wanted = scope.desired.file_systems.iter();
        let wanted = wanted.filter(|(_, spec)| deep || matches!(spec, FileSystemSpec::Owned { .. }));
        let wanted: BTreeMap<String, &FileSystemSpec> = wanted.map(|(name, spec)| (name.clone(), spec)).collect();
        sightings(&wanted, |name, _| {
            let system = self.find_file_system(scope, name)?;
            let targets = self.mount_targets.values().filter(|found| found.live.file_system_id == system.live.id);
            Some(targets.map(|found| found.live.clone()).collect())
        })
    }

    /// The access point of this name: by our tags, of the wanted path before others; else by its name alone.
    pub(super) fn find_access_point(&self, scope: &Scope, name: &str, spec: &AccessPointSpec) -> Option<&AccessPoint> {
        let file_system = spec.file_system.strip_prefix("file-system/").unwrap_or(&spec.file_system);
        let id = &self.find_file_system(scope, file_system)?.live.id;
        let key = ResourceKey::new(ResourceKind::AccessPoint, name);
        let of_system = || self.access_points.values().filter(|found| found.live.file_system_id == *id);
        let ours = || {
            of_system()
                .filter(|found| scope.desired.owns(&found.live.tags))
                .filter(|found| key_of(&found.live.tags).map_or(found.live.path == spec.path, |named| named == key))
        };
        let named = |found: &&AccessPoint| found.live.tags.get("Name") == Some(&spec.access_point_name);
        let fits = |found: &&AccessPoint| found.live.path == spec.path && found.live.state != "deleting";
        ours().find(fits).or_else(|| ours().next()).or_else(|| of_system().find(named))
    }

    pub(super) fn foreign_access_points(&self, scope: &Scope) -> BTreeMap<String, u32> {
        let mut counts = BTreeMap::new();
        for name in scope.desired.file_systems.keys() {
            let Some(system) = self.find_file_system(scope, name) else { continue };
            let of_system = self.access_points.values().filter(|found| found.live.file_system_id == system.live.id);
            let foreign = of_system.filter(|found| !scope.desired.owns(&found.live.tags)).count();
            counts.insert(name.clone(), u32::try_from(foreign).unwrap_or(u32::MAX));
        }
        counts
    }

    pub(super) fn described_log_group(&self, name: &str, depth: Depth) -> Option<LiveLogGroup> {
        let found = self.log_groups.get(name)?;
        Some(LiveLogGroup {
            log_group_name: name.to_owned(),
            arn: found.arn.clone(),
            retention_days: found.retention_days,
            tags: (depth != Depth::Environment).then(|| found.tags.clone()),
        })
    }

    /// Databases of ours beside a declared one of the same key.
    pub(super) fn databases_beside(&self, scope: &Scope) -> Vec<LiveDatabase> {
        let declared = &scope.desired.databases;
        let is_beside = |live: &&LiveDatabase| {
            let key = scope.desired.owns(&live.tags).then(|| key_of(&live.tags)).flatten();
            let spec = key.as_ref().and_then(|key| Some((key, declared.get(&key.name)?)));
            spec.is_some_and(|(key, spec)| spec.identifier.to_lowercase() != live.identifier && live.stands_beside(key))
        };
        self.databases.values().map(|found| &found.live).filter(is_beside).cloned().collect()
    }

    /// Names and ARNs of what the spec names.
    fn ids_by_name(&self, scope: &Scope) -> std::collections::BTreeSet<String> {
        let desired = &scope.desired;
        let databases = desired.databases.values().map(|spec| spec.identifier.clone());
        let names: Vec<&String> = desired.databases.values().map(|spec| &spec.secret_name).collect();
        let secrets = self.secrets.values().map(|found| &found.live).filter(|live| names.contains(&&live.secret_name));
        let groups = desired.log_groups.values().map(|spec| spec.log_group_name.clone());
        let services = desired.services.values().map(|spec| self.service_arn(&spec.cluster, &spec.service_name));
        let names: Vec<&String> = desired.target_groups.values().map(|spec| &spec.target_group_name).collect();
        let targets = self.target_groups.values().map(|found| &found.live);
        let targets = targets.filter(|live| names.contains(&&live.target_group_name)).map(|live| live.arn.clone());
        databases.chain(secrets.map(|live| live.arn.clone())).chain(groups).chain(services).chain(targets).collect()
    }

    /// What carries this environment's tags and is not declared, or is there twice.
    pub(super) fn undeclared(&self, scope: &Scope) -> Vec<Undeclared> {
        let mut found = Vec::new();
        // Known by its name, whatever its tags say.
        let named = self.ids_by_name(scope);
        let mut note = |tags: &Tags, id: &str| {
            if named.contains(id) {
                return;
            }
            let Some(key) = scope.desired.owns(tags).then(|| key_of(tags)).flatten() else { return };
            let surplus = key.kind == ResourceKind::AccessPoint
                && scope.desired.access_points.get(&key.name).is_some_and(|spec| {
                    self.find_access_point(scope, &key.name, spec).is_none_or(|found| found.live.id != id)
                });
            if surplus || !is_declared(scope, &key) {
                found.push(Undeclared { key, id: id.to_owned() });
            }
        };
        for database in self.databases.values().filter(|found| !found.is_going()) {
            note(&database.live.tags, &database.live.identifier);
        }
        for secret in self.secrets.values().filter(|found| found.live.deletes_at.is_none()) {
            note(&secret.live.tags, &secret.live.arn);
        }
        for system in self.file_systems.values() {
            note(&system.live.tags, &system.live.id);
        }
        for point in self.access_points.values().filter(|found| found.live.state != "deleting") {
            note(&point.live.tags, &point.live.id);
        }
        for (name, group) in &self.log_groups {
            note(&group.tags, name);
        }
        for (name, family) in &self.families {
            let newest = family.revisions.iter().rev().find(|revision| revision.status == "ACTIVE");
            newest.into_iter().for_each(|revision| note(&revision.tags, name));
        }
        for service in self.services.values().filter(|found| found.live.is_active()) {
            note(&service.live.tags, &service.live.arn);
        }
        for group in self.target_groups.values() {
            note(&group.live.tags, &group.live.arn);
        }
        for alarm in self.alarms.values() {
            note(&alarm.tags(), &alarm.live.spec.alarm_name);
        }
        for (rule, tags) in self.rules.values().filter_map(|rule| Some((rule, rule.live.tags.as_ref()?))) {
            note(tags, &rule.live.arn);
        }
        found.sort_by(|left, right| (&left.key, &left.id).cmp(&(&right.key, &right.id)));
        found
    }
}
