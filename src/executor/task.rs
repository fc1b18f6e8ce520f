//! The tasks of a run. They only talk to the cloud and hand back what it said; every decision is the loop's.

use std::sync::Arc;
use std::time::Duration;

use super::guard::WriteGuard;
use crate::cloud::{Cloud, CloudError, CloudErrorKind};
use crate::model::{Action, Receipt, Status, Subject, Token};

/// The longest a call may take before it counts as unanswered. The clouds have shorter bounds of their own; this one
/// holds when theirs do not.
const CALL: Duration = Duration::from_secs(15 * 60);
/// The same for a look.
const LOOK: Duration = Duration::from_secs(2 * 60);

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
            Ok(()) => {
                let call = tokio::time::timeout(CALL, self.cloud.perform(&action, &token));
                Answer::Performed(call.await.unwrap_or_else(|_| Err(unanswered("this call", CALL))))
            }
            Err(why) => Answer::NotAllowed(why),
        }
    }

    /// Looks at a subject after a while.
    pub(super) async fn look(self, subject: Subject, after: Duration) -> Answer {
        tokio::time::sleep(after).await;
        let look = tokio::time::timeout(LOOK, self.cloud.status(&subject));
        Answer::Looked(look.await.unwrap_or_else(|_| Err(unanswered("this look", LOOK))))
    }
}

fn unanswered(operation: &str, after: Duration) -> CloudError {
    CloudError {
        kind: CloudErrorKind::Unavailable,
        operation: operation.to_owned(),
        code: None,
        message: format!("no answer after {} s", after.as_secs()),
        request_id: None,
        retry_at: None,
    }
}

/// Lets time pass.
pub(super) async fn pause(duration: Duration) -> Answer {
    tokio::time::sleep(duration).await;
    Answer::Paused
}
