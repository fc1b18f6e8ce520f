//! AWS, through its SDK. The only module that links an SDK crate (feature `aws`).
//!
//! One file a service, reading and writing apart; [`observe`] puts the reads of one environment together in two
//! waves, [`client`] is the one way in which a call is made.

mod alarms;
mod answer;
mod backup;
mod backup_read;
mod cbor;
mod client;
mod credentials;
mod dashboards;
mod ecs;
mod ecs_read;
mod efs;
mod efs_read;
mod elb;
mod elb_action;
mod elb_page;
mod elb_read;
mod elb_rule;
mod emulated;
mod error;
mod fleet;
mod identity;
mod image;
mod json_metrics;
mod limiter;
mod log;
mod log_events;
mod logs;
mod metrics;
mod network;
mod observe;
mod observe_balancer;
mod observe_services;
mod observe_storage;
mod perform;
mod prerequisites;
mod pricing;
mod rds;
mod rds_guard;
mod rds_read;
mod revisions;
mod scaling;
mod secrets;
mod status;
mod tags;
mod task_definition;
mod topics;
mod trail;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::client::{Caller, Clients};
pub use self::client::{ConnectOptions, WaitListener};
pub use self::credentials::{CredentialSource, Credentials};
pub use self::log::{Call, CallListener};
pub use self::revisions::RevisionCache;
use super::{Cloud, CloudError, CloudErrorKind, Readings};
use crate::model::{
    Action, Live, LiveTask, LogLines, LogQuery, MetricQuery, MetricSeries, Receipt, ResourceKey, Scope, Status,
    Subject, Token, TrailEvent, TrailQuery, fact_name,
};

/// AWS in one region, with the credentials of the environment.
pub struct AwsCloud {
    clients: Clients,
    caller: Caller,
    region: String,
    /// What `AWS_REGION` says, where it says something else than the spec.
    other_region: Option<String>,
    /// Workspace and environment of the last observation: whose resources may be changed.
    owner: Mutex<Option<(String, String)>>,
    /// Task definition documents by ARN; a revision never changes.
    documents: Mutex<BTreeMap<String, Value>>,
    revisions: Option<Arc<dyn RevisionCache>>,
    /// What the account holds, while many environments are looked at.
    fleet: tokio::sync::Mutex<Option<fleet::Fleet>>,
}

impl AwsCloud {
    /// Connects with the credentials and settings that every AWS tool takes (`AWS_PROFILE`, `AWS_ENDPOINT_URL`,
    /// profile files, SSO …). The region is the spec's. When `AWS_REGION`
    /// names another one, [`Live::region`] says so, and the plan is refused.
    ///
    /// # Errors
    /// [`CloudErrorKind::NoCredentials`] when there are none, with the ways to give them.
    pub async fn connect(region: &str, options: ConnectOptions) -> Result<Self, CloudError> {
        let named = if options.settings.is_none() { client::named_region() } else { None };
        Ok(Self {
            other_region: named.filter(|named| named != region),
            clients: client::clients(region, &options).await?,
            caller: Caller::new(&options),
            region: region.to_owned(),
            owner: Mutex::default(),
            documents: Mutex::default(),
            revisions: options.revisions,
            fleet: tokio::sync::Mutex::default(),
        })
    }

    /// Every call made so far, one entry an attempt, in the order of the answers.
    pub fn calls(&self) -> Vec<Call> {
        self.caller.calls()
    }
}

#[async_trait]
impl Cloud for AwsCloud {
    async fn observe(&self, scope: &Scope) -> Result<Live, CloudError> {
        let owner = (scope.desired.application.clone(), scope.desired.environment.clone());
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner) = Some(owner);
        self.look(scope, None).await
    }

    async fn observe_all(&self, scopes: &[Scope]) -> Vec<Result<Live, CloudError>> {
        self.look_at_all(scopes).await
    }

    async fn perform(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        self.carry_out(action, token).await
    }

    async fn status(&self, subject: &Subject) -> Result<Status, CloudError> {
        self.ask(subject).await
    }
}

#[async_trait]
impl Readings for AwsCloud {
    async fn metrics(&self, queries: &[MetricQuery]) -> Result<Vec<MetricSeries>, CloudError> {
        self.metric_series(queries).await
    }

    async fn stopped_tasks(&self, cluster: &str, service_name: &str) -> Result<Vec<LiveTask>, CloudError> {
        self.lately_stopped(cluster, service_name).await
    }

    async fn log_lines(&self, query: &LogQuery) -> Result<LogLines, CloudError> {
        self.filtered_lines(query).await
    }

    async fn trail(&self, query: &TrailQuery, since: Timestamp) -> Result<Vec<TrailEvent>, CloudError> {
        self.lookup_events(query, since).await
    }
}

/// A receipt with facts about the resource of this key.
fn receipt(key: &ResourceKey, facts: &[(&str, &str)], changed: bool) -> Receipt {
    let known = facts.iter().filter(|(_, value)| !value.is_empty());
    Receipt {
        facts: known.map(|(attribute, value)| (fact_name(key, attribute), (*value).to_owned())).collect(),
        changed,
    }
}

/// A receipt without facts.
fn done(changed: bool) -> Receipt {
    Receipt { changed, ..Receipt::default() }
}

/// After a delete: what was gone already is done, and unchanged.
fn gone_is_done<T>(deleted: Result<T, CloudError>) -> Result<Receipt, CloudError> {
    match deleted {
        Ok(_) => Ok(done(true)),
        Err(error) if error.kind == CloudErrorKind::NotFound => Ok(done(false)),
        Err(error) => Err(error),
    }
}

/// Hex digits of a hash of these parts: the same in every run, no longer than the API takes.
fn digest(parts: &[&str], length: usize) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    hex.chars().take(length).collect()
}
