//! A cost report for a pull request or a wiki.

use super::words;
use crate::report::{Amount, CostReport};
use crate::ui::markup::markdown as escaped;

/// One section an environment.
pub fn markdown(reports: &[CostReport]) -> String {
    reports.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(report: &CostReport) -> String {
    let mut out = vec![
        format!("### Cost of {}", escaped(&report.environment)),
        String::new(),
        format!("{}.", escaped(&words::origin(report))),
        String::new(),
        "| | | up | parked | hibernated |".to_owned(),
        "|--|--|--:|--:|--:|".to_owned(),
    ];
    let row = |name: &str, what: &str, cells: [String; 3]| {
        format!("| {} | {} | {} |", escaped(name), escaped(what), cells.join(" | "))
    };
    let month = |amounts: [Amount; 3]| amounts.map(|amount| amount.display(2));
    for line in &report.lines {
        out.push(row(&line.key.to_string(), &line.what, month([line.up, line.parked, line.hibernated])));
    }
    let sums = month([report.up_per_month, report.parked_per_month, report.hibernated_per_month]);
    out.push(row("", "a month", sums.map(|sum| format!("**{sum}**"))));
    let hours = [report.up_per_hour, report.parked_per_hour, report.hibernated_per_hour];
    out.push(row("", "an hour", hours.map(|amount| amount.display(4))));
    out.push(String::new());
    let parts = [&report.hours, &report.schedule].into_iter().flatten();
    let mut notes: Vec<String> = parts.map(|part| words::part_time(part, report.up_per_month)).collect();
    notes.extend(report.sleep.iter().map(words::sleep));
    notes.extend(report.production.iter().map(|one| words::production(one, report.up_per_month)));
    notes.extend(report.notes.clone());
    if !report.missing.is_empty() {
        notes.push(format!("no price in this region: {}", report.missing.join(", ")));
    }
    out.extend(notes.iter().map(|note| format!("- {}", escaped(note))));
    if !report.usage.is_empty() {
        out.extend([String::new(), "Billed by use, not in the sums:".to_owned(), String::new()]);
        out.extend(report.usage.iter().map(|line| {
            let price = line.price.as_deref().unwrap_or("price unknown");
            format!("- {}: {}, {}", escaped(&line.key.to_string()), escaped(&line.what), escaped(price))
        }));
    }
    out.extend([String::new(), format!("Prices: {}.", escaped(&words::sources(report).join("; ")))]);
    out.join("\n") + "\n"
}
