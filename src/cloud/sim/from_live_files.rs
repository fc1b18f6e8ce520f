//! The part of [`World::from_live`] that is about files in snapshots. What is in them is not known, and need not be:
//! each recovery point, oldest first, holds one write more than the one before, and the path one more than all of them.

use super::backup::{RecoveryPoint, Vault};
use super::data::Write;
use super::file_system::{Directory, path_identity};
use super::world::World;
use crate::model::{
    AccessPointSpec, Desired, FileSystemSpec, Live, ResourceKey, ResourceKind, Sighting, TAG_SNAPSHOT_PATH,
};

impl World {
    pub(super) fn take_backups(&mut self, live: &Live, desired: &Desired) {
        if let Some(Sighting::Present(vault)) = &live.vault {
            let arn = self.arn("backup", &format!("backup-vault:{vault}"));
            let key = ResourceKey::new(ResourceKind::BackupVault, &desired.environment);
            let tags = if desired.backup.owned { desired.tags_of(&key) } else { Default::default() };
            self.vaults.insert(vault.clone(), Vault { arn, tags });
        }
        for (name, sighting) in &live.recovery_points {
            for point in sighting.present().into_iter().flatten().rev() {
                let taken = RecoveryPoint { live: point.clone(), directories: Default::default() };
                self.recovery_points.insert(point.arn.clone(), taken);
                for (path_name, spec) in backed_up(desired, name) {
                    let held = point.tags.get(&format!("{TAG_SNAPSHOT_PATH}{path_name}")) == Some(&spec.path);
                    if held && point.is_completed() {
                        let directory = self.one_more_file(desired, spec);
                        if let Some(point) = self.recovery_points.get_mut(&point.arn) {
                            point.directories.insert(spec.path.clone(), directory);
                        }
                    }
                }
            }
            for (path_name, spec) in backed_up(desired, name) {
                let Some(point) = live.access_points.get(path_name).and_then(Sighting::present) else { continue };
                let directory = self.one_more_file(desired, spec);
                if let Some(system) = self.file_systems.get_mut(&point.file_system_id) {
                    system.directories.insert(point.path.clone(), directory);
                }
            }
        }
    }

    /// A directory with everything written so far and one write more.
    fn one_more_file(&mut self, desired: &Desired, spec: &AccessPointSpec) -> Directory {
        let token = match desired.file_systems.get(&spec.file_system) {
            Some(FileSystemSpec::Owned { file_system_name, .. }) => file_system_name.as_str(),
            _ => "production",
        };
        let identity = path_identity(token, &spec.path);
        let newest = self.files_written.entry(identity.clone()).or_insert(0);
        *newest += 1;
        let write = |version| Write { database: identity.clone(), version, text: format!("as of {version}") };
        Directory {
            made_with: (spec.uid, spec.gid, spec.permissions.clone()),
            writes: (1..=*newest).map(write).collect(),
        }
    }
}

fn backed_up<'a>(desired: &'a Desired, file_system: &str) -> Vec<(&'a String, &'a AccessPointSpec)> {
    let paths = desired.access_points.iter();
    paths.filter(|(_, spec)| spec.snapshot && spec.file_system == file_system).collect()
}
