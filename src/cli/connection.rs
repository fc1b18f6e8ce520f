//! The connection to AWS: what `--verbose` tells of its calls, and where it keeps revisions.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::cloud::CloudError;
use crate::cloud::aws::{AwsCloud, Call, ConnectOptions, RevisionCache};
use crate::store::Store;
use crate::store::cache::Cache;
use crate::ui::{Ui, Verbosity};

struct Revisions(Cache);

#[async_trait]
impl RevisionCache for Revisions {
    async fn revision(&self, arn: &str) -> Option<Value> {
        self.0.revision(arn).await
    }

    async fn remember(&self, arn: &str, document: &Value) {
        self.0.remember_revision(arn, document).await;
    }
}

/// Connects to AWS in this region.
pub(super) async fn connect(region: &str, store: &Store, ui: &Ui) -> Result<AwsCloud, CloudError> {
    let (verbose, waiting) = (ui.clone(), ui.clone());
    let mut options = ConnectOptions {
        revisions: Some(Arc::new(Revisions(Cache::new(store)))),
        on_wait: Some(Arc::new(move |text| waiting.say(text))),
        ..ConnectOptions::default()
    };
    if ui.verbosity >= Verbosity::Verbose {
        options.on_call = Some(Arc::new(move |call| verbose.say(&in_words(call))));
    }
    AwsCloud::connect(region, options).await
}

/// One line a call: operation, milliseconds, what came of it, request id.
fn in_words(call: &Call) -> String {
    let again = if call.attempt > 1 { format!(", attempt {}", call.attempt) } else { String::new() };
    let end = call.error.as_deref().unwrap_or("ok");
    let id = call.request_id.as_deref().unwrap_or("none");
    format!("call {} {} ms {end}{again} [request {id}]", call.operation, call.took.as_millis())
}
