//! A drift run as one self-contained page: no script, no font, no picture from elsewhere.

use handlebars::Handlebars;
use serde_json::{Value, json};

use super::{DriftRun, Verdict, words};
use crate::report::{DriftReport, Finding};
use crate::ui::{document, quantity};

/// So many environments have a section each; of more, those in sync share a list.
const SHOWN_ONE_BY_ONE: usize = 10;
const PAGE: &str = include_str!("page.html.hbs");

/// The page.
pub fn html(run: &DriftRun) -> String {
    let mut engine = Handlebars::new();
    // Handlebars' own escaping is for HTML, and every value goes through it.
    engine.set_strict_mode(true);
    let page = engine.render_template(PAGE, &view(run));
    // The template is part of the program, and a test renders it.
    page.unwrap_or_else(|error| format!("<!doctype html><title>envctl</title><p>The page has a mistake: {error}</p>"))
}

fn view(run: &DriftRun) -> Value {
    let is_calm = |report: &&DriftReport| {
        run.reports.len() > SHOWN_ONE_BY_ONE
            && report.is_in_sync()
            && report.accepted.is_empty()
            && report.notes.is_empty()
    };
    let (calm, shown): (Vec<&DriftReport>, Vec<&DriftReport>) = run.reports.iter().partition(is_calm);
    let at = run.reports.iter().map(|report| report.observed_at).max();
    json!({
        "verdict": words::verdict(run),
        "tone": tone(run.verdict()),
        "at": at.map(quantity::time).unwrap_or_default(),
        "failures": run.failures.iter().map(|(environment, why)| json!({ "environment": environment, "why": why })).collect::<Vec<_>>(),
        "environments": shown.into_iter().map(environment).collect::<Vec<_>>(),
        "calm": calm.into_iter().map(|report| format!("{}: {}", report.environment, words::power(report))).collect::<Vec<_>>(),
        "notes": run.notes,
    })
}

fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::InSync => "good",
        Verdict::Differs => "bad",
        Verdict::NotSeen => "caution",
    }
}

fn environment(report: &DriftReport) -> Value {
    let verdict = match (report.is_in_sync(), report.differs()) {
        (true, _) => Verdict::InSync,
        (false, true) => Verdict::Differs,
        (false, false) => Verdict::NotSeen,
    };
    let accepted = report.accepted.iter().map(|(finding, one)| {
        json!({
            "subject": finding.subject(),
            "reason": one.reason,
            "author": one.author,
            "expires": one.expires.to_string(),
        })
    });
    let per_day: crate::report::Amount = report.findings.iter().filter_map(|finding| finding.usd_per_day).sum();
    json!({
        "name": report.environment,
        "summary": words::summary(report),
        "tone": tone(verdict),
        "power": words::power(report),
        "account": report.account,
        "region": report.region,
        "per_day": if per_day.is_nothing() { String::new() } else { per_day.to_string() },
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "accepted": accepted.collect::<Vec<_>>(),
        "in_sync": report.in_sync.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "notes": report.notes,
    })
}

fn finding(finding: &Finding) -> Value {
    let readable = |text: &Option<String>| text.as_deref().map(document::readable_text).unwrap_or_default();
    json!({
        "kind": finding.kind.as_str(),
        "subject": finding.subject(),
        "wanted": readable(&finding.wanted),
        "found": readable(&finding.found),
        "why": finding.why,
        "facts": words::facts(finding),
        "mend": finding.mend,
        "place": finding.place.as_ref().map(|place| format!("{}:{}", place.file, place.line)).unwrap_or_default(),
    })
}
