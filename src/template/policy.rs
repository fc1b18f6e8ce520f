//! Rendered task definitions held against the policy of the spec (C3a).
//!
//! | code | breach |
//! |--|--|
//! | `POL001` | debugging is on |
//! | `POL002` | a key out of a tutorial |
//! | `POL003` | a secret in plain text |
//! | `POL004` | an image whose tag moves |
//! | `POL005` | a container without a log |
//! | `POL006` | an image that is not named by its digest |
//! | `POL007` | a container that runs as root |
//! | `POL008` | a container whose root file system can be written |
//! | `POL010` | a required variable is missing |
//! | `POL011` | a forbidden variable |
//! | `POL012` | a variable that must come as a secret, and does not |
//! | `POL013` | a variable with another value than the policy says |

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{Environment, LATE_OPEN, PolicyRule, PolicyRules, Problem, fits_wildcard};

use super::document::Document;
use super::source::{line_span, problem};
use super::{Explained, Renderer, Templates, context, references};

/// Something that a task definition has and the policy does not allow, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// `POL001` ….
    pub code: &'static str,
    /// Where in the document, `containerDefinitions[0].image`.
    pub path: String,
    /// The variable that is to blame; `None`: it is no variable.
    pub variable: Option<String>,
    /// In one sentence, without any value that may be a secret.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The value that is to blame, where it may be a secret: to be taken out of everything that is shown.
    pub hidden: Option<String>,
}

/// The breaches of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyFindings {
    /// Each with its line.
    pub problems: Vec<Problem>,
    /// Values that may be secrets, which stand in the lines to blame.
    pub hidden: Vec<String>,
}

/// Names of variables that switch debugging on.
const DEBUG_NAMES: [&str; 6] = ["DEBUG", "*_DEBUG", "DEBUG_*", "FLASK_ENV", "NODE_ENV", "RAILS_ENV"];
/// Values that leave debugging off.
const OFF: [&str; 9] = ["", "0", "false", "off", "no", "n", "none", "null", "production"];
/// Names of variables that hold secrets.
const SECRET_NAMES: [&str; 10] = [
    "*PASSWORD*",
    "*PASSWD*",
    "*SECRET*",
    "*TOKEN",
    "*_TOKEN_*",
    "*API_KEY*",
    "*PRIVATE_KEY*",
    "*ACCESS_KEY*",
    "*CREDENTIALS*",
    "*SIGNING_KEY*",
];
/// Names that look like secrets and only say where one is or how it is used.
const NO_SECRET_NAMES: [&str; 8] = ["*_ARN", "*_FILE", "*_PATH", "*_NAME", "*_ID", "*_TTL", "*_URL", "*_EXPIRY*"];
/// Beginnings and words of keys that stand in tutorials and project templates.
const DEVELOPMENT_KEYS: [&str; 12] = [
    "django-insecure-*",
    "insecure*",
    "changeme*",
    "change-me*",
    "change_me*",
    "dev-*",
    "development*",
    "*your-secret*",
    "secret",
    "secretkey",
    "test*key*",
    "password*",
];

/// Every breach of a task definition. `main` is the container that must have the required variables; `None`: none must.
pub fn breaches(document: &Value, main: Option<&str>, rules: &PolicyRules) -> Vec<Breach> {
    let containers = document["containerDefinitions"].as_array().into_iter().flatten().enumerate();
    let mut found = Vec::new();
    for (index, container) in containers {
        let path = format!("containerDefinitions[{index}]");
        let name = container["name"].as_str().unwrap_or_default().to_owned();
        let mut look = Look { container, path, name, rules, found: &mut found };
        look.variables();
        if main == Some(look.name.as_str()) {
            look.required();
        }
        look.image();
        look.rest();
    }
    found
}

struct Look<'a> {
    container: &'a Value,
    path: String,
    name: String,
    rules: &'a PolicyRules,
    found: &'a mut Vec<Breach>,
}

impl Look<'_> {
    fn add(
        &mut self,
        code: &'static str,
        field: &str,
        variable: Option<&str>,
        message: String,
        help: impl Into<String>,
    ) {
        let path = if field.is_empty() { self.path.clone() } else { format!("{}.{field}", self.path) };
        self.found.push(Breach {
            code,
            path,
            variable: variable.map(str::to_owned),
            message,
            help: help.into(),
            hidden: None,
        });
    }

    fn holds(&self, rule: PolicyRule) -> bool {
        self.rules.rules.contains(&rule)
    }

    fn variables(&mut self) {
        let container = self.container;
        let plain = container["environment"].as_array().into_iter().flatten().enumerate();
        for (index, variable) in plain {
            let name = variable["name"].as_str().unwrap_or_default();
            let value = variable["value"].as_str().unwrap_or_default();
            self.plain(&format!("environment[{index}]"), name, value);
        }
        let secrets = container["secrets"].as_array().into_iter().flatten().enumerate();
        for (index, secret) in secrets {
            let name = secret["name"].as_str().unwrap_or_default();
            self.forbidden(&format!("secrets[{index}]"), name);
        }
    }

    fn plain(&mut self, field: &str, name: &str, value: &str) {
        self.forbidden(field, name);
        let is_secret = |names: &[&str]| names.iter().any(|pattern| fits_wildcard(pattern, &name.to_uppercase()));
        let looks_secret = is_secret(&SECRET_NAMES) && !is_secret(&NO_SECRET_NAMES);
        let remedy =
            format!("take `{name}` out of the plain variables and give it under `secrets`, from Secrets Manager");
        if self.rules.secret.iter().any(|pattern| fits_wildcard(pattern, name)) {
            self.add("POL012", field, Some(name), format!("variable `{name}` must come as a secret"), remedy);
        } else if self.holds(PolicyRule::PlainSecrets) && looks_secret && !value.is_empty() {
            let message = format!("variable `{name}` looks like a secret in plain text");
            self.add("POL003", field, Some(name), message, remedy);
        }
        let lowered = value.trim().to_lowercase();
        let is_debug = DEBUG_NAMES.iter().any(|pattern| fits_wildcard(pattern, &name.to_uppercase()));
        let is_mode = name.to_uppercase().ends_with("_ENV");
        let is_on = if is_mode { lowered.starts_with("dev") } else { !OFF.contains(&lowered.as_str()) };
        if self.holds(PolicyRule::Debug) && is_debug && is_on {
            let message = format!("debugging is on: variable `{name}`");
            self.add("POL001", field, Some(name), message, format!("take `{name}` out, or switch it off"));
        }
        let holds_key = looks_secret || name.to_uppercase().ends_with("KEY");
        let is_tutorial = DEVELOPMENT_KEYS.iter().any(|pattern| fits_wildcard(pattern, &lowered));
        if self.holds(PolicyRule::DevelopmentKeys)
            && ((holds_key && is_tutorial) || lowered.starts_with("django-insecure-"))
        {
            let message = format!("variable `{name}` holds a key out of a tutorial or a project template");
            self.add("POL002", field, Some(name), message, "make a key of its own, and keep it in Secrets Manager");
        }
        if let Some(wanted) = self.rules.values.get(name).filter(|wanted| !wanted.holds(Some(value))) {
            // What the policy wants may be told; what stands there may be a secret.
            let message = format!("variable `{name}` is not {wanted}");
            self.add("POL013", field, Some(name), message, "give it the value that the policy says");
        }
        for breach in self.found.iter_mut().filter(|breach| breach.variable.as_deref() == Some(name)) {
            if matches!(breach.code, "POL002" | "POL003" | "POL012" | "POL013") && !value.is_empty() {
                breach.hidden = Some(value.to_owned());
            }
        }
    }

    fn forbidden(&mut self, field: &str, name: &str) {
        if self.rules.forbidden.iter().any(|pattern| fits_wildcard(pattern, name)) {
            let message = format!("variable `{name}` is forbidden");
            self.add("POL011", field, Some(name), message, "take it out");
        }
    }

    fn required(&mut self) {
        let container = self.container;
        let lists = ["environment", "secrets"].into_iter().filter_map(|field| container[field].as_array()).flatten();
        let has: Vec<(&str, bool)> = lists
            .map(|variable| (variable["name"].as_str().unwrap_or_default(), variable["value"].as_str() == Some("")))
            .collect();
        for wanted in &self.rules.required.clone() {
            let message = match has.iter().find(|(name, _)| name == wanted) {
                Some((_, false)) => continue,
                Some((_, true)) => format!("variable `{wanted}` is required, and empty"),
                None => format!("variable `{wanted}` is required, and container `{}` has none", self.name),
            };
            self.add("POL010", "", None, message, "give it under `environment`, or in the template under `secrets`");
        }
    }

    fn image(&mut self) {
        let image = self.container["image"].as_str().unwrap_or_default();
        if image.is_empty() || image.contains(LATE_OPEN) {
            return;
        }
        let is_digest = image.contains("@sha256:");
        let tag = image.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
        if self.holds(PolicyRule::Digest) && !is_digest {
            let message = format!("image `{image}` is not named by its digest");
            self.add(
                "POL006",
                "image",
                None,
                message,
                "write REPOSITORY@sha256:…, as `docker images --digests` shows it",
            );
        } else if self.holds(PolicyRule::MovingTags) && !is_digest && matches!(tag, None | Some("latest" | "")) {
            let message = match tag {
                None | Some("") => format!("image `{image}` has no tag, which means `latest`"),
                Some(_) => format!("image `{image}` is tagged `latest`, which moves"),
            };
            let help = "name the version: a tag that is never used again, or a digest";
            self.add("POL004", "image", None, message, help);
        }
    }

    fn rest(&mut self) {
        let name = self.name.clone();
        if self.holds(PolicyRule::Logs) && self.container["logConfiguration"].is_null() {
            let message = format!("container `{name}` writes no log");
            self.add("POL005", "", None, message, "give it a `logConfiguration`");
        }
        if self.holds(PolicyRule::NonRoot) {
            let user = self.container["user"].as_str().unwrap_or_default();
            let message = match user.split(':').next().unwrap_or_default() {
                "" => Some(format!("container `{name}` leaves its user to the image, which may be root")),
                "0" | "root" => Some(format!("container `{name}` runs as root")),
                _ => None,
            };
            let field = if user.is_empty() { "" } else { "user" };
            if let Some(message) = message {
                self.add("POL007", field, None, message, "write \"user\": \"1000:1000\", a user that the image has");
            }
        }
        if self.holds(PolicyRule::ReadOnlyRoot) && self.container["readonlyRootFilesystem"] != true {
            let message = format!("the root file system of container `{name}` can be written");
            let help = "write \"readonlyRootFilesystem\": true, and mount what must be written";
            self.add("POL008", "", None, message, help);
        }
    }
}

/// Every breach of an environment's task definitions. Templates that cannot be rendered are passed over: their problems
/// are [`desired`](super::desired)'s to tell.
pub fn policy(environment: &Environment, templates: &Templates) -> PolicyFindings {
    let mut findings = PolicyFindings::default();
    let Some(rules) = &environment.policy else { return findings };
    let references = std::sync::Arc::new(references::References::of(environment));
    let renderer = Renderer { environment, templates, references };
    for (name, service) in &environment.services {
        let values = context::of_service(environment, name, service);
        let Ok(document) = renderer.document(&service.template, &values) else { continue };
        let found = breaches(&document.value, Some(&service.container), rules);
        findings.add(environment, Some(&document), &format!("service/{name}"), found);
    }
    for (name, task) in &environment.tasks {
        let owner = format!("task/{name}");
        match &task.template {
            Some(template) => {
                let values = context::of_task(environment, name, task);
                let Ok(document) = renderer.document(template, &values) else { continue };
                findings.add(environment, Some(&document), &owner, breaches(&document.value, None, rules));
            }
            None => findings.add(environment, None, &owner, of_variables(&task.environment, rules)),
        }
    }
    let problems = &mut findings.problems;
    problems.sort_by(|left, right| {
        (&left.span, &left.code, &left.message).cmp(&(&right.span, &right.code, &right.message))
    });
    problems.dedup();
    findings
}

/// What a task adds to the variables of its service.
fn of_variables(variables: &BTreeMap<String, String>, rules: &PolicyRules) -> Vec<Breach> {
    let variable = |(name, value): (&String, &String)| json!({ "name": name, "value": value });
    let list: Vec<Value> = variables.iter().map(variable).collect();
    let document = json!({ "containerDefinitions": [{ "name": "", "environment": list }] });
    breaches(&document, None, rules).into_iter().filter(|breach| breach.variable.is_some()).collect()
}

impl PolicyFindings {
    /// Adds breaches, each at the line of the spec that says it, else at that of the template.
    fn add(&mut self, environment: &Environment, document: Option<&Document>, owner: &str, found: Vec<Breach>) {
        for breach in found {
            let is_spec_image =
                breach.path.ends_with(".image") && document.is_some_and(|document| !document.is_verbatim(&breach.path));
            let field = match &breach.variable {
                Some(variable) => Some(format!("{owner}.environment.{variable}")),
                None => is_spec_image.then(|| format!("{owner}.image")),
            };
            let in_spec = field.and_then(|field| environment.places.get(&field)).map(line_span);
            let in_template = document.and_then(|document| document.value_span(&breach.path));
            self.hidden.extend(breach.hidden);
            self.problems.push(problem(breach.code, breach.message, in_spec.or(in_template)).help(breach.help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(container: Value, rules: &PolicyRules) -> Vec<&'static str> {
        let document = json!({ "containerDefinitions": [container] });
        breaches(&document, Some("app"), rules).into_iter().map(|breach| breach.code).collect()
    }

    fn usual() -> PolicyRules {
        PolicyRules {
            rules: PolicyRule::ALL.into_iter().filter(|rule| rule.is_usual()).collect(),
            ..PolicyRules::default()
        }
    }

    fn with_variable(name: &str, value: &str) -> Value {
        json!({"name": "app", "image": "shop:1.2", "logConfiguration": {}, "environment": [{"name": name, "value": value}]})
    }

    #[test]
    fn debugging_and_development_keys_are_found_and_ordinary_settings_are_not() {
        let check = |name: &str, value: &str, wanted: &[&str]| {
            assert_eq!(codes(with_variable(name, value), &usual()), wanted, "{name}={value}");
        };
        check("DEBUG", "True", &["POL001"]);
        check("DJANGO_DEBUG", "1", &["POL001"]);
        check("DEBUG", "False", &[]);
        check("NODE_ENV", "development", &["POL001"]);
        check("NODE_ENV", "production", &[]);
        check("SECRET_KEY", "django-insecure-abc", &["POL003", "POL002"]);
        check("ENCRYPTION_KEY", "changeme", &["POL002"]);
        check("DATABASE_PASSWORD", "hunter2", &["POL003"]);
        check("PASSWORD_FILE", "/run/secrets/x", &[]);
        check("SECRET_ARN", "arn:aws:secretsmanager:x", &[]);
        check("ENVIRONMENT", "staging", &[]);
    }

    #[test]
    fn images_whose_tag_moves_are_found() {
        let image = |image: &str| codes(json!({"name": "app", "image": image, "logConfiguration": {}}), &usual());
        assert_eq!(image("registry:5000/shop"), ["POL004"]);
        assert_eq!(image("shop:latest"), ["POL004"]);
        assert!(image("registry:5000/shop:1.2").is_empty() && image("shop@sha256:abc").is_empty());
    }

    #[test]
    fn what_the_spec_demands_is_held() {
        let comparison = |text: &str| text.parse().unwrap();
        let rules = PolicyRules {
            required: vec!["ALLOWED_HOSTS".to_owned(), "SECRET_KEY".to_owned()],
            forbidden: vec!["AWS_*".to_owned()],
            secret: vec!["STRIPE_*".to_owned()],
            values: [("ENVIRONMENT".to_owned(), comparison("staging"))].into(),
            rules: vec![PolicyRule::Digest, PolicyRule::NonRoot, PolicyRule::ReadOnlyRoot],
        };
        let bad = json!({
            "name": "app", "image": "shop:1", "user": "root",
            "environment": [
                {"name": "AWS_PROFILE", "value": "x"}, {"name": "STRIPE_KEY", "value": "hunter2"},
                {"name": "ENVIRONMENT", "value": "production"}, {"name": "ALLOWED_HOSTS", "value": ""},
            ],
        });
        let wanted = ["POL011", "POL012", "POL013", "POL010", "POL010", "POL006", "POL007", "POL008"];
        assert_eq!(codes(bad.clone(), &rules), wanted);
        let told = breaches(&json!({ "containerDefinitions": [bad] }), None, &rules);
        assert!(told.iter().all(|breach| !breach.message.contains("hunter2")));
        let good = json!({
            "name": "app", "image": "shop@sha256:abc", "user": "1000", "readonlyRootFilesystem": true,
            "environment": [{"name": "ENVIRONMENT", "value": "staging"}, {"name": "ALLOWED_HOSTS", "value": "a"}],
            "secrets": [{"name": "SECRET_KEY", "valueFrom": "arn"}, {"name": "STRIPE_KEY", "valueFrom": "arn"}],
        });
        assert!(codes(good, &rules).is_empty());
    }
}
