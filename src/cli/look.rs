//! Looking at an environment, and what the tags remember of it.

use std::collections::BTreeMap;

use super::context::Session;
use super::error::CliError;
use super::exit::Exit;
use crate::model::{DataSource, Depth, Desired, Goal, Live, Power, SleepMode, TAG_POWER, TAG_POWER_BY, TAG_POWER_SINCE, Tags, present};
use crate::observer;
use crate::ui::status::Remembered;

/// Observes, and makes sure that the credentials are those of the spec's account and region.
pub(super) async fn observe(
    session: &Session,
    desired: &Desired,
    depth: Depth,
    source: &DataSource,
) -> Result<Live, CliError> {
    let scope = observer::scope_with_data(observer::scope(desired, depth, BTreeMap::new()), source);
    let live = observer::observe(&*session.cloud, &scope).await?;
    guard(desired, &live)?;
    Ok(live)
}

/// Another account or region than the spec's ends every command before it reads or writes anything else.
fn guard(desired: &Desired, live: &Live) -> Result<(), CliError> {
    let environment = &desired.environment;
    if live.account != desired.account {
        return Err(CliError::new(
            Exit::Guarded,
            format!(
                "the credentials are of account {}, but {environment} belongs to account {}",
                live.account, desired.account
            ),
        )
        .hint("take the credentials of that account (AWS_PROFILE), or correct `account` in the spec"));
    }
    if live.region != desired.region {
        return Err(CliError::new(
            Exit::Guarded,
            format!("the region is {}, but {environment} belongs to {}", live.region, desired.region),
        )
        .hint("set AWS_REGION to that region, or correct `region` in the spec"));
    }
    Ok(())
}

/// The power state asked for last, from the tags of services, else of secrets, else of what there is.
pub(super) fn remembered(desired: &Desired, live: &Live) -> Option<Remembered> {
    let services = present(&live.services).map(|(_, service)| &service.tags);
    let secrets = present(&live.secrets).filter(|(_, secret)| secret.deletes_at.is_none()).map(|(_, secret)| &secret.tags);
    let groups = present(&live.target_groups).map(|(_, group)| &group.tags);
    let points = present(&live.access_points).map(|(_, point)| &point.tags);
    let databases = present(&live.databases).map(|(_, database)| &database.tags);
    services
        .chain(secrets)
        .chain(groups)
        .chain(points)
        .chain(databases)
        .filter(|tags| desired.owns(tags))
        .find_map(from_tags)
}

fn from_tags(tags: &Tags) -> Option<Remembered> {
    let power = tags.get(TAG_POWER)?.parse().ok()?;
    Some(Remembered {
        power,
        since: tags.get(TAG_POWER_SINCE).and_then(|text| text.parse().ok()),
        by: tags.get(TAG_POWER_BY).cloned(),
    })
}

/// The goal that keeps an environment as it was asked for; `power` is what it is now.
pub(super) fn goal_of(remembered: Option<&Remembered>, power: Power) -> Goal {
    let wanted = remembered.map_or(if power == Power::Absent { Power::Absent } else { Power::Up }, |found| found.power);
    match wanted {
        Power::Up => Goal::Up { from: DataSource::Latest },
        Power::Parked => Goal::Down { mode: SleepMode::Park, idle: None },
        Power::Hibernated => Goal::Down { mode: SleepMode::Hibernate, idle: None },
        Power::Absent => Goal::Destroy { delete_snapshots: false },
    }
}
