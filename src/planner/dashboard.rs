//! The dashboard: compared as JSON, told apart from strangers' by its mark.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{
    Action, DashboardSpec, LATE_OPEN, LiveDashboard, Reason, RefusalKind, ResourceKey, ResourceKind, Sighting,
    resolve_value,
};

use super::draft::{Draft, NewStep, field};
use super::situation::{Situation, key, refuse_unreadable};

/// Differences told one by one; of more, their number.
const MOST_TOLD: usize = 12;

/// Makes and changes it. It has no power state: it shows the same asleep.
pub(super) fn up(s: &Situation, draft: &mut Draft) {
    let known = draft.lasting(&s.facts);
    for (name, spec) in &s.desired.dashboards {
        let key = key(ResourceKind::Dashboard, name);
        let mut body = spec.body.clone();
        resolve_value(&mut body, &known);
        let (verb, reasons) = match look(s, &key, draft) {
            Seen::Blocked => continue,
            Seen::Absent => ("create", None),
            Seen::Ours(live) => match reasons(&body, &live.body) {
                reasons if reasons.is_empty() => continue,
                reasons => ("change", Some(reasons)),
            },
        };
        let spec = DashboardSpec { dashboard_name: spec.dashboard_name.clone(), body };
        let title = format!("{verb} dashboard {}", spec.dashboard_name);
        let action = Action::PutDashboard { key: key.clone(), spec, mark: s.desired.dashboard_mark() };
        let step = NewStep::new(format!("put-{key}"), title, action);
        draft.add(match reasons {
            Some(reasons) => step.reasons(reasons),
            None => step.because("there is none"),
        });
    }
}

/// Deletes it.
pub(super) fn remove(s: &Situation, why: &str, draft: &mut Draft) {
    for name in s.desired.dashboards.keys() {
        let key = key(ResourceKind::Dashboard, name);
        if let Seen::Ours(live) = look(s, &key, draft) {
            let dashboard_name = live.dashboard_name.clone();
            let title = format!("delete dashboard {dashboard_name}");
            let mark = s.desired.dashboard_mark();
            let action = Action::DeleteDashboard { key: key.clone(), dashboard_name, mark };
            draft.add(NewStep::new(format!("delete-{key}"), title, action).because(why));
        }
    }
}

enum Seen<'a> {
    Absent,
    Ours(&'a LiveDashboard),
    /// The refusal is in the draft.
    Blocked,
}

fn look<'a>(s: &Situation<'a>, key: &ResourceKey, draft: &mut Draft) -> Seen<'a> {
    match s.live.dashboards.get(&key.name) {
        Some(Sighting::Absent) => Seen::Absent,
        Some(Sighting::Present(live)) if live.carries(&s.desired.dashboard_mark()) => Seen::Ours(live),
        Some(Sighting::Present(live)) => {
            draft.refuse(
                Some(key.clone()),
                RefusalKind::NotOurs,
                format!("dashboard {} exists already and does not carry this environment's mark", live.dashboard_name),
                format!(
                    "give it another `name` in the spec, or, to hand it over to envctl, write {} into one of its text \
                     widgets",
                    s.desired.dashboard_mark()
                ),
            );
            Seen::Blocked
        }
        Some(Sighting::Unreadable { why }) => {
            refuse_unreadable(draft, key, why);
            Seen::Blocked
        }
        None => {
            refuse_unreadable(draft, key, "it was not looked at");
            Seen::Blocked
        }
    }
}

/// Every value that differs, by its path.
pub(super) fn reasons(wanted: &Value, live: &Value) -> Vec<Reason> {
    let mut found = Vec::new();
    walk("body", Some(wanted), Some(live), &mut found);
    if found.len() > MOST_TOLD {
        let number = found.len();
        found.truncate(MOST_TOLD);
        let rest = number - MOST_TOLD;
        found.push(field("body", format!("{rest} more values"), "as declared", "the spec says otherwise"));
    }
    found
}

fn walk(path: &str, wanted: Option<&Value>, live: Option<&Value>, found: &mut Vec<Reason>) {
    match (wanted, live) {
        (Some(Value::Object(wanted)), Some(Value::Object(live))) => {
            let names: BTreeSet<&String> = wanted.keys().chain(live.keys()).collect();
            for name in names {
                walk(&format!("{path}.{name}"), wanted.get(name), live.get(name), found);
            }
        }
        (Some(Value::Array(wanted)), Some(Value::Array(live))) => {
            for index in 0..wanted.len().max(live.len()) {
                walk(&format!("{path}[{index}]"), wanted.get(index), live.get(index), found);
            }
        }
        (wanted, live) if same(wanted, live) => {}
        (wanted, live) => {
            let is_late = wanted.and_then(Value::as_str).is_some_and(|text| text.contains(LATE_OPEN));
            let why = if is_late { "what it shows is made anew" } else { "the spec says otherwise" };
            found.push(field(path, shown(live), shown(wanted), why));
        }
    }
}

/// The same scalar, however a number is spelt.
fn same(wanted: Option<&Value>, live: Option<&Value>) -> bool {
    match (wanted, live) {
        (Some(Value::Number(wanted)), Some(Value::Number(live))) => wanted.as_f64() == live.as_f64(),
        (wanted, live) => wanted == live,
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) if text.chars().count() <= 200 => text.clone(),
        Some(Value::String(_)) => "a long text".to_owned(),
        Some(Value::Object(fields)) => {
            match fields.get("properties").and_then(|properties| properties["title"].as_str()) {
                Some(title) => format!("widget {title}"),
                None => format!("an object with {}", fields.keys().cloned().collect::<Vec<_>>().join(", ")),
            }
        }
        Some(Value::Array(items)) => format!("a list of {}", items.len()),
        Some(scalar) => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_are_compared_as_json_and_not_as_text() {
        let wanted =
            json!({"widgets": [{"type": "metric", "width": 12, "properties": {"title": "CPU", "period": 60}}]});
        let same =
            json!({"widgets": [{"properties": {"period": 60.0, "title": "CPU"}, "width": 12, "type": "metric"}]});
        assert_eq!(reasons(&wanted, &same), []);
        let mut changed = same;
        changed["widgets"][0]["properties"]["title"] = json!("Load");
        let mine = json!({"type": "text", "properties": {"title": "mine"}});
        changed["widgets"].as_array_mut().expect("a list").push(mine);
        let told: Vec<(Option<String>, Option<String>, Option<String>)> =
            reasons(&wanted, &changed).into_iter().map(|one| (one.field, one.from, one.to)).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                (some("body.widgets[0].properties.title"), some("Load"), some("CPU")),
                (some("body.widgets[1]"), some("widget mine"), some("nothing")),
            ]
        );
        assert_eq!(reasons(&wanted, &json!("no JSON")).len(), 1);
    }
}
