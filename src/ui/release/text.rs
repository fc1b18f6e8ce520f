//! For people.

use anstyle::Style;

use crate::model::{EntryState, Gate, RecordEntry, ReleaseRecord, Standing, short_name};
use crate::store::releases::FoundRecord;
use crate::ui::{Ui, quantity, style, wrap};

/// A step begins.
pub fn begins(gate: Gate, what: &str) -> String {
    format!("{} {what}", style::paint(style::HEADING, format!("{gate}:")))
}

/// A step has ended.
pub fn ended(entry: &RecordEntry, ui: &Ui) -> String {
    let word = style::paint(colour(entry.state), entry.state.as_str());
    let took = entry.ended_at.map(|ended| quantity::seconds_between(entry.began_at, ended)).unwrap_or_default();
    let took = format!("({})", quantity::duration(took));
    // Checks have been shown one by one.
    let evidence = entry.evidence.iter().filter(|_| !entry.what.starts_with("checks"));
    let lines = evidence.map(|line| format!("\n{}", wrap::hanging("    ", line, ui.width)));
    format!("  {word} {took}{}", lines.collect::<String>())
}

fn colour(state: EntryState) -> Style {
    match state {
        EntryState::Passed => style::GOOD,
        EntryState::Noted | EntryState::UnderWay | EntryState::Interrupted => style::CAUTION,
        EntryState::Failed => style::BAD,
    }
}

/// A release that succeeded.
pub fn done(record: &ReleaseRecord) -> String {
    let environment = style::paint(style::HEADING, &record.environment);
    let took = record.ended_at.map(|ended| quantity::seconds_between(record.began_at, ended)).unwrap_or_default();
    let id = &record.id;
    let mut out = format!("{environment}: released ({})\n", quantity::duration(took));
    for (service, change) in &record.revisions {
        let before = change.before.as_deref().map(|before| format!(", before it {}", short_name(before)));
        let before = before.unwrap_or_default();
        match change.after.as_deref() {
            Some(after) => out.push_str(&format!("service {service} runs {}{before}\n", short_name(after))),
            None => out.push_str(&format!("service {service} runs that already\n")),
        }
    }
    if let Standing::Open { until } = record.standing {
        out.push_str(&format!("open until {}: envctl release watch {id}\n", quantity::time(until)));
        out.push_str(&format!("when it is judged: envctl release close {id} --verdict TEXT\n"));
    }
    out.push_str(&format!("record {id}\n"));
    out
}

/// A verdict was recorded.
pub fn closed(record: &ReleaseRecord) -> String {
    let verdict = record.verdict.as_ref().map(|verdict| verdict.text.as_str()).unwrap_or_default();
    format!("{}: release {} is closed: {verdict}\n", style::paint(style::HEADING, &record.environment), record.id)
}

/// The list, newest first.
pub fn list(found: &[FoundRecord], ui: &Ui) -> String {
    if found.is_empty() {
        return "no release yet\n".to_owned();
    }
    found.iter().map(|found| one(found, ui)).collect()
}

fn one(found: &FoundRecord, ui: &Ui) -> String {
    let first = format!("{}  {}", found.id, style::paint(style::HEADING, &found.environment));
    let record = match &found.record {
        Ok(record) => record,
        Err(why) => return format!("{first}\n{}\n", wrap::hanging("    ", why, ui.width)),
    };
    let mut facts = vec![standing(record)];
    facts.extend(record.ended_at.map(|ended| quantity::duration(quantity::seconds_between(record.began_at, ended))));
    facts.push(format!("by {}", record.who));
    facts.extend(settings(record, brief));
    facts.extend(record.verdict.iter().map(|verdict| format!("closed: {}", verdict.text)));
    format!("{first}\n{}\n", wrap::hanging("    ", &facts.join(", "), ui.width))
}

fn standing(record: &ReleaseRecord) -> String {
    let (colour, words) = match &record.standing {
        Standing::Succeeded => (style::GOOD, record.standing.words()),
        Standing::Open { until } => (style::GOOD, format!("succeeded so far, open until {}", quantity::time(*until))),
        Standing::UnderWay => (style::CAUTION, "under way, or killed".to_owned()),
        _ => (style::BAD, record.standing.words()),
    };
    style::paint(colour, words)
}

fn settings<'a>(record: &'a ReleaseRecord, shown: fn(&str) -> String) -> impl Iterator<Item = String> + 'a {
    record.settings.iter().flat_map(move |(service, settings)| {
        settings.iter().map(move |(setting, value)| format!("{service}: {setting} {}", shown(value)))
    })
}

/// An image without its registry, and with the beginning of its digest: in a list it must be told apart, not copied.
fn brief(value: &str) -> String {
    let name = short_name(value);
    match name.split_once("@sha256:") {
        Some((name, digest)) => format!("{name}@{}", digest.chars().take(12).collect::<String>()),
        None => name.to_owned(),
    }
}

/// A whole record.
pub fn text(record: &ReleaseRecord, ui: &Ui) -> String {
    let head = format!("{} ", style::paint(style::HEADING, &record.id));
    let mut facts = vec![
        format!("release of {}", record.environment),
        standing(record),
        quantity::time(record.began_at),
        format!("by {}", record.who),
    ];
    facts.extend(record.reason.iter().map(|reason| format!("because {reason}")));
    let mut out = format!("{}\n", wrap::hanging(&head, &facts.join(", "), ui.width));
    out.push_str(&format!("  {}\n", record.command));
    for setting in settings(record, str::to_owned) {
        out.push_str(&format!("  {setting}\n"));
    }
    for (service, change) in &record.revisions {
        let name = |revision: &Option<String>| revision.as_deref().map_or("nothing", short_name).to_owned();
        out.push_str(&format!(
            "  service {service}: before {}, deployed {}\n",
            name(&change.before),
            name(&change.after)
        ));
    }
    for (database, snapshot) in &record.snapshots {
        out.push_str(&format!("  snapshot of {database}: {snapshot}\n"));
    }
    let width = record.entries.iter().map(|entry| entry.what.chars().count()).max().unwrap_or(0);
    for entry in &record.entries {
        let state = style::paint(colour(entry.state), format!("{:<11}", entry.state.as_str()));
        let took = entry.ended_at.map(|ended| quantity::duration(quantity::seconds_between(entry.began_at, ended)));
        let took = took.unwrap_or_default();
        out.push_str(&format!("{state} {:<6} {:<width$}  {took}\n", entry.gate, entry.what));
        for line in &entry.evidence {
            out.push_str(&format!("{}\n", wrap::hanging("    ", line, ui.width)));
        }
    }
    for line in record.incident.as_deref().unwrap_or_default().lines() {
        out.push_str(&format!("{}\n", wrap::hanging("incident: ", line, ui.width)));
    }
    if matches!(record.standing, Standing::BrokenOff { .. }) {
        for hint in super::way_on(record) {
            out.push_str(&format!("{}\n", wrap::hanging("what to do: ", &hint, ui.width)));
        }
    }
    if let Some(verdict) = &record.verdict {
        out.push_str(&format!("closed by {}, {}: {}\n", verdict.who, quantity::time(verdict.at), verdict.text));
    }
    out
}
