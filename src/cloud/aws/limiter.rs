//! Token buckets of envctl's own, so that it stays below AWS's throttles instead of running into them. The SDK's
//! standard retry knows no buckets, and its adaptive one was measured to take a minute for four throttles.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Name, burst and refill a second of a bucket.
struct Rate {
    name: &'static str,
    burst: f64,
    per_second: f64,
}

const fn rate(name: &'static str, burst: f64, per_second: f64) -> Rate {
    Rate { name, burst, per_second }
}

/// ECS: `aws.md` 1.9. ELB: 4.5, one bucket for the whole account and others inside it. RDS and EFS publish none; 10 a
/// second is `aws.md` 7.1's assumption. The rest is far from any limit of ours.
const SERVICE_READ: Rate = rate("ecs service read", 100.0, 20.0);
const SERVICE_MODIFY: Rate = rate("ecs service modify", 50.0, 5.0);
const TASK_READ: Rate = rate("ecs task read", 100.0, 20.0);
const TASK_MODIFY: Rate = rate("ecs task modify", 100.0, 40.0);
const TASK_DEFINITION_READ: Rate = rate("ecs task definition read", 50.0, 20.0);
const TASK_DEFINITION_MODIFY: Rate = rate("ecs task definition modify", 20.0, 1.0);
const TASK_DEFINITION_DELETE: Rate = rate("ecs task definition delete", 5.0, 1.0);
const ECS_TAGS: Rate = rate("ecs tags", 20.0, 10.0);
const ELB_ALL: Rate = rate("elb", 40.0, 10.0);
const ELB_MODIFY: Rate = rate("elb modify", 20.0, 3.0);
const RDS: Rate = rate("rds", 20.0, 10.0);
const EFS: Rate = rate("efs", 20.0, 10.0);
/// Published are 50 calls a second of GetMetricData (`aws.md` 7.1); of FilterLogEvents 5 in the smallest regions.
const METRICS: Rate = rate("metrics", 50.0, 50.0);
const LOG_EVENTS: Rate = rate("log events", 5.0, 5.0);
/// "CloudWatch service quotas": three writes of alarms a second, nine and more of everything else.
const ALARMS: Rate = rate("alarm modify", 6.0, 3.0);
const CLOUDWATCH: Rate = rate("cloudwatch", 9.0, 9.0);
/// "The rate of lookup requests is limited to two per second, per account, per Region" (botocore's model).
const LOOKUPS: Rate = rate("lookups of events", 2.0, 2.0);
const OTHER: Rate = rate("other", 50.0, 20.0);

fn rates_of(operation: &str) -> &'static [Rate] {
    const ELB_READS: &[Rate] = &[ELB_ALL];
    const ELB_WRITES: &[Rate] = &[ELB_ALL, ELB_MODIFY];
    let (service, name) = operation.split_once(':').unwrap_or((operation, ""));
    match (service, name) {
        ("ecs", "DescribeServices" | "ListServices") => &[SERVICE_READ],
        ("ecs", "CreateService" | "UpdateService" | "DeleteService") => &[SERVICE_MODIFY],
        ("ecs", "DescribeTasks" | "ListTasks") => &[TASK_READ],
        ("ecs", "RunTask" | "StopTask") => &[TASK_MODIFY],
        ("ecs", "DescribeTaskDefinition" | "ListTaskDefinitions") => &[TASK_DEFINITION_READ],
        ("ecs", "RegisterTaskDefinition" | "DeregisterTaskDefinition") => &[TASK_DEFINITION_MODIFY],
        ("ecs", "DeleteTaskDefinitions") => &[TASK_DEFINITION_DELETE],
        ("ecs", "TagResource" | "UntagResource") => &[ECS_TAGS],
        ("elasticloadbalancing", name) if name.starts_with("Describe") => ELB_READS,
        ("elasticloadbalancing", _) => ELB_WRITES,
        ("cloudwatch", "GetMetricData") => &[METRICS],
        ("cloudwatch", "PutMetricAlarm" | "EnableAlarmActions" | "DisableAlarmActions" | "DeleteAlarms") => &[ALARMS],
        ("cloudwatch", _) => &[CLOUDWATCH],
        ("logs", "FilterLogEvents") => &[LOG_EVENTS],
        ("cloudtrail", _) => &[LOOKUPS],
        ("rds", _) => &[RDS],
        ("elasticfilesystem", _) => &[EFS],
        _ => &[OTHER],
    }
}

struct Bucket {
    tokens: f64,
    filled_at: Instant,
    /// Share of the published rate that is used: halved by each throttle, back to 1 in ten steps.
    pace: f64,
}

/// The buckets, shared by all calls of one cloud.
#[derive(Default)]
pub(super) struct Limiter {
    buckets: Mutex<BTreeMap<&'static str, Bucket>>,
}

impl Limiter {
    /// Takes one token from each bucket of the operation: how long to wait before the call may be sent.
    pub(super) fn reserve(&self, operation: &str) -> Duration {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = rates_of(operation).iter().map(|rate| {
            let fresh = Bucket { tokens: rate.burst, filled_at: now, pace: 1.0 };
            let bucket = buckets.entry(rate.name).or_insert(fresh);
            let refill = rate.per_second * bucket.pace;
            let elapsed = now.saturating_duration_since(bucket.filled_at).as_secs_f64();
            bucket.tokens = (bucket.tokens + elapsed * refill).min(rate.burst) - 1.0;
            bucket.filled_at = now;
            // Below zero: the place in the queue, for the refill is spoken for by those who came before.
            Duration::from_secs_f64((-bucket.tokens).max(0.0) / refill)
        });
        waits.max().unwrap_or_default()
    }

    /// AWS said that it was too much: others use the same buckets.
    pub(super) fn throttled(&self, operation: &str) {
        self.each_bucket(operation, |bucket| {
            bucket.tokens = bucket.tokens.min(0.0);
            bucket.pace = (bucket.pace / 2.0).max(1.0 / 16.0);
        });
    }

    /// A call went through: recover slowly.
    pub(super) fn went_through(&self, operation: &str) {
        self.each_bucket(operation, |bucket| bucket.pace = (bucket.pace + 0.1).min(1.0));
    }

    fn each_bucket(&self, operation: &str, change: impl Fn(&mut Bucket)) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        for rate in rates_of(operation) {
            if let Some(bucket) = buckets.get_mut(rate.name) {
                change(bucket);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_the_next_call_waits_for_the_refill() {
        let limiter = Limiter::default();
        for _ in 0..20 {
            assert_eq!(limiter.reserve("ecs:RegisterTaskDefinition"), Duration::ZERO);
        }
        assert_eq!(limiter.reserve("ecs:RegisterTaskDefinition"), Duration::from_secs(1));
        assert_eq!(limiter.reserve("ecs:RegisterTaskDefinition"), Duration::from_secs(2));
        assert_eq!(limiter.reserve("ecs:DescribeServices"), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_halves_the_pace_and_success_restores_it() {
        let limiter = Limiter::default();
        assert_eq!(limiter.reserve("elasticloadbalancing:DescribeRules"), Duration::ZERO);
        limiter.throttled("elasticloadbalancing:DescribeRules");
        assert_eq!(limiter.reserve("elasticloadbalancing:DescribeRules"), Duration::from_millis(200));
        for _ in 0..10 {
            limiter.went_through("elasticloadbalancing:DescribeRules");
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(limiter.reserve("elasticloadbalancing:DescribeRules"), Duration::ZERO);
    }
}
