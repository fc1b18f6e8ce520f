//! [`Node`]: a YAML document as a tree in which every value knows its place, and how two trees merge.

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
    let mut merged = base;
    for entry in over {
        match merged.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => {
                let below =
                    std::mem::replace(&mut known.value, Node { span: entry.key_span.clone(), content: Content::Null });
                *known = Entry { key: entry.key, key_span: entry.key_span, value: merge(below, entry.value) };
            }
            None => merged.push(entry),
        }
    }
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
