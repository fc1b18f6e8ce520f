//! The AWS Price List: which product each item of the price table is, and its price in an answer of `GetProducts`
//! (`aws.md` 6.2). Usage types are matched exactly: looser matches find spot, Windows, Outposts and reserved rows.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::Price;

/// What is asked for one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceQuestion {
    /// The item of the price table, `fargate/x86_64/vcpu`.
    pub item: String,
    /// `AmazonECS`.
    pub service_code: &'static str,
    /// Attributes that the product must have, beside its region.
    pub filters: Vec<(&'static str, String)>,
    /// Its usage type without the region's prefix.
    pub usage_type: String,
    /// Units that it may be priced in, lower case, and the unit of the table.
    pub units: (&'static [&'static str], &'static str),
}

const HOURS: &[&str] = &["hours", "hrs", "hour", "vcpu-hours", "gb-hours"];
const MONTHS: &[&str] = &["gb-mo", "mibps-mo", "mibps-month", "gb-month"];

/// The question for an item; `None`: envctl knows no exact product for it, and its own table must do.
pub fn price_question(item: &str) -> Option<PriceQuestion> {
    let ask = |service_code, usage_type: &str, filters: &[(&'static str, &str)], units| PriceQuestion {
        item: item.to_owned(),
        service_code,
        filters: filters.iter().map(|(field, value)| (*field, (*value).to_owned())).collect(),
        usage_type: usage_type.to_owned(),
        units,
    };
    let fargate = |usage_type: &str, unit| Some(ask("AmazonECS", usage_type, &[], (HOURS, unit)));
    match item {
        "fargate/x86_64/vcpu" => return fargate("Fargate-vCPU-Hours:perCPU", "vCPU-hour"),
        "fargate/x86_64/memory" => return fargate("Fargate-GB-Hours", "GB-hour"),
        "fargate/arm64/vcpu" => return fargate("Fargate-ARM-vCPU-Hours:perCPU", "vCPU-hour"),
        "fargate/arm64/memory" => return fargate("Fargate-ARM-GB-Hours", "GB-hour"),
        "fargate/ephemeral-storage" => return fargate("Fargate-EphemeralStorage-GB-Hours", "GB-hour"),
        "efs/standard" => return Some(ask("AmazonEFS", "TimedStorage-ByteHrs", &[], (MONTHS, "GB-month"))),
        "efs/provisioned-throughput" => {
            let family = [("productFamily", "Provisioned Throughput")];
            return Some(ask("AmazonEFS", "ProvisionedTP-MiBpsHrs", &family, (MONTHS, "MiB/s-month")));
        }
        "rds/snapshot" => {
            let filters = [("productFamily", "Storage Snapshot"), ("databaseEngine", "PostgreSQL")];
            return Some(ask("AmazonRDS", "RDS:ChargedBackupUsage", &filters, (MONTHS, "GB-month")));
        }
        "load-balancer" | "load-balancer/capacity-unit" => {
            let usage_type = if item == "load-balancer" { "LoadBalancerUsage" } else { "LCUUsage" };
            let unit = if item == "load-balancer" { "hour" } else { "LCU-hour" };
            let family = [("productFamily", "Load Balancer-Application")];
            return Some(ask("AWSELB", usage_type, &family, (&["hrs", "hours", "lcu-hrs", "lcu-hours"], unit)));
        }
        "alarm" => return Some(ask("AmazonCloudWatch", "CW:AlarmMonitorUsage", &[], (&["alarms"], "month"))),
        _ => {}
    }
    let parts: Vec<&str> = item.split('/').collect();
    match parts.as_slice() {
        ["rds", "storage", kind @ ("gp2" | "gp3"), "single-az"] => {
            let gp3 = *kind == "gp3";
            let volume = if gp3 { "General Purpose-GP3" } else { "General Purpose" };
            let usage_type = if gp3 { "RDS:GP3-Storage" } else { "RDS:GP2-Storage" };
            let filters =
                [("productFamily", "Database Storage"), ("volumeType", volume), ("deploymentOption", "Single-AZ")];
            Some(ask("AmazonRDS", usage_type, &filters, (MONTHS, "GB-month")))
        }
        ["rds", engine @ ("postgres" | "mysql" | "mariadb"), class, zones @ ("single-az" | "multi-az")] => {
            let engine = match *engine {
                "postgres" => "PostgreSQL",
                "mysql" => "MySQL",
                _ => "MariaDB",
            };
            let single = *zones == "single-az";
            let (option, usage) = if single { ("Single-AZ", "InstanceUsage") } else { ("Multi-AZ", "Multi-AZUsage") };
            let filters = [("instanceType", *class), ("databaseEngine", engine), ("deploymentOption", option)];
            Some(ask("AmazonRDS", &format!("{usage}:{class}"), &filters, (HOURS, "hour")))
        }
        _ => None,
    }
}

/// The price in the products that were answered, each a JSON text.
///
/// # Errors
/// In words, when there is no such product, several prices, one in steps, in another unit, or of nothing at all.
pub fn price_in(question: &PriceQuestion, region: &str, products: &[String], today: Date) -> Result<Price, String> {
    let mut found: BTreeSet<(Decimal, String)> = BTreeSet::new();
    for text in products {
        let product: Value = serde_json::from_str(text).map_err(|error| format!("an answer is no JSON: {error}"))?;
        let usage_type = product.pointer("/product/attributes/usagetype").and_then(Value::as_str).unwrap_or_default();
        if !is_usage_type(usage_type, &question.usage_type, region) {
            continue;
        }
        let sku = product.pointer("/product/sku").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        for dimension in dimensions(&product) {
            let usd = usd_of(dimension, question)?;
            // What is included for nothing has a row of its own in the same family.
            if usd > Decimal::ZERO {
                found.insert((usd, sku.clone()));
            }
        }
    }
    let prices: BTreeSet<Decimal> = found.iter().map(|(usd, _)| *usd).collect();
    match (prices.len(), found.first()) {
        (1, Some((usd, sku))) => Ok(Price {
            usd: usd.normalize(),
            unit: question.units.1.to_owned(),
            date: today,
            source: format!("AWS Price List, {} {} in {region}, SKU {sku}", question.service_code, question.usage_type),
        }),
        (0, _) => Err(format!("no product of {} with usage type {}", question.service_code, question.usage_type)),
        (several, _) => Err(format!("{several} prices for usage type {}: which one holds?", question.usage_type)),
    }
}

/// The usage type itself, or behind the prefix of the region: `USE2-` in us-east-2; in us-east-1 none, or `USE1-`.
fn is_usage_type(found: &str, wanted: &str, region: &str) -> bool {
    let Some(prefix) = found.strip_suffix(wanted) else { return false };
    let plain = |prefix: &str| {
        let letters = prefix.strip_suffix('-').unwrap_or_default();
        (2..=5).contains(&letters.len())
            && letters.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    match region {
        "us-east-1" => prefix.is_empty() || prefix == "USE1-",
        "us-east-2" => prefix == "USE2-",
        _ => plain(prefix),
    }
}

/// Every price dimension of the terms on demand.
fn dimensions(product: &Value) -> Vec<&Value> {
    let terms =
        product.pointer("/terms/OnDemand").and_then(Value::as_object).into_iter().flat_map(|terms| terms.values());
    let dimensions = terms.filter_map(|term| term.get("priceDimensions").and_then(Value::as_object));
    dimensions.flat_map(|dimensions| dimensions.values()).collect()
}

fn usd_of(dimension: &Value, question: &PriceQuestion) -> Result<Decimal, String> {
    let text = |field: &str| dimension.get(field).and_then(Value::as_str).unwrap_or_default();
    let unit = text("unit").to_ascii_lowercase();
    if !question.units.0.contains(&unit.as_str()) {
        return Err(format!(
            "usage type {} is priced by `{}`, which was not expected",
            question.usage_type,
            text("unit")
        ));
    }
    let price = dimension.pointer("/pricePerUnit/USD").and_then(Value::as_str);
    let price = price.ok_or_else(|| format!("usage type {} has no price in USD", question.usage_type))?;
    let usd: Decimal = price.parse().map_err(|_| format!("`{price}` is no price"))?;
    let whole = ["", "0"].contains(&text("beginRange")) && ["", "Inf"].contains(&text("endRange"));
    // Prices in steps are those of the first step for whoever uses little; the table knows one price alone.
    if whole || text("beginRange") == "0" { Ok(usd) } else { Ok(Decimal::ZERO) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(usage_type: &str, unit: &str, usd: &str) -> String {
        serde_json::json!({
            "product": {"sku": format!("SKU-{usage_type}"), "attributes": {"usagetype": usage_type}},
            "terms": {"OnDemand": {"A.B": {"priceDimensions": {"A.B.C": {
                "unit": unit, "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": usd}}}}}},
        })
        .to_string()
    }

    fn check(item: &str, region: &str, products: &[String]) -> Result<String, String> {
        let question = price_question(item).unwrap();
        price_in(&question, region, products, "2026-11-22".parse().unwrap()).map(|price| price.usd.to_string())
    }

    #[test]
    fn the_usage_type_is_matched_exactly() {
        let products = [
            product("USE2-Fargate-vCPU-Hours:perCPU", "hours", "0.0404800000"),
            product("USE2-Fargate-Windows-vCPU-Hours:perCPU", "hours", "0.09"),
            product("USE2-Fargate-ARM-vCPU-Hours:perCPU", "hours", "0.03"),
            product("USE1-Fargate-vCPU-Hours:perCPU", "hours", "0.05"),
        ];
        assert_eq!(check("fargate/x86_64/vcpu", "us-east-2", &products), Ok("0.04048".to_owned()));
        assert_eq!(check("fargate/x86_64/vcpu", "us-east-1", &products), Ok("0.05".to_owned()));
        let storage =
            [product("RDS:GP3-Storage", "GB-Mo", "0.115"), product("RDS:Multi-AZ-GP3-Storage", "GB-Mo", "0.23")];
        assert_eq!(check("rds/storage/gp3/single-az", "us-east-1", &storage), Ok("0.115".to_owned()));
    }

    #[test]
    fn what_is_not_one_price_is_no_price() {
        let item = "efs/provisioned-throughput";
        let paid = product("USE2-ProvisionedTP-MiBpsHrs", "MiBps-Mo", "6.00");
        let included = product("USE2-ProvisionedTP-MiBpsHrs", "MiBps-Mo", "0.0000000000");
        assert_eq!(check(item, "us-east-2", &[paid.clone(), included.clone()]), Ok("6".to_owned()));
        assert!(check(item, "us-east-2", &[included]).unwrap_err().contains("no product"));
        let other = product("USE2-ProvisionedTP-MiBpsHrs", "MiBps-Mo", "7.00");
        assert!(check(item, "us-east-2", &[paid, other]).unwrap_err().contains("2 prices"));
        let by_hour = product("USE2-ProvisionedTP-MiBpsHrs", "Hrs", "0.01");
        assert!(check(item, "us-east-2", &[by_hour]).unwrap_err().contains("not expected"));
        assert!(check(item, "us-east-2", &["{".to_owned()]).is_err());
        assert_eq!(price_question("secret"), None);
    }
}
