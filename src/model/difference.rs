//! [`Difference`]: one declared value of a resource that is there, and that is not so.

use serde::{Deserialize, Serialize};

use super::ResourceKey;

/// One declared value that is not so. Found by comparing canonical forms, so every difference is real.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The resource.
    pub key: ResourceKey,
    /// The field as the spec (or the rendered document) names it, `class`.
    pub field: String,
    /// What the spec wants; `None`: nothing, it should not be there.
    pub wanted: Option<String>,
    /// What is there; `None`: nothing.
    pub found: Option<String>,
    /// What a person must do where `up` cannot mend it; `None`: `up` mends it.
    pub remedy: Option<String>,
}
