//! Back to a revision that completed (`aws.md` 1.4: a deployment of an older revision is a deployment like any other).
//! Which one that is, the tags of the service say, so that one look and one call are enough.

use std::collections::BTreeMap;

use crate::model::{
    Action, LiveService, Overrides, RefusalKind, ResourceKey, ResourceKind, ServiceSpec, ServiceUpdate, Setting,
    TAG_DEPLOYED, TAG_DEPLOYED_BEFORE, TAG_DEPLOYED_BY, TAG_REVISION, TAG_REVISION_BEFORE, Tags, container_names,
    late_text, present, short_name,
};

use super::deploy::{last_completed, note_deployed, running};
use super::draft::{Draft, NewStep, field};
use super::service::deployed;
use super::situation::{Situation, key};

/// Where a service goes back to.
pub(super) struct Back {
    pub(super) revision: String,
    /// The tags that remember what it runs then.
    pub(super) tags: Tags,
}

/// Rolls back the services named, or those of the last deployment.
pub(super) fn rollback(s: &Situation, to: &BTreeMap<String, String>, draft: &mut Draft) {
    let names: Vec<&String> = if to.is_empty() { last_deployed(s) } else { to.keys().collect() };
    if names.is_empty() {
        draft.refuse(
            None,
            RefusalKind::Impossible,
            format!("nothing was deployed to {} that could be rolled back", s.desired.environment),
            "name a revision with --to",
        );
    }
    for name in names {
        let key = key(ResourceKind::Service, name);
        // Not with what was deployed over it: what is remembered is held against what the spec itself says.
        let Some(spec) = s.spec.services.get(name) else {
            let why = format!("there is no service `{name}`");
            draft.refuse(Some(key), RefusalKind::Impossible, why, "name a service of the spec");
            continue;
        };
        let Some(live) = running(s, &key, draft) else { continue };
        let back = match to.get(name) {
            Some(revision) if is_where_it_was(live, &whole_arn(live, revision)) => continue,
            Some(revision) => Some(to_revision(s, spec, live, revision)),
            None => before(live),
        };
        match back {
            Some(back) => one(&key, spec, live, back, draft),
            None => draft.refuse(
                Some(key),
                RefusalKind::Impossible,
                format!("no earlier revision of {} is known to have completed", live.service_name),
                "name one with --to",
            ),
        }
    }
}

/// The services whose last deployment is not complete, else those whose last one nobody has remembered, else those that the
/// newest run deployed.
fn last_deployed<'a>(s: &'a Situation) -> Vec<&'a String> {
    let ours = || present(&s.live.services).filter(|(_, live)| live.is_active() && s.desired.owns(&live.tags));
    let newest = ours().filter_map(|(_, live)| live.tags.get(TAG_DEPLOYED_BY)).max();
    let unfinished: Vec<&String> = ours().filter(|(_, live)| is_unfinished(live)).map(|(name, _)| name).collect();
    if !unfinished.is_empty() {
        return unfinished;
    }
    let unremembered: Vec<&String> =
        ours().filter(|(_, live)| completed_since(live).is_some()).map(|(name, _)| name).collect();
    if !unremembered.is_empty() {
        return unremembered;
    }
    ours()
        .filter(|(_, live)| newest.is_some() && live.tags.get(TAG_DEPLOYED_BY) == newest)
        .map(|(name, _)| name)
        .collect()
}

/// Runs, or tries to run, another revision than the one that completed last.
fn is_unfinished(live: &LiveService) -> bool {
    !live.is_settled() && completed_elsewhere(live).is_some()
}

/// The revision that completed last, when the service is not on it.
fn completed_elsewhere(live: &LiveService) -> Option<&str> {
    last_completed(live).filter(|revision| *revision != live.task_definition)
}

/// The revision that is remembered, when another one has completed since: envctl was killed before it could remember that
/// one, or it was no deployment of its own.
fn completed_since(live: &LiveService) -> Option<&str> {
    let remembered = live.tags.get(TAG_REVISION)?;
    (live.is_settled() && *remembered != live.task_definition).then_some(remembered)
}

/// Runs this revision, and remembers that: nothing was deployed that one could take back.
fn is_where_it_was(live: &LiveService, revision: &str) -> bool {
    live.is_settled()
        && live.task_definition == revision
        && live.tags.get(TAG_REVISION).is_some_and(|remembered| remembered == revision)
}

/// The revision before: of a deployment that is unfinished, or that nobody has remembered, the one that completed last; else
/// the one remembered as before.
pub(super) fn before(live: &LiveService) -> Option<Back> {
    let unfinished = completed_elsewhere(live).filter(|_| !live.is_settled());
    if let Some(revision) = unfinished.or_else(|| completed_since(live)) {
        let revision = revision.to_owned();
        // What completed last is what the tags remember already.
        let keep = |key: &&String| {
            key.starts_with(TAG_DEPLOYED) || key.starts_with(TAG_DEPLOYED_BEFORE) || *key == TAG_REVISION_BEFORE
        };
        let mut tags: Tags =
            live.tags.iter().filter(|(key, _)| keep(key)).map(|(key, value)| (key.clone(), value.clone())).collect();
        tags.insert(TAG_REVISION.to_owned(), revision.clone());
        return Some(Back { revision, tags });
    }
    let revision = live.tags.get(TAG_REVISION_BEFORE).filter(|revision| **revision != live.task_definition)?.clone();
    let mut tags = Overrides::in_tags(&live.tags, TAG_DEPLOYED_BEFORE).tags(TAG_DEPLOYED);
    tags.insert(TAG_REVISION.to_owned(), revision.clone());
    Some(Back { revision, tags })
}

/// A revision that a person named. What it has for the settings that are remembered, and for its images, is remembered
/// as far as its document was looked at.
pub(super) fn to_revision(s: &Situation, spec: &ServiceSpec, live: &LiveService, named: &str) -> Back {
    let revision = whole_arn(live, named);
    let mut tags = Tags::from([(TAG_REVISION.to_owned(), revision.clone())]);
    if let Some(document) = s.live.revisions.get(named).and_then(|sighting| sighting.present()) {
        let remembered = Overrides::in_tags(&live.tags, TAG_DEPLOYED).settings();
        let images = container_names(&spec.task_definition).map(|name| Setting::Image(name.to_owned()));
        let settings = remembered.into_keys().chain(images);
        let found = settings.filter_map(|setting| setting.of(document).map(|value| (setting, value))).collect();
        tags.extend(Overrides::default().with(&spec.task_definition, &found).tags(TAG_DEPLOYED));
    }
    if let Some(completed) = last_completed(live).filter(|completed| *completed != revision) {
        tags.insert(TAG_REVISION_BEFORE.to_owned(), completed.to_owned());
        tags.extend(Overrides::in_tags(&live.tags, TAG_DEPLOYED).tags(TAG_DEPLOYED_BEFORE));
    }
    Back { revision, tags }
}

/// The revision that a release began with: the one that runs, the one before, or an older one. As completed it is
/// remembered only where it is known to be: the release may have begun while a first deployment hung.
pub(super) fn to_begun_with(s: &Situation, spec: &ServiceSpec, live: &LiveService, revision: &str) -> Back {
    let earlier = before(live).filter(|back| back.revision == revision);
    let runs = live.task_definition == revision && !is_unfinished(live);
    let mut back = match earlier {
        Some(back) => back,
        None if runs => {
            let mut tags = Overrides::in_tags(&live.tags, TAG_DEPLOYED).tags(TAG_DEPLOYED);
            tags.insert(TAG_REVISION.to_owned(), revision.to_owned());
            Back { revision: revision.to_owned(), tags }
        }
        None => to_revision(s, spec, live, revision),
    };
    if !has_completed(live, revision) {
        back.tags.remove(TAG_REVISION);
    }
    back
}

/// Is a deployment of this revision known to have completed?
fn has_completed(live: &LiveService, revision: &str) -> bool {
    let remembered = [TAG_REVISION, TAG_REVISION_BEFORE].iter().filter_map(|tag| live.tags.get(*tag));
    last_completed(live) == Some(revision) || remembered.into_iter().any(|remembered| remembered == revision)
}

/// `family:6` as the ARN beside the one that runs.
fn whole_arn(live: &LiveService, named: &str) -> String {
    match live.task_definition.rsplit_once('/') {
        Some((prefix, _)) if !named.contains('/') => format!("{prefix}/{named}"),
        _ => named.to_owned(),
    }
}

fn one(key: &ResourceKey, spec: &ServiceSpec, live: &LiveService, back: Back, draft: &mut Draft) {
    let runs = live.is_settled() && live.primary().is_some_and(|primary| primary.task_definition == back.revision);
    if runs {
        if back.tags.iter().any(|(tag, value)| live.tags.get(tag) != Some(value)) {
            note_deployed(key, live, back.tags, None, draft);
        }
        return;
    }
    let reason = field(
        "task definition",
        short_name(&live.task_definition),
        short_name(&back.revision),
        "it is taken back to a revision that completed",
    );
    let action = Action::UpdateService {
        key: key.clone(),
        cluster: spec.cluster.clone(),
        service_name: spec.service_name.clone(),
        update: ServiceUpdate { task_definition: Some(back.revision.clone()), ..ServiceUpdate::default() },
    };
    let title = format!("take service {} back to {}", live.service_name, short_name(&back.revision));
    let step = NewStep::new(format!("update-{key}"), title, action).reasons([reason]);
    let done = draft.add(step.until(deployed(key, spec, late_text(key, "deployment"), &back.revision)));
    note_deployed(key, live, back.tags, Some(done), draft);
}
