//! A rendered task definition held against the spec, and against what Fargate does with it.
//!
//! The shape check comes first: what is read here has the right type, or is not there.

use serde_json::Value;

use crate::model::{Architecture, Environment, Place, Problem, ServiceDeclaration};

use super::document::Document;
use super::source::{Explained, problem};

mod containers;
mod logs;
mod network;
mod roles;
mod sizes;
mod volumes;

/// What the document has to agree with.
pub(super) struct Expected<'a> {
    /// The environment.
    pub(super) environment: &'a Environment,
    /// Family.
    pub(super) family: &'a str,
    /// The container that gets the traffic (or whose exit code counts).
    pub(super) container: &'a str,
    /// The service; `None`: the own template of a one-off task.
    pub(super) service: Option<(&'a str, &'a ServiceDeclaration)>,
}

impl<'a> Expected<'a> {
    /// Where the spec declares a field of the service.
    fn place(&self, field: &str) -> Option<&'a Place> {
        let (name, _) = self.service?;
        let exact = self.environment.places.get(&format!("service/{name}.{field}"));
        exact.or_else(|| self.environment.places.get(&format!("service/{name}")))
    }

    fn port(&self) -> Option<u16> {
        self.service.and_then(|(_, service)| service.port)
    }

    fn architecture(&self) -> Option<Architecture> {
        self.service.map(|(_, service)| service.architecture)
    }
}

/// Everything in which the document contradicts the spec, Fargate, or itself.
pub(super) fn check(document: &Document, expected: &Expected<'_>) -> Vec<Problem> {
    let mut check = Check { document, expected, problems: Vec::new() };
    check.family();
    check.sizes();
    check.network();
    check.containers();
    check.roles();
    check.volumes();
    check.logs();
    check.problems
}

struct Check<'a> {
    document: &'a Document,
    expected: &'a Expected<'a>,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    /// Reports a problem with the value of a path.
    fn refuse(&mut self, code: &str, path: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(problem(code, message, self.document.value_span(path)).help(help));
    }

    /// Reports that the document says something else than the spec.
    fn contradicts(&mut self, path: &str, field: &str, message: impl Into<String>, help: impl Into<String>) {
        let place = self.expected.place(field);
        let problem = problem("TPL040", message, self.document.value_span(path)).help(help);
        self.problems.push(problem.related(place, "declared here"));
    }

    fn field(&self, name: &str) -> Option<&'a Value> {
        self.document.value.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.field(name).and_then(Value::as_str)
    }

    /// The containers with their paths.
    fn each_container(&self) -> Vec<(String, &'a Value)> {
        items(&self.document.value, "containerDefinitions", "containerDefinitions")
    }

    fn family(&mut self) {
        if let Some(family) = self.text("family").filter(|family| *family != self.expected.family) {
            let help = "write {{service.family}}, or leave it out";
            self.contradicts(
                "family",
                "family",
                format!("the family is `{}` in the spec, and `{family}` here", self.expected.family),
                help,
            );
        }
    }
}

/// The items of a list field with their paths.
fn items<'a>(owner: &'a Value, field: &str, path: &str) -> Vec<(String, &'a Value)> {
    let list = owner.get(field).and_then(Value::as_array);
    list.into_iter().flatten().enumerate().map(|(index, item)| (format!("{path}[{index}]"), item)).collect()
}

/// The text of a field.
fn text_of<'a>(owner: &'a Value, field: &str) -> Option<&'a str> {
    owner.get(field).and_then(Value::as_str)
}
