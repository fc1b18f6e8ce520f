//! Looks at one environment: [`Scope`] in, [`Live`] out.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cloud::{CloudError, CloudErrorKind, Observe};
use crate::model::{DataSource, Depth, Desired, Live, Scope};

/// Looks at an environment before they are given up when the cloud throttles or does not answer. The clouds retry
/// single calls; this repeats the whole look.
const TRIES: u32 = 4;

/// The scope for an environment as it is wanted. `known_ids` may be stale or empty.
pub fn scope(desired: &Desired, depth: Depth, known_ids: BTreeMap<String, String>) -> Scope {
    scope_of(desired.clone(), depth, known_ids)
}

/// [`scope`] that takes the environment over.
pub fn scope_of(desired: Desired, depth: Depth, known_ids: BTreeMap<String, String>) -> Scope {
    Scope {
        desired,
        depth,
        known_ids,
        foreign_databases: Vec::new(),
        foreign_snapshots: Vec::new(),
        revisions: Vec::new(),
    }
}

/// The scope also looks for the data that `up --from` asks for.
pub fn scope_with_data(mut scope: Scope, source: &DataSource) -> Scope {
    match source {
        DataSource::Latest => {}
        DataSource::Snapshot(name) => scope.foreign_snapshots.push(name.clone()),
        DataSource::Database(identifier) => scope.foreign_databases.push(identifier.clone()),
    }
    scope
}

/// Observes, and tries again while the cloud throttles or does not answer.
///
/// # Errors
/// The cloud's last error, when it could say nothing at all. A single resource that could not be read is no error but
/// a [`Sighting::Unreadable`](crate::model::Sighting).
pub async fn observe<C: Observe + ?Sized>(cloud: &C, scope: &Scope) -> Result<Live, CloudError> {
    let mut pause = Duration::from_secs(1);
    for _ in 1..TRIES {
        match cloud.look(scope).await {
            Err(error) if matches!(error.kind, CloudErrorKind::Throttled | CloudErrorKind::Unavailable) => {
                tokio::time::sleep(pause).await;
                pause *= 3;
            }
            answer => return answer,
        }
    }
    cloud.look(scope).await
}

/// Looks at several environments at once, in their order. Those that the cloud throttles or does not answer are looked
/// at again, each alone.
pub async fn observe_all<C: Observe + ?Sized>(cloud: &C, scopes: &[Scope]) -> Vec<Result<Live, CloudError>> {
    let mut seen = cloud.look_at_all(scopes).await;
    for (live, scope) in seen.iter_mut().zip(scopes) {
        if let Err(error) = live
            && matches!(error.kind, CloudErrorKind::Throttled | CloudErrorKind::Unavailable)
        {
            *live = observe(cloud, scope).await;
        }
    }
    seen
}
