//! Log groups.

use crate::model::{Action, LogGroupSpec, ResourceKey, ResourceKind};

use super::draft::{Draft, NewStep, field};
use super::situation::{Found, Situation, key};

/// Creates what is missing, and sets how long events are kept.
pub(super) fn up(s: &Situation, draft: &mut Draft) {
    for (name, spec) in &s.desired.log_groups {
        let key = key(ResourceKind::LogGroup, name);
        match s.look(draft, &key, &s.live.log_groups) {
            Found::Absent => create(s, &key, spec, draft),
            Found::Ours(live) if live.retention_days != spec.retention_days => {
                let action = Action::SetLogRetention {
                    key: key.clone(),
                    log_group_name: spec.log_group_name.clone(),
                    retention_days: spec.retention_days,
                };
                let days = |days: Option<u32>| days.map_or("for ever".to_owned(), |days| format!("{days} days"));
                let reason =
                    field("retention", days(live.retention_days), days(spec.retention_days), "the spec says otherwise");
                let title = format!("keep the events of {} {}", spec.log_group_name, days(spec.retention_days));
                draft.add(NewStep::new(format!("retain-{key}"), title, action).reasons([reason]));
            }
            Found::Ours(_) | Found::Blocked => {}
        }
    }
}

fn create(s: &Situation, key: &ResourceKey, spec: &LogGroupSpec, draft: &mut Draft) {
    let action = Action::CreateLogGroup {
        key: key.clone(),
        log_group_name: spec.log_group_name.clone(),
        retention_days: spec.retention_days,
        tags: s.desired.tags_of(key),
    };
    let title = format!("create log group {}", spec.log_group_name);
    draft.add(NewStep::new(format!("create-{key}"), title, action).because("there is none"));
}
