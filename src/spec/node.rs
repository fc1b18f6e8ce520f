//! [`Node`]: a YAML document as a tree in which every value knows its place, and how two trees merge.

use std::collections::BTreeMap;

use crate::model::Span;

/// One value of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Where it stands, in the file that declares it.
    pub(super) span: Span,
    /// What it is.
    pub(super) content: Content,
}

/// The four things that a YAML value can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing at all, `null` or `~`: as if the key were not written; takes an inherited value away.
    Null,
    /// A text as it is spelt, so that `1.10` stays `1.10`.
    Scalar {
        /// The text, without quotes.
        text: String,
        /// Written without quotes: may be a number or a truth value.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the file, keys unique.
    Map(Vec<Entry>),
}

/// One key and value of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) key_span: Span,
    /// The value.
    pub(super) value: Node,
}

impl Node {
    /// What it is, for messages: "expected a number, found a list".
    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Null => "nothing",
            Content::Scalar { .. } => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        }
    }

    /// The entries of a mapping; none for everything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of this key of a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }
}

/// Lays `over` upon `base`: mappings merge key by key, everything else of `over` takes the place of what `base` has.
/// Every value keeps the place of the file that declares it.
pub(super) fn merge(base: Node, over: Node) -> Node {
    match (base.content, over.content) {
        (Content::Map(base_entries), Content::Map(over_entries)) => {
            Node { span: over.span, content: Content::Map(merge_entries(base_entries, over_entries)) }
        }
        (_, content) => Node { span: over.span, content },
    }
}

fn merge_entries(base: Vec<Entry>, over: Vec<Entry>) -> Vec<Entry> {
    let mut over_by_key: BTreeMap<String, Entry> =
        over.iter().map(|entry| (entry.key.clone(), entry.clone())).collect();
    let mut merged: Vec<Entry> = Vec::new();
    for below in base {
        match over_by_key.remove(&below.key) {
            Some(above) => merged.push(Entry { value: merge(below.value, above.value), ..above }),
            None => merged.push(below),
        }
    }
    // What only the upper mapping has comes last, in its own order.
    merged.extend(over.into_iter().filter(|entry| over_by_key.contains_key(&entry.key)));
    merged
}

/// Takes away every key whose value is nothing: it stands for a key that is not written.
pub(super) fn without_nulls(node: Node) -> Node {
    let content = match node.content {
        Content::Map(entries) => Content::Map(
            entries
                .into_iter()
                .filter(|entry| entry.value.content != Content::Null)
                .map(|entry| Entry { value: without_nulls(entry.value), ..entry })
                .collect(),
        ),
        Content::List(items) => Content::List(items.into_iter().map(without_nulls).collect()),
        other => other,
    };
    Node { span: node.span, content }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span() -> Span {
        Span { file: String::new(), start: 0, end: 0, line: 1, column: 1 }
    }

    fn any_node() -> impl Strategy<Value = Node> {
        let scalar = prop_oneof![Just(Content::Null), "[ab]".prop_map(|text| Content::Scalar { text, plain: true }),];
        let leaf = scalar.prop_map(|content| Node { span: span(), content });
        leaf.prop_recursive(3, 20, 4, |inner| {
            let map = proptest::collection::btree_map("[abc]", inner.clone(), 0..4).prop_map(|map| {
                let entry = |(key, value)| Entry { key, key_span: span(), value };
                Content::Map(map.into_iter().map(entry).collect())
            });
            let list = proptest::collection::vec(inner, 0..3).prop_map(Content::List);
            prop_oneof![map, list].prop_map(|content| Node { span: span(), content })
        })
    }

    proptest! {
        #[test]
        fn merging_twice_is_merging_once(base in any_node(), over in any_node()) {
            let once = merge(base, over.clone());
            prop_assert_eq!(merge(once.clone(), over), once);
        }

        #[test]
        fn every_value_of_the_upper_mapping_survives(base in any_node(), over in any_node()) {
            let merged = merge(base, over.clone());
            for entry in over.entries() {
                let found = merged.get(&entry.key).map(|found| &found.value);
                prop_assert!(found.is_some());
                if !matches!(entry.value.content, Content::Map(_)) {
                    prop_assert_eq!(found, Some(&entry.value));
                }
            }
        }
    }
}
