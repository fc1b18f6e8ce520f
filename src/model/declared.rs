//! [`Declared`]: which declared values the last `up` asked for, remembered in a tag, so that a difference can be told
//! apart: did the world move (drift), or the spec (pending)?
//!
//! Each resource has a token of four characters: 24 bits of the SHA-256 of its key and its declared values. The tokens
//! of all resources stand one after the other in the value of [`TAG_DECLARED`], 64 in a tag (256 characters, the most
//! that a tag value holds), the rest in tags of the same name and a number. Their order says nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Desired, ResourceKey, ResourceKind, Tags};

/// On the resources that remember the power state: tokens of the declared values that the last `up` asked for.
pub const TAG_DECLARED: &str = "envctl:declared";

/// Characters of a token.
const TOKEN_LENGTH: usize = 4;
/// Tokens that one tag value holds.
const TOKENS_PER_TAG: usize = 256 / TOKEN_LENGTH;
/// Characters that AWS allows in a tag value, 64 of them.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";

/// The tokens that a resource remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared(BTreeSet<String>);

impl Declared {
    /// Reads the tags; `None`: nothing is remembered.
    pub fn of(tags: &Tags) -> Option<Self> {
        let values: Vec<&String> =
            tags.iter().filter(|(key, _)| key.starts_with(TAG_DECLARED)).map(|(_, value)| value).collect();
        let tokens = values.iter().flat_map(|value| value.as_bytes().chunks(TOKEN_LENGTH));
        let tokens = tokens.map(|token| String::from_utf8_lossy(token).into_owned()).collect();
        (!values.is_empty()).then_some(Self(tokens))
    }

    /// Is this what the last `up` asked for?
    pub fn holds(&self, token: &str) -> bool {
        self.0.contains(token)
    }
}

impl Desired {
    /// The token of every declared resource.
    pub fn declared_tokens(&self) -> BTreeMap<ResourceKey, String> {
        self.declared_values().into_iter().map(|(key, values)| (key.clone(), token(&key, &values))).collect()
    }

    /// The tags that remember what is declared now. `up` writes them where it writes the power state.
    pub fn declared_tags(&self) -> Tags {
        let tokens: Vec<String> = self.declared_tokens().into_values().collect::<BTreeSet<_>>().into_iter().collect();
        let tag = |(index, tokens): (usize, &[String])| {
            let key = if index == 0 { TAG_DECLARED.to_owned() } else { format!("{TAG_DECLARED}-{}", index + 1) };
            (key, tokens.concat())
        };
        tokens.chunks(TOKENS_PER_TAG).enumerate().map(tag).collect()
    }

    /// What is declared of each resource that AWS knows one by one.
    fn declared_values(&self) -> BTreeMap<ResourceKey, Value> {
        let mut values = BTreeMap::new();
        let mut all = |kind: ResourceKind, specs: Vec<(&String, Value)>| {
            values.extend(specs.into_iter().map(|(name, value)| (ResourceKey::new(kind, name), value)));
        };
        all(ResourceKind::Database, plain(&self.databases));
        let secrets = self.databases.iter().map(|(name, database)| (name, json!(database.secret_name)));
        all(ResourceKind::Secret, secrets.collect());
        all(ResourceKind::FileSystem, plain(&self.file_systems));
        all(ResourceKind::AccessPoint, plain(&self.access_points));
        all(ResourceKind::LogGroup, plain(&self.log_groups));
        all(ResourceKind::TargetGroup, plain(&self.target_groups));
        all(ResourceKind::ListenerRule, plain(&self.rules));
        all(ResourceKind::Task, plain(&self.tasks));
        all(ResourceKind::Alarm, plain(&self.alarms));
        all(ResourceKind::Dashboard, plain(&self.dashboards));
        let network = json!(self.network);
        let mut services = Vec::new();
        let mut documents = Vec::new();
        let mut scalings = Vec::new();
        for (name, service) in &self.services {
            let mut value = json!(service);
            if let Some(fields) = value.as_object_mut() {
                documents.push((name, json!([service.family, fields.remove("task_definition")])));
                if let Some(scaling) = fields.remove("scaling").filter(|scaling| !scaling.is_null()) {
                    scalings.push((name, scaling));
                }
                fields.insert("network".to_owned(), network.clone());
            }
            services.push((name, value));
        }
        all(ResourceKind::Service, services);
        all(ResourceKind::TaskDefinition, documents);
        all(ResourceKind::ScalableTarget, scalings);
        all(ResourceKind::Environment, vec![(&self.environment, json!(self.tags))]);
        values
    }
}

fn plain<T: Serialize>(specs: &BTreeMap<String, T>) -> Vec<(&String, Value)> {
    specs.iter().map(|(name, spec)| (name, json!(spec))).collect()
}

fn token(key: &ResourceKey, values: &Value) -> String {
    let digest = Sha256::digest(format!("{key}\n{}", sorted(values)));
    let bits = digest.iter().take(3).fold(0_usize, |bits, byte| (bits << 8) | usize::from(*byte));
    [18, 12, 6, 0].into_iter().map(|shift| char::from(ALPHABET[(bits >> shift) & 63])).collect()
}

/// The value with the keys of every object in order, so that the order of a template's lines says nothing.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, Value> = fields.iter().map(|(key, value)| (key, sorted(value))).collect();
            json!(fields)
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_for_the_same_values_in_any_order() {
        let key = ResourceKey::new(ResourceKind::Service, "web");
        let other = ResourceKey::new(ResourceKind::Service, "worker");
        let values = json!({"a": 1, "b": {"c": 2, "d": [1, 2]}});
        let turned = json!({"b": {"d": [1, 2], "c": 2}, "a": 1});
        assert_eq!(token(&key, &values), token(&key, &turned));
        assert_ne!(token(&key, &values), token(&other, &values));
        assert_ne!(token(&key, &values), token(&key, &json!({"a": 1})));
        assert_eq!(token(&key, &values).len(), TOKEN_LENGTH);
    }

    #[test]
    fn what_was_remembered_is_read_back_from_all_tags() {
        let tags = Tags::from([
            (TAG_DECLARED.to_owned(), "AAAABBBB".to_owned()),
            (format!("{TAG_DECLARED}-2"), "CCCC".to_owned()),
        ]);
        let declared = Declared::of(&tags).unwrap();
        assert!(["AAAA", "BBBB", "CCCC"].into_iter().all(|token| declared.holds(token)));
        assert!(!declared.holds("AAAB"));
        assert_eq!(Declared::of(&Tags::new()), None);
    }
}
