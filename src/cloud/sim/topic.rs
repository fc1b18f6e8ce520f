//! Announcements: what the simulated cloud keeps of those that nobody else hears.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SimCloud;
use crate::cloud::{CloudError, CloudErrorKind, Topics};

/// An announcement that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// When.
    pub at: Timestamp,
    /// ARN of a topic, or `webhook`.
    pub to: String,
    /// Subject; empty for a webhook.
    pub subject: String,
    /// What was told.
    pub text: String,
}

impl SimCloud {
    /// Keeps what would have been posted to a webhook.
    pub fn keep_post(&self, text: &str) {
        self.keep("webhook", "", text);
    }

    fn keep(&self, to: &str, subject: &str, text: &str) {
        self.edit(|world| {
            let (at, to, subject, text) = (world.now, to.to_owned(), subject.to_owned(), text.to_owned());
            world.announcements.push(Announcement { at, to, subject, text });
        });
    }
}

#[async_trait]
impl Topics for SimCloud {
    async fn publish(&self, topic: &str, subject: &str, text: &str) -> Result<String, CloudError> {
        let own = self.world().account;
        let account = topic.split(':').nth(4).unwrap_or_default();
        if account != own {
            return Err(CloudError {
                kind: CloudErrorKind::Denied,
                operation: "sns:Publish".to_owned(),
                code: Some("AuthorizationError".to_owned()),
                message: format!("account {own} is not authorized to perform SNS:Publish on resource {topic}"),
                request_id: None,
                retry_at: None,
            });
        }
        self.keep(topic, subject, text);
        Ok(format!("message-{}", self.world().announcements.len()))
    }
}
