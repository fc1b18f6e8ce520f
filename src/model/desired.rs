//! [`Desired`]: an environment with its documents rendered. What the planner compares with [`Live`](super::Live).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AccessPointSpec, AlarmSpec, BackupSpec, Check, DashboardSpec, DatabaseSpec, FileSystemSpec, ListenerSelector,
    LogGroupSpec, NetworkSpec, Place, PolicyRules, ReleaseSpec, ResourceKey, ResourceKind, RetentionSpec, RuleSpec,
    ServiceSpec, SleepSpec, Tags, TargetGroupSpec, TaskSpec, ownership_tags,
};

/// The name of the one dashboard in keys.
pub const DASHBOARD: &str = "main";

/// What is wanted of the cloud, keyed by the names of the spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// Environment name.
    pub environment: String,
    /// Application, the value of the workspace tag.
    pub application: String,
    /// Account that it belongs to.
    pub account: String,
    /// Region.
    pub region: String,
    /// Refuses every destructive action.
    pub protect: bool,
    /// The spec's own tags.
    pub tags: Tags,
    /// ECS cluster (borrowed).
    pub cluster: Option<String>,
    /// Listeners (borrowed).
    pub listeners: BTreeMap<String, ListenerSelector>,
    /// Subnets and security groups (borrowed).
    pub network: NetworkSpec,
    /// File systems, owned and borrowed.
    pub file_systems: BTreeMap<String, FileSystemSpec>,
    /// Access points.
    pub access_points: BTreeMap<String, AccessPointSpec>,
    /// Databases; each has a secret of the same name in the spec.
    pub databases: BTreeMap<String, DatabaseSpec>,
    /// Log groups.
    pub log_groups: BTreeMap<String, LogGroupSpec>,
    /// Target groups; one a rule that forwards, of the same name.
    pub target_groups: BTreeMap<String, TargetGroupSpec>,
    /// Listener rules.
    pub rules: BTreeMap<String, RuleSpec>,
    /// Services with their task definitions (same name) and scalable targets (same name).
    pub services: BTreeMap<String, ServiceSpec>,
    /// One-off tasks.
    pub tasks: BTreeMap<String, TaskSpec>,
    /// What `verify` looks at, by name.
    #[serde(default)]
    pub checks: BTreeMap<String, Check>,
    /// What task definitions must keep to; `None`: nothing is demanded.
    #[serde(default)]
    pub policy: Option<PolicyRules>,
    /// What a release does.
    #[serde(default = "usual_release")]
    pub release: ReleaseSpec,
    /// Alarms.
    #[serde(default)]
    pub alarms: BTreeMap<String, AlarmSpec>,
    /// Dashboards: none, or one called [`DASHBOARD`].
    #[serde(default)]
    pub dashboards: BTreeMap<String, DashboardSpec>,
    /// How it sleeps.
    pub sleep: SleepSpec,
    /// Which snapshots are kept.
    pub retention: RetentionSpec,
    /// Where files of snapshots are kept.
    pub backup: BackupSpec,
    /// Where each resource and field is declared, `database/main.class`.
    pub places: BTreeMap<String, Place>,
}

fn usual_release() -> ReleaseSpec {
    ReleaseSpec::usual(false, super::AnnounceSpec::default())
}

impl Desired {
    /// All tags of one owned resource: the spec's own and the ownership tags, which win.
    pub fn tags_of(&self, key: &ResourceKey) -> Tags {
        let mut tags = self.tags.clone();
        tags.extend(ownership_tags(&self.application, &self.environment, &key.to_string()));
        tags
    }

    /// [`Desired::tags_of`] and, where a resource's name is only a tag, that tag.
    pub fn tags_with_name(&self, key: &ResourceKey) -> Tags {
        let mut tags = self.tags_of(key);
        let name = match key.kind {
            ResourceKind::AccessPoint => self.access_points.get(&key.name).map(|point| &point.access_point_name),
            ResourceKind::FileSystem => match self.file_systems.get(&key.name) {
                Some(FileSystemSpec::Owned { file_system_name, .. }) => Some(file_system_name),
                _ => None,
            },
            _ => None,
        };
        if let Some(name) = name {
            tags.entry("Name".to_owned()).or_insert_with(|| name.clone());
        }
        tags
    }

    /// The mark that the environment's dashboard carries.
    pub fn dashboard_mark(&self) -> String {
        super::dashboard_mark(&self.application, &self.environment)
    }

    /// Do these tags say that the resource is this environment's?
    pub fn owns(&self, tags: &Tags) -> bool {
        super::owned_by(tags, &self.application, &self.environment)
    }
}
