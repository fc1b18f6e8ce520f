//! Taking a release back: every service of it runs again what ran before.

use std::collections::{BTreeMap, BTreeSet};

use super::session::{Release, Told, Trouble};
use super::step::files_of;
use crate::cli::look;
use crate::model::{DataBefore, Desired, Goal, LiveService, TAG_REVISION_BEFORE, short_name};

/// Looks after which it is given up: the first sees what is there, the others what the calls have led to.
const MOST_LOOKS: usize = 4;

impl Release<'_> {
    /// The services of this release as they are now.
    pub(super) async fn running(&self) -> Result<BTreeMap<String, LiveService>, Trouble> {
        let alone = self.of_release(&self.prepared.settings.keys().cloned().collect::<Vec<_>>());
        let live = look::at_revisions(self.session, &alone, Vec::new()).await;
        let live = live.map_err(|error| Trouble::failed(error.in_one_line()))?;
        let services = live.services.into_iter();
        let present = |sighting: crate::model::Sighting<LiveService>| match sighting {
            crate::model::Sighting::Present(service) => Ok(service),
            crate::model::Sighting::Absent => Err("it is not there".to_owned()),
            crate::model::Sighting::Unreadable { why } => Err(why),
        };
        services
            .map(|(name, sighting)| match present(sighting) {
                Ok(service) => Ok((name, service)),
                Err(why) => Err(Trouble::failed(format!("service {name}: {why}"))),
            })
            .collect()
    }

    /// These services, and nothing else of the environment.
    fn of_release(&self, names: &[String]) -> Desired {
        let mut alone = self.desired.services_alone();
        alone.services.retain(|name, _| names.contains(name));
        alone
    }

    /// Takes databases and files back to the snapshot of the release's start, with the services.
    pub(super) async fn take_data_back(&mut self) -> Result<Told, Trouble> {
        let of_files: Vec<String> =
            self.desired.backed_up_file_systems().into_iter().map(|one| files_of(one)).collect();
        let moment_of = |(name, taken): (&String, &String)| match self.desired.databases.get(name) {
            Some(spec) => Some(taken.strip_prefix(&format!("{}-", spec.identifier.to_lowercase()))?.to_owned()),
            None => of_files.contains(name).then(|| taken.clone()),
        };
        let moments: BTreeSet<String> = self.record.snapshots.iter().filter_map(moment_of).collect();
        let Some(moment) = moments.first() else {
            return Err(Trouble::failed("no snapshot was taken at the start, so the data stays as it is"));
        };
        // A tag of an earlier release would lead to older data.
        for (name, service) in self.running().await? {
            let remembers = DataBefore::of(&service).is_some_and(|before| before.moment == *moment);
            if !remembers {
                let why =
                    format!("service {name} does not remember the snapshot of the start: nothing was deployed to it");
                return Err(Trouble::failed(format!("{why}, so the data stays as it is")));
            }
        }
        self.perform(self.desired, Goal::RollbackData { to: BTreeMap::new(), snapshot: None }).await?;
        self.record.data_is_back = true;
        let taken = self.record.snapshots.iter().map(|(name, taken)| format!("{name} is as in snapshot {taken}"));
        Ok(Told::passed(taken.collect()))
    }

    /// Takes every service back that does not run what it ran before.
    pub(super) async fn take_back(&mut self) -> Result<Told, Trouble> {
        for _ in 0..MOST_LOOKS {
            let running = self.running().await?;
            let mut remembered = Vec::new();
            let mut named = BTreeMap::new();
            for (name, service) in &running {
                let before = self.record.revisions.get(name).and_then(|change| change.before.clone());
                let Some(before) = before else {
                    return Err(Trouble::failed(format!("service {name}: there is nothing to go back to")));
                };
                if is_on(service, &before) {
                    continue;
                }
                if remembers(service, &before) {
                    remembered.push(name.clone());
                } else {
                    named.insert(name.clone(), before);
                }
            }
            if remembered.is_empty() && named.is_empty() {
                return Ok(Told::passed(running.iter().map(back).collect()));
            }
            if !remembered.is_empty() {
                let alone = self.of_release(&remembered);
                self.perform(&alone, Goal::Rollback { to: BTreeMap::new() }).await?;
            }
            if !named.is_empty() {
                let alone = self.of_release(&named.keys().cloned().collect::<Vec<_>>());
                self.perform(&alone, Goal::Rollback { to: named }).await?;
            }
        }
        Err(Trouble::failed("the services do not run what ran before, although every call succeeded"))
    }
}

fn back((name, service): (&String, &LiveService)) -> String {
    let revision = short_name(&service.task_definition);
    format!("service {name} runs {revision} again, {} of {} tasks", service.running_count, service.desired_count)
}

/// Does it run this revision, and steadily?
fn is_on(service: &LiveService, revision: &str) -> bool {
    service.task_definition == revision && service.is_settled()
}

/// Would a rollback without a name lead to this revision? It does where this very deployment is not complete, and where
/// the tags say so.
fn remembers(service: &LiveService, before: &str) -> bool {
    if service.task_definition == before {
        // ECS is on its way back already.
        return false;
    }
    if service.is_settled() {
        return service.tags.get(TAG_REVISION_BEFORE).is_some_and(|revision| revision == before);
    }
    crate::planner::last_completed(service) == Some(before)
}
