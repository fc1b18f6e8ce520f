//! The status for programs.

use jiff::Timestamp;
use serde::Serialize;

use super::StatusView;
use super::rows::rows;
use crate::model::{LiveSnapshot, Maintenance, present};
use crate::ui::{FORMAT_VERSION, quantity};

/// The status of an environment, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct StatusDto {
    format_version: u32,
    environment: String,
    application: String,
    account: String,
    region: String,
    power: &'static str,
    asked_for: Option<AskedFor>,
    maintenance: Option<MaintenanceDto>,
    in_sync: Option<bool>,
    simulated: bool,
    observed_at: String,
    resources: Vec<ResourceDto>,
    snapshots: Vec<SnapshotDto>,
    next: Vec<NextDto>,
    not_read: Vec<String>,
    undeclared: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AskedFor {
    power: &'static str,
    since: Option<String>,
    by: Option<String>,
}

#[derive(Debug, Serialize)]
struct MaintenanceDto {
    since: Option<String>,
    by: Option<String>,
}

#[derive(Debug, Serialize)]
struct ResourceDto {
    resource: String,
    state: String,
    since: Option<String>,
    age_seconds: Option<u64>,
    detail: String,
}

#[derive(Debug, Serialize)]
struct SnapshotDto {
    database: String,
    snapshot: String,
    status: String,
    created_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct NextDto {
    what: String,
    at: String,
}

/// The status as a value to serialise.
pub fn json(view: &StatusView<'_>) -> StatusDto {
    let live = view.live;
    StatusDto {
        format_version: FORMAT_VERSION,
        environment: view.desired.environment.clone(),
        application: view.desired.application.clone(),
        account: live.account.clone(),
        region: live.region.clone(),
        power: view.power.as_str(),
        asked_for: view.remembered.map(|remembered| AskedFor {
            power: remembered.power.as_str(),
            since: remembered.since.map(|at| at.to_string()),
            by: remembered.by.clone(),
        }),
        maintenance: Maintenance::find(live, view.desired)
            .map(|found| MaintenanceDto { since: found.since.map(|at| at.to_string()), by: found.by }),
        in_sync: view.pending_steps.map(|steps| steps == 0),
        simulated: view.simulated,
        observed_at: live.observed_at.to_string(),
        resources: rows(view.desired, live)
            .into_iter()
            .map(|row| ResourceDto {
                resource: row.resource,
                state: row.state,
                since: row.since.map(|at| at.to_string()),
                age_seconds: row.since.map(|at| quantity::seconds_between(at, live.observed_at)),
                detail: row.detail,
            })
            .collect(),
        snapshots: newest_snapshots(view)
            .into_iter()
            .map(|(database, snapshot)| SnapshotDto {
                database: database.to_owned(),
                snapshot: snapshot.identifier.clone(),
                status: snapshot.status.clone(),
                created_at: snapshot.created_at.map(|at| at.to_string()),
            })
            .collect(),
        next: next_by_aws(view).into_iter().map(|(what, at)| NextDto { what, at: at.to_string() }).collect(),
        not_read: live.gaps.clone(),
        undeclared: live.undeclared.iter().map(|stray| stray.key.to_string()).collect(),
    }
}

/// The newest snapshot of each database.
pub(super) fn newest_snapshots<'a>(view: &StatusView<'a>) -> Vec<(&'a str, &'a LiveSnapshot)> {
    let live = view.live;
    view.desired
        .databases
        .keys()
        .filter_map(|name| {
            let snapshots = live.snapshots.get(name)?.present()?;
            let identifier = view.desired.databases.get(name)?.identifier.to_lowercase();
            // Those of a database that was replaced hold older data.
            snapshots.iter().find(|snapshot| snapshot.database == identifier).map(|snapshot| (name.as_str(), snapshot))
        })
        .collect()
}

/// What AWS will do without being asked: start a stopped database, delete a secret.
pub(super) fn next_by_aws(view: &StatusView<'_>) -> Vec<(String, Timestamp)> {
    let restarts = present(&view.live.databases).filter_map(|(name, database)| {
        database.automatic_restart_at.map(|at| (format!("start the stopped database/{name}"), at))
    });
    let deletions = present(&view.live.secrets)
        .filter_map(|(name, secret)| secret.deletes_at.map(|at| (format!("delete secret/{name} for good"), at)));
    restarts.chain(deletions).collect()
}
