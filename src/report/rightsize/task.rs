//! Fargate tasks (`aws.md` 8.3, 1 to 5).

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::series::percentile_99_5;
use super::{Proposal, Series, Span, Verdict};
use crate::model::{Architecture, ResourceKey, fargate};
use crate::report::{HOURS_PER_MONTH, PriceTable, rounded};

/// How a service used its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskUsage {
    /// CPU units of a task.
    pub cpu: u32,
    /// Memory of a task, MiB.
    pub memory_mib: u32,
    /// Architecture; it stays.
    pub architecture: Architecture,
    /// Fargate Spot.
    pub spot: bool,
    /// Tasks that usually run.
    pub count: u32,
    /// `CPUUtilization`, maximum of each period, percent.
    pub cpu_percent: Series,
    /// `MemoryUtilization`, maximum of each period, percent.
    pub memory_percent: Series,
    /// When it ran, in the window.
    pub running: Vec<Span>,
    /// Deployments and awakenings: the ten minutes after each say nothing.
    pub starts: Vec<Timestamp>,
    /// A target-tracking policy follows its CPU.
    pub tracks_cpu: bool,
    /// A target-tracking policy follows its memory.
    pub tracks_memory: bool,
    /// A task was stopped for want of memory.
    pub out_of_memory: bool,
}

/// Head room over the peak: 20 %.
const USABLE: Decimal = Decimal::from_parts(8, 0, 0, false, 1);
/// A change down must save at least this share of the cost.
const LEAST_SHARE: Decimal = Decimal::from_parts(15, 0, 0, false, 2);
/// Above this peak of CPU, percent, it needs more at once.
const CPU_FULL: Decimal = Decimal::from_parts(80, 0, 0, false, 0);
/// Above this peak of memory, percent, it needs more at once.
const MEMORY_FULL: Decimal = Decimal::from_parts(85, 0, 0, false, 0);

/// A size: CPU units and MiB.
type Size = (u32, u32);

/// What size the tasks of a service should have.
pub fn rightsize_task(key: &ResourceKey, usage: &TaskUsage, prices: &PriceTable, region: &str) -> Proposal {
    let mut proposal = Proposal::keep(key, words((usage.cpu, usage.memory_mib)));
    let cpu = usage.cpu_percent.settled(&usage.starts);
    let memory = usage.memory_percent.settled(&usage.starts);
    proposal.input("CPU points", cpu.len());
    proposal.input("memory points", memory.len());
    proposal.input("tasks", usage.count);
    let (peak_cpu, peak_memory) = (percentile_99_5(&cpu), memory.last().copied());
    for (name, peak) in [("CPU p99.5", peak_cpu), ("memory maximum", peak_memory)] {
        proposal.input(name, peak.map_or_else(|| "no points".to_owned(), |peak| format!("{} %", peak.normalize())));
    }
    for (name, series, values) in [("CPU", &usage.cpu_percent, &cpu), ("memory", &usage.memory_percent, &memory)] {
        if let Some(shortage) = series.shortage(values.len(), &usage.running) {
            proposal = proposal.lacking(format!("{name}: {shortage}"));
        }
    }
    let (Some(peak_cpu), Some(peak_memory), false) =
        (peak_cpu, peak_memory, proposal.verdict == Verdict::InsufficientData)
    else {
        return proposal;
    };
    let needs = |percent: Decimal, size: u32| percent / Decimal::from(100) * Decimal::from(size) / USABLE;
    let need = (needs(peak_cpu, usage.cpu), needs(peak_memory, usage.memory_mib));
    proposal.input("CPU needed with 20 % head room", format!("{} units", rounded(need.0, 1)));
    proposal.input("memory needed with 20 % head room", format!("{} MiB", rounded(need.1, 1)));
    if usage.tracks_cpu || usage.tracks_memory {
        let tracked = [(usage.tracks_cpu, "CPU"), (usage.tracks_memory, "memory")];
        let tracked: Vec<&str> = tracked.into_iter().filter(|(tracks, _)| *tracks).map(|(_, what)| what).collect();
        proposal.reasons.push(format!("a target-tracking policy follows {}: it stays", tracked.join(" and ")));
    }
    if usage.out_of_memory {
        proposal.reasons.push("a task ran out of memory: memory does not fall".to_owned());
    }
    let Some(price) = Rate::of(usage, prices, region) else {
        let market = if usage.spot { "Fargate Spot" } else { "Fargate" };
        return proposal.lacking(format!("{market} prices of {region}"));
    };
    proposal.input("price of a vCPU-hour and a GB-hour", format!("{} and {} USD", price.vcpu, price.gib));
    proposal.input("price now", format!("{} USD a month", rounded(price.of_size((usage.cpu, usage.memory_mib)), 2)));
    judge(usage, (peak_cpu, peak_memory), need, &price, proposal)
}

fn judge(
    usage: &TaskUsage,
    peak: (Decimal, Decimal),
    need: (Decimal, Decimal),
    price: &Rate,
    mut proposal: Proposal,
) -> Proposal {
    let now = (usage.cpu, usage.memory_mib);
    let full = peak.0 > CPU_FULL || peak.1 > MEMORY_FULL;
    let Some(best) = cheapest(usage, need, price, |_| true) else {
        proposal.reasons.push("no size of Fargate is large enough, or a policy holds the dimension that is".to_owned());
        return proposal;
    };
    if full {
        if best == now {
            proposal.reasons.push("it is full, and a policy holds the dimension that would have to grow".to_owned());
            return proposal;
        }
        proposal.reasons.push("CPU above 80 % or memory above 85 %: it needs more at once".to_owned());
        let risk = "a deployment replaces every task; a task that was starved may behave differently";
        return changed(proposal, Verdict::Up, best, price.saved(now, best), risk);
    }
    // At most one row down a change.
    let lowest = fargate::TABLE.iter().rev().map(|row| row.cpu).find(|cpu| *cpu < usage.cpu).unwrap_or(usage.cpu);
    let step = cheapest(usage, need, price, |size| size.0 >= lowest).unwrap_or(now);
    if step.0 > best.0 {
        proposal.reasons.push(format!("{} would be enough; one row a change", words(best)));
    }
    let saved = price.saved(now, step);
    let enough = saved >= price.of_size(now) * LEAST_SHARE && saved >= Decimal::ONE;
    if step == now {
        proposal.reasons.push("it is the cheapest size with 20 % head room".to_owned());
        return proposal;
    }
    if !enough {
        let why = if saved <= Decimal::ZERO {
            "less than 20 % head room is left, but it is not full: above 80 % of CPU or 85 % of memory it must grow"
                .to_owned()
        } else {
            let share = rounded(saved / price.of_size(now) * Decimal::ONE_HUNDRED, 1);
            let saved = rounded(saved, 2);
            format!("{} would save {saved} USD a month, {share} %: a change must save 15 % and 1 USD", words(step))
        };
        proposal.reasons.push(why);
        return proposal;
    }
    let share = rounded(saved / price.of_size(now) * Decimal::ONE_HUNDRED, 1);
    let distance = if step == best { "the cheapest size" } else { "the cheapest size one row down" };
    proposal.reasons.push(format!("{distance} that holds the need, {share} % cheaper"));
    let risk = "a peak that the window did not see; a deployment replaces every task";
    changed(proposal, Verdict::Down, step, saved, risk)
}

fn changed(mut proposal: Proposal, verdict: Verdict, to: Size, saved: Decimal, risk: &str) -> Proposal {
    proposal.verdict = verdict;
    proposal.proposed = Some(words(to));
    proposal.fields = vec![("cpu".to_owned(), to.0.to_string()), ("memory".to_owned(), to.1.to_string())];
    proposal.saved_usd_per_month = Some(saved);
    risk.clone_into(&mut proposal.risk);
    proposal
}

/// The cheapest legal size that is enough; at the same price less CPU, then less memory. A dimension that a policy
/// tracks stays, and memory never falls after a task ran out of it.
fn cheapest(
    usage: &TaskUsage,
    need: (Decimal, Decimal),
    price: &Rate,
    allowed: impl Fn(&Size) -> bool,
) -> Option<Size> {
    let sizes = fargate::TABLE.iter().flat_map(|row| row.memory.all().into_iter().map(|memory| (row.cpu, memory)));
    let fits = |size: &Size| {
        let cpu = if usage.tracks_cpu { size.0 == usage.cpu } else { Decimal::from(size.0) >= need.0 };
        let memory = if usage.tracks_memory { size.1 == usage.memory_mib } else { Decimal::from(size.1) >= need.1 };
        cpu && memory && (!usage.out_of_memory || size.1 >= usage.memory_mib)
    };
    sizes.filter(fits).filter(allowed).min_by_key(|size| (price.of_size(*size), size.0, size.1))
}

/// What CPU and memory cost an hour, and how many tasks there are.
struct Rate {
    vcpu: Decimal,
    gib: Decimal,
    count: Decimal,
}

impl Rate {
    fn of(usage: &TaskUsage, prices: &PriceTable, region: &str) -> Option<Self> {
        let architecture = usage.architecture.as_str().to_lowercase();
        let market = if usage.spot { "fargate-spot" } else { "fargate" };
        let price =
            |what: &str| prices.price(region, &format!("{market}/{architecture}/{what}")).map(|price| price.usd);
        Some(Self { vcpu: price("vcpu")?, gib: price("memory")?, count: Decimal::from(usage.count) })
    }

    /// USD a month for all tasks.
    fn of_size(&self, (cpu, memory): Size) -> Decimal {
        let hour = Decimal::from(cpu) * self.vcpu + Decimal::from(memory) * self.gib;
        hour / Decimal::from(1024) * self.count * HOURS_PER_MONTH
    }

    fn saved(&self, from: Size, to: Size) -> Decimal {
        self.of_size(from) - self.of_size(to)
    }
}

fn words((cpu, memory): Size) -> String {
    let part = |number: u32| (Decimal::from(number) / Decimal::from(1024)).normalize();
    format!("{} vCPU {} GB", part(cpu), part(memory))
}
