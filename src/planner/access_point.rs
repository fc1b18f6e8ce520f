//! Access points. Path and user never change: a change is a new access point, and the old one goes when the service
//! runs with the new one.

use crate::model::{
    AccessPointSpec, Action, LiveAccessPoint, NoteKind, Reason, ResourceKey, ResourceKind, StepId, Subject, Tags,
    Until, Wait, late_text,
};

use super::draft::{Draft, NewStep, field};
use super::durations;
use super::file_mark::Mark;
use super::file_restore::Restores;
use super::file_system;
use super::situation::{Found, Situation, key};

/// Creates what is missing or must be another. Its user comes after the mount targets of its file system, too.
pub(super) fn up(s: &Situation, files: &Restores, draft: &mut Draft) {
    for (name, spec) in &s.desired.access_points {
        let key = key(ResourceKind::AccessPoint, name);
        match s.look(draft, &key, &s.live.access_points) {
            Found::Absent => create(s, &key, spec, files.mark_of_point(name), Vec::new(), draft),
            Found::Ours(live) if file_system::is_leaving(&live.state) => {
                create(s, &key, spec, files.mark_of_point(name), Vec::new(), draft);
            }
            Found::Ours(live) => match differences(s, spec, live, draft) {
                reasons if reasons.is_empty() => {}
                reasons => {
                    let mut mark = mark_of_same_place(s, spec, live, draft);
                    mark.extend(files.mark_of_point(name));
                    create(s, &key, spec, mark, reasons, draft);
                }
            },
            Found::Blocked => continue,
        }
        let file_system = ResourceKey::new(ResourceKind::FileSystem, &spec.file_system);
        for held in draft.ready(&file_system) {
            draft.hold(&key, held);
        }
    }
}

/// Deletes the access points that were replaced, once no service uses them. The directory stays.
pub(super) fn retire(s: &Situation, draft: &mut Draft) {
    for name in s.desired.access_points.keys() {
        let key = key(ResourceKind::AccessPoint, name);
        let Some(live) = s.live.access_points.get(name).and_then(|sighting| sighting.present()) else { continue };
        if !draft.makes(&key) || file_system::is_leaving(&live.state) || !s.desired.owns(&live.tags) {
            continue;
        }
        let mut after: Vec<StepId> = draft.ready(&key);
        for service in s.desired.services.keys() {
            after.extend(draft.ready(&ResourceKey::new(ResourceKind::Service, service)));
        }
        let text = format!("{} is replaced; the directory {} and what is in it stay", live.id, live.path);
        draft.note(Some(key.clone()), NoteKind::Kept, text);
        let action = Action::DeleteAccessPoint { key: key.clone(), access_point_id: live.id.clone() };
        let title = format!("delete access point {}", live.id);
        draft.add(
            NewStep::new(format!("retire-{key}"), title, action)
                .because("another one has taken its place")
                .after(after),
        );
    }
}

/// What is known of the files below the path: another access point to the same place must know it too.
fn mark_of_same_place(s: &Situation, spec: &AccessPointSpec, live: &LiveAccessPoint, draft: &Draft) -> Tags {
    let same = live.path == spec.path && live.file_system_id == file_system::id(s, &spec.file_system, draft);
    Mark::of(&live.tags).filter(|_| same).iter().flat_map(Mark::tags).collect()
}

fn create(
    s: &Situation,
    key: &ResourceKey,
    spec: &AccessPointSpec,
    mark: Tags,
    reasons: Vec<Reason>,
    draft: &mut Draft,
) {
    let mut tags = s.desired.tags_of(key);
    tags.extend(mark);
    let action = Action::CreateAccessPoint {
        key: key.clone(),
        file_system_id: file_system::id(s, &spec.file_system, draft),
        spec: spec.clone(),
        tags,
    };
    let title = format!("create access point {} at {}", spec.access_point_name, spec.path);
    let step = NewStep::new(format!("create-{key}"), title, action);
    let step = if reasons.is_empty() { step.because("there is none") } else { step.reasons(reasons) };
    draft.add(step.until(Wait {
        subject: Subject::AccessPoint { id: late_text(key, "id") },
        key: key.clone(),
        until: Until::Available,
        deadline_seconds: durations::STORAGE_DEADLINE,
    }));
}

fn differences(s: &Situation, spec: &AccessPointSpec, live: &LiveAccessPoint, draft: &Draft) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut compare = |name: &str, from: String, to: String| {
        if from != to {
            reasons.push(field(name, from, to, "EFS cannot change it: it takes a new access point"));
        }
    };
    let number = |id: Option<u32>| id.map_or("none".to_owned(), |id| id.to_string());
    compare("path", live.path.clone(), spec.path.clone());
    compare("uid", number(live.uid), spec.uid.to_string());
    compare("gid", number(live.gid), spec.gid.to_string());
    let wanted = file_system::id(s, &spec.file_system, draft);
    let known = !wanted.contains(crate::model::LATE_OPEN)
        || draft.makes(&ResourceKey::new(ResourceKind::FileSystem, &spec.file_system));
    if known {
        compare("file-system", live.file_system_id.clone(), wanted);
    }
    reasons
}
