//! Looking at an environment, and what the tags remember of it.

use super::context::{Context, Session};
use super::error::CliError;
use super::exit::Exit;
use super::run_id::RunId;
use crate::model::{
    DataSource, Depth, Desired, Goal, Live, Policy, Power, SleepMode, TAG_POWER, TAG_POWER_BY, TAG_POWER_SINCE, present,
};
use crate::report::{self, PriceTable};
use crate::store::cache::Cache;
use crate::ui::status::Remembered;
use crate::{observer, planner};

/// Observes, and makes sure that the credentials are those of the spec's account and region.
pub(super) async fn observe(
    session: &Session,
    desired: &Desired,
    depth: Depth,
    source: &DataSource,
) -> Result<Live, CliError> {
    let cache = Cache::new(&session.store);
    let known_ids = cache.known_ids(&desired.environment).await;
    let scope = observer::scope_with_data(observer::scope(desired, depth, known_ids), source);
    let live = observer::observe(&*session.cloud, &scope).await?;
    guard(desired, &live)?;
    cache.remember_ids(&desired.environment, &live.resolved_ids).await;
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

/// What the planner must know beside desired and live.
pub(super) fn policy(context: &Context, session: &Session, desired: &Desired, run: &RunId) -> Policy {
    Policy {
        now: session.clock.now(),
        who: context.identity().who(),
        suffix: run.suffix().to_owned(),
        sleep_cost: report::sleep_cost(desired, &PriceTable::shipped()),
    }
}

/// The power state asked for last, with since when and by whom.
pub(super) fn remembered(desired: &Desired, live: &Live) -> Option<Remembered> {
    let power = planner::power_remembered(desired, live)?;
    let active = present(&live.services).filter(|(_, service)| service.is_active());
    let services = active.map(|(_, service)| &service.tags);
    let kept = present(&live.secrets).filter(|(_, secret)| secret.deletes_at.is_none());
    let secrets = kept.map(|(_, secret)| &secret.tags);
    let groups = present(&live.target_groups).map(|(_, group)| &group.tags);
    let points = present(&live.access_points).map(|(_, point)| &point.tags);
    let mut tags = services.chain(secrets).chain(groups).chain(points).filter(|tags| desired.owns(tags));
    let found = tags.find(|tags| tags.get(TAG_POWER).is_some_and(|text| text == power.as_str()));
    Some(Remembered {
        power,
        since: found.and_then(|tags| tags.get(TAG_POWER_SINCE)).and_then(|text| text.parse().ok()),
        by: found.and_then(|tags| tags.get(TAG_POWER_BY)).cloned(),
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
