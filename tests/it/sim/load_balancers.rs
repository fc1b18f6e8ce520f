//! Target groups and listener rules: section 4 of the AWS facts.

use envctl::cloud::CloudErrorKind;
use envctl::model::*;

use super::account::{Account, asleep, forward, key};

#[tokio::test(start_paused = true)]
async fn a_priority_is_taken_once_on_a_listener() {
    let account = Account::new();
    let first = account.fact(account.create_rule("one", 10, asleep()), "arn").await;
    assert_eq!(account.refusal(account.create_rule("two", 10, asleep())).await, "PriorityInUse");
    for wrong in [0, 50_001] {
        assert_eq!(account.refusal(account.create_rule("two", wrong, asleep())).await, "ValidationError");
    }
    let second = account.fact(account.create_rule("two", 11, asleep()), "arn").await;
    let priority = |arn: &str, priority| Action::SetRulePriority {
        key: key(ResourceKind::ListenerRule, "one"),
        arn: arn.to_owned(),
        priority,
    };
    assert_eq!(account.refusal(priority(&first, 11)).await, "PriorityInUse");
    account.perform(priority(&second, 12)).await.unwrap();
    account.perform(priority(&first, 11)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_is_ours_is_adopted_and_one_that_differs_is_a_conflict() {
    let account = Account::new();
    let create = account.create_rule("one", 10, asleep());
    let first = account.perform(create.clone()).await.unwrap();
    let again = account.perform(create).await.unwrap();
    assert_eq!((first.facts, again.changed), (again.facts, false));
    let group = account.fact(account.create_target_group("web"), "arn").await;
    let other = account.create_rule("one", 10, forward(&group));
    assert_eq!(account.perform(other).await.unwrap_err().kind, CloudErrorKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn a_rule_has_at_most_five_values_and_a_small_page() {
    let account = Account::new();
    let with = |conditions: Vec<Condition>, actions| match account.create_rule("one", 10, actions) {
        Action::CreateRule { key, listener_arn, priority, tags, actions, .. } => {
            Action::CreateRule { key, listener_arn, priority, conditions, actions, tags }
        }
        other => other,
    };
    let hosts =
        |count: usize| Condition::HostHeader((0..count).map(|number| format!("h{number}.example.com")).collect());
    assert_eq!(account.refusal(with(vec![hosts(6)], asleep())).await, "TooManyValues");
    assert_eq!(account.refusal(with(vec![hosts(1), hosts(1)], asleep())).await, "ValidationError");
    let bare = Condition::HostHeader(vec!["nodot".to_owned()]);
    assert_eq!(account.refusal(with(vec![bare], asleep())).await, "ValidationError");
    let page =
        |body: String| vec![RuleAction::FixedResponse { status_code: 503, content_type: "text/html".to_owned(), body }];
    assert_eq!(account.refusal(with(vec![hosts(1)], page("x".repeat(1025)))).await, "ValidationError");
    account.perform(with(vec![hosts(5)], page("x".repeat(1024)))).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_has_at_most_a_hundred_rules() {
    let account = Account::new();
    // Production has one already.
    for number in 2..=100 {
        account.pass(1).await;
        account.perform(account.create_rule(&format!("r{number}"), number, asleep())).await.unwrap();
    }
    assert_eq!(account.refusal(account.create_rule("last", 101, asleep())).await, "TooManyRules");
}

#[tokio::test(start_paused = true)]
async fn a_target_group_is_the_same_again_or_a_conflict() {
    let account = Account::new();
    let first = account.perform(account.create_target_group("web")).await.unwrap();
    let again = account.perform(account.create_target_group("web")).await.unwrap();
    assert_eq!((first.facts, again.changed), (again.facts, false));
    let different = match account.create_target_group("web") {
        Action::CreateTargetGroup { key, spec, vpc, tags } => {
            Action::CreateTargetGroup { key, spec: TargetGroupSpec { port: 9090, ..spec }, vpc, tags }
        }
        other => other,
    };
    assert_eq!(account.refusal(different).await, "DuplicateTargetGroupName");
    for wrong in ["-web", "web-", "my_web", &"x".repeat(33)] {
        assert_eq!(account.refusal(account.create_target_group(wrong)).await, "ValidationError", "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_group_in_use_stays_and_a_service_needs_one_that_is_in_use() {
    let account = Account::new();
    let group = account.fact(account.create_target_group("web"), "arn").await;
    let revision = account.registered("app:1").await;
    let settings = |container: &str, port| ServiceSettings {
        attachment: Some((group.clone(), container.to_owned(), port)),
        ..account.settings()
    };
    let error = account.perform(account.create_service(settings("app", 8080), &revision, 1)).await.unwrap_err();
    assert!(error.message.contains("does not have an associated load balancer"), "{error}");
    let rule = account.fact(account.create_rule("web", 10, forward(&group)), "arn").await;
    for (container, port) in [("other", 8080), ("app", 9090)] {
        let create = account.create_service(settings(container, port), &revision, 1);
        assert_eq!(account.refusal(create).await, "InvalidParameterException");
    }
    account.perform(account.create_service(settings("app", 8080), &revision, 1)).await.unwrap();
    let delete = || Action::DeleteTargetGroup { key: key(ResourceKind::TargetGroup, "web"), arn: group.clone() };
    assert_eq!(account.refusal(delete()).await, "ResourceInUse");
    account.perform(Action::DeleteRule { key: key(ResourceKind::ListenerRule, "web"), arn: rule }).await.unwrap();
    account.perform(delete()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn targets_are_checked_only_while_a_rule_forwards_to_them() {
    let account = Account::new();
    let group = account.fact(account.create_target_group("web"), "arn").await;
    let rule = account.fact(account.create_rule("web", 10, forward(&group)), "arn").await;
    let revision = account.registered("app:1").await;
    let attachment = Some((group.clone(), "app".to_owned(), 8080));
    let settings = ServiceSettings { attachment, ..account.settings() };
    account.perform(account.create_service(settings, &revision, 1)).await.unwrap();
    let state = || async {
        let target = account.service_status(Some(group.clone())).await.targets.pop();
        target.map(|target| (target.state, target.reason.unwrap_or_default())).unwrap_or_default()
    };
    let expected = |state: &str, reason: &str| (state.to_owned(), reason.to_owned());
    account.pass(45).await;
    assert_eq!(state().await, expected("initial", "Elb.InitialHealthChecking"));
    account.pass(30).await;
    assert_eq!(state().await, expected("healthy", ""));
    let page = |actions| Action::ModifyRule {
        key: key(ResourceKind::ListenerRule, "web"),
        arn: rule.clone(),
        conditions: vec![Condition::HostHeader(vec!["web.example.com".to_owned()])],
        actions,
    };
    account.perform(page(asleep())).await.unwrap();
    assert_eq!(state().await, expected("unused", "Target.NotInUse"));
    account.perform(page(forward(&group))).await.unwrap();
    account.pass(5).await;
    assert_eq!(state().await, expected("initial", "Elb.InitialHealthChecking"));
    account.pass(30).await;
    assert_eq!(state().await, expected("healthy", ""));
}

#[tokio::test(start_paused = true)]
async fn production_rules_and_target_groups_are_left_alone() {
    let account = Account::new();
    let world = account.world();
    let rule = world.rules.values().next().unwrap().live.clone();
    let group = world.target_groups.keys().next().unwrap().clone();
    let of_rule = || key(ResourceKind::ListenerRule, "web");
    let actions = [
        Action::DeleteRule { key: of_rule(), arn: rule.arn.clone() },
        Action::SetRulePriority { key: of_rule(), arn: rule.arn.clone(), priority: 7 },
        Action::ModifyRule { key: of_rule(), arn: rule.arn, conditions: rule.conditions, actions: asleep() },
        Action::DeleteTargetGroup { key: key(ResourceKind::TargetGroup, "web"), arn: group },
    ];
    for action in actions {
        assert_eq!(account.perform(action).await.unwrap_err().kind, CloudErrorKind::Unsafe);
    }
    assert_eq!(account.world().rules, world.rules);
}
