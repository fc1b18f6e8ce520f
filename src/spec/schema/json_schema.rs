//! The spec format as JSON Schema (draft 2020-12), made of the same shapes that read a file. It is as strict as it can be
//! without being wrong: which fields must be there depends on what a file extends, and what a text may say is checked by
//! `envctl validate`.

use serde_json::{Map, Value, json};

use super::{REFERENCES, Reference};

/// A text as YAML may spell it: `16` and `true` are texts too where a text is wanted.
pub(super) fn text() -> Value {
    json!({"type": ["string", "number", "boolean"]})
}

/// A text or number of this form.
pub(super) fn pattern(pattern: &str, examples: &[&str]) -> Value {
    json!({"type": ["string", "number"], "pattern": pattern, "examples": examples})
}

/// One of a few words.
pub(super) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    json!({"enum": words.into_iter().collect::<Vec<_>>()})
}

/// A whole number; quotes around it do not matter.
pub(super) fn whole_number(most: u64) -> Value {
    json!({"anyOf": [{"type": "integer", "minimum": 0, "maximum": most}, {"type": "string", "pattern": "^[0-9]+$"}]})
}

/// One of several.
pub(super) fn any_of(schemas: impl IntoIterator<Item = Value>) -> Value {
    json!({"anyOf": schemas.into_iter().collect::<Vec<_>>()})
}

/// A shape, by its name.
pub(super) fn shape(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// A value, or nothing: a key with nothing behind it counts as not written.
pub(super) fn or_nothing(schema: Value) -> Value {
    any_of([schema, json!({"type": "null"})])
}

impl Reference {
    /// The schema of a field; anything where there is no such field.
    pub(super) fn schema_of(&self, field: &str) -> Value {
        let index = self.fields.iter().position(|(name, _)| *name == field);
        index.and_then(|index| self.schemas.get(index)).map_or_else(|| json!({}), |schema| schema())
    }

    fn definition(&self) -> Value {
        let mut properties = Map::new();
        for (field, about) in self.fields {
            let Value::Object(mut property) = or_nothing(self.schema_of(field)) else { continue };
            property.insert("description".to_owned(), crate::spec::one_line(about).into());
            properties.insert((*field).to_owned(), Value::Object(property));
        }
        json!({
            "type": "object",
            "description": crate::spec::one_line(self.about),
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

/// The schema of a spec file.
pub(in crate::spec) fn document() -> Value {
    let definitions: Map<String, Value> =
        REFERENCES.iter().map(|reference| (reference.name.to_owned(), reference.definition())).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An environment of envctl: a file in environments/",
        "$ref": "#/$defs/Root",
        "$defs": definitions,
    })
}
