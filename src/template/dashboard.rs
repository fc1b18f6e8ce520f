//! The dashboard: its body as `PutDashboard` takes it, with the mark by which envctl knows it for its own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{DASHBOARD, DashboardDeclaration, DashboardSpec, Environment, Problem, carries, dashboard_mark};

use super::document::Document;
use super::source::{Explained, did_you_mean, line_span, problem};
use super::{Renderer, monitoring};

/// Kinds of widget ("Dashboard Body Structure and Syntax").
const KINDS: [&str; 6] = ["alarm", "custom", "explorer", "log", "metric", "text"];
/// Most widgets of a dashboard (CloudWatch service quotas).
const MOST_WIDGETS: usize = 500;
/// Columns of a dashboard, and the most rows of a widget.
const COLUMNS: u64 = 24;
const MOST_ROWS: u64 = 1000;

/// Renders the dashboard, where one is declared.
pub(super) fn render_all(renderer: &Renderer<'_>, problems: &mut Vec<Problem>) -> BTreeMap<String, DashboardSpec> {
    let mut rendered = BTreeMap::new();
    let Some(dashboard) = &renderer.environment.dashboard else { return rendered };
    match render(renderer, dashboard) {
        Ok(body) => {
            let spec = DashboardSpec { dashboard_name: dashboard.dashboard_name.clone(), body };
            rendered.insert(DASHBOARD.to_owned(), spec);
        }
        Err(found) => {
            let place = renderer.environment.places.get(&format!("dashboard/{DASHBOARD}")).map(line_span);
            problems.extend(found.into_iter().map(|mut problem| {
                problem.span = problem.span.or_else(|| place.clone());
                problem
            }));
        }
    }
    rendered
}

fn render(renderer: &Renderer<'_>, dashboard: &DashboardDeclaration) -> Result<Value, Vec<Problem>> {
    let values = monitoring::of_dashboard(renderer.environment, dashboard);
    let document = renderer.document(&dashboard.template, &values)?;
    let problems = check(&document, renderer.environment);
    if problems.is_empty() { Ok(document.value) } else { Err(problems) }
}

/// What CloudWatch would refuse, or show as broken.
fn check(document: &Document, environment: &Environment) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |path: &str, message: String, help: &str| {
        problems.push(problem("TPL054", message, document.value_span(path)).help(help));
    };
    let Some(widgets) = document.value.get("widgets").and_then(Value::as_array) else {
        refuse("", "a dashboard is an object with a list of widgets".to_owned(), "write { \"widgets\": [ … ] }");
        return problems;
    };
    if widgets.len() > MOST_WIDGETS {
        refuse("widgets", format!("{} widgets, of at most {MOST_WIDGETS}", widgets.len()), "leave some out");
    }
    for (index, widget) in widgets.iter().enumerate() {
        let at = |field: &str| format!("widgets[{index}]{field}");
        let kind = widget["type"].as_str().unwrap_or_default();
        if !KINDS.contains(&kind) {
            refuse(&at(".type"), format!("there is no widget of type `{kind}`"), &did_you_mean(kind, KINDS));
        }
        if !widget["properties"].is_object() {
            refuse(&at(""), "the widget has no properties".to_owned(), "write \"properties\": { … }");
        }
        for (field, least, most) in
            [("width", 1, COLUMNS), ("height", 1, MOST_ROWS), ("x", 0, COLUMNS - 1), ("y", 0, u64::from(u32::MAX))]
        {
            if let Some(value) = widget.get(field)
                && !value.as_u64().is_some_and(|value| (least..=most).contains(&value))
            {
                let help = format!("write a whole number from {least} to {most}");
                refuse(&at(&format!(".{field}")), format!("`{field}` cannot be {value}"), &help);
            }
        }
        let properties = &widget["properties"];
        if kind == "metric" && properties["region"].as_str().is_none() {
            refuse(
                &at(".properties"),
                "a metric widget names its region".to_owned(),
                "write \"region\": \"{{region}}\"",
            );
        }
        if kind == "metric" && properties.get("metrics").is_none() && properties.get("annotations").is_none() {
            let help = "write \"metrics\": [[\"NAMESPACE\", \"METRIC\", \"DIMENSION\", \"VALUE\"]]";
            refuse(&at(".properties"), "the widget shows no metric".to_owned(), help);
        }
        if kind == "text" && properties["markdown"].as_str().is_none() {
            refuse(&at(".properties"), "a text widget has its text".to_owned(), "write \"markdown\": \"…\"");
        }
    }
    if !carries(&document.value, &dashboard_mark(&environment.application, &environment.name)) {
        let help = "write {{dashboard.mark}} into the markdown of a text widget: without it envctl would not know its own \
                    dashboard, and refuse to change it";
        refuse("widgets", "no text of the dashboard carries its mark".to_owned(), help);
    }
    problems
}
