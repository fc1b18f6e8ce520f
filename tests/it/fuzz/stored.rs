//! What stands in a store: anybody who may write to it may have written anything.

use std::fs::{self, File};
use std::sync::Arc;

use envctl::clock::WallClock;
use envctl::model::{Ending, Event, EventKind, Failure, FailureKind, SleepMode, StepId};
use envctl::store::Store;
use envctl::store::cache::Cache;
use envctl::store::journal::Journals;
use envctl::store::lock::{Forced, Holder, Locks, Record};
use envctl::store::releases::Releases;
use jiff::Timestamp;

use super::feed;
use crate::planner::world;

/// A journal with every kind of line.
fn journal() -> String {
    let desired = world::desired("staging");
    let plan = Box::new(world::plan(&desired, &world::up(&desired), &world::down_goal(SleepMode::Hibernate)));
    let step = || StepId("stop-database/main".to_owned());
    let failure = Failure {
        kind: FailureKind::TimedOut,
        message: "it took too long".to_owned(),
        evidence: vec!["a line".to_owned()],
        hint: None,
    };
    let kinds = [
        EventKind::RunStarted { run: "r1".to_owned(), command: "envctl down".to_owned(), who: "anna".to_owned(), plan },
        EventKind::PriorStateSaved { prior: [("service/backend".to_owned(), serde_json::json!({"min": 1}))].into() },
        EventKind::StepStarted { step: step(), attempt: 1 },
        EventKind::StepWaiting { step: step(), detail: "creating".to_owned() },
        EventKind::StepRetrying { step: step(), why: "throttled".to_owned(), in_milliseconds: 700 },
        EventKind::StepSucceeded { step: step(), changed: true, facts: Default::default() },
        EventKind::StepFailed { step: step(), failure },
        EventKind::StepSkipped { step: step(), because: "another failed".to_owned() },
        EventKind::Noticed { text: "a word".to_owned() },
        EventKind::RunFinished { ending: Ending::Interrupted(2) },
    ];
    let line = |(number, kind): (usize, EventKind)| {
        let event = Event { sequence: number as u64, at: Timestamp::UNIX_EPOCH, kind };
        serde_json::to_string(&event).expect("a line") + "\n"
    };
    kinds.into_iter().enumerate().map(line).collect()
}

fn records() -> Vec<String> {
    let holder = Holder {
        run: "r1".to_owned(),
        owner: "anna".to_owned(),
        host: "laptop".to_owned(),
        process: 7,
        process_identity: Some("boot-1".to_owned()),
        command: "envctl up staging".to_owned(),
        ci: None,
        reason: None,
    };
    let at = Timestamp::UNIX_EPOCH;
    let forced = Some(Forced { by: "ben".to_owned(), reason: "she is on holiday".to_owned() });
    [
        Record::Held { holder: holder.clone(), since: at, written: at, expires: at },
        Record::Released { holder: Some(holder), written: at, forced },
    ]
    .into_iter()
    .map(|record| String::from_utf8(record.to_bytes()).expect("text"))
    .collect()
}

fn block_on<T>(body: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime").block_on(body)
}

#[test]
fn no_journal_makes_history_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open_folder(folder.path()).expect("a store");
    let path = folder.path().join("runs/staging/r1.jsonl");
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let (format, verbosity) = (envctl::ui::Format::Text, envctl::ui::Verbosity::Normal);
    let ui = envctl::ui::Ui { format, verbosity, width: 80, interactive: false, animated: false, answers_aside: false };
    feed(&[journal()], |text| {
        fs::write(&path, text).expect("written");
        let record = block_on(Journals::new(&store).read("r1")).expect("readable").expect("a run");
        let whole = text.matches('\n').count();
        assert!(record.events.len() + record.damage.len() <= whole, "more than there are lines");
        let told = format!("{:#}", serde_json::json!(record.events));
        let harms = |letter: char| letter.is_control() && letter != '\n';
        assert!(!told.chars().any(harms) && !told.contains("\\u001b"), "harms a terminal: {told:?}");
        drop((envctl::ui::history::replay_text(&record, &ui), record.summary().duration()));
    });
}

#[test]
fn no_lock_record_makes_the_lock_panic_or_stick() {
    feed(&records(), |text| {
        if let Ok(record) = Record::parse(text.as_bytes()) {
            let told = record.holder().map(ToString::to_string).unwrap_or_default();
            assert!(!told.chars().any(char::is_control), "harms a terminal: {told:?}");
            let _ = record.expires();
        }
    });
}

#[test]
fn files_of_a_hundred_megabytes_are_passed_over_with_a_clear_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open_folder(folder.path()).expect("a store");
    for path in
        ["runs/staging/r1.jsonl", "locks/staging/00000001.json", "cache/ids/staging.json", "releases/staging/r1.json"]
    {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        File::create(&path).and_then(|file| file.set_len(100_000_000)).expect("a large file");
    }
    let record = block_on(Journals::new(&store).read("r1")).expect("readable").expect("a run");
    assert!(record.damage[0].contains("too large"), "{:?}", record.damage);
    let release = block_on(Releases::new(&store).list(None, 10)).expect("readable").remove(0);
    assert!(release.record.expect_err("no record").contains("too large"));
    assert!(block_on(Cache::new(&store).known_ids("staging")).is_empty());
    let locks = Locks::new(&store, Arc::new(WallClock));
    let state = block_on(locks.show("staging")).expect("a state");
    assert!(state.standing.to_string().contains("too large"), "{}", state.standing);
}

#[test]
fn a_journal_of_deep_json_is_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open_folder(folder.path()).expect("a store");
    let path = folder.path().join("runs/staging/r1.jsonl");
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let deep = format!("{}\n{}\n", "[".repeat(1_000_000), "{\"a\":".repeat(200_000));
    fs::write(&path, deep).expect("written");
    let record = block_on(Journals::new(&store).read("r1")).expect("readable").expect("a run");
    assert_eq!((record.events.len(), record.damage.len()), (0, 2));
    assert!(Record::parse("[".repeat(1_000_000).as_bytes()).is_err());
}
