//! The promises of releases: only what completed is remembered, data goes back only when somebody asks for it, to exactly
//! what was due, and without loss; maintenance ends only when somebody ends it. Reads the world alone.

use std::collections::{BTreeMap, BTreeSet};

use envctl::cloud::sim::World;
use envctl::model::{
    Action, Desired, LiveDatabase, RuleAction, TAG_DATA_BEFORE, TAG_KEPT_AS, TAG_MAINTENANCE, TAG_REPLACE_WITH,
    TAG_REPLACES, TAG_REVISION,
};

/// Watches the releases of one session.
pub(crate) struct ReleaseChecker {
    desired: Desired,
    /// Revisions of which a deployment completed.
    completed: BTreeSet<String>,
    /// Newest version that each database held while it was live under its name.
    newest: BTreeMap<String, u64>,
    /// Databases whose data somebody has asked to be another than the newest.
    asked: BTreeSet<String>,
    /// Versions that a rollback has put aside, by database: in a kept database, or in a snapshot.
    aside: BTreeSet<(String, u64)>,
}

impl ReleaseChecker {
    pub(crate) fn new(desired: &Desired) -> Self {
        Self {
            desired: desired.clone(),
            completed: BTreeSet::new(),
            newest: BTreeMap::new(),
            asked: BTreeSet::new(),
            aside: BTreeSet::new(),
        }
    }

    /// All data may go.
    pub(crate) fn lets_go(&mut self) {
        self.newest.clear();
        self.aside.clear();
        self.data_may_go_back();
    }

    /// The data of every database may become older.
    pub(crate) fn data_may_go_back(&mut self) {
        self.asked = self.desired.databases.values().map(|spec| spec.identifier.clone()).collect();
    }

    /// A write is about to be made.
    pub(crate) fn before(&mut self, world: &World, action: &Action) -> Option<String> {
        match action {
            Action::Tag { key, tags, .. } if !tags.contains_key(TAG_DATA_BEFORE) => {
                let revision = tags.get(TAG_REVISION).filter(|revision| !self.completed.contains(*revision))?;
                Some(format!("6 releases: {key} remembers {revision}, of which no deployment completed"))
            }
            Action::ModifyRule { key, arn, actions, .. } if !key.name.ends_with(".warming") => {
                let opens = actions.iter().any(|action| matches!(action, RuleAction::Forward { .. }));
                let tags = world.rules.get(arn).and_then(|rule| rule.live.tags.as_ref())?;
                let closed = tags.contains_key(TAG_MAINTENANCE);
                (opens && closed).then(|| format!("8 maintenance: {key} opens, and nobody has ended it"))
            }
            _ => None,
        }
    }

    /// After a call.
    pub(crate) fn after(&mut self, world: &World) -> Vec<String> {
        let ours = world.services.values().map(|found| &found.live).filter(|live| self.desired.owns(&live.tags));
        let done = ours.flat_map(|live| &live.deployments);
        let done = done.filter(|found| found.rollout_state.as_deref() == Some("COMPLETED"));
        self.completed.extend(done.map(|found| found.task_definition.clone()));
        let mut broken = Vec::new();
        let identifiers: Vec<String> = self.desired.databases.values().map(|spec| spec.identifier.clone()).collect();
        for identifier in identifiers {
            broken.extend(self.data_of(world, &identifier));
        }
        let held = |(database, version): &(String, u64)| {
            let live = world.databases.values().filter(|found| !found.is_going()).map(|found| &found.data);
            let kept = world.snapshots.values().filter(|found| found.live.is_available()).map(|found| &found.data);
            live.chain(kept).any(|data| data.holds(database, *version))
        };
        let lost = self.aside.iter().filter(|version| !held(version));
        broken.extend(lost.map(|(database, version)| {
            format!("7 data: version {version} of {database} was put aside, and is nowhere")
        }));
        broken
    }

    /// Is the data of a database older than it was?
    fn data_of(&mut self, world: &World, identifier: &str) -> Option<String> {
        let found = world.databases.get(identifier).filter(|found| self.desired.owns(&found.live.tags))?;
        let version = found.data.version_of(identifier);
        let before = self.newest.insert(identifier.to_owned(), version).unwrap_or(0);
        if version >= before {
            return None;
        }
        if !self.asked.remove(identifier) {
            return Some(format!(
                "7 data: {identifier} went back from version {before} to {version}, and nobody asked"
            ));
        }
        if found.live.tags.contains_key(TAG_REPLACES) {
            self.aside.insert((identifier.to_owned(), before));
            let due = due_data(world, &found.live);
            if due.is_none_or(|due| due != version) {
                return Some(format!("7 data: {identifier} went back to version {version}, and {due:?} was due"));
            }
        }
        None
    }
}

/// The version in the snapshot that the database which was replaced names.
fn due_data(world: &World, live: &LiveDatabase) -> Option<u64> {
    let former = world.databases.values().map(|found| &found.live);
    let former = former.filter(|found| found.tags.contains_key(TAG_KEPT_AS));
    let former = former.filter(|found| live.tags.get(TAG_REPLACES) == Some(&found.resource_id)).collect::<Vec<_>>();
    let snapshot = world.snapshots.get(former.first()?.tags.get(TAG_REPLACE_WITH)?)?;
    Some(snapshot.data.version_of(&live.identifier))
}
