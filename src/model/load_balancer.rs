//! Target groups and listener rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Tags, fits_wildcard};

/// Health check of a target group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// Path asked for.
    pub path: String,
    /// Seconds between two checks, 5..=300.
    pub interval_seconds: u32,
    /// Seconds until a check counts as failed, 2..=120.
    pub timeout_seconds: u32,
    /// Successes in a row to become healthy, 2..=10.
    pub healthy_threshold: u32,
    /// Failures in a row to become unhealthy, 2..=10.
    pub unhealthy_threshold: u32,
    /// HTTP codes that count as healthy, `200` or `200-399`.
    pub matcher: String,
}

/// Settings that no spec declares, by envctl's word, and what ELB gives a new target group (botocore's model of
/// `CreateTargetGroup` and of its attributes).
pub const TARGET_GROUP_MADE_WITH: [(&str, &str); 6] = [
    ("anomaly-mitigation", "off"),
    ("balancing", "round_robin"),
    ("cross-zone", "use_load_balancer_configuration"),
    ("health-check.enabled", "true"),
    ("health-check.port", "traffic-port"),
    ("slow-start", "0"),
];

/// What is wanted of a target group. Port, protocol, VPC and type cannot be changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroupSpec {
    /// Name, at most 32 characters.
    pub target_group_name: String,
    /// Port.
    pub port: u16,
    /// `HTTP` or `HTTPS`, between the load balancer and the task.
    pub protocol: String,
    /// Health check.
    pub health_check: HealthCheck,
    /// Seconds that a leaving task may finish its requests, 0..=3600.
    pub deregistration_delay_seconds: u32,
    /// Sticky sessions by load-balancer cookie, seconds; `None`: off.
    pub stickiness_seconds: Option<u32>,
}

/// One condition of a rule: a closed set, hence typed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Host names, wildcards `*` and `?`; order as declared, compared without regard to it and to case.
    HostHeader(Vec<String>),
    /// Paths.
    PathPattern(Vec<String>),
    /// A header and its values.
    HttpHeader {
        /// Header name.
        name: String,
        /// Values, any of which matches.
        values: Vec<String>,
    },
    /// Request methods.
    RequestMethod(Vec<String>),
    /// Source CIDRs.
    SourceIp(Vec<String>),
    /// Query string pairs; the key may be missing.
    QueryString(Vec<(Option<String>, String)>),
}

/// What a rule does with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleAction {
    /// Sends it to a target group.
    Forward {
        /// ARN, or a late value that becomes one.
        target_group_arn: String,
    },
    /// Answers by itself.
    FixedResponse {
        /// Status code, 2XX, 4XX or 5XX.
        status_code: u16,
        /// One of the five types that ALB knows (`aws.md` 4.1).
        content_type: String,
        /// At most 1024 bytes.
        body: String,
    },
    /// Something that envctl does not write, as AWS answered it (redirect, authenticate …), before the last action.
    Other {
        /// The API's JSON.
        document: serde_json::Value,
    },
}

impl RuleAction {
    /// Does it send the request on to targets?
    pub fn forwards(&self) -> bool {
        match self {
            Self::Forward { .. } => true,
            Self::Other { document } => {
                document.get("Type").or(document.get("type")).is_some_and(|kind| kind == "forward")
            }
            Self::FixedResponse { .. } => false,
        }
    }
}

/// What is wanted of a listener rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSpec {
    /// Name in the spec of the listener it stands on.
    pub listener: String,
    /// Fixed priority, 1..=50000; `None`: the lowest free one, kept afterwards.
    pub priority: Option<u32>,
    /// Conditions, all of which must match.
    pub conditions: Vec<Condition>,
    /// What it does while up: actions before the last (authenticate), then the forward.
    pub actions: Vec<RuleAction>,
    /// Name in the spec of the target group that it forwards to; `None`: a rule that never forwards.
    pub target_group: Option<String>,
    /// What it answers while asleep.
    pub asleep: RuleAction,
    /// What it answers during maintenance.
    pub maintenance: RuleAction,
}

/// A target group as ELB describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveTargetGroup {
    /// Name.
    pub target_group_name: String,
    /// ARN.
    pub arn: String,
    /// Port.
    pub port: u16,
    /// Protocol.
    pub protocol: String,
    /// `ip` for awsvpc tasks.
    pub target_type: String,
    /// VPC id.
    pub vpc: Option<String>,
    /// Load balancers whose rules or listeners refer to it.
    pub load_balancer_arns: Vec<String>,
    /// Health check.
    pub health_check: HealthCheck,
    /// Seconds; `None`: attributes were not read.
    pub deregistration_delay_seconds: Option<u32>,
    /// Stickiness seconds; `None`: off, or attributes were not read.
    pub stickiness_seconds: Option<u32>,
    /// Settings that no spec declares, as they are, by envctl's word for them; those that were not read are not in it.
    #[serde(default)]
    pub others: BTreeMap<String, String>,
    /// Tags.
    pub tags: Tags,
}

/// A rule as ELB describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRule {
    /// ARN.
    pub arn: String,
    /// Listener ARN.
    pub listener_arn: String,
    /// `None`: the default rule.
    pub priority: Option<u32>,
    /// Conditions, normalised.
    pub conditions: Vec<Condition>,
    /// Actions in order.
    pub actions: Vec<RuleAction>,
    /// Tags; `None`: not read (rules of others).
    pub tags: Option<Tags>,
}

impl LiveRule {
    /// Would it take requests for this host, whatever their path? By its name, by a wildcard, or because it asks for
    /// nothing at all.
    pub fn takes_host(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        let by_host = |pattern: &String| fits_wildcard(&pattern.to_lowercase(), &host);
        let mut named = false;
        for condition in &self.conditions {
            match condition {
                Condition::HostHeader(hosts) if hosts.iter().any(by_host) => named = true,
                Condition::HostHeader(_) => return false,
                Condition::PathPattern(paths) if paths.iter().any(|path| path == "*" || path == "/*") => {}
                // Part of the requests: a stranger's business where no host is named.
                _ if !self.conditions.iter().any(|other| matches!(other, Condition::HostHeader(_))) => return false,
                _ => {}
            }
        }
        named || self.priority.is_some() && !self.conditions.iter().any(|one| matches!(one, Condition::HostHeader(_)))
    }
}

/// Health of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    /// IP address or id.
    pub target: String,
    /// `initial`, `healthy`, `unhealthy`, `unused`, `draining`, `unavailable` ….
    pub state: String,
    /// Reason code of `aws.md` 4.4.
    pub reason: Option<String>,
    /// In ELB's words.
    pub description: Option<String>,
}
