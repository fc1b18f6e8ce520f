//! The pages that a rule answers with while its environment sleeps, and during maintenance.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::{LATE_OPEN, PageSpec, Problem, RuleAction};

use super::engine::Language;
use super::source::{Explained, problem, workspace_path};
use super::{Renderer, Templates};

/// Most bytes of a fixed response (`aws.md` 4.1).
const MOST_BYTES: usize = 1024;
/// The content types that a fixed response can have (`aws.md` 4.1).
const CONTENT_TYPES: [&str; 5] = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// While the environment sleeps.
    Asleep,
    /// During maintenance.
    Maintenance,
}

impl Page {
    /// Its word in messages.
    fn word(self) -> &'static str {
        match self {
            Self::Asleep => "asleep",
            Self::Maintenance => "maintenance",
        }
    }

    /// Its section of the spec.
    fn section(self) -> &'static str {
        match self {
            Self::Asleep => "sleep",
            Self::Maintenance => "maintenance",
        }
    }
}

/// The template of the maintenance page, for workspaces that are older than it.
const SHIPPED: (&str, &str) = ("maintenance.html.hbs", include_str!("../../templates/maintenance.html.hbs"));

/// The templates with the shipped maintenance page, where the workspace has none.
pub(super) fn with_shipped(templates: &Templates) -> Cow<'_, Templates> {
    let (path, text) = SHIPPED;
    if templates.contains_key(path) {
        return Cow::Borrowed(templates);
    }
    let mut all = templates.clone();
    all.insert(path.to_owned(), text.to_owned());
    Cow::Owned(all)
}

/// Renders the page for one rule; one with problems is empty.
pub(super) fn render(renderer: &Renderer<'_>, page: Page, values: &Value, problems: &mut Vec<Problem>) -> RuleAction {
    let spec = match page {
        Page::Asleep => &renderer.environment.sleep.page,
        Page::Maintenance => &renderer.environment.maintenance,
    };
    let rendered = one(renderer, page, spec, values).unwrap_or_else(|found| {
        problems.extend(found);
        RuleAction::FixedResponse { status_code: 503, content_type: "text/plain".to_owned(), body: String::new() }
    });
    if matches!(&rendered, RuleAction::FixedResponse { body, .. } if body.contains(LATE_OPEN)) {
        let message = format!("the {} page shows a value known late", page.word());
        problems.push(renderer.at_spec("TPL051", message, page.section()));
    }
    rendered
}

fn one(renderer: &Renderer<'_>, page: Page, spec: &PageSpec, values: &Value) -> Result<RuleAction, Vec<Problem>> {
    let section = page.section();
    let mut problems = Vec::new();
    if !CONTENT_TYPES.contains(&spec.content_type.as_str()) {
        let message = format!("a load balancer cannot answer with content type `{}`", spec.content_type);
        problems
            .push(renderer.at_spec("TPL051", message, section).help(format!("it knows {}", CONTENT_TYPES.join(", "))));
    }
    if !matches!(spec.status_code, 200..=299 | 400..=599) {
        let message = format!("a load balancer cannot answer with status {}", spec.status_code);
        problems.push(renderer.at_spec("TPL051", message, section).help("503 says that the service will be back"));
    }
    let language = match spec.content_type.as_str() {
        "text/html" => Language::Html,
        "application/json" | "application/javascript" => Language::Json,
        _ => Language::Plain,
    };
    match renderer.render(&spec.template, language, values) {
        Ok(rendered) if rendered.text.len() > MOST_BYTES => {
            let message = format!(
                "the {} page `{}` has {} bytes",
                page.word(),
                workspace_path(&spec.template),
                rendered.text.len()
            );
            let span = rendered.span(MOST_BYTES, MOST_BYTES + 1);
            problems.push(
                problem("TPL051", message, span)
                    .label("over the limit from here")
                    .help(format!("a load balancer answers with at most {MOST_BYTES} bytes")),
            );
        }
        Ok(rendered) if problems.is_empty() => {
            return Ok(RuleAction::FixedResponse {
                status_code: spec.status_code,
                content_type: spec.content_type.clone(),
                body: rendered.text,
            });
        }
        Ok(_) => {}
        Err(found) => problems.extend(found),
    }
    Err(problems)
}
