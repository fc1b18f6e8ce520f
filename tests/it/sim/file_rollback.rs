//! A rollback with its data where the snapshot holds files too: exactly the data and the files of the release's start,
//! together, nothing lost, from any moment.

use std::collections::BTreeMap;

use envctl::cloud::Cloud;
use envctl::cloud::sim::Directory;
use envctl::model::{Action, DataSource, Desired, Ending, Goal, NoteKind, SleepMode, StepId, TAG_FILES, Token};

use envctl::report::{AcceptedDifferences, DriftInput};

use super::files::{newest_id, on_its_own, point, read, staging, with_two_databases, without_database, write};
use super::session::{Session, down, up};

const DATABASE: &str = "pythonide-staging-db";
const BACK: Goal = Goal::RollbackData { to: BTreeMap::new(), snapshot: None };

/// A release that began with a snapshot, ran, and spoiled data and files.
async fn released(desired: Desired) -> Session {
    let mut session = Session::new(desired);
    session.converge(&up()).await;
    write_both(&session, "before");
    let by = format!("20260302T000000Z-{}", session.next_suffix());
    assert_eq!(session.run(&Goal::Snapshot).await.ending, Ending::Done);
    let settings = BTreeMap::from([("backend".to_owned(), [("cpu".parse().unwrap(), "1024".to_owned())].into())]);
    assert_eq!(session.run(&Goal::Deploy { settings, by }).await.ending, Ending::Done);
    write_both(&session, "spoiled");
    session
}

fn write_both(session: &Session, text: &str) {
    write(session, text);
    for spec in session.desired.databases.values() {
        session.cloud.write_data(&spec.identifier, text).unwrap();
    }
}

/// What data and files hold now.
fn holds(session: &Session) -> Vec<Vec<String>> {
    let databases = session.desired.databases.values();
    let data = databases.map(|spec| session.cloud.read_data(&spec.identifier).unwrap_or_default());
    data.chain([read(session)]).collect()
}

/// Everything is as it was before the release, the revision too, and what was there until now is beside it, once.
fn is_back(session: &Session, history: &str) {
    for held in holds(session) {
        assert_eq!(held, ["before"], "{history}");
    }
    let world = session.cloud.world();
    let service = world.services.values().find(|found| session.desired.owns(&found.live.tags)).expect("the service");
    assert!(service.live.running_count > 0, "{history}");
    assert_eq!(cpu(session, &service.live.task_definition), "512", "{history}");
    let (aside, left) = beside(session);
    assert_eq!(aside.len(), 1, "{history}");
    assert_eq!(aside[0].writes.last().map(|write| write.text.as_str()), Some("spoiled"), "{history}");
    assert_eq!(left, Vec::<String>::new(), "{history}: what was restored is in place");
    for identifier in session.desired.databases.values().map(|spec| &spec.identifier) {
        let kept = format!("{identifier}-replaced-");
        let kept: Vec<&String> = world.databases.keys().filter(|name| name.starts_with(&kept)).collect();
        assert_eq!(kept.len(), 1, "{history}: {kept:?}");
        assert_eq!(world.read_data(kept[0]).unwrap().last().map(String::as_str), Some("spoiled"), "{history}");
    }
}

/// The size of a revision.
fn cpu(session: &Session, arn: &str) -> String {
    let world = session.cloud.world();
    let mut revisions = world.families.values().flat_map(|family| &family.revisions);
    let found = revisions.find(|found| found.arn == arn).expect("its revision");
    found.document["cpu"].as_str().expect("a size").to_owned()
}

/// What rollbacks have put aside, and which recovery directories are left.
fn beside(session: &Session) -> (Vec<Directory>, Vec<String>) {
    let world = session.cloud.world();
    let all = world.file_systems.values().flat_map(|system| system.directories.clone());
    let (aside, others): (Vec<_>, Vec<_>) = all.partition(|(path, _)| path.contains(".before-"));
    let left = others.into_iter().map(|(path, _)| path).filter(|path| path.contains("aws-backup-restore"));
    (aside.into_iter().map(|(_, directory)| directory).collect(), left.collect())
}

fn refusals(plan: &envctl::model::Plan) -> String {
    plan.refusals.iter().map(|refusal| format!("{}; {}\n", refusal.why, refusal.remedy)).collect()
}

/// What `drift` tells, in short.
async fn drift(session: &Session) -> Vec<String> {
    let (live, plan) = session.plan(&up()).await;
    let differences = envctl::planner::differences(&session.desired, &live);
    let accepted = AcceptedDifferences::default();
    let input = DriftInput {
        desired: &session.desired,
        live: &live,
        differences: &differences,
        plan: Some(&plan),
        cost: None,
        accepted: &accepted,
    };
    let told = envctl::report::drift(&input).findings;
    told.iter().map(envctl::report::Finding::subject).collect()
}

#[tokio::test(start_paused = true)]
async fn data_and_files_of_the_releases_start_come_back_together() {
    for desired in [staging(), on_its_own(), without_database(), with_two_databases()] {
        let mut session = released(desired).await;
        session.converge(&BACK).await;
        is_back(&session, "");
        let (_, again) = session.plan(&up()).await;
        assert_eq!(again.steps.len(), 0);
        assert_eq!(drift(&session).await, Vec::<String>::new());
        session.cloud.edit(|world| world.forget_files());
        session.converge(&Goal::DiscardFormer).await;
        assert_eq!(beside(&session).0.len(), 0, "nothing but the explicit command removes it");
        for mode in [SleepMode::Park, SleepMode::Hibernate] {
            session.converge(&down(mode)).await;
            session.converge(&up()).await;
            assert_eq!(read(&session), ["before"], "{mode:?}");
        }
        session.converge(&Goal::Destroy { delete_snapshots: false }).await;
    }
}

#[tokio::test(start_paused = true)]
async fn everything_is_restored_beside_before_a_task_stops_and_moved_only_then() {
    let session = released(staging()).await;
    let (_, plan) = session.plan(&BACK).await;
    let told: Vec<&str> = plan.steps.iter().map(|step| step.id.0.as_str()).collect();
    let needs = |id: &str| -> Vec<String> {
        let mut open = vec![StepId(id.to_owned())];
        let mut all = Vec::new();
        while let Some(next) = open.pop() {
            let step = plan.step(&next).unwrap_or_else(|| panic!("{next} in {told:#?}"));
            open.extend(step.needs.iter().cloned());
            all.extend(step.needs.iter().map(|need| need.0.clone()));
        }
        all
    };
    let after = |id: &str, need: &str| assert!(needs(id).iter().any(|one| one == need), "{id} after {need}: {told:#?}");
    let (restore, moved, stops) = ("restore-file-restore/data", "run-task/data.files", "drain-service/backend");
    for mark in ["take-back-service/backend", "mark-replaced-database/main", "mark-restore-access-point/data"] {
        after(restore, mark);
        after("restore-database/main.restored", mark);
    }
    assert!(!needs(restore).iter().any(|need| need == "restore-database/main.restored"), "side by side");
    after(stops, restore);
    after(stops, "set-password-database/main.restored");
    for quiet in [moved, "keep-database/main"] {
        after(quiet, stops);
        after("update-service/backend", quiet);
    }
    after("update-service/backend", "mark-restored-access-point/data");
    let together = plan.steps.iter().find_map(|step| match &step.action {
        Action::Tag { tags, .. } if tags.contains_key("envctl:replace-with") => Some(tags.contains_key(TAG_FILES)),
        _ => None,
    });
    assert_eq!(together, Some(true), "data and files are due by one call");
}

#[tokio::test(start_paused = true)]
async fn from_any_moment_the_next_command_ends_it() {
    for seconds in (0..1500).step_by(43) {
        for then in [BACK, up()] {
            let history = format!("killed after {seconds} s, then {}", then.command());
            let mut session = released(staging()).await;
            session.abandon(&BACK, seconds).await;
            session.promises_hold(&history);
            ends(&mut session, &then, &history).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn files_alone_come_back_from_any_moment_too() {
    for seconds in (0..1000).step_by(43) {
        let history = format!("killed after {seconds} s");
        let mut session = released(without_database()).await;
        session.abandon(&BACK, seconds).await;
        session.promises_hold(&history);
        ends(&mut session, &up(), &history).await;
    }
}

/// What was begun ends with the next command, and altogether; what was not begun changes nothing.
async fn ends(session: &mut Session, then: &Goal, history: &str) {
    let begun = {
        let world = session.cloud.world();
        let databases = world.databases.values().map(|found| &found.live.tags);
        let points = world.access_points.values().map(|found| &found.live.tags);
        databases.chain(points).any(|tags| tags.contains_key(TAG_FILES) || tags.contains_key("envctl:replace-with"))
    };
    let (_, plan) = session.plan(then).await;
    if plan.refusals.is_empty() {
        session.converge_after(then, history).await;
    } else {
        assert!(refusals(&plan).contains("nothing says which snapshot"), "{history}: {:?}", plan.refusals);
    }
    session.converge_after(&up(), history).await;
    if begun || *then == BACK {
        is_back(session, history);
        let (_, again) = session.plan(&BACK).await;
        let moves = |step: &&envctl::model::Step| {
            matches!(
                step.action,
                Action::RestoreDatabase { .. }
                    | Action::RenameDatabase { .. }
                    | Action::StartRestore { .. }
                    | Action::RunTask { .. }
            )
        };
        let moves: Vec<_> = again.steps.iter().filter(moves).map(|step| &step.id.0).collect();
        assert!(moves.is_empty(), "{history}: nothing comes back twice: {moves:?}");
    } else {
        for held in holds(session) {
            assert_eq!(held, ["before", "spoiled"], "{history}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn halfway_nothing_else_is_begun() {
    let goals = [down(SleepMode::Hibernate), Goal::Destroy { delete_snapshots: true }, Goal::Snapshot];
    for desired in [staging(), without_database()] {
        let has_database = !desired.databases.is_empty();
        let mut session = released(desired).await;
        session.abandon(&BACK, 100).await;
        for goal in &goals {
            let (_, plan) = session.plan(goal).await;
            assert!(refusals(&plan).contains("has begun and not ended"), "{goal:?} {:#?}", plan.refusals);
        }
        if !has_database {
            let other = Goal::Up { from: DataSource::Snapshot("20200101t000000z-0000".to_owned()) };
            let (_, plan) = session.plan(&other).await;
            assert!(refusals(&plan).contains("a rollback to the files of snapshot"), "{:#?}", plan.refusals);
        }
        let found = drift(&session).await;
        assert!(found.iter().any(|one| one.starts_with("access-point/data.files")), "{found:?}");
        session.converge(&up()).await;
        assert_eq!(drift(&session).await, Vec::<String>::new());
        is_back(&session, "");
        session.converge(&goals[0]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_snapshot_is_refused_before_anything_changes() {
    let session = released(staging()).await;
    let id = newest_id(&session);
    let before = session.cloud.world();
    session.cloud.edit(|world| world.recovery_points.clear());
    for asked in [None, Some(id.clone()), Some(format!("{DATABASE}-{id}"))] {
        let (_, plan) = session.plan(&Goal::RollbackData { to: BTreeMap::new(), snapshot: asked }).await;
        let told = refusals(&plan);
        assert!(told.contains("is only half: the files of production is not there"), "{told}");
        assert!(told.contains("`--snapshot` takes one of them"), "{told}");
    }
    session.cloud.edit(|world| {
        world.recovery_points = before.recovery_points.clone();
        world.snapshots.clear();
    });
    let (_, plan) = session.plan(&BACK).await;
    assert!(refusals(&plan).contains("is only half: the data of main is not there"), "{:#?}", plan.refusals);
}

#[tokio::test(start_paused = true)]
async fn what_was_written_since_stays_until_another_moment_is_asked_for() {
    let mut session = released(staging()).await;
    let id = newest_id(&session);
    let named = Goal::RollbackData { to: BTreeMap::new(), snapshot: Some(id.clone()) };
    session.converge(&BACK).await;
    write_both(&session, "afterwards");
    let (_, again) = session.plan(&named).await;
    assert!(again.steps.is_empty(), "that data and those files are there");
    let told: Vec<_> = again.notes.iter().filter(|note| note.kind == NoteKind::NotDone).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    // The database that comes back from its sleep is another one: both go back, or neither does.
    session.converge(&down(SleepMode::Hibernate)).await;
    session.converge(&up()).await;
    assert_eq!(holds(&session), [["before", "afterwards"], ["before", "afterwards"]]);
    session.converge(&named).await;
    assert_eq!(holds(&session), [["before"], ["before"]]);
    assert_eq!(beside(&session).0.len(), 2, "the former content of each rollback is kept");
}

#[tokio::test(start_paused = true)]
async fn another_access_point_to_the_same_place_knows_what_came_back() {
    let mut session = released(staging()).await;
    let id = newest_id(&session);
    session.converge(&BACK).await;
    session.desired.access_points.values_mut().for_each(|point| point.uid += 1);
    session.converge(&up()).await;
    let (_, again) = session.plan(&Goal::RollbackData { to: BTreeMap::new(), snapshot: Some(id) }).await;
    assert!(
        again.steps.is_empty(),
        "that data and those files are there: {:#?}",
        again.steps.iter().map(|step| (&step.id, &step.reasons)).collect::<Vec<_>>()
    );
    session.cloud.edit(|world| world.forget_files());
    session.converge(&Goal::DiscardFormer).await;
    assert_eq!(beside(&session).0.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_without_the_path_leaves_the_files_and_one_with_another_is_refused() {
    let mut session = released(staging()).await;
    session.desired.access_points.values_mut().for_each(|point| point.path = "/other".to_owned());
    let (_, plan) = session.plan(&BACK).await;
    assert!(refusals(&plan).contains("holds the files below /staging, the spec says /other"), "{:#?}", plan.refusals);
    let mut plain = staging();
    plain.access_points.values_mut().for_each(|point| point.snapshot = false);
    let mut session = released(plain).await;
    session.desired = staging();
    session.converge(&BACK).await;
    assert_eq!(session.cloud.read_data(DATABASE).unwrap(), ["before"]);
    assert_eq!(read(&session), ["before", "spoiled"]);
}

/// The files cannot be restored: everything goes on as it is, and the next run tries it again.
#[tokio::test(start_paused = true)]
async fn a_restore_that_fails_leaves_everything_serving() {
    let mut session = released(staging()).await;
    let token = session.cloud.world().file_systems.values().next().unwrap().creation_token.clone();
    session.cloud.edit(|world| world.behaviours.restore_ends.insert(token, "FAILED".to_owned()));
    assert_ne!(session.run(&BACK).await.ending, Ending::Done);
    let world = session.cloud.world();
    let service = world.services.values().find(|found| session.desired.owns(&found.live.tags)).unwrap();
    assert!(service.live.running_count > 0, "it serves");
    assert_eq!(holds(&session), [["before", "spoiled"], ["before", "spoiled"]]);
    session.cloud.edit(|world| world.behaviours.restore_ends.clear());
    session.converge(&up()).await;
    is_back(&session, "after a failure");
    assert!(point(&session.cloud).starts_with("fsap-"));
}

/// The run ends after the first of two databases is marked: the next one marks the other, and takes both back.
#[tokio::test(start_paused = true)]
async fn what_is_marked_on_one_database_is_due_on_all() {
    for marked in ["mark-replaced-database/main", "mark-replaced-database/second"] {
        let mut session = released(with_two_databases()).await;
        let (_, plan) = session.plan(&BACK).await;
        for id in ["take-back-service/backend", marked] {
            let step = plan.step(&StepId(id.to_owned())).expect("the step");
            let token = Token { run: "killed".to_owned(), step: step.id.clone() };
            session.cloud.perform(&step.action, &token).await.expect("marked");
        }
        let (_, other) = session.plan(&down(SleepMode::Hibernate)).await;
        assert!(refusals(&other).contains("has begun and not ended"), "{:#?}", other.refusals);
        session.converge(&up()).await;
        is_back(&session, marked);
    }
}

#[tokio::test(start_paused = true)]
async fn the_plan_tells_what_happens_to_the_files() {
    let session = released(staging()).await;
    let (_, plan) = session.plan(&BACK).await;
    let why = |step: &envctl::model::Step| step.reasons.last().map_or("", |reason| &reason.why).to_owned();
    let told: Vec<String> = plan.steps.iter().map(|step| format!("{}: {}", step.title, why(step))).collect();
    insta::assert_snapshot!(told[..12].join("\n"), @"
    remember that pythonide-staging-service goes back: whatever ends in between, the next run must know
    remember that the data of pythonide-staging-db-20260302t080518z-0001 takes the place of pythonide-staging-db: whatever ends in between, the next run must know
    note that /staging is to be restored from snapshot 20260302t080518z-0001: should this run end before it is done, the next one must know
    restore /staging from snapshot 20260302t080518z-0001 beside what is there: its files are in the snapshot; AWS Backup puts them into a directory of their own
    restore pythonide-staging-db-20260302t080518z-0001 beside the live database, as pythonide-staging-db-restored: its data was asked for
    set the password of pythonide-staging-db-restored from its secret: a restored database has the password that its snapshot had
    note that pythonide-staging-db-restored has its password: the next run must know
    remember what pythonide-staging-service has now: its counts are remembered before they are changed
    let rule web answer with the asleep page: no task runs while data or files change places
    suspend autoscaling of backend: no task runs while data or files change places
    stop the tasks of pythonide-staging-service: no task runs while data or files change places
    keep database pythonide-staging-db as pythonide-staging-db-replaced-20260302t081018z: its data is newer, and nothing is lost
    ");
    let told: Vec<&str> = plan.notes.iter().map(|note| note.text.as_str()).collect();
    insta::assert_snapshot!(told.join("\n"), @"what is below /staging now is moved aside to /staging.before-20260302t081018z-0003; `envctl snapshot discard-former` removes it");
}

/// Files alone, below two paths.
fn with_two_paths() -> Desired {
    let mut desired = without_database();
    let mut second = desired.access_points["data"].clone();
    second.path = "/staging-more".to_owned();
    second.access_point_name = "more".to_owned();
    desired.access_points.insert("more".to_owned(), second);
    desired
}

#[tokio::test(start_paused = true)]
async fn what_is_marked_on_one_path_is_due_on_all() {
    for marked in ["mark-restore-access-point/data", "mark-restore-access-point/more"] {
        let mut session = Session::new(with_two_paths());
        session.converge(&up()).await;
        // Somebody has mounted it by hand once; no service does.
        let held = |session: &Session, place: &str| {
            let world = session.cloud.world();
            let system = world.file_systems.values().next().unwrap();
            system.directories.get(place).map(|directory| directory.made_with.0)
        };
        let mount = |session: &Session, owner: u32| {
            let made_with = (owner, owner, "0755".to_owned());
            session.cloud.edit(|world| {
                let system = world.file_systems.values_mut().next().unwrap();
                let directory = Directory { made_with: made_with.clone(), writes: Vec::new() };
                system.directories.insert("/staging-more".to_owned(), directory);
            });
        };
        mount(&session, 1);
        write(&session, "before");
        assert_eq!(session.run(&Goal::Snapshot).await.ending, Ending::Done);
        let id = newest_id(&session);
        mount(&session, 2);
        write(&session, "spoiled");
        let back = Goal::RollbackData { to: BTreeMap::new(), snapshot: Some(id) };
        let (_, plan) = session.plan(&back).await;
        let step = plan.step(&StepId(marked.to_owned())).expect("the step");
        let token = Token { run: "killed".to_owned(), step: step.id.clone() };
        session.cloud.perform(&step.action, &token).await.expect("marked");
        session.converge(&up()).await;
        assert_eq!((read(&session), held(&session, "/staging-more")), (vec!["before".to_owned()], Some(1)), "{marked}");
        assert_eq!(beside(&session).0.len(), 2, "{marked}");
    }
}

/// What docs/files.md says about giving up: everything is as if nobody had asked.
#[tokio::test(start_paused = true)]
async fn a_rollback_that_cannot_end_can_be_given_up() {
    let mut session = released(staging()).await;
    session.abandon(&BACK, 280).await;
    session.cloud.edit(|world| world.recovery_points.clear());
    let (_, plan) = session.plan(&up()).await;
    assert!(refusals(&plan).contains("docs/files.md says how to give the rollback up"), "{:#?}", plan.refusals);
    session.cloud.edit(|world| {
        assert!(world.databases.remove(&format!("{DATABASE}-restored")).is_some(), "it is halfway");
        let databases = world.databases.values_mut().map(|found| &mut found.live.tags);
        let points = world.access_points.values_mut().map(|found| &mut found.live.tags);
        for tags in databases.chain(points) {
            tags.remove(TAG_FILES);
            tags.remove("envctl:replace-with");
        }
    });
    session.converge(&up()).await;
    assert_eq!(holds(&session), [["before", "spoiled"], ["before", "spoiled"]]);
    session.converge(&down(SleepMode::Park)).await;
}
