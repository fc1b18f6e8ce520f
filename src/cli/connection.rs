//! The connection to AWS: what `--verbose` tells of its calls, and where it keeps revisions.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::cloud::CloudError;
use crate::cloud::aws::{AwsCloud, Call, ConnectOptions, CredentialSource, RevisionCache};
use crate::store::cache::Cache;
use crate::store::{BucketKeys, KeySource, Store};
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

/// Keys for the store in a bucket, from the same sources as those for everything else.
#[derive(Debug, Default)]
struct Keys(CredentialSource);

#[async_trait]
impl KeySource for Keys {
    async fn keys(&self) -> Result<BucketKeys, String> {
        let found = self.0.credentials().await.map_err(|error| error.to_string())?;
        Ok(BucketKeys {
            access_key_id: found.access_key_id,
            secret_access_key: found.secret_access_key,
            session_token: found.session_token,
        })
    }
}

/// Where the keys for a bucket come from.
pub(super) fn bucket_keys() -> Arc<dyn KeySource> {
    Arc::new(Keys::default())
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
