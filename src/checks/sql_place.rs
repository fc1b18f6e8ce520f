//! Where the database of an sql check is: what the check says, else what the spec and the cloud say of the database.

use super::Ground;
use crate::model::{Engine, SqlCheck, Status, Subject};

/// Where a database is, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SqlPlace {
    pub(super) host: String,
    pub(super) port: u16,
    /// Name of the database inside.
    pub(super) name: String,
    pub(super) user: String,
}

/// The place, or why there is none. Asks the cloud for the endpoint only where the check names no host.
pub(super) async fn of(check: &SqlCheck, ground: &Ground<'_>) -> Result<SqlPlace, String> {
    let target = &check.target;
    let spec = target.database.as_ref().and_then(|name| ground.desired.databases.get(name));
    if let Some(spec) = spec.filter(|spec| spec.engine != Engine::Postgres) {
        return Err(format!(
            "database {} is {}, and only PostgreSQL is looked at",
            spec.identifier,
            spec.engine.as_str()
        ));
    }
    let mut port = target.port.or(spec.map(|spec| spec.port)).unwrap_or(5432);
    let host = match (&target.host, spec) {
        (Some(host), _) => host.clone(),
        (None, None) => return Err("the check says no host and no database of the spec".to_owned()),
        (None, Some(spec)) => {
            let subject = Subject::Database { identifier: spec.identifier.clone() };
            match ground.cloud.ask(&subject).await {
                Err(error) => return Err(error.to_string()),
                Ok(Status::Database(live)) => match live.endpoint {
                    Some(endpoint) => {
                        port = target.port.unwrap_or(endpoint.port);
                        endpoint.host
                    }
                    None => {
                        return Err(format!("database {} is {} and has no address yet", spec.identifier, live.status));
                    }
                },
                Ok(_) => return Err(format!("database {} is not there", spec.identifier)),
            }
        }
    };
    let written = |own: &Option<String>, of_spec: Option<String>| {
        own.clone().or(of_spec).unwrap_or_else(|| "postgres".to_owned())
    };
    Ok(SqlPlace {
        host,
        port,
        name: written(&target.name, spec.and_then(|spec| spec.database_name.clone())),
        user: written(&target.user, spec.map(|spec| spec.username.clone())),
    })
}
