//! Every declared value that is not so, whatever the power state: what `drift` reports. The same comparisons as the
//! plans', so that what is reported is what `up` mends.

use serde_json::Value;

use crate::model::{
    DatabaseSpec, Desired, Difference, FileSystemSpec, LATE_OPEN, Live, LiveAlarm, LiveDashboard, LiveDatabase,
    LiveRule, LiveScaling, LiveScalingPolicy, LiveService, NoteKind, Policy, Reason, ResourceKey, ResourceKind,
    RuleAction, RuleSpec, ServiceSpec, late_names_in, present, resolve_value,
};

use super::canonical::property_differences;
use super::condition::{condition_words, resolved, same_actions, same_conditions, words};
use super::draft::Draft;
use super::file_restore::Restores;
use super::rule::{is_in_maintenance, wanted_priority};
use super::situation::{Situation, key};
use super::{
    access_point, alarm, dashboard, database_changes, document, file_system, log_group, scaling, service,
    service_settings, target_group,
};

/// Compares every declared value of every resource that is there and ours. What only the power state decides (counts,
/// lower bounds and suspension of autoscaling, page or forward) is left out.
pub fn differences(desired: &Desired, live: &Live) -> Vec<Difference> {
    let policy = Policy { now: live.observed_at, who: String::new(), suffix: String::new(), sleep_cost: None };
    let deployed = desired.as_deployed(live);
    let s = Situation::new(&deployed, live, &policy);
    let mut found = Vec::new();
    databases(&s, &mut found);
    storage_and_targets(&s, &mut found);
    fixed_storage_and_targets(&s, &mut found);
    services(&s, &mut found);
    monitoring(&s, &mut found);
    rules(&s, &mut found);
    // A value that waits for something missing is no difference of its own.
    found.retain(|one| !one.wanted.as_ref().is_some_and(|wanted| wanted.contains(LATE_OPEN)));
    found
}

/// What a reason about a field says.
fn difference(key: &ResourceKey, reason: Reason) -> Option<Difference> {
    let Reason { field, from, to, .. } = reason;
    Some(Difference { key: key.clone(), field: field?, wanted: to, found: from, remedy: None })
}

fn databases(s: &Situation, found: &mut Vec<Difference>) {
    let ours = present(&s.live.databases).filter(|(_, live)| s.desired.owns(&live.tags));
    for (name, live) in ours {
        let Some(spec) = s.desired.databases.get(name) else { continue };
        let key = key(ResourceKind::Database, name);
        let compared = database_changes::differences(spec, live, s.security_groups_of(&spec.security_groups));
        found.extend(compared.reasons.into_iter().filter_map(|reason| difference(&key, reason)));
        for (reason, remedy) in compared.impossible.into_iter().chain(compared.outgrown) {
            found.extend(difference(&key, reason).map(|one| Difference { remedy: Some(remedy), ..one }));
        }
        fixed_at_creation(&key, spec, live, found);
    }
}

/// What a plan leaves alone, because only another database could have it.
fn fixed_at_creation(key: &ResourceKey, spec: &DatabaseSpec, live: &LiveDatabase, found: &mut Vec<Difference>) {
    let mut compare = |field: &str, wanted: String, is: Option<String>| {
        if is.as_ref() != Some(&wanted) {
            let remedy =
                format!("a restore takes it: `envctl down` to hibernate, then `up`; or set {field} to what is there");
            found.push(Difference {
                key: key.clone(),
                field: field.to_owned(),
                wanted: Some(wanted),
                found: is,
                remedy: Some(remedy),
            });
        }
    };
    if let Some(group) = &spec.subnet_group {
        compare("subnet-group", group.clone(), live.subnet_group.clone());
    }
    if let Some(support) = live.extended_support {
        compare("extended-support", spec.extended_support.to_string(), Some(support.to_string()));
    }
    // Spelled as id, alias or ARN: the tables of properties know that they are one.
    let key_of = |key: &Option<String>| serde_json::json!({ "KmsKeyId": key });
    let differs =
        !property_differences("AWS::RDS::DBInstance", &key_of(&spec.kms_key), &key_of(&live.kms_key)).is_empty();
    if spec.kms_key.is_some() && differs {
        found.push(Difference {
            key: key.clone(),
            field: "kms-key".to_owned(),
            wanted: spec.kms_key.clone(),
            found: live.kms_key.clone(),
            remedy: Some("a database keeps its key, and so does its snapshot: set kms_key to what is there".to_owned()),
        });
    }
}

/// File systems, mount targets, access points, log groups and target groups: their parts of a plan, tried out.
fn storage_and_targets(s: &Situation, found: &mut Vec<Difference>) {
    let mut draft = Draft::default();
    log_group::up(s, &mut draft);
    file_system::up(s, &Restores::default(), &mut draft);
    access_point::up(s, &Restores::default(), &mut draft);
    target_group::up(s, &mut draft);
    for step in draft.steps {
        let key = step.action.key().clone();
        if key.kind == ResourceKind::MountTarget && stands_on_something(s, &key) {
            found.push(Difference {
                key: key.clone(),
                field: "state".to_owned(),
                wanted: Some("available".to_owned()),
                found: None,
                remedy: None,
            });
        }
        found.extend(step.reasons.into_iter().filter_map(|reason| difference(&key, reason)));
    }
    for note in draft.notes.into_iter().filter(|note| note.kind == NoteKind::NotDone) {
        // Throughput that EFS does not let anybody change yet.
        found.extend(note.key.map(|key| Difference {
            key,
            field: "throughput".to_owned(),
            wanted: None,
            found: None,
            remedy: Some(note.text),
        }));
    }
}

/// Is the file system of a mount target (`FILE-SYSTEM.SUBNET`) there?
fn stands_on_something(s: &Situation, target: &ResourceKey) -> bool {
    let system = target.name.split_once('.').map_or(target.name.as_str(), |(system, _)| system);
    s.live.file_systems.get(system).is_some_and(|sighting| sighting.present().is_some())
}

/// What ELB and EFS fix at creation.
fn fixed_storage_and_targets(s: &Situation, found: &mut Vec<Difference>) {
    let mut compare = |kind: ResourceKind, name: &str, field: &str, wanted: String, is: String| {
        if wanted != is {
            let remedy =
                Some(format!("AWS never changes it: set {field} to {is}, or give it another name in the spec"));
            let (key, field) = (key(kind, name), field.to_owned());
            found.push(Difference { key, field, wanted: Some(wanted), found: Some(is), remedy });
        }
    };
    for (name, live) in present(&s.live.target_groups).filter(|(_, live)| s.desired.owns(&live.tags)) {
        if let Some(spec) = s.desired.target_groups.get(name) {
            let kind = ResourceKind::TargetGroup;
            compare(kind, name, "port", spec.port.to_string(), live.port.to_string());
            compare(kind, name, "protocol", spec.protocol.clone(), live.protocol.clone());
        }
    }
    for (name, live) in present(&s.live.file_systems).filter(|(_, live)| s.desired.owns(&live.tags)) {
        if let Some(FileSystemSpec::Owned { encrypted, .. }) = s.desired.file_systems.get(name) {
            let kind = ResourceKind::FileSystem;
            compare(kind, name, "encrypted", encrypted.to_string(), live.encrypted.to_string());
        }
    }
}

fn services(s: &Situation, found: &mut Vec<Difference>) {
    let ours = present(&s.live.services).filter(|(_, live)| live.is_active() && s.desired.owns(&live.tags));
    for (name, live) in ours {
        let Some(spec) = s.desired.services.get(name) else { continue };
        let key_of_service = key(ResourceKind::Service, name);
        let wanted = service_settings::wanted(s, spec, Some(live), &Draft::default());
        let settings = service_settings::differences(&wanted, live).reasons;
        found.extend(settings.into_iter().filter_map(|reason| difference(&key_of_service, reason)));
        documents(s, name, spec, found);
    }
    for (name, live) in present(&s.live.scaling) {
        if let Some(spec) = s.desired.services.get(name) {
            autoscaling(s, &key(ResourceKind::ScalableTarget, name), spec, live, found);
        }
    }
    for (name, live) in present(&s.live.services) {
        failed_deployment(&key(ResourceKind::Service, name), live, found);
    }
}

/// Alarms and the dashboard, whatever the power state: whether the actions of an alarm are on is not looked at here.
fn monitoring(s: &Situation, found: &mut Vec<Difference>) {
    let ours = |live: &LiveAlarm| live.tags.as_ref().is_none_or(|tags| s.desired.owns(tags));
    for (name, live) in present(&s.live.alarms).filter(|(_, live)| ours(live)) {
        let Some(spec) = s.desired.alarms.get(name) else { continue };
        let reasons = alarm::reasons(&alarm::resolved(spec, &s.facts), &live.spec);
        let key = key(ResourceKind::Alarm, name);
        found.extend(reasons.into_iter().filter_map(|reason| difference(&key, reason)));
    }
    let ours = |live: &LiveDashboard| live.carries(&s.desired.dashboard_mark());
    for (name, live) in present(&s.live.dashboards).filter(|(_, live)| ours(live)) {
        let Some(spec) = s.desired.dashboards.get(name) else { continue };
        let mut body = spec.body.clone();
        resolve_value(&mut body, &s.facts);
        let key = key(ResourceKind::Dashboard, name);
        found.extend(dashboard::reasons(&body, &live.body).into_iter().filter_map(|reason| difference(&key, reason)));
    }
}

fn failed_deployment(key: &ResourceKey, live: &LiveService, found: &mut Vec<Difference>) {
    if !live.is_active() || !service::has_failed(live) {
        return;
    }
    let state = live.rollout_state();
    let (field, wanted, is) = if live.running_count == 0 && state != Some("FAILED") {
        ("running", live.desired_count.to_string(), "0".to_owned())
    } else {
        ("deployment", "COMPLETED".to_owned(), state.unwrap_or_default().to_owned())
    };
    found.push(Difference {
        key: key.clone(),
        field: field.to_owned(),
        wanted: Some(wanted),
        found: Some(is),
        remedy: None,
    });
}

fn documents(s: &Situation, name: &str, spec: &ServiceSpec, found: &mut Vec<Difference>) {
    let key = key(ResourceKind::TaskDefinition, name);
    let Some(running) = s.live.task_definitions.get(name).and_then(|sighting| sighting.present()) else { return };
    let mut wanted = spec.task_definition.clone();
    resolve_value(&mut wanted, &s.facts);
    let reasons = if late_names_in(&wanted).is_empty() {
        document::differences(&wanted, running)
    } else {
        document::differences_where_known(&wanted, running)
    };
    found.extend(whole_items(reasons.into_iter().filter_map(|reason| difference(&key, reason)).collect()));
    if running.get("status").and_then(Value::as_str) == Some("INACTIVE") {
        found.push(Difference {
            key,
            field: "status".to_owned(),
            wanted: Some("ACTIVE".to_owned()),
            found: Some("INACTIVE".to_owned()),
            remedy: None,
        });
    }
}

/// An item of a list that is on one side only is one difference, told by what identifies it, not one a field.
fn whole_items(differences: Vec<Difference>) -> Vec<Difference> {
    let one_sided = |one: &Difference| one.wanted.is_none() != one.found.is_none();
    let lone: Vec<String> = differences
        .iter()
        .filter(|one| one_sided(one))
        .filter_map(|one| one.field.strip_suffix("].name").map(|item| format!("{item}]")))
        .collect();
    let outermost =
        |field: &str| lone.iter().filter(|item| field.starts_with(item.as_str())).min_by_key(|item| item.len());
    let mut whole: Vec<Difference> = Vec::new();
    for one in differences {
        let Some(item) = outermost(&one.field) else {
            whole.push(one);
            continue;
        };
        let tells = ["value", "image", "valueFrom"].iter().any(|field| one.field == format!("{item}.{field}"));
        match whole.iter_mut().find(|earlier| earlier.field == *item) {
            Some(earlier) if tells => (earlier.wanted, earlier.found) = (one.wanted, one.found),
            Some(_) => {}
            None => whole.push(Difference { field: item.clone(), ..one }),
        }
    }
    whole
}

fn autoscaling(s: &Situation, key: &ResourceKey, spec: &ServiceSpec, live: &LiveScaling, found: &mut Vec<Difference>) {
    let mut differs = |field: &str, wanted: Option<String>, is: Option<String>| {
        if wanted != is {
            found.push(Difference { key: key.clone(), field: field.to_owned(), wanted, found: is, remedy: None });
        }
    };
    let Some(scaling) = &spec.scaling else {
        differs("autoscaling", None, Some(format!("{} to {} tasks", live.min, live.max)));
        return;
    };
    differs("max", Some(scaling.max.to_string()), Some(live.max.to_string()));
    if s.live.surveyed {
        return;
    }
    let targets = [("cpu", scaling::CPU, scaling.cpu_percent), ("memory", scaling::MEMORY, scaling.memory_percent)];
    let names = targets.map(|(word, ..)| format!("{}-{word}", spec.service_name));
    for ((word, metric, target), name) in targets.iter().zip(&names) {
        let there = live.policies.iter().find(|policy| policy.name == *name);
        let in_and_out = (scaling.scale_in_cooldown_seconds, scaling.scale_out_cooldown_seconds);
        let wanted = target.map(|target| policy_words(metric, Some(target), Some(in_and_out.0), Some(in_and_out.1)));
        differs(word, wanted, there.map(words_of));
    }
    for stranger in live.policies.iter().filter(|policy| !names.contains(&policy.name)) {
        let remedy = "envctl did not make the policy and does not touch it: declare it, or delete it by hand";
        found.push(Difference {
            key: key.clone(),
            field: format!("policies.{}", stranger.name),
            wanted: None,
            found: Some(words_of(stranger)),
            remedy: Some(remedy.to_owned()),
        });
    }
}

fn words_of(policy: &LiveScalingPolicy) -> String {
    let LiveScalingPolicy { metric, target_percent, scale_in_cooldown_seconds, scale_out_cooldown_seconds, .. } =
        policy;
    let metric = metric.as_deref().unwrap_or("another kind of policy");
    let words = policy_words(metric, *target_percent, *scale_in_cooldown_seconds, *scale_out_cooldown_seconds);
    policy.others.iter().fold(words, |words, other| format!("{words}, {other}"))
}

fn policy_words(metric: &str, target: Option<u32>, scale_in: Option<u32>, scale_out: Option<u32>) -> String {
    let metric = match metric {
        scaling::CPU => "cpu",
        scaling::MEMORY => "memory",
        other => other,
    };
    let number =
        |number: Option<u32>, unit: &str| number.map_or("none".to_owned(), |number| format!("{number} {unit}"));
    let (target, scale_in, scale_out) = (number(target, "%"), number(scale_in, "s"), number(scale_out, "s"));
    format!("{metric} at {target}, in after {scale_in}, out after {scale_out}")
}

fn rules(s: &Situation, found: &mut Vec<Difference>) {
    for (name, live) in present(&s.live.rules) {
        let ours = live.tags.as_ref().is_none_or(|tags| s.desired.owns(tags));
        if let Some(spec) = s.desired.rules.get(name).filter(|_| ours) {
            rule(s, &key(ResourceKind::ListenerRule, name), spec, live, found);
        }
    }
}

fn rule(s: &Situation, key: &ResourceKey, spec: &RuleSpec, live: &LiveRule, found: &mut Vec<Difference>) {
    let mut differs = |field: &str, wanted: String, is: String| {
        let (wanted, is) = (Some(wanted), Some(is));
        found.push(Difference { key: key.clone(), field: field.to_owned(), wanted, found: is, remedy: None });
    };
    if !same_conditions(&spec.conditions, &live.conditions) {
        differs("conditions", condition_words(&spec.conditions), condition_words(&live.conditions));
    }
    if let Some(fixed) = wanted_priority(s, spec, live).filter(|fixed| live.priority != Some(*fixed)) {
        let is = live.priority.map_or("none".to_owned(), |priority| priority.to_string());
        differs("priority", fixed.to_string(), is);
    }
    // Page or forward is the power state's; which page, and forward to what, is the spec's.
    let page = vec![if is_in_maintenance(s, spec) { spec.maintenance.clone() } else { spec.asleep.clone() }];
    let actions = resolved(&spec.actions, &s.facts);
    match live.actions.last() {
        Some(RuleAction::FixedResponse { .. }) if !same_actions(&page, &live.actions) => {
            differs("page", words(&page), format!("another {}", words(&live.actions)));
        }
        // That it does not forward at all is the power state's, too.
        Some(last) if last.forwards() && !same_actions(&actions, &live.actions) => {
            differs("actions", targets(&actions), targets(&live.actions));
        }
        Some(RuleAction::Other { .. }) if spec.target_group.is_none() && !same_actions(&actions, &live.actions) => {
            differs("actions", targets(&actions), targets(&live.actions));
        }
        Some(RuleAction::Other { .. }) | None if spec.target_group.is_some() => {
            differs("page", words(&page), "another answer".to_owned());
        }
        _ => {}
    }
}

/// The actions in words, with where they forward to.
fn targets(actions: &[RuleAction]) -> String {
    let one = |action: &RuleAction| match action {
        RuleAction::Forward { target_group_arn } => format!("forward to {target_group_arn}"),
        other => words(std::slice::from_ref(other)),
    };
    actions.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_on_one_side_only_is_one_difference() {
        let leaf = |field: &str, found: &str| Difference {
            key: key(ResourceKind::TaskDefinition, "web"),
            field: field.to_owned(),
            wanted: None,
            found: Some(found.to_owned()),
            remedy: None,
        };
        let whole = whole_items(vec![
            leaf("containerDefinitions[evil].environment[A].name", "A"),
            leaf("containerDefinitions[evil].image", "miner:1"),
            leaf("containerDefinitions[evil].name", "evil"),
            leaf("containerDefinitions[app].environment[B].name", "B"),
            leaf("containerDefinitions[app].environment[B].value", "2"),
            leaf("cpu", "512"),
        ]);
        let told: Vec<(&str, Option<&str>)> =
            whole.iter().map(|one| (one.field.as_str(), one.found.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("containerDefinitions[evil]", Some("miner:1")),
                ("containerDefinitions[app].environment[B]", Some("2")),
                ("cpu", Some("512"))
            ]
        );
    }
}
