//! A cost report for people.

use super::words;
use crate::report::{Amount, CostReport};
use crate::ui::{Ui, style, wrap};

/// One report below the other.
pub fn text(reports: &[CostReport], ui: &Ui) -> String {
    reports.iter().map(|report| one(report, ui)).collect::<Vec<_>>().join("\n")
}

fn one(report: &CostReport, ui: &Ui) -> String {
    let first = format!("{}: ", style::paint(style::HEADING, &report.environment));
    let mut out = vec![wrap::hanging(&first, &words::origin(report), ui.width), String::new()];
    out.extend(table(report, ui));
    out.push(String::new());
    let bullet = |text: &str| wrap::hanging("  - ", text, ui.width);
    let parts = [&report.hours, &report.schedule].into_iter().flatten();
    out.extend(parts.map(|part| bullet(&words::part_time(part, report.up_per_month))));
    out.extend(report.sleep.iter().map(|sleep| bullet(&words::sleep(sleep))));
    out.extend(report.production.iter().map(|one| bullet(&words::production(one, report.up_per_month))));
    out.extend(report.notes.iter().map(|note| bullet(note)));
    if !report.missing.is_empty() {
        let first = format!("{} ", style::paint(style::BAD, "no price in this region:"));
        let words = format!("{}; give one with --price-file", report.missing.join(", "));
        out.push(wrap::hanging(&first, &words, ui.width));
    }
    if !report.usage.is_empty() {
        out.push(String::new());
        out.push(style::paint(style::HEADING, "Billed by use, not in the sums"));
        out.extend(report.usage.iter().map(|line| {
            let price = line.price.as_deref().unwrap_or("price unknown");
            bullet(&format!("{}: {}, {price}", line.key, line.what))
        }));
    }
    out.push(String::new());
    let sources = format!("Prices: {}", words::sources(report).join("; "));
    out.push(style::paint(style::FAINT, wrap::hanging("", &sources, ui.width)));
    out.join("\n") + "\n"
}

/// What, and what it is a month up, parked and hibernated.
fn table(report: &CostReport, ui: &Ui) -> Vec<String> {
    let month = |name: String, amounts: [Amount; 3]| (name, amounts.map(|amount| amount.display(2)));
    let mut rows: Vec<(String, [String; 3])> = report
        .lines
        .iter()
        .map(|line| month(format!("{} {}", line.key, line.what), [line.up, line.parked, line.hibernated]))
        .collect();
    let lines = rows.len();
    rows.push(month("a month".to_owned(), [report.up_per_month, report.parked_per_month, report.hibernated_per_month]));
    let hours = [report.up_per_hour, report.parked_per_hour, report.hibernated_per_hour];
    rows.push(("an hour".to_owned(), hours.map(|amount| amount.display(4))));
    let headings = ["up", "parked", "hibernated"].map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().map(|(_, cells)| &cells[column]).chain([&headings[column]]);
        cells.map(|cell| wrap::columns(cell)).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    let figures: usize = widths.iter().map(|width| width + 2).sum();
    let room = ui.width.saturating_sub(figures).max(20);
    let names = rows.iter().map(|(name, _)| wrap::columns(name)).max().unwrap_or(0).min(room);
    let figures_of = |cells: &[String; 3]| {
        cells.iter().zip(widths).map(|(cell, width)| format!("  {cell:>width$}")).collect::<String>()
    };
    let heading = format!("{:names$}{}", "USD a month", figures_of(&headings));
    let mut out = vec![style::paint(style::FAINT, heading)];
    for (index, (name, cells)) in rows.iter().enumerate() {
        let mut broken = wrap::lines(name, names);
        let last = broken.pop().unwrap_or_default();
        out.extend(broken);
        let row = format!("{last:names$}{}", figures_of(cells));
        out.push(if index == lines { style::paint(style::HEADING, row) } else { row });
    }
    out
}
