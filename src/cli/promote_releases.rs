//! What the records of releases say for a promotion: by which one the revision came that runs, and how the newest ended.

use std::sync::Arc;

use super::context::Session;
use super::error::CliError;
use super::release::break_off_unless_it_goes_on;
use crate::model::{Desired, Live, ReleaseRecord, Standing};
use crate::report::Promotion;
use crate::store::releases::Releases;
use crate::ui::quantity;

/// Records that are looked at: what was released longer ago was released again since, or is no news.
const MOST_RECORDS: usize = 100;

/// Adds the releases of FROM to the evidence of its promotion.
pub(super) async fn tell(
    session: &Session,
    from: &Desired,
    to: &Desired,
    live: &Live,
    promotion: &mut Promotion,
) -> Result<(), CliError> {
    let found = Releases::new(&session.store).list(Some(&from.environment), MOST_RECORDS).await?;
    let mut records: Vec<ReleaseRecord> = Vec::new();
    for (index, found) in found.into_iter().enumerate() {
        match found.record {
            Ok(record) => records.push(*record),
            Err(why) if index == 0 => promotion.notes.push(format!("the newest release, {}: {why}", found.id)),
            Err(_) => {}
        }
    }
    let Some(newest) = records.first_mut() else { return Ok(()) };
    break_off_unless_it_goes_on(&session.store, Arc::clone(&session.clock), newest).await?;
    if !newest.standing.is_good() {
        let (id, when, sentence) = (&newest.id, quantity::time(newest.began_at), newest.standing.sentence());
        let why = newest.incident.as_deref().and_then(|incident| incident.lines().next());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        promotion.notes.push(format!("the newest release of {}, {id} at {when}, {sentence}{why}", from.environment));
    }
    for name in from.services.keys().filter(|name| to.services.contains_key(*name)) {
        let service = live.services.get(name).and_then(|sighting| sighting.present());
        let Some(runs) = service.map(|service| &service.task_definition) else { continue };
        let brought = |record: &&ReleaseRecord| {
            record.standing.is_good()
                && record.revisions.get(name).is_some_and(|change| change.after.as_ref() == Some(runs))
        };
        match records.iter().find(brought) {
            Some(record) => promotion.evidence.push(line(name, record)),
            None => promotion.notes.push(format!("no release that succeeded brought what service {name} runs")),
        }
    }
    Ok(())
}

/// The release that brought what a service runs, and what was found of it.
fn line(service: &str, record: &ReleaseRecord) -> String {
    let at = record.ended_at.unwrap_or(record.began_at);
    let mut line = format!(
        "service {service}: release {} by {}, passed every gate at {}",
        record.id,
        record.who,
        quantity::time(at)
    );
    match (&record.verdict, &record.standing) {
        (Some(verdict), _) => {
            line.push_str(&format!("; closed by {} at {}: {}", verdict.who, quantity::time(verdict.at), verdict.text));
        }
        (None, Standing::Open { until }) => {
            line.push_str(&format!("; watched until {}, and nobody has closed it yet", quantity::time(*until)));
        }
        (None, _) => {}
    }
    line
}
