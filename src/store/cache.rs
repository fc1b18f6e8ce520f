//! What can be learned again: ids behind selectors, registered revisions, how long steps take. A cache that cannot be
//! read is empty; one that cannot be written is not written. Neither is an error.

use std::collections::BTreeMap;
use std::time::Duration;

use object_store::path::Path;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Store;
use crate::model::{Plan, StepId};

/// Durations that are kept of each kind of step.
const SAMPLES: usize = 10;

/// The caches of a store.
#[derive(Clone)]
pub struct Cache {
    store: Store,
}

/// Seconds that steps took lately, by kind of step (`restore-database`), oldest first.
pub type Durations = BTreeMap<String, Vec<u64>>;

impl Cache {
    /// The caches of this store.
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone() }
    }

    /// Ids resolved by earlier observations, for [`Scope::known_ids`](crate::model::Scope). May be stale.
    pub async fn known_ids(&self, environment: &str) -> BTreeMap<String, String> {
        self.read(&self.store.path(["cache", "ids", &format!("{environment}.json")])).await.unwrap_or_default()
    }

    /// Remembers the ids of an observation ([`Live::resolved_ids`](crate::model::Live)) beside those of earlier ones:
    /// not every observation resolves all.
    pub async fn remember_ids(&self, environment: &str, ids: &BTreeMap<String, String>) {
        let known = self.known_ids(environment).await;
        let mut all = known.clone();
        all.extend(ids.clone());
        if all != known {
            self.write(&self.store.path(["cache", "ids", &format!("{environment}.json")]), &all).await;
        }
    }

    /// The document of a registered revision, by its ARN. A revision never changes: what is here is true for ever.
    pub async fn revision(&self, arn: &str) -> Option<Value> {
        self.read(&self.revision_path(arn)).await
    }

    /// Remembers the document of a registered revision.
    pub async fn remember_revision(&self, arn: &str, document: &Value) {
        if let Ok(content) = serde_json::to_vec(document) {
            let written = self.store.create(&self.revision_path(arn), content).await;
            self.note(written.map(drop));
        }
    }

    /// How long steps took lately.
    pub async fn durations(&self, environment: &str) -> Durations {
        self.read(&self.store.path(["cache", "durations", &format!("{environment}.json")])).await.unwrap_or_default()
    }

    /// Adds what the steps of a run took.
    pub async fn remember_durations(&self, environment: &str, took: &BTreeMap<StepId, Duration>) {
        if took.is_empty() {
            return;
        }
        let mut known = self.durations(environment).await;
        for (step, duration) in took {
            let samples = known.entry(kind_of(step).to_owned()).or_default();
            samples.push(duration.as_secs());
            let surplus = samples.len().saturating_sub(SAMPLES);
            samples.drain(..surplus);
        }
        self.write(&self.store.path(["cache", "durations", &format!("{environment}.json")]), &known).await;
    }

    fn revision_path(&self, arn: &str) -> Path {
        self.store.path(["cache", "revisions"].into_iter().chain(arn.split([':', '/']).filter(|part| !part.is_empty())))
    }

    async fn read<T: DeserializeOwned>(&self, path: &Path) -> Option<T> {
        let content = match self.store.read(path).await {
            Ok(content) => content?,
            Err(error) => {
                self.note(Err(error));
                return None;
            }
        };
        match serde_json::from_slice(&content) {
            Ok(value) => Some(value),
            Err(error) => {
                self.store.notice(format!("{path} in the store is damaged and was passed over: {error}"));
                // What is damaged would stay in the way of a create-only entry.
                let _ = self.store.remove(path).await;
                None
            }
        }
    }

    async fn write<T: Serialize>(&self, path: &Path, value: &T) {
        if let Ok(content) = serde_json::to_vec(value) {
            let written = self.store.replace(path, content).await;
            self.note(written);
        }
    }

    fn note(&self, result: Result<(), super::StoreError>) {
        if let Err(error) = result {
            self.store.notice(format!("the cache cannot be used: {error}"));
        }
    }
}

/// What a step of this kind usually takes, seconds: the median of what it took lately; `None`: it never ran.
pub fn expected_seconds(durations: &Durations, kind: &str) -> Option<u64> {
    let mut samples = durations.get(kind)?.clone();
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied()
}

/// Replaces the plan's expected times by what this environment's steps really took, where they ever ran.
pub fn estimate(plan: &mut Plan, durations: &Durations) {
    for step in &mut plan.steps {
        if let Some(seconds) = usual_seconds(durations, &step.id) {
            step.expected_seconds = seconds;
        }
    }
}

/// What this step, or another of its kind, usually takes here, seconds; `None`: none ever ran.
pub fn usual_seconds(durations: &Durations, step: &StepId) -> Option<u64> {
    expected_seconds(durations, kind_of(step))
}

/// The kind of a step: its id without the name of the resource, so that what one database took is known for another.
fn kind_of(step: &StepId) -> &str {
    step.0.split('/').next().unwrap_or(&step.0)
}
