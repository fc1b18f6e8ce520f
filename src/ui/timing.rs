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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::{Action, DataSource, Goal, Power, ResourceKey, ResourceKind, Step, Tags};

    fn step(id: &str, needs: &[&str], expected_seconds: u64) -> Step {
        let key = ResourceKey::new(ResourceKind::Service, id);
        Step {
            id: StepId(id.to_owned()),
            title: id.to_owned(),
            action: Action::Tag { key, arn: String::new(), tags: Tags::new(), remove: Vec::new() },
            needs: needs.iter().map(|need| StepId((*need).to_owned())).collect(),
            reasons: Vec::new(),
            wait: None,
            expected_seconds,
        }
    }

    fn check(steps: Vec<Step>, total_seconds: u64, path: &[&str]) {
        let plan = Plan {
            environment: "staging".to_owned(),
            application: "app".to_owned(),
            account: "123456789012".to_owned(),
            region: "us-east-2".to_owned(),
            goal: Goal::Up { from: DataSource::Latest },
            power_now: Power::Absent,
            power_wanted: Power::Up,
            steps,
            notes: Vec::new(),
            refusals: Vec::new(),
            sleep_choice: None,
            bill: None,
            observed_at: Timestamp::UNIX_EPOCH,
        };
        let critical_path = path.iter().map(|id| StepId((*id).to_owned())).collect();
        assert_eq!(of(&plan), Timing { total_seconds, critical_path });
    }

    #[test]
    fn the_slowest_chain_decides_how_long_a_plan_takes() {
        check(Vec::new(), 0, &[]);
        let steps = vec![step("a", &[], 300), step("b", &[], 5), step("c", &["a", "b"], 60), step("d", &["b"], 100)];
        check(steps, 360, &["a", "c"]);
    }

    #[test]
    fn a_need_that_is_in_no_plan_costs_no_time() {
        check(vec![step("a", &["gone"], 10)], 10, &["a"]);
    }
}
