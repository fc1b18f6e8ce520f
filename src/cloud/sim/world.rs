//! [`World`]: everything that the simulated cloud knows, as plain data that the caller may keep as JSON.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::access_point::AccessPoint;
use super::alarm::{Alarm, Dashboard};
use super::backup::{BackupJob, RecoveryPoint, Vault};
use super::behaviour::Behaviours;
use super::chance;
use super::database::Database;
use super::file_system::{FileSystem, MountTarget};
use super::log_group::LogGroup;
use super::metrics::Metric;
use super::network::{Listener, SecurityGroup, Subnet};
use super::rule::Rule;
use super::scaling::ScalableTarget;
use super::secret::Secret;
use super::service::Service;
use super::snapshot::Snapshot;
use super::target_group::TargetGroup;
use super::task::Task;
use super::task_definition::Family;
use super::topic::Announcement;
use crate::model::TrailEvent;

/// One account in one region. Maps are keyed by what AWS makes unique: identifiers for databases, ARNs for services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// What every number of chance is derived from.
    pub seed: u64,
    /// How far it has aged.
    pub now: Timestamp,
    /// Last number used for an id.
    pub serial: u64,
    /// Durations in percent of the usual; a slow day has more than 100.
    pub pace_percent: u32,
    /// Databases by identifier.
    pub databases: BTreeMap<String, Database>,
    /// Manual snapshots by identifier.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// The newest version ever written to each database, by identifier: what must never be lost.
    pub written: BTreeMap<String, u64>,
    /// The newest version ever written below each file path, by `path_identity` of its file system:
    /// what must never be lost.
    #[serde(default)]
    pub files_written: BTreeMap<String, u64>,
    /// Backup vaults by name.
    #[serde(default)]
    pub vaults: BTreeMap<String, Vault>,
    /// Recovery points by ARN.
    #[serde(default)]
    pub recovery_points: BTreeMap<String, RecoveryPoint>,
    /// Backups and restores of files by job id.
    #[serde(default)]
    pub backup_jobs: BTreeMap<String, BackupJob>,
    /// What every host name of a database ends with, where a real account's is known; `None`: made from the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_domain: Option<String>,
    /// Secrets by ARN.
    pub secrets: BTreeMap<String, Secret>,
    /// ECS clusters: name to status.
    pub clusters: BTreeMap<String, String>,
    /// Services by ARN.
    pub services: BTreeMap<String, Service>,
    /// Task definition families.
    pub families: BTreeMap<String, Family>,
    /// Tasks by ARN; stopped ones for an hour.
    pub tasks: BTreeMap<String, Task>,
    /// Scalable targets by `service/CLUSTER/SERVICE`.
    pub scalable_targets: BTreeMap<String, ScalableTarget>,
    /// Listeners by ARN.
    pub listeners: BTreeMap<String, Listener>,
    /// Rules by ARN.
    pub rules: BTreeMap<String, Rule>,
    /// Target groups by ARN.
    pub target_groups: BTreeMap<String, TargetGroup>,
    /// File systems by id.
    pub file_systems: BTreeMap<String, FileSystem>,
    /// Mount targets by id.
    pub mount_targets: BTreeMap<String, MountTarget>,
    /// Access points by id.
    pub access_points: BTreeMap<String, AccessPoint>,
    /// Log groups by name.
    pub log_groups: BTreeMap<String, LogGroup>,
    /// Metrics that somebody planted, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// Alarms by name.
    #[serde(default)]
    pub alarms: BTreeMap<String, Alarm>,
    /// Dashboards by name.
    #[serde(default)]
    pub dashboards: BTreeMap<String, Dashboard>,
    /// Subnets by id.
    pub subnets: BTreeMap<String, Subnet>,
    /// Security groups by id.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Families of tasks that scrub: when one of them succeeds, the data it was pointed at counts as scrubbed.
    pub scrub_families: BTreeSet<String>,
    /// What tasks of a family print when all goes well, as the specs expect it.
    #[serde(default)]
    pub expected_outputs: BTreeMap<String, Vec<String>>,
    /// What images and families do that is out of the ordinary.
    pub behaviours: Behaviours,
    /// What hands did, oldest first: what CloudTrail would tell of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trail: Vec<TrailEvent>,
    /// Every call since the world was read, oldest first; written are only the newest.
    #[serde(serialize_with = "newest_calls")]
    pub calls: Vec<Call>,
    /// Announcements that were made, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub announcements: Vec<Announcement>,
    /// Promises that were seen broken, in words, each once.
    pub violations: BTreeSet<String>,
}

/// One API call that the simulated cloud answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// `rds:CreateDBInstance`.
    pub operation: String,
    /// The resource, by its name in the spec or at AWS; empty for lists.
    pub key: String,
    /// Could it change something?
    pub write: bool,
    /// `ok`, `unchanged`, or the error's code.
    pub outcome: String,
}

/// How many calls are kept in the JSON.
const CALLS_KEPT: usize = 200;

fn newest_calls<S: serde::Serializer>(calls: &[Call], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(&calls[calls.len().saturating_sub(CALLS_KEPT)..])
}

impl World {
    /// An empty account.
    pub fn new(account: &str, region: &str, seed: u64, now: Timestamp) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            seed,
            now,
            serial: 0,
            pace_percent: 100,
            databases: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            written: BTreeMap::new(),
            files_written: BTreeMap::new(),
            vaults: BTreeMap::new(),
            recovery_points: BTreeMap::new(),
            backup_jobs: BTreeMap::new(),
            database_domain: None,
            secrets: BTreeMap::new(),
            clusters: BTreeMap::new(),
            services: BTreeMap::new(),
            families: BTreeMap::new(),
            tasks: BTreeMap::new(),
            scalable_targets: BTreeMap::new(),
            listeners: BTreeMap::new(),
            rules: BTreeMap::new(),
            target_groups: BTreeMap::new(),
            file_systems: BTreeMap::new(),
            mount_targets: BTreeMap::new(),
            access_points: BTreeMap::new(),
            log_groups: BTreeMap::new(),
            metrics: Vec::new(),
            alarms: BTreeMap::new(),
            dashboards: BTreeMap::new(),
            subnets: BTreeMap::new(),
            security_groups: BTreeMap::new(),
            scrub_families: BTreeSet::new(),
            expected_outputs: BTreeMap::new(),
            behaviours: Behaviours::default(),
            trail: Vec::new(),
            calls: Vec::new(),
            announcements: Vec::new(),
            violations: BTreeSet::new(),
        }
    }

    /// Reads a world that [`World::to_json`] wrote.
    ///
    /// # Errors
    /// When the text is no such thing.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The world as JSON, with the newest calls only.
    ///
    /// # Errors
    /// Never in practice: every part is plain data.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// The time after so many seconds at today's pace, varied by up to a fifth with the name of what takes them.
    pub(super) fn after(&self, seconds: u32, name: &str) -> Timestamp {
        let spread = chance::number(self.seed, &["duration", name]) % 400;
        let milliseconds = u64::from(seconds) * (800 + spread) * u64::from(self.pace_percent) / 100;
        self.after_exactly(SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX)))
    }

    /// The time after exactly this long.
    pub(super) fn after_exactly(&self, duration: SignedDuration) -> Timestamp {
        self.now.checked_add(duration).unwrap_or(Timestamp::MAX)
    }

    /// A fresh id of so many hexadecimal digits.
    pub(super) fn fresh(&mut self, digits: usize) -> String {
        self.serial += 1;
        chance::hex(self.seed, &["id", &self.serial.to_string()], digits)
    }

    /// `arn:aws:SERVICE:REGION:ACCOUNT:REST`.
    pub(super) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.account)
    }

    /// Notes a broken promise.
    pub(super) fn violated(&mut self, what: String) {
        self.violations.insert(what);
    }
}

/// What a resource is made with beside its spec, as a read shows it.
pub(super) fn made_with(table: &[(&str, &str)]) -> BTreeMap<String, String> {
    table.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
