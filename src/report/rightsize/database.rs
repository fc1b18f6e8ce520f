//! RDS instances (`aws.md` 8.3, 6; classes and baselines: 2.7; connections: `LEAST(RAM / 9531392, 5000)`).

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Proposal, Series, Span, Verdict};
use crate::model::ResourceKey;
use crate::report::{HOURS_PER_MONTH, PriceTable, rounded};

/// How a database was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUsage {
    /// Engine as the price table names it, `postgres`.
    pub engine: String,
    /// Instance class.
    pub class: String,
    /// Standby in a second zone.
    pub multi_az: bool,
    /// `CPUUtilization`, maximum of each period, percent.
    pub cpu_percent: Series,
    /// `FreeableMemory`, minimum of each period, bytes.
    pub freeable_bytes: Series,
    /// `SwapUsage`, maximum, bytes; `None`: no points.
    pub swap_bytes: Option<Decimal>,
    /// `DatabaseConnections`, maximum; `None`: no points.
    pub connections: Option<u32>,
    /// `CPUCreditBalance`, minimum; `None`: the class has no credits.
    pub credits: Option<Decimal>,
    /// `CPUSurplusCreditsCharged`, sum.
    pub surplus_charged: Decimal,
    /// When it ran.
    pub running: Vec<Span>,
    /// When it started.
    pub starts: Vec<Timestamp>,
}

/// A class: its name, memory in GiB, and what of its two vCPUs it may use for ever, percent (`aws.md` 2.7).
struct Class {
    name: &'static str,
    memory_gib: u32,
    baseline_percent: u32,
}

/// The classes that a change may go between, ascending. All have two vCPUs.
const CLASSES: [Class; 4] = [
    Class { name: "db.t4g.micro", memory_gib: 1, baseline_percent: 10 },
    Class { name: "db.t4g.small", memory_gib: 2, baseline_percent: 20 },
    Class { name: "db.t4g.medium", memory_gib: 4, baseline_percent: 20 },
    Class { name: "db.t4g.large", memory_gib: 8, baseline_percent: 30 },
];

/// Swap below this is noise: 16 MiB.
const LITTLE_SWAP_BYTES: u64 = 16 * 1024 * 1024;

impl Class {
    fn bytes(&self) -> Decimal {
        Decimal::from(u64::from(self.memory_gib) * 1024 * 1024 * 1024)
    }

    /// PostgreSQL's `max_connections` on RDS.
    fn connections(&self) -> Decimal {
        (self.bytes() / Decimal::from(9_531_392)).floor().min(Decimal::from(5000))
    }
}

/// What class a database should have.
pub fn rightsize_database(key: &ResourceKey, usage: &DatabaseUsage, prices: &PriceTable, region: &str) -> Proposal {
    let mut proposal = Proposal::keep(key, usage.class.clone());
    let Some(index) = CLASSES.iter().position(|class| class.name == usage.class) else {
        return proposal.lacking(format!("what {} is made of: only db.t4g up to large is known", usage.class));
    };
    let cpu = usage.cpu_percent.settled(&usage.starts);
    let memory = usage.freeable_bytes.settled(&usage.starts);
    proposal.input("CPU points", cpu.len());
    proposal.input("memory points", memory.len());
    for (name, series, values) in [("CPU", &usage.cpu_percent, &cpu), ("memory", &usage.freeable_bytes, &memory)] {
        if let Some(shortage) = series.shortage(values.len(), &usage.running) {
            proposal = proposal.lacking(format!("{name}: {shortage}"));
        }
    }
    let (Some(peak), Some(free), false) =
        (cpu.last().copied(), memory.first().copied(), proposal.verdict == Verdict::InsufficientData)
    else {
        return proposal;
    };
    proposal.input("CPU maximum", format!("{} %", peak.normalize()));
    proposal.input("freeable memory minimum", format!("{} MiB", rounded(free / Decimal::from(1024 * 1024), 0)));
    let mib = |bytes: Decimal| format!("{} MiB", rounded(bytes / Decimal::from(1024 * 1024), 0));
    proposal.input("swap maximum", usage.swap_bytes.map_or_else(|| "no points".to_owned(), mib));
    let connections = usage.connections.map_or_else(|| "no points".to_owned(), |most| most.to_string());
    proposal.input("connections maximum", connections);
    if let Some(credits) = usage.credits {
        proposal.input("CPU credits minimum", credits.normalize());
    }
    proposal.input("surplus CPU credits charged", usage.surplus_charged.normalize());
    let class = &CLASSES[index];
    let starved = starved(usage, class, free);
    if !starved.is_empty() {
        proposal.reasons.extend(starved);
        let Some(larger) = CLASSES.get(index + 1) else {
            return proposal.lacking("a larger class that is known");
        };
        return change(proposal, Verdict::Up, usage, larger, prices, region);
    }
    let Some(smaller) = index.checked_sub(1).map(|index| &CLASSES[index]) else {
        proposal.reasons.push("it is the smallest class".to_owned());
        return proposal;
    };
    for (name, known) in
        [("SwapUsage", usage.swap_bytes.is_some()), ("DatabaseConnections", usage.connections.is_some())]
    {
        if !known {
            proposal = proposal.lacking(format!("points of {name}"));
        }
    }
    if proposal.verdict == Verdict::InsufficientData {
        return proposal;
    }
    let hindrances = hindrances(usage, class, smaller, peak, free);
    if hindrances.is_empty() {
        proposal.reasons.push(format!("{} holds its CPU, memory and connections", smaller.name));
        return change(proposal, Verdict::Down, usage, smaller, prices, region);
    }
    proposal.reasons.extend(hindrances);
    proposal
}

/// Why it needs a larger class; empty: it does not.
fn starved(usage: &DatabaseUsage, class: &Class, free: Decimal) -> Vec<String> {
    let mut why = Vec::new();
    if free < class.bytes() / Decimal::from(10) {
        why.push("less than 10 % of its memory was free".to_owned());
    }
    if usage.credits.is_some_and(|credits| credits <= Decimal::ZERO) {
        why.push("its CPU credits ran out".to_owned());
    }
    if usage.surplus_charged > Decimal::ZERO {
        why.push("surplus CPU credits were charged".to_owned());
    }
    why
}

/// Why the smaller class is too small; empty: it is not.
fn hindrances(usage: &DatabaseUsage, class: &Class, smaller: &Class, peak: Decimal, free: Decimal) -> Vec<String> {
    let mut why = Vec::new();
    let percent = |percent: u32| Decimal::from(percent) / Decimal::from(100);
    // Both classes have two vCPUs, so percent compare; what the smaller may use for ever is its baseline.
    let bearable = percent(40) * Decimal::from(smaller.baseline_percent);
    if peak > bearable {
        let bearable = bearable.normalize();
        why.push(format!(
            "CPU reached {} %; {} bears {bearable} % (40 % of its baseline)",
            peak.normalize(),
            smaller.name
        ));
    }
    let needed = class.bytes() - smaller.bytes() + smaller.bytes() * percent(20);
    if free < needed {
        let needed = rounded(needed / Decimal::from(1024 * 1024), 0);
        why.push(format!("{needed} MiB would have to be free, the lost memory and 20 %"));
    }
    if usage.swap_bytes.is_some_and(|bytes| bytes > Decimal::from(LITTLE_SWAP_BYTES)) {
        why.push("it swapped more than 16 MiB".to_owned());
    }
    if let Some(connections) =
        usage.connections.filter(|most| Decimal::from(*most) > smaller.connections() * percent(60))
    {
        let room = smaller.connections();
        why.push(format!("{connections} connections; {} takes {room}, of which 60 % may be used", smaller.name));
    }
    why
}

fn change(
    mut proposal: Proposal,
    verdict: Verdict,
    usage: &DatabaseUsage,
    to: &Class,
    prices: &PriceTable,
    region: &str,
) -> Proposal {
    let zones = if usage.multi_az { "multi-az" } else { "single-az" };
    let price = |class: &str| prices.price(region, &format!("rds/{}/{class}/{zones}", usage.engine)).map(|row| row.usd);
    match price(&usage.class).zip(price(to.name)) {
        Some((now, then)) => proposal.saved_usd_per_month = Some((now - then) * HOURS_PER_MONTH),
        None => proposal.lacks.push(format!("the prices of both classes in {region}")),
    }
    proposal.verdict = verdict;
    proposal.proposed = Some(to.name.to_owned());
    proposal.fields = vec![("class".to_owned(), to.name.to_owned())];
    "a class change is an outage of minutes (aws.md 2.5)".clone_into(&mut proposal.risk);
    proposal
}
