//! How long a plan takes: its critical path.

use std::collections::BTreeMap;

use crate::model::{Plan, StepId};

/// When the steps of a plan are expected to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Seconds until the last step is done.
    pub total_seconds: u64,
    /// The steps that decide how long it takes, in order.
    pub critical_path: Vec<StepId>,
}

/// Works out the critical path. Steps stand after what they need, so that one pass is enough.
pub fn of(plan: &Plan) -> Timing {
    let mut finish: BTreeMap<&StepId, (u64, Option<&StepId>)> = BTreeMap::new();
    for step in &plan.steps {
        let latest = step.needs.iter().filter_map(|need| finish.get(need).map(|(at, _)| (*at, need))).max();
        let (begin, after) = latest.map_or((0, None), |(at, need)| (at, Some(need)));
        finish.insert(&step.id, (begin + step.expected_seconds, after));
    }
    let last = finish.iter().max_by_key(|(_, (at, _))| *at).map(|(id, _)| *id);
    let mut critical_path = Vec::new();
    let mut current = last;
    while let Some(id) = current {
        critical_path.push(id.clone());
        current = finish.get(id).and_then(|(_, after)| *after);
    }
    critical_path.reverse();
    let total_seconds = last.and_then(|id| finish.get(id)).map_or(0, |(at, _)| *at);
    Timing { total_seconds, critical_path }
}
