//! [`Declared`]: where each value of the resolved environment stands, and which values are only placeholders.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Place, ResourceKey, Span};

use crate::spec::code::Code;
use crate::spec::problems::{Problems, wrong};
use crate::spec::schema::{At, Field, Named};

/// Places by key: `service/backend`, `service/backend.cpu`, `listener-rule/web.hosts.0`.
#[derive(Debug, Default)]
pub(in crate::spec) struct Declared {
    spans: BTreeMap<String, Span>,
    broken: BTreeSet<String>,
}

impl Declared {
    /// Begins one resource, declared at `span`.
    pub(in crate::spec) fn section<'a>(
        &'a mut self,
        key: &ResourceKey,
        span: &Span,
        problems: &'a mut Problems,
    ) -> Section<'a> {
        self.part(key.to_string(), span, problems)
    }

    /// Begins a part of the spec that is no resource: `check/health`.
    pub(in crate::spec) fn part<'a>(&'a mut self, key: String, span: &Span, problems: &'a mut Problems) -> Section<'a> {
        self.spans.insert(key.clone(), span.clone());
        Section { key, span: span.clone(), declared: self, problems }
    }

    /// The place of exactly this path; `None` when it is a default.
    pub(in crate::spec) fn exact(&self, path: &str) -> Option<&Span> {
        self.spans.get(path)
    }

    /// The place of this path, or of the nearest thing around it that is written.
    pub(in crate::spec) fn nearest(&self, path: &str) -> Option<&Span> {
        ancestors(path).find_map(|path| self.spans.get(path))
    }

    /// Is the value real, and not a placeholder for one that was missing or unreadable?
    pub(in crate::spec) fn is_known(&self, path: &str) -> bool {
        !ancestors(path).any(|path| self.broken.contains(path))
    }

    /// All places, for messages of later stages.
    pub(in crate::spec) fn into_places(self) -> BTreeMap<String, Place> {
        self.spans
            .into_iter()
            .map(|(key, span)| (key, Place { file: span.file, line: span.line, column: span.column }))
            .collect()
    }
}

/// The path itself, then what is around it: `a/b.c.d`, `a/b.c`, `a/b`.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rfind('.').and_then(|dot| path.get(..dot)))
}

/// One resource while it is resolved.
pub(in crate::spec) struct Section<'a> {
    key: String,
    span: Span,
    declared: &'a mut Declared,
    problems: &'a mut Problems,
}

impl Section<'_> {
    fn note<T>(&mut self, field: &str, value: &Field<T>) {
        let path = format!("{}.{field}", self.key);
        match value {
            Field::Absent => {}
            Field::Here(at) => {
                self.declared.spans.insert(path, at.span.clone());
            }
            Field::Broken(span) => {
                self.declared.broken.insert(path.clone());
                self.declared.spans.insert(path, span.clone());
            }
        }
    }

    /// An optional field.
    pub(super) fn maybe<T: Clone>(&mut self, field: &str, value: &Field<T>) -> Option<T> {
        self.note(field, value);
        value.get().cloned()
    }

    /// A field with a default.
    pub(super) fn or<T: Clone>(&mut self, field: &str, value: &Field<T>, default: T) -> T {
        self.maybe(field, value).unwrap_or(default)
    }

    /// A required text; `written` is its key in the file, `example` a line that would do.
    pub(super) fn need(&mut self, field: &str, written: &str, value: &Field<String>, example: &str) -> String {
        self.need_or(field, written, value, example, String::new())
    }

    /// A required field; `placeholder` stands in when it is missing.
    pub(super) fn need_or<T: Clone>(
        &mut self,
        field: &str,
        written: &str,
        value: &Field<T>,
        example: &str,
        placeholder: T,
    ) -> T {
        if matches!(value, Field::Absent) {
            let what = match self.key.split_once('/') {
                Some(("environment", _)) | None => "the environment".to_owned(),
                Some((kind, name)) => format!("{} `{name}`", kind.replace('-', " ")),
            };
            self.problems.add(
                wrong(Code::MissingField, format!("{what} needs `{written}`"))
                    .at(&self.span)
                    .label(format!("`{written}` is missing here"))
                    .help(format!("add `{example}`")),
            );
            self.declared.broken.insert(format!("{}.{field}", self.key));
        }
        self.maybe(field, value).unwrap_or(placeholder)
    }

    /// A list; each item gets a place of its own, `hosts.0`.
    pub(super) fn list<T: Clone>(&mut self, field: &str, value: &Field<Vec<At<T>>>) -> Vec<T> {
        self.note(field, value);
        let items = value.get().map_or(&[][..], Vec::as_slice);
        for (index, item) in items.iter().enumerate() {
            self.declared.spans.insert(format!("{}.{field}.{index}", self.key), item.span.clone());
        }
        items.iter().map(|item| item.value.clone()).collect()
    }

    /// A mapping; each entry gets the place of its key, `environment.DEBUG`.
    pub(super) fn map<T: Clone>(&mut self, field: &str, value: &Field<Named<T>>) -> BTreeMap<String, T> {
        self.note(field, value);
        let entries = value.get().map_or(&[][..], |named| &named.0);
        for (key, _) in entries {
            self.declared.spans.insert(format!("{}.{field}.{}", self.key, key.value), key.span.clone());
        }
        entries.iter().map(|(key, value)| (key.value.clone(), value.clone())).collect()
    }

    /// Gives all places of this resource to another key as well: a service's to its scalable target, for instance.
    pub(super) fn also(&mut self, key: &ResourceKey) {
        let own = self.key.clone();
        // `/` is the character behind `.`: the range holds exactly the paths that begin with `KEY.`.
        let fields = self.declared.spans.range(format!("{own}.")..format!("{own}/"));
        let copies: Vec<(String, Span)> = self
            .declared
            .spans
            .get_key_value(&own)
            .into_iter()
            .chain(fields)
            .filter_map(|(path, span)| path.get(own.len()..).map(|rest| (format!("{key}{rest}"), span.clone())))
            .collect();
        self.declared.spans.extend(copies);
    }

    /// Gives the place of one field to a second name of it.
    pub(super) fn rename(&mut self, field: &str, second: &str) {
        if let Some(span) = self.declared.spans.get(&format!("{}.{field}", self.key)).cloned() {
            self.declared.spans.insert(format!("{}.{second}", self.key), span);
        }
    }
}
