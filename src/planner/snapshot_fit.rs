//! Does a snapshot fit what the spec wants? Known before anything is restored: a restore fixes engine, user name,
//! encryption and the least storage (`aws.md` 2.4, `field.md` row 13).

use crate::model::{DatabaseSpec, LiveSnapshot, RefusalKind, ResourceKey};

use super::draft::Draft;
use super::version;

/// Refuses a restore that could not become what the spec says.
pub(super) fn check(key: &ResourceKey, spec: &DatabaseSpec, snapshot: &LiveSnapshot, scrub: bool, draft: &mut Draft) {
    let name = &snapshot.identifier;
    let mut misfit = |why: String, remedy: String| {
        draft.refuse(Some(key.clone()), RefusalKind::Impossible, format!("snapshot {name} {why}"), remedy);
    };
    if snapshot.engine != spec.engine.as_str() {
        misfit(
            format!("is of engine {}, the spec says {}", snapshot.engine, spec.engine.as_str()),
            format!("set engine: {} or take another snapshot", snapshot.engine),
        );
    }
    if let Some(wanted) = &spec.engine_version
        && version::is_major_downgrade(wanted, &snapshot.engine_version)
    {
        misfit(
            format!("is of version {}, newer than {wanted}", snapshot.engine_version),
            format!("set engine-version: {}", version::major(&snapshot.engine_version)),
        );
    }
    if snapshot.username != spec.username {
        misfit(
            format!("has the master user {}, the spec says {}", snapshot.username, spec.username),
            format!("set username: {} (a restore cannot change it)", snapshot.username),
        );
    }
    if snapshot.storage_gib > spec.storage_gib && spec.max_storage_gib.is_none_or(|max| max < snapshot.storage_gib) {
        misfit(
            format!("holds {} GiB, the spec says {} GiB", snapshot.storage_gib, spec.storage_gib),
            format!("set storage: {} GiB (storage never shrinks)", snapshot.storage_gib),
        );
    }
    if snapshot.encrypted != spec.encrypted {
        misfit(
            format!("is {}encrypted, the spec says otherwise", if snapshot.encrypted { "" } else { "not " }),
            "copy the snapshot with the KMS key wanted, or change `encrypted` in the spec".to_owned(),
        );
    }
    if scrub && spec.scrub.is_none() {
        misfit(
            "holds data that is not this environment's own, and the spec declares no scrub task".to_owned(),
            "declare a task that cleans it, and name it as the database's scrub".to_owned(),
        );
    }
}
