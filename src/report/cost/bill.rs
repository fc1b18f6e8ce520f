//! How a plan changes the bill: the environment as it was found, beside what it will be.

use super::{CostOptions, CostReport, cost};
use crate::model::{
    Amount, Bill, DatabaseSpec, DatabaseState, Desired, FileSystemSpec, Goal, Live, LiveDatabase, Plan, Power,
    ResourceKind, ServiceSpec, Sighting, present,
};
use crate::report::PriceTable;

/// The bill before and after a plan; `None`: the plan is not about what bills.
pub fn bill(desired: &Desired, live: &Live, plan: &Plan, prices: &PriceTable) -> Option<Bill> {
    let keeps_snapshots = match plan.goal {
        Goal::Up { .. } | Goal::Down { .. } => true,
        Goal::Destroy { delete_snapshots } => !delete_snapshots,
        _ => return None,
    };
    let options = CostOptions {
        file_system_bytes: present(&live.file_systems).map(|(name, found)| (name.clone(), found.size_bytes)).collect(),
        ..CostOptions::default()
    };
    let wanted = desired.as_deployed(live);
    let found = found(&wanted, live);
    let has_snapshots = present(&live.snapshots).any(|(_, snapshots)| !snapshots.is_empty());
    let now = of(&cost(&found, prices, &options).ok()?, plan.power_now, has_snapshots);
    let then = of(
        &cost(&wanted, prices, &options).ok()?,
        plan.power_wanted,
        keeps_snapshots && plan.power_now != Power::Absent,
    );
    Some(Bill { now, then })
}

/// A month in this power state. What `destroy` leaves are the snapshots.
fn of(report: &CostReport, power: Power, has_snapshots: bool) -> Amount {
    match power {
        Power::Up => report.up_per_month,
        Power::Parked => report.parked_per_month,
        Power::Hibernated => report.hibernated_per_month,
        Power::Absent if has_snapshots => {
            let snapshots = report.lines.iter().filter(|line| line.key.kind == ResourceKind::Snapshot);
            snapshots.map(|line| line.hibernated).sum()
        }
        Power::Absent => Amount::NOTHING,
    }
}

/// What is wanted, with what is there in its place: sizes as they are, and without what is not there. A database that
/// is gone stays as it is wanted, for its snapshot bills.
fn found(wanted: &Desired, live: &Live) -> Desired {
    let mut found = wanted.clone();
    for (name, spec) in &mut found.databases {
        if let Some(Sighting::Present(live)) = live.databases.get(name) {
            as_it_is(spec, live);
        }
    }
    found.services.retain(|name, _| live.services.get(name).and_then(Sighting::present).is_some());
    for (name, spec) in &mut found.services {
        size_as_it_is(name, spec, live);
    }
    let is_there = |name: &str| live.file_systems.get(name).and_then(Sighting::present).is_some();
    found.file_systems.retain(|name, spec| matches!(spec, FileSystemSpec::Borrowed { .. }) || is_there(name));
    for (name, spec) in &mut found.file_systems {
        let Some(system) = live.file_systems.get(name).and_then(Sighting::present) else { continue };
        match spec {
            FileSystemSpec::Owned { throughput, .. } => *throughput = system.throughput,
            FileSystemSpec::Borrowed { throughput: Some(throughput), .. } => *throughput = system.throughput,
            FileSystemSpec::Borrowed { throughput: None, .. } => {}
        }
    }
    found.alarms.retain(|name, _| live.alarms.get(name).and_then(Sighting::present).is_some());
    found
}

fn as_it_is(spec: &mut DatabaseSpec, live: &LiveDatabase) {
    if live.state() == DatabaseState::Deleting {
        return;
    }
    live.class.clone_into(&mut spec.class);
    live.storage_type.clone_into(&mut spec.storage_type);
    spec.storage_gib = live.storage_gib;
    spec.iops = live.iops;
    spec.storage_throughput = live.storage_throughput;
    spec.multi_az = live.multi_az;
}

/// The size of the revision that runs, and the count where no autoscaling moves it.
fn size_as_it_is(name: &str, spec: &mut ServiceSpec, live: &Live) {
    if let Some(document) = live.task_definitions.get(name).and_then(Sighting::present) {
        document.clone_into(&mut spec.task_definition);
    }
    match live.scaling.get(name).and_then(Sighting::present) {
        Some(scaling) if !scaling.suspended => {
            if let Some(spec) = &mut spec.scaling {
                (spec.min, spec.max) = (scaling.min, scaling.max);
            }
        }
        _ => {
            if let Some(service) =
                live.services.get(name).and_then(Sighting::present).filter(|one| one.desired_count > 0)
            {
                spec.desired_count = service.desired_count;
            }
        }
    }
}
