//! What an observation of one environment costs, and what it makes of AWS's answers.

use std::sync::Arc;

use async_trait::async_trait;
use envctl::cloud::Cloud;
use envctl::cloud::aws::RevisionCache;
use envctl::model::*;
use serde_json::{Value, json};

use super::answers::{self, environment};
use super::scope;
use super::wire::Wire;

/// A revision that an earlier run kept.
pub(super) struct Kept;

#[async_trait]
impl RevisionCache for Kept {
    async fn revision(&self, arn: &str) -> Option<Value> {
        (arn == answers::REVISION).then(|| json!({"taskDefinitionArn": arn, "family": "shop-staging-web"}))
    }

    async fn remember(&self, arn: &str, _: &Value) {
        panic!("{arn} was asked for again");
    }
}

#[tokio::test(start_paused = true)]
async fn one_environment_is_observed_with_twelve_calls_in_two_waves() {
    let wire = Wire::new(|sent, _| environment(sent));
    let cloud = wire.cloud(Some(Arc::new(Kept))).await;
    let begun = tokio::time::Instant::now();
    let live = cloud.observe(&scope()).await.expect("an observation");
    let waves = begun.elapsed().as_millis() / wire.takes().as_millis();
    let calls = cloud.calls();
    let operations: Vec<&str> = calls.iter().map(|call| call.operation).collect();
    assert_eq!((calls.len(), waves), (12, 2), "{operations:#?}");
    assert!(calls.iter().all(|call| call.attempt == 1 && call.error.is_none()));
    assert!(calls.iter().all(|call| call.request_id.as_deref() == Some("request-1")), "{calls:#?}");
    assert!(live.gaps.is_empty() && live.undeclared.is_empty(), "{live:#?}");
}

#[tokio::test(start_paused = true)]
async fn one_environment_is_compared_with_twelve_calls_in_two_waves() {
    let wire = Wire::new(|sent, _| environment(sent));
    let mut scope = Scope { depth: Depth::Comparison, ..scope() };
    let tag = |value: &str| Selector::Tag { key: "Name".to_owned(), value: value.to_owned() };
    scope.desired.network.security_groups = vec![tag("tasks")];
    scope.desired.databases.get_mut("main").expect("main").security_groups = vec![tag("database")];

    // The first look resolves both selectors in one call more; the ids are then known.
    let first = wire.cloud(Some(Arc::new(Kept))).await;
    let live = first.observe(&scope).await.expect("an observation");
    assert_eq!((first.calls().len(), wire.sent("DescribeSecurityGroups").len()), (13, 1));
    scope.known_ids = live.resolved_ids;

    let cloud = wire.cloud(Some(Arc::new(Kept))).await;
    let begun = tokio::time::Instant::now();
    let live = cloud.observe(&scope).await.expect("an observation");
    let waves = begun.elapsed().as_millis() / wire.takes().as_millis();
    let calls = cloud.calls();
    let operations: Vec<&str> = calls.iter().map(|call| call.operation).collect();
    assert_eq!((calls.len(), waves), (12, 2), "{operations:#?}");

    // And yet everything that is declared was looked at.
    assert_eq!(live.account, "123456789012", "from the ARNs");
    let group = live.target_groups["web"].present().expect("the target group");
    assert_eq!((group.deregistration_delay_seconds, group.stickiness_seconds), (Some(15), None));
    assert!(live.log_groups["app"].present().is_some_and(|group| group.tags.is_some()));
    let groups =
        |name: &str| live.borrowed.security_groups[&tag(name).to_string()].present().map(|found| found[0].id.as_str());
    assert_eq!((groups("tasks"), groups("database")), (Some("sg-1"), Some("sg-2")));
    assert!(live.gaps.is_empty() && live.undeclared.is_empty(), "{live:#?}");
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_there_a_comparison_asks_whose_account_it_is_and_for_snapshots() {
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "GetCallerIdentity" | "DescribeDBSnapshots" => environment(sent),
        "DescribeDBInstances" => answers::query_error(404, "DBInstanceNotFound", "not found"),
        "DescribeTargetGroups" => answers::query_error(400, "TargetGroupNotFound", "not found"),
        "DescribeSecret" => answers::json_error(400, "ResourceNotFoundException", "not found"),
        "GET access-points" => super::wire::Answer::Says(200, r#"{"AccessPoints":[]}"#.to_owned()),
        "DescribeServices" => super::wire::Answer::Says(200, r#"{"services":[],"failures":[]}"#.to_owned()),
        "DescribeLogGroups" => super::wire::Answer::Says(200, r#"{"logGroups":[]}"#.to_owned()),
        "ListTagsForResource" => answers::json_error(400, "ResourceNotFoundException", "not found"),
        "DescribeRules" => answers::query_error(400, "ListenerNotFound", "not found"),
        "DescribeScalableTargets" => super::wire::Answer::Says(200, r#"{"ScalableTargets":[]}"#.to_owned()),
        "DescribeScalingPolicies" => super::wire::Answer::Says(200, r#"{"ScalingPolicies":[]}"#.to_owned()),
        other => panic!("nobody expected {other}: {}", sent.body),
    });
    let cloud = wire.cloud(None).await;
    let live = cloud.observe(&Scope { depth: Depth::Comparison, ..scope() }).await.expect("an observation");
    assert_eq!(live.account, "123456789012");
    assert!(live.services["web"].is_absent() && live.log_groups["app"].is_absent(), "{live:#?}");
    let calls: Vec<&str> = cloud.calls().iter().map(|call| call.operation).collect();
    assert!(calls.contains(&"sts:GetCallerIdentity"), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn the_answers_of_aws_become_the_models_words() {
    let wire = Wire::new(|sent, _| environment(sent));
    let live = wire.cloud(Some(Arc::new(Kept))).await.observe(&scope()).await.expect("an observation");
    assert_eq!((live.account.as_str(), live.region.as_str()), ("123456789012", "us-east-2"));

    let service = live.services["web"].present().expect("the service");
    assert_eq!(service.subnets, ["subnet-1", "subnet-2"], "sorted");
    assert_eq!((service.capacity, service.circuit_breaker), (Some(Capacity::OnDemand), true));
    assert_eq!(service.primary().and_then(|primary| primary.rollout_state.as_deref()), Some("COMPLETED"));
    assert_eq!(live.task_definitions["web"].present().expect("kept")["family"], "shop-staging-web");

    let database = live.databases["main"].present().expect("the database");
    assert_eq!(database.extended_support, Some(false));
    assert_eq!(database.max_storage_gib, None);
    assert_eq!(database.pending.keys().collect::<Vec<_>>(), ["password"]);
    assert!(!database.pending["password"].contains('*'));
    assert_eq!(database.created_at, Some("2026-07-11T17:10:38.725Z".parse().expect("a time")));
    let snapshots = live.snapshots["main"].present().expect("the snapshots");
    assert_eq!(snapshots[0].database_resource_id.as_deref(), Some("db-VGGGLXOPD3AYOLNBBQMELZE4KQ"));

    let rule = live.rules["web"].present().expect("the rule");
    assert_eq!(rule.conditions, [Condition::HostHeader(vec!["staging.shop.example".to_owned()])]);
    let RuleAction::Other { document } = &rule.actions[0] else { panic!("{:?}", rule.actions) };
    assert_eq!(document["AuthenticateCognitoConfig"]["UserPoolClientId"], "c");
    assert_eq!(rule.actions[1], RuleAction::Forward { target_group_arn: answers::TARGET_GROUP.to_owned() });
    assert_eq!(
        live.listener_rules["web"].present().map(|rules| rules.last().and_then(|rule| rule.priority)),
        Some(None)
    );

    assert_eq!(live.foreign_access_points["data"], 1);
    assert_eq!(live.log_groups["app"].present().map(|group| group.retention_days), Some(Some(14)));
    let group = live.log_groups["app"].present().expect("the log group");
    assert!(!group.arn.ends_with(":*"), "{}", group.arn);
    let scaling = live.scaling["web"].present().expect("the scalable target");
    assert_eq!((scaling.min, scaling.max, scaling.suspended), (1, 4, false));
    assert_eq!(scaling.policies[0].target_percent, Some(60));
}

#[tokio::test(start_paused = true)]
async fn a_spec_without_scaling_never_asks_for_it() {
    let wire = Wire::new(|sent, _| environment(sent));
    let mut scope = scope();
    scope.desired.services.get_mut("web").expect("web").scaling = None;
    let live = wire.cloud(Some(Arc::new(Kept))).await.observe(&scope).await.expect("an observation");
    assert!(live.scaling.is_empty());
    assert!(wire.sent("DescribeScalableTargets").is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_is_unreadable_with_operation_code_and_request_id() {
    let wire = Wire::new(|sent, _| match sent.operation.as_str() {
        "DescribeSecret" => answers::json_error(400, "AccessDeniedException", "not authorized to describe it"),
        "DescribeTags" => answers::query_error(403, "AccessDenied", "not authorized to see tags"),
        _ => environment(sent),
    });
    let live = wire.cloud(Some(Arc::new(Kept))).await.observe(&scope()).await.expect("an observation");
    let Sighting::Unreadable { why } = &live.secrets["main"] else { panic!("{:?}", live.secrets) };
    for part in ["secretsmanager:DescribeSecret", "AccessDeniedException", "request-1", "not authorized"] {
        assert!(why.contains(part), "{part} in {why}");
    }
    // Without tags nobody knows whose a rule or a target group is: never "absent", never "not ours".
    assert!(matches!(live.rules["web"], Sighting::Unreadable { .. }));
    assert!(matches!(live.target_groups["web"], Sighting::Unreadable { .. }));
    assert!(live.databases["main"].present().is_some(), "the rest is read all the same");
}

#[tokio::test(start_paused = true)]
async fn without_an_account_nothing_is_said() {
    let expired = "The security token included in the request is expired";
    let wire = Wire::new(move |sent, _| match sent.operation.as_str() {
        "GetCallerIdentity" => answers::query_error(403, "ExpiredToken", expired),
        _ => environment(sent),
    });
    let error = wire.cloud(None).await.observe(&scope()).await.expect_err("no observation");
    assert_eq!(error.kind, envctl::cloud::CloudErrorKind::NoCredentials);
    assert!(error.message.contains("aws sso login") && error.message.contains("--cloud sim"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_listener_known_from_before_that_is_gone_is_looked_for_by_its_name() {
    let wire = Wire::new(|sent, before| match sent.operation.as_str() {
        "DescribeRules" if before == 0 => {
            answers::query_error(400, "ListenerNotFound", "One or more listeners not found")
        }
        "DescribeLoadBalancers" => answers::query_error(400, "LoadBalancerNotFound", "not found"),
        _ => environment(sent),
    });
    let mut scope = scope();
    let selector = ListenerSelector::LoadBalancer { name: "prod-alb".to_owned(), port: 443 };
    scope.known_ids.insert(selector.to_string(), answers::LISTENER.to_owned());
    scope.desired.listeners.insert("web".to_owned(), selector);
    let live = wire.cloud(Some(Arc::new(Kept))).await.observe(&scope).await.expect("an observation");
    assert!(live.borrowed.listeners["web"].is_absent());
    assert_eq!(wire.sent("DescribeLoadBalancers").len(), 1);
}
