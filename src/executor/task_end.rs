//! The verdict about a one-off task: its exit code, and what its output must and must not say.

use std::time::Duration;

use regex_lite::Regex;

use super::evidence;
use super::wait::{Context, Verdict};
use crate::model::{Facts, Failure, FailureKind, LiveContainer, LiveTask, ResourceKey, fact_name};

/// How long after its end the output of a task may still be on its way into the log.
const OUTPUT_LAG: Duration = Duration::from_secs(30);
/// Lines of output that are kept as evidence.
const LINES_KEPT: usize = 20;

/// What the output of a task must show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    /// Patterns of which each must match a line.
    pub(super) expect: &'a [String],
    /// Patterns of which none may match a line.
    pub(super) reject: &'a [String],
}

/// Has the task stopped with exit code 0 of this container, and with the output that is expected?
pub(super) fn task_succeeded(
    key: &ResourceKey,
    task: &LiveTask,
    container: &str,
    expected: &Expected<'_>,
    context: &Context<'_>,
) -> Verdict {
    if task.last_status != "STOPPED" {
        return Verdict::not_yet(task.last_status.clone());
    }
    let found = task.containers.iter().find(|known| known.name == container);
    let exit = found.and_then(|container| container.exit_code);
    if exit != Some(0) {
        let how = exit.map_or_else(|| "without an exit code".to_owned(), |code| format!("with exit code {code}"));
        return failed(task, format!("{key} stopped: container {container} ended {how}"), Vec::new());
    }
    let lines = found.map(|container| container.log_lines.as_slice()).unwrap_or_default();
    if let Some((pattern, line)) = rejected(expected.reject, lines) {
        let message = format!("{key} ended with exit code 0, but its output matches `{pattern}`");
        return failed(task, message, vec![format!("output: {line}")]);
    }
    let missing: Vec<&String> = expected.expect.iter().filter(|pattern| matching(pattern, lines).is_none()).collect();
    if let Some(pattern) = missing.first() {
        if context.still.is_some_and(|still| still < OUTPUT_LAG) {
            return Verdict::not_yet("stopped; its output is still on its way");
        }
        let message = format!("{key} ended with exit code 0, but no line of its output matches `{pattern}`");
        return failed(task, message, last_lines(lines));
    }
    Verdict::Done(facts(key, task, expected, lines))
}

fn facts(key: &ResourceKey, task: &LiveTask, expected: &Expected<'_>, lines: &[String]) -> Facts {
    let mut facts =
        Facts::from([(fact_name(key, "arn"), task.arn.clone()), (fact_name(key, "exit_code"), "0".to_owned())]);
    let shown: Vec<&str> = match expected.expect {
        [] => lines.last().map(String::as_str).into_iter().collect(),
        patterns => patterns.iter().filter_map(|pattern| matching(pattern, lines)).collect(),
    };
    if !shown.is_empty() {
        facts.insert(fact_name(key, "output"), shown.join("\n"));
    }
    if !lines.is_empty() {
        facts.insert(fact_name(key, "last_lines"), lines[lines.len().saturating_sub(LINES_KEPT)..].join("\n"));
    }
    facts
}

/// The first line that a pattern matches. A pattern that is none (the spec is checked for that) matches nothing.
fn matching<'a>(pattern: &str, lines: &'a [String]) -> Option<&'a str> {
    let pattern = Regex::new(pattern).ok()?;
    lines.iter().find(|line| pattern.is_match(line)).map(String::as_str)
}

fn rejected<'a>(patterns: &'a [String], lines: &'a [String]) -> Option<(&'a str, &'a str)> {
    patterns.iter().find_map(|pattern| matching(pattern, lines).map(|line| (pattern.as_str(), line)))
}

fn last_lines(lines: &[String]) -> Vec<String> {
    match lines {
        [] => vec!["its log holds no line".to_owned()],
        lines => lines[lines.len().saturating_sub(LINES_KEPT)..].iter().map(|line| format!("output: {line}")).collect(),
    }
}

fn failed(task: &LiveTask, message: String, mut evidence: Vec<String>) -> Verdict {
    let quiet = |container: &LiveContainer| container.log_lines.is_empty();
    if evidence.is_empty() || task.containers.iter().all(quiet) {
        evidence.extend(evidence::about_task(task));
    }
    Verdict::Failed(Failure { kind: FailureKind::TaskFailed, message, evidence, hint: evidence::hint_for_task(task) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResourceKind;

    fn judge(lines: &[&str], expect: &[&str], reject: &[&str], still: u64) -> Verdict {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        let task: LiveTask = serde_json::from_value(serde_json::json!({
            "arn": "arn:task/1", "task_definition": "td", "last_status": "STOPPED",
            "stop_code": "EssentialContainerExited", "stopped_reason": "Essential container in task exited",
            "containers": [{"name": "app", "exit_code": 0, "reason": null, "log_lines": lines}], "stopped_at": null
        }))
        .unwrap();
        let (expect, reject) = (owned(expect), owned(reject));
        let context = Context { still: Some(Duration::from_secs(still)), ..Context::default() };
        let key = ResourceKey::new(ResourceKind::Task, "migrate");
        task_succeeded(&key, &task, "app", &Expected { expect: &expect, reject: &reject }, &context)
    }

    #[test]
    fn the_output_must_say_what_is_expected_and_the_line_is_kept() {
        let Verdict::Done(facts) = judge(&["begin", "Created: 60, Errors: 0"], &["Errors: 0$"], &["Traceback"], 0)
        else {
            panic!("it says so")
        };
        assert_eq!(facts["task/migrate.output"], "Created: 60, Errors: 0");
        assert_eq!(facts["task/migrate.last_lines"], "begin\nCreated: 60, Errors: 0");
    }

    #[test]
    fn output_that_does_not_say_so_is_awaited_for_a_while_and_then_a_failure() {
        let lines = ["Created: 58, Errors: 2"];
        assert!(matches!(judge(&lines, &["Errors: 0$"], &[], 5), Verdict::NotYet(_)));
        let Verdict::Failed(failure) = judge(&lines, &["Errors: 0$"], &[], 31) else { panic!("it has errors") };
        assert_eq!(failure.kind, FailureKind::TaskFailed);
        assert!(failure.message.contains("no line of its output matches `Errors: 0$`"), "{}", failure.message);
        assert!(failure.evidence.join("\n").contains("Created: 58, Errors: 2"));
    }

    #[test]
    fn output_that_must_not_be_there_fails_at_once() {
        let Verdict::Failed(failure) = judge(&["Traceback (most recent call last)"], &[], &["Traceback"], 0) else {
            panic!("there is a traceback")
        };
        assert!(failure.message.contains("matches `Traceback`"), "{}", failure.message);
    }
}
