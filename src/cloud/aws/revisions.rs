//! Where task definition documents are kept from one run to the next.

use async_trait::async_trait;
use serde_json::Value;

/// Keeps task definition documents by ARN. A revision never changes, so what was kept is true for ever.
#[async_trait]
pub trait RevisionCache: Send + Sync {
    /// The document of a revision; `None`: not kept.
    async fn revision(&self, arn: &str) -> Option<Value>;
    /// Keeps a document, if it can.
    async fn remember(&self, arn: &str, document: &Value);
}
