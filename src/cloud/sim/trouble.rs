//! [`Trouble`]: why the simulated cloud refuses, in AWS's codes and words.

use jiff::Timestamp;

use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{Facts, Receipt, ResourceKey, fact_name};

/// A refusal before it knows which call it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    kind: CloudErrorKind,
    code: String,
    message: String,
    retry_at: Option<Timestamp>,
}

/// What a write answers.
pub(super) type Outcome = Result<Receipt, Trouble>;

impl Trouble {
    /// A trouble of this kind with the API's code and words.
    pub(super) fn new(kind: CloudErrorKind, code: &str, message: impl Into<String>) -> Self {
        Self { kind, code: code.to_owned(), message: message.into(), retry_at: None }
    }

    /// Refused for good.
    pub(super) fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::new(CloudErrorKind::Refused, code, message)
    }

    /// Not possible in this state, later perhaps.
    pub(super) fn busy(code: &str, message: impl Into<String>) -> Self {
        Self::new(CloudErrorKind::Busy, code, message)
    }

    /// Not there.
    pub(super) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(CloudErrorKind::NotFound, code, message)
    }

    /// The name is taken by something that is not ours, or that differs.
    pub(super) fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(CloudErrorKind::Conflict, code, message)
    }

    /// A safety rule of envctl's own.
    pub(super) fn unsafe_to(message: impl Into<String>) -> Self {
        Self::new(CloudErrorKind::Unsafe, "", message)
    }

    /// The same, with the time until when AWS will refuse.
    pub(super) fn until(mut self, at: Timestamp) -> Self {
        self.retry_at = Some(at);
        self
    }

    /// Its code, or the kind where AWS has no code for it.
    pub(super) fn word(&self) -> String {
        if self.code.is_empty() { format!("{:?}", self.kind) } else { self.code.clone() }
    }

    /// The error of the call that met it.
    pub(super) fn of_call(self, operation: &str, request_id: String) -> CloudError {
        CloudError {
            kind: self.kind,
            operation: operation.to_owned(),
            code: Some(self.code).filter(|code| !code.is_empty()),
            message: self.message,
            request_id: Some(request_id),
            retry_at: self.retry_at,
        }
    }
}

/// A receipt with facts about one resource.
pub(super) fn receipt(changed: bool, key: &ResourceKey, facts: &[(&str, &str)]) -> Receipt {
    let facts: Facts =
        facts.iter().map(|(attribute, value)| (fact_name(key, attribute), (*value).to_owned())).collect();
    Receipt { facts, changed }
}

/// There was something to do, and it is done.
pub(super) fn changed() -> Outcome {
    Ok(Receipt { facts: Facts::new(), changed: true })
}

/// There was nothing left to do.
pub(super) fn unchanged() -> Outcome {
    Ok(Receipt { facts: Facts::new(), changed: false })
}
