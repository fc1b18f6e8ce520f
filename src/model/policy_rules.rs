//! [`PolicyRules`]: what the spec demands of its task definitions (C3a).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Comparison;

/// What every container of every task definition must keep to. Names of variables may hold wildcards `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRules {
    /// Variables that the main container must have, plain or as a secret.
    pub required: Vec<String>,
    /// Variables that no container may have.
    pub forbidden: Vec<String>,
    /// Variables that must come as a secret where they are there.
    pub secret: Vec<String>,
    /// What plain variables must be where they are there.
    pub values: BTreeMap<String, Comparison>,
    /// Rules beside these.
    pub rules: Vec<PolicyRule>,
}

/// A rule that needs no more than its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyRule {
    /// No variable `DEBUG`, `DJANGO_DEBUG`, `FLASK_DEBUG` … is on.
    Debug,
    /// No variable holds a key that is known from tutorials and project templates.
    DevelopmentKeys,
    /// No plain variable has a name such as `PASSWORD`, `SECRET_KEY`, `TOKEN`.
    PlainSecrets,
    /// No image is tagged `latest` or not at all.
    MovingTags,
    /// Every container has a log configuration.
    Logs,
    /// Every image is named by its digest.
    Digest,
    /// No container runs as root, or leaves its user to the image.
    NonRoot,
    /// The root file system of every container is read-only.
    ReadOnlyRoot,
}

impl PolicyRule {
    /// Every rule; those up to [`PolicyRule::Logs`] hold wherever a spec has a `policy`, unless it allows the breach.
    pub const ALL: [Self; 8] = [
        Self::Debug,
        Self::DevelopmentKeys,
        Self::PlainSecrets,
        Self::MovingTags,
        Self::Logs,
        Self::Digest,
        Self::NonRoot,
        Self::ReadOnlyRoot,
    ];

    /// Does it hold without being asked for?
    pub fn is_usual(self) -> bool {
        self <= Self::Logs
    }

    /// The word of the spec.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::DevelopmentKeys => "development-keys",
            Self::PlainSecrets => "plain-secrets",
            Self::MovingTags => "moving-tags",
            Self::Logs => "logs",
            Self::Digest => "digest",
            Self::NonRoot => "non-root",
            Self::ReadOnlyRoot => "read-only-root",
        }
    }
}
