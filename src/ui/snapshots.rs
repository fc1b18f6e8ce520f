//! Lists of snapshots.

use jiff::Timestamp;
use serde::Serialize;

use super::{FORMAT_VERSION, Ui, quantity, style, wrap};
use crate::model::{LiveRecoveryPoint, LiveSnapshot, Tags};
use crate::planner::{Part, in_words};

/// The snapshots of one database, newest first.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotsOf<'a> {
    /// Database (name in the spec).
    pub database: &'a str,
    /// Its snapshots.
    pub snapshots: &'a [LiveSnapshot],
}

/// The recovery points of one file system, newest first.
#[derive(Clone, Copy, Debug)]
pub struct FilesOf<'a> {
    /// File system (name in the spec).
    pub file_system: &'a str,
    /// Its recovery points.
    pub points: &'a [LiveRecoveryPoint],
}

/// Everything that snapshots of an environment consist of.
pub struct Snapshots<'a> {
    /// Databases.
    pub databases: Vec<SnapshotsOf<'a>>,
    /// Files.
    pub files: Vec<FilesOf<'a>>,
    /// What is missing of the snapshot of this id, as the tags of one of its parts tell; empty: it is whole.
    pub missing: &'a dyn Fn(&str, &Tags) -> Vec<Part>,
}

impl Snapshots<'_> {
    /// Which snapshot of the environment a part belongs to, and whether that is whole; nothing where it stands alone.
    fn belonging(&self, id: Option<&str>, tags: &Tags) -> String {
        let Some(id) = id else { return String::new() };
        let missing = (self.missing)(id, tags);
        let half = format!(" (half: {} is not there)", in_words(&missing));
        format!(", part of snapshot {id}{}", if missing.is_empty() { "" } else { &half })
    }
}

/// The lists for people.
pub fn text(all: &Snapshots<'_>, now: Timestamp, ui: &Ui) -> String {
    let mut out = String::new();
    for list in &all.databases {
        heading(&mut out, &format!("database/{}", list.database));
        if list.snapshots.is_empty() {
            out.push_str("  no snapshot\n");
        }
        for snapshot in list.snapshots {
            let progress =
                if snapshot.is_available() { String::new() } else { format!(" {} %", snapshot.progress_percent) };
            let age = snapshot.created_at.map(|at| format!(", {} old", quantity::age(at, now))).unwrap_or_default();
            let encrypted = if snapshot.encrypted { ", encrypted" } else { "" };
            let belonging = all.belonging(snapshot.snapshot_id(), &snapshot.tags);
            let facts = format!(
                "{}{progress}{age}, {} {}, {} GiB{encrypted}{belonging}",
                snapshot.status, snapshot.engine, snapshot.engine_version, snapshot.storage_gib
            );
            line(&mut out, &snapshot.identifier, &facts, ui);
        }
    }
    for list in &all.files {
        heading(&mut out, &format!("files on file-system/{}", list.file_system));
        if list.points.is_empty() {
            out.push_str("  no recovery point\n");
        }
        for point in list.points {
            let age = point.created_at.map(|at| format!(", {} old", quantity::age(at, now))).unwrap_or_default();
            let size = point.size_bytes.map(|bytes| format!(", {bytes} bytes")).unwrap_or_default();
            let encrypted = if point.encrypted { ", encrypted" } else { "" };
            let belonging = all.belonging(point.snapshot_id(), &point.tags);
            let facts = format!("{}{age}{size}{encrypted}{belonging}", point.status.to_lowercase());
            line(&mut out, short(&point.arn), &facts, ui);
        }
    }
    out
}

fn heading(out: &mut String, text: &str) {
    out.push_str(&style::paint(style::HEADING, format_args!("{text}")));
    out.push('\n');
}

fn line(out: &mut String, name: &str, facts: &str, ui: &Ui) {
    let line = format!("{name}  {facts}");
    out.push_str(&if wrap::columns(&line) + 2 <= ui.width {
        format!("  {line}\n")
    } else {
        format!("  {name}\n{}\n", wrap::hanging("    ", facts, ui.width))
    });
}

/// The last part of a recovery point's ARN.
fn short(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// The lists for programs, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct SnapshotsDto {
    format_version: u32,
    environment: String,
    snapshots: Vec<SnapshotDto>,
    files: Vec<RecoveryPointDto>,
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
    #[serde(flatten)]
    part: PartDto,
}

#[derive(Debug, Serialize)]
struct RecoveryPointDto {
    file_system: String,
    arn: String,
    vault: String,
    status: String,
    created_at: Option<String>,
    size_bytes: Option<u64>,
    encrypted: bool,
    #[serde(flatten)]
    part: PartDto,
}

/// Of which snapshot of the environment it is a part.
#[derive(Debug, Serialize)]
struct PartDto {
    /// `null`: of none, it stands alone.
    snapshot_id: Option<String>,
    /// Are all parts of that snapshot there and complete?
    whole: bool,
}

/// The lists as a value to serialise.
pub fn json(environment: &str, all: &Snapshots<'_>) -> SnapshotsDto {
    let part = |id: Option<&str>, tags: &Tags| PartDto {
        snapshot_id: id.map(str::to_owned),
        whole: id.is_none_or(|id| (all.missing)(id, tags).is_empty()),
    };
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
        part: part(snapshot.snapshot_id(), &snapshot.tags),
    };
    let file = |file_system: &str, point: &LiveRecoveryPoint| RecoveryPointDto {
        file_system: file_system.to_owned(),
        arn: point.arn.clone(),
        vault: point.vault.clone(),
        status: point.status.clone(),
        created_at: point.created_at.map(|at| at.to_string()),
        size_bytes: point.size_bytes,
        encrypted: point.encrypted,
        part: part(point.snapshot_id(), &point.tags),
    };
    let databases = all.databases.iter();
    let snapshots = databases.flat_map(|list| list.snapshots.iter().map(|snapshot| dto(list.database, snapshot)));
    let files = all.files.iter().flat_map(|list| list.points.iter().map(|point| file(list.file_system, point)));
    SnapshotsDto {
        format_version: FORMAT_VERSION,
        environment: environment.to_owned(),
        snapshots: snapshots.collect(),
        files: files.collect(),
    }
}
