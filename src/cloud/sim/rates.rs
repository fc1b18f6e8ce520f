//! AWS's request rates (`aws.md` 1.9, 4.5): buckets that everybody in the account shares.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// A bucket: name, most calls at once, calls a second.
type Bucket = (&'static str, f64, f64);

/// RDS and EFS do not publish theirs: `aws.md` 7.1 says to assume ten a second.
const RDS: Bucket = ("rds", 40.0, 10.0);
const EFS: Bucket = ("efs", 40.0, 10.0);
/// Everything of ELB, and of that what changes something.
const ELB: Bucket = ("elb", 40.0, 10.0);
const ELB_WRITE: Bucket = ("elb-write", 20.0, 3.0);
const SERVICE_READ: Bucket = ("service-read", 100.0, 20.0);
const SERVICE_WRITE: Bucket = ("service-write", 50.0, 5.0);
const TASK_READ: Bucket = ("task-read", 100.0, 20.0);
const TASK_WRITE: Bucket = ("task-write", 100.0, 40.0);
const DEFINITION_WRITE: Bucket = ("definition-write", 20.0, 1.0);
const DEFINITION_DELETE: Bucket = ("definition-delete", 5.0, 1.0);

/// CloudWatch's quotas ("CloudWatch service quotas"): three writes of alarms a second, ten calls about dashboards.
const ALARM_WRITE: Bucket = ("alarm-write", 20.0, 3.0);
const DASHBOARD: Bucket = ("dashboard", 10.0, 10.0);

/// The buckets that a call is taken from; none: no rate that is known.
fn buckets(operation: &str) -> &'static [Bucket] {
    match operation {
        "ecs:DescribeServices" => &[SERVICE_READ],
        "ecs:CreateService" | "ecs:UpdateService" | "ecs:DeleteService" => &[SERVICE_WRITE],
        "ecs:DescribeTasks" => &[TASK_READ],
        "ecs:RunTask" => &[TASK_WRITE],
        "ecs:RegisterTaskDefinition" => &[DEFINITION_WRITE],
        "ecs:DeleteTaskDefinitions" => &[DEFINITION_DELETE],
        other if other.starts_with("elasticloadbalancing:Describe") => &[ELB],
        other if other.starts_with("elasticloadbalancing:") => &[ELB, ELB_WRITE],
        "cloudwatch:PutMetricAlarm"
        | "cloudwatch:EnableAlarmActions"
        | "cloudwatch:DisableAlarmActions"
        | "cloudwatch:DeleteAlarms" => &[ALARM_WRITE],
        other if other.starts_with("cloudwatch:") && other.contains("Dashboard") => &[DASHBOARD],
        other if other.starts_with("rds:") => &[RDS],
        other if other.starts_with("elasticfilesystem:") => &[EFS],
        _ => &[],
    }
}

/// How full each bucket is, and since when.
#[derive(Clone, Debug, Default)]
pub(super) struct Rates(BTreeMap<&'static str, (f64, Timestamp)>);

impl Rates {
    /// Takes one call; false: too many, and nothing is taken.
    pub(super) fn allow(&mut self, operation: &str, now: Timestamp) -> bool {
        let wanted = buckets(operation);
        let enough = wanted.iter().all(|bucket| self.level(bucket, now) >= 1.0);
        if enough {
            for bucket in wanted {
                let level = self.level(bucket, now);
                self.0.insert(bucket.0, (level - 1.0, now));
            }
        }
        enough
    }

    fn level(&self, (name, burst, per_second): &Bucket, now: Timestamp) -> f64 {
        let Some((level, since)) = self.0.get(name) else { return *burst };
        let passed = now.duration_since(*since).as_secs_f64().max(0.0);
        (level + passed * per_second).min(*burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_its_rate() {
        let mut rates = Rates::default();
        let mut now = Timestamp::UNIX_EPOCH;
        let register = |rates: &mut Rates, now| rates.allow("ecs:RegisterTaskDefinition", now);
        assert!((0..20).all(|_| register(&mut rates, now)));
        assert!(!register(&mut rates, now));
        now += jiff::SignedDuration::from_millis(1100);
        assert!(register(&mut rates, now));
        assert!(!register(&mut rates, now));
    }

    #[test]
    fn writes_to_load_balancers_are_taken_from_both_buckets() {
        let mut rates = Rates::default();
        let now = Timestamp::UNIX_EPOCH;
        assert!((0..20).all(|_| rates.allow("elasticloadbalancing:CreateRule", now)));
        assert!(!rates.allow("elasticloadbalancing:CreateRule", now));
        assert!((0..20).all(|_| rates.allow("elasticloadbalancing:DescribeRules", now)));
        assert!(!rates.allow("elasticloadbalancing:DescribeRules", now));
    }
}
