//! Templates that envctl brings along: the record of a release and its announcements. A workspace has its own by having a
//! file of the same name.

use std::sync::Arc;

use serde_json::Value;

use crate::model::Problem;

use super::Templates;
use super::engine::{self, Language};
use super::references::References;

/// The record of a release, as Markdown.
pub const RECORD: &str = "record.md.hbs";
/// The announcements of a release: before it, between deployment and end, after it, and when it did not succeed.
pub const ANNOUNCEMENTS: [&str; 4] =
    ["notify/before.hbs", "notify/during.hbs", "notify/after.hbs", "notify/incident.hbs"];

const SHIPPED: [(&str, &str); 5] = [
    (RECORD, include_str!("../../templates/record.md.hbs")),
    ("notify/before.hbs", include_str!("../../templates/notify/before.hbs")),
    ("notify/during.hbs", include_str!("../../templates/notify/during.hbs")),
    ("notify/after.hbs", include_str!("../../templates/notify/after.hbs")),
    ("notify/incident.hbs", include_str!("../../templates/notify/incident.hbs")),
];

/// Renders a text about a release: with the workspace's template of this path, else with the one that envctl brings
/// along.
///
/// # Errors
/// All problems of the template.
pub fn text(templates: &Templates, path: &str, language: Language, values: &Value) -> Result<String, Vec<Problem>> {
    let mut all: Templates = SHIPPED.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    all.extend(templates.clone());
    let references = Arc::new(References::default());
    engine::render(&all, path, language, values, &references).map(|rendered| rendered.text)
}
