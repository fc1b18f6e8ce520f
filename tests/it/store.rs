//! The store in a folder: locks that race, expire and are stolen, journals that are cut off, caches full of garbage.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use envctl::clock::{Clock, TokioClock};
use envctl::model::*;
use envctl::store::Store;
use envctl::store::cache::{Cache, expected_seconds};
use envctl::store::journal::{Journals, KEPT_RUNS, run_id};
use envctl::store::lock::{Holder, LEASE, LockError, Locks, SKEW, Standing};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// A clock that shows what it is told.
#[derive(Clone)]
struct HandClock(Arc<Mutex<Timestamp>>);

impl HandClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new("2026-03-29T00:30:00Z".parse().unwrap())))
    }

    fn passes(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now += SignedDuration::from_secs(seconds);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn holder(run: &str, owner: &str) -> Holder {
    Holder {
        run: run.to_owned(),
        owner: owner.to_owned(),
        host: "laptop".to_owned(),
        process: 4242,
        process_identity: None,
        command: "envctl up staging".to_owned(),
        ci: None,
        reason: None,
    }
}

fn folder() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(&folder.path().join("store")).unwrap();
    (folder, store)
}

fn locks(store: &Store) -> (Locks, HandClock) {
    let clock = HandClock::new();
    (Locks::new(store, Arc::new(clock.clone())), clock)
}

fn records(store: &Store) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(store.folder().unwrap().join("locks/staging"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_want_a_lock_exactly_one_gets_it_and_the_others_learn_who() {
    for _ in 0..10 {
        let (_folder, store) = folder();
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..16 {
            let (locks, _) = locks(&store);
            tasks.spawn(async move { locks.acquire("staging", &holder(&format!("r{number}"), "anna")).await });
        }
        let answers = tasks.join_all().await;
        let winners: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        assert_eq!(winners.len(), 1);
        for answer in &answers {
            let Err(LockError::Held(state)) = answer else { continue };
            let Standing::Held { holder: Some(held_by), .. } = &state.standing else { panic!("{state:?}") };
            assert_eq!(held_by.run, winners[0].holder().run);
        }
    }
}

#[tokio::test]
async fn a_released_lock_is_free_and_its_number_grows() {
    let (_folder, store) = folder();
    let (locks, _) = locks(&store);
    let first = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    assert_eq!(first.number().await, 1);
    assert!(matches!(locks.acquire("staging", &holder("r2", "bob")).await, Err(LockError::Held(_))));
    first.release().await.unwrap();
    assert!(first.check().await.is_err(), "a released lease is held no more");
    let second = locks.acquire("staging", &holder("r2", "bob")).await.unwrap();
    assert_eq!(second.number().await, 3);
    assert!(locks.acquire("preview", &holder("r3", "cid")).await.is_ok(), "each environment has its own lock");
}

#[tokio::test]
async fn a_lease_is_as_long_across_a_change_to_or_from_summer_time() {
    // Europe's clocks jump at 01:00 UTC, New York's at 07:00 and 06:00 UTC; leap years have a day more.
    for change in [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-03-08T07:00:00Z",
        "2026-11-01T06:00:00Z",
        "2028-02-29T00:00:00Z",
    ] {
        let (_folder, store) = folder();
        let (locks, clock) = locks(&store);
        *clock.0.lock().unwrap() = change.parse::<Timestamp>().unwrap() - SignedDuration::from_secs(10);
        let held = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
        assert!(held.check().await.is_ok());
        clock.passes((LEASE + SKEW).as_secs());
        assert!(matches!(locks.acquire("staging", &holder("r2", "bob")).await, Err(LockError::Held(_))), "{change}");
        clock.passes(1);
        assert!(locks.acquire("staging", &holder("r2", "bob")).await.is_ok(), "{change}");
        assert!(held.check().await.is_err(), "{change}");
    }
}

#[tokio::test]
async fn an_expired_lease_is_taken_over_and_its_late_owner_stops_before_its_next_write() {
    let (_folder, store) = folder();
    let (locks, clock) = locks(&store);
    let asleep = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    clock.passes(149);
    assert!(matches!(locks.acquire("staging", &holder("r2", "bob")).await, Err(LockError::Held(_))));
    clock.passes(2);
    let taken = locks.acquire("staging", &holder("r2", "bob")).await.unwrap();
    let lost = asleep.check().await.unwrap_err();
    assert!(lost.contains("bob@laptop"), "{lost}");
    assert!(asleep.check().await.is_err(), "what is lost stays lost");
    taken.check().await.unwrap();
    asleep.release().await.unwrap();
    taken.check().await.unwrap();
    assert!(store.take_notices()[0].contains("expired"));
}

#[tokio::test]
async fn an_owner_who_slept_through_its_lease_goes_on_when_nobody_took_it() {
    let (_folder, store) = folder();
    let (locks, clock) = locks(&store);
    let lease = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    clock.passes(10_000);
    lease.check().await.unwrap();
    assert_eq!(lease.number().await, 2, "it renewed first");
    assert!(matches!(locks.acquire("staging", &holder("r2", "bob")).await, Err(LockError::Held(_))));
}

#[tokio::test(start_paused = true)]
async fn a_living_owner_keeps_its_lease_for_hours_and_old_records_go() {
    let (_folder, store) = folder();
    let clock = Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH));
    let locks = Locks::new(&store, clock);
    let lease = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    for _ in 0..120 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        lease.check().await.unwrap();
        assert!(matches!(locks.acquire("staging", &holder("r2", "bob")).await, Err(LockError::Held(_))));
    }
    assert!(lease.number().await > 100);
    assert!(records(&store).len() <= 22, "{}", records(&store).len());
}

#[tokio::test]
async fn a_lock_released_by_somebody_else_stops_its_owner_with_the_reason() {
    let (_folder, store) = folder();
    let (locks, _) = locks(&store);
    let lease = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    let was = locks.release("staging", "bob@desk", "anna is on holiday").await.unwrap();
    assert_eq!(was.unwrap().owner, "anna");
    let lost = lease.check().await.unwrap_err();
    assert_eq!(lost, "bob@desk released it: anna is on holiday");
    assert_eq!(locks.show("staging").await.unwrap().forced.unwrap().by, "bob@desk");
    assert_eq!(locks.release("staging", "bob@desk", "again").await.unwrap(), None);
    locks.acquire("staging", &holder("r2", "bob")).await.unwrap();
}

#[tokio::test]
async fn a_contender_that_slept_over_pruned_records_does_not_win() {
    let (_folder, store) = folder();
    let (locks, clock) = locks(&store);
    let slept = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    clock.passes(200);
    let busy = locks.acquire("staging", &holder("r2", "bob")).await.unwrap();
    for _ in 0..40 {
        clock.passes(121);
        busy.check().await.unwrap();
    }
    for name in records(&store).iter().take(25) {
        fs::remove_file(store.folder().unwrap().join("locks/staging").join(name)).unwrap();
    }
    assert!(slept.check().await.is_err());
    busy.check().await.unwrap();
}

#[tokio::test]
async fn a_truncated_record_blocks_for_the_time_of_a_lease_and_no_longer() {
    let (_folder, store) = folder();
    let (locks, _) = locks(&store);
    let path = store.folder().unwrap().join("locks/staging");
    fs::create_dir_all(&path).unwrap();
    let newest = path.join("00000007.json");
    fs::write(&newest, "{\"state\":\"hel").unwrap();
    let Err(LockError::Held(state)) = locks.acquire("staging", &holder("r1", "anna")).await else { panic!("held") };
    assert!(state.standing.to_string().contains("unreadable"), "{}", state.standing);
    age(&newest, 151);
    let lease = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    assert_eq!(lease.number().await, 8);
}

fn age(path: &Path, seconds: u64) {
    let file = fs::File::options().append(true).open(path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.set_modified(modified - Duration::from_secs(seconds)).unwrap();
}

#[tokio::test]
async fn a_person_can_clear_a_truncated_record_at_once() {
    let (_folder, store) = folder();
    let (locks, _) = locks(&store);
    let path = store.folder().unwrap().join("locks/staging");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("00000001.json"), "").unwrap();
    locks.release("staging", "bob@desk", "garbage").await.unwrap();
    locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
}

#[tokio::test]
async fn files_that_are_no_records_are_passed_over() {
    let (_folder, store) = folder();
    let (locks, _) = locks(&store);
    let path = store.folder().unwrap().join("locks/staging");
    fs::create_dir_all(path.join("a-folder")).unwrap();
    for name in ["README", "99999999999999999999.json", "00000001.json#1", "zzz.json", "00000000.json"] {
        fs::write(path.join(name), [0xff, 0x00]).unwrap();
    }
    let lease = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    assert_eq!(lease.number().await, 1);
    assert_eq!(locks.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_that_is_deleted_during_a_run_does_not_end_it() {
    let (folder, store) = folder();
    let (locks, _) = locks(&store);
    let lease = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    lease.check().await.unwrap();
}

#[tokio::test]
async fn a_file_where_a_folder_should_be_is_said_clearly() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("store"), "garbage").unwrap();
    let Err(error) = Store::open_folder(&folder.path().join("store")) else { panic!("opened") };
    assert!(error.remedy.contains("ENVCTL_STORE"), "{error:?}");

    let store = Store::open_folder(&folder.path().join("other")).unwrap();
    fs::write(folder.path().join("other/locks"), "garbage").unwrap();
    let (locks, _) = locks(&store);
    let Err(LockError::Store(error)) = locks.acquire("staging", &holder("r1", "anna")).await else { panic!("locked") };
    assert!(error.remedy.contains("never an environment"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn somebody_who_waits_gets_the_lock_when_it_is_released() {
    let (_folder, store) = folder();
    let locks = Locks::new(&store, Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH)));
    let lease = locks.acquire("staging", &holder("r1", "anna")).await.unwrap();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(300)).await;
        lease.release().await.unwrap();
    });
    let mut looks = 0;
    let patience = Duration::from_secs(600);
    locks.acquire_within("staging", &holder("r2", "bob"), patience, |_| looks += 1).await.unwrap();
    assert!(looks > 10);
    let second = locks.acquire_within("staging", &holder("r3", "cid"), Duration::from_secs(5), |_| ()).await;
    assert!(matches!(second, Err(LockError::Held(_))));
}

fn event(sequence: u64, kind: EventKind) -> Event {
    Event { sequence, at: Timestamp::from_second(1_700_000_000 + sequence.cast_signed()).unwrap(), kind }
}

fn noticed(sequence: u64) -> Event {
    event(sequence, EventKind::Noticed { text: format!("line\nnumber {sequence}") })
}

async fn write(store: &Store, run: &str, events: u64) {
    let mut journal = Journals::new(store).begin("staging", run).await.unwrap();
    for sequence in 1..=events {
        journal.append(&noticed(sequence)).await.unwrap();
        journal.read_back().await.unwrap();
    }
    journal.append(&event(events + 1, EventKind::RunFinished { ending: Ending::Done })).await.unwrap();
}

#[tokio::test]
async fn runs_are_listed_newest_first_and_read_by_an_unmistakable_beginning() {
    let (_folder, store) = folder();
    let at = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
    let (first, second) = (run_id(at(0), "aaaa"), run_id(at(60), "bbbb"));
    write(&store, &first, 3).await;
    write(&store, &second, 5).await;
    let journals = Journals::new(&store);
    let runs: Vec<String> = journals.list(None, 10).await.unwrap().into_iter().map(|run| run.run).collect();
    assert_eq!(runs, [second.clone(), first]);
    assert_eq!(journals.list(Some("staging"), 1).await.unwrap()[0].ending, Some(Ending::Done));
    assert_eq!(journals.list(Some("other"), 10).await.unwrap(), []);
    let read = journals.read(&second[..15]).await.unwrap().unwrap();
    assert_eq!(read.events.len(), 6);
    assert_eq!(read.events[4], noticed(5));
    assert_eq!(read.summary().duration(), Some(SignedDuration::from_secs(5)));
    assert!(journals.read("2023").await.unwrap().is_none(), "two runs begin so");
    assert!(journals.begin("staging", &second).await.is_err(), "a run has one journal");
}

#[tokio::test]
async fn the_newest_runs_are_kept_in_a_folder_and_in_a_bucket() {
    let (_folder, folder) = folder();
    for store in [folder, Store::in_memory()] {
        let journals = Journals::new(&store);
        let at = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
        for second in 0..i64::try_from(KEPT_RUNS).unwrap() + 2 {
            let mut journal = journals.begin("staging", &run_id(at(second), "aaaa")).await.unwrap();
            journal.append(&noticed(1)).await.unwrap();
        }
        journals.begin("other", "r1").await.unwrap().append(&noticed(1)).await.unwrap();
        assert_eq!(journals.prune("staging").await.unwrap(), 2);
        assert_eq!(journals.prune("staging").await.unwrap(), 0);
        let kept = journals.list(Some("staging"), usize::MAX).await.unwrap();
        assert_eq!((kept.len(), kept.last().unwrap().run.as_str()), (KEPT_RUNS, run_id(at(2), "aaaa").as_str()));
        assert_eq!(journals.list(Some("other"), 10).await.unwrap().len(), 1, "other environments are left alone");
    }
}

#[tokio::test]
async fn a_journal_cut_off_anywhere_keeps_every_whole_line() {
    let (_folder, store) = folder();
    write(&store, "r1", 4).await;
    let path = store.folder().unwrap().join("runs/staging/r1.jsonl");
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let record = Journals::new(&store).read("r1").await.unwrap().unwrap();
        let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(record.events.len(), lines);
        assert!(record.damage.is_empty());
        assert_eq!(record.summary().ending, None, "it did not say that it finished");
    }
}

#[tokio::test]
async fn garbage_in_a_journal_is_passed_over_and_named() {
    let (_folder, store) = folder();
    write(&store, "r1", 2).await;
    let path = store.folder().unwrap().join("runs/staging/r1.jsonl");
    let mut content = b"\xff\xfe garbage\n".to_vec();
    content.extend(fs::read(&path).unwrap());
    fs::write(&path, content).unwrap();
    fs::write(path.with_file_name("notes.txt"), "hello").unwrap();
    fs::write(path.with_file_name("empty.jsonl"), "").unwrap();
    fs::write(store.folder().unwrap().join("runs/stray"), "hello").unwrap();
    let journals = Journals::new(&store);
    let record = journals.read("r1").await.unwrap().unwrap();
    assert_eq!(record.events.len(), 3);
    assert!(record.damage[0].starts_with("line 1"));
    assert_eq!(journals.list(None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_journal_that_vanished_is_noticed_when_it_is_read_back() {
    let (_folder, store) = folder();
    let mut journal = Journals::new(&store).begin("staging", "r1").await.unwrap();
    journal.append(&noticed(1)).await.unwrap();
    fs::write(store.folder().unwrap().join("runs/staging/r1.jsonl"), "").unwrap();
    assert!(journal.read_back().await.is_err());
}

#[tokio::test]
async fn caches_remember_and_garbage_in_them_is_passed_over() {
    let (_folder, store) = folder();
    let cache = Cache::new(&store);
    let ids = [("load balancer alb port 443".to_owned(), "arn:l".to_owned())].into();
    cache.remember_ids("staging", &ids).await;
    assert_eq!(cache.known_ids("staging").await, ids);
    let arn = "arn:aws:ecs:us-east-2:123456789012:task-definition/app:7";
    assert_eq!(cache.revision(arn).await, None);
    cache.remember_revision(arn, &serde_json::json!({"family": "app"})).await;
    cache.remember_revision(arn, &serde_json::json!({"family": "other"})).await;
    assert_eq!(cache.revision(arn).await.unwrap()["family"], "app", "a revision never changes");
    for seconds in [10, 500, 20] {
        let took = [(StepId("restore-database/main".to_owned()), Duration::from_secs(seconds))].into();
        cache.remember_durations("staging", &took).await;
    }
    assert_eq!(expected_seconds(&cache.durations("staging").await, "restore-database"), Some(20));

    assert!(store.take_notices().is_empty());
    fs::write(store.folder().unwrap().join("cache/ids/staging.json"), "[1,").unwrap();
    assert!(cache.known_ids("staging").await.is_empty());
    assert!(store.take_notices()[0].contains("damaged"));
    cache.remember_ids("staging", &ids).await;
    assert_eq!(cache.known_ids("staging").await, ids);
}

#[tokio::test]
async fn names_cannot_climb_out_of_the_store() {
    let (folder, store) = folder();
    let (locks, _) = locks(&store);
    locks.acquire("../../escape", &holder("r1", "anna")).await.unwrap();
    let outside: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(outside.len(), 1);
}

#[tokio::test]
async fn other_stores_than_folders_and_buckets_are_refused() {
    assert!(Store::open("gs://bucket/prefix", None, None).is_err());
    #[cfg(not(feature = "bucket"))]
    assert!(Store::open("s3://bucket/prefix", None, None).is_err());
}

/// A wall clock that is wrong by a fixed time.
struct WrongClock(SignedDuration);

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        envctl::clock::WallClock.now() + self.0
    }

    fn is_wall(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_hours_moves_no_expiry() {
    for hours in [-5, 5] {
        let (_folder, store) = folder();
        let right = Locks::new(&store, Arc::new(envctl::clock::WallClock));
        let wrong = Locks::new(&store, Arc::new(WrongClock(SignedDuration::from_hours(hours))));
        let lease = right.acquire("staging", &holder("r1", "anna")).await.unwrap();
        assert!(matches!(wrong.acquire("staging", &holder("r2", "bob")).await, Err(LockError::Held(_))), "{hours}");
        let _other = wrong.acquire("preview", &holder("r3", "bob")).await.unwrap();
        assert!(matches!(right.acquire("preview", &holder("r4", "anna")).await, Err(LockError::Held(_))), "{hours}");
        lease.check().await.unwrap();
        for name in records(&store) {
            age(&store.folder().unwrap().join("locks/staging").join(name), 200);
        }
        wrong.acquire("staging", &holder("r2", "bob")).await.unwrap();
        assert!(lease.check().await.is_err());
    }
}

#[tokio::test]
async fn a_record_cannot_write_to_the_terminal() {
    let (_folder, store) = folder();
    let (locks, _) = locks(&store);
    locks.acquire("staging", &holder("r1", "anna\u{1b}[2J")).await.unwrap();
    let standing = locks.show("staging").await.unwrap().standing.to_string();
    assert!(standing.contains("anna[2J@laptop"), "{standing:?}");
}
