//! What carries this environment's tags and is not declared, or is there twice: left over from an older spec, from a
//! run that was killed or from a reply that was lost.

use std::collections::BTreeSet;

use crate::model::{
    Action, NoteKind, ResourceKey, ResourceKind, ServiceUpdate, StepId, Subject, Undeclared, Until, Wait,
};

use super::draft::{Draft, NewStep};
use super::durations;
use super::situation::Situation;
use super::warming::WARMING;

/// Removes what is there twice, once the one that stays is in use; the rest stays until `destroy`, and is told.
pub(super) fn up(s: &Situation, draft: &mut Draft) {
    let services = s.desired.services.keys().map(|name| ResourceKey::new(ResourceKind::Service, name));
    let rules = s.desired.rules.keys().map(|name| ResourceKey::new(ResourceKind::ListenerRule, name));
    let settled: Vec<StepId> = services.chain(rules).flat_map(|key| draft.ready(&key)).collect();
    for one in &s.live.undeclared {
        match action(&one.key, &one.id).filter(|_| is_twice(s, &one.key)) {
            Some(action) => {
                let step =
                    NewStep::new(format!("surplus/{}", one.id), format!("delete {}, a second one", one.id), action);
                draft.add(step.because("it was made twice, and the other one is in use").after(settled.clone()));
            }
            None => note_kept(one, draft),
        }
    }
}

/// Notes what stays while the environment sleeps, and warns of what goes on running.
pub(super) fn keep(s: &Situation, draft: &mut Draft) {
    for one in &s.live.undeclared {
        if one.key.kind == ResourceKind::Service {
            let text =
                format!("{} is not declared: it goes on running, and what it writes from now on may be lost", one.id);
            draft.note(Some(one.key.clone()), NoteKind::Warning, text);
        } else if one.key.kind == ResourceKind::Alarm {
            let text =
                format!("alarm {} is not declared: its actions stay as they are, and `destroy` deletes it", one.id);
            draft.note(Some(one.key.clone()), NoteKind::Warning, text);
        } else {
            note_kept(one, draft);
        }
    }
}

/// Deletes the rules, before anything else; the steps after which nothing comes in through them.
pub(super) fn delete_rules(s: &Situation, draft: &mut Draft) -> Vec<StepId> {
    of_kind(s, ResourceKind::ListenerRule).filter_map(|one| delete(one, &[], draft)).collect()
}

/// Deletes the services; the steps after which no task of them runs that could still write something.
pub(super) fn delete_services(s: &Situation, closed: &[StepId], draft: &mut Draft) -> Vec<StepId> {
    of_kind(s, ResourceKind::Service).filter_map(|one| delete_service(one, closed, draft)).collect()
}

/// Deletes the rest, but what holds data.
pub(super) fn delete_rest(s: &Situation, after: &[StepId], draft: &mut Draft) {
    let databases: BTreeSet<&str> = of_kind(s, ResourceKind::Database).map(|one| one.key.name.as_str()).collect();
    let done = [ResourceKind::ListenerRule, ResourceKind::Service];
    for one in s.live.undeclared.iter().filter(|one| !done.contains(&one.key.kind)) {
        let password_is_used = one.key.kind == ResourceKind::Secret && databases.contains(one.key.name.as_str());
        if password_is_used || delete(one, after, draft).is_none() {
            let text = format!("{} is not declared and may hold data: declare it again, then destroy", one.id);
            draft.note(Some(one.key.clone()), NoteKind::NotDone, text);
        }
    }
}

fn of_kind<'a>(s: &Situation<'a>, kind: ResourceKind) -> impl Iterator<Item = &'a Undeclared> {
    s.live.undeclared.iter().filter(move |one| one.key.kind == kind)
}

/// Does the spec declare the key, so that this is a second one?
fn is_twice(s: &Situation, key: &ResourceKey) -> bool {
    match key.kind {
        ResourceKind::AccessPoint => s.desired.access_points.contains_key(&key.name),
        ResourceKind::ListenerRule => s.desired.rules.contains_key(key.name.strip_suffix(WARMING).unwrap_or(&key.name)),
        _ => false,
    }
}

fn note_kept(one: &Undeclared, draft: &mut Draft) {
    let text = format!("{} is this environment's, but the spec does not declare it: it stays until `destroy`", one.id);
    draft.note(Some(one.key.clone()), NoteKind::Kept, text);
}

/// The action that deletes it; `None`: it may hold data, or takes more than one action.
fn action(key: &ResourceKey, id: &str) -> Option<Action> {
    let (key, id) = (key.clone(), id.to_owned());
    match key.kind {
        ResourceKind::ListenerRule => Some(Action::DeleteRule { key, arn: id }),
        ResourceKind::TargetGroup => Some(Action::DeleteTargetGroup { key, arn: id }),
        ResourceKind::LogGroup => Some(Action::DeleteLogGroup { key, log_group_name: id }),
        ResourceKind::AccessPoint => Some(Action::DeleteAccessPoint { key, access_point_id: id }),
        ResourceKind::Secret => Some(Action::DeleteSecret { key, secret_arn: id }),
        ResourceKind::Alarm => Some(Action::DeleteAlarm { key, alarm_name: id }),
        ResourceKind::TaskDefinition => Some(Action::DeleteTaskDefinitions { key, family: id }),
        _ => None,
    }
}

fn delete(one: &Undeclared, after: &[StepId], draft: &mut Draft) -> Option<StepId> {
    let action = action(&one.key, &one.id)?;
    let step = NewStep::new(format!("undeclared/{}", one.id), format!("delete {}, not declared", one.id), action);
    Some(draft.add(step.because("the environment is destroyed").after(after.iter().cloned())))
}

/// Removes autoscaling, stops the tasks and deletes the service; by ARN, `…:service/CLUSTER/NAME`.
fn delete_service(one: &Undeclared, after: &[StepId], draft: &mut Draft) -> Option<StepId> {
    let (_, path) = one.id.split_once(":service/")?;
    let (cluster, name) = path.split_once('/')?;
    let why = "the environment is destroyed, and the spec does not declare it";
    let subject =
        Subject::Service { cluster: cluster.to_owned(), service_name: name.to_owned(), target_group_arn: None };
    let wait = |until| Wait {
        subject: subject.clone(),
        key: one.key.clone(),
        until,
        deadline_seconds: durations::drain_deadline(None),
    };
    let target = ResourceKey::new(ResourceKind::ScalableTarget, &one.key.name);
    let action = Action::DeregisterScalableTarget { key: target, resource_id: format!("service/{cluster}/{name}") };
    let title = format!("remove autoscaling of {name}");
    let step = NewStep::new(format!("undeclared-scaling/{name}"), title, action).because(why);
    let deregistered = draft.add(step.after(after.iter().cloned()));
    let action = Action::UpdateService {
        key: one.key.clone(),
        cluster: cluster.to_owned(),
        service_name: name.to_owned(),
        update: ServiceUpdate { desired_count: Some(0), ..ServiceUpdate::default() },
    };
    let step = NewStep::new(format!("undeclared-drain/{name}"), format!("stop the tasks of {name}"), action);
    let drained = draft.add(step.because(why).after([deregistered]).until(wait(Until::Drained)));
    let action =
        Action::DeleteService { key: one.key.clone(), cluster: cluster.to_owned(), service_name: name.to_owned() };
    let step = NewStep::new(format!("undeclared/{name}"), format!("delete service {name}"), action);
    Some(draft.add(step.because(why).after([drained]).until(wait(Until::Gone))))
}
