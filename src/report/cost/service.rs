//! Services: Fargate tasks, their storage and addresses; logs, rules and alarms that come with them.

use rust_decimal::Decimal;
use serde_json::Value;

use super::line::{Bills, Ledger};
use crate::model::{Capacity, Desired, ResourceKey, ResourceKind, ServiceSpec, fargate};
use crate::report::{Amount, HOURS_PER_MONTH, rounded};

/// GiB of ephemeral storage that a Fargate task has for nothing (`aws.md` 1.1).
const INCLUDED_STORAGE_GIB: u32 = 20;

/// Enters what services and everything around them are billed for.
pub(super) fn enter(desired: &Desired, ledger: &mut Ledger<'_>) {
    for (name, service) in &desired.services {
        enter_service(&ResourceKey::new(ResourceKind::Service, name), service, ledger);
    }
    for (name, task) in &desired.tasks {
        let key = ResourceKey::new(ResourceKind::Task, name);
        let size = task_size(&task.task_definition);
        let rate = size.as_ref().and_then(|size| hourly(size, task.capacity, ledger).0.as_exact());
        let price = rate.map(|rate| format!("{} USD/hour", rounded(rate, 5)));
        ledger.usage.push(super::UsageLine { key, what: "each run, by the second".to_owned(), price });
    }
    for name in desired.log_groups.keys() {
        let key = ResourceKey::new(ResourceKind::LogGroup, name);
        ledger.by_use(&key, "log lines taken in", "logs/ingested");
        ledger.by_use(&key, "log lines kept, asleep too", "logs/stored");
    }
    for name in desired.rules.keys() {
        let key = ResourceKey::new(ResourceKind::ListenerRule, name);
        ledger.by_use(&key, "traffic, on the bill of the borrowed load balancer", "load-balancer/capacity-unit");
    }
    if !desired.rules.is_empty() {
        ledger.notes.push(
            "the load balancer is borrowed: its hours are on the bill with or without this environment, 0.00 extra"
                .to_owned(),
        );
    }
}

/// What Fargate bills a task by.
struct TaskSize {
    vcpu: Decimal,
    memory_gib: Decimal,
    storage_gib: u32,
    architecture: &'static str,
}

fn enter_service(key: &ResourceKey, service: &ServiceSpec, ledger: &mut Ledger<'_>) {
    let count = service.scaling.as_ref().map_or(service.desired_count, |scaling| {
        service.desired_count.clamp(scaling.min, scaling.max.max(scaling.min))
    });
    let Some(size) = task_size(&service.task_definition) else {
        let month = (Amount::UNKNOWN, "the task definition has no size that Fargate bills".to_owned());
        ledger.enter(key, "tasks".to_owned(), month, Bills::Up);
        return;
    };
    let (rate, working) = hourly(&size, service.capacity, ledger);
    let tasks = Decimal::from(count);
    let month = (rate * tasks * HOURS_PER_MONTH, format!("{count} × 730 h × ({working})"));
    let spot = if service.capacity == Capacity::Spot { " spot" } else { "" };
    let what = format!(
        "{count} × Fargate{spot} {} vCPU {} GB {}",
        size.vcpu.normalize(),
        size.memory_gib.normalize(),
        size.architecture
    );
    ledger.enter(key, what, month, Bills::Up);
    if service.assign_public_ip {
        let month = ledger.sum(&[(tasks * HOURS_PER_MONTH, "public-ipv4")]);
        ledger.enter(key, format!("{count} × public IPv4 address"), month, Bills::Up);
    } else {
        ledger.by_use(key, "data through a NAT gateway, where the subnets have one", "nat/data");
    }
    if service.capacity == Capacity::Spot {
        ledger.notes.push(format!("{key}: spot prices float; the figure is a sample, and no more than on demand"));
    }
    enter_scaling(key, service, count, rate, ledger);
}

fn enter_scaling(key: &ResourceKey, service: &ServiceSpec, count: u32, rate: Amount, ledger: &mut Ledger<'_>) {
    let Some(scaling) = &service.scaling else { return };
    if scaling.max > count {
        ledger.notes.push(format!(
            "{key}: reckoned with {count} running; autoscaling may go to {}, and each task more is {} USD an hour",
            scaling.max,
            rate.display(4)
        ));
    }
    let policies = u32::from(scaling.cpu_percent.is_some()) + u32::from(scaling.memory_percent.is_some());
    if policies > 0 {
        let alarms = 2 * policies;
        let what = format!("{alarms} alarms of target tracking, asleep too, beyond the account's free ones");
        ledger.by_use(&ResourceKey::new(ResourceKind::ScalableTarget, &key.name), what, "alarm");
    }
}

/// One task for one hour. Spot without a sample of this region is anything up to the price on demand.
fn hourly(size: &TaskSize, capacity: Capacity, ledger: &mut Ledger<'_>) -> (Amount, String) {
    let item = |market: &str, what: &str| format!("{market}/{}/{what}", size.architecture);
    let spot = capacity == Capacity::Spot;
    let sampled = spot && ledger.knows(&item("fargate-spot", "vcpu")) && ledger.knows(&item("fargate-spot", "memory"));
    let market = if sampled { "fargate-spot" } else { "fargate" };
    let (vcpu, memory) = (item(market, "vcpu"), item(market, "memory"));
    let (rate, working) = ledger.sum(&[(size.vcpu, &vcpu), (size.memory_gib, &memory)]);
    let (rate, working) = if spot && !sampled {
        (Amount { low: Decimal::ZERO, ..rate }, format!("up to {working}"))
    } else {
        (rate, working)
    };
    let extra = size.storage_gib.saturating_sub(INCLUDED_STORAGE_GIB);
    if extra == 0 {
        return (rate, working);
    }
    let (storage, storage_working) = ledger.sum(&[(Decimal::from(extra), "fargate/ephemeral-storage")]);
    (rate + storage, format!("{working} + {storage_working}"))
}

/// The size of a rendered task definition; `None` where it says none, or none that Fargate for Linux has.
fn task_size(document: &Value) -> Option<TaskSize> {
    let platform = document.get("runtimePlatform");
    let platform = |field: &str| platform.and_then(|platform| platform.get(field)).and_then(Value::as_str);
    if platform("operatingSystemFamily").is_some_and(|family| family != "LINUX") {
        return None;
    }
    let architecture = match platform("cpuArchitecture") {
        None | Some("X86_64") => "x86_64",
        Some("ARM64") => "arm64",
        Some(_) => return None,
    };
    let storage_gib = document.get("ephemeralStorage").and_then(|storage| storage.get("sizeInGiB"));
    Some(TaskSize {
        vcpu: quantity(document.get("cpu")?, fargate::cpu_units)?,
        memory_gib: quantity(document.get("memory")?, fargate::memory_mib)?,
        storage_gib: storage_gib.and_then(Value::as_u64).and_then(|size| u32::try_from(size).ok()).unwrap_or(0),
        architecture,
    })
}

/// `512` and `"512"` are 1024ths; `".5 vCPU"` and `"2 GB"` are read like them (`aws.md` 1.1).
fn quantity(value: &Value, units: fn(&str) -> Option<u64>) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    units(&text).filter(|units| *units > 0).map(|units| Decimal::from(units) / Decimal::from(1024))
}
