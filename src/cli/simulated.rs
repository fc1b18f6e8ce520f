//! The simulated clouds of a workspace, kept in one file between commands.
//!
//! An account in a region is a world of its own. The simulated credentials of an environment are those that it was
//! first used with: when its spec names another account later, that is noticed as it would be at AWS.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::context::Session;
use super::error::CliError;
use super::kept_world::KeptWorld;
use crate::clock::{Clock, WallClock};
use crate::cloud::sim::{SimCloud, World};
use crate::model::Desired;
use crate::store::Store;
use crate::ui::{Ui, Verbosity};
use crate::workspace::Workspace;

const FORMAT_VERSION: u32 = 1;
/// The newest calls of a world that are kept between commands.
const CALLS_KEPT: usize = 200;

/// The file's content.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    format_version: u32,
    /// Where chance comes from: the same seed and commands, the same days.
    seed: u64,
    /// When worlds begin; `None`: when they are first used.
    start: Option<Timestamp>,
    /// Environment to world: the credentials that it was first used with.
    profiles: BTreeMap<String, String>,
    /// Worlds by `ACCOUNT/REGION`.
    worlds: BTreeMap<String, World>,
}

impl State {
    fn new(seed: u64, start: Option<Timestamp>) -> Self {
        Self { format_version: FORMAT_VERSION, seed, start, profiles: BTreeMap::new(), worlds: BTreeMap::new() }
    }

    /// A world in the place of what it was before.
    fn put(&mut self, name: String, mut world: World) {
        let surplus = world.calls.len().saturating_sub(CALLS_KEPT);
        world.calls.drain(..surplus);
        self.worlds.insert(name, world);
    }

    /// Writes the file anew and puts it in place of the old one at once.
    fn write(&self, path: &Path, sync: impl Fn(&File) -> std::io::Result<()>) -> std::io::Result<()> {
        let text = serde_json::to_string(self)?;
        let new = path.with_extension("json.new");
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes()).and_then(|()| sync(&file))?;
        std::fs::rename(&new, path)
    }
}

/// The worlds, open: no other envctl uses them until this is dropped.
pub(super) struct Simulated {
    path: PathBuf,
    state: State,
    ui: Ui,
    _lock: File,
}

impl Simulated {
    /// Opens the worlds of a workspace; waits while another envctl uses them.
    pub(super) fn open(workspace: &Workspace, ui: &Ui) -> Result<Self, CliError> {
        Self::with_state(workspace, ui, read)
    }

    /// Forgets every world, even those that cannot be read.
    pub(super) fn reset(workspace: &Workspace, ui: &Ui, seed: u64, start: Option<Timestamp>) -> Result<(), CliError> {
        Self::with_state(workspace, ui, |_| Ok(State::new(seed, start)))?.save()
    }

    fn with_state(
        workspace: &Workspace,
        ui: &Ui,
        state: impl FnOnce(&Path) -> Result<State, CliError>,
    ) -> Result<Self, CliError> {
        let folder = workspace.state_folder().join("sim");
        let failed = |error: std::io::Error| CliError::other(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let lock = lock(&folder.join("world.lock"), ui).map_err(failed)?;
        let path = folder.join("world.json");
        let state = state(&path)?;
        Ok(Self { path, state, ui: ui.clone(), _lock: lock })
    }

    /// The world that an environment lives in, made when it is used for the first time. Everything that the spec
    /// borrows is there.
    fn world_of(&mut self, desired: &Desired) -> (String, World) {
        let own = format!("{}/{}", desired.account, desired.region);
        let name = self.state.profiles.entry(desired.environment.clone()).or_insert(own).clone();
        let (account, region) = name.split_once('/').unwrap_or((&desired.account, &desired.region));
        let (seed, start) = (self.state.seed, self.state.start);
        let whole = |now: Timestamp| Timestamp::from_second(now.as_second()).unwrap_or(now);
        let fresh = || World::new(account, region, seed, start.unwrap_or_else(|| whole(WallClock.now())));
        let world = self.state.worlds.get(&name).cloned().unwrap_or_else(fresh);
        (name, world)
    }

    /// Runs `body` in the environment's world, in virtual time, and saves the world after each change, and whatever
    /// `body` answers.
    pub(super) fn run<T>(
        &mut self,
        desired: &Desired,
        store: Store,
        body: impl AsyncFnOnce(&Session, &SimCloud) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
        let (name, world) = self.world_of(desired);
        let keeper = Keeper { path: self.path.clone(), world: name.clone(), state: Mutex::new(self.state.clone()) };
        let (answer, world, before) = runtime.block_on(async {
            let cloud = Arc::new(SimCloud::new(world));
            cloud.seed_borrowed(desired);
            let kept = Arc::new(KeptWorld::new(&cloud, keeper));
            let session = Session { cloud: kept.clone(), topics: kept, ..Session::simulated(&cloud, store) };
            let before = cloud.world().calls.len();
            let answer = body(&session, &cloud).await;
            (answer, cloud.world(), before)
        });
        self.tell_calls(&world, before);
        self.state.put(name, world);
        let saved = self.save();
        // What went wrong inside matters more than a disk that is full afterwards.
        answer.and_then(|answer| saved.map(|()| answer))
    }

    /// Every call since then, at `--verbose`.
    fn tell_calls(&self, world: &World, before: usize) {
        if self.ui.verbosity < Verbosity::Verbose {
            return;
        }
        for call in world.calls.iter().skip(before) {
            let key = if call.key.is_empty() { String::new() } else { format!(" {}", call.key) };
            self.ui.say(&format!("call {}{key} {}", call.operation, call.outcome));
        }
    }

    /// Runs `body` in the environment's world and forgets what became of it: for who only looks.
    pub(super) fn look<T>(
        &mut self,
        desired: &Desired,
        store: Store,
        body: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
        let (_, world) = self.world_of(desired);
        runtime.block_on(async {
            let cloud = Arc::new(SimCloud::new(world));
            cloud.seed_borrowed(desired);
            body(&Session::simulated(&cloud, store)).await
        })
    }

    /// Writes the file anew, to be there also when the computer loses power.
    fn save(&self) -> Result<(), CliError> {
        let failed = |error: std::io::Error| CliError::other(format!("{}: {error}", self.path.display()));
        self.state.write(&self.path, |file| file.sync_all()).map_err(failed)
    }
}

/// Keeps the world that a command changes.
pub(super) struct Keeper {
    path: PathBuf,
    /// Its name.
    world: String,
    state: Mutex<State>,
}

impl Keeper {
    /// Writes the world down as it is now.
    pub(super) fn keep(&self, world: World) -> std::io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.put(self.world.clone(), world);
        // Whoever is killed has written: no disk need be waited for.
        state.write(&self.path, |_| Ok(()))
    }
}

/// Account and region of the world that each environment lives in.
pub(super) fn places(workspace: &Workspace) -> BTreeMap<String, (String, String)> {
    let state = read(&workspace.state_folder().join("sim").join("world.json"));
    let profiles = state.map(|state| state.profiles).unwrap_or_default().into_iter();
    let place = |world: String| world.split_once('/').map(|(one, two)| (one.to_owned(), two.to_owned()));
    profiles.filter_map(|(environment, world)| Some((environment, place(world)?))).collect()
}

/// The newest time of the worlds, without waiting for whoever uses them; `None`: there is none yet.
pub(super) fn newest_time(workspace: &Workspace) -> Option<Timestamp> {
    let state = read(&workspace.state_folder().join("sim").join("world.json")).ok()?;
    state.worlds.values().map(|world| world.now).max()
}

fn lock(path: &Path, ui: &Ui) -> std::io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            ui.say("Another envctl uses the simulated cloud of this workspace; waiting for it.");
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(file)
}

fn read(path: &Path) -> Result<State, CliError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::new(1, None)),
        Err(error) => return Err(CliError::other(format!("{}: {error}", path.display()))),
    };
    let damaged = |why: String| {
        CliError::other(format!("the simulated cloud cannot be read: {why}"))
            .hint("`envctl sim reset` begins with an empty one")
    };
    let state: State = serde_json::from_str(&text).map_err(|error| damaged(format!("{}: {error}", path.display())))?;
    if state.format_version != FORMAT_VERSION {
        return Err(damaged(format!("{} is of another version of envctl", path.display())));
    }
    Ok(state)
}
