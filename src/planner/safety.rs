//! May this be deleted now? Answers with the reason when not.

use crate::model::{DatabaseState, ResourceKind, Sighting, StepId, Tags};

use super::draft::Draft;
use super::situation::{Situation, key};

/// May something that carries these tags be deleted? Tags that were not read are not ours.
pub(super) fn may_delete(s: &Situation, name: &str, tags: Option<&Tags>) -> Result<(), String> {
    match tags {
        Some(tags) if s.desired.owns(tags) => Ok(()),
        Some(_) => Err(format!("{name} does not carry this environment's tags: it stays")),
        None => Err(format!("the tags of {name} were not read: it stays")),
    }
}

/// May the last copies of a database's data go (its snapshots, its secret)? Only when the database is gone, or goes in
/// this plan.
pub(super) fn may_delete_data(s: &Situation, name: &str, draft: &Draft) -> Result<(), String> {
    let goes = draft.has(&StepId(format!("delete-{}", key(ResourceKind::Database, name))));
    match s.live.databases.get(name) {
        _ if goes => Ok(()),
        Some(Sighting::Absent) => Ok(()),
        Some(Sighting::Present(live)) if live.state() == DatabaseState::Deleting => Ok(()),
        Some(Sighting::Present(live)) => Err(format!("{} stays, and so does what belongs to it", live.identifier)),
        Some(Sighting::Unreadable { .. }) | None => Err("nobody knows whether the database is still there".to_owned()),
    }
}
