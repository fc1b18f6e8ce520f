//! Target groups and listener rules.

use envctl::cloud::CloudErrorKind;
use envctl::model::*;

use super::ground::{Ground, fact, key, tags_of_another};

/// Makes the target group; its ARN.
pub(super) async fn target_group(ground: &Ground) -> String {
    fact(&ground.perform(create_target_group(ground, None)).await, "target-group/web.arn")
}

fn create_target_group(ground: &Ground, tags: Option<Tags>) -> Action {
    let key = key("target-group/web");
    Action::CreateTargetGroup {
        tags: tags.unwrap_or_else(|| ground.tags(&key)),
        key,
        spec: ground.target_group_spec(),
        vpc: ground.borrowed.vpc.clone(),
    }
}

pub(super) fn create_rule(ground: &Ground, name: &str, priority: u32, actions: Vec<RuleAction>) -> Action {
    let key = key(&format!("listener-rule/{name}"));
    Action::CreateRule {
        tags: ground.tags(&key),
        key,
        listener_arn: ground.borrowed.listener_arn.clone(),
        priority,
        conditions: ground.conditions(),
        actions,
    }
}

pub(super) fn forward(target_group_arn: &str) -> Vec<RuleAction> {
    vec![RuleAction::Forward { target_group_arn: target_group_arn.to_owned() }]
}

pub(super) async fn a_target_group_lives_and_dies(ground: &Ground) {
    let arn = fact(&ground.perform_twice(create_target_group(ground, None)).await, "target-group/web.arn");
    let live = ground.observe(Depth::Preflight).await;
    let found = live.target_groups["web"].present().expect("the target group").clone();
    let spec = ground.target_group_spec();
    assert_eq!((found.arn.as_str(), found.port, found.protocol.as_str()), (arn.as_str(), 8080, "HTTP"));
    assert_eq!((found.target_type.as_str(), found.vpc.as_ref()), ("ip", Some(&ground.borrowed.vpc)));
    assert_eq!(found.health_check, spec.health_check);
    assert_eq!((found.deregistration_delay_seconds, found.stickiness_seconds), (Some(15), None));
    assert!(ground.desired().owns(&found.tags), "{:?}", found.tags);

    let mut spec = spec;
    spec.health_check.path = "/ready".to_owned();
    spec.deregistration_delay_seconds = 20;
    spec.stickiness_seconds = Some(600);
    let modify = Action::ModifyTargetGroup { key: key("target-group/web"), arn: arn.clone(), spec: spec.clone() };
    ground.perform(modify).await;
    let live = ground.observe(Depth::Preflight).await;
    let found = live.target_groups["web"].present().expect("the target group").clone();
    assert_eq!(found.health_check, spec.health_check);
    assert_eq!((found.deregistration_delay_seconds, found.stickiness_seconds), (Some(20), Some(600)));

    ground.perform_twice(Action::DeleteTargetGroup { key: key("target-group/web"), arn }).await;
    assert!(ground.observe(Depth::Environment).await.target_groups["web"].is_absent());
}

pub(super) async fn a_rule_lives_and_dies(ground: &Ground) {
    let before = ground.count_rules().await;
    let group = target_group(ground).await;
    let create = create_rule(ground, "web", 10, vec![ground.asleep()]);
    let arn = fact(&ground.perform_twice(create).await, "listener-rule/web.arn");
    let warming = create_rule(ground, "web.warming", 40_000, forward(&group));
    let warming_arn = fact(&ground.perform(warming).await, "listener-rule/web.warming.arn");
    let live = ground.observe(Depth::Environment).await;
    let rule = live.rules["web"].present().expect("the rule").clone();
    assert_eq!(
        (rule.priority, &rule.conditions, &rule.actions),
        (Some(10), &ground.conditions(), &vec![ground.asleep()])
    );
    assert_eq!(rule.listener_arn, ground.borrowed.listener_arn);
    let warming = live.rules["web.warming"].present().expect("the warming rule").clone();
    assert_eq!((warming.priority, warming.actions), (Some(40_000), forward(&group)));
    let all = live.listener_rules["web"].present().expect("the listener's rules").clone();
    assert_eq!(all.len(), before + 2);
    let ours: Vec<_> = all.iter().filter(|rule| [&arn, &warming_arn].contains(&&rule.arn)).collect();
    assert_eq!(ours.iter().map(|rule| rule.priority).collect::<Vec<_>>(), [Some(10), Some(40_000)], "in order");

    let modify = Action::ModifyRule {
        key: key("listener-rule/web"),
        arn: arn.clone(),
        conditions: ground.conditions(),
        actions: forward(&group),
    };
    ground.perform(modify).await;
    ground.perform(Action::SetRulePriority { key: key("listener-rule/web"), arn: arn.clone(), priority: 30 }).await;
    ground.perform_twice(Action::DeleteRule { key: key("listener-rule/web.warming"), arn: warming_arn }).await;
    let live = ground.observe(Depth::Environment).await;
    let rule = live.rules["web"].present().expect("the rule").clone();
    assert_eq!((rule.priority, rule.actions), (Some(30), forward(&group)));
    assert!(!live.rules.contains_key("web.warming"));
    ground.perform_twice(Action::DeleteRule { key: key("listener-rule/web"), arn }).await;
    let live = ground.observe(Depth::Environment).await;
    assert!(live.rules["web"].is_absent());
    assert_eq!(live.listener_rules["web"].present().map(Vec::len), Some(before), "those of others stay");
}

pub(super) async fn a_priority_in_use_is_a_conflict(ground: &Ground) {
    ground.perform(create_rule(ground, "web", 10, vec![ground.asleep()])).await;
    let second = create_rule(ground, "other", 10, vec![ground.asleep()]);
    ground.refused(second, CloudErrorKind::Conflict).await;
}

pub(super) async fn rules_and_groups_of_somebody_else_are_left_alone(ground: &Ground) {
    let before = ground.count_rules().await;
    let theirs = create_target_group(ground, Some(tags_of_another()));
    let group = fact(&ground.perform(theirs).await, "target-group/web.arn");
    ground.refused(create_target_group(ground, None), CloudErrorKind::Conflict).await;
    let delete = Action::DeleteTargetGroup { key: key("target-group/web"), arn: group.clone() };
    ground.refused(delete, CloudErrorKind::Unsafe).await;

    let mut theirs = create_rule(ground, "web", 10, forward(&group));
    if let Action::CreateRule { tags, .. } = &mut theirs {
        *tags = tags_of_another();
    }
    let rule = fact(&ground.perform(theirs).await, "listener-rule/web.arn");
    let delete = Action::DeleteRule { key: key("listener-rule/web"), arn: rule.clone() };
    ground.refused(delete, CloudErrorKind::Unsafe).await;
    let modify = Action::ModifyRule {
        key: key("listener-rule/web"),
        arn: rule,
        conditions: ground.conditions(),
        actions: vec![ground.asleep()],
    };
    ground.refused(modify, CloudErrorKind::Unsafe).await;
    let live = ground.observe(Depth::Environment).await;
    assert!(live.rules["web"].is_absent(), "not ours");
    assert_eq!(live.listener_rules["web"].present().map(Vec::len), Some(before + 1));
}
