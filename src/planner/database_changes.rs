//! What differs between a database and its spec: what can be changed in place, and what never can (`aws.md` 2.5).

use crate::model::{
    DATABASE_MADE_WITH, DatabaseChanges, DatabaseSpec, DatabaseState, LiveDatabase, LiveSnapshot, Reason,
};

use super::draft::field;
use super::version;

/// What differs.
#[derive(Default)]
pub(super) struct Differences {
    /// To be changed in place.
    pub(super) changes: DatabaseChanges,
    /// Why, field by field.
    pub(super) reasons: Vec<Reason>,
    /// What AWS never changes: what is wrong, and the remedy.
    pub(super) impossible: Vec<(Reason, String)>,
    /// What went on and never comes back, by hand or by AWS: no ground to leave everything else as it is.
    pub(super) outgrown: Vec<(Reason, String)>,
    /// What to know.
    pub(super) warnings: Vec<String>,
}

impl Differences {
    /// Leaves out what changes the storage; true: there was something.
    pub(super) fn postpone_storage(&mut self) -> bool {
        let storage = ["storage", "storage-type", "iops", "storage-throughput"];
        let all = self.reasons.len();
        self.reasons.retain(|reason| !reason.field.as_deref().is_some_and(|field| storage.contains(&field)));
        let changes = std::mem::take(&mut self.changes);
        self.changes =
            DatabaseChanges { storage_gib: None, storage_type: None, iops: None, storage_throughput: None, ..changes };
        self.reasons.len() < all
    }
}

/// Compares field by field. While AWS is applying a change, the value that it is applying counts.
pub(super) fn differences(
    spec: &DatabaseSpec,
    live: &LiveDatabase,
    security_groups: Option<Vec<String>>,
) -> Differences {
    let mut found = Differences::default();
    compare_fixed(spec, live, &mut found);
    compare_version(spec.engine_version.as_deref(), &live.engine_version, live, &mut found);
    compare_storage(spec, live, &mut found);
    compare_growth(spec, live, &mut found);
    compare_settings(spec, live, &mut found);
    compare_undeclared(spec, live, &mut found);
    if let Some(groups) = security_groups
        && groups != live.security_groups
    {
        found.reasons.push(field("security-groups", live.security_groups.join(" "), groups.join(" "), CHANGED));
        found.changes.security_groups = Some(groups);
    }
    found
}

/// Days of automated backups with which a database is restored. With more than 0, AWS takes a first backup at once, for
/// hours, in which nothing can be changed, the password neither (`field.md` row 12). Set to what is wanted before
/// anything uses the database: it is an outage.
pub(super) const RESTORED_RETENTION: u32 = 0;

/// What a restore loses, although it was asked for (`aws.md` 2.4): set once the database is available.
pub(super) fn lost_by_restore(spec: &DatabaseSpec, snapshot: &LiveSnapshot) -> Differences {
    let mut found = Differences::default();
    let why = "a restore does not take it";
    if let Some(max) = spec.max_storage_gib {
        found.changes.max_storage_gib = Some(max);
        found.reasons.push(field("max-storage", "unset", format!("{max} GiB"), why));
    }
    if spec.backup_retention_days > 0 {
        let days = spec.backup_retention_days;
        found.changes.backup_retention_days = Some(days);
        found.reasons.push(field(
            "backup-retention",
            RESTORED_RETENTION,
            days,
            "a restore with it waits for a first backup, which may take hours",
        ));
    }
    if spec.performance_insights == Some(true) {
        found.changes.performance_insights = Some(true);
        found.reasons.push(field("performance-insights", false, true, why));
    }
    if let Some(wanted) = &spec.engine_version
        && !version::matches(wanted, &snapshot.engine_version)
        && !version::is_downgrade(wanted, &snapshot.engine_version)
    {
        found.changes.engine_version = Some(wanted.clone());
        found.reasons.push(field("engine-version", &snapshot.engine_version, wanted, "a restore keeps the snapshot's"));
    }
    found
}

const CHANGED: &str = "the spec says otherwise";
const UNDECLARED: &str = "the spec does not declare it, and it was made without";

fn compare_fixed(spec: &DatabaseSpec, live: &LiveDatabase, found: &mut Differences) {
    let mut fixed = |name: &str, from: &str, to: &str, differs: bool| {
        if differs {
            let why = format!("{name} is {from}, the spec says {to}, and AWS cannot change it");
            let remedy = format!("set {name}: {from} in the spec, or give the database a new name");
            found.impossible.push((field(name, from, to, &why), remedy));
        }
    };
    fixed("engine", &live.engine, spec.engine.as_str(), live.engine != spec.engine.as_str());
    fixed("username", &live.username, &spec.username, live.username != spec.username);
    let word = |encrypted: bool| if encrypted { "true" } else { "false" };
    fixed("encrypted", word(live.encrypted), word(spec.encrypted), live.encrypted != spec.encrypted);
    if live.extended_support == Some(true) && !spec.extended_support {
        found.warnings.push("it is enrolled in Extended Support, which only a restore can end".to_owned());
    }
}

fn compare_version(wanted: Option<&str>, current: &str, live: &LiveDatabase, found: &mut Differences) {
    let Some(wanted) = wanted else { return };
    let current = effective(live, "engine_version").unwrap_or(current);
    if version::matches(wanted, current) {
    } else if version::is_major_downgrade(wanted, current) {
        let remedy = format!("set version: \"{}\" in the spec", version::major(current));
        let why = format!("engine-version is {current}, and AWS never goes back to {wanted}");
        found.outgrown.push((field("engine-version", current, wanted, &why), remedy));
    } else if version::is_downgrade(wanted, current) {
        let remedy = format!("set version: \"{current}\" in the spec, or \"{}\"", version::major(current));
        let why = format!("AWS has upgraded it to {current}, and never goes back; the spec still says {wanted}");
        found.outgrown.push((field("engine-version", current, wanted, &why), remedy));
    } else {
        found.reasons.push(field("engine-version", current, wanted, CHANGED));
        found.changes.engine_version = Some(wanted.to_owned());
    }
}

fn compare_storage(spec: &DatabaseSpec, live: &LiveDatabase, found: &mut Differences) {
    let current = effective(live, "storage_gib").and_then(|text| text.parse().ok()).unwrap_or(live.storage_gib);
    if spec.storage_gib > current {
        found.reasons.push(field("storage", format!("{current} GiB"), format!("{} GiB", spec.storage_gib), CHANGED));
        found.changes.storage_gib = Some(spec.storage_gib);
    } else if spec.storage_gib < current && spec.max_storage_gib.is_none_or(|max| max < current) {
        let (is, wanted) = (format!("{current} GiB"), format!("{} GiB", spec.storage_gib));
        let why = format!("storage is {is}, the spec says {wanted}, and storage never shrinks");
        let remedy = format!("set storage: {is} in the spec");
        found.outgrown.push((field("storage", is, wanted, &why), remedy));
    }
}

/// Storage autoscaling that is not declared is switched off, which is a limit of what is there (`aws.md` 2.5).
fn compare_growth(spec: &DatabaseSpec, live: &LiveDatabase, found: &mut Differences) {
    let limit = live.max_storage_gib.filter(|limit| *limit > live.storage_gib);
    if let (None, Some(limit)) = (spec.max_storage_gib, limit) {
        found.reasons.push(field("max-storage", format!("{limit} GiB"), "off", CHANGED));
        found.changes.max_storage_gib = Some(found.changes.storage_gib.unwrap_or(live.storage_gib));
    }
}

fn compare_settings(spec: &DatabaseSpec, live: &LiveDatabase, found: &mut Differences) {
    /// One comparison a line: field in the spec, field of the changes, what is there, what is wanted.
    macro_rules! compare {
        ($($name:literal, $field:ident, $current:expr, $wanted:expr;)*) => {
            $(if let Some(wanted) = $wanted {
                let same = match effective(live, stringify!($field)) {
                    Some(text) => reads_as(text, &wanted),
                    None => $current.as_ref() == Some(&wanted),
                };
                let announced = announced(live, stringify!($field)).filter(|text| !reads_as(text, &wanted));
                if !same || announced.is_some() {
                    let mut from = $current.as_ref().map_or("unset".to_owned(), ToString::to_string);
                    if let Some(text) = announced {
                        from.push_str(&format!(", {text} from the next maintenance window on"));
                    }
                    found.reasons.push(field($name, from, &wanted, CHANGED));
                    found.changes.$field = Some(wanted);
                }
            })*
        };
    }
    compare! {
        "class", class, Some(live.class.clone()), Some(spec.class.clone());
        "storage-type", storage_type, Some(live.storage_type.clone()), Some(spec.storage_type.clone());
        "iops", iops, live.iops, spec.iops;
        "storage-throughput", storage_throughput, live.storage_throughput, spec.storage_throughput;
        "max-storage", max_storage_gib, live.max_storage_gib, spec.max_storage_gib;
        "multi-az", multi_az, Some(live.multi_az), Some(spec.multi_az);
        "public", publicly_accessible, Some(live.publicly_accessible), Some(spec.publicly_accessible);
        "parameter-group", parameter_group, live.parameter_group.clone(), spec.parameter_group.clone();
        "backup-retention", backup_retention_days, Some(live.backup_retention_days), Some(spec.backup_retention_days);
        "deletion-protection", deletion_protection, Some(live.deletion_protection), Some(spec.deletion_protection);
        "auto-minor-version-upgrade", auto_minor_version_upgrade, Some(live.auto_minor_version_upgrade),
            Some(spec.auto_minor_version_upgrade);
        "performance-insights", performance_insights, Some(live.performance_insights), spec.performance_insights;
        "port", port, live.endpoint.as_ref().map(|endpoint| endpoint.port),
            live.endpoint.as_ref().map(|_| spec.port);
    }
}

/// What no spec declares, where it was read: as a database of ours is made.
fn compare_undeclared(spec: &DatabaseSpec, live: &LiveDatabase, found: &mut Differences) {
    for (name, made_with) in DATABASE_MADE_WITH {
        let Some(is) = live.others.get(name).filter(|is| *is != made_with) else { continue };
        found.reasons.push(field(name, is, made_with, UNDECLARED));
        match name {
            "monitoring" => found.changes.monitoring_seconds = Some(0),
            "iam-authentication" => found.changes.iam_authentication = Some(false),
            _ => found.changes.copy_tags_to_snapshot = Some(false),
        }
    }
    // The engine's own groups are `default.postgres16`; another one is somebody's.
    let group = live.parameter_group.as_ref().filter(|group| !group.starts_with("default."));
    if let (None, Some(group)) = (&spec.parameter_group, group) {
        let own = format!("default.{}", version::family(spec.engine, &live.engine_version));
        found.reasons.push(field("parameter-group", group, &own, UNDECLARED));
        found.changes.parameter_group = Some(own);
    }
}

/// A change that waits for the maintenance window: somebody's, for ours do not wait.
fn announced<'a>(live: &'a LiveDatabase, field: &str) -> Option<&'a str> {
    if live.state() == DatabaseState::Busy { None } else { live.pending.get(field).map(String::as_str) }
}

/// The value that AWS is applying right now; `None`: none, or it waits for the maintenance window (ours does not).
fn effective<'a>(live: &'a LiveDatabase, field: &str) -> Option<&'a str> {
    if live.state() == DatabaseState::Busy { live.pending.get(field).map(String::as_str) } else { None }
}

fn reads_as(text: &str, value: &impl ToString) -> bool {
    text == value.to_string()
}
