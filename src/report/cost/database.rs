//! Databases, their snapshots and their secrets.

use rust_decimal::Decimal;

use super::line::{Bills, CostLine, Ledger};
use crate::model::{DatabaseSpec, Desired, ResourceKey, ResourceKind};
use crate::report::{Amount, HOURS_PER_MONTH};

/// Enters everything that databases are billed for.
pub(super) fn enter(desired: &Desired, ledger: &mut Ledger<'_>) {
    for (name, database) in &desired.databases {
        let key = ResourceKey::new(ResourceKind::Database, name);
        instance(&key, database, ledger);
        storage(&key, database, ledger);
        snapshot(name, database, ledger);
        let secret = ResourceKey::new(ResourceKind::Secret, name);
        let month = ledger.sum(&[(Decimal::ONE, "secret")]);
        ledger.enter(&secret, "secret with the password".to_owned(), month, Bills::Always);
    }
    if !desired.databases.is_empty() {
        ledger.notes.push(
            "AWS starts a parked database by itself after 7 days; from then on it bills as if it were up (aws.md 2.1)"
                .to_owned(),
        );
        let kept = desired.retention.keep;
        if kept > 1 {
            ledger.notes.push(format!(
                "hibernated counts the newest snapshot of each database at its provisioned size, the most that it \
                 can be; retention keeps {kept}, and each older one adds what it does not share, at most as much again"
            ));
        }
    }
}

fn zones(database: &DatabaseSpec) -> &'static str {
    if database.multi_az { "multi-az" } else { "single-az" }
}

fn instance(key: &ResourceKey, database: &DatabaseSpec, ledger: &mut Ledger<'_>) {
    let zones = zones(database);
    let item = format!("rds/{}/{}/{zones}", database.engine.as_str(), database.class);
    let month = ledger.sum(&[(HOURS_PER_MONTH, &item)]);
    ledger.enter(key, format!("{} {} {zones}", database.class, database.engine.as_str()), month, Bills::Up);
    if database.class.starts_with("db.t4g.") {
        ledger.by_use(key, "CPU above the class's baseline for long (T4g runs unlimited)", "rds/t4g-surplus-credits");
    }
    if database.extended_support {
        ledger.by_use(key, "Extended Support, once the engine is past its end of life", "rds/extended-support");
    }
}

fn storage(key: &ResourceKey, database: &DatabaseSpec, ledger: &mut Ledger<'_>) {
    let zones = zones(database);
    let storage_type = &database.storage_type;
    let size = Decimal::from(database.storage_gib);
    let month = ledger.sum(&[(size, &format!("rds/storage/{storage_type}/{zones}"))]);
    let what = format!("{} GB {storage_type} {zones}", database.storage_gib);
    ledger.enter(key, what, month, Bills::UntilHibernated);
    let extra = extra_iops(database);
    if extra > 0 {
        let month = ledger.sum(&[(Decimal::from(extra), &format!("rds/iops/{storage_type}/{zones}"))]);
        ledger.enter(key, format!("{extra} provisioned IOPS"), month, Bills::UntilHibernated);
    }
    // gp3 of 400 GiB and more includes 500 MiB/s.
    let extra = database.storage_throughput.unwrap_or(0).saturating_sub(500);
    if extra > 0 {
        let month = ledger.sum(&[(Decimal::from(extra), &format!("rds/throughput/{storage_type}/{zones}"))]);
        ledger.enter(key, format!("{extra} MiB/s storage throughput"), month, Bills::UntilHibernated);
    }
    if let Some(limit) = database.max_storage_gib.filter(|limit| *limit > database.storage_gib) {
        ledger.by_use(
            key,
            format!("storage that autoscaling adds, up to {limit} GB"),
            &format!("rds/storage/{storage_type}/{zones}"),
        );
    }
}

/// IOPS that are paid for: all of io1 and io2; of gp3 those above the 3,000 (12,000 from 400 GiB on) that are included
/// (`aws.md` 2.5; infracost golden `db_instance_test`).
fn extra_iops(database: &DatabaseSpec) -> u32 {
    let provisioned = database.iops.unwrap_or(0);
    match database.storage_type.as_str() {
        "io1" | "io2" => provisioned,
        "gp3" if database.storage_gib >= 400 => provisioned.saturating_sub(12_000),
        "gp3" => provisioned.saturating_sub(3_000),
        _ => 0,
    }
}

/// A snapshot bills only once its instance is gone: until then it lies within the free backup storage, which is as
/// large as the provisioned storage of the instances that are there (`aws.md` 2.6). AWS bills the data stored and does
/// not say how much that is: at most the provisioned size.
fn snapshot(name: &str, database: &DatabaseSpec, ledger: &mut Ledger<'_>) {
    let key = ResourceKey::new(ResourceKind::Snapshot, name);
    let (most, working) = ledger.sum(&[(Decimal::from(database.storage_gib), "rds/snapshot")]);
    ledger.lines.push(CostLine {
        key,
        what: format!("newest snapshot, at most {} GB", database.storage_gib),
        working: format!("at most {working}, while no instance is there"),
        up: Amount::NOTHING,
        parked: Amount::NOTHING,
        hibernated: Amount { low: Decimal::ZERO, high: most.high },
    });
}
