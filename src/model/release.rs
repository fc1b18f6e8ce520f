//! [`ReleaseSpec`]: what a release does, in which order, and when it takes everything back.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The release procedure of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseSpec {
    /// Before anything is deployed, in this order. A step that fails stops the release.
    pub before: Vec<ReleaseStep>,
    /// One-off tasks (names in the spec) after the deployment, in this order.
    pub tasks: Vec<String>,
    /// What is looked at after that, in this order.
    pub verify: Vec<ReleaseStep>,
    /// How long it is watched; `None`: not at all.
    pub watch: Option<WatchSpec>,
    /// The gates at which it takes everything back by itself; at the others it stops and says what is where.
    pub rollback_when: Vec<Gate>,
    /// Visitors get the maintenance page while everything is taken back.
    #[serde(default)]
    pub maintenance_during_rollback: bool,
    /// Taking back includes databases and files: the snapshot of the release's start.
    #[serde(default)]
    pub with_data: bool,
    /// After all of it, in this order.
    pub after: Vec<ReleaseStep>,
    /// Where announcements go.
    pub announce: AnnounceSpec,
}

impl ReleaseSpec {
    /// What holds where a spec says nothing: the policy where there is one, a snapshot, the checks as a baseline; every
    /// check afterwards; back when the deployment or a check fails. Where announcements go somewhere, they are made
    /// before and after.
    pub fn usual(has_policy: bool, announce: AnnounceSpec) -> Self {
        let policy = has_policy.then_some(ReleaseStep::Policy);
        let told = || (!announce.is_empty()).then_some(ReleaseStep::Announce);
        let every = || ReleaseStep::Checks(Vec::new());
        Self {
            before: policy.into_iter().chain([ReleaseStep::Snapshot, every()]).chain(told()).collect(),
            tasks: Vec::new(),
            verify: vec![every()],
            watch: None,
            rollback_when: vec![Gate::Deploy, Gate::Verify, Gate::Watch],
            maintenance_during_rollback: false,
            with_data: false,
            after: told().into_iter().collect(),
            announce,
        }
    }

    /// The questions that a person answers, in order: name and question.
    pub fn questions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.before.iter().chain(&self.verify).chain(&self.after).filter_map(|step| match step {
            ReleaseStep::Confirm { name, question } => Some((name.as_str(), question.as_str())),
            _ => None,
        })
    }
}

/// One step around a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseStep {
    /// The rendered task definitions against the policy of the spec.
    Policy,
    /// A verified snapshot of every database.
    Snapshot,
    /// These checks; empty: every one. Before the deployment their figures are what later ones are compared with.
    Checks(Vec<String>),
    /// Tell the people who are told.
    Announce,
    /// A question that a person answers.
    Confirm {
        /// By which it is answered where no terminal is.
        name: String,
        /// What is asked.
        question: String,
    },
    /// A one-off task, with what is about to be deployed.
    Task(String),
    /// Visitors get the maintenance page from here on, or are let in again.
    Maintenance(bool),
}

impl fmt::Display for ReleaseStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => formatter.write_str("policy"),
            Self::Snapshot => formatter.write_str("snapshot"),
            Self::Checks(names) if names.is_empty() => formatter.write_str("checks"),
            Self::Checks(names) => write!(formatter, "checks {}", names.join(", ")),
            Self::Announce => formatter.write_str("announce"),
            Self::Confirm { question, .. } => write!(formatter, "confirm: {question}"),
            Self::Task(name) => write!(formatter, "task {name}"),
            Self::Maintenance(true) => formatter.write_str("maintenance on"),
            Self::Maintenance(false) => formatter.write_str("maintenance off"),
        }
    }
}

/// The watch after a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchSpec {
    /// How long.
    pub lasts: Duration,
    /// Time between two looks.
    pub every: Duration,
    /// Checks; empty: every one.
    pub checks: Vec<String>,
    /// How long the release stays open for a verdict after that; `None`: it is judged when it ends.
    pub open_for: Option<Duration>,
}

/// The parts of a release that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// What comes before the deployment. Nothing is taken back then: nothing was deployed.
    Before,
    /// The deployment itself.
    Deploy,
    /// The tasks after it.
    Tasks,
    /// The checks after it.
    Verify,
    /// The watch.
    Watch,
    /// What comes last.
    After,
}

impl Gate {
    /// The gates at which a release can take everything back by itself.
    pub const CAN_ROLL_BACK: [Self; 4] = [Self::Deploy, Self::Tasks, Self::Verify, Self::Watch];

    /// The word of the spec.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Deploy => "deploy",
            Self::Tasks => "tasks",
            Self::Verify => "verify",
            Self::Watch => "watch",
            Self::After => "after",
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Where announcements go. Nobody is told where nothing is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnounceSpec {
    /// Where the address of a webhook is to be found: `env:VARIABLE`, or the name or ARN of a secret. The address is
    /// a secret itself and never shown.
    pub webhook: Option<String>,
    /// ARN of an SNS topic.
    pub topic: Option<String>,
    /// An announcement that cannot be sent fails the release. Otherwise it is noted, and that is all.
    pub required: bool,
}

impl AnnounceSpec {
    /// Is nobody told?
    pub fn is_empty(&self) -> bool {
        self.webhook.is_none() && self.topic.is_none()
    }
}
