//! Changing single values of a spec file and nothing else: formatting, comments and every other byte stay.

use std::collections::BTreeMap;

use super::node::{Content, Node};
use super::problems::Problems;
use super::{Files, extends};
use crate::model::Span;

/// A value of a spec, by the keys that lead to it, and what should stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// `["services", "backend", "cpu"]`.
    pub path: Vec<String>,
    /// The new value as it would be written without a unit: `1024`.
    pub value: String,
}

/// One value that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Where it stands, in the file that declares it.
    pub span: Span,
    /// The text there, quotes included.
    pub old: String,
    /// The text that takes its place.
    pub new: String,
}

/// Why a value is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No file says it; a default holds.
    #[error("no spec says `{0}`: its default holds")]
    NotWritten(String),
    /// It is no single value, or stands there through an alias.
    #[error("{}:{}: `{path}` is not written there as a plain value", .span.file, .span.line)]
    NotPlain {
        /// Keys joined by dots.
        path: String,
        /// Where.
        span: Box<Span>,
    },
    /// The spec cannot be read.
    #[error("the spec has problems: `envctl validate` tells them")]
    Unreadable,
}

/// The edits that make the wishes true, in the files that declare the values; those that are true already need none.
///
/// # Errors
/// The first wish that cannot be written.
pub fn edits(name: &str, files: &dyn Files, wishes: &[Wish]) -> Result<Vec<Edit>, EditError> {
    let mut problems = Problems::default();
    let root =
        extends::load(name, files, &mut problems).filter(|_| problems.is_empty()).ok_or(EditError::Unreadable)?;
    let mut edits = Vec::new();
    for wish in wishes {
        edits.extend(edit(&root.node, files, wish)?);
    }
    Ok(edits)
}

fn edit(root: &Node, files: &dyn Files, wish: &Wish) -> Result<Option<Edit>, EditError> {
    let path = wish.path.join(".");
    let mut node = root;
    for key in &wish.path {
        node = &node.get(key).ok_or_else(|| EditError::NotWritten(path.clone()))?.value;
    }
    let span = node.span.clone();
    let not_plain = || EditError::NotPlain { path: path.clone(), span: Box::new(span.clone()) };
    let Content::Scalar { text, .. } = &node.content else { return Err(not_plain()) };
    let written = files.text(&span.file).and_then(|file| file.get(span.start..span.end)).ok_or_else(not_plain)?;
    let bare = written.trim_end();
    let quote =
        ["\"", "'"].into_iter().find(|quote| bare.starts_with(quote) && bare.ends_with(quote) && bare.len() > 1);
    let inside = quote.map_or(bare, |quote| bare.trim_matches(|letter| quote.starts_with(letter)));
    if inside != text {
        return Err(not_plain());
    }
    let value = in_the_same_unit(inside, &wish.value);
    if value == inside {
        return Ok(None);
    }
    let quote = quote.unwrap_or_default();
    let span = Span { end: span.start + bare.len(), ..span };
    Ok(Some(Edit { span, old: bare.to_owned(), new: format!("{quote}{value}{quote}") }))
}

/// `1024` written as the old text was: `0.5 vCPU` becomes `1 vCPU`, `8 GiB` becomes `3 GiB`. Numbers that do not come
/// out even, and everything else, are written as they are.
fn in_the_same_unit(old: &str, value: &str) -> String {
    let unit = old.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let Some(number) = value.parse::<u64>().ok().filter(|_| !unit.is_empty()) else { return value.to_owned() };
    match unit.trim().to_ascii_lowercase().as_str() {
        "mib" | "mb" => format!("{number}{unit}"),
        "gib" | "gb" if number.is_multiple_of(1024) => format!("{}{unit}", number / 1024),
        "vcpu" => match (number / 1024, number % 1024) {
            (whole, 0) => format!("{whole}{unit}"),
            (0, 512) => format!("0.5{unit}"),
            (0, 256) => format!("0.25{unit}"),
            _ => value.to_owned(),
        },
        _ => value.to_owned(),
    }
}

/// The files with these edits made, by path; only the files that change.
pub fn edited(files: &dyn Files, edits: &[Edit]) -> BTreeMap<String, String> {
    let mut later_first: Vec<&Edit> = edits.iter().collect();
    later_first.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut changed: BTreeMap<String, String> = BTreeMap::new();
    for edit in later_first {
        let Some(text) = changed.remove(&edit.span.file).or_else(|| files.text(&edit.span.file).map(str::to_owned))
        else {
            continue;
        };
        let (before, after) = (text.get(..edit.span.start), text.get(edit.span.end..));
        let new = before.zip(after).map(|(before, after)| format!("{before}{}{after}", edit.new));
        changed.insert(edit.span.file.clone(), new.unwrap_or(text));
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wishes: &[(&str, &str)]) -> Result<String, EditError> {
        let files = BTreeMap::from([("environments/a.yaml".to_owned(), text.to_owned())]);
        let wish = |(path, value): &(&str, &str)| Wish {
            path: path.split('.').map(str::to_owned).collect(),
            value: (*value).to_owned(),
        };
        let wishes: Vec<Wish> = wishes.iter().map(wish).collect();
        let edits = edits("a", &files, &wishes)?;
        Ok(edited(&files, &edits).remove("environments/a.yaml").unwrap_or_else(|| text.to_owned()))
    }

    #[test]
    fn only_the_value_changes_and_keeps_its_quotes_and_unit() {
        let text =
            "# ä comment\nservices:\n  web:   {cpu: 0.5 vCPU, memory: '2 GiB'}  # small\n  b:\n    cpu: 512 # x\n";
        let wishes = [("services.web.cpu", "1024"), ("services.web.memory", "3072"), ("services.b.cpu", "2048")];
        let expected =
            "# ä comment\nservices:\n  web:   {cpu: 1 vCPU, memory: '3 GiB'}  # small\n  b:\n    cpu: 2048 # x\n";
        assert_eq!(check(text, &wishes), Ok(expected.to_owned()));
        assert_eq!(check("cpu: \"512\"\n", &[("cpu", "1024")]), Ok("cpu: \"1024\"\n".to_owned()));
        assert_eq!(
            check("class: db.t4g.small\r\n", &[("class", "db.t4g.micro")]),
            Ok("class: db.t4g.micro\r\n".to_owned())
        );
        assert_eq!(check("cpu: 512\n", &[("cpu", "512")]), Ok("cpu: 512\n".to_owned()));
        assert_eq!(check("t: 10 MiB/s\n", &[("t", "elastic")]), Ok("t: elastic\n".to_owned()));
        assert_eq!(check("m: 8 GB\n", &[("m", "512")]), Ok("m: 512\n".to_owned()));
    }

    #[test]
    fn what_is_not_written_as_a_plain_value_is_refused_with_its_place() {
        assert_eq!(check("a: 1\n", &[("b", "2")]), Err(EditError::NotWritten("b".to_owned())));
        let aliased = check("x: &size 512\na:\n  cpu: *size\n", &[("a.cpu", "1024")]).unwrap_err();
        assert_eq!(aliased.to_string(), "environments/a.yaml:3: `a.cpu` is not written there as a plain value");
        assert!(check("a: [1]\n", &[("a", "2")]).is_err());
        assert!(check("a: |\n  512\n", &[("a", "2")]).is_err());
    }
}
