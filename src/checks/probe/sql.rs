//! PostgreSQL: a query, columns of tables (C4a), connections and lock waits (C4b). Nothing is written.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use rust_decimal::Decimal;
use tokio_postgres::SimpleQueryMessage;

use super::sql_client::{self, Session, of_error};
use super::{Deadline, Trouble};
use crate::checks::Job;
use crate::checks::seen::Seen;
use crate::model::{ColumnExpectation, SqlCheck};

/// Rows that are counted at most; a larger answer is not read further.
const MOST_ROWS: u64 = 10_000;

/// Type, default and nullability of a column; `$1` is the quoted table.
const COLUMN: &str = "SELECT format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull \
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attrelid = to_regclass($1::text) AND a.attname = $2::text AND a.attnum > 0 AND NOT a.attisdropped";
const CONNECTIONS: &str = "SELECT count(*) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
/// `waitstart` is there since PostgreSQL 14; before, the statement's begin stands in.
const LOCK_WAIT: &str = "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - \
    coalesce((to_jsonb(l) ->> 'waitstart')::timestamptz, s.query_start)) * 1000), 0)::bigint, count(*) \
    FROM pg_locks l JOIN pg_stat_activity s USING (pid) WHERE NOT l.granted AND s.datname = current_database()";

/// Looks once.
pub(super) async fn look(check: &SqlCheck, job: &Job, deadline: Deadline, mut seen: Seen) -> Seen {
    match ask(check, job, deadline, &mut seen).await {
        Ok(()) => seen,
        Err(trouble) => trouble.end(seen),
    }
}

async fn ask(check: &SqlCheck, job: &Job, deadline: Deadline, seen: &mut Seen) -> Result<(), Trouble> {
    let place = match &job.place {
        Some(Ok(place)) => place,
        Some(Err(why)) => return Err(Trouble::unreachable(why.clone())),
        None => return Err(Trouble::not_looked("nobody said where the database is")),
    };
    let password = job.words.body.as_deref();
    let session = sql_client::open(place, &check.target, password, &job.folder, deadline).await?;
    seen.evidence(&format!("{} as {} on {}:{}", place.name, place.user, place.host, place.port));
    let late = |time: &str| Trouble::failed(format!("connected, but the answer did not come within {time}"));
    deadline.within(questions(check, &session, seen), late).await?
}

async fn questions(check: &SqlCheck, session: &Session, seen: &mut Seen) -> Result<(), Trouble> {
    let mut said = Vec::new();
    if let Some(query) = &check.query {
        let answer = rows(session, query).await?;
        said.push(format!("{} rows", answer.count));
        judge_rows(check, &answer, seen);
    }
    for (name, wanted) in &check.columns {
        judge_column(session, name, wanted, seen).await?;
    }
    if !check.columns.is_empty() {
        said.push(format!("{} columns looked at", check.columns.len()));
    }
    if let Some(wanted) = &check.connections {
        let row = session.client.query_one(CONNECTIONS, &[]).await.map_err(|error| of_error(&error))?;
        let count: i64 = row.try_get(0).map_err(|error| of_error(&error))?;
        said.push(format!("{count} connections"));
        seen.figure("connections", Decimal::from(count));
        seen.compare("the number of connections", wanted, Some(&count.to_string()));
    }
    if let Some(bound) = check.lock_wait {
        let row = session.client.query_one(LOCK_WAIT, &[]).await.map_err(|error| of_error(&error))?;
        let longest: i64 = row.try_get(0).map_err(|error| of_error(&error))?;
        let waiting: i64 = row.try_get(1).map_err(|error| of_error(&error))?;
        said.push(format!("{waiting} waiting for locks, the longest for {longest} ms"));
        seen.figure("lock_wait_ms", Decimal::from(longest));
        if i128::from(longest) > i128::try_from(bound.as_millis()).unwrap_or(i128::MAX) {
            seen.problem(&format!(
                "somebody waits for a lock for {longest} ms, expected at most {} ms",
                bound.as_millis()
            ));
        }
    }
    seen.summary(&said.join("; "));
    Ok(())
}

/// The first row and the number of rows.
struct Rows {
    columns: Vec<(String, Option<String>)>,
    count: u64,
    is_cut: bool,
}

async fn rows(session: &Session, query: &str) -> Result<Rows, Trouble> {
    let stream = session.client.simple_query_raw(query).await.map_err(|error| of_error(&error))?;
    let mut stream = std::pin::pin!(stream);
    let mut rows = Rows { columns: Vec::new(), count: 0, is_cut: false };
    while let Some(message) = stream.try_next().await.map_err(|error| of_error(&error))? {
        let SimpleQueryMessage::Row(row) = message else { continue };
        if rows.count == 0 {
            let columns = row.columns().iter().enumerate();
            rows.columns =
                columns.map(|(index, column)| (column.name().to_owned(), row.get(index).map(str::to_owned))).collect();
        }
        rows.count += 1;
        if rows.count >= MOST_ROWS {
            rows.is_cut = true;
            break;
        }
    }
    Ok(rows)
}

fn judge_rows(check: &SqlCheck, rows: &Rows, seen: &mut Seen) {
    seen.figure("rows", Decimal::from(rows.count));
    let first = rows.columns.first().and_then(|(_, value)| value.as_deref());
    if !rows.columns.is_empty() {
        let shown = rows.columns.iter().map(|(name, value)| format!("{name} = {}", value.as_deref().unwrap_or("NULL")));
        seen.evidence(&format!("first row: {}", shown.collect::<Vec<_>>().join(", ")));
    }
    if let Some(number) = first.and_then(|text| text.parse::<Decimal>().ok()) {
        seen.figure("value", number);
    }
    if let Some(wanted) = &check.value {
        seen.compare("the value", wanted, first);
    }
    for (name, wanted) in &check.row {
        match rows.columns.iter().find(|(column, _)| column == name) {
            None if rows.count > 0 => seen.problem(&format!("the row has no column {name}")),
            found => seen.compare(&format!("column {name}"), wanted, found.and_then(|(_, value)| value.as_deref())),
        }
    }
    if let Some(wanted) = &check.rows {
        seen.compare("the number of rows", wanted, Some(&rows.count.to_string()));
        if rows.is_cut {
            seen.evidence(&format!("there are more rows; {MOST_ROWS} were counted"));
        }
    }
}

async fn judge_column(
    session: &Session,
    name: &str,
    wanted: &ColumnExpectation,
    seen: &mut Seen,
) -> Result<(), Trouble> {
    let (table, column) = name.rsplit_once('.').unwrap_or(("", name));
    let quoted: Vec<String> = table.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
    let found =
        session.client.query_opt(COLUMN, &[&quoted.join("."), &column]).await.map_err(|error| of_error(&error))?;
    let Some(row) = found else {
        seen.problem(&format!("column {name} is not there"));
        return Ok(());
    };
    let data_type: String = row.try_get(0).map_err(|error| of_error(&error))?;
    let default: Option<String> = row.try_get(1).map_err(|error| of_error(&error))?;
    let not_null: bool = row.try_get(2).map_err(|error| of_error(&error))?;
    let shown = default.as_deref().unwrap_or("none");
    let null = if not_null { "not null" } else { "nullable" };
    seen.evidence(&format!("{name} is {data_type}, default {shown}, {null}"));
    if let Some(wanted) = wanted.data_type.as_ref().filter(|wanted| long_type(wanted) != long_type(&data_type)) {
        seen.problem(&format!("column {name} has type {data_type}, expected {wanted}"));
    }
    if let Some(wanted) = wanted.default.as_ref().filter(|wanted| bare_default(wanted) != bare_default(shown)) {
        seen.problem(&format!("column {name} has default {shown}, expected {wanted}"));
    }
    if let Some(nullable) = wanted.nullable.filter(|nullable| *nullable == not_null) {
        seen.problem(&format!("column {name} is {null}, expected {}", if nullable { "nullable" } else { "not null" }));
    }
    Ok(())
}

/// A type as `format_type` writes it.
fn long_type(written: &str) -> String {
    let lowered = written.trim().to_lowercase();
    let (base, rest) = lowered.find('(').map_or((lowered.as_str(), ""), |at| lowered.split_at(at));
    let long = BTreeMap::from([
        ("int", "integer"),
        ("int2", "smallint"),
        ("int4", "integer"),
        ("int8", "bigint"),
        ("serial", "integer"),
        ("bigserial", "bigint"),
        ("bool", "boolean"),
        ("float4", "real"),
        ("float8", "double precision"),
        ("decimal", "numeric"),
        ("varchar", "character varying"),
        ("char", "character"),
        ("timestamp", "timestamp without time zone"),
        ("timestamptz", "timestamp with time zone"),
        ("time", "time without time zone"),
        ("timetz", "time with time zone"),
    ]);
    let base = base.trim();
    format!("{}{}", long.get(base).copied().unwrap_or(base), rest.replace(' ', ""))
}

/// A default without the cast behind it and the quotes around it: `'draft'::character varying` is `draft`.
fn bare_default(written: &str) -> String {
    let text = written.trim();
    let text = match text.rfind("::") {
        // A cast stands behind a closed literal, never inside one.
        Some(at) if text.get(..at).is_some_and(|before| before.matches('\'').count().is_multiple_of(2)) => &text[..at],
        _ => text,
    };
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    inner.map_or_else(|| text.to_owned(), |inner| inner.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_defaults_are_compared_as_they_are_meant() {
        assert_eq!(long_type("varchar(40)"), long_type("character varying(40)"));
        assert_eq!(long_type("numeric(10, 2)"), long_type("DECIMAL(10,2)"));
        assert_eq!(long_type("int4"), "integer");
        assert_ne!(long_type("int8"), long_type("int4"));
        assert_eq!(bare_default("'draft'::character varying"), "draft");
        assert_eq!(bare_default("'it''s::x'"), "it's::x");
        assert_eq!(bare_default("now()"), "now()");
        assert_eq!(bare_default("0"), "0");
    }
}
