//! A real PostgreSQL, which `./test` starts: queries, the schema, connections, locks, and a session that cannot write.

use super::{Verified, with_checks};

/// `HOST:PORT` of a PostgreSQL on loopback whose user `envctl` has the password `envctl-test`.
fn address() -> (String, u16) {
    let address = std::env::var("ENVCTL_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!("ENVCTL_TEST_POSTGRES names no PostgreSQL: run ./test, or eval \"$(scripts/postgres start)\" before")
    });
    let (host, port) = address.rsplit_once(':').expect("HOST:PORT");
    (host.to_owned(), port.parse().expect("a port"))
}

fn sql(more: &str) -> String {
    let (host, port) = address();
    format!(
        "{{sql: {{host: {host}, port: {port}, name: postgres, user: envctl, password: envctl-test, tls: off, {more}}}}}"
    )
}

/// Runs statements as the tests' own user, each test in a schema of its own.
fn prepare(statements: &str) -> (tokio::runtime::Runtime, tokio_postgres::Client) {
    let (host, port) = address();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let client = runtime.block_on(async {
        let config = format!("host={host} port={port} user=envctl password=envctl-test dbname=postgres");
        let (client, connection) = tokio_postgres::connect(&config, tokio_postgres::NoTls).await.expect("a connection");
        tokio::spawn(async move { drop(connection.await) });
        client.batch_execute(statements).await.expect("prepared");
        client
    });
    (runtime, client)
}

#[test]
fn queries_and_the_schema_are_judged() {
    let _kept = prepare(
        "DROP SCHEMA IF EXISTS judged CASCADE; CREATE SCHEMA judged; CREATE TABLE judged.projects (id serial PRIMARY KEY, \
         version integer NOT NULL DEFAULT 0, title varchar(40) DEFAULT 'draft'); INSERT INTO judged.projects (title) \
         VALUES ('one'), ('two'), (NULL)",
    );
    let environment = with_checks(&[
        ("count", sql("query: select count(*) from judged.projects, value: '>= 3'")),
        ("row", sql("query: 'select id, title from judged.projects order by id', row: {title: one}, rows: 3")),
        ("empty", sql("query: select title from judged.projects where id = 3, value: absent")),
        (
            "schema",
            sql(
                "columns: {judged.projects.version: {type: int4, default: '0', nullable: false}, judged.projects.title: \
                 {type: varchar(40), default: draft, nullable: true}}",
            ),
        ),
        ("wrong-value", sql("query: select count(*) from judged.projects, value: '> 3'")),
        ("wrong-schema", sql("columns: {judged.projects.version: {type: bigint, default: '1', nullable: true}}")),
        ("no-column", sql("columns: {judged.projects.missing: {type: integer}}")),
        ("no-table", sql("query: select 1 from judged.nothing")),
        ("busy", sql("connections: 0..1000, lock_wait: 1m")),
        ("crowded", sql("connections: '< 0'")),
    ]);
    let verified = Verified::of(&environment, &[]);
    assert_eq!(verified.code, 7, "{}", verified.text);
    for name in ["count", "row", "empty", "schema", "busy"] {
        verified.expect(name, "passed", "");
    }
    verified.expect("wrong-value", "failed", "the value is `3`, expected > 3");
    verified.expect("wrong-schema", "failed", "has type integer, expected bigint");
    verified.expect("wrong-schema", "failed", "has default 0, expected 1");
    verified.expect("wrong-schema", "failed", "is not null, expected nullable");
    verified.expect("no-column", "failed", "judged.projects.missing is not there");
    verified.expect("no-table", "failed", "does not exist");
    verified.expect("crowded", "failed", "the number of connections");
}

#[test]
fn nothing_can_be_written_and_nothing_outlives_the_timeout() {
    let _kept = prepare("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept; CREATE TABLE kept.t (a integer)");
    let slow = sql("query: select pg_sleep(60)");
    let (slow, _) = slow.rsplit_once('}').expect("a mapping");
    let environment = with_checks(&[
        ("writes", sql("query: insert into kept.t values (1)")),
        ("sneaks", sql("query: 'commit; drop table kept.t'")),
        ("slow", format!("{slow}, timeout: 1s}}")),
    ]);
    let verified = Verified::of(&environment, &[]);
    verified.expect("writes", "failed", "read-only transaction");
    verified.expect("sneaks", "failed", "read-only transaction");
    verified.expect("slow", "failed", "");
    let (runtime, client) = prepare("SELECT 1");
    let row = runtime.block_on(client.query_one("SELECT count(*) FROM kept.t", &[])).expect("the table is there");
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[test]
fn a_wait_for_a_lock_is_seen() {
    let (first_runtime, holder) = prepare(
        "DROP SCHEMA IF EXISTS locked CASCADE; CREATE SCHEMA locked; CREATE TABLE locked.waited_for (a integer)",
    );
    let lock = "BEGIN; LOCK TABLE locked.waited_for IN ACCESS EXCLUSIVE MODE";
    first_runtime.block_on(holder.batch_execute(lock)).expect("locked");
    let (second_runtime, waiter) = prepare("SELECT 1");
    let waiting =
        second_runtime.spawn(async move { waiter.batch_execute("SELECT count(*) FROM locked.waited_for").await });
    // A waiter that failed would be waited for in vain.
    let waits = || !waiting.is_finished();
    // Asks until the wait shows: PostgreSQL says when it began.
    let asking = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE NOT granted AND relname = 'waited_for'";
    while first_runtime.block_on(holder.query_one(asking, &[])).expect("an answer").get::<_, i64>(0) == 0 {
        assert!(waits(), "the waiter does not wait");
    }
    let environment = with_checks(&[("locks", sql("lock_wait: 0ms")), ("patient", sql("lock_wait: 1h"))]);
    let verified = Verified::of(&environment, &[]);
    verified.expect("locks", "failed", "somebody waits for a lock for");
    verified.expect("patient", "passed", "1 waiting for locks");
    first_runtime.block_on(holder.batch_execute("ROLLBACK")).expect("rolled back");
    second_runtime.block_on(waiting).expect("joined").expect("read");
}

#[test]
fn a_wrong_password_fails_and_is_not_told() {
    let (host, port) = address();
    let wrong = format!(
        "{{sql: {{host: {host}, port: {port}, user: envctl, password: hunter2-wrong, tls: off, query: select 1}}}}"
    );
    let encrypted =
        format!("{{sql: {{host: {host}, port: {port}, user: envctl, password: envctl-test, query: select 1}}}}");
    let nobody = super::server::nobody();
    let environment = with_checks(&[
        ("wrong", wrong),
        ("encrypted", encrypted),
        ("nobody", format!("{{sql: {{host: 127.0.0.1, port: {nobody}, query: select 1, tls: off}}}}")),
    ]);
    let verified = Verified::of(&environment, &[]);
    verified.expect("wrong", "failed", "password authentication failed");
    assert!(!verified.text.contains("hunter2"), "{}", verified.text);
    // The server of the tests speaks no TLS, and the check says so instead of going on in the clear.
    verified.expect("encrypted", "failed", "TLS");
    verified.expect("nobody", "unreachable", "refused");
}
