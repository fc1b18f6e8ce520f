//! What the task does that moves restored files into place: the script of the planner, played on the directories of
//! the simulated file system. It is told apart by its variables.

use serde_json::Value;

use super::backup::{RECOVERY_DIRECTORY, is_below};
use super::file_system::FileSystem;
use super::references;
use super::world::World;
use crate::model::{MOVE_ASIDE, MOVE_PATH, MOVE_WHAT};

impl World {
    /// Moves files as this task would: its exit code. `None`: it is no such task.
    pub(super) fn move_files(&mut self, document: &Value) -> Option<i32> {
        let path = references::variable(document, MOVE_PATH)?.to_owned();
        let aside = references::variable(document, MOVE_ASIDE)?.to_owned();
        let what = references::variable(document, MOVE_WHAT)?.to_owned();
        let (system, _) = references::volumes(document).first().copied()?;
        let system = self.file_systems.get_mut(system)?;
        let code = match what.as_str() {
            "discard" => discard(system, &path),
            what => put_in_place(system, &path, &aside, what == "if-there"),
        };
        Some(code)
    }
}

fn put_in_place(system: &mut FileSystem, path: &str, aside: &str, optional: bool) -> i32 {
    let exists = |system: &FileSystem, path: &str| system.directories.keys().any(|found| is_below(found, path));
    if exists(system, aside) && exists(system, path) {
        return 0;
    }
    let restored = system.directories.keys().filter_map(|directory| {
        let rest = directory.strip_prefix(RECOVERY_DIRECTORY)?;
        let (name, inside) = rest.split_at(rest.find('/')?);
        is_below(inside, path).then(|| format!("{RECOVERY_DIRECTORY}{name}"))
    });
    let Some(newest) = restored.max() else {
        return if optional { 0 } else { 3 };
    };
    if exists(system, path) {
        rename(system, path, aside);
    } else {
        system.directories.entry(aside.to_owned()).or_default();
    }
    rename(system, &format!("{newest}{path}"), path);
    0
}

fn discard(system: &mut FileSystem, path: &str) -> i32 {
    let former = format!("{path}.before-");
    system.directories.retain(|directory, _| !directory.starts_with(&former));
    0
}

fn rename(system: &mut FileSystem, from: &str, to: &str) {
    let moved: Vec<String> = system.directories.keys().filter(|found| is_below(found, from)).cloned().collect();
    for directory in moved {
        if let Some(content) = system.directories.remove(&directory) {
            system.directories.insert(directory.replacen(from, to, 1), content);
        }
    }
}
