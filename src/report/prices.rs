//! [`PriceTable`]: dated prices, kept as data with their sources. Nothing is ever guessed: a price that is not in the
//! table is unknown, and never 0.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One price, with what a person needs to check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// US dollars for one unit.
    pub usd: Decimal,
    /// What is counted: `hour`, `vCPU-hour`, `GB-month` ….
    pub unit: String,
    /// When it was read at its source.
    pub date: Date,
    /// Where it was read.
    pub source: String,
}

/// Prices by region and item (`fargate/x86_64/vcpu`, `rds/postgres/db.t4g.micro/single-az`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceTable {
    rows: BTreeMap<(String, String), Price>,
}

/// Why a price file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PriceFileError {
    /// It is not JSON of the shape of the shipped files.
    #[error("this is no price file: {0}")]
    Shape(#[from] serde_json::Error),
    /// Prices are in US dollars only.
    #[error("prices are in USD, but the file says `{0}`")]
    Currency(String),
    /// A price below 0.
    #[error("the price of `{item}` in {region} is negative: {usd}")]
    Negative {
        /// Item.
        item: String,
        /// Region.
        region: String,
        /// The price given.
        usd: Decimal,
    },
    /// Two rows for one item.
    #[error("`{item}` in {region} has two prices")]
    Twice {
        /// Item.
        item: String,
        /// Region.
        region: String,
    },
}

/// The prices of one region as they stand in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionFile {
    region: String,
    currency: String,
    prices: Vec<Row>,
}

/// A row of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    item: String,
    usd: Decimal,
    unit: String,
    date: Date,
    source: String,
}

/// The shipped files, one a region: as far as `aws.md` 6.1 has sources.
const SHIPPED: [&str; 2] = [include_str!("prices/us-east-1.json"), include_str!("prices/us-east-2.json")];

impl PriceTable {
    /// The table that is part of the program.
    pub fn shipped() -> &'static Self {
        static TABLE: LazyLock<PriceTable> = LazyLock::new(|| {
            // A test reads every shipped file, so that none is lost here.
            let files = SHIPPED.into_iter().filter_map(|text| PriceTable::from_json(text).ok());
            files.fold(PriceTable::default(), PriceTable::overlaid_with)
        });
        &TABLE
    }

    /// Reads a price file: the shape of the shipped ones, or a list of them.
    ///
    /// # Errors
    /// Says what is wrong with the file, with line and column where its JSON is.
    pub fn from_json(text: &str) -> Result<Self, PriceFileError> {
        // The two shapes are told apart by hand: an untagged enum would hide the line of the mistake.
        let regions: Vec<RegionFile> = if text.trim_start().starts_with('[') {
            serde_json::from_str(text)?
        } else {
            vec![serde_json::from_str(text)?]
        };
        let mut table = Self::default();
        for RegionFile { region, currency, prices } in regions {
            if currency != "USD" {
                return Err(PriceFileError::Currency(currency));
            }
            for row in prices {
                table.insert(&region, row)?;
            }
        }
        Ok(table)
    }

    fn insert(&mut self, region: &str, row: Row) -> Result<(), PriceFileError> {
        let Row { item, usd, unit, date, source } = row;
        let region = region.to_owned();
        if usd.is_sign_negative() {
            return Err(PriceFileError::Negative { item, region, usd });
        }
        let key = (region, item);
        if self.rows.contains_key(&key) {
            let (region, item) = key;
            return Err(PriceFileError::Twice { item, region });
        }
        self.rows.insert(key, Price { usd, unit, date, source });
        Ok(())
    }

    /// This table with the rows of `other` in front: what a `--price-file` does to the shipped prices.
    #[must_use]
    pub fn overlaid_with(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self
    }

    /// Sets the price of an item in a region; `None` makes it unknown.
    pub fn set(&mut self, region: &str, item: &str, price: Option<Price>) {
        let key = (region.to_owned(), item.to_owned());
        match price {
            Some(price) => drop(self.rows.insert(key, price)),
            None => drop(self.rows.remove(&key)),
        }
    }

    /// The table as a price file: what `--price-file` reads.
    pub fn to_json(&self) -> serde_json::Value {
        let region = |region: &str| {
            let rows = self.rows.iter().filter(|((of, _), _)| of == region).map(|((_, item), price)| {
                serde_json::json!({"item": item, "usd": price.usd.to_string(), "unit": price.unit,
                                   "date": price.date, "source": price.source})
            });
            serde_json::json!({"region": region, "currency": "USD", "prices": rows.collect::<Vec<_>>()})
        };
        self.regions().into_iter().map(region).collect()
    }

    /// The price of an item in a region; `None`: unknown.
    pub fn price(&self, region: &str, item: &str) -> Option<&Price> {
        self.rows.get(&(region.to_owned(), item.to_owned()))
    }

    /// The regions that the table has prices for.
    pub fn regions(&self) -> Vec<&str> {
        let mut regions: Vec<&str> = self.rows.keys().map(|(region, _)| region.as_str()).collect();
        regions.dedup();
        regions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_is_read_and_every_row_has_a_source_and_a_positive_price() {
        for text in SHIPPED {
            let table = PriceTable::from_json(text).unwrap();
            assert!(table.rows.len() > 30);
            for (key, price) in &table.rows {
                assert!(!price.source.is_empty() && price.usd > Decimal::ZERO, "{key:?}");
            }
        }
        assert_eq!(PriceTable::shipped().regions(), ["us-east-1", "us-east-2"]);
    }

    #[test]
    fn an_unknown_region_or_item_has_no_price() {
        let table = PriceTable::shipped();
        assert_eq!(table.price("eu-central-1", "secret"), None);
        assert_eq!(table.price("us-east-2", "rds/postgres/db.x9.huge/single-az"), None);
        assert_eq!(table.price("us-east-2", "secret").unwrap().usd, Decimal::new(40, 2));
    }

    #[test]
    fn a_price_file_overrides_single_rows_and_adds_regions() {
        let own = r#"[{"region":"us-east-2","currency":"USD","prices":[
            {"item":"secret","usd":"0.30","unit":"month","date":"2026-11-01","source":"our contract"}]},
            {"region":"eu-central-1","currency":"USD","prices":[]}]"#;
        let table = PriceTable::shipped().clone().overlaid_with(PriceTable::from_json(own).unwrap());
        assert_eq!(table.price("us-east-2", "secret").unwrap().usd, Decimal::new(30, 2));
        assert!(table.price("us-east-2", "alarm").is_some());
    }

    #[test]
    fn a_wrong_price_file_says_what_is_wrong() {
        let check = |text: &str, expected: &str| {
            let message = PriceTable::from_json(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        };
        check("{\n\"region\": 1}", "line 2");
        check(r#"{"region":"r","currency":"EUR","prices":[]}"#, "EUR");
        let row = r#"{"item":"secret","usd":"USD","unit":"month","date":"2026-11-01","source":"s"}"#;
        let file = |rows: &str| format!(r#"{{"region":"r","currency":"USD","prices":[{rows}]}}"#);
        check(&file(&row.replace("USD", "-1")), "negative");
        let row = row.replace("USD", "1");
        check(&file(&format!("{row},{row}")), "two prices");
    }
}
