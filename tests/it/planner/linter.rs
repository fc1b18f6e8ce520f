//! The linter finds what is wrong with a plan: each test breaks a good one.

use envctl::model::{Action, DataSource, Goal, Plan, Power, SleepMode, StepId};
use envctl::planner;

use super::random::files_in_snapshots;
use super::world::{absent, asleep, desired, down_goal, plan, snapshot, up, up_goal};

/// Breaks a plan, and expects a problem that names all of these.
fn check(plan: &Plan, damage: impl FnOnce(&mut Plan), expected: &[&str]) {
    let mut broken = plan.clone();
    damage(&mut broken);
    let problems = planner::check(&broken);
    let found = problems.iter().any(|problem| expected.iter().all(|word| problem.contains(word)));
    assert!(found, "expected {expected:?} in {problems:#?}");
}

fn without_need(step: &'static str) -> impl FnOnce(&mut Plan) {
    move |plan| {
        let step = plan.steps.iter_mut().find(|found| found.id.0 == step).expect("the step");
        step.needs.clear();
    }
}

fn down() -> Plan {
    let desired = desired("staging");
    plan(&desired, &up(&desired), &down_goal(SleepMode::Hibernate))
}

#[test]
fn a_delete_needs_its_snapshot() {
    check(&down(), without_need("delete-database/main"), &["delete-database/main", "available snapshot"]);
    let unverified = |plan: &mut Plan| {
        for step in &mut plan.steps {
            if let Action::DeleteDatabase { verified_snapshot, .. } = &mut step.action {
                *verified_snapshot = "an-older-one".to_owned();
            }
        }
    };
    check(&down(), unverified, &["delete-database/main", "available snapshot"]);
    let hasty = |plan: &mut Plan| plan.steps.iter_mut().for_each(|step| step.wait = None);
    check(&down(), hasty, &["delete-database/main", "available snapshot"]);
}

#[test]
fn zero_tasks_need_suspended_autoscaling() {
    check(
        &down(),
        without_need("drain-service/backend"),
        &["drain-service/backend", "suspend-scalable-target/backend"],
    );
}

#[test]
fn a_rule_forwards_only_to_healthy_targets() {
    let desired = desired("staging");
    let up = plan(&desired, &absent(&desired), &up_goal());
    check(&up, without_need("forward-listener-rule/web"), &["forward-listener-rule/web", "check-target-group/web"]);
}

#[test]
fn nothing_reaches_foreign_data_before_the_scrub() {
    let desired = desired("staging");
    let mut live = asleep(&desired, Power::Hibernated);
    let mut foreign = snapshot(&desired, "production-1", 1);
    foreign.tags.clear();
    live.snapshots.insert("production".to_owned(), envctl::model::Sighting::Present(vec![foreign]));
    let from = Goal::Up { from: DataSource::Snapshot("production-1".to_owned()) };
    let plan = plan(&desired, &live, &from);
    check(&plan, without_need("update-service/backend"), &["update-service/backend", "run-task/scrub"]);
    check(&plan, without_need("forward-listener-rule/web"), &["forward-listener-rule/web", "run-task/scrub"]);
}

#[test]
fn late_values_come_after_what_makes_them() {
    let desired = desired("staging");
    let up = plan(&desired, &absent(&desired), &up_goal());
    let need = "register-task-definition/backend";
    check(&up, without_need(need), &[need, "database/main", "create-database/main"]);
}

#[test]
fn order_names_and_reasons() {
    check(&down(), |plan| plan.steps.reverse(), &["does not stand before it"]);
    let twice = |plan: &mut Plan| plan.steps.push(plan.steps[0].clone());
    check(&down(), twice, &["is there twice"]);
    let unknown = |plan: &mut Plan| plan.steps[0].needs.push(StepId("nothing".to_owned()));
    check(&down(), unknown, &["needs nothing"]);
    check(&down(), |plan| plan.steps[0].reasons.clear(), &["does not say why"]);
    check(&down(), |plan| plan.goal = up_goal(), &["has no place in `up`"]);
    check(&down(), |plan| plan.goal = Goal::Prune, &["has no place in `snapshot prune`"]);
}

#[test]
fn a_page_in_front_of_running_tasks_needs_the_warming_rule_behind_it() {
    let desired = desired("staging");
    let begin = plan(&desired, &up(&desired), &Goal::Maintenance { on: true });
    check(&begin, without_need("answer-listener-rule/web"), &["answer-listener-rule/web", "warm-listener-rule/web"]);
    let hasty = |plan: &mut Plan| plan.goal = Goal::Maintenance { on: false };
    check(&begin, hasty, &["warm-listener-rule/web", "has no place in `maintenance off`"]);
}

#[test]
fn files_go_back_while_no_task_runs_and_after_every_mark() {
    let mut desired = desired("staging");
    let mut live = up(&desired);
    live.snapshots
        .values_mut()
        .for_each(|all| *all = envctl::model::Sighting::Present(vec![snapshot(&desired, "x", 1)]));
    files_in_snapshots(&mut live, &mut desired, 1);
    let id = Some("20260301t000000z-aaaa".to_owned());
    let back = plan(&desired, &live, &Goal::RollbackData { to: Default::default(), snapshot: id });
    assert_eq!(planner::check(&back), Vec::<String>::new());
    let moves = "run-task/data.files";
    check(&back, without_need(moves), &[moves, "drain-service/backend"]);
    check(&back, without_need(moves), &[moves, "restore-file-restore/data"]);
    let restores = "restore-file-restore/data";
    check(&back, without_need(restores), &[restores, "mark-restore-access-point/data"]);
    check(&back, without_need(restores), &[restores, "mark-replaced-database/main"]);
}
