//! Looking at an environment, and what the tags remember of it.

use super::context::{Context, Session, View};
use super::error::CliError;
use super::exit::Exit;
use super::run_id::RunId;
use crate::model::{DataSource, Depth, Desired, Goal, Live, Plan, Policy, Power, Remembered, SleepMode};
use crate::observer;
use crate::report::{self, PriceTable};
use crate::store::cache::{self, Cache};

/// Observes, and makes sure that the credentials are those of the spec's account and region.
pub(super) async fn observe(
    session: &Session,
    desired: &Desired,
    depth: Depth,
    source: &DataSource,
) -> Result<Live, CliError> {
    through(&session.view(), desired, depth, source).await
}

/// Looks at what of an environment is in `desired`, and at these revisions.
pub(super) async fn at_revisions(
    session: &Session,
    desired: &Desired,
    revisions: Vec<String>,
) -> Result<Live, CliError> {
    let mut scope = observer::scope(desired, Depth::Environment, std::collections::BTreeMap::new());
    scope.revisions = revisions;
    let live = observer::observe(&session.view().cloud, &scope).await?;
    guard(desired, &live)?;
    Ok(live)
}

/// [`observe`] for who holds no way to write.
pub(super) async fn through(
    view: &View,
    desired: &Desired,
    depth: Depth,
    source: &DataSource,
) -> Result<Live, CliError> {
    let live = glance(view, desired, depth, source).await?;
    Cache::new(&view.store).remember_ids(&desired.environment, &live.resolved_ids).await;
    Ok(live)
}

/// [`through`] that remembers nothing.
pub(super) async fn glance(
    view: &View,
    desired: &Desired,
    depth: Depth,
    source: &DataSource,
) -> Result<Live, CliError> {
    let known_ids = Cache::new(&view.store).known_ids(&desired.environment).await;
    let scope = observer::scope_with_data(observer::scope(desired, depth, known_ids), source);
    let live = observer::observe(&view.cloud, &scope).await?;
    guard(desired, &live)?;
    Ok(live)
}

/// Another account or region than the spec's ends every command before it reads or writes anything else.
pub(super) fn guard(desired: &Desired, live: &Live) -> Result<(), CliError> {
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
        sleep_cost: report::sleep_cost(desired, PriceTable::shipped()),
    }
}

/// The plan with the times that such steps took in this environment lately, where they ever ran.
pub(super) async fn estimated(session: &Session, desired: &Desired, live: &Live, mut plan: Plan) -> Plan {
    let durations = Cache::new(&session.store).durations(&plan.environment).await;
    cache::estimate(&mut plan, &durations);
    plan.bill = report::bill(desired, live, &plan, PriceTable::shipped());
    plan
}

/// The goal that keeps an environment as it was asked for; `power` is what it is now.
pub(super) fn goal_of(remembered: Option<&Remembered>, power: Power) -> Goal {
    goal_to_keep(remembered.map_or(if power == Power::Absent { Power::Absent } else { Power::Up }, |found| found.power))
}

/// The goal that leads to a power state again.
pub(super) fn goal_to_keep(power: Power) -> Goal {
    match power {
        Power::Up => Goal::Up { from: DataSource::Latest },
        Power::Parked => Goal::Down { mode: SleepMode::Park, idle: None },
        Power::Hibernated => Goal::Down { mode: SleepMode::Hibernate, idle: None },
        Power::Absent => Goal::Destroy { delete_snapshots: false },
    }
}
