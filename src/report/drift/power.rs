//! Is every resource in the power state that was asked for last? Asleep on purpose is in sync; a database that AWS
//! woke, or a service that somebody scaled up, is drift with a reason and a price.

use super::finding::Findings;
use crate::model::{
    DatabaseState, Desired, Difference, FileMark, Live, LiveDatabase, LiveRule, LiveScaling, LiveService, Maintenance,
    Power, ResourceKey, ResourceKind, RuleAction, ScalingSpec, ServiceSpec, TAG_SCRUB, present,
};

/// Checks every resource that the power state changes.
pub(super) fn check(desired: &Desired, live: &Live, power: Power, findings: &mut Findings<'_>) {
    let answer = Answer::of(power, Maintenance::find(live, desired).is_some());
    for (name, database) in present(&live.databases).filter(|(name, _)| desired.databases.contains_key(*name)) {
        check_database(&ResourceKey::new(ResourceKind::Database, name), database, power, findings);
    }
    for (name, database) in present(&live.databases).filter(|(name, _)| desired.databases.contains_key(*name)) {
        if power == Power::Up {
            check_unfinished(&ResourceKey::new(ResourceKind::Database, name), database, findings);
        }
    }
    if power == Power::Up {
        check_files(desired, live, findings);
    }
    if power == Power::Hibernated {
        check_snapshots(desired, live, findings);
    }
    for (name, service) in present(&live.services).filter(|(_, service)| service.is_active()) {
        if let Some(spec) = desired.services.get(name) {
            check_service(&ResourceKey::new(ResourceKind::Service, name), spec, service, power, findings);
        }
    }
    for (name, scaling) in present(&live.scaling) {
        if let Some(spec) = desired.services.get(name).and_then(|service| service.scaling.as_ref()) {
            check_scaling(&ResourceKey::new(ResourceKind::ScalableTarget, name), spec, scaling, power, findings);
        }
    }
    for (name, rule) in present(&live.rules) {
        if desired.rules.get(name).is_some_and(|spec| spec.target_group.is_some()) {
            check_rule(&ResourceKey::new(ResourceKind::ListenerRule, name), rule, answer, findings);
        }
    }
    super::monitoring::check(desired, live, power, findings);
}

/// What rules should answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// They forward.
    Forward,
    /// The asleep page.
    Asleep,
    /// The maintenance page.
    Maintenance,
}

impl Answer {
    /// In this power state, during maintenance or not.
    pub(super) fn of(power: Power, maintenance: bool) -> Self {
        match (power.is_asleep(), maintenance) {
            (true, _) => Self::Asleep,
            (false, true) => Self::Maintenance,
            (false, false) => Self::Forward,
        }
    }
}

/// Does a difference of values say anything in this power state? Which page a rule shows matters while it sleeps, and
/// where it forwards to while it is up; whether it does the one or the other is looked at here.
pub(super) fn concerns(power: Power, answer: Answer, difference: &Difference) -> bool {
    match (difference.key.kind, difference.field.as_str()) {
        (ResourceKind::ListenerRule, "page") => answer != Answer::Forward,
        (ResourceKind::ListenerRule, "actions") => answer == Answer::Forward,
        (ResourceKind::Service, "running" | "deployment") => !power.is_asleep(),
        _ => true,
    }
}

fn check_database(key: &ResourceKey, database: &LiveDatabase, power: Power, findings: &mut Findings<'_>) {
    let state = database.state();
    let price = findings.awake_per_day(ResourceKind::Database, &key.name);
    match (power, state) {
        (_, DatabaseState::Broken) => {
            findings.drifted(key, "status", "available", &database.status, "it will not get better by waiting");
        }
        (Power::Up, DatabaseState::Stopped) => {
            findings.drifted(key, "status", "available", "stopped", "somebody stopped it");
        }
        (Power::Up, DatabaseState::Busy) if database.status == "stopping" => {
            findings.drifted(key, "status", "available", "stopping", "somebody is stopping it");
        }
        (Power::Up, DatabaseState::Deleting) | (Power::Parked, DatabaseState::Deleting) => {
            findings.drifted(key, "status", "there", &database.status, "somebody is deleting it");
        }
        (Power::Parked, DatabaseState::Stopped) | (Power::Hibernated, DatabaseState::Deleting) => {}
        // On its way to where it should be.
        (Power::Parked, DatabaseState::Busy) if database.status == "stopping" => {}
        (Power::Parked, _) => {
            let why = "AWS starts a stopped database after seven days, or somebody started it; it bills by the hour";
            findings.drifted(key, "status", "stopped", &database.status, why).usd_per_day = price;
        }
        (Power::Hibernated, _) => {
            let why = "the environment hibernates, which leaves only a snapshot; somebody made a database";
            findings.drifted(key, "status", "absent", &database.status, why).usd_per_day = price;
        }
        (Power::Up | Power::Absent, _) => {}
    }
}

/// What an `up` that was broken off left undone, by its own marks.
fn check_unfinished(key: &ResourceKey, database: &LiveDatabase, findings: &mut Findings<'_>) {
    let tags = &database.tags;
    if tags.get(TAG_SCRUB).is_some_and(|mark| mark == "needed") {
        let why = "its data comes from another database and was not scrubbed yet";
        findings.drifted(key, "scrub", "done", "needed", why);
    }
    if let Some(wanted) = database.replacement_due() {
        let why = "a rollback with data was broken off before the databases swapped names";
        findings.drifted(key, "data", wanted, "newer", why);
    }
    if database.lacks_password() {
        let why = "its password is not the secret's yet: nobody can log in with it";
        findings.drifted(key, "password", "the secret's", "another", why);
    }
}

/// Files that are not in place since an `up` or a rollback was broken off.
fn check_files(desired: &Desired, live: &Live, findings: &mut Findings<'_>) {
    let declared = present(&live.access_points).filter(|(name, _)| desired.access_points.contains_key(*name));
    for (name, point) in declared {
        if let Some(mark) = FileMark::of(&point.tags).filter(FileMark::is_due) {
            let why = "a restore of its files was broken off before they were in place";
            findings.drifted(&ResourceKey::new(ResourceKind::AccessPoint, name), "files", mark.id, "others", why);
        }
    }
}

fn check_snapshots(desired: &Desired, live: &Live, findings: &mut Findings<'_>) {
    for name in desired.databases.keys() {
        let gone = live.databases.get(name).is_some_and(|sighting| sighting.is_absent());
        let snapshots = live.snapshots.get(name).and_then(|sighting| sighting.present());
        let kept = snapshots.map(|list| list.iter().any(|snapshot| snapshot.is_available()));
        let key = ResourceKey::new(ResourceKind::Snapshot, name);
        match kept {
            Some(false) if gone => {
                let why = "the database is gone and no snapshot holds its data";
                findings.drifted(&key, "status", "available", "absent", why).mend =
                    "nothing can: look for the snapshot in AWS Backup, or in another account".to_owned();
            }
            Some(_) => {}
            // It is there again, which is a finding of its own; nobody asked for snapshots.
            None if !gone => {}
            None => findings.unreadable(&key, "the snapshots of the database could not be read"),
        }
    }
}

fn check_service(
    key: &ResourceKey,
    spec: &ServiceSpec,
    service: &LiveService,
    power: Power,
    findings: &mut Findings<'_>,
) {
    let found = service.desired_count;
    if power.is_asleep() {
        if found > 0 {
            let price = findings.awake_per_day(ResourceKind::Service, &key.name);
            let finding = findings.drifted(key, "count", "0", found.to_string(), "somebody scaled it up while asleep");
            // The report reckons with the declared count; at least one task of it runs.
            finding.usd_per_day = price.map(|price| price * scale(found, spec.desired_count));
            finding.since = service.primary().and_then(|deployment| deployment.created_at);
        }
        return;
    }
    let (low, high) = spec.scaling.as_ref().map_or((spec.desired_count, spec.desired_count), |scaling| {
        // Autoscaling moves the count between its bounds; that is no drift (field.md row 4).
        (scaling.min, scaling.max)
    });
    if found < low || found > high {
        let wanted = if low == high { low.to_string() } else { format!("{low} to {high}") };
        findings.differs(key, Some("count"), wanted, found.to_string(), "the number of tasks was changed");
    }
}

fn scale(found: u32, reckoned: u32) -> rust_decimal::Decimal {
    rust_decimal::Decimal::from(found) / rust_decimal::Decimal::from(reckoned.max(1))
}

fn check_scaling(
    key: &ResourceKey,
    spec: &ScalingSpec,
    scaling: &LiveScaling,
    power: Power,
    findings: &mut Findings<'_>,
) {
    if power.is_asleep() {
        if !scaling.suspended {
            let why = "autoscaling was resumed while asleep: an alarm can start tasks";
            findings.drifted(key, "suspended", "true", suspension(scaling), why);
        }
        if scaling.min > 0 {
            let why = "the lower bound was raised while asleep: it starts tasks";
            findings.drifted(key, "min", "0", scaling.min.to_string(), why);
        }
        return;
    }
    if scaling.suspended || !scaling.partly_suspended.is_empty() {
        findings.drifted(key, "suspended", "false", suspension(scaling), "autoscaling was suspended");
    }
    if scaling.min != spec.min {
        findings.differs(key, Some("min"), spec.min.to_string(), scaling.min.to_string(), "the bound was changed");
    }
}

/// `true`, `false`, or the kinds of scaling that are suspended.
fn suspension(scaling: &LiveScaling) -> String {
    match scaling.partly_suspended.as_slice() {
        [] => scaling.suspended.to_string(),
        kinds => kinds.join(" "),
    }
}

fn check_rule(key: &ResourceKey, rule: &LiveRule, answer: Answer, findings: &mut Findings<'_>) {
    let forwards = rule.actions.last().is_some_and(RuleAction::forwards);
    match (answer, forwards) {
        (Answer::Asleep, true) => {
            let why = "the rule forwards to a service that sleeps: visitors see 503 without the asleep page";
            findings.drifted(key, "actions", "the asleep page", "forwards", why);
        }
        (Answer::Maintenance, true) => {
            let why = "the environment is in maintenance, and the rule forwards: visitors get in";
            findings.drifted(key, "actions", "the maintenance page", "forwards", why);
        }
        (Answer::Forward, false) => {
            let why = "the rule does not forward although the environment is up";
            findings.drifted(key, "actions", "forwards", "another answer", why);
        }
        _ => {}
    }
}
