//! Checks against real servers on loopback, started by the tests: good ones, and every way in which a server can be
//! bad. Each server has its thread; nothing is timed.

mod before_and_after;
mod http;
mod load;
mod postgres;
mod secrets;
pub(crate) mod server;
mod tls;
mod web_socket;
mod webhook;

use serde_json::Value;

use crate::support::TestEnvironment;

/// A workspace whose staging has these checks, each a name and its YAML in one line.
pub(crate) fn with_checks(checks: &[(&str, String)]) -> TestEnvironment {
    let environment = TestEnvironment::new();
    let lines: String = checks.iter().map(|(name, yaml)| format!("  {name}: {yaml}\n")).collect();
    environment.edit("environments/staging.yaml", "\nsleep:\n", &format!("\nchecks:\n{lines}\nsleep:\n"));
    environment
}

/// What `verify` says of each check.
pub(crate) struct Verified {
    pub(crate) code: i32,
    pub(crate) text: String,
    value: Value,
}

impl Verified {
    /// Runs `verify` in this workspace.
    pub(crate) fn of(environment: &TestEnvironment, more: &[&str]) -> Self {
        let answer = environment.run(&[&["verify", "staging", "-o", "json"], more].concat());
        let value = serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer}"));
        Self { code: answer.code, text: format!("{}{}", answer.stdout, answer.stderr), value }
    }

    /// One check.
    pub(crate) fn check(&self, name: &str) -> &Value {
        let checks = self.value["checks"].as_array().expect("checks");
        checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {}", self.text))
    }

    /// Is the verdict so, and does a problem (or the summary) hold these words?
    pub(crate) fn expect(&self, name: &str, verdict: &str, words: &str) {
        let check = self.check(name);
        assert_eq!(check["verdict"], verdict, "{name}: {check:#}");
        let told = format!("{} {}", check["summary"], check["problems"]);
        assert!(told.contains(words), "{name} does not say `{words}`: {check:#}");
    }
}
