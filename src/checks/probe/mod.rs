//! What is looked at over the network: HTTP, TLS, WebSocket, PostgreSQL. Every step has a deadline, everything that is
//! read has a bound, and an answer that cannot be had says at which step it was lost.

mod certificate;
mod client;
mod connect;
mod header_policy;
pub(super) mod http;
mod sql;
mod sql_client;
mod tls;
mod web_socket;

use std::time::Duration;

use tokio::time::Instant;

use super::Job;
use super::seen::Seen;
use crate::model::{CheckKind, Verdict};

pub(super) use client::{Client, Question};

/// Why nothing, or not enough, was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) verdict: Verdict,
    pub(super) text: String,
}

impl Trouble {
    fn unreachable(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unreachable, text: text.into() }
    }

    fn failed(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, text: text.into() }
    }

    fn not_looked(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotLooked, text: text.into() }
    }

    /// What was seen, ended by this.
    fn end(&self, seen: Seen) -> Seen {
        match self.verdict {
            Verdict::Unreachable => seen.unreachable(&self.text),
            Verdict::NotLooked => seen.not_looked(&self.text),
            Verdict::Failed | Verdict::Passed => seen.failed(&self.text),
        }
    }
}

/// The end of one try.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: Instant,
    length: Duration,
}

impl Deadline {
    /// So far from now.
    pub(super) fn after(length: Duration) -> Self {
        Self { at: Instant::now() + length, length }
    }

    fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Waits for something until then; `late` says what did not happen.
    async fn within<T>(self, work: impl Future<Output = T>, late: impl FnOnce(&str) -> Trouble) -> Result<T, Trouble> {
        let length = self.length.as_millis();
        let shown = if length.is_multiple_of(1000) { format!("{} s", length / 1000) } else { format!("{length} ms") };
        tokio::time::timeout_at(self.at, work).await.map_err(|_| late(&shown))
    }
}

/// One look.
pub(super) async fn look(job: &Job) -> Seen {
    let seen = Seen::new(&job.words.mask);
    let deadline = Deadline::after(job.check.timeout);
    match &job.check.kind {
        CheckKind::Http(check) => http::look(check, job, seen).await,
        CheckKind::Tls(check) => tls::look(check, &job.folder, deadline, seen).await,
        CheckKind::WebSocket(check) => web_socket::look(check, job, deadline, seen).await,
        CheckKind::Sql(check) => sql::look(check, job, deadline, seen).await,
        CheckKind::Command(_) | CheckKind::Log(_) | CheckKind::Metric(_) | CheckKind::Service(_) => {
            seen.not_looked("this is not looked at over the network")
        }
    }
}
