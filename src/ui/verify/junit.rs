//! As `JUnit` XML: a case a check. Follows the strict schema of Apache Ant's `JUnit` task.

use super::VerifyRun;
use crate::model::{CheckResult, Verdict};
use crate::ui::markup::xml;

/// The document.
pub fn junit(run: &VerifyRun) -> String {
    let count = |wanted: &[Verdict]| run.results.iter().filter(|result| wanted.contains(&result.verdict)).count();
    let cases: String = run.results.iter().map(|result| case(&run.environment, result)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite id=\"0\" package=\"envctl\" \
         name=\"checks of {}\" timestamp=\"{}\" hostname=\"localhost\" tests=\"{}\" failures=\"{}\" errors=\"{}\" \
         skipped=\"0\" time=\"{}\">\n    <properties/>\n{cases}    <system-out/>\n    <system-err/>\n  </testsuite>\n\
         </testsuites>\n",
        xml(&run.environment),
        run.at.strftime("%Y-%m-%dT%H:%M:%S"),
        run.results.len(),
        count(&[Verdict::Failed]),
        count(&[Verdict::Unreachable, Verdict::NotLooked]),
        seconds(run.results.iter().map(|result| result.took.as_millis()).sum()),
    )
}

fn case(environment: &str, result: &CheckResult) -> String {
    let head = format!(
        "    <testcase name=\"{}\" classname=\"envctl.verify.{}\" time=\"{}\"",
        xml(&result.name),
        xml(environment),
        seconds(result.took.as_millis())
    );
    let element = match result.verdict {
        Verdict::Passed => return format!("{head}/>\n"),
        Verdict::Failed => "failure",
        Verdict::Unreachable | Verdict::NotLooked => "error",
    };
    let lines: Vec<&str> = result.problems.iter().chain(&result.evidence).map(String::as_str).collect();
    let message = result.problems.first().unwrap_or(&result.summary);
    format!(
        "{head}>\n      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n    </testcase>\n",
        result.verdict.as_str(),
        xml(message),
        xml(&lines.join("\n"))
    )
}

fn seconds(milliseconds: u128) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}
