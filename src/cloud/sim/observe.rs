//! One observation of an environment: everything that its spec names, found by name or tag.

use std::collections::BTreeMap;

use super::network::selects;
use super::status::{described, is_steady};
use super::world::World;
use crate::model::{
    Borrowed, Depth, FileSystemSpec, Live, LiveRule, LiveScaling, LiveService, LiveSnapshot, ResourceKey, ResourceKind,
    Scope, Selector, Sighting, Sightings, TAG_RESOURCE, Tags, TargetHealth, short_name,
};

/// Present, or absent.
pub(super) fn sighting<T>(found: Option<T>) -> Sighting<T> {
    found.map_or(Sighting::Absent, Sighting::Present)
}

/// A sighting for every name of the spec.
pub(super) fn sightings<T, S>(wanted: &BTreeMap<String, S>, find: impl Fn(&str, &S) -> Option<T>) -> Sightings<T> {
    wanted.iter().map(|(name, spec)| (name.clone(), sighting(find(name, spec)))).collect()
}

impl World {
    /// Looks at one environment at the world's present time.
    pub(super) fn observed(&self, scope: &Scope) -> Live {
        let desired = &scope.desired;
        let secret = |name: &str| self.secrets.values().find(|found| found.live.secret_name == name);
        let group = |name: &str| self.target_groups.values().find(|found| found.live.target_group_name == name);
        Live {
            observed_at: self.now,
            account: self.account.clone(),
            region: self.region.clone(),
            databases: sightings(&desired.databases, |_, spec| {
                self.databases.get(&spec.identifier.to_lowercase()).map(|found| found.live.clone())
            }),
            beside: self.databases_beside(scope),
            secrets: sightings(&desired.databases, |_, spec| secret(&spec.secret_name).map(|found| found.live.clone())),
            snapshots: self.observed_snapshots(scope),
            vault: self.observed_vault(scope),
            recovery_points: self.observed_recovery_points(scope),
            file_systems: self.observed_file_systems(scope),
            mount_targets: self.observed_mount_targets(scope),
            access_points: sightings(&desired.access_points, |name, spec| {
                self.find_access_point(scope, name, spec).map(|found| found.live.clone())
            }),
            foreign_access_points: self.foreign_access_points(scope),
            log_groups: sightings(&desired.log_groups, |_, spec| {
                self.described_log_group(&spec.log_group_name, scope.depth)
            }),
            target_groups: sightings(&desired.target_groups, |_, spec| {
                group(&spec.target_group_name).map(|found| self.described_target_group(found))
            }),
            target_health: self.observed_target_health(scope),
            rules: self.observed_rules(scope),
            listener_rules: sightings(&desired.listeners, |_, selector| {
                self.find_listener(selector).map(|listener| self.rules_of(&listener.live.arn))
            }),
            services: sightings(&desired.services, |_, spec| self.find_service(&spec.cluster, &spec.service_name)),
            task_definitions: self.observed_task_definitions(scope),
            task_families: sightings(&desired.tasks, |_, spec| {
                self.newest_active(&spec.family).map(super::task_definition::described)
            }),
            revisions: scope
                .revisions
                .iter()
                .map(|name| (name.clone(), sighting(self.named_revision(name).map(super::task_definition::described))))
                .collect(),
            scaling: sightings(&desired.services, |_, spec| self.find_scaling(&spec.cluster, &spec.service_name)),
            alarms: sightings(&desired.alarms, |_, spec| self.described_alarm(&spec.alarm_name, scope.depth)),
            dashboards: sightings(&desired.dashboards, |_, spec| self.described_dashboard(&spec.dashboard_name)),
            borrowed: self.observed_borrowed(scope),
            undeclared: self.undeclared(scope),
            surveyed: scope.depth == Depth::Survey,
            gaps: Vec::new(),
            resolved_ids: self.resolved_ids(scope),
        }
    }

    /// Ids of the listeners and file systems that the spec points at.
    fn resolved_ids(&self, scope: &Scope) -> BTreeMap<String, String> {
        let listeners = scope.desired.listeners.values();
        let listeners = listeners.filter_map(|selector| Some((selector, self.find_listener(selector)?)));
        let mut ids: BTreeMap<String, String> =
            listeners.map(|(selector, found)| (selector.to_string(), found.live.arn.clone())).collect();
        for spec in scope.desired.file_systems.values() {
            let FileSystemSpec::Borrowed { selector: selector @ Selector::Tag { .. }, .. } = spec else { continue };
            let mut systems = self.file_systems.values();
            if let Some(found) = systems.find(|found| selects(selector, &found.live.id, &found.live.tags)) {
                ids.insert(selector.to_string(), found.live.id.clone());
            }
        }
        ids
    }

    fn find_service(&self, cluster: &str, name: &str) -> Option<LiveService> {
        // What has been deleted is described for another hour, but nobody has to know.
        let found = self.services.get(&self.service_arn(cluster, name)).filter(|found| found.live.status != "INACTIVE");
        found.map(|found| described(&found.live))
    }

    fn find_scaling(&self, cluster: &str, name: &str) -> Option<LiveScaling> {
        let id = format!("service/{}/{name}", short_name(cluster));
        self.scalable_targets.get(&id).map(|found| found.live.clone())
    }

    fn observed_snapshots(&self, scope: &Scope) -> Sightings<Vec<LiveSnapshot>> {
        let of = |identifier: &str, key: Option<&ResourceKey>| {
            let ours = |tags: &Tags| scope.desired.owns(tags) && key.is_some() && key_of(tags).as_ref() == key;
            let of_it = |live: &LiveSnapshot| live.database == identifier || ours(&live.tags);
            let found = self.snapshots.values().filter(|found| of_it(&found.live));
            let mut found: Vec<LiveSnapshot> = found.map(|found| self.described_snapshot(found)).collect();
            found
                .sort_by(|left, right| (right.created_at, &right.identifier).cmp(&(left.created_at, &left.identifier)));
            found
        };
        let own = scope.desired.databases.iter();
        let own = own.map(|(name, spec)| {
            let key = ResourceKey::new(ResourceKind::Snapshot, name);
            (name.clone(), Sighting::Present(of(&spec.identifier.to_lowercase(), Some(&key))))
        });
        let mut all: Sightings<Vec<LiveSnapshot>> = own.collect();
        for identifier in &scope.foreign_databases {
            all.insert(identifier.clone(), Sighting::Present(of(&identifier.to_lowercase(), None)));
        }
        for name in &scope.foreign_snapshots {
            let found = self.snapshots.get(&name.to_lowercase()).map(|found| vec![self.described_snapshot(found)]);
            all.insert(name.clone(), sighting(found));
        }
        all
    }

    fn observed_task_definitions(&self, scope: &Scope) -> Sightings<serde_json::Value> {
        sightings(&scope.desired.services, |_, spec| {
            let service = self.find_service(&spec.cluster, &spec.service_name)?;
            self.revision(&service.task_definition).map(super::task_definition::described)
        })
    }

    /// Only where a service is not steady: one call for each target group.
    fn observed_target_health(&self, scope: &Scope) -> BTreeMap<String, Vec<TargetHealth>> {
        let mut health = BTreeMap::new();
        for spec in scope.desired.services.values() {
            let Some(service) = self.find_service(&spec.cluster, &spec.service_name) else { continue };
            let Some(attachment) = spec.attachment.as_ref().filter(|_| !is_steady(&service)) else { continue };
            let Some(group) = scope.desired.target_groups.get(&attachment.target_group) else { continue };
            let mut found = self.target_groups.values();
            if let Some(found) = found.find(|found| found.live.target_group_name == group.target_group_name) {
                health.insert(attachment.target_group.clone(), self.target_health(&found.live.arn));
            }
        }
        health
    }

    /// Our rules by their tags, a warming rule under its own name.
    fn observed_rules(&self, scope: &Scope) -> Sightings<LiveRule> {
        let mut found: Sightings<LiveRule> =
            scope.desired.rules.keys().map(|name| (name.clone(), Sighting::Absent)).collect();
        for rule in
            self.rules.values().filter(|rule| rule.live.tags.as_ref().is_some_and(|tags| scope.desired.owns(tags)))
        {
            let by_conditions = || {
                let mut same = scope.desired.rules.iter().filter(|(_, spec)| spec.conditions == rule.live.conditions);
                same.next().map(|(name, _)| ResourceKey::new(ResourceKind::ListenerRule, name))
            };
            let Some(key) = key_of(&rule.tags()).or_else(by_conditions) else { continue };
            let base = key.name.strip_suffix(".warming").unwrap_or(&key.name);
            if scope.desired.rules.contains_key(base) {
                found.insert(key.name, Sighting::Present(rule.live.clone()));
            }
        }
        found
    }

    /// Every rule of a listener; the tags of strangers are not read.
    fn rules_of(&self, listener_arn: &str) -> Vec<LiveRule> {
        let rules = self.rules.values().filter(|rule| rule.live.listener_arn == listener_arn);
        let mut rules: Vec<LiveRule> = rules.map(|rule| rule.live.clone()).collect();
        rules.sort_by_key(|rule| rule.priority);
        rules
    }

    fn observed_borrowed(&self, scope: &Scope) -> Borrowed {
        let desired = &scope.desired;
        let deep = scope.depth == Depth::Preflight;
        let listeners = sightings(&desired.listeners, |_, selector| {
            let mut live = self.find_listener(selector)?.live.clone();
            if !deep {
                (live.vpc, live.protocol) = (None, None);
            }
            Some(live)
        });
        if scope.depth == Depth::Environment {
            return Borrowed { listeners, ..Borrowed::default() };
        }
        let some = |found: Vec<_>| Some(found).filter(|found: &Vec<_>| !found.is_empty());
        let subnets = desired
            .network
            .subnets
            .iter()
            .map(|selector| (selector.to_string(), sighting(some(self.find_subnets(selector)))));
        let of_databases = desired.databases.values().flat_map(|spec| &spec.security_groups);
        let groups = desired.network.security_groups.iter().chain(of_databases).map(|selector| {
            let found = self.find_security_groups(selector);
            (selector.to_string(), sighting(Some(found).filter(|found| !found.is_empty())))
        });
        let cluster = desired
            .cluster
            .as_deref()
            .filter(|_| deep)
            .map(|name| sighting(self.clusters.get(short_name(name)).cloned()));
        Borrowed { listeners, subnets: subnets.collect(), security_groups: groups.collect(), cluster }
    }
}

/// The resource that ownership tags name.
pub(super) fn key_of(tags: &Tags) -> Option<ResourceKey> {
    tags.get(TAG_RESOURCE)?.parse().ok()
}

/// Is a resource of this kind and name declared?
pub(super) fn is_declared(scope: &Scope, key: &ResourceKey) -> bool {
    let (desired, name) = (&scope.desired, key.name.as_str());
    match key.kind {
        ResourceKind::Database | ResourceKind::Secret => desired.databases.contains_key(name),
        ResourceKind::FileSystem => desired.file_systems.contains_key(name),
        ResourceKind::AccessPoint => desired.access_points.contains_key(name),
        ResourceKind::LogGroup => desired.log_groups.contains_key(name),
        ResourceKind::TaskDefinition => {
            let of_task = name.strip_suffix(".task").unwrap_or(name);
            desired.services.contains_key(name) || desired.tasks.contains_key(of_task)
        }
        ResourceKind::Service | ResourceKind::ScalableTarget => desired.services.contains_key(name),
        ResourceKind::TargetGroup => desired.target_groups.contains_key(name),
        ResourceKind::ListenerRule => desired.rules.contains_key(name.strip_suffix(".warming").unwrap_or(name)),
        ResourceKind::BackupVault | ResourceKind::RecoveryPoint | ResourceKind::FileRestore => true,
        ResourceKind::Alarm => desired.alarms.contains_key(name),
        // Snapshots outlive what they were taken of, mount targets and dashboards carry no tags, tasks end by themselves.
        ResourceKind::Snapshot
        | ResourceKind::MountTarget
        | ResourceKind::Task
        | ResourceKind::Dashboard
        | ResourceKind::Environment => true,
    }
}
