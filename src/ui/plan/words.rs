//! The words for what a step waits for, and for what one action is.

use crate::model::{Action, NoteKind, RefusalKind, Until};

/// What a step waits for: `until it is available`.
pub fn until(until: &Until) -> String {
    match until {
        Until::DatabaseAvailable { connectable: true } => "until it can be connected to".to_owned(),
        Until::DatabaseAvailable { connectable: false } => "until it is available, with no change pending".to_owned(),
        Until::DatabaseRenamed { .. } => "until it is available under that name".to_owned(),
        Until::DatabaseStopped => "until it has stopped".to_owned(),
        Until::SnapshotAvailable | Until::Available => "until it is available".to_owned(),
        Until::JobCompleted => "until the job is completed".to_owned(),
        Until::Gone => "until it is gone".to_owned(),
        Until::Drained => "until no task runs any more".to_owned(),
        Until::Deployed { .. } => "until this very deployment is complete".to_owned(),
        Until::TargetsHealthy { at_least: 1 } => "until a target is healthy".to_owned(),
        Until::TargetsHealthy { at_least } => format!("until {at_least} targets are healthy"),
        Until::TaskSucceeded { container, .. } => format!("until container {container} has ended with exit code 0"),
    }
}

/// The sign in front of a step: `+` makes, `~` changes, `-` removes or stops, `>` runs.
pub(super) fn sign(action: &Action) -> char {
    match action {
        Action::CreateDatabase { .. }
        | Action::RestoreDatabase { .. }
        | Action::CreateSnapshot { .. }
        | Action::CreateSecret { .. }
        | Action::RestoreSecret { .. }
        | Action::CreateLogGroup { .. }
        | Action::CreateFileSystem { .. }
        | Action::CreateMountTarget { .. }
        | Action::CreateAccessPoint { .. }
        | Action::CreateTargetGroup { .. }
        | Action::CreateRule { .. }
        | Action::RegisterTaskDefinition { .. }
        | Action::CreateBackupVault { .. }
        | Action::StartBackup { .. }
        | Action::StartRestore { .. }
        | Action::CreateService { .. } => '+',
        Action::RunTask { .. } | Action::StartDatabase { .. } => '>',
        // It makes or changes: the title says which.
        Action::PutAlarm { .. } | Action::PutDashboard { .. } => '~',
        other if other.is_destructive() => '-',
        _ => '~',
    }
}

/// Heading of the notes of this kind.
pub(super) fn note_heading(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::NotDone => "Not done",
        NoteKind::Busy => "AWS is still busy",
        NoteKind::Kept => "Stays",
        NoteKind::Warning => "Look at",
        NoteKind::Chosen => "Chosen",
    }
}

/// The kind of a note in JSON.
pub(super) fn note_kind(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::NotDone => "not-done",
        NoteKind::Busy => "busy",
        NoteKind::Kept => "kept",
        NoteKind::Warning => "warning",
        NoteKind::Chosen => "chosen",
    }
}

/// The kind of a refusal in JSON.
pub(super) fn refusal_kind(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::WrongAccount => "wrong-account",
        RefusalKind::Protected => "protected",
        RefusalKind::NotOurs => "not-ours",
        RefusalKind::Misfit => "misfit",
        RefusalKind::Unreadable => "unreadable",
        RefusalKind::Impossible => "impossible",
    }
}
