//! The lines of a cost report, and the ledger that they are entered in.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::ResourceKey;
use crate::report::{Amount, Price, PriceTable};

/// One billed part of a resource, in US dollars a month of 730 hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostLine {
    /// The resource.
    pub key: ResourceKey,
    /// What is billed: `db.t4g.micro single-AZ`.
    pub what: String,
    /// How to reckon it by hand: `730 h × 0.016`.
    pub working: String,
    /// While it is up.
    pub up: Amount,
    /// While it is parked.
    pub parked: Amount,
    /// While it is hibernated.
    pub hibernated: Amount,
}

/// Something billed by use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageLine {
    /// The resource.
    pub key: ResourceKey,
    /// What is billed.
    pub what: String,
    /// What one unit costs, `0.50 USD/GB`; `None`: unknown.
    pub price: Option<String>,
}

/// In which states a line bills.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bills {
    /// While up.
    Up,
    /// Until the resource is gone: up and parked.
    UntilHibernated,
    /// Always.
    Always,
}

/// Collects lines and remembers which prices were taken and which are missing.
pub(super) struct Ledger<'a> {
    table: &'a PriceTable,
    region: &'a str,
    pub(super) lines: Vec<CostLine>,
    pub(super) usage: Vec<UsageLine>,
    pub(super) missing: BTreeSet<String>,
    pub(super) notes: Vec<String>,
    pub(super) used: BTreeMap<String, Price>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(table: &'a PriceTable, region: &'a str) -> Self {
        Self {
            table,
            region,
            lines: Vec::new(),
            usage: Vec::new(),
            missing: BTreeSet::new(),
            notes: Vec::new(),
            used: BTreeMap::new(),
        }
    }

    /// The price of an item; `None`: unknown, and noted as missing.
    pub(super) fn price(&mut self, item: &str) -> Option<Decimal> {
        let Some(price) = self.table.price(self.region, item) else {
            self.missing.insert(item.to_owned());
            return None;
        };
        self.used.insert(item.to_owned(), price.clone());
        Some(price.usd)
    }

    /// Does the table know this item? Notes nothing.
    pub(super) fn knows(&self, item: &str) -> bool {
        self.table.price(self.region, item).is_some()
    }

    /// Quantities of items, added up: `(0.25 × 0.04048 + 0.5 × 0.004445) × factor`.
    pub(super) fn sum(&mut self, parts: &[(Decimal, &str)]) -> (Amount, String) {
        let mut total = Amount::NOTHING;
        let mut working = Vec::new();
        for (quantity, item) in parts {
            let quantity_text = quantity.normalize();
            match self.price(item) {
                Some(usd) => {
                    total = total + Amount::exact(usd * quantity);
                    working.push(format!("{quantity_text} × {usd}"));
                }
                None => {
                    total = total + Amount::UNKNOWN;
                    working.push(format!("{quantity_text} × unknown ({item})"));
                }
            }
        }
        (total, working.join(" + "))
    }

    /// Enters a line.
    pub(super) fn enter(&mut self, key: &ResourceKey, what: String, month: (Amount, String), bills: Bills) {
        let (amount, working) = month;
        let when = |billed: bool| if billed { amount } else { Amount::NOTHING };
        self.lines.push(CostLine {
            key: key.clone(),
            what,
            working,
            up: amount,
            parked: when(matches!(bills, Bills::UntilHibernated | Bills::Always)),
            hibernated: when(matches!(bills, Bills::Always)),
        });
    }

    /// Notes something billed by use.
    pub(super) fn by_use(&mut self, key: &ResourceKey, what: impl Into<String>, item: &str) {
        let price = self.table.price(self.region, item);
        if let Some(price) = price {
            self.used.insert(item.to_owned(), price.clone());
        }
        let price = price.map(|price| format!("{} USD/{}", price.usd, price.unit));
        self.usage.push(UsageLine { key: key.clone(), what: what.into(), price });
    }
}
