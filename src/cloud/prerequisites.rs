//! [`Prerequisites`]: what a task needs that envctl neither makes nor borrows by name. Apart from
//! [`Cloud`](super::Cloud): whoever holds it can change nothing.

use async_trait::async_trait;

use super::CloudError;
use crate::model::{EcrRepository, FoundImage, FoundRole, ImageName};

/// Looks up images, roles, secrets and log groups: at AWS, or in the simulated cloud.
#[async_trait]
pub trait Prerequisites: Send + Sync {
    /// The image of this name in its repository of ECR; `None`: the repository, the tag or the digest is not there.
    ///
    /// # Errors
    /// When it cannot be looked up.
    async fn image(&self, repository: &EcrRepository, name: &ImageName) -> Result<Option<FoundImage>, CloudError>;

    /// The role of this name in the account; `None`: it is not there.
    ///
    /// # Errors
    /// When it cannot be looked up.
    async fn role(&self, name: &str) -> Result<Option<FoundRole>, CloudError>;

    /// Is there a secret of this name or ARN that does not wait for its deletion?
    ///
    /// # Errors
    /// When it cannot be looked up.
    async fn has_secret(&self, id: &str) -> Result<bool, CloudError>;

    /// Is there a log group of this name?
    ///
    /// # Errors
    /// When it cannot be looked up.
    async fn has_log_group(&self, name: &str) -> Result<bool, CloudError>;
}
