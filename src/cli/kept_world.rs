//! [`KeptWorld`]: the simulated cloud, on disk after each change. What AWS did, it did, whatever becomes of envctl; so it
//! is here when envctl is killed.

use std::sync::Arc;

use async_trait::async_trait;

use super::simulated::Keeper;
use crate::cloud::sim::SimCloud;
use crate::cloud::{Cloud, CloudError, Topics};
use crate::model::{Action, Live, Receipt, Scope, Status, Subject, Token};

/// A simulated cloud that is kept.
pub(super) struct KeptWorld {
    cloud: Arc<SimCloud>,
    keeper: Keeper,
}

impl KeptWorld {
    /// This cloud, kept by that keeper.
    pub(super) fn new(cloud: &Arc<SimCloud>, keeper: Keeper) -> Self {
        Self { cloud: Arc::clone(cloud), keeper }
    }

    /// A disk that is full is told when the command ends, and the file is written once more.
    fn keep<T>(&self, answer: T) -> T {
        let _ = self.keeper.keep(self.cloud.world());
        answer
    }
}

#[async_trait]
impl Cloud for KeptWorld {
    async fn observe(&self, scope: &Scope) -> Result<Live, CloudError> {
        // Time has passed, and the next command begins where this one is.
        self.keep(self.cloud.observe(scope).await)
    }

    async fn observe_all(&self, scopes: &[Scope]) -> Vec<Result<Live, CloudError>> {
        self.cloud.observe_all(scopes).await
    }

    async fn perform(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        self.keep(self.cloud.perform(action, token).await)
    }

    async fn status(&self, subject: &Subject) -> Result<Status, CloudError> {
        self.cloud.status(subject).await
    }
}

#[async_trait]
impl Topics for KeptWorld {
    async fn publish(&self, topic: &str, subject: &str, text: &str) -> Result<String, CloudError> {
        self.keep(self.cloud.publish(topic, subject, text).await)
    }
}
