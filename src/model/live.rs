//! [`Live`]: what is there, from one observation of the cloud.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Desired, Facts, FileSystemSpec, LiveAccessPoint, LiveAlarm, LiveDashboard, LiveDatabase, LiveFileSystem,
    LiveLogGroup, LiveMountTarget, LiveRecoveryPoint, LiveRule, LiveScaling, LiveSecret, LiveService, LiveSnapshot,
    LiveTargetGroup, ResourceKey, ResourceKind, Selector, TargetHealth, fact_name,
};

/// What an observation looks for. Everything is found by name or tag; no state file says where things are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// What is wanted: its names say what to describe.
    pub desired: Desired,
    /// How much to look at.
    pub depth: Depth,
    /// Ids that were resolved before ([`Live::resolved_ids`]): saves calls and a wave. May be stale.
    pub known_ids: BTreeMap<String, String>,
    /// Database identifiers beside the environment's own whose snapshots are asked for (`up --from`).
    pub foreign_databases: Vec<String>,
    /// Snapshots by name that are asked for (`up --from`).
    pub foreign_snapshots: Vec<String>,
    /// Revisions (`family:6`, or ARN) whose documents are asked for.
    pub revisions: Vec<String>,
}

/// How much an observation looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The environment alone: at most 12 calls in two waves.
    Environment,
    /// Everything that the spec declares, tags and attributes included, and nothing that a comparison does not need: at
    /// most 12 calls in two waves for one resource of each kind, given [`Scope::known_ids`].
    Comparison,
    /// As [`Depth::Comparison`], without what AWS tells of one resource at a time only (attributes of target groups,
    /// scaling policies, mount targets, dashboards, tags of alarms): one of hundreds, read by [`Cloud::observe_all`](crate::cloud::Cloud).
    Survey,
    /// Also what it borrows (subnets, security groups, cluster, listener, mount targets): before a write.
    Preflight,
}

impl Depth {
    /// Is it for a comparison, and not on the way to a change?
    pub fn compares(self) -> bool {
        matches!(self, Self::Comparison | Self::Survey)
    }
}

/// A thing that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sighting<T> {
    /// AWS says that it is not there.
    Absent,
    /// It is there.
    Present(T),
    /// It could not be looked at: never the same as absent.
    Unreadable {
        /// Why, with operation, code and request id.
        why: String,
    },
}

impl<T> Sighting<T> {
    /// The thing, when it is there.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(thing) => Some(thing),
            Self::Absent | Self::Unreadable { .. } => None,
        }
    }

    /// AWS said that it is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// Things by their name in the spec; what was not looked for is not in the map.
pub type Sightings<T> = BTreeMap<String, Sighting<T>>;

/// One observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// When it was made, in the cloud's time.
    pub observed_at: Timestamp,
    /// Account of the credentials.
    pub account: String,
    /// Region looked at.
    pub region: String,
    /// Databases.
    pub databases: Sightings<LiveDatabase>,
    /// Databases of ours beside the declared one of the same key: kept ones that were replaced, and one that is about to
    /// replace it.
    #[serde(default)]
    pub beside: Vec<LiveDatabase>,
    /// Secrets of the databases.
    pub secrets: Sightings<LiveSecret>,
    /// Manual snapshots of each database, newest first; foreign ones under the identifier asked for.
    pub snapshots: Sightings<Vec<LiveSnapshot>>,
    /// The vault of the environment's recovery points, its name; `None`: not looked at, no path is taken along.
    #[serde(default)]
    pub vault: Option<Sighting<String>>,
    /// This environment's recovery points, newest first, by file system; not looked at where no path is taken along.
    #[serde(default)]
    pub recovery_points: Sightings<Vec<LiveRecoveryPoint>>,
    /// File systems, owned and borrowed.
    pub file_systems: Sightings<LiveFileSystem>,
    /// Mount targets of the file systems (owned ones always, borrowed ones at [`Depth::Preflight`]).
    pub mount_targets: Sightings<Vec<LiveMountTarget>>,
    /// Access points.
    pub access_points: Sightings<LiveAccessPoint>,
    /// Access points of other owners on the file systems: who else a throughput change would touch.
    pub foreign_access_points: BTreeMap<String, u32>,
    /// Log groups.
    pub log_groups: Sightings<LiveLogGroup>,
    /// Target groups.
    pub target_groups: Sightings<LiveTargetGroup>,
    /// Health of the targets, by target group; only where its service is not steady.
    pub target_health: BTreeMap<String, Vec<TargetHealth>>,
    /// Our rules, by name in the spec; a warming rule (see the planner) under `NAME.warming`.
    pub rules: Sightings<LiveRule>,
    /// Every rule of each listener, by the listener's name in the spec: for priorities and shadowing.
    pub listener_rules: Sightings<Vec<LiveRule>>,
    /// Services.
    pub services: Sightings<LiveService>,
    /// Task definition documents that the services run, as AWS answered them, by service.
    pub task_definitions: Sightings<Value>,
    /// Newest revision of one-off tasks' families, as AWS answered it, by task.
    pub task_families: Sightings<Value>,
    /// Documents of the revisions that were asked for, as AWS answered them, under the name asked for.
    #[serde(default)]
    pub revisions: Sightings<Value>,
    /// Scalable targets, by service.
    pub scaling: Sightings<LiveScaling>,
    /// Alarms; looked for only where the spec declares some.
    #[serde(default)]
    pub alarms: Sightings<LiveAlarm>,
    /// Dashboards; looked for only where the spec declares one.
    #[serde(default)]
    pub dashboards: Sightings<LiveDashboard>,
    /// What is borrowed.
    pub borrowed: Borrowed,
    /// Resources that carry this environment's tags and that the spec no longer declares.
    pub undeclared: Vec<Undeclared>,
    /// Read at [`Depth::Survey`]: attributes of target groups and scaling policies are for another time.
    #[serde(default)]
    pub surveyed: bool,
    /// What could not be read beyond the sightings above, in words.
    pub gaps: Vec<String>,
    /// Ids resolved by this observation, the next one's [`Scope::known_ids`]: listeners and file systems by their
    /// selector; security groups and subnets, with spaces between them, by `security-groups SELECTOR` and
    /// `subnets SELECTOR`; the tags of recovery points, as JSON, by `tags of ARN`.
    #[serde(default)]
    pub resolved_ids: BTreeMap<String, String>,
}

/// A resource of ours that the spec no longer declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undeclared {
    /// Its key, from its tags.
    pub key: ResourceKey,
    /// AWS name or ARN.
    pub id: String,
}

/// What the environment borrows, as far as it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Borrowed {
    /// Listener ARN and its load balancer, by name in the spec.
    pub listeners: Sightings<LiveListener>,
    /// Subnets by selector text.
    pub subnets: Sightings<Vec<LiveSubnet>>,
    /// Security groups by selector text, the database's included.
    pub security_groups: Sightings<Vec<LiveSecurityGroup>>,
    /// Cluster status (`ACTIVE`); `None`: not looked at.
    pub cluster: Option<Sighting<String>>,
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveListener {
    /// ARN.
    pub arn: String,
    /// Load balancer ARN.
    pub load_balancer_arn: String,
    /// VPC of the load balancer; `None`: not looked at.
    pub vpc: Option<String>,
    /// `HTTPS` or `HTTP`; `None`: not looked at.
    pub protocol: Option<String>,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSubnet {
    /// `subnet-…`.
    pub id: String,
    /// VPC id.
    pub vpc: String,
    /// Availability zone name.
    pub zone: String,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// VPC id.
    pub vpc: String,
}

impl Live {
    /// Ids of these subnets or security groups, sorted; the selectors that matched nothing (or were unreadable).
    pub fn resolve_selectors(
        selectors: &[Selector],
        found: &BTreeMap<String, Vec<String>>,
    ) -> (Vec<String>, Vec<Selector>) {
        let mut ids = Vec::new();
        let mut missing = Vec::new();
        for selector in selectors {
            match (selector, found.get(&selector.to_string())) {
                (_, Some(matched)) if !matched.is_empty() => ids.extend(matched.iter().cloned()),
                (Selector::Id(id), None) => ids.push(id.clone()),
                _ => missing.push(selector.clone()),
            }
        }
        ids.sort();
        ids.dedup();
        (ids, missing)
    }

    /// The databases that stand beside the declared one of this name.
    pub fn beside_of<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a LiveDatabase> {
        let key = ResourceKey::new(ResourceKind::Database, name);
        self.beside.iter().filter(move |found| found.stands_beside(&key))
    }

    /// Everything known about live resources, for late values.
    pub fn facts(&self, desired: &Desired) -> Facts {
        let mut facts = Facts::new();
        for (name, database) in present(&self.databases) {
            facts.extend(database.facts(&ResourceKey::new(ResourceKind::Database, name)));
        }
        let mut note = |kind: ResourceKind, name: &str, pairs: &[(&str, &str)]| {
            for (attribute, value) in pairs {
                facts.insert(fact_name(&ResourceKey::new(kind, name), attribute), (*value).to_owned());
            }
        };
        for (name, secret) in present(&self.secrets) {
            note(ResourceKind::Secret, name, &[("arn", &secret.arn)]);
        }
        for (name, system) in present(&self.file_systems) {
            note(ResourceKind::FileSystem, name, &[("id", &system.id), ("arn", &system.arn)]);
        }
        for (name, point) in present(&self.access_points) {
            note(ResourceKind::AccessPoint, name, &[("id", &point.id), ("arn", &point.arn)]);
        }
        for (name, group) in present(&self.log_groups) {
            note(ResourceKind::LogGroup, name, &[("name", &group.log_group_name), ("arn", &group.arn)]);
        }
        for (name, group) in present(&self.target_groups) {
            note(ResourceKind::TargetGroup, name, &[("arn", &group.arn)]);
        }
        for (name, rule) in present(&self.rules) {
            note(ResourceKind::ListenerRule, name, &[("arn", &rule.arn)]);
        }
        for (name, service) in present(&self.services) {
            note(ResourceKind::Service, name, &[("arn", &service.arn)]);
            note(ResourceKind::TaskDefinition, name, &[("arn", &service.task_definition)]);
        }
        for (name, system) in &desired.file_systems {
            let FileSystemSpec::Borrowed { selector, .. } = system else { continue };
            let id = match selector {
                Selector::Id(id) => Some(id),
                Selector::Tag { .. } => self.resolved_ids.get(&selector.to_string()),
            };
            if let Some(id) = id {
                note(ResourceKind::FileSystem, name, &[("id", id)]);
            }
        }
        facts
    }
}

impl LiveDatabase {
    /// What a late value can ask of a database. Its endpoint is missing until AWS has made one.
    pub fn facts(&self, key: &ResourceKey) -> Facts {
        let mut facts = Facts::from([
            (fact_name(key, "arn"), self.arn.clone()),
            (fact_name(key, "resource-id"), self.resource_id.clone()),
        ]);
        if let Some(endpoint) = &self.endpoint {
            facts.insert(fact_name(key, "endpoint"), endpoint.host.clone());
            facts.insert(fact_name(key, "port"), endpoint.port.to_string());
        }
        facts
    }
}

/// The present ones of a map of sightings.
pub fn present<T>(sightings: &Sightings<T>) -> impl Iterator<Item = (&String, &T)> {
    sightings.iter().filter_map(|(name, sighting)| sighting.present().map(|thing| (name, thing)))
}
