//! Faults on purpose. Each is decided by the seed, the resource, the operation and the attempt, so that a seed
//! reproduces a run, and adding a step does not reshuffle the rest.

use serde::{Deserialize, Serialize};

use super::chance::happens;

/// How often which fault happens, in a thousand calls. All zero: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultPlan {
    /// What the faults are derived from.
    pub seed: u64,
    /// Refused as too many, before it has any effect.
    pub throttle: u32,
    /// A 5xx before it has any effect.
    pub server_error: u32,
    /// A write that is done, and whose answer is never heard.
    pub lost_reply: u32,
    /// A write that is refused for good, however often it is tried: decided for each resource, not for each try.
    pub refusal: u32,
    /// What a write begins takes five times as long: decided for each resource.
    pub slow_start: u32,
    /// A part of an observation that cannot be read.
    pub unreadable: u32,
    /// An observation or status that shows the world as it was before the last write.
    pub stale_read: u32,
}

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing out of the ordinary.
    None,
    /// Too many requests.
    Throttle,
    /// 5xx.
    ServerError,
    /// Done, not heard.
    LostReply,
    /// Refused for good.
    Refusal,
}

impl FaultPlan {
    /// A plan without faults.
    pub const NONE: Self = Self {
        seed: 0,
        throttle: 0,
        server_error: 0,
        lost_reply: 0,
        refusal: 0,
        slow_start: 0,
        unreadable: 0,
        stale_read: 0,
    };

    /// The fault of one call.
    pub(super) fn decide(&self, operation: &str, key: &str, attempt: u64, write: bool) -> Fault {
        let attempt = attempt.to_string();
        let hits = |rate: u32, kind: &str| happens(rate, self.seed, &[kind, operation, key, &attempt]);
        if write && happens(self.refusal, self.seed, &["refusal", operation, key]) {
            Fault::Refusal
        } else if hits(self.throttle, "throttle") {
            Fault::Throttle
        } else if hits(self.server_error, "server-error") {
            Fault::ServerError
        } else if write && hits(self.lost_reply, "lost-reply") {
            Fault::LostReply
        } else {
            Fault::None
        }
    }

    /// Today's pace for what a call on this resource begins, in percent.
    pub(super) fn pace_percent(&self, operation: &str, key: &str) -> u32 {
        if happens(self.slow_start, self.seed, &["slow-start", operation, key]) { 500 } else { 100 }
    }

    /// Is this read stale?
    pub(super) fn is_stale(&self, key: &str, attempt: u64) -> bool {
        happens(self.stale_read, self.seed, &["stale", key, &attempt.to_string()])
    }

    /// Can this part of an observation not be read?
    pub(super) fn is_unreadable(&self, part: &str, attempt: u64) -> bool {
        happens(self.unreadable, self.seed, &["unreadable", part, &attempt.to_string()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_decides_the_same_and_without_rates_nothing_happens() {
        let plan = FaultPlan { seed: 7, throttle: 300, lost_reply: 100, ..FaultPlan::NONE };
        let decide = |plan: &FaultPlan| -> Vec<Fault> {
            (0..200).map(|attempt| plan.decide("rds:CreateDBInstance", "database/main", attempt, true)).collect()
        };
        assert_eq!(decide(&plan), decide(&plan));
        let throttles = decide(&plan).iter().filter(|fault| **fault == Fault::Throttle).count();
        assert!((30..90).contains(&throttles), "{throttles} of 200");
        assert!(decide(&FaultPlan { seed: 7, ..FaultPlan::NONE }).iter().all(|fault| *fault == Fault::None));
    }

    #[test]
    fn a_refusal_is_for_good_and_never_of_a_read() {
        let plan = FaultPlan { seed: 3, refusal: 1000, ..FaultPlan::NONE };
        for attempt in 0..5 {
            assert_eq!(plan.decide("ecs:CreateService", "service/web", attempt, true), Fault::Refusal);
            assert_eq!(plan.decide("ecs:DescribeServices", "service/web", attempt, false), Fault::None);
        }
    }
}
