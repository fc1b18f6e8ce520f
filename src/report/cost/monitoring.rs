//! Alarms and dashboards: by the month, asleep too (`aws.md` 6.1).

use rust_decimal::Decimal;

use super::line::{Bills, Ledger};
use crate::model::{Desired, ResourceKey, ResourceKind};

/// Enters what alarms and dashboards are billed for.
pub(super) fn enter(desired: &Desired, ledger: &mut Ledger<'_>) {
    for (name, alarm) in &desired.alarms {
        // Periods below a minute make it a high-resolution alarm, whatever the metric is stored at.
        let (what, item) = match alarm.period_seconds {
            0..60 => ("high-resolution alarm", "alarm/high-resolution"),
            _ => ("alarm", "alarm"),
        };
        let month = ledger.sum(&[(Decimal::ONE, item)]);
        ledger.enter(&ResourceKey::new(ResourceKind::Alarm, name), what.to_owned(), month, Bills::Always);
    }
    for name in desired.dashboards.keys() {
        // Which of the account's dashboards are the free ones is nothing that a spec could know.
        let what = "dashboard, asleep too, beyond the account's first 3, which are free";
        ledger.by_use(&ResourceKey::new(ResourceKind::Dashboard, name), what, "dashboard");
    }
}
