//! A certificate: valid now, of this name, signed by somebody who is believed, and for how long still.

use std::path::Path;

use rust_decimal::Decimal;

use super::certificate::Judge;
use super::connect::{greet, tcp};
use super::{Deadline, Trouble};
use crate::checks::seen::Seen;
use crate::clock::{Clock, WallClock};
use crate::model::TlsCheck;

/// Looks once. A certificate is held against the time of this machine, also beside the simulated cloud.
pub(super) async fn look(check: &TlsCheck, folder: &Path, deadline: Deadline, mut seen: Seen) -> Seen {
    let judge = match Judge::believing(&check.route, folder) {
        Ok(judge) => judge,
        Err(trouble) => return trouble.end(seen),
    };
    let greeted: Result<_, Trouble> = async {
        let stream = tcp(&check.host, check.port, &check.route, deadline).await?;
        greet(stream, &check.host, &judge, deadline).await
    }
    .await;
    if let Some(shown) = judge.shown() {
        let days = shown.until.duration_since(WallClock.now()).as_secs().div_euclid(86_400);
        seen.figure("days_left", Decimal::from(days));
        seen.evidence(&format!("for {}", shown.names.join(", ")));
        seen.evidence(&format!("valid from {} until {}", shown.from, shown.until));
        seen.evidence(&format!("signed by {}", shown.issuer));
        if greeted.is_ok() {
            seen.summary(&format!("the certificate of {} is valid for {days} more days", check.host));
            if days < i64::from(check.days_left) {
                seen.problem(&format!("it is valid for {days} more days, expected {}", check.days_left));
            }
        }
    }
    match greeted {
        Ok(_) => seen,
        Err(trouble) => trouble.end(seen),
    }
}
