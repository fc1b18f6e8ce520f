//! [`Topics`]: telling people. Apart from [`Cloud`](super::Cloud): an announcement changes nothing of an environment, is
//! in no plan, and whoever holds this can change nothing else.

use async_trait::async_trait;

use super::CloudError;

/// Longest subject that SNS takes, in characters (SNS Publish: `Subject`).
pub const LONGEST_SUBJECT: usize = 100;

/// Topics that people have subscribed to: those of SNS, or of the simulated cloud.
#[async_trait]
pub trait Topics: Send + Sync {
    /// Tells everybody who has subscribed to the topic of this ARN; the id of the message.
    ///
    /// # Errors
    /// When the topic is not there, may not be published to, or did not answer. Without an answer it may have been
    /// published: it is not tried again.
    async fn publish(&self, topic: &str, subject: &str, text: &str) -> Result<String, CloudError>;
}
