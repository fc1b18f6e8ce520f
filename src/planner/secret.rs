//! The secret of each database: owned by envctl, its ARN the same across down and up.

use crate::model::{
    Action, DatabaseState, LiveDatabase, NoteKind, PasswordMark, Power, ResourceKey, ResourceKind, Sighting, StepId,
};

use super::draft::{Draft, NewStep};
use super::power;
use super::replacement;
use super::situation::{Found, Situation, key};

/// Makes or calls back the secret of every database.
pub(super) fn up(s: &Situation, draft: &mut Draft) {
    for (name, spec) in &s.desired.databases {
        let key = key(ResourceKind::Secret, name);
        match s.look(draft, &key, &s.live.secrets) {
            Found::Absent => create(s, &key, &spec.secret_name, draft),
            Found::Ours(secret) if secret.deletes_at.is_some() => {
                let action = Action::RestoreSecret { key: key.clone(), secret_arn: secret.arn.clone() };
                let title = format!("call back secret {} from its deletion", secret.secret_name);
                let restored = draft
                    .add(NewStep::new(format!("restore-{key}"), title, action).because("it waits for its deletion"));
                draft.hold(&key, restored.clone());
                if !power::remembers_up(s, &secret.tags) {
                    let tags = s.power_tags(Power::Up);
                    let action = Action::Tag { key: key.clone(), arn: secret.arn.clone(), tags, remove: Vec::new() };
                    let title = format!("remember on {}: up", secret.secret_name);
                    draft.add(
                        NewStep::new(format!("remember-{key}"), title, action)
                            .because("it could not remember before")
                            .after([restored]),
                    );
                }
            }
            Found::Ours(_) | Found::Blocked => {}
        }
    }
}

fn create(s: &Situation, key: &ResourceKey, secret_name: &str, draft: &mut Draft) {
    let mut tags = s.desired.tags_of(key);
    tags.extend(s.power_tags(Power::Up));
    let before = announce_new_password(s, &key.name, draft);
    let action = Action::CreateSecret { key: key.clone(), secret_name: secret_name.to_owned(), tags };
    draft.add(
        NewStep::new(format!("create-{key}"), format!("create secret {secret_name} with a new password"), action)
            .because("there is none")
            .after(before),
    );
}

/// A new secret is a new password: the database that is there, and one that is about to take its place, are told so
/// first, so that no crash can hide it.
fn announce_new_password(s: &Situation, name: &str, draft: &mut Draft) -> Vec<StepId> {
    let live = s.live.databases.get(name).and_then(Sighting::present);
    let live = live.map(|live| (key(ResourceKind::Database, name), live));
    let beside = replacement::beside(s, name).map(|found| (replacement::restored_key(name), found));
    live.into_iter().chain(beside).filter_map(|(key, database)| announce(s, key, database, draft)).collect()
}

fn announce(s: &Situation, key: ResourceKey, database: &LiveDatabase, draft: &mut Draft) -> Option<StepId> {
    if database.lacks_password() || database.state() == DatabaseState::Deleting || !s.desired.owns(&database.tags) {
        return None;
    }
    draft.note(
        Some(key.clone()),
        NoteKind::Warning,
        format!("the secret of {} is gone: it gets a new password", database.identifier),
    );
    let tags = PasswordMark::Pending.tags();
    let action = Action::Tag { key: key.clone(), arn: database.arn.clone(), tags, remove: Vec::new() };
    let title = format!("note that {} waits for a new password", database.identifier);
    Some(draft.add(NewStep::new(format!("announce-password-{key}"), title, action).because("its secret is gone")))
}
