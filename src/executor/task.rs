//! The tasks of a run. They only talk to the cloud and hand back what it said; every decision is the loop's.

use std::sync::Arc;
use std::time::Duration;

use super::guard::WriteGuard;
use crate::cloud::{Cloud, CloudError};
use crate::model::{Action, Receipt, Status, Subject, Token};

/// What a task brings back.
#[derive(Debug)]
pub(super) enum Answer {
    /// The pause before another try is over.
    Paused,
    /// The call was answered.
    Performed(Result<Receipt, CloudError>),
    /// The call was not made: the lease is gone.
    NotAllowed(String),
    /// The subject was looked at.
    Looked(Result<Status, CloudError>),
}

/// What tasks share.
#[derive(Clone)]
pub(super) struct Hands {
    pub(super) cloud: Arc<dyn Cloud>,
    pub(super) guard: Arc<dyn WriteGuard>,
}

impl Hands {
    /// Makes one call, if the lease is still held.
    pub(super) async fn perform(self, action: Action, token: Token) -> Answer {
        match self.guard.may_write().await {
            Ok(()) => Answer::Performed(self.cloud.perform(&action, &token).await),
            Err(why) => Answer::NotAllowed(why),
        }
    }

    /// Looks at a subject after a while.
    pub(super) async fn look(self, subject: Subject, after: Duration) -> Answer {
        tokio::time::sleep(after).await;
        Answer::Looked(self.cloud.status(&subject).await)
    }
}

/// Lets time pass.
pub(super) async fn pause(duration: Duration) -> Answer {
    tokio::time::sleep(duration).await;
    Answer::Paused
}
