//! Lists of snapshots.

use jiff::Timestamp;
use serde::Serialize;

use super::{FORMAT_VERSION, Ui, quantity, style, wrap};
use crate::model::LiveSnapshot;

/// The snapshots of one database, newest first.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotsOf<'a> {
    /// Database (name in the spec).
    pub database: &'a str,
    /// Its snapshots.
    pub snapshots: &'a [LiveSnapshot],
}

/// The lists for people.
pub fn text(lists: &[SnapshotsOf<'_>], now: Timestamp, ui: &Ui) -> String {
    let mut out = String::new();
    for list in lists {
        out.push_str(&style::paint(style::HEADING, format_args!("database/{}", list.database)));
        out.push('\n');
        if list.snapshots.is_empty() {
            out.push_str("  no snapshot\n");
        }
        for snapshot in list.snapshots {
            let progress =
                if snapshot.is_available() { String::new() } else { format!(" {} %", snapshot.progress_percent) };
            let age = snapshot.created_at.map(|at| format!(", {} old", quantity::age(at, now))).unwrap_or_default();
            let encrypted = if snapshot.encrypted { ", encrypted" } else { "" };
            let facts = format!(
                "{}{progress}{age}, {} {}, {} GiB{encrypted}",
                snapshot.status, snapshot.engine, snapshot.engine_version, snapshot.storage_gib
            );
            let line = format!("{}  {facts}", snapshot.identifier);
            out.push_str(&if wrap::columns(&line) + 2 <= ui.width {
                format!("  {line}\n")
            } else {
                format!("  {}\n{}\n", snapshot.identifier, wrap::hanging("    ", &facts, ui.width))
            });
        }
    }
    out
}

/// The lists for programs, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct SnapshotsDto {
    format_version: u32,
    environment: String,
    snapshots: Vec<SnapshotDto>,
}

#[derive(Debug, Serialize)]
struct SnapshotDto {
    database: String,
    snapshot: String,
    arn: String,
    status: String,
    progress_percent: u32,
    created_at: Option<String>,
    engine: String,
    engine_version: String,
    storage_gib: u32,
    encrypted: bool,
}

/// The lists as a value to serialise.
pub fn json(environment: &str, lists: &[SnapshotsOf<'_>]) -> SnapshotsDto {
    let dto = |database: &str, snapshot: &LiveSnapshot| SnapshotDto {
        database: database.to_owned(),
        snapshot: snapshot.identifier.clone(),
        arn: snapshot.arn.clone(),
        status: snapshot.status.clone(),
        progress_percent: snapshot.progress_percent,
        created_at: snapshot.created_at.map(|at| at.to_string()),
        engine: snapshot.engine.clone(),
        engine_version: snapshot.engine_version.clone(),
        storage_gib: snapshot.storage_gib,
        encrypted: snapshot.encrypted,
    };
    let snapshots =
        lists.iter().flat_map(|list| list.snapshots.iter().map(|snapshot| dto(list.database, snapshot))).collect();
    SnapshotsDto { format_version: FORMAT_VERSION, environment: environment.to_owned(), snapshots }
}
