//! The file systems of an observation: found by id, tag or creation token, with their access points and mount targets.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::AwsCloud;
use super::efs::leaving;
use super::fleet::{Batch, Index};
use super::observe::{key_in, sighting, unreadable};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{
    AccessPointSpec, Depth, FileSystemSpec, LiveAccessPoint, LiveFileSystem, LiveMountTarget, ResourceKey,
    ResourceKind, Scope, Selector, Sighting, Sightings, TAG_RESOURCE, Undeclared,
};

/// What was found of the storage.
#[derive(Default)]
pub(super) struct Storage {
    pub(super) file_systems: Sightings<LiveFileSystem>,
    pub(super) mount_targets: Sightings<Vec<LiveMountTarget>>,
    pub(super) access_points: Sightings<LiveAccessPoint>,
    pub(super) foreign_access_points: BTreeMap<String, u32>,
    pub(super) undeclared: Vec<Undeclared>,
    pub(super) resolved_ids: BTreeMap<String, String>,
}

/// The id of a file system of the spec; `None`: it is not there.
type Id = Result<Option<String>, CloudError>;

impl AwsCloud {
    pub(super) async fn look_at_storage(&self, scope: &Scope, batch: Option<&Batch<'_>>) -> Storage {
        let wanted = &scope.desired.file_systems;
        let mut storage = Storage::default();
        if wanted.is_empty() {
            return storage;
        }
        let all = match batch {
            Some(batch) => Some(batch.fleet.file_systems.clone()),
            None if wanted.values().any(|spec| must_be_listed(spec, scope)) => Some(self.file_systems().await),
            None => None,
        };
        let mut ids: BTreeMap<String, Id> = BTreeMap::new();
        for (name, spec) in wanted {
            let found = all.as_ref().map(|all| match all {
                Ok(all) => find(spec, scope, name, all),
                Err(error) => Err(error.clone()),
            });
            let id = match (&found, known_id(spec, scope)) {
                (Some(found), _) => {
                    found.as_ref().map(|system| system.as_ref().map(|system| system.id.clone())).map_err(Clone::clone)
                }
                (None, known) => Ok(known),
            };
            if let (Ok(Some(id)), FileSystemSpec::Borrowed { selector, .. }) = (&id, spec) {
                storage.resolved_ids.insert(selector.to_string(), id.clone());
            }
            if let Some(found) = found {
                storage.file_systems.insert(name.clone(), sighting(found));
            }
            ids.insert(name.clone(), id);
        }
        let (points, targets) = futures_util::join!(self.points_of(scope, &ids, batch), self.targets_of(scope, &ids));
        storage.mount_targets = targets;
        sort_points(scope, &ids, &points, &mut storage);
        if let Some(batch) = batch {
            // Of a batch only our own points were handed on.
            count_strangers(&ids, batch, &points, &mut storage);
        }
        storage
    }

    async fn points_of(
        &self,
        scope: &Scope,
        ids: &BTreeMap<String, Id>,
        batch: Option<&Batch<'_>>,
    ) -> BTreeMap<String, Result<Vec<LiveAccessPoint>, CloudError>> {
        let needed = ids.iter().filter(|(name, _)| {
            let mounted = scope.desired.access_points.values().any(|point| point.file_system == **name);
            mounted || scope.depth != Depth::Environment
        });
        let reads = needed.map(|(name, id)| async move {
            let points = match (id, batch) {
                (Ok(Some(id)), Some(batch)) => match batch.fleet.points.get(id) {
                    Some(points) => points.as_ref().map(|all| all.of(scope, [].iter())).map_err(Clone::clone),
                    None => Ok(Vec::new()),
                },
                (Ok(Some(id)), None) => self.access_points(id).await,
                (Ok(None), _) => Ok(Vec::new()),
                (Err(error), _) => Err(error.clone()),
            };
            (name.clone(), points)
        });
        join_all(reads).await.into_iter().collect()
    }

    async fn targets_of(&self, scope: &Scope, ids: &BTreeMap<String, Id>) -> Sightings<Vec<LiveMountTarget>> {
        let needed = ids.iter().filter(|(name, _)| {
            let owned = matches!(scope.desired.file_systems.get(*name), Some(FileSystemSpec::Owned { .. }));
            scope.depth == Depth::Preflight || (owned && scope.depth != Depth::Survey)
        });
        let reads = needed.map(|(name, id)| async move {
            let targets = match id {
                Ok(Some(id)) => sighting(self.mount_targets(id).await.map(Some)),
                Ok(None) => Sighting::Absent,
                Err(error) => unreadable(error),
            };
            (name.clone(), targets)
        });
        join_all(reads).await.into_iter().collect()
    }
}

/// Must every file system be listed for this one? Not when it is borrowed by an id that is known and may not be
/// changed.
fn must_be_listed(spec: &FileSystemSpec, scope: &Scope) -> bool {
    match spec {
        FileSystemSpec::Owned { .. } | FileSystemSpec::Borrowed { throughput: Some(_), .. } => true,
        FileSystemSpec::Borrowed { .. } => scope.depth == Depth::Preflight || known_id(spec, scope).is_none(),
    }
}

pub(super) fn known_id(spec: &FileSystemSpec, scope: &Scope) -> Option<String> {
    match spec {
        FileSystemSpec::Borrowed { selector: Selector::Id(id), .. } => Some(id.clone()),
        FileSystemSpec::Borrowed { selector, .. } => scope.known_ids.get(&selector.to_string()).cloned(),
        FileSystemSpec::Owned { .. } => None,
    }
}

/// How many access points of others stand on each file system.
fn count_strangers(
    ids: &BTreeMap<String, Id>,
    batch: &Batch<'_>,
    ours: &BTreeMap<String, Result<Vec<LiveAccessPoint>, CloudError>>,
    storage: &mut Storage,
) {
    for (name, count) in &mut storage.foreign_access_points {
        let Some(Ok(Some(id))) = ids.get(name) else { continue };
        let all = batch.fleet.points.get(id).and_then(|points| points.as_ref().ok()).map_or(0, Index::len);
        let mine = ours.get(name).and_then(|points| points.as_ref().ok()).map_or(0, Vec::len);
        *count = u32::try_from(all.saturating_sub(mine)).unwrap_or(u32::MAX);
    }
}

/// The file system of this spec among all: an owned one by its creation token, or by our tags.
pub(super) fn find(
    spec: &FileSystemSpec,
    scope: &Scope,
    name: &str,
    all: &[(String, LiveFileSystem)],
) -> Result<Option<LiveFileSystem>, CloudError> {
    let there = all.iter().filter(|(_, system)| !leaving(&system.state));
    match spec {
        FileSystemSpec::Borrowed { selector: Selector::Id(id), .. } => {
            Ok(there.map(|(_, system)| system).find(|system| system.id == *id).cloned())
        }
        FileSystemSpec::Borrowed { selector: Selector::Tag { key, value }, .. } => {
            let matching: Vec<&LiveFileSystem> =
                there.map(|(_, system)| system).filter(|system| system.tags.get(key) == Some(value)).collect();
            match matching.as_slice() {
                [] => Ok(None),
                [only] => Ok(Some((*only).clone())),
                several => {
                    let ids: Vec<&str> = several.iter().map(|system| system.id.as_str()).collect();
                    let message = format!("{} file systems carry the tag {key}={value}: {}", ids.len(), ids.join(", "));
                    Err(super::error::own_error(
                        CloudErrorKind::Refused,
                        "elasticfilesystem:DescribeFileSystems",
                        message,
                    ))
                }
            }
        }
        FileSystemSpec::Owned { file_system_name, .. } => {
            let key = ResourceKey::new(ResourceKind::FileSystem, name).to_string();
            let ours = |system: &LiveFileSystem| {
                scope.desired.owns(&system.tags) && system.tags.get(TAG_RESOURCE) == Some(&key)
            };
            let found = there.filter(|(token, system)| token == file_system_name || ours(system));
            Ok(found.map(|(_, system)| system.clone()).max_by_key(ours))
        }
    }
}

fn sort_points(
    scope: &Scope,
    ids: &BTreeMap<String, Id>,
    points: &BTreeMap<String, Result<Vec<LiveAccessPoint>, CloudError>>,
    storage: &mut Storage,
) {
    let mut taken = Vec::new();
    for (name, spec) in &scope.desired.access_points {
        let sighting = match points.get(&spec.file_system) {
            Some(Ok(points)) => match best_point(scope, name, spec, points) {
                Some(point) => {
                    taken.push(point.id.clone());
                    Sighting::Present(point.clone())
                }
                None => Sighting::Absent,
            },
            Some(Err(error)) => unreadable(error),
            None => Sighting::Absent,
        };
        storage.access_points.insert(name.clone(), sighting);
    }
    for (name, points) in points {
        let Ok(points) = points else { continue };
        let (ours, foreign): (Vec<_>, Vec<_>) =
            points.iter().filter(|point| !leaving(&point.state)).partition(|point| scope.desired.owns(&point.tags));
        let foreign = u32::try_from(foreign.len()).unwrap_or(u32::MAX);
        if ids.get(name).is_some_and(Result::is_ok) {
            storage.foreign_access_points.insert(name.clone(), foreign);
        }
        let left = ours.into_iter().filter(|point| !taken.contains(&point.id));
        storage
            .undeclared
            .extend(left.filter_map(|point| Some(Undeclared { key: key_in(&point.tags)?, id: point.id.clone() })));
    }
}

/// Our access point of this key. After an interrupted replacement there are two: the one that fits is taken.
fn best_point<'a>(
    scope: &Scope,
    name: &str,
    spec: &AccessPointSpec,
    points: &'a [LiveAccessPoint],
) -> Option<&'a LiveAccessPoint> {
    let key = ResourceKey::new(ResourceKind::AccessPoint, name).to_string();
    let fits =
        |point: &LiveAccessPoint| (point.path == spec.path, point.uid == Some(spec.uid) && point.gid == Some(spec.gid));
    points
        .iter()
        .filter(|point| {
            // One of ours whose tag lost its name is known by its path.
            let named = point.tags.get(TAG_RESOURCE).map_or(point.path == spec.path, |named| *named == key);
            scope.desired.owns(&point.tags) && named
        })
        .filter(|point| !leaving(&point.state))
        .max_by_key(|point| fits(point))
}
