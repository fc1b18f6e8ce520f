//! The shape of `RegisterTaskDefinition`, kept as data: an unknown or misspelt field, a wrong type, a word that the API
//! does not know and a missing field are found before anything is sent.
//!
//! `ecs-register-task-definition.json` is written by `scripts/task-definition-shape.py` from the public service model
//! and names its version. A field newer than that passes when the spec lists it under `allow_fields`, by its path
//! (`containerDefinitions[].newField`) or by its name alone.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::model::{LATE_OPEN, Problem};

use super::document::{Document, step};
use super::source::{Explained, nearest, problem};

/// The data file.
#[derive(Debug, Default, Deserialize)]
struct Model {
    source: String,
    root: String,
    read_only: Vec<String>,
    shapes: BTreeMap<String, Shape>,
}

/// One shape of the model. Which fields are there depends on the type.
#[derive(Debug, Deserialize)]
struct Shape {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    members: BTreeMap<String, String>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default, rename = "enum")]
    words: Vec<String>,
    member: Option<String>,
    value: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Structure,
    List,
    Map,
    String,
    Boolean,
    Integer,
}

static MODEL: LazyLock<Model> =
    LazyLock::new(|| serde_json::from_str(include_str!("ecs-register-task-definition.json")).unwrap_or_default());

/// Everything in which the document does not fit the API.
pub(super) fn check(document: &Document, allowed: &[String]) -> Vec<Problem> {
    let mut check = Check { document, allowed, problems: Vec::new() };
    check.value(&document.value, &MODEL.root, &At::default());
    check.problems
}

/// A path with the indices of this document, and the same with `[]` for each.
#[derive(Clone, Debug, Default)]
struct At {
    path: String,
    pattern: String,
}

struct Check<'a> {
    document: &'a Document,
    allowed: &'a [String],
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn value(&mut self, value: &Value, shape: &str, at: &At) {
        let Some(shape) = MODEL.shapes.get(shape) else { return };
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(_)) => self.structure(value, shape, at),
            (Kind::List, Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let at = At { path: format!("{}[{index}]", at.path), pattern: format!("{}[]", at.pattern) };
                    self.value(item, shape.member.as_deref().unwrap_or_default(), &at);
                }
            }
            (Kind::Map, Value::Object(fields)) => {
                for (name, inner) in fields {
                    let at = At { path: step(&at.path, name), pattern: format!("{}{{}}", at.pattern) };
                    self.value(inner, shape.value.as_deref().unwrap_or_default(), &at);
                }
            }
            (Kind::String, Value::String(text)) => self.word(text, shape, at),
            (Kind::Boolean, Value::Bool(_)) => {}
            (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {}
            _ => self.wrong_type(value, shape.kind, at),
        }
    }

    fn structure(&mut self, value: &Value, shape: &Shape, at: &At) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            let inner_at = At { path: step(&at.path, name), pattern: step(&at.pattern, name) };
            match shape.members.get(name) {
                // The API takes null for nothing, unless it needs the field.
                Some(_) if inner.is_null() => {}
                Some(inner_shape) => self.value(inner, inner_shape, &inner_at),
                None if self.is_allowed(name, &inner_at.pattern) => {}
                None => self.unknown(name, shape, &inner_at),
            }
        }
        for name in shape.required.iter().filter(|name| value.get(name.as_str()).is_none_or(Value::is_null)) {
            // envctl writes the family itself.
            if at.path.is_empty() && name == "family" {
                continue;
            }
            let message = format!("`{}` is missing", step(&at.path, name));
            let missing = problem("TPL033", message, self.document.value_span(&at.path)).label("needed here");
            self.problems.push(missing.help(format!("write \"{name}\": … here: the API requires it")));
        }
    }

    fn is_allowed(&self, name: &str, pattern: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == name || allowed == pattern)
    }

    fn unknown(&mut self, name: &str, shape: &Shape, at: &At) {
        let span = self.document.key_span(&at.path);
        let unknown = problem("TPL030", format!("the API knows no field `{}`", at.pattern), span);
        if at.path == name && MODEL.read_only.iter().any(|known| known == name) {
            let help = "AWS answers this field, and refuses it in a registration: leave it out";
            self.problems.push(unknown.help(help));
            return;
        }
        let members = shape.members.keys().map(String::as_str);
        let newer = format!(
            "a field newer than envctl's data ({}) passes with `allow_fields: [\"{}\"]` in the spec",
            MODEL.source.split(',').next().unwrap_or_default(),
            at.pattern
        );
        let mut unknown = match nearest(name, members) {
            Some(near) => {
                let mut unknown = unknown.help(format!("did you mean `{near}`? {newer}"));
                unknown.replacement = self.document.is_verbatim_key(&at.path).then(|| format!("\"{near}\""));
                unknown
            }
            None => match belongs_to(name) {
                Some(other) => unknown.help(format!("`{name}` belongs into `{other}`; {newer}")),
                None => unknown.help(newer),
            },
        };
        unknown.label = "unknown".to_owned();
        self.problems.push(unknown);
    }

    fn word(&mut self, text: &str, shape: &Shape, at: &At) {
        if shape.words.is_empty() || text.contains(LATE_OPEN) || shape.words.iter().any(|word| word == text) {
            return;
        }
        if self.is_allowed("", &at.pattern) {
            return;
        }
        let words = shape.words.iter().map(String::as_str);
        let message = format!("`{}` cannot be `{text}`", at.pattern);
        let mut wrong = problem("TPL032", message, self.document.value_span(&at.path));
        let near = nearest(text, words.clone()).filter(|_| self.document.is_verbatim(&at.path));
        wrong.replacement = near.map(|near| format!("\"{near}\""));
        let list: Vec<&str> = words.collect();
        self.problems.push(wrong.help(format!("it is one of {}", list.join(", "))));
    }

    fn wrong_type(&mut self, value: &Value, kind: Kind, at: &At) {
        let place = if at.pattern.is_empty() { "the document" } else { &at.pattern };
        let wanted = match kind {
            Kind::Structure | Kind::Map => "an object { … }",
            Kind::List => "a list [ … ]",
            Kind::String => "a text",
            Kind::Boolean => "true or false",
            Kind::Integer => "a whole number",
        };
        let message = format!("`{place}` must be {wanted}, and is {}", found(value));
        let mut wrong = problem("TPL031", message, self.document.value_span(&at.path));
        let (help, replacement) = match (kind, value) {
            (Kind::String, Value::Number(_) | Value::Bool(_)) => {
                ("write it in quotes".to_owned(), Some(format!("\"{value}\"")))
            }
            (Kind::Integer, Value::String(text)) if text.parse::<i64>().is_ok() => {
                ("write it without quotes".to_owned(), Some(text.clone()))
            }
            (Kind::Boolean, Value::String(text)) if text == "true" || text == "false" => {
                ("write it without quotes".to_owned(), Some(text.clone()))
            }
            (Kind::List, _) => (format!("write [{}]", short(value)), None),
            _ => (String::new(), None),
        };
        // A replacement is for the rendered text; where an expression wrote the value it would be wrong.
        wrong.replacement = replacement.filter(|_| self.document.is_verbatim(&at.path));
        self.problems.push(wrong.help(help));
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.len() > 40 { "…".to_owned() } else { text }
}

/// The one field under which a misplaced field belongs.
fn belongs_to(name: &str) -> Option<String> {
    let owner = |shape: &str| -> Vec<String> {
        MODEL
            .shapes
            .values()
            .flat_map(|outer| outer.members.iter())
            .filter(|(_, inner)| {
                *inner == shape || MODEL.shapes.get(*inner).is_some_and(|list| list.member.as_deref() == Some(shape))
            })
            .map(|(field, _)| field.clone())
            .collect()
    };
    let homes: Vec<String> = MODEL
        .shapes
        .iter()
        .filter(|(_, shape)| shape.members.contains_key(name))
        .flat_map(|(shape, _)| if *shape == MODEL.root { vec!["the task definition".to_owned()] } else { owner(shape) })
        .collect();
    match homes.as_slice() {
        [home] => Some(home.clone()),
        _ => None,
    }
}
