//! What others do: strangers' resources in the account, applications that write, hands in the console.

use envctl::cloud::sim::{SimCloud, World};
use envctl::model::{Desired, TAG_RESOURCE, Tags};

use super::chance::Chance;

/// A database of somebody else, in the same account.
pub(crate) const STRANGERS_DATABASE: &str = "pythonide-production-db";

/// Somebody else's database with data in it, and a snapshot of it that people may restore from.
pub(crate) fn strangers(world: &mut World, desired: &Desired) {
    let Some(model) = desired.databases.values().next() else { return };
    world.console_create_database(STRANGERS_DATABASE, model, Tags::new());
    let _ = world.write_data(STRANGERS_DATABASE, "a real customer");
    world.console_create_snapshot(STRANGERS_DATABASE, "production-copy", &Tags::new());
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
    let running = cloud.edit(|world| {
        let ours = |name: &str| desired.services.values().any(|spec| spec.service_name == name);
        world.services.values().any(|service| ours(&service.live.service_name) && service.live.running_count > 0)
    });
    if running {
        for spec in desired.databases.values() {
            let _ = cloud.write_data(&spec.identifier, text);
        }
    }
}

/// Somebody changes something in the console. Says what.
pub(crate) fn console(world: &mut World, desired: &Desired, chance: &mut Chance) -> &'static str {
    let service = desired.services.values().next();
    let rules: Vec<String> = world
        .rules
        .values()
        .filter(|rule| rule.live.tags.as_ref().is_some_and(|tags| desired.owns(tags) && is_main(tags)))
        .map(|rule| rule.live.arn.clone())
        .collect();
    // Who starts tasks by hand while foreign data is being restored lets them at it: no tool can keep them from it.
    let foreign = world.databases.iter().any(|(name, found)| found.data.must_be_scrubbed_in(name));
    match chance.below(5) {
        0 if foreign => "thinks better of setting the desired count",
        0 => {
            if let (Some(spec), count) = (service, chance.below(4)) {
                world.console_set_desired_count(&spec.cluster, &spec.service_name, u32::try_from(count).unwrap_or(1));
            }
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
        3 => {
            rules.iter().for_each(|arn| world.console_delete_rule(arn));
            "deletes the rule"
        }
        _ => {
            rules.iter().for_each(|arn| {
                world.console_set_priority(arn, 40_000 + u32::try_from(chance.below(1000)).unwrap_or(0));
            });
            "changes the priority"
        }
    }
}

/// A warming rule in front of the main one would be nobody's wish.
fn is_main(tags: &Tags) -> bool {
    tags.get(TAG_RESOURCE).is_some_and(|key| !key.ends_with(".warming"))
}
