//! The promises about files that go back: only when somebody asks for it, to exactly those of the snapshot, together
//! with the data, and what was there before is beside them. Reads the world alone.

use std::collections::{BTreeMap, BTreeSet};

use envctl::cloud::sim::{Directory, World};
use envctl::model::{
    Desired, LiveDatabase, TAG_FILES, TAG_REPLACE_WITH, TAG_REPLACES, TAG_SNAPSHOT, TAG_SNAPSHOT_PATH, Tags,
};

/// Watches the files of one session.
pub(crate) struct FileChecker {
    desired: Desired,
    /// Newest version that each place held while a path of ours led to it.
    newest: BTreeMap<String, u64>,
    /// Places whose files somebody has asked to be others than the newest.
    asked: BTreeSet<String>,
    /// Since all files may go: places that have gone. `None`: they may not.
    gone: Option<BTreeSet<String>>,
    /// Versions that a restore has put aside, by place.
    aside: BTreeSet<(String, u64)>,
    /// What must be there when a task runs again, since the data of this snapshot came back.
    due: BTreeMap<String, Due>,
    /// Databases whose return was seen, by resource id.
    seen: BTreeSet<String>,
}

/// The files of a place that a rollback owes.
struct Due {
    /// Id of the snapshot.
    id: String,
    /// What the snapshot holds.
    held: Directory,
    /// Newest version when the data came back: what is written afterwards is newer.
    newest: u64,
}

/// A directory that a path of ours leads to.
struct Place<'a> {
    name: String,
    path: &'a str,
    directory: &'a Directory,
    tags: &'a Tags,
}

impl Place<'_> {
    fn version(&self) -> u64 {
        version_of(self.directory, &self.name)
    }
}

fn version_of(directory: &Directory, place: &str) -> u64 {
    let own = directory.writes.iter().filter(|write| write.database == place);
    own.map(|write| write.version).max().unwrap_or(0)
}

impl FileChecker {
    pub(crate) fn new(desired: &Desired) -> Self {
        Self {
            desired: desired.clone(),
            newest: BTreeMap::new(),
            asked: BTreeSet::new(),
            gone: None,
            aside: BTreeSet::new(),
            due: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    /// All files may go.
    pub(crate) fn lets_go(&mut self) {
        self.may_go_back();
        self.gone = Some(BTreeSet::new());
        self.newest.clear();
        self.aside.clear();
        self.due.clear();
    }

    /// The files of every place may become older.
    pub(crate) fn may_go_back(&mut self) {
        self.asked.extend(self.newest.keys().cloned());
    }

    /// Somebody in the console may have let tasks run in the middle of it.
    pub(crate) fn hands_were_here(&mut self) {
        self.due.clear();
    }

    /// After a call.
    pub(crate) fn after(&mut self, world: &World) -> Vec<String> {
        let mut broken = Vec::new();
        self.note_due(world);
        let places = self.places(world);
        for place in &places {
            broken.extend(self.went_back(world, place));
        }
        let runs = |live: &envctl::model::LiveService| self.desired.owns(&live.tags) && live.running_count > 0;
        if world.services.values().any(|found| runs(&found.live)) {
            // An edit of the spec has led the path elsewhere in the middle of it: what the snapshot holds is not used.
            let led_elsewhere = places.iter().any(|place| !self.due.contains_key(&place.name));
            let due = std::mem::take(&mut self.due);
            for place in places.iter().filter(|_| !led_elsewhere) {
                broken.extend(due.get(&place.name).and_then(|due| is_not_back(due, place)));
            }
        }
        let lost = self.aside.iter().filter(|(place, version)| !is_held(world, place, *version));
        broken.extend(lost.map(|(place, version)| {
            format!("7 data: version {version} of the files of {place} was put aside, and is nowhere")
        }));
        broken
    }

    fn places<'a>(&self, world: &'a World) -> Vec<Place<'a>> {
        let points = world.access_points.values().map(|found| &found.live);
        let ours = points.filter(|live| self.desired.owns(&live.tags) && live.state == "available");
        let place = |live: &'a envctl::model::LiveAccessPoint| {
            let system = world.file_systems.get(&live.file_system_id)?;
            let directory = system.directories.get(&live.path)?;
            let name = format!("{}:{}", system.creation_token, live.path);
            Some(Place { name, path: &live.path, directory, tags: &live.tags })
        };
        ours.filter_map(place).collect()
    }

    /// Is it older than it was?
    fn went_back(&mut self, world: &World, place: &Place) -> Option<String> {
        if place.tags.get(TAG_FILES).is_some_and(|mark| mark.starts_with("needed:")) {
            // A file system that is made anew: a task that cleans data may mount it before its files are there.
            return None;
        }
        let (name, version) = (&place.name, place.version());
        let before = self.newest.insert(name.clone(), version).unwrap_or(0);
        if version >= before {
            return None;
        }
        // A place that nobody had seen when all files were let go may be seen while they go.
        let went_with_all = version == 0 && self.gone.as_mut().is_some_and(|gone| gone.insert(name.clone()));
        if went_with_all {
            return None;
        }
        if !self.asked.remove(name) {
            return Some(format!(
                "7 data: the files of {name} went back from version {before} to {version}, and nobody asked"
            ));
        }
        let (_, mark) = place.tags.get(TAG_FILES)?.split_once(':')?;
        self.aside.insert((name.clone(), before));
        let due = held(world, mark.split('/').next()?, place.path).map(|held| version_of(held, name));
        (due != Some(version))
            .then(|| format!("7 data: the files of {name} went back to version {version}, not {due:?}"))
    }

    /// A database has come back from a snapshot that holds files: they are due when the next task runs.
    fn note_due(&mut self, world: &World) {
        let ours = |live: &&LiveDatabase| self.desired.owns(&live.tags);
        let identifiers: BTreeSet<&String> = self.desired.databases.values().map(|spec| &spec.identifier).collect();
        let live = world.databases.values().map(|found| &found.live).filter(ours);
        let came: Vec<&LiveDatabase> = live.filter(|live| identifiers.contains(&live.identifier)).collect();
        for live in came {
            let Some(former) = live.tags.get(TAG_REPLACES).filter(|_| !self.seen.contains(&live.resource_id)) else {
                continue;
            };
            self.seen.insert(live.resource_id.clone());
            let former = world.databases.values().find(|found| found.live.resource_id == *former);
            let snapshot = former.and_then(|found| world.snapshots.get(found.live.tags.get(TAG_REPLACE_WITH)?));
            let Some(id) = snapshot.and_then(|snapshot| snapshot.live.tags.get(TAG_SNAPSHOT)) else { continue };
            for place in self.places(world) {
                if let Some(held) = held(world, id, place.path) {
                    let newest = world.files_written.get(&place.name).copied().unwrap_or(0);
                    self.due.insert(place.name, Due { id: id.clone(), held: held.clone(), newest });
                }
            }
        }
    }
}

/// What the snapshot of this id holds below a path that belongs to it.
fn held<'a>(world: &'a World, id: &str, path: &str) -> Option<&'a Directory> {
    let belongs = |tags: &Tags| tags.iter().any(|(tag, of)| tag.starts_with(TAG_SNAPSHOT_PATH) && of == path);
    let points = world.recovery_points.values();
    let points = points.filter(|point| point.live.is_completed() && belongs(&point.live.tags));
    let mut of_it = points.filter(|point| point.live.snapshot_id() == Some(id));
    of_it.find_map(|point| point.directories.get(path))
}

/// A task runs: are the files those of the snapshot, with nothing but what was written since?
fn is_not_back(due: &Due, place: &Place) -> Option<String> {
    let count = due.held.writes.len();
    let begins = place.directory.writes.get(..count).is_some_and(|begin| begin == due.held.writes);
    let since = place.directory.writes.iter().skip(count).all(|write| write.version > due.newest);
    let (name, id) = (&place.name, &due.id);
    (!begins || !since).then(|| format!("7 data: a task runs with the data of snapshot {id} and other files in {name}"))
}

fn is_held(world: &World, place: &str, version: u64) -> bool {
    let live = world.file_systems.values().flat_map(|system| system.directories.values());
    let kept = world.recovery_points.values().filter(|point| point.live.is_completed());
    let mut all = live.chain(kept.flat_map(|point| point.directories.values()));
    all.any(|directory| directory.writes.iter().any(|write| write.database == place && write.version == version))
}
