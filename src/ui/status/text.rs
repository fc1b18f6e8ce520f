//! The status for people.

use super::rows::{Row, rows};
use super::{StatusView, json};
use crate::model::{Maintenance, Power};
use crate::ui::{Ui, quantity, style, wrap};

/// The whole status.
pub fn text(view: &StatusView<'_>, ui: &Ui) -> String {
    let now = view.live.observed_at;
    let mut out = vec![heading(view, ui), origin(view, ui), String::new()];
    let rows = rows(view.desired, view.live);
    out.extend(table(&rows, view, ui));
    let snapshots = json::newest_snapshots(view);
    if !view.desired.databases.is_empty() {
        out.push(String::new());
    }
    for name in view.desired.databases.keys() {
        let words = match snapshots.iter().find(|(database, _)| database == name) {
            Some((_, snapshot)) => {
                let age = snapshot.created_at.map(|at| format!(", {} old", quantity::age(at, now))).unwrap_or_default();
                format!("{} ({}{age})", snapshot.identifier, snapshot.status)
            }
            None => "none".to_owned(),
        };
        out.push(wrap::hanging(&format!("newest snapshot of database/{name}: "), &words, ui.width));
    }
    for (what, at) in json::next_by_aws(view) {
        let left = quantity::duration(quantity::seconds_between(now, at));
        let words = format!("{what} on {}, in {left}", quantity::time(at));
        out.push(wrap::hanging(
            &format!("{} ", style::paint(style::CAUTION, "AWS will, by itself:")),
            &words,
            ui.width,
        ));
    }
    for gap in &view.live.gaps {
        out.push(wrap::hanging(&format!("{} ", style::paint(style::BAD, "not read:")), gap, ui.width));
    }
    for stray in &view.live.undeclared {
        let words = format!("{} ({}) carries this environment's tags", stray.key, stray.id);
        out.push(wrap::hanging(&format!("{} ", style::paint(style::CAUTION, "not in the spec:")), &words, ui.width));
    }
    out.extend(advice(view, ui));
    out.join("\n") + "\n"
}

/// `staging: hibernated since 2026-11-22 00:18 UTC (2 h), asked for by anna@laptop`.
fn heading(view: &StatusView<'_>, ui: &Ui) -> String {
    let colour = match view.power {
        Power::Up => style::GOOD,
        Power::Parked | Power::Hibernated | Power::Absent => style::CAUTION,
    };
    let mut words = style::paint(colour, view.power);
    if let Some(remembered) = view.remembered {
        if remembered.power != view.power {
            words.push_str(&format!(", though {} was asked for", remembered.power));
        }
        if let Some(since) = remembered.since {
            let age = quantity::age(since, view.live.observed_at);
            words.push_str(&format!(" since {} ({age})", quantity::time(since)));
        }
        if let Some(by) = &remembered.by {
            words.push_str(&format!(", by {by}"));
        }
    }
    if let Some(maintenance) = Maintenance::find(view.live, view.desired) {
        words.push_str(&format!("; {}", style::paint(style::CAUTION, maintenance.words())));
    }
    let first = format!("{}: ", style::paint(style::HEADING, &view.desired.environment));
    wrap::hanging(&first, &words, ui.width)
}

fn origin(view: &StatusView<'_>, ui: &Ui) -> String {
    let mut words = format!("{}, account {}, {}", view.desired.application, view.live.account, view.live.region);
    if view.simulated {
        words.push_str(&format!("; simulated, it is {} there", quantity::time(view.live.observed_at)));
    }
    style::paint(style::FAINT, wrap::hanging("", &words, ui.width))
}

/// Resource, state and age in columns; the detail beside them where there is room, below them elsewhere.
fn table(rows: &[Row], view: &StatusView<'_>, ui: &Ui) -> Vec<String> {
    let widest = |column: fn(&Row) -> &str| rows.iter().map(|row| wrap::columns(column(row))).max().unwrap_or(0);
    let (names, states) = (widest(|row| &row.resource), widest(|row| &row.state));
    let age = |row: &Row| row.since.map(|at| quantity::age(at, view.live.observed_at)).unwrap_or_default();
    let ages = rows.iter().map(|row| wrap::columns(&age(row))).max().unwrap_or(0);
    let beside = ui.width >= names + states + ages + 6 + 24;
    rows.iter()
        .map(|row| {
            let age = age(row);
            let state = style::paint(row.style, &row.state);
            let pad = " ".repeat(states - wrap::columns(&row.state));
            let short = match age.is_empty() {
                true => format!("{:<names$}  {state}", row.resource),
                false => format!("{:<names$}  {state}{pad}  {age}", row.resource),
            };
            match (beside, row.detail.is_empty()) {
                (_, true) => short,
                (true, false) => {
                    let first = format!("{:<names$}  {state}{pad}  {age:<ages$}  ", row.resource);
                    wrap::hanging(&first, &row.detail, ui.width)
                }
                (false, false) => format!("{short}\n{}", wrap::hanging("    ", &row.detail, ui.width)),
            }
        })
        .collect()
}

/// What the user may want to do next.
fn advice(view: &StatusView<'_>, ui: &Ui) -> Option<String> {
    let name = &view.desired.environment;
    let command = match view.remembered.map(|remembered| remembered.power) {
        Some(Power::Up) => "up",
        Some(Power::Parked | Power::Hibernated) => "down",
        Some(Power::Absent) | None => return None,
    };
    match view.pending_steps {
        Some(0) => None,
        Some(steps) => Some(format!(
            "\n{}",
            wrap::hanging(
                "",
                &format!(
                    "Not as asked for: {}; see `envctl plan {name}`, do it with `envctl {command} {name}`.",
                    quantity::count(steps, "step")
                ),
                ui.width
            )
        )),
        None => Some(format!(
            "\n{}",
            wrap::hanging("", &format!("See `envctl plan {name}`: something forbids it."), ui.width)
        )),
    }
}
