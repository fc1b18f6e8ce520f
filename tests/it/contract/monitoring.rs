//! Alarms and dashboards.

use std::collections::BTreeMap;

use envctl::cloud::CloudErrorKind;
use envctl::model::*;
use serde_json::json;

use super::ground::{Ground, fact, key};

fn alarm(ground: &Ground) -> AlarmSpec {
    AlarmSpec {
        alarm_name: ground.name("cpu"),
        description: "too busy".to_owned(),
        namespace: "AWS/ECS".to_owned(),
        metric_name: "CPUUtilization".to_owned(),
        dimensions: BTreeMap::from([
            ("ClusterName".to_owned(), ground.name("cluster")),
            ("ServiceName".to_owned(), ground.name("service")),
        ]),
        statistic: "Average".to_owned(),
        period_seconds: 60,
        evaluation_periods: 5,
        datapoints_to_alarm: 3,
        threshold: "80.5".parse().expect("a number"),
        comparison: "GreaterThanThreshold".to_owned(),
        treat_missing_data: "notBreaching".to_owned(),
        actions: vec![topic(ground, "calls")],
        ok_actions: vec![topic(ground, "calls")],
    }
}

fn topic(ground: &Ground, name: &str) -> String {
    let desired = ground.desired();
    format!("arn:aws:sns:{}:{}:{name}", desired.region, desired.account)
}

fn declaring(ground: &Ground, spec: &AlarmSpec) -> Desired {
    Desired { alarms: BTreeMap::from([("cpu".to_owned(), spec.clone())]), ..ground.desired() }
}

async fn seen(ground: &Ground, spec: &AlarmSpec, depth: Depth) -> Sighting<LiveAlarm> {
    ground.observe_for(declaring(ground, spec), depth).await.alarms["cpu"].clone()
}

pub(super) async fn an_alarm_is_made_changed_switched_and_deleted(ground: &Ground) {
    let alarm_key = key("alarm/cpu");
    let spec = alarm(ground);
    assert!(seen(ground, &spec, Depth::Environment).await.is_absent());
    let put = |spec: &AlarmSpec, actions_enabled: bool| Action::PutAlarm {
        key: alarm_key.clone(),
        spec: spec.clone(),
        actions_enabled,
        tags: ground.tags(&alarm_key),
    };
    let receipt = ground.perform_twice(put(&spec, true)).await;
    let live = seen(ground, &spec, Depth::Preflight).await.present().expect("the alarm").clone();
    assert_eq!(live.spec, spec);
    assert_eq!(live.arn, fact(&receipt, "alarm/cpu.arn"));
    assert!(live.actions_enabled && live.tags.is_some_and(|tags| ground.desired().owns(&tags)));

    let switch =
        |enabled| Action::SetAlarmActions { key: alarm_key.clone(), alarm_name: spec.alarm_name.clone(), enabled };
    for enabled in [false, true] {
        ground.perform_twice(switch(enabled)).await;
        let live = seen(ground, &spec, Depth::Environment).await;
        assert_eq!(live.present().map(|live| live.actions_enabled), Some(enabled));
    }

    // Every setting is replaced; what is left out goes.
    let other = AlarmSpec {
        description: String::new(),
        statistic: "Sum".to_owned(),
        threshold: 3.into(),
        datapoints_to_alarm: 5,
        comparison: "LessThanOrEqualToThreshold".to_owned(),
        treat_missing_data: "ignore".to_owned(),
        dimensions: BTreeMap::from([("ClusterName".to_owned(), ground.name("cluster"))]),
        ok_actions: Vec::new(),
        ..spec.clone()
    };
    ground.perform(put(&other, false)).await;
    let live = seen(ground, &other, Depth::Preflight).await.present().expect("the alarm").clone();
    assert_eq!((live.spec, live.actions_enabled), (other, false));
    assert!(live.tags.is_some_and(|tags| ground.desired().owns(&tags)), "its tags stay");

    let delete = Action::DeleteAlarm { key: alarm_key.clone(), alarm_name: spec.alarm_name.clone() };
    ground.perform_twice(delete).await;
    assert!(seen(ground, &spec, Depth::Environment).await.is_absent());
}

pub(super) async fn an_alarm_may_watch_a_percentile(ground: &Ground) {
    let alarm_key = key("alarm/cpu");
    let spec = AlarmSpec {
        alarm_name: ground.name("latency"),
        namespace: "AWS/ApplicationELB".to_owned(),
        metric_name: "TargetResponseTime".to_owned(),
        statistic: "p95".to_owned(),
        threshold: "0.5".parse().expect("a number"),
        ..alarm(ground)
    };
    let tags = ground.tags(&alarm_key);
    ground
        .perform_twice(Action::PutAlarm { key: alarm_key.clone(), spec: spec.clone(), actions_enabled: false, tags })
        .await;
    let live = seen(ground, &spec, Depth::Environment).await;
    assert_eq!(live.present().map(|live| &live.spec), Some(&spec));
    ground.perform(Action::DeleteAlarm { key: alarm_key, alarm_name: spec.alarm_name }).await;
}

pub(super) async fn an_alarm_of_somebody_else_is_left_alone(ground: &Ground) {
    let alarm_key = key("alarm/cpu");
    let spec = alarm(ground);
    let tags = super::ground::tags_of_another();
    let theirs = Action::PutAlarm { key: alarm_key.clone(), spec: spec.clone(), actions_enabled: true, tags };
    ground.perform(theirs).await;
    let ours = AlarmSpec { threshold: 1.into(), ..spec.clone() };
    let put =
        Action::PutAlarm { key: alarm_key.clone(), spec: ours, actions_enabled: false, tags: ground.tags(&alarm_key) };
    ground.refused(put, CloudErrorKind::Conflict).await;
    let alarm_name = spec.alarm_name.clone();
    let switch = Action::SetAlarmActions { key: alarm_key.clone(), alarm_name: alarm_name.clone(), enabled: false };
    ground.refused(switch, CloudErrorKind::Unsafe).await;
    ground.refused(Action::DeleteAlarm { key: alarm_key, alarm_name }, CloudErrorKind::Unsafe).await;
    let live = seen(ground, &spec, Depth::Environment).await.present().expect("the alarm").clone();
    assert_eq!((live.spec, live.actions_enabled), (spec, true));
}

pub(super) async fn a_dashboard_is_known_by_its_mark(ground: &Ground) {
    let dashboard_key = key("dashboard/main");
    let mark = ground.desired().dashboard_mark();
    let spec = |title: &str, mark: &str| DashboardSpec {
        dashboard_name: ground.name("board"),
        body: json!({"widgets": [
            {"type": "text", "width": 24, "height": 2, "properties": {"markdown": format!("# {title}\n{mark}")}},
            {"type": "metric", "width": 12, "height": 6, "properties": {
                "region": "us-east-1", "title": "CPU", "metrics": [["AWS/ECS", "CPUUtilization", "ClusterName", "x"]],
            }},
        ]}),
    };
    let put = |spec: DashboardSpec| Action::PutDashboard { key: dashboard_key.clone(), spec, mark: mark.clone() };
    let delete = Action::DeleteDashboard {
        key: dashboard_key.clone(),
        dashboard_name: ground.name("board"),
        mark: mark.clone(),
    };
    let declaring =
        || Desired { dashboards: BTreeMap::from([("main".to_owned(), spec("one", &mark))]), ..ground.desired() };
    assert!(ground.observe_for(declaring(), Depth::Environment).await.dashboards["main"].is_absent());
    for title in ["one", "two"] {
        ground.perform_twice(put(spec(title, &mark))).await;
        let live = ground.observe_for(declaring(), Depth::Environment).await;
        let live = live.dashboards["main"].present().expect("the dashboard").clone();
        assert_eq!(live.body, spec(title, &mark).body);
        assert!(live.carries(&mark));
    }
    ground.perform_twice(delete.clone()).await;
    assert!(ground.observe_for(declaring(), Depth::Environment).await.dashboards["main"].is_absent());

    // A dashboard that somebody made by hand under the same name.
    let theirs = Action::PutDashboard { key: dashboard_key.clone(), spec: spec("mine", "by hand"), mark: mark.clone() };
    ground.perform(theirs).await;
    ground.refused(put(spec("one", &mark)), CloudErrorKind::Conflict).await;
    ground.refused(delete, CloudErrorKind::Unsafe).await;
    let live = ground.observe_for(declaring(), Depth::Environment).await;
    let live = live.dashboards["main"].present().expect("the dashboard").clone();
    assert_eq!(live.body, spec("mine", "by hand").body);
}
