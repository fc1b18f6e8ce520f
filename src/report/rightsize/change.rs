//! What is to be written into the spec for a proposal, and what was written for an earlier one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Desired, FileSystemSpec, ResourceKey, ResourceKind};

/// Sizes that were written into a spec and applied, as the store remembers them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// When, in the cloud's time.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What.
    pub changes: Vec<AppliedChange>,
}

/// One value that was changed, and how the resource was used before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedChange {
    /// The resource.
    pub key: ResourceKey,
    /// The field of the spec.
    pub field: String,
    /// The file that declares it.
    pub file: String,
    /// What stood there.
    pub from: String,
    /// What stands there since.
    pub to: String,
    /// The figures of the proposal: name and figure.
    pub before: Vec<(String, String)>,
}

/// The keys that lead to a field of a resource in the spec: `services`, `backend`, `cpu`. A field below another is
/// written `scaling.cpu`.
pub fn spec_path(desired: &Desired, key: &ResourceKey, field: &str) -> Vec<String> {
    let borrowed = matches!(desired.file_systems.get(&key.name), Some(FileSystemSpec::Borrowed { .. }));
    let part: &[&str] = match key.kind {
        ResourceKind::Service => &["services"],
        ResourceKind::Database => &["databases"],
        _ if borrowed => &["borrow", "file_systems"],
        _ => &["file_systems"],
    };
    part.iter().copied().chain([key.name.as_str()]).chain(field.split('.')).map(str::to_owned).collect()
}
