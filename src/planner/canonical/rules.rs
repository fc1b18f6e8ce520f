//! The tables' shape, and the one function that applies them to a document.

use serde_json::{Map, Value};

/// How the documents of one kind of resource are brought to their canonical form. Paths are written
/// `containerDefinitions[].environment[].value`, with `{}` for every key of a map.
pub(super) struct Rules {
    /// Fields that AWS answers and nobody sets.
    pub(super) read_only: &'static [&'static str],
    /// Values that AWS fills in where nothing is said, or answers although they mean nothing.
    pub(super) defaults: &'static [Default],
    /// Lists whose order does not count.
    pub(super) unordered: &'static [Unordered],
    /// Fields that AWS decides where nothing is said.
    pub(super) assigned: &'static [&'static str],
    /// Maps whose keys are data, not field names: nothing in them is a default.
    pub(super) maps: &'static [&'static str],
}

/// A value that means the same as nothing.
pub(super) struct Default {
    /// Field.
    pub(super) path: &'static str,
    /// Value.
    pub(super) value: Plain,
}

/// A scalar that can stand in a table.
#[derive(Clone, Copy)]
pub(super) enum Plain {
    Text(&'static str),
    Number(i64),
    True,
}

/// A list whose order does not count.
pub(super) struct Unordered {
    /// The list.
    pub(super) path: &'static str,
    /// The fields that name an item; empty: the items are plain values.
    pub(super) named_by: &'static [&'static str],
}

impl Rules {
    /// The canonical form: read-only fields, defaults and empty things dropped, unordered lists sorted.
    pub(super) fn apply(&self, document: &Value) -> Value {
        self.value(document, "")
    }

    /// The row of an unordered list.
    pub(super) fn unordered(&self, pattern: &str) -> Option<&'static Unordered> {
        self.unordered.iter().find(|row| row.path == pattern)
    }

    /// Does nothing mean something other than zero here?
    pub(super) fn has_default(&self, pattern: &str) -> bool {
        self.defaults.iter().any(|row| row.path == pattern)
    }

    /// Are the keys at this path data?
    pub(super) fn is_map(&self, pattern: &str) -> bool {
        self.maps.contains(&pattern)
    }

    fn value(&self, value: &Value, pattern: &str) -> Value {
        match value {
            Value::Object(fields) => Value::Object(self.object(fields, pattern)),
            Value::Array(items) => {
                let item_pattern = format!("{pattern}[]");
                let mut items: Vec<Value> = items.iter().map(|item| self.value(item, &item_pattern)).collect();
                if let Some(row) = self.unordered(pattern) {
                    items.sort_by_cached_key(|item| (label(row, item), item.to_string()));
                }
                Value::Array(items)
            }
            scalar => scalar.clone(),
        }
    }

    fn object(&self, fields: &Map<String, Value>, pattern: &str) -> Map<String, Value> {
        let is_map = self.is_map(pattern);
        let mut names: Vec<&String> = fields.keys().collect();
        names.sort();
        let mut kept = Map::new();
        for name in names {
            let inner = field_pattern(pattern, name, is_map);
            if self.read_only.contains(&inner.as_str()) {
                continue;
            }
            let value = self.value(&fields[name], &inner);
            if is_map || !self.means_nothing(&value, &inner) {
                kept.insert(name.clone(), value);
            }
        }
        kept
    }

    /// Is this the same as leaving the field out?
    fn means_nothing(&self, value: &Value, pattern: &str) -> bool {
        self.defaults.iter().any(|row| row.path == pattern && row.value.is(value))
            || match value {
                Value::Null => true,
                // An API's boolean is off where nothing is said; the few that are on have a row.
                Value::Bool(false) => !self.has_default(pattern),
                Value::Array(items) => items.is_empty(),
                Value::Object(fields) => fields.is_empty(),
                _ => false,
            }
    }
}

/// The pattern of a field below a pattern.
pub(super) fn field_pattern(pattern: &str, name: &str, is_map: bool) -> String {
    match (is_map, pattern.is_empty()) {
        (true, _) => format!("{pattern}{{}}"),
        (false, true) => name.to_owned(),
        (false, false) => format!("{pattern}.{name}"),
    }
}

/// The name of an item of an unordered list: its naming fields, or itself.
pub(super) fn label(row: &Unordered, item: &Value) -> String {
    if row.named_by.is_empty() {
        return plain_text(item);
    }
    let parts: Vec<String> = row.named_by.iter().filter_map(|field| item.get(field)).map(plain_text).collect();
    parts.join("/")
}

/// A scalar without quotes.
pub(super) fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Plain {
    /// Loosely: the API spells some numbers and booleans as texts.
    fn is(self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value == text,
            Self::Number(number) => plain_text(value) == number.to_string(),
            Self::True => plain_text(value) == "true",
        }
    }
}
