//! [`TrailEvent`]: who did what in an account, as CloudTrail wrote it down.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is asked of the trail. CloudTrail takes one attribute a question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrailQuery {
    /// Everything done to the resource of this name or ARN.
    Resource(String),
    /// Every event of this name, `ModifyDBInstance`.
    Event(String),
}

/// One call that could change something, and went through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailEvent {
    /// When.
    pub at: Timestamp,
    /// The API operation, `ModifyDBInstance`.
    pub name: String,
    /// Who: a user, `ROLE/SESSION`, `root`, or the AWS service that did it by itself.
    pub user: String,
    /// The names, ids and ARNs that its request and answer hold.
    pub about: Vec<String>,
    /// Was it envctl, whoever ran it? It says so in the user agent of its requests.
    pub by_envctl: bool,
}

impl TrailEvent {
    /// Does it speak of a resource of one of these names?
    pub fn is_about(&self, names: &[String]) -> bool {
        self.about.iter().any(|text| names.contains(text))
    }
}
