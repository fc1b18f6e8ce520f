//! A record of every call that was sent: for `--verbose`, and for tests that count calls and waves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// One attempt of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The API operation, `rds:DescribeDBInstances`.
    pub operation: &'static str,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// When it was sent, since the connection was made.
    pub sent_after: Duration,
    /// How long the answer took.
    pub took: Duration,
    /// How long it was held back before, to stay below AWS's limits.
    pub held_back: Duration,
    /// The error's code, or its kind when it has none; `None`: it went through.
    pub error: Option<String>,
    /// AWS request id.
    pub request_id: Option<String>,
}

/// Told of each call after its answer.
pub type CallListener = Arc<dyn Fn(&Call) + Send + Sync>;

/// The record of one connection.
pub(super) struct CallLog {
    begun: Instant,
    calls: Mutex<Vec<Call>>,
    listener: Option<CallListener>,
}

impl CallLog {
    pub(super) fn new(listener: Option<CallListener>) -> Self {
        Self { begun: Instant::now(), calls: Mutex::default(), listener }
    }

    /// Time since the connection was made.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(super) fn record(&self, call: Call) {
        if let Some(listener) = &self.listener {
            listener(&call);
        }
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
