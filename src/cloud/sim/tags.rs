//! Ownership: envctl changes and deletes only what carries its tags. The simulated cloud holds it to that.

use super::trouble::{Outcome, Trouble, changed, unchanged};
use super::world::World;
use crate::model::{MANAGED_BY, TAG_ENVIRONMENT, TAG_MANAGED_BY, TAG_RESOURCE, TAG_WORKSPACE, Tags};

/// Does envctl manage a resource with these tags, for whichever environment?
pub(super) fn is_managed(tags: &Tags) -> bool {
    tags.get(TAG_MANAGED_BY).is_some_and(|value| value == MANAGED_BY)
}

/// Refuses to touch what envctl does not manage.
pub(super) fn must_be_managed(tags: &Tags, what: &str) -> Result<(), Trouble> {
    if is_managed(tags) {
        return Ok(());
    }
    Err(Trouble::unsafe_to(format!("{what} does not carry the tag {TAG_MANAGED_BY}={MANAGED_BY}: left alone")))
}

/// Do both sets of tags name the same owner: application and environment?
pub(super) fn same_owner(theirs: &Tags, ours: &Tags) -> bool {
    is_managed(theirs)
        && is_managed(ours)
        && [TAG_WORKSPACE, TAG_ENVIRONMENT].iter().all(|key| theirs.get(*key) == ours.get(*key))
}

/// Do both sets of tags name the same resource of the same owner?
pub(super) fn same_resource(theirs: &Tags, ours: &Tags) -> bool {
    same_owner(theirs, ours) && theirs.get(TAG_RESOURCE) == ours.get(TAG_RESOURCE)
}

impl World {
    /// Adds and removes tags on a resource of ours, by ARN.
    pub(super) fn tag(&mut self, arn: &str, tags: &Tags, remove: &[String]) -> Outcome {
        let found = self.tags_mut(arn).ok_or_else(|| Trouble::not_found("ResourceNotFoundException", arn))?;
        must_be_managed(found, arn)?;
        let before = found.clone();
        for key in remove {
            found.remove(key);
        }
        found.extend(tags.clone());
        // aws.md 1.6: 50 tags a resource.
        if found.len() > 50 {
            *found = before;
            return Err(Trouble::refused("TooManyTagsException", "a resource carries at most 50 tags"));
        }
        if *found == before { unchanged() } else { changed() }
    }

    /// The tags of the resource with this ARN, whatever it is.
    pub(super) fn tags_mut(&mut self, arn: &str) -> Option<&mut Tags> {
        if let Some(service) = self.services.get_mut(arn) {
            return Some(&mut service.live.tags);
        }
        if let Some(secret) = self.secrets.get_mut(arn) {
            return Some(&mut secret.live.tags);
        }
        if let Some(group) = self.target_groups.get_mut(arn) {
            return Some(&mut group.live.tags);
        }
        if let Some(alarm) = self.alarms.values_mut().find(|alarm| alarm.live.arn == arn) {
            return alarm.live.tags.as_mut();
        }
        if let Some(rule) = self.rules.get_mut(arn) {
            return rule.live.tags.as_mut();
        }
        let databases = self.databases.values_mut().map(|found| (&found.live.arn, &mut found.live.tags));
        let snapshots = self.snapshots.values_mut().map(|found| (&found.live.arn, &mut found.live.tags));
        let systems = self.file_systems.values_mut().map(|found| (&found.live.arn, &mut found.live.tags));
        let points = self.access_points.values_mut().map(|found| (&found.live.arn, &mut found.live.tags));
        let points =
            points.chain(self.recovery_points.values_mut().map(|found| (&found.live.arn, &mut found.live.tags)));
        let logs = self.log_groups.values_mut().map(|found| (&found.arn, &mut found.tags));
        let revisions = self.families.values_mut().flat_map(|family| &mut family.revisions);
        let revisions = revisions.map(|found| (&found.arn, &mut found.tags));
        let everything = databases.chain(snapshots).chain(systems).chain(points).chain(logs).chain(revisions);
        everything.into_iter().find(|(found, _)| found.as_str() == arn).map(|(_, tags)| tags)
    }
}
