//! What planted images do: the ways in which a task fails (`aws.md` 1.5).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::prerequisites::RoleTrouble;
use crate::model::fargate;

/// How the containers of a task behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// As it should, whatever the image's name says.
    Well,
    /// The image is in no registry.
    Missing,
    /// The image is there, and cannot be pulled all the same.
    CannotPull,
    /// The application ends with this exit code soon after its start.
    Exits(i32),
    /// The application runs, and its health check fails.
    NeverHealthy,
    /// Killed for its memory.
    OutOfMemory,
    /// Takes three minutes to answer.
    SlowStart,
}

impl std::fmt::Display for Behaviour {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Well => formatter.write_str("well"),
            Self::Missing => formatter.write_str("missing"),
            Self::CannotPull => formatter.write_str("cannot-pull"),
            Self::Exits(code) => write!(formatter, "exits-{code}"),
            Self::NeverHealthy => formatter.write_str("never-healthy"),
            Self::OutOfMemory => formatter.write_str("out-of-memory"),
            Self::SlowStart => formatter.write_str("slow-start"),
        }
    }
}

/// Planted behaviour. Beside it, an image whose name or tag contains `no-such-image`, `cannot-pull`, `exits-1`, `never-healthy`,
/// `out-of-memory` or `slow-start` behaves so, and one that contains `needs-3000-mib` runs out of memory where its task
/// has less.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behaviours {
    /// By a part of the image's name, or by the whole name of the family.
    pub planted: BTreeMap<String, Behaviour>,
    /// Exit codes of one-off tasks by family; 0 where nothing is said.
    pub exit_codes: BTreeMap<String, i32>,
    /// What one-off tasks print, by family, instead of what is expected of them.
    #[serde(default)]
    pub outputs: BTreeMap<String, Vec<String>>,
    /// Status words of `aws.md` 2.2 in which databases end instead of `available`, by identifier: `restore-error`,
    /// `incompatible-network`, `storage-full`.
    pub database_ends: BTreeMap<String, String>,
    /// Databases, by identifier, of which every snapshot ends as `failed`.
    pub failing_snapshots: BTreeSet<String>,
    /// States in which backups of a file system end instead of `COMPLETED`, by its creation token: `FAILED`, `EXPIRED`,
    /// `ABORTED`, `PARTIAL`.
    #[serde(default)]
    pub backup_ends: BTreeMap<String, String>,
    /// States in which restores to a file system end instead of `COMPLETED`, by its creation token.
    #[serde(default)]
    pub restore_ends: BTreeMap<String, String>,
    /// Operations that are refused, `rds:StartDBInstance`, with the code: `InsufficientDBInstanceCapacity`.
    pub refused: BTreeMap<String, String>,
    /// What is the matter with roles, by name.
    #[serde(default)]
    pub roles: BTreeMap<String, RoleTrouble>,
    /// Names with a tag by names with a digest, `REPOSITORY@DIGEST`: how an image behaves that is named by its digest.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
    /// Checks that fail, `ENVIRONMENT/CHECK`, with the reason.
    #[serde(default)]
    pub failing_checks: BTreeMap<String, String>,
    /// Values of secrets for checks, by name: play data, given with `envctl sim secret`.
    #[serde(default)]
    pub secret_values: BTreeMap<String, String>,
}

impl Behaviours {
    /// How tasks of this definition behave; `None`: well.
    pub(super) fn of(&self, family: &str, document: &Value) -> Option<Behaviour> {
        if let Some(planted) = self.planted.get(family) {
            return Some(*planted);
        }
        let containers = document["containerDefinitions"].as_array()?;
        let memory = document["memory"].as_str().and_then(fargate::memory_mib);
        let images = containers.iter().filter_map(|container| container["image"].as_str());
        let mut images = images.map(|image| self.digests.get(image).map_or(image, String::as_str));
        images.find_map(|image| self.of_image(image).or_else(|| starved(image, memory)))
    }

    /// What the name of an image, or somebody, says about it.
    pub(super) fn of_image(&self, image: &str) -> Option<Behaviour> {
        let planted = self.planted.iter().find(|(part, _)| image.contains(part.as_str()));
        planted.map(|(_, behaviour)| *behaviour).or_else(|| {
            [
                ("no-such-image", Behaviour::Missing),
                ("cannot-pull", Behaviour::CannotPull),
                ("exits-1", Behaviour::Exits(1)),
                ("never-healthy", Behaviour::NeverHealthy),
                ("out-of-memory", Behaviour::OutOfMemory),
                ("slow-start", Behaviour::SlowStart),
            ]
            .into_iter()
            .find(|(word, _)| image.contains(word))
            .map(|(_, behaviour)| behaviour)
        })
    }
}

/// `…needs-3000-mib…` in a task of less memory.
fn starved(image: &str, memory_mib: Option<u64>) -> Option<Behaviour> {
    let (_, rest) = image.split_once("needs-")?;
    let needs: u64 = rest.split_once("-mib")?.0.parse().ok()?;
    (memory_mib? < needs).then_some(Behaviour::OutOfMemory)
}
