//! What others do: strangers' resources in the account, applications that write, hands in the console.

use envctl::cloud::sim::{SimCloud, World};
use envctl::model::{Desired, TAG_FILES, TAG_REPLACE_WITH, TAG_RESOURCE, Tags, restored_identifier};

use super::chance::Chance;

/// A database of somebody else, in the same account.
pub(crate) const STRANGERS_DATABASE: &str = "pythonide-production-db";
/// A snapshot of it that people may restore from.
pub(crate) const STRANGERS_SNAPSHOT: &str = "production-copy";

/// Somebody else's database with data in it, and a snapshot of it that people may restore from.
pub(crate) fn strangers(world: &mut World, desired: &Desired) {
    let Some(model) = desired.databases.values().next() else { return };
    world.console_create_database(STRANGERS_DATABASE, model, Tags::new());
    let _ = world.write_data(STRANGERS_DATABASE, "a real customer");
    world.console_create_snapshot(STRANGERS_DATABASE, STRANGERS_SNAPSHOT, &Tags::new());
}

/// Somebody took the name of our database first.
pub(crate) fn name_taken(world: &mut World, desired: &Desired) {
    let Some(model) = desired.databases.values().next() else { return };
    let identifier = model.identifier.clone();
    world.console_create_database(&identifier, model, Tags::new());
    let _ = world.write_data(&identifier, "a stranger's only copy");
}

/// The applications write when they can be reached: a task runs, and the database answers.
pub(crate) fn applications_write(cloud: &SimCloud, desired: &Desired, text: &str) {
    let running = cloud.look(|world| {
        let ours = |name: &str| desired.services.values().any(|spec| spec.service_name == name);
        world.services.values().any(|service| ours(&service.live.service_name) && service.live.running_count > 0)
    });
    if running {
        for spec in desired.databases.values() {
            let _ = cloud.write_data(&spec.identifier, text);
        }
        cloud.edit(|world| {
            let ours = world.access_points.values().map(|found| &found.live);
            let ours = ours.filter(|live| desired.owns(&live.tags) && live.state == "available");
            let ours: Vec<String> = ours.map(|live| live.id.clone()).collect();
            for point in &ours {
                let _ = world.write_file(point, text);
            }
        });
    }
}

/// Somebody changes something in the console. Says what.
pub(crate) fn console(world: &mut World, desired: &Desired, chance: &mut Chance) -> &'static str {
    // Who starts tasks or opens rules by hand while foreign data is being restored lets the world at it: no tool can
    // keep them from it.
    let foreign = world.databases.iter().any(|(name, found)| found.data.must_be_scrubbed_in(name));
    match chance.below(10) {
        0 | 3 | 4 | 7 | 8 if foreign => "thinks better of opening a door",
        0 => {
            let count = u32::try_from(chance.below(4)).unwrap_or(1);
            let services = desired.services.values();
            services.for_each(|spec| world.console_set_desired_count(&spec.cluster, &spec.service_name, count));
            "sets the desired count"
        }
        1 => {
            desired.databases.values().for_each(|spec| world.console_start_database(&spec.identifier));
            "starts the database"
        }
        2 => {
            desired.databases.values().for_each(|spec| world.console_set_class(&spec.identifier, "db.t4g.medium"));
            "changes the class"
        }
        3 | 7 => {
            let (rules, what) = if chance.percent(60) {
                (main_rules(world, desired), "deletes the rule")
            } else {
                (warming_rules(world, desired), "deletes the warming rule")
            };
            rules.iter().for_each(|arn| world.console_delete_rule(arn));
            what
        }
        4 | 8 => {
            let (rules, what) = if chance.percent(60) {
                (main_rules(world, desired), "moves the rule")
            } else {
                (warming_rules(world, desired), "moves the warming rule")
            };
            let priority = |chance: &mut Chance| 40_000 + u32::try_from(chance.below(1000)).unwrap_or(0);
            rules.iter().for_each(|arn| world.console_set_priority(arn, priority(chance)));
            what
        }
        5 => {
            let ids = desired.services.values().map(|spec| {
                let cluster = spec.cluster.rsplit('/').next().unwrap_or_default();
                format!("service/{cluster}/{}", spec.service_name)
            });
            ids.for_each(|id| drop(world.scalable_targets.remove(&id)));
            "removes autoscaling"
        }
        6 => {
            world.secrets.retain(|_, secret| !desired.owns(&secret.live.tags));
            "deletes the secrets"
        }
        _ => {
            let services = desired.services.values();
            services.for_each(|spec| world.interrupt_spot(&spec.cluster, &spec.service_name));
            "takes a task away"
        }
    }
}

/// The documented way out of a rollback that cannot end.
pub(crate) fn give_rollback_up(world: &mut World, desired: &Desired) {
    for spec in desired.databases.values() {
        world.databases.remove(&restored_identifier(&spec.identifier));
        if let Some(found) = world.databases.get_mut(&spec.identifier) {
            found.live.tags.retain(|tag, _| tag != TAG_FILES && tag != TAG_REPLACE_WITH);
        }
    }
    let points = world.access_points.values_mut().filter(|point| desired.owns(&point.live.tags));
    points.for_each(|point| drop(point.live.tags.remove(TAG_FILES)));
}

fn main_rules(world: &World, desired: &Desired) -> Vec<String> {
    rules(world, desired, |name| !name.ends_with(".warming"))
}

fn warming_rules(world: &World, desired: &Desired) -> Vec<String> {
    rules(world, desired, |name| name.ends_with(".warming"))
}

/// Our rules whose name in the spec is such.
fn rules(world: &World, desired: &Desired, named: impl Fn(&str) -> bool) -> Vec<String> {
    let ours = world.rules.values().filter(|rule| {
        let tags = rule.live.tags.as_ref().filter(|tags| desired.owns(tags));
        tags.and_then(|tags| tags.get(TAG_RESOURCE)).is_some_and(|key| named(key))
    });
    ours.map(|rule| rule.live.arn.clone()).collect()
}
