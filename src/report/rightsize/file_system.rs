//! EFS throughput modes (`aws.md` 8.3, 7; prices and break-even: 3.2).

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Proposal, Verdict};
use crate::model::{ResourceKey, Throughput};
use crate::report::{PriceTable, rounded};

/// How a file system was used. `None` where CloudWatch had no points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystemUsage {
    /// Mode now.
    pub throughput: Throughput,
    /// `SizeInBytes.ValueInStandard`.
    pub standard_bytes: u64,
    /// Why there are too few points of `MeteredIOBytes`; `None`: there are enough.
    pub shortage: Option<String>,
    /// `BurstCreditBalance`, minimum, bytes.
    pub credits_bytes: Option<Decimal>,
    /// `MeteredIOBytes` of the busiest day, bytes.
    pub busiest_day_bytes: Option<Decimal>,
    /// `MeteredIOBytes` over `PermittedThroughput`, maximum, percent.
    pub used_percent: Option<Decimal>,
    /// The most throughput that was used, MiB/s.
    pub peak_mib_per_second: Option<Decimal>,
    /// GB moved a month.
    pub moved_gb_per_month: Option<Decimal>,
    /// Until when EFS allows no decrease and no other mode (24 hours after the last change); `None`: it does.
    pub locked_until: Option<Timestamp>,
}

/// What throughput mode a file system should have.
pub fn rightsize_file_system(
    key: &ResourceKey,
    usage: &FileSystemUsage,
    prices: &PriceTable,
    region: &str,
) -> Proposal {
    let mut proposal = Proposal::keep(key, words(usage.throughput));
    proposal
        .input("stored", format!("{} GB", rounded(Decimal::from(usage.standard_bytes) / Decimal::from(1 << 30), 1)));
    if let Some(shortage) = &usage.shortage {
        return proposal.lacking(format!("MeteredIOBytes: {shortage}"));
    }
    let known = (usage.busiest_day_bytes, usage.moved_gb_per_month, usage.peak_mib_per_second);
    let (Some(busiest), Some(moved), Some(peak)) = known else {
        return proposal.lacking("points of MeteredIOBytes");
    };
    let used_words = usage.used_percent.map_or_else(|| "unknown".to_owned(), |used| format!("{} %", rounded(used, 1)));
    proposal.input("permitted throughput used at most", used_words);
    proposal.input("moved a month", format!("{} GB", rounded(moved, 1)));
    proposal.input("peak", format!("{} MiB/s", rounded(peak, 1)));
    proposal.input("busiest day", format!("{} bytes", busiest.normalize()));
    if let Some(credits) = usage.credits_bytes {
        proposal.input("burst credits minimum", format!("{} bytes", credits.normalize()));
    }
    let Some(prices) = Prices::of(prices, region) else {
        return proposal.lacking(format!("EFS prices of {region}"));
    };
    let credits_low = usage.credits_bytes.is_some_and(|credits| credits < busiest);
    let bursting = usage.throughput == Throughput::Bursting;
    if bursting && usage.used_percent.is_none() && !credits_low {
        return proposal.lacking("points of PermittedThroughput");
    }
    let used = usage.used_percent.unwrap_or_default();
    match usage.throughput {
        Throughput::Bursting if credits_low || used > Decimal::from(80) => {
            let why = if credits_low { "burst credits fell below one day of need" } else { "more than 80 % was used" };
            proposal.reasons.push(why.to_owned());
            from_bursting(proposal, usage, &prices, peak, moved)
        }
        Throughput::Provisioned(bought) => match usage.locked_until {
            Some(until) => {
                let why = "EFS allows no decrease and no other mode within 24 hours of the last change: not before";
                proposal.reasons.push(format!("{why} {until}"));
                proposal
            }
            None => from_provisioned(proposal, usage, &prices, bought, moved),
        },
        Throughput::Bursting | Throughput::Elastic => {
            proposal.reasons.push("it has room".to_owned());
            proposal
        }
    }
}

/// USD: a MiB/s and month above the baseline, and a GB moved, half read and half written.
struct Prices {
    provisioned: Decimal,
    moved: Decimal,
}

impl Prices {
    fn of(prices: &PriceTable, region: &str) -> Option<Self> {
        let price = |item: &str| prices.price(region, item).map(|price| price.usd);
        let moved = (price("efs/elastic-read")? + price("efs/elastic-write")?) / Decimal::TWO;
        Some(Self { provisioned: price("efs/provisioned-throughput")?, moved })
    }

    fn provisioned(&self, mib: Decimal, usage: &FileSystemUsage) -> Decimal {
        // 1 MiB/s is included for every 20 GB stored.
        let included = Decimal::from(usage.standard_bytes) / Decimal::from(20 * 1024_u64.pow(3));
        (mib - included).max(Decimal::ZERO) * self.provisioned
    }
}

/// Elastic, unless so much is moved that bought throughput is cheaper.
fn from_bursting(
    mut proposal: Proposal,
    usage: &FileSystemUsage,
    prices: &Prices,
    peak: Decimal,
    moved: Decimal,
) -> Proposal {
    let elastic = moved * prices.moved;
    let bought = peak.ceil().max(Decimal::ONE);
    let provisioned = prices.provisioned(bought, usage);
    let figures = format!("elastic {} USD a month, provisioned {} USD", rounded(elastic, 2), rounded(provisioned, 2));
    proposal.reasons.push(figures);
    let (to, written, cost, risk) = if provisioned < elastic {
        let risk = "provisioned throughput cannot be lowered, nor the mode changed, for 24 hours";
        (format!("provisioned {bought} MiB/s"), format!("{bought} MiB/s"), provisioned, risk)
    } else {
        ("elastic".to_owned(), "elastic".to_owned(), elastic, "the bill follows the use: a busy month costs more")
    };
    proposal.verdict = Verdict::Change;
    proposal.proposed = Some(to);
    proposal.fields = vec![("throughput".to_owned(), written)];
    proposal.saved_usd_per_month = Some(-cost);
    risk.clone_into(&mut proposal.risk);
    proposal
}

/// Elastic, when it costs at least a dollar less.
fn from_provisioned(
    mut proposal: Proposal,
    usage: &FileSystemUsage,
    prices: &Prices,
    bought: u32,
    moved: Decimal,
) -> Proposal {
    let now = prices.provisioned(Decimal::from(bought), usage);
    let elastic = moved * prices.moved;
    proposal.reasons.push(format!("provisioned {} USD a month, elastic {} USD", rounded(now, 2), rounded(elastic, 2)));
    if now - elastic >= Decimal::ONE {
        proposal.verdict = Verdict::Change;
        proposal.proposed = Some("elastic".to_owned());
        proposal.fields = vec![("throughput".to_owned(), "elastic".to_owned())];
        proposal.saved_usd_per_month = Some(now - elastic);
        "the bill follows the use: a busy month costs more".clone_into(&mut proposal.risk);
    }
    proposal
}

fn words(throughput: Throughput) -> String {
    match throughput {
        Throughput::Bursting => "bursting".to_owned(),
        Throughput::Provisioned(mib) => format!("provisioned {mib} MiB/s"),
        Throughput::Elastic => "elastic".to_owned(),
    }
}
