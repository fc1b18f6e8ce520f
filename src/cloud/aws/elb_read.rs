//! ELB, reading: listeners, rules, target groups, their tags and target health.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types as elb;
use futures_util::future::try_join_all;

use super::AwsCloud;
use super::answer::{count, tags, text};
use super::elb_rule::{live_actions, live_condition};
use crate::cloud::sizes::{BALANCER_PAGE, TAGGED_AT_ONCE};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{HealthCheck, LiveListener, LiveRule, LiveTargetGroup, Selector, Tags, TargetHealth};

/// Names in one `DescribeTargetGroups`: no limit is published, and one page of answers holds 400.
const NAMED_AT_ONCE: usize = 100;
/// How long a sticky session lasts where the answer does not say: ELB's default, a day.
const DEFAULT_STICKINESS_SECONDS: u32 = 86_400;

/// Attributes of a target group.
pub(super) struct Attributes {
    pub(super) deregistration_delay_seconds: Option<u32>,
    pub(super) stickiness_seconds: Option<u32>,
    pub(super) others: BTreeMap<String, String>,
}

impl AwsCloud {
    /// The listener on this port of a load balancer; `None`: there is no such load balancer or port.
    pub(super) async fn find_listener(&self, name: &str, port: u16) -> Result<Option<LiveListener>, CloudError> {
        let request = self.clients.elb.describe_load_balancers().names(name);
        let answer =
            match self.caller.call("elasticloadbalancing:DescribeLoadBalancers", || request.clone().send()).await {
                Ok(answer) => answer,
                Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
        let Some(balancer) = answer.load_balancers().first() else { return Ok(None) };
        let balancer_arn = text(balancer.load_balancer_arn());
        let request = self.clients.elb.describe_listeners().load_balancer_arn(&balancer_arn);
        let answer = self.caller.call("elasticloadbalancing:DescribeListeners", || request.clone().send()).await?;
        let listener = answer.listeners().iter().find(|listener| listener.port() == Some(i32::from(port)));
        let Some(listener) = listener else { return Ok(None) };
        Ok(Some(LiveListener {
            arn: text(listener.listener_arn()),
            load_balancer_arn: balancer_arn,
            vpc: self.vpc_of(balancer).await?,
            protocol: listener.protocol().map(|protocol| protocol.as_str().to_owned()),
        }))
    }

    /// A listener by its ARN, with its load balancer's VPC; `None`: it is not there.
    pub(super) async fn listener(&self, arn: &str) -> Result<Option<LiveListener>, CloudError> {
        let request = self.clients.elb.describe_listeners().listener_arns(arn);
        let answer = match self.caller.call("elasticloadbalancing:DescribeListeners", || request.clone().send()).await {
            Ok(answer) => answer,
            Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(listener) = answer.listeners().iter().find(|listener| listener.listener_arn() == Some(arn)) else {
            return Ok(None);
        };
        let balancer_arn = text(listener.load_balancer_arn());
        let request = self.clients.elb.describe_load_balancers().load_balancer_arns(&balancer_arn);
        let answer = self.caller.call("elasticloadbalancing:DescribeLoadBalancers", || request.clone().send()).await?;
        let vpc = match answer.load_balancers().first() {
            Some(balancer) => self.vpc_of(balancer).await?,
            None => None,
        };
        Ok(Some(LiveListener {
            arn: arn.to_owned(),
            vpc,
            load_balancer_arn: balancer_arn,
            protocol: listener.protocol().map(|protocol| protocol.as_str().to_owned()),
        }))
    }

    /// The VPC of a load balancer. MiniStack names its default VPC for all of them: where the server is not AWS, the
    /// load balancer's own subnets are asked instead.
    async fn vpc_of(&self, balancer: &elb::LoadBalancer) -> Result<Option<String>, CloudError> {
        let subnet = balancer.availability_zones().first().and_then(|zone| zone.subnet_id());
        if let (true, Some(subnet)) = (self.clients.emulated, subnet) {
            let found = self.subnets(&Selector::Id(subnet.to_owned())).await?;
            if let Some(subnet) = found.into_iter().next() {
                return Ok(Some(subnet.vpc));
            }
        }
        Ok(balancer.vpc_id().map(str::to_owned))
    }

    /// Every rule of a listener in order of priority, the default rule last; tags unread. `None`: no such listener.
    pub(super) async fn rules_of(&self, listener_arn: &str) -> Result<Option<Vec<LiveRule>>, CloudError> {
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let request =
                self.clients.elb.describe_rules().listener_arn(listener_arn).page_size(400).set_marker(marker);
            let page = match self.caller.call("elasticloadbalancing:DescribeRules", || request.clone().send()).await {
                Ok(page) => page,
                Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            found.extend(page.rules().iter().map(|rule| live_rule(rule, listener_arn)));
            marker = page.next_marker().map(str::to_owned);
            if marker.is_none() {
                break;
            }
        }
        found.sort_by_key(|rule| rule.priority.unwrap_or(u32::MAX));
        Ok(Some(found))
    }

    /// One rule; `None`: it is not there.
    pub(super) async fn rule(&self, arn: &str) -> Result<Option<LiveRule>, CloudError> {
        let request = self.clients.elb.describe_rules().rule_arns(arn);
        match self.caller.call("elasticloadbalancing:DescribeRules", || request.clone().send()).await {
            Ok(answer) => {
                let rule = answer.rules().iter().find(|rule| rule.rule_arn() == Some(arn));
                Ok(rule.map(|rule| live_rule(rule, "")))
            }
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Target groups by name; those that are not there are left out. ELB refuses the whole call when one name is
    /// missing: then they are asked for one by one.
    pub(super) async fn target_groups(&self, names: &[String]) -> Result<Vec<LiveTargetGroup>, CloudError> {
        let mut found = Vec::new();
        for names in names.chunks(NAMED_AT_ONCE) {
            let request = self.clients.elb.describe_target_groups().set_names(Some(names.to_vec()));
            match self.caller.call("elasticloadbalancing:DescribeTargetGroups", || request.clone().send()).await {
                Ok(answer) => found.extend(answer.target_groups().iter().map(live_target_group)),
                Err(error) if error.kind == CloudErrorKind::NotFound && names.len() == 1 => {}
                Err(error) if error.kind == CloudErrorKind::NotFound => {
                    let one_by_one = try_join_all(names.iter().map(|name| self.target_group(name))).await?;
                    found.extend(one_by_one.into_iter().flatten());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Every target group of the region, 400 a page. A region holds 3,000 (`aws.md` 4.2).
    pub(super) async fn all_target_groups(&self) -> Result<Vec<LiveTargetGroup>, CloudError> {
        let mut found = Vec::new();
        let mut marker = None;
        let page_size = i32::try_from(BALANCER_PAGE).unwrap_or(i32::MAX);
        loop {
            let request = self.clients.elb.describe_target_groups().page_size(page_size).set_marker(marker);
            let page = self.caller.call("elasticloadbalancing:DescribeTargetGroups", || request.clone().send()).await?;
            found.extend(page.target_groups().iter().map(live_target_group));
            marker = page.next_marker().map(str::to_owned);
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    /// One target group by name; `None`: it is not there.
    pub(super) async fn target_group(&self, name: &str) -> Result<Option<LiveTargetGroup>, CloudError> {
        let request = self.clients.elb.describe_target_groups().names(name);
        match self.caller.call("elasticloadbalancing:DescribeTargetGroups", || request.clone().send()).await {
            Ok(answer) => Ok(answer.target_groups().first().map(live_target_group)),
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Drain seconds and stickiness seconds (`None`: off) of a target group, and what no spec declares of its attributes.
    pub(super) async fn target_group_attributes(&self, arn: &str) -> Result<Attributes, CloudError> {
        let request = self.clients.elb.describe_target_group_attributes().target_group_arn(arn);
        let answer =
            self.caller.call("elasticloadbalancing:DescribeTargetGroupAttributes", || request.clone().send()).await?;
        let value = |key: &str| {
            answer.attributes().iter().find(|attribute| attribute.key() == Some(key)).and_then(|found| found.value())
        };
        let seconds = |key: &str| value(key).and_then(|text| text.parse::<u32>().ok());
        let sticky = value("stickiness.enabled") == Some("true");
        let lasts = seconds("stickiness.lb_cookie.duration_seconds");
        let stickiness = if sticky { lasts.or(Some(DEFAULT_STICKINESS_SECONDS)) } else { None };
        let mut undeclared = vec![
            ("anomaly-mitigation", "load_balancing.algorithm.anomaly_mitigation"),
            ("balancing", "load_balancing.algorithm.type"),
            ("cross-zone", "load_balancing.cross_zone.enabled"),
            ("slow-start", "slow_start.duration_seconds"),
        ];
        if sticky {
            undeclared.push(("stickiness.type", "stickiness.type"));
        }
        let undeclared =
            undeclared.into_iter().filter_map(|(word, key)| Some((word.to_owned(), value(key)?.to_owned())));
        Ok(Attributes {
            deregistration_delay_seconds: seconds("deregistration_delay.timeout_seconds"),
            stickiness_seconds: stickiness,
            others: undeclared.collect(),
        })
    }

    /// Tags of rules and target groups by ARN; what is not there is left out.
    pub(super) async fn elb_tags(&self, arns: &[String]) -> Result<BTreeMap<String, Tags>, CloudError> {
        let mut found = BTreeMap::new();
        for arns in arns.chunks(TAGGED_AT_ONCE) {
            let request = self.clients.elb.describe_tags().set_resource_arns(Some(arns.to_vec()));
            let answer = self.caller.call("elasticloadbalancing:DescribeTags", || request.clone().send()).await?;
            for described in answer.tag_descriptions() {
                let of_it = tags(described.tags().iter().map(|tag| (tag.key(), tag.value())));
                found.insert(text(described.resource_arn()), of_it);
            }
        }
        Ok(found)
    }

    /// Health of each target of a target group.
    pub(super) async fn target_health(&self, arn: &str) -> Result<Vec<TargetHealth>, CloudError> {
        let request = self.clients.elb.describe_target_health().target_group_arn(arn);
        let answer = self.caller.call("elasticloadbalancing:DescribeTargetHealth", || request.clone().send()).await?;
        let described = answer.target_health_descriptions().iter();
        Ok(described
            .map(|described| {
                let health = described.target_health();
                TargetHealth {
                    target: text(described.target().and_then(|target| target.id())),
                    state: text(health.and_then(|health| health.state()).map(elb::TargetHealthStateEnum::as_str)),
                    reason: health.and_then(|health| health.reason()).map(|reason| reason.as_str().to_owned()),
                    description: health.and_then(|health| health.description()).map(str::to_owned),
                }
            })
            .collect())
    }
}

fn live_rule(found: &elb::Rule, listener_arn: &str) -> LiveRule {
    let mut conditions: Vec<_> = found.conditions().iter().filter_map(live_condition).collect();
    conditions.sort();
    LiveRule {
        arn: text(found.rule_arn()),
        listener_arn: listener_arn.to_owned(),
        // A string at AWS, `default` for the default rule.
        priority: found.priority().and_then(|priority| priority.parse().ok()),
        conditions,
        actions: live_actions(found.actions()),
        tags: None,
    }
}

pub(super) fn live_target_group(found: &elb::TargetGroup) -> LiveTargetGroup {
    LiveTargetGroup {
        target_group_name: text(found.target_group_name()),
        arn: text(found.target_group_arn()),
        port: found.port().and_then(|port| u16::try_from(port).ok()).unwrap_or_default(),
        protocol: text(found.protocol().map(elb::ProtocolEnum::as_str)),
        target_type: text(found.target_type().map(elb::TargetTypeEnum::as_str)),
        vpc: found.vpc_id().map(str::to_owned),
        load_balancer_arns: found.load_balancer_arns().to_vec(),
        health_check: HealthCheck {
            path: text(found.health_check_path()),
            interval_seconds: count(found.health_check_interval_seconds()),
            timeout_seconds: count(found.health_check_timeout_seconds()),
            healthy_threshold: count(found.healthy_threshold_count()),
            unhealthy_threshold: count(found.unhealthy_threshold_count()),
            matcher: text(found.matcher().and_then(|matcher| matcher.http_code())),
        },
        deregistration_delay_seconds: None,
        stickiness_seconds: None,
        others: others(found),
        tags: Tags::new(),
    }
}

/// What no spec declares of a health check.
fn others(found: &elb::TargetGroup) -> BTreeMap<String, String> {
    let settings = [
        ("health-check.enabled", found.health_check_enabled().map(|enabled| enabled.to_string())),
        ("health-check.port", found.health_check_port().map(str::to_owned)),
        ("health-check.protocol", found.health_check_protocol().map(|protocol| protocol.as_str().to_owned())),
    ];
    settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
