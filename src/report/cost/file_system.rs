//! File systems: provisioned throughput, and the storage that nobody knows the size of.

use rust_decimal::Decimal;

use super::CostOptions;
use super::line::{CostLine, Ledger};
use crate::model::{Desired, FileSystemSpec, ResourceKey, ResourceKind, Throughput};
use crate::report::{Amount, HOURS_PER_MONTH, rounded};

/// GiB of Standard storage that include one MiB/s: 50 KiB/s per GiB, reckoned by AWS as 1 MiB/s per 20 GB
/// (`aws.md` 3.1 and the golden figure of 3.2).
const GIB_PER_INCLUDED_MIB: u32 = 20;

/// Enters what file systems are billed for.
pub(super) fn enter(desired: &Desired, options: &CostOptions, ledger: &mut Ledger<'_>) {
    for (name, system) in &desired.file_systems {
        let key = ResourceKey::new(ResourceKind::FileSystem, name);
        let size = options.file_system_bytes.get(name).map(|bytes| gib(*bytes));
        let (throughput, borrowed) = match system {
            FileSystemSpec::Owned { throughput, .. } => (Some(*throughput), false),
            FileSystemSpec::Borrowed { throughput, .. } => (*throughput, true),
        };
        match throughput {
            Some(Throughput::Provisioned(mib)) => provisioned(&key, mib, size, ledger),
            Some(Throughput::Elastic) => {
                ledger.by_use(&key, "elastic throughput, read", "efs/elastic-read");
                ledger.by_use(&key, "elastic throughput, written", "efs/elastic-write");
            }
            Some(Throughput::Bursting) | None => {}
        }
        match (borrowed, size) {
            // A borrowed file system that nothing of this environment is on costs nothing more.
            (true, _) if !desired.access_points.values().any(|point| point.file_system == *name) => {}
            (true, _) => ledger.by_use(&key, "files of this environment, on production's file system", "efs/standard"),
            (false, Some(size)) => stored(&key, size, ledger),
            (false, None) => ledger.by_use(&key, "stored files, asleep too", "efs/standard"),
        }
        if desired.backed_up_file_systems().contains(&name) {
            backed_up(&key, size, ledger);
        }
    }
}

fn gib(bytes: u64) -> Decimal {
    Decimal::from(bytes) / Decimal::from(1024_u64.pow(3))
}

fn stored(key: &ResourceKey, size: Decimal, ledger: &mut Ledger<'_>) {
    let month = ledger.sum(&[(size, "efs/standard")]);
    let what = format!("{} GB stored", rounded(size, 1));
    ledger.enter(key, what, month, super::line::Bills::Always);
}

/// The files of snapshots. A recovery point holds the whole file system, a borrowed one too; the first is a full copy,
/// later ones hold what has changed.
fn backed_up(key: &ResourceKey, size: Option<Decimal>, ledger: &mut Ledger<'_>) {
    let what = "files of snapshots: a copy of the whole file system, and what changes between two";
    match size {
        Some(size) => {
            let (amount, working) = ledger.sum(&[(size, "backup/efs-warm")]);
            let what = format!("{} GB in the recovery point of a snapshot", rounded(size, 1));
            ledger.enter(key, what, (amount, working), super::line::Bills::Always);
            ledger.by_use(key, "what changes between two snapshots of the files", "backup/efs-warm");
        }
        None => ledger.by_use(key, what, "backup/efs-warm"),
    }
}

/// Provisioned throughput bills above the baseline that the stored data includes, up or asleep, for at least 24 hours.
fn provisioned(key: &ResourceKey, mib: u32, size: Option<Decimal>, ledger: &mut Ledger<'_>) {
    let bought = Decimal::from(mib);
    let Some(price) = ledger.price("efs/provisioned-throughput") else {
        push(key, mib, Amount::UNKNOWN, format!("{mib} × unknown"), ledger);
        return;
    };
    let above = |size: Decimal| (bought - size / Decimal::from(GIB_PER_INCLUDED_MIB)).max(Decimal::ZERO);
    let all = bought * price;
    let (amount, working) = match size {
        Some(size) => {
            let extra = above(size);
            (Amount::exact(extra * price), format!("{} MiB/s above the baseline × {price}", rounded(extra, 2)))
        }
        None => (Amount::at_most(all), format!("{mib} × {price} while empty, less with every 20 GB stored")),
    };
    push(key, mib, amount, working, ledger);
    let twenty = rounded(above(Decimal::from(20)) * price, 2);
    let enough = u64::from(mib) * u64::from(GIB_PER_INCLUDED_MIB);
    ledger.notes.push(format!(
        "{key}: {mib} MiB/s of provisioned throughput is {} USD a month on an almost empty file system, {twenty} with \
         20 GB, nothing extra from {enough} GB on. {} USD a month is the price of one MiB/s, not of the whole \
         setting. It bills asleep too, and for 24 hours at least ({} USD)",
        rounded(all, 2),
        price.normalize(),
        rounded(all * Decimal::from(24) / HOURS_PER_MONTH, 2),
    ));
}

fn push(key: &ResourceKey, mib: u32, amount: Amount, working: String, ledger: &mut Ledger<'_>) {
    let what = format!("{mib} MiB/s provisioned throughput");
    let line = CostLine { key: key.clone(), what, working, up: amount, parked: amount, hibernated: amount };
    ledger.lines.push(line);
}
