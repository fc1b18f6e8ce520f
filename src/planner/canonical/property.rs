//! Declared properties of a resource against what AWS reads back, in the shape that CloudFormation and Cloud Control
//! give them (`Properties` beside a resource model). What is declared is compared; what is not declared is compared
//! with the value that AWS fills in, where one is known ([`property_table`](super::property_table)).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Difference;
use super::property_table::{Derived, Kind, NAMING_FIELDS, UNRESOLVED, kind};
use super::rules::plain_text;
use super::secret::shown;

/// Every declared value that is not so, and every value that nobody declared and that AWS would have filled in
/// otherwise. `name` is the resource's type, `AWS::ECS::Service`; one without a table has no defaults.
pub fn property_differences(name: &str, declared: &Value, live: &Value) -> Vec<Difference> {
    let mut comparison = Comparison { kind: kind(name), root: live, found: Vec::new() };
    comparison.value("", "", Some(declared), Some(live));
    comparison.found
}

struct Comparison<'a> {
    kind: &'static Kind,
    root: &'a Value,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    /// `path` is for people, `pattern` for the tables.
    fn value(&mut self, path: &str, pattern: &str, declared: Option<&Value>, live: Option<&Value>) {
        match (declared, live) {
            (Some(declared), live) => self.declared(path, pattern, declared, live),
            (None, Some(live)) => self.undeclared(path, pattern, live),
            (None, None) => {}
        }
    }

    fn declared(&mut self, path: &str, pattern: &str, declared: &Value, live: Option<&Value>) {
        if self.kind.never_read.contains(&pattern) || is_unresolved(declared) {
            return;
        }
        let derived = self.derived(pattern, declared);
        let Some(live) = derived.as_ref().or(live) else {
            if !self.is_default(pattern, declared) && !means_nothing(declared) {
                self.differs(path, Some(declared), None);
            }
            return;
        };
        match (declared, live) {
            (Value::Object(wanted), Value::Object(found)) => self.object(path, pattern, wanted, found),
            (Value::Array(wanted), Value::Array(found)) => self.list(path, pattern, wanted, found),
            // A document may be spelled as a text, on either side.
            (Value::Object(_) | Value::Array(_), Value::String(text)) => match serde_json::from_str::<Value>(text) {
                Ok(parsed) if !parsed.is_string() => self.declared(path, pattern, declared, Some(&parsed)),
                _ => self.differs(path, Some(declared), Some(live)),
            },
            (Value::String(text), Value::Object(_) | Value::Array(_)) => match serde_json::from_str::<Value>(text) {
                Ok(parsed) if !parsed.is_string() => self.declared(path, pattern, &parsed, Some(live)),
                _ => self.differs(path, Some(declared), Some(live)),
            },
            (wanted, found) => {
                if !self.same(pattern, wanted, found) {
                    self.differs(path, Some(wanted), Some(found));
                }
            }
        }
    }

    /// Something that nobody declared: as AWS fills it in, or assigned by AWS, or changed by somebody.
    fn undeclared(&mut self, path: &str, pattern: &str, live: &Value) {
        let row = self.kind.defaults.iter().find(|(row, _)| *row == pattern);
        match (row, live) {
            (Some(_), live) if self.is_default(pattern, live) || live.is_null() => {}
            (Some((_, default)), live) => {
                let default = serde_json::from_str(default).unwrap_or_else(|_| Value::String((*default).to_owned()));
                self.differs(path, Some(&default), Some(live));
            }
            (None, Value::Object(fields)) => {
                for (name, live) in fields {
                    self.undeclared(&join(path, name), &join(pattern, name), live);
                }
            }
            (None, Value::Array(items)) => {
                for item in items {
                    let name = naming(&[], std::slice::from_ref(item));
                    if name.is_some() {
                        self.named_extra(path, pattern, &label(name, item), item);
                    }
                }
            }
            (None, _) => {}
        }
    }

    /// An item that nobody declared, of a list of named settings: attributes have defaults, each under its name.
    fn named_extra(&mut self, path: &str, pattern: &str, label: &str, item: &Value) {
        let pattern = format!("{pattern}[{label}]");
        if let Some(value) = item.get("Value") {
            self.undeclared(&format!("{path}[{label}]"), &pattern, value);
        }
    }

    fn object(&mut self, path: &str, pattern: &str, wanted: &Map<String, Value>, found: &Map<String, Value>) {
        let names: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
        for name in names {
            self.value(&join(path, name), &join(pattern, name), wanted.get(name), found.get(name));
        }
    }

    fn list(&mut self, path: &str, pattern: &str, wanted: &[Value], found: &[Value]) {
        let inner = format!("{pattern}[]");
        if self.kind.ordered.contains(&pattern) {
            for index in 0..wanted.len().max(found.len()) {
                let path = format!("{path}[{index}]");
                match (wanted.get(index), found.get(index)) {
                    (None, Some(extra)) => self.differs(&path, None, Some(extra)),
                    (wanted, found) => self.value(&path, &inner, wanted, found),
                }
            }
            return;
        }
        let mut left: Vec<&Value> = found.iter().collect();
        let mut unmatched: Vec<&Value> = Vec::new();
        for item in wanted {
            match left.iter().position(|candidate| self.is_same(&inner, item, candidate)) {
                Some(at) => drop(left.remove(at)),
                None => unmatched.push(item),
            }
        }
        let name = naming(wanted, found);
        for item in unmatched {
            let called = label(name, item);
            let of_that_name = name.and_then(|_| left.iter().position(|other| label(name, other) == called));
            // Without a name, an item is held against what is left in its place.
            let at = of_that_name.or_else(|| (name.is_none() && item.is_object() && !left.is_empty()).then_some(0));
            let shown = if item.is_object() && name.is_none() { String::new() } else { called };
            match at.map(|at| left.remove(at)) {
                Some(other) => self.declared(&format!("{path}[{shown}]"), &inner, item, Some(other)),
                None => self.differs(&format!("{path}[{shown}]"), Some(item), None),
            }
        }
        for extra in left {
            let called = label(name, extra);
            if extra.get("Key").is_some() {
                // Tags and attributes: others may have more of them.
                self.named_extra(path, pattern, &called, extra);
            } else {
                self.differs(&format!("{path}[{called}]"), None, Some(extra));
            }
        }
    }

    fn is_same(&self, pattern: &str, wanted: &Value, found: &Value) -> bool {
        let mut trial = Comparison { kind: self.kind, root: self.root, found: Vec::new() };
        trial.declared("", pattern, wanted, Some(found));
        trial.found.is_empty()
    }

    /// Two scalars: numbers and booleans may be spelled as texts, names as ARNs.
    fn same(&self, pattern: &str, wanted: &Value, found: &Value) -> bool {
        let (wanted, found) = (plain_text(wanted), plain_text(found));
        let rules = self.kind;
        let number = |text: &str| text.parse::<f64>().ok();
        wanted == found
            || number(&wanted).zip(number(&found)).is_some_and(|(one, other)| (one - other).abs() < f64::EPSILON)
            || (rules.any_case.contains(&pattern) && wanted.eq_ignore_ascii_case(&found))
            || (rules.version_prefix.contains(&pattern) && found.starts_with(&format!("{wanted}.")))
            || names_the_same(&wanted, &found)
            || names_the_same(&found, &wanted)
            || is_alias_of(&wanted, &found)
    }

    /// A declared value that the read-back holds in other words.
    fn derived(&self, pattern: &str, declared: &Value) -> Option<Value> {
        let (_, derived) = self.kind.derived.iter().find(|(row, _)| *row == pattern)?;
        let text = |name: &str| self.root.get(name).and_then(Value::as_str);
        match derived {
            Derived::Joined(names) => {
                let parts: Option<Vec<&str>> = names.iter().map(|name| text(name)).collect();
                parts.map(|parts| Value::String(parts.join("|")))
            }
            Derived::ListenerOfRule => {
                let (listener, _) = text("RuleArn")?.rsplit_once('/')?;
                Some(Value::String(listener.replacen(":listener-rule/", ":listener/", 1)))
            }
            Derived::OneOf(pointer) => {
                let all = super::property_table::texts_at(self.root, pointer);
                all.into_iter().find(|found| found == declared)
            }
        }
    }

    fn is_default(&self, pattern: &str, value: &Value) -> bool {
        let mut rows = self.kind.defaults.iter().filter(|(row, _)| *row == pattern);
        rows.any(|(_, default)| match serde_json::from_str::<Value>(default) {
            Ok(default) => default == *value || plain_text(&default) == plain_text(value),
            Err(_) => plain_text(value) == *default,
        })
    }

    fn differs(&mut self, path: &str, wanted: Option<&Value>, found: Option<&Value>) {
        let name = path.rsplit(['.', '[']).next().unwrap_or(path).trim_end_matches(']');
        let show = |value: Option<&Value>| value.map(|value| shown(name, value));
        self.found.push(Difference { path: path.to_owned(), from: show(found), to: show(wanted) });
    }
}

/// By which field are the items of a list told apart? By the first that all have, each another value.
fn naming(wanted: &[Value], found: &[Value]) -> Option<&'static str> {
    let unique = |items: &[Value], field: &str| {
        let names: Vec<String> = items.iter().filter_map(|item| item.get(field)).map(plain_text).collect();
        let distinct: BTreeSet<&String> = names.iter().collect();
        names.len() == items.len() && distinct.len() == names.len()
    };
    NAMING_FIELDS.into_iter().find(|field| unique(wanted, field) && unique(found, field))
}

/// What an item is called: by its naming field, or as a whole.
fn label(field: Option<&str>, item: &Value) -> String {
    match field {
        Some(field) => item.get(field).map(plain_text).unwrap_or_default(),
        None => plain_text(item),
    }
}

/// Is the one an ARN that ends with the other, a name?
fn names_the_same(arn: &str, name: &str) -> bool {
    if !arn.starts_with("arn:") || name.starts_with("arn:") || name.is_empty() {
        return false;
    }
    let arn = arn.strip_suffix(":*").unwrap_or(arn);
    let rest = arn.splitn(6, ':').nth(5).unwrap_or_default();
    rest == name
        || rest.strip_suffix(name).is_some_and(|before| before.ends_with(['/', ':']))
        // ARNs of secrets end with six characters of AWS's own.
        || rest.strip_prefix("secret:").and_then(|secret| secret.rsplit_once('-')).is_some_and(|(secret, _)| secret == name)
}

/// A key's alias says nothing of its id: one of AWS's own is the key of its service, one of the account's any key.
fn is_alias_of(alias: &str, key: &str) -> bool {
    let is_key = key.starts_with("arn:") && key.contains(":kms:") && key.contains(":key/");
    let alias = alias.rsplit_once(":alias/").map_or_else(|| alias.strip_prefix("alias/"), |(_, name)| Some(name));
    is_key
        && alias.is_some_and(|alias| match alias.strip_prefix("aws/") {
            Some(service) => super::property_table::SERVICE_KEYS.contains(&service),
            None => true,
        })
}

/// A value that only AWS or a deployment tool knows.
fn is_unresolved(value: &Value) -> bool {
    value.as_str().is_some_and(|text| UNRESOLVED.iter().any(|mark| text.contains(mark)))
}

/// An empty thing, or one that is off.
fn means_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(means_nothing),
        Value::Number(_) | Value::Bool(true) => false,
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
