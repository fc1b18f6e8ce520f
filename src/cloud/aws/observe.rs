//! One environment, read in two waves: everything whose name is known at once, then what hangs on the answers (tags,
//! task definitions, the health of what is not steady).
//!
//! With one of each resource and listener and file system known by id that is twelve calls: STS, `DescribeServices`,
//! `DescribeDBInstances`, `DescribeDBSnapshots`, `DescribeSecret`, `DescribeAccessPoints`, `DescribeLogGroups`,
//! `DescribeTargetGroups`, `DescribeRules`, `DescribeScalableTargets`, `DescribeScalingPolicies`; then `DescribeTags`.
//! The task definition of a revision is read once and kept.
//!
//! [`Depth::Comparison`] leaves out STS (the account stands in every ARN) and snapshots, and asks instead for the tags
//! of log groups and the attributes of target groups: twelve again.
//! With files in snapshots one more: `ListRecoveryPointsByBackupVault`, and the tags of recovery points never seen before.
//!
//! Where the spec declares alarms or a dashboard, `DescribeAlarms` and `GetDashboard` come on top in the first wave; tags
//! of alarms are read before a write alone, one call each.
//!
//! Application Auto Scaling is asked only when the spec declares scaling or before a write: a spec without scaling
//! works on servers that do not have that service at all.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::AwsCloud;
use super::emulated;
use super::error::is_unknown_operation;
use super::fleet::Batch;
use super::network;
use super::scaling::resource_id;
use super::status::is_steady;
use crate::clock::{Clock, WallClock};
use crate::cloud::CloudError;
use crate::model::{
    Depth, Live, LiveDatabase, LiveScaling, LiveService, LiveSnapshot, ResourceKey, ResourceKind, Scope, Sighting,
    Sightings, TAG_RESOURCE, Undeclared, present,
};

type Snapshots = Sightings<Vec<LiveSnapshot>>;

/// A read as a sighting: what could not be read is never "absent".
pub(super) fn sighting<T>(read: Result<Option<T>, CloudError>) -> Sighting<T> {
    match read {
        Ok(Some(thing)) => Sighting::Present(thing),
        Ok(None) => Sighting::Absent,
        Err(error) => unreadable(&error),
    }
}

/// The error as a sighting.
pub(super) fn unreadable<T>(error: &CloudError) -> Sighting<T> {
    Sighting::Unreadable { why: error.to_string() }
}

impl AwsCloud {
    pub(super) async fn look(&self, scope: &Scope, batch: Option<&Batch<'_>>) -> Result<Live, CloudError> {
        let rest = async {
            Ok(futures_util::join!(
                self.look_at_data(scope, batch),
                self.look_at_secrets(scope, batch),
                self.look_at_storage(scope, batch),
                self.look_at_backups(scope),
                self.look_at_balancer(scope, batch),
                self.look_at_compute(scope, batch),
                self.look_at_scaling(scope, batch),
                self.look_at_log_groups(scope, batch),
                self.look_at_borrowed(scope),
                self.look_at_alarms(scope, batch),
                self.look_at_dashboards(scope),
            ))
        };
        // Without an account nothing can be said: the rest is not waited for then.
        let (account, rest) = futures_util::try_join!(self.asked_account(scope), rest)?;
        let (
            (databases, snapshots),
            secrets,
            storage,
            backups,
            balancer,
            compute,
            scaling,
            log_groups,
            borrowed,
            alarms,
            dashboards,
        ) = rest;
        let mut live = Live {
            observed_at: WallClock.now(),
            account: account.unwrap_or_default(),
            region: self.other_region.clone().unwrap_or_else(|| self.region.clone()),
            databases: BTreeMap::new(),
            beside: Vec::new(),
            secrets,
            snapshots,
            vault: backups.vault,
            recovery_points: backups.recovery_points,
            file_systems: storage.file_systems,
            mount_targets: storage.mount_targets,
            access_points: storage.access_points,
            foreign_access_points: storage.foreign_access_points,
            log_groups,
            target_groups: balancer.target_groups,
            target_health: BTreeMap::new(),
            rules: balancer.rules,
            listener_rules: balancer.listener_rules,
            services: compute.services,
            task_definitions: compute.task_definitions,
            task_families: compute.task_families,
            revisions: compute.revisions,
            scaling,
            alarms,
            dashboards,
            borrowed,
            undeclared: storage.undeclared,
            surveyed: scope.depth == Depth::Survey,
            gaps: Vec::new(),
            resolved_ids: storage.resolved_ids,
        };
        live.undeclared.extend(balancer.undeclared);
        live.resolved_ids.extend(balancer.resolved_ids);
        live.resolved_ids.extend(network::resolved(&live.borrowed));
        live.resolved_ids.extend(backups.resolved_ids);
        live.borrowed.listeners = balancer.listeners;
        self.sort_databases(scope, databases, &mut live);
        if live.account.is_empty() && batch.is_none() {
            live.account = match account_in(&live) {
                Some(account) => account,
                None => self.account().await?,
            };
        }
        // How healthy each target is decides nothing that a spec declares.
        if !scope.depth.compares() {
            self.look_at_health(&mut live).await;
        }
        Ok(live)
    }

    /// The account of the credentials; `None`: not asked, for a comparison finds it in the ARNs of what is there.
    async fn asked_account(&self, scope: &Scope) -> Result<Option<String>, CloudError> {
        match scope.depth {
            Depth::Comparison | Depth::Survey => Ok(None),
            Depth::Environment | Depth::Preflight => self.account().await.map(Some),
        }
    }

    /// Databases and their snapshots. A comparison asks for snapshots only where a database is not there: they are
    /// what its data sleeps in.
    async fn look_at_data(
        &self,
        scope: &Scope,
        batch: Option<&Batch<'_>>,
    ) -> (Result<Vec<LiveDatabase>, CloudError>, Snapshots) {
        if let Some(Batch { fleet, .. }) = batch {
            let names = scope.desired.databases.values().map(|spec| &spec.identifier);
            let databases = fleet.databases.as_ref().map(|all| all.of(scope, names)).map_err(Clone::clone);
            let snapshots = fleet.snapshots.as_ref().map(|all| own_snapshots(scope, all)).unwrap_or_default();
            return (databases, snapshots);
        }
        if scope.depth != Depth::Comparison {
            return futures_util::join!(self.databases(), self.look_at_snapshots(scope));
        }
        let databases = self.databases().await;
        let is_there = |identifier: &str| match &databases {
            Ok(found) => found.iter().any(|database| database.identifier == identifier),
            Err(_) => true,
        };
        let sleeps = scope.desired.databases.values().any(|spec| !is_there(&spec.identifier));
        let snapshots = if sleeps { self.look_at_snapshots(scope).await } else { Snapshots::new() };
        (databases, snapshots)
    }

    fn sort_databases(&self, scope: &Scope, found: Result<Vec<LiveDatabase>, CloudError>, live: &mut Live) {
        let wanted = &scope.desired.databases;
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                live.databases = wanted.keys().map(|name| (name.clone(), unreadable(&error))).collect();
                return;
            }
        };
        for (name, spec) in wanted {
            let here = found.iter().find(|database| database.identifier == spec.identifier).cloned();
            let here = match here {
                Some(database) if self.clients.emulated => Some(emulated::on_the_port_asked_for(database, spec)),
                other => other,
            };
            live.databases.insert(name.clone(), sighting(Ok(here)));
        }
        let declared: BTreeSet<&str> = wanted.values().map(|spec| spec.identifier.as_str()).collect();
        for database in found.iter().filter(|database| !declared.contains(database.identifier.as_str())) {
            if let Some(key) = scope.desired.owns(&database.tags).then(|| key_in(&database.tags)).flatten() {
                if wanted.contains_key(&key.name) && database.stands_beside(&key) {
                    live.beside.push(database.clone());
                    continue;
                }
                live.undeclared.push(Undeclared { key, id: database.identifier.clone() });
            }
        }
    }

    async fn look_at_snapshots(&self, scope: &Scope) -> Snapshots {
        let asked = databases_asked(scope);
        let all = async {
            match asked.is_empty() {
                true => Ok(Vec::new()),
                false => self.manual_snapshots().await,
            }
        };
        // By name: also one that AWS made, or that another account shares.
        let named = join_all(scope.foreign_snapshots.iter().map(|name| async move {
            (name.clone(), sighting(self.snapshot(name).await.map(|found| found.map(|snapshot| vec![snapshot]))))
        }));
        let (all, named) = futures_util::join!(all, named);
        own_snapshots(scope, &all).into_iter().chain(named).collect()
    }

    async fn look_at_secrets(&self, scope: &Scope, batch: Option<&Batch<'_>>) -> Sightings<crate::model::LiveSecret> {
        if let Some(Batch { fleet, .. }) = batch {
            let find = |name: &str| fleet.secrets.as_ref().map(|all| all.get(name).cloned()).map_err(Clone::clone);
            let wanted = scope.desired.databases.iter();
            return wanted.map(|(name, spec)| (name.clone(), sighting(find(&spec.secret_name)))).collect();
        }
        let reads = scope
            .desired
            .databases
            .iter()
            .map(|(name, spec)| async move { (name.clone(), sighting(self.secret(&spec.secret_name).await)) });
        join_all(reads).await.into_iter().collect()
    }

    async fn look_at_log_groups(
        &self,
        scope: &Scope,
        batch: Option<&Batch<'_>>,
    ) -> Sightings<crate::model::LiveLogGroup> {
        let reads = scope.desired.log_groups.iter().map(|(name, spec)| async move {
            let group = match (scope.depth, batch) {
                (_, Some(batch)) => {
                    let found = batch.log_groups.as_ref().map(|all| all.get(&spec.log_group_name).cloned());
                    self.confirmed(scope, name, found.map_err(Clone::clone)).await
                }
                (Depth::Environment, None) => self.log_group(&spec.log_group_name).await,
                (Depth::Comparison | Depth::Survey | Depth::Preflight, None) => {
                    self.tagged_log_group(&scope.desired.account, &spec.log_group_name).await
                }
            };
            (name.clone(), sighting(group))
        });
        join_all(reads).await.into_iter().collect()
    }

    async fn look_at_scaling(&self, scope: &Scope, batch: Option<&Batch<'_>>) -> Sightings<LiveScaling> {
        let asked = scope
            .desired
            .services
            .iter()
            .filter(|(_, spec)| spec.scaling.is_some() || scope.depth != Depth::Environment);
        let ids: BTreeMap<String, String> =
            asked.map(|(name, spec)| (name.clone(), resource_id(&spec.cluster, &spec.service_name))).collect();
        if ids.is_empty() {
            return Sightings::new();
        }
        let found = match batch {
            Some(batch) if scope.depth == Depth::Survey => batch.targets.clone(),
            Some(batch) => self.with_policies(batch.targets.clone(), &ids).await,
            None => self.scalable_targets(&ids.values().cloned().collect::<Vec<_>>()).await,
        };
        let one = |(name, id): (String, String)| {
            let declared = scope.desired.services.get(&name).is_some_and(|spec| spec.scaling.is_some());
            let sighting = match &found {
                Ok(found) => sighting(Ok(found.get(&id).cloned())),
                // A server without the service holds no scalable target either.
                Err(error) if is_unknown_operation(error) && !declared => Sighting::Absent,
                // An emulator without it: not looked at, so that the plan says that nothing scales there.
                Err(error) if is_unknown_operation(error) && self.clients.emulated => return None,
                Err(error) => unreadable(error),
            };
            Some((name, sighting))
        };
        ids.into_iter().filter_map(one).collect()
    }

    /// The health of the targets whose service is not steady.
    async fn look_at_health(&self, live: &mut Live) {
        let groups = present(&live.target_groups).filter(|(_, group)| {
            let of_it = |service: &LiveService| {
                service.attachments.iter().any(|attachment| attachment.target_group_arn == group.arn)
            };
            present(&live.services).any(|(_, service)| of_it(service) && !is_steady(service))
        });
        let reads = groups.map(|(name, group)| async move { (name.clone(), self.target_health(&group.arn).await) });
        for (name, read) in join_all(reads).await {
            match read {
                Ok(targets) => drop(live.target_health.insert(name, targets)),
                Err(error) => live.gaps.push(error.to_string()),
            }
        }
    }
}

/// The databases whose snapshots are asked for: their names in the scope, and their identifiers.
fn databases_asked(scope: &Scope) -> BTreeMap<String, String> {
    let own = scope.desired.databases.iter().map(|(name, spec)| (name.clone(), spec.identifier.clone()));
    let foreign = scope.foreign_databases.iter().map(|name| (name.clone(), name.clone()));
    own.chain(foreign).collect()
}

/// The snapshots of each database asked for, among all.
fn own_snapshots(scope: &Scope, all: &Result<Vec<LiveSnapshot>, CloudError>) -> Snapshots {
    let of_one = |(key, identifier): (String, String)| {
        // Also those of a database of the same key that was replaced and renamed.
        let resource = ResourceKey::new(ResourceKind::Snapshot, &key);
        let declared = scope.desired.databases.contains_key(&key);
        let ours = |snapshot: &LiveSnapshot| {
            declared && scope.desired.owns(&snapshot.tags) && key_in(&snapshot.tags).as_ref() == Some(&resource)
        };
        let of_it = |all: &Vec<LiveSnapshot>| {
            let found = all.iter().filter(|snapshot| snapshot.database == identifier || ours(snapshot));
            found.cloned().collect::<Vec<_>>()
        };
        (key, sighting(all.as_ref().map(of_it).map(Some).map_err(Clone::clone)))
    };
    databases_asked(scope).into_iter().map(of_one).collect()
}

/// The account that the ARNs of what is there name; `None`: nothing is there.
fn account_in(live: &Live) -> Option<String> {
    let services = present(&live.services).map(|(_, found)| &found.arn);
    let databases = present(&live.databases).map(|(_, found)| &found.arn);
    let secrets = present(&live.secrets).map(|(_, found)| &found.arn);
    let groups = present(&live.target_groups).map(|(_, found)| &found.arn);
    let points = present(&live.access_points).map(|(_, found)| &found.arn);
    let logs = present(&live.log_groups).map(|(_, found)| &found.arn);
    let arns = services.chain(databases).chain(secrets).chain(groups).chain(points).chain(logs);
    let mut accounts = arns.filter_map(|arn| arn.split(':').nth(4)).filter(|account| !account.is_empty());
    accounts.next().map(str::to_owned)
}

/// The key that a resource of ours carries; `None`: none, or one that this version does not know.
pub(super) fn key_in(tags: &crate::model::Tags) -> Option<ResourceKey> {
    tags.get(TAG_RESOURCE)?.parse().ok()
}

/// Is this key declared, among these names of its kind?
pub(super) fn is_declared<T>(key: &ResourceKey, kind: ResourceKind, names: &BTreeMap<String, T>) -> bool {
    key.kind == kind && names.contains_key(&key.name)
}
