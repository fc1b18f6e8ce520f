//! The cloud as envctl sees it: three methods. The simulated cloud and AWS are each one implementation.

#[cfg(feature = "aws")]
pub mod aws;

use std::sync::Arc;

use async_trait::async_trait;

use crate::model::{Action, Live, Receipt, Scope, Status, Subject, Token};

mod prerequisites;
mod readings;
mod secret_value;
pub mod sim;
mod sizes;
mod topics;

pub use prerequisites::Prerequisites;
pub use readings::Readings;
pub use secret_value::{SecretValue, SecretValues};
pub use topics::{LONGEST_SUBJECT, Topics};

/// A cloud: AWS, or the simulated one.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Looks at one environment. A resource that cannot be read becomes
    /// [`Sighting::Unreadable`](crate::model::Sighting), never "absent" and never an abort.
    ///
    /// # Errors
    /// When nothing can be said at all: no credentials, no network.
    async fn observe(&self, scope: &Scope) -> Result<Live, CloudError>;

    /// Looks at several environments of one account and region, and answers in their order. A cloud that can, reads them by
    /// batch and page; what the account holds is then listed once for many such calls. One that cannot be looked at hides
    /// none of the others.
    async fn observe_all(&self, scopes: &[Scope]) -> Vec<Result<Live, CloudError>> {
        let mut seen = Vec::with_capacity(scopes.len());
        for scope in scopes {
            seen.push(self.observe(scope).await);
        }
        seen
    }

    /// Performs one action, every late value of which is resolved. Twice with one token is the same as once.
    ///
    /// # Errors
    /// See [`CloudErrorKind`]; the kind says whether trying again can help.
    async fn perform(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError>;

    /// How a subject is doing now.
    ///
    /// # Errors
    /// As for [`Cloud::perform`]. Absence is a [`Status`], no error.
    async fn status(&self, subject: &Subject) -> Result<Status, CloudError>;
}

/// What can be looked at: every cloud, and a [`ReadOnlyCloud`].
#[async_trait]
pub trait Observe: Send + Sync {
    /// See [`Cloud::observe`].
    ///
    /// # Errors
    /// As [`Cloud::observe`].
    async fn look(&self, scope: &Scope) -> Result<Live, CloudError>;

    /// See [`Cloud::status`].
    ///
    /// # Errors
    /// As [`Cloud::status`].
    async fn ask(&self, subject: &Subject) -> Result<Status, CloudError>;

    /// See [`Cloud::observe_all`].
    async fn look_at_all(&self, scopes: &[Scope]) -> Vec<Result<Live, CloudError>>;
}

#[async_trait]
impl<T: Cloud + ?Sized> Observe for T {
    async fn look(&self, scope: &Scope) -> Result<Live, CloudError> {
        self.observe(scope).await
    }

    async fn ask(&self, subject: &Subject) -> Result<Status, CloudError> {
        self.status(subject).await
    }

    async fn look_at_all(&self, scopes: &[Scope]) -> Vec<Result<Live, CloudError>> {
        self.observe_all(scopes).await
    }
}

/// A cloud that can only be looked at: whoever holds this, and nothing else, cannot change anything.
#[derive(Clone)]
pub struct ReadOnlyCloud(Arc<dyn Cloud>);

impl ReadOnlyCloud {
    /// Takes away every way to write.
    pub fn new(cloud: Arc<dyn Cloud>) -> Self {
        Self(cloud)
    }
}

#[async_trait]
impl Observe for ReadOnlyCloud {
    async fn look(&self, scope: &Scope) -> Result<Live, CloudError> {
        self.0.observe(scope).await
    }

    async fn ask(&self, subject: &Subject) -> Result<Status, CloudError> {
        self.0.status(subject).await
    }

    async fn look_at_all(&self, scopes: &[Scope]) -> Vec<Result<Live, CloudError>> {
        self.0.observe_all(scopes).await
    }
}

/// An error of a cloud, with everything that a person or AWS support would ask for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message}{}{}", .code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default(), .request_id.as_ref().map(|id| format!(" [request {id}]")).unwrap_or_default())]
pub struct CloudError {
    /// What to do about it.
    pub kind: CloudErrorKind,
    /// The API operation, `rds:CreateDBInstance`.
    pub operation: String,
    /// The API's error code; `None` when the request got no answer.
    pub code: Option<String>,
    /// The API's words, or ours.
    pub message: String,
    /// AWS request id.
    pub request_id: Option<String>,
    /// When AWS says until when it will refuse (the EFS 24-hour rule).
    pub retry_at: Option<jiff::Timestamp>,
}

/// Kinds of cloud error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudErrorKind {
    /// Too many requests: try again later and slower.
    Throttled,
    /// No answer, a lost one, or a 5xx: it may have been done. Try again with the same token.
    Unavailable,
    /// The resource is in a state in which it cannot be done yet: wait and try again.
    Busy,
    /// The resource is not there.
    NotFound,
    /// A resource of that name exists and is not ours, or is ours and differs.
    Conflict,
    /// Not allowed by IAM.
    Denied,
    /// Refused for good: invalid, over a quota, against a rule.
    Refused,
    /// A safety rule of envctl's own held: nothing was changed.
    Unsafe,
    /// No usable credentials.
    NoCredentials,
}
