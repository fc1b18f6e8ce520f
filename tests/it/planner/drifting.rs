//! Drift and plans agree: what is in sync needs no step, and what needs none is in sync.

use envctl::model::{Desired, Goal, Live, Plan, Power};
use envctl::planner;
use envctl::report::{self, AcceptedDifferences, DriftInput, DriftReport, Finding, FindingKind};
use proptest::prelude::*;

use super::random::change;
use super::world::{absent, asleep, desired, plan, policy, steps, up, up_goal};

fn drift(desired: &Desired, live: &Live, plan: Option<&Plan>) -> DriftReport {
    let differences = planner::differences(desired, live);
    let accepted = AcceptedDifferences::default();
    report::drift(&DriftInput { desired, live, differences: &differences, plan, cost: None, accepted: &accepted })
}

fn subjects(report: &DriftReport) -> Vec<String> {
    report.findings.iter().map(|finding| format!("{} {}", finding.kind.as_str(), finding.subject())).collect()
}

/// Steps that mend nothing that is declared: AWS is waited for, or envctl tidies what it noted for itself.
fn is_upkeep(id: &str) -> bool {
    ["await-", "check-", "forget-", "remember-", "cool-", "wait-", "date-throughput-", "password-"]
        .iter()
        .any(|prefix| id.starts_with(prefix))
}

#[test]
fn the_worlds_of_the_planner_are_in_sync() {
    for name in ["staging", "preview"] {
        let desired = desired(name);
        for live in
            [up(&desired), asleep(&desired, Power::Parked), asleep(&desired, Power::Hibernated), absent(&desired)]
        {
            assert_eq!(subjects(&drift(&desired, &live, None)), Vec::<String>::new(), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn drift_answers_for_every_world(
        preview in any::<bool>(),
        state in 0u8..4,
        changes in proptest::collection::vec((0u8..70, any::<u8>()), 0..6),
    ) {
        let mut desired = desired(if preview { "preview" } else { "staging" });
        let mut live = match state {
            0 => absent(&desired),
            1 => up(&desired),
            2 => asleep(&desired, Power::Parked),
            _ => asleep(&desired, Power::Hibernated),
        };
        for (what, how) in &changes {
            change(&mut live, &mut desired, *what, *how);
        }
        let plan = planner::plan(&desired, &live, &up_goal(), &policy());
        let report = drift(&desired, &live, Some(&plan));
        prop_assert_eq!(&drift(&desired, &live, Some(&plan)), &report);
        for finding in &report.findings {
            prop_assert!(!finding.why.is_empty() && !finding.mend.is_empty(), "{finding:?}");
            prop_assert!(!report.in_sync.contains(&finding.key), "{finding:?}");
        }
    }

    #[test]
    fn what_is_in_sync_needs_no_step_and_what_needs_none_is_in_sync(
        preview in any::<bool>(),
        changes in proptest::collection::vec((0u8..60, any::<u8>()), 0..3),
    ) {
        let mut desired = desired(if preview { "preview" } else { "staging" });
        let mut live = up(&desired);
        // A database without an endpoint that is up is no state of AWS's. File systems that nobody looked at are no
        // finding (drift leaves borrowed ones out), but no ground for a plan either.
        let unlike = |what: u8, how: u8| what == 50 || (what == 8 && how.is_multiple_of(3));
        for (what, how) in changes.iter().filter(|(what, how)| !unlike(*what, *how)) {
            change(&mut live, &mut desired, *what, *how);
        }
        let plan = plan_of(&desired, &live);
        let report = drift(&desired, &live, Some(&plan));
        prop_assume!(report.power == Power::Up);
        let mending: Vec<&str> = plan.steps.iter().map(|step| step.id.0.as_str()).filter(|id| !is_upkeep(id)).collect();
        if report.is_in_sync() {
            prop_assert_eq!(mending, Vec::<&str>::new(), "{:?}", changes);
        } else if mending.is_empty() && plan.refusals.is_empty() {
            let open: Vec<&Finding> = report.findings.iter().filter(|finding| up_should_mend(finding)).collect();
            prop_assert!(open.is_empty(), "{:?}: {:#?}\n{}", changes, open, steps(&plan));
        }
    }
}

fn plan_of(desired: &Desired, live: &Live) -> Plan {
    let goal: Goal = up_goal();
    plan(desired, live, &goal)
}

/// Extras are somebody else's, the unreadable is nobody's, and what `up` says that it cannot mend it cannot.
fn up_should_mend(finding: &Finding) -> bool {
    matches!(finding.kind, FindingKind::Drift | FindingKind::Pending) && !finding.mend.contains("cannot mend")
}
