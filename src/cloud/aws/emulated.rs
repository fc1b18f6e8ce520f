//! What stands in for things that an emulator cannot do. Asked only where the endpoint is not AWS's own.

use crate::model::{DatabaseSpec, LiveDatabase, LiveService, TargetHealth};

/// An emulator runs no tasks that could register with a target group. What it calls a completed deployment counts as
/// healthy targets, as it would at AWS, where a deployment completes only when the load balancer is content
/// (`aws.md` 1.4).
pub(super) fn stand_ins(service: &LiveService) -> Vec<TargetHealth> {
    let stand_in = |number| TargetHealth {
        target: format!("task {number}"),
        state: "healthy".to_owned(),
        reason: None,
        description: Some("not registered: the emulator's deployment is complete".to_owned()),
    };
    (1..=service.running_count).map(stand_in).collect()
}

/// MiniStack puts a restored database on a port of this computer, whatever was asked for, and never changes it: the
/// port is no difference there.
pub(super) fn on_the_port_asked_for(mut database: LiveDatabase, spec: &DatabaseSpec) -> LiveDatabase {
    if let Some(endpoint) = &mut database.endpoint {
        endpoint.port = spec.port;
    }
    database
}
