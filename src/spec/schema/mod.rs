//! The shapes of a spec file. The doc comment of each field is its reference.
//!
//! A shape is read from a merged [`Node`] tree by [`Read`], which reports every unknown key and unreadable value
//! instead of stopping at the first, and keeps each value's place. Shapes never leave `spec`.

mod alarm;
mod borrow;
mod check;
mod check_scalar;
mod database;
mod json_schema;
mod policy;
mod release;
mod root;
mod rule;
mod scalar;
mod service;
mod storage;

pub(super) use alarm::*;
pub(super) use borrow::*;
pub(super) use check::*;
pub(super) use check_scalar::*;
pub(super) use database::*;
pub(super) use json_schema::document;
pub(super) use policy::*;
pub(super) use release::*;
pub(super) use root::*;
pub(super) use rule::*;
pub(super) use scalar::*;
pub(super) use service::*;
pub(super) use storage::*;

use serde_json::{Value, json};

use crate::model::Span;

use super::code::Code;
use super::node::{Content, Node};
use super::problems::{Problems, nearest, one_of, wrong};

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    /// The value.
    pub(super) value: T,
    /// Where it stands.
    pub(super) span: Span,
}

/// A field of a shape.
#[derive(Clone, Debug, Default)]
pub(super) enum Field<T> {
    /// Not written.
    #[default]
    Absent,
    /// Written, but unreadable; that has been reported.
    Broken(Span),
    /// Written and read.
    Here(At<T>),
}

impl<T> Field<T> {
    /// The value, where there is one.
    pub(super) fn get(&self) -> Option<&T> {
        self.here().map(|at| &at.value)
    }

    /// The value with its place, where there is one.
    pub(super) fn here(&self) -> Option<&At<T>> {
        match self {
            Self::Here(at) => Some(at),
            _ => None,
        }
    }
}

/// A type that can be read from a node.
pub(super) trait Read: Sized {
    /// Reads the node. `None` when it cannot be read, which has then been reported.
    fn read(node: &Node, problems: &mut Problems) -> Option<Self>;

    /// What is accepted, as JSON Schema. Said by every type; a test finds the one that forgot it.
    fn schema() -> Value {
        Value::Null
    }
}

/// A mapping from names that the user chooses: what could be read, and the names of what could not.
#[derive(Clone, Debug)]
pub(super) struct Named<T>(pub(super) Vec<(At<String>, T)>, pub(super) Vec<String>);

impl<T: Read> Read for Named<T> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            problems.add(expected("a mapping from names to values", node));
            return None;
        };
        let mut named = Self(Vec::new(), Vec::new());
        for entry in entries {
            match T::read(&entry.value, problems) {
                Some(value) => named.0.push((At { value: entry.key.clone(), span: entry.key_span.clone() }, value)),
                None => named.1.push(entry.key.clone()),
            }
        }
        Some(named)
    }

    fn schema() -> Value {
        json!({"type": "object", "additionalProperties": json_schema::or_nothing(T::schema())})
    }
}

impl<T: Read> Read for At<T> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        Some(Self { value: T::read(node, problems)?, span: node.span.clone() })
    }

    fn schema() -> Value {
        T::schema()
    }
}

impl<T: Read> Read for Vec<At<T>> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Content::List(items) = &node.content else {
            let draft = expected("a list", node);
            let replacement = match &node.content {
                Content::Scalar { text, .. } => Some(format!("[{text}]")),
                _ => None,
            };
            problems.add(draft.instead(replacement));
            return None;
        };
        Some(items.iter().filter_map(|item| At::read(item, problems)).collect())
    }

    fn schema() -> Value {
        json!({"type": "array", "items": T::schema()})
    }
}

/// The problem of a node that is something else than wanted.
pub(super) fn expected(wanted: &str, node: &Node) -> super::problems::Draft {
    let found = match &node.content {
        Content::Scalar { text, .. } => format!("`{}`", shortened(text)),
        _ => node.kind().to_owned(),
    };
    wrong(Code::WrongValue, format!("expected {wanted}, found {found}"))
        .at(&node.span)
        .label(format!("not {wanted}"))
        .help(format!("write {wanted}"))
}

/// A text short enough for a message.
pub(super) fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() <= 60 && line.len() == text.len() {
        line.to_owned()
    } else {
        let start: String = line.chars().take(57).collect();
        format!("{start}...")
    }
}

/// Reports keys that the shape does not have, and refuses what is no mapping. Answers with the fields that the
/// unknown keys most likely meant, and where their values stand: these are not missing, only misspelt.
fn open<'n>(
    node: &'n Node,
    what: &str,
    fields: &[&'static str],
    problems: &mut Problems,
) -> Option<Vec<(&'static str, &'n Span)>> {
    let Content::Map(entries) = &node.content else {
        let known = one_of(fields.iter().copied().take(4));
        problems.add(expected(&format!("{what} as a mapping with keys such as {known}"), node));
        return None;
    };
    let mut misspelt = Vec::new();
    for entry in entries.iter().filter(|entry| !fields.contains(&entry.key.as_str())) {
        let meant = fields.iter().copied().filter(|field| node.get(field).is_none());
        let meant = nearest(&entry.key, meant).and_then(|meant| fields.iter().copied().find(|field| *field == meant));
        misspelt.extend(meant.map(|meant| (meant, &entry.value.span)));
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("{what} has {}", one_of(fields.iter().copied())),
        };
        problems.add(
            wrong(Code::UnknownField, format!("{what} has no field `{}`", shortened(&entry.key)))
                .at(&entry.key_span)
                .label("unknown field")
                .help(help)
                .instead(meant),
        );
    }
    Some(misspelt)
}

fn take<T: Read>(node: &Node, key: &str, misspelt: &[(&str, &Span)], problems: &mut Problems) -> Field<T> {
    match node.get(key) {
        None => match misspelt.iter().find(|(meant, _)| *meant == key) {
            Some((_, span)) => Field::Broken((*span).clone()),
            None => Field::Absent,
        },
        Some(entry) => match T::read(&entry.value, problems) {
            None => Field::Broken(entry.value.span.clone()),
            Some(value) => {
                let is_container = matches!(entry.value.content, Content::Map(_) | Content::List(_));
                let span = if is_container { &entry.key_span } else { &entry.value.span };
                Field::Here(At { value, span: span.clone() })
            }
        },
    }
}

/// A field's name as it is written in a file: `type`, where Rust wants `r#type`.
const fn written(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// Declares a shape: a struct of [`Field`]s and how it is read. The doc comments become its `REFERENCE`.
macro_rules! shape {
    ($(#[doc = $about:literal])+ $name:ident is $what:literal { $( $(#[doc = $doc:literal])+ $field:ident: $type:ty, )+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, Default)]
        pub(in crate::spec) struct $name {
            $( $(#[doc = $doc])+ pub(in crate::spec) $field: $crate::spec::schema::Field<$type>, )+
        }

        impl $name {
            /// What it is, each field and its documentation.
            pub(in crate::spec) const REFERENCE: $crate::spec::schema::Reference = $crate::spec::schema::Reference {
                name: stringify!($name),
                what: $what,
                about: concat!($($about, "\n"),+),
                fields: &[$(($crate::spec::schema::written(stringify!($field)), concat!($($doc, "\n"),+))),+],
                schemas: &[$(<$type as $crate::spec::schema::Read>::schema),+],
            };
        }

        impl $crate::spec::schema::Read for $name {
            fn read(
                node: &$crate::spec::node::Node,
                problems: &mut $crate::spec::problems::Problems,
            ) -> Option<Self> {
                let misspelt = $crate::spec::schema::open(node, $what, &[$($crate::spec::schema::written(stringify!($field))),+], problems)?;
                Some(Self { $( $field: $crate::spec::schema::take(node, $crate::spec::schema::written(stringify!($field)), &misspelt, problems), )+ })
            }

            fn schema() -> serde_json::Value {
                $crate::spec::schema::json_schema::shape(stringify!($name))
            }
        }
    };
}
use shape;

/// The documentation of one shape.
pub(super) struct Reference {
    /// Its name in the code, by which shapes refer to each other: `Service`.
    pub(super) name: &'static str,
    /// What the shape is, `a service`.
    pub(super) what: &'static str,
    /// The shape's doc comment.
    pub(super) about: &'static str,
    /// Fields and their doc comments, in the order of declaration.
    pub(super) fields: &'static [(&'static str, &'static str)],
    /// What each field accepts, as JSON Schema, in the same order.
    pub(super) schemas: &'static [fn() -> Value],
}

/// Every shape, in reading order.
pub(super) const REFERENCES: &[Reference] = &[
    Root::REFERENCE,
    Borrow::REFERENCE,
    BorrowedListener::REFERENCE,
    BorrowedFileSystem::REFERENCE,
    TagSelector::REFERENCE,
    Service::REFERENCE,
    Scaling::REFERENCE,
    Deployment::REFERENCE,
    Database::REFERENCE,
    Files::REFERENCE,
    FileSystem::REFERENCE,
    LogGroup::REFERENCE,
    Rule::REFERENCE,
    HealthCheck::REFERENCE,
    Task::REFERENCE,
    Alarm::REFERENCE,
    Dashboard::REFERENCE,
    Sleep::REFERENCE,
    Maintenance::REFERENCE,
    Snapshots::REFERENCE,
    Check::REFERENCE,
    HttpCheck::REFERENCE,
    TlsCheck::REFERENCE,
    WebSocketCheck::REFERENCE,
    SecretReference::REFERENCE,
    SqlCheck::REFERENCE,
    Column::REFERENCE,
    LogCheck::REFERENCE,
    MetricCheck::REFERENCE,
    ServiceCheck::REFERENCE,
    CommandCheck::REFERENCE,
    Policy::REFERENCE,
    Release::REFERENCE,
    ReleaseStep::REFERENCE,
    Watch::REFERENCE,
    Announce::REFERENCE,
];
