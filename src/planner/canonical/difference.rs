//! Two canonical forms compared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{LATE_CLOSE, LATE_OPEN};

use super::rules::{Rules, Unordered, field_pattern, label, plain_text};
use super::secret::shown;
use super::task_definition::is_known_field;

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: `containerDefinitions[app].environment[FOO].value`.
    pub path: String,
    /// What is there; `None`: nothing. Secrets are hidden.
    pub from: Option<Value>,
    /// What is wanted; `None`: nothing. Secrets are hidden.
    pub to: Option<Value>,
}

/// What a late value in the wanted document is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// Itself: different from everything.
    Literal,
    /// Any text in its place.
    Anything,
}

/// Every leaf that differs between two canonical forms.
pub(super) fn between(rules: &Rules, wanted: &Value, live: &Value, late: Late) -> Vec<Difference> {
    let mut comparison = Comparison { rules, late, found: Vec::new() };
    comparison.value(&Spot::default(), Some(wanted), Some(live));
    comparison.found
}

/// Where the comparison stands.
#[derive(Clone, Debug, Default)]
struct Spot {
    /// For people.
    path: String,
    /// For the tables.
    pattern: String,
    /// What the value belongs to, for secrets: the name of the variable, or the last field.
    name: String,
}

struct Comparison<'a> {
    rules: &'a Rules,
    late: Late,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    fn value(&mut self, at: &Spot, wanted: Option<&Value>, live: Option<&Value>) {
        match (wanted, live) {
            (None, None) => {}
            (Some(Value::Object(_)), Some(Value::Object(_)) | None) | (None, Some(Value::Object(_))) => {
                self.object(at, wanted, live);
            }
            (Some(Value::Array(_)), Some(Value::Array(_)) | None) | (None, Some(Value::Array(_))) => {
                self.array(at, wanted, live);
            }
            (Some(wanted), Some(live)) if self.equal(wanted, live) => {}
            (None, Some(live)) if reads_as_nothing(live) && !self.rules.has_default(&at.pattern) => {}
            (wanted, live) => {
                let show = |value: Option<&Value>| value.map(|value| shown(&at.name, value));
                self.found.push(Difference { path: at.path.clone(), from: show(live), to: show(wanted) });
            }
        }
    }

    fn object(&mut self, at: &Spot, wanted: Option<&Value>, live: Option<&Value>) {
        let is_map = self.rules.is_map(&at.pattern);
        let names: BTreeSet<&String> = [wanted, live]
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .flat_map(|fields| fields.keys())
            .collect();
        for name in names {
            let pattern = field_pattern(&at.pattern, name, is_map);
            let (wanted, live) = (wanted.and_then(|fields| fields.get(name)), live.and_then(|fields| fields.get(name)));
            let by_aws = self.rules.assigned.contains(&pattern.as_str()) || !(is_map || is_known_field(name));
            if wanted.is_none() && by_aws {
                continue;
            }
            let named_by_item = name == "value" && !at.name.is_empty();
            let path = match (is_map, at.path.is_empty()) {
                (true, _) => format!("{}[{name}]", at.path),
                (false, true) => name.clone(),
                (false, false) => format!("{}.{name}", at.path),
            };
            let inner = Spot { path, pattern, name: if named_by_item { at.name.clone() } else { name.clone() } };
            self.value(&inner, wanted, live);
        }
    }

    fn array(&mut self, at: &Spot, wanted: Option<&Value>, live: Option<&Value>) {
        let Some(row) = self.rules.unordered(&at.pattern) else {
            if let (Some(words), None) | (None, Some(words)) = (plain_list(wanted), plain_list(live))
                && wanted.is_none() != live.is_none()
            {
                // A command that is on one side only is one difference, not one a word.
                let shown = Some(shown(&at.name, &Value::String(words)));
                let (from, to) = if wanted.is_some() { (None, shown) } else { (shown, None) };
                return self.found.push(Difference { path: at.path.clone(), from, to });
            }
            let items = |list: Option<&Value>| list.and_then(Value::as_array).map_or(0, Vec::len);
            for index in 0..items(wanted).max(items(live)) {
                let spot = item_spot(at, &index.to_string());
                let item = |list: Option<&'_ Value>| list.and_then(|list| list.get(index)).cloned();
                self.item(&spot, item(wanted).as_ref(), item(live).as_ref());
            }
            return;
        };
        let (wanted, live) = (labelled(row, wanted), labelled(row, live));
        let labels: BTreeSet<&String> = wanted.keys().chain(live.keys()).collect();
        for label in labels {
            self.item(&item_spot(at, label), wanted.get(label).copied(), live.get(label).copied());
        }
    }

    /// An item on one side only is a difference even if nothing in it says anything.
    fn item(&mut self, at: &Spot, wanted: Option<&Value>, live: Option<&Value>) {
        let before = self.found.len();
        self.value(at, wanted, live);
        if self.found.len() == before && wanted.is_none() != live.is_none() {
            let show = |value: Option<&Value>| value.map(|value| shown(&at.name, value));
            self.found.push(Difference { path: at.path.clone(), from: show(live), to: show(wanted) });
        }
    }

    fn equal(&self, wanted: &Value, live: &Value) -> bool {
        let (text, found) = (plain_text(wanted), plain_text(live));
        text == found || (self.late == Late::Anything && text.contains(LATE_OPEN) && matches(&text, &found))
    }
}

/// The words of a list of plain values.
fn plain_list(list: Option<&Value>) -> Option<String> {
    let items = list?.as_array()?;
    let plain = items.iter().all(|item| !item.is_object() && !item.is_array());
    plain.then(|| items.iter().map(plain_text).collect::<Vec<_>>().join(" "))
}

fn item_spot(at: &Spot, label: &str) -> Spot {
    Spot { path: format!("{}[{label}]", at.path), pattern: format!("{}[]", at.pattern), name: label.to_owned() }
}

/// Items by their names; a name that stands twice gets a number.
fn labelled<'a>(row: &Unordered, list: Option<&'a Value>) -> BTreeMap<String, &'a Value> {
    let mut found = BTreeMap::new();
    for item in list.and_then(Value::as_array).into_iter().flatten() {
        let name = label(row, item);
        let free = (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}#{number}") });
        if let Some(free) = free.into_iter().find(|name| !found.contains_key(name)) {
            found.insert(free, item);
        }
    }
    found
}

/// A value that says no more than its absence would.
fn reads_as_nothing(value: &Value) -> bool {
    value.is_null() || value == 0 || value == ""
}

/// Is `found` the text with something in the place of each late value?
fn matches(text: &str, found: &str) -> bool {
    let mut pieces = text.split(LATE_OPEN);
    let Some(mut rest) = pieces.next().and_then(|first| found.strip_prefix(first)) else { return false };
    let literals: Vec<&str> =
        pieces.map(|piece| piece.split_once(LATE_CLOSE).map_or(piece, |(_, after)| after)).collect();
    let Some((last, between)) = literals.split_last() else { return rest.is_empty() };
    for literal in between {
        let Some(at) = rest.find(literal) else { return false };
        rest = &rest[at + literal.len()..];
    }
    rest.ends_with(last)
}
