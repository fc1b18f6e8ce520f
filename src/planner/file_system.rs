//! File systems and the mount targets of owned ones.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Action, FileSystemSpec, LiveFileSystem, LiveMountTarget, NoteKind, RefusalKind, ResourceKey, ResourceKind,
    Selector, Sighting, Subject, TAG_THROUGHPUT_CHANGED, Tags, Throughput, Until, Wait, late_text,
};

use super::draft::{Draft, NewStep, field};
use super::durations;
use super::file_restore::Restores;
use super::situation::{Found, Situation, key, refuse_unreadable};

/// Creates owned file systems with a mount target in each zone, and sets the throughput where it may.
pub(super) fn up(s: &Situation, files: &Restores, draft: &mut Draft) {
    for (name, spec) in &s.desired.file_systems {
        let key = key(ResourceKind::FileSystem, name);
        match spec {
            FileSystemSpec::Owned { file_system_name, encrypted, throughput } => {
                match s.look(draft, &key, &s.live.file_systems) {
                    Found::Absent => create(s, &key, (file_system_name, *encrypted, *throughput), files, draft),
                    Found::Ours(live) if is_leaving(&live.state) => {
                        draft.note(Some(key.clone()), NoteKind::Busy, format!("{} is {}", live.id, live.state));
                        create(s, &key, (file_system_name, *encrypted, *throughput), files, draft);
                    }
                    Found::Ours(live) => existing(s, &key, *encrypted, *throughput, live, draft),
                    Found::Blocked => continue,
                }
                mount_targets(s, &key, draft);
            }
            FileSystemSpec::Borrowed { throughput, .. } => borrowed(s, &key, *throughput, draft),
        }
    }
}

/// The id of a file system: as found, as the spec says it, or known late.
pub(super) fn id(s: &Situation, name: &str, draft: &Draft) -> String {
    let key = key(ResourceKind::FileSystem, name);
    match s.desired.file_systems.get(name) {
        Some(FileSystemSpec::Borrowed { selector: Selector::Id(id), .. }) => id.clone(),
        _ => draft.fact(&s.facts, &key, "id"),
    }
}

fn create(
    s: &Situation,
    key: &ResourceKey,
    (name, encrypted, throughput): (&str, bool, Throughput),
    files: &Restores,
    draft: &mut Draft,
) {
    let mut tags = s.desired.tags_of(key);
    tags.extend(files.mark_of_file_system(&key.name));
    let action =
        Action::CreateFileSystem { key: key.clone(), file_system_name: name.to_owned(), encrypted, throughput, tags };
    draft.add(
        NewStep::new(format!("create-{key}"), format!("create file system {name}"), action)
            .because("there is none")
            .until(available(key, Subject::FileSystem { id: late_text(key, "id") })),
    );
}

fn existing(
    s: &Situation,
    key: &ResourceKey,
    encrypted: bool,
    throughput: Throughput,
    live: &LiveFileSystem,
    draft: &mut Draft,
) {
    if live.encrypted != encrypted {
        draft.refuse(
            Some(key.clone()),
            RefusalKind::Impossible,
            format!("{} is {}encrypted, the spec says otherwise", live.id, if live.encrypted { "" } else { "not " }),
            "EFS cannot change it: change the spec, or give the file system another name",
        );
    }
    if let Some(changed) = set_throughput(s, key, live, throughput, draft)
        && matches!(throughput, Throughput::Provisioned(_))
    {
        let tags = Tags::from([(TAG_THROUGHPUT_CHANGED.to_owned(), s.policy.now.to_string())]);
        let action = Action::Tag { key: key.clone(), arn: live.arn.clone(), tags, remove: Vec::new() };
        draft.add(
            NewStep::new(format!("date-throughput-{key}"), format!("note when {} was changed", live.id), action)
                .because("EFS refuses less for 24 hours from now on (the next run must know)")
                .after([changed]),
        );
    }
}

fn borrowed(s: &Situation, key: &ResourceKey, throughput: Option<Throughput>, draft: &mut Draft) {
    match (s.live.file_systems.get(&key.name), throughput) {
        (Some(Sighting::Present(live)), Some(throughput)) => {
            let others = s.live.foreign_access_points.get(&key.name).copied().unwrap_or_default();
            if set_throughput(s, key, live, throughput, draft).is_some() {
                let text =
                    format!("{} is borrowed: its throughput changes for {others} access points of others too", live.id);
                draft.note(Some(key.clone()), NoteKind::Warning, text);
            }
        }
        (Some(Sighting::Present(_)), None) => {}
        (Some(Sighting::Unreadable { why }), _) => refuse_unreadable(draft, key, why),
        (Some(Sighting::Absent), _) => draft.refuse(
            Some(key.clone()),
            RefusalKind::Misfit,
            format!("the borrowed file system {key} does not exist"),
            "correct its id or tag in the spec",
        ),
        (None, _) => {}
    }
}

fn set_throughput(
    s: &Situation,
    key: &ResourceKey,
    live: &LiveFileSystem,
    wanted: Throughput,
    draft: &mut Draft,
) -> Option<crate::model::StepId> {
    if live.throughput == wanted {
        return None;
    }
    if let Some(until) = locked_until(s.policy.now, live, wanted) {
        let text = format!(
            "throughput of {} stays {}: EFS allows {} only 24 hours after the last change, from {until} on",
            live.id,
            words(live.throughput),
            words(wanted)
        );
        draft.note(Some(key.clone()), NoteKind::NotDone, text);
        return None;
    }
    let action = Action::SetThroughput { key: key.clone(), file_system_id: live.id.clone(), throughput: wanted };
    let reason = field("throughput", words(live.throughput), words(wanted), "the spec says otherwise");
    let title = format!("set the throughput of {} to {}", live.id, words(wanted));
    let step = NewStep::new(format!("throughput-{key}"), title, action).reasons([reason]);
    Some(draft.add(step.until(available(key, Subject::FileSystem { id: live.id.clone() }))))
}

/// Until when EFS refuses the change (`aws.md` 3.1): less provisioned throughput, or another mode, within 24 hours
/// after a change of the provisioned throughput. More is always allowed.
fn locked_until(now: Timestamp, live: &LiveFileSystem, wanted: Throughput) -> Option<Timestamp> {
    let Throughput::Provisioned(current) = live.throughput else { return None };
    if matches!(wanted, Throughput::Provisioned(more) if more >= current) {
        return None;
    }
    let changed: Timestamp = live.tags.get(TAG_THROUGHPUT_CHANGED)?.parse().ok()?;
    let until = changed.checked_add(SignedDuration::from_hours(24)).ok()?;
    (until > now).then_some(until)
}

fn words(throughput: Throughput) -> String {
    match throughput {
        Throughput::Bursting => "bursting".to_owned(),
        Throughput::Provisioned(mib) => format!("provisioned {mib} MiB/s"),
        Throughput::Elastic => "elastic".to_owned(),
    }
}

/// One mount target a zone: EFS takes no second one (`aws.md` 3.4 asks for one in each zone that runs tasks).
fn mount_targets(s: &Situation, key: &ResourceKey, draft: &mut Draft) {
    let known = match s.live.mount_targets.get(&key.name) {
        _ if draft.makes(key) => &[],
        Some(Sighting::Present(targets)) => targets.as_slice(),
        Some(Sighting::Unreadable { why }) => {
            refuse_unreadable(draft, &ResourceKey::new(ResourceKind::MountTarget, &key.name), why);
            return;
        }
        Some(Sighting::Absent) | None => &[],
    };
    let mut covered: BTreeSet<&str> =
        known.iter().filter(|one| one.state == "available").map(|one| zone_of(s, one)).collect();
    for subnet in s.subnets.iter().flatten() {
        if covered.insert(zone(s, subnet)) {
            mount_target(s, key, subnet, draft);
        }
    }
}

fn mount_target(s: &Situation, file_system: &ResourceKey, subnet: &str, draft: &mut Draft) {
    let key = key(ResourceKind::MountTarget, &format!("{}.{subnet}", file_system.name));
    let file_system_id = draft.fact(&s.facts, file_system, "id");
    let action = Action::CreateMountTarget {
        key: key.clone(),
        file_system_id: file_system_id.clone(),
        subnet: subnet.to_owned(),
        security_groups: s.security_groups.clone().unwrap_or_default(),
    };
    let subject = Subject::MountTarget { file_system_id, subnet: subnet.to_owned() };
    let created = draft.add(
        NewStep::new(
            format!("create-{key}"),
            format!("create mount target of {} in {subnet}", file_system.name),
            action,
        )
        .because("tasks in its zone could not mount the file system")
        .until(available(&key, subject)),
    );
    draft.hold(file_system, created);
}

/// The zone of a subnet; its id where the zone is not known.
fn zone<'a>(s: &'a Situation, subnet: &'a str) -> &'a str {
    let found = s.live.borrowed.subnets.values().filter_map(|sighting| sighting.present()).flatten();
    found.filter(|one| one.id == subnet).map(|one| one.zone.as_str()).next().unwrap_or(subnet)
}

/// The zone of a mount target.
pub(super) fn zone_of<'a>(s: &'a Situation, target: &'a LiveMountTarget) -> &'a str {
    match zone(s, &target.subnet) {
        unknown if unknown == target.subnet => target.zone.as_deref().unwrap_or(unknown),
        zone => zone,
    }
}

/// Is it on its way out?
pub(super) fn is_leaving(state: &str) -> bool {
    matches!(state, "deleting" | "deleted")
}

fn available(key: &ResourceKey, subject: Subject) -> Wait {
    Wait { subject, key: key.clone(), until: Until::Available, deadline_seconds: durations::STORAGE_DEADLINE }
}
