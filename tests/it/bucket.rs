//! The store in a bucket, against an S3 emulator on this computer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use envctl::clock::WallClock;
use envctl::model::*;
use envctl::store::cache::Cache;
use envctl::store::journal::Journals;
use envctl::store::lock::{Holder, LockError, Locks, Standing};
use envctl::store::{BucketKeys, KeySource, Store};

use crate::support::emulator::Emulator;

/// Keys that an emulator takes.
#[derive(Debug)]
struct FakeKeys;

#[async_trait::async_trait]
impl KeySource for FakeKeys {
    async fn keys(&self) -> Result<BucketKeys, String> {
        let text = || "testing".to_owned();
        Ok(BucketKeys { access_key_id: text(), secret_access_key: text(), session_token: None })
    }
}

/// A store in a new bucket of the emulator; `None`: somebody gave a reason to go without one.
fn bucket(name: &str) -> Option<Store> {
    let endpoint = Emulator::Moto.address()?;
    let address = endpoint.strip_prefix("http://").expect("a plain address").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).expect("the emulator");
    let name = format!("{name}-{}", std::process::id());
    let request = format!("PUT /{name} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Some(Store::open_bucket_at(&format!("s3://{name}/team/a"), &endpoint, "us-east-1", Arc::new(FakeKeys)).unwrap())
}

fn holder(run: &str) -> Holder {
    Holder {
        run: run.to_owned(),
        owner: "anna".to_owned(),
        host: "laptop".to_owned(),
        process: 4242,
        process_identity: None,
        command: "envctl up staging".to_owned(),
        ci: None,
        reason: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_a_lock_in_a_bucket_exactly_one_gets_it() {
    let Some(store) = bucket("locks") else { return };
    let locks = Locks::new(&store, Arc::new(WallClock));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16 {
        let locks = locks.clone();
        tasks.spawn(async move { locks.acquire("staging", &holder(&format!("r{number}"))).await });
    }
    let mut answers = tasks.join_all().await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(LockError::Held(_)))));
    answers.retain(Result::is_ok);
    assert_eq!(answers.len(), 1);
    let lease = answers.remove(0).unwrap();
    lease.check().await.unwrap();
    assert!(matches!(locks.list().await.unwrap()[0].standing, Standing::Held { .. }));
    locks.release("staging", "bob@desk", "holiday").await.unwrap();
    assert!(lease.check().await.unwrap_err().contains("holiday"));
    locks.acquire("staging", &holder("r99")).await.unwrap();
}

#[tokio::test]
async fn a_journal_in_a_bucket_is_read_back_and_listed() {
    let Some(store) = bucket("journals") else { return };
    let journals = Journals::new(&store);
    let mut journal = journals.begin("staging", "20260105T080000Z-aaaa").await.unwrap();
    for sequence in 1..=12 {
        let kind = match sequence {
            12 => EventKind::RunFinished { ending: Ending::Done },
            _ => EventKind::Noticed { text: format!("number {sequence}") },
        };
        journal.append(&Event { sequence, at: jiff::Timestamp::UNIX_EPOCH, kind }).await.unwrap();
        journal.read_back().await.unwrap();
    }
    let runs = journals.list(None, 5).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].ending, Some(Ending::Done));
    let record = journals.read("20260105").await.unwrap().unwrap();
    assert_eq!(record.events.len(), 12);
    assert!(record.events.iter().zip(1..).all(|(event, sequence)| event.sequence == sequence));
    let mut twin = journals.begin("staging", "20260105T080000Z-aaaa").await.unwrap();
    let other = EventKind::Noticed { text: "another run".to_owned() };
    let event = Event { sequence: 1, at: jiff::Timestamp::UNIX_EPOCH, kind: other };
    assert!(twin.append(&event).await.is_err(), "two runs never share a journal");
}

#[tokio::test]
async fn a_cache_in_a_bucket_remembers() {
    let Some(store) = bucket("caches") else { return };
    let cache = Cache::new(&store);
    let ids = [("fs".to_owned(), "fs-1".to_owned())].into();
    cache.remember_ids("staging", &ids).await;
    assert_eq!(cache.known_ids("staging").await, ids);
    assert_eq!(cache.known_ids("preview").await, [].into());
    assert_eq!(store.take_notices(), Vec::<String>::new());
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_said_clearly() {
    if bucket("any").is_none() {
        return;
    }
    let store = Store::open("s3://no-such-bucket-here/team", Some("us-east-1"), None).unwrap();
    let locks = Locks::new(&store, Arc::new(WallClock));
    let Err(LockError::Store(error)) = locks.acquire("staging", &holder("r1")).await else { panic!("locked") };
    assert!(error.to_string().contains("no-such-bucket-here"), "{error}");
    assert!(error.remedy.contains("bucket"));
}
