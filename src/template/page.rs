//! The page that a rule answers with while its environment sleeps.

use serde_json::Value;

use crate::model::{Problem, RuleAction};

use super::Renderer;
use super::engine::Language;
use super::source::{Explained, problem, workspace_path};

/// Most bytes of a fixed response (`aws.md` 4.1).
const MOST_BYTES: usize = 1024;
/// The content types that a fixed response can have (`aws.md` 4.1).
const CONTENT_TYPES: [&str; 5] = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/// Renders the page for one rule.
pub(super) fn render(renderer: &Renderer<'_>, values: &Value) -> Result<RuleAction, Vec<Problem>> {
    let sleep = &renderer.environment.sleep;
    let mut problems = Vec::new();
    if !CONTENT_TYPES.contains(&sleep.content_type.as_str()) {
        let message = format!("a load balancer cannot answer with content type `{}`", sleep.content_type);
        problems
            .push(renderer.at_spec("TPL051", message, "sleep").help(format!("it knows {}", CONTENT_TYPES.join(", "))));
    }
    if !matches!(sleep.status_code, 200..=299 | 400..=599) {
        let message = format!("a load balancer cannot answer with status {}", sleep.status_code);
        problems.push(renderer.at_spec("TPL051", message, "sleep").help("503 says that the service will be back"));
    }
    let language = match sleep.content_type.as_str() {
        "text/html" => Language::Html,
        "application/json" | "application/javascript" => Language::Json,
        _ => Language::Plain,
    };
    match renderer.render(&sleep.page, language, values) {
        Ok(rendered) if rendered.text.len() > MOST_BYTES => {
            let message =
                format!("the asleep page `{}` has {} bytes", workspace_path(&sleep.page), rendered.text.len());
            let span = rendered.span(MOST_BYTES, MOST_BYTES + 1);
            problems.push(
                problem("TPL051", message, span)
                    .label("over the limit from here")
                    .help(format!("a load balancer answers with at most {MOST_BYTES} bytes")),
            );
        }
        Ok(rendered) if problems.is_empty() => {
            return Ok(RuleAction::FixedResponse {
                status_code: sleep.status_code,
                content_type: sleep.content_type.clone(),
                body: rendered.text,
            });
        }
        Ok(_) => {}
        Err(found) => problems.extend(found),
    }
    Err(problems)
}
