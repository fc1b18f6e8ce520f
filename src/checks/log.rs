//! Patterns that must, or must not, appear in a log group during a window that ends now.

use jiff::SignedDuration;
use rust_decimal::Decimal;

use super::Ground;
use super::mask::Mask;
use super::seen::Seen;
use crate::model::{LogCheck, LogQuery};

/// Most lines that are looked at; a window with more says so.
const MOST_LINES: usize = 10_000;
/// Lines that are shown of those that must not be there.
const SHOWN_LINES: usize = 3;

/// Looks once.
pub(super) async fn look(check: &LogCheck, ground: &Ground<'_>, mask: &Mask) -> Seen {
    let mut seen = Seen::new(mask);
    let to = ground.clock.now();
    let window = SignedDuration::try_from(check.window).unwrap_or(SignedDuration::MAX);
    let query = LogQuery {
        log_group: check.group.clone(),
        stream_prefix: None,
        from: to.saturating_sub(window).unwrap_or(to),
        to,
        limit: MOST_LINES,
        pattern: None,
    };
    let found = match ground.readings.log_lines(&query).await {
        Ok(found) => found,
        Err(error) => return seen.not_looked(&format!("log group {} cannot be read: {error}", check.group)),
    };
    let lines = &found.lines;
    seen.summary(&format!("{} lines of {}", lines.len(), check.group));
    seen.figure("lines", Decimal::from(lines.len()));
    let matching = |pattern: &str| {
        let regex = regex_lite::Regex::new(pattern).ok()?;
        Some(lines.iter().filter(|line| regex.is_match(&line.message)).collect::<Vec<_>>())
    };
    for pattern in &check.present {
        match matching(pattern) {
            Some(hits) if hits.is_empty() => seen.problem(&format!("no line matches `{pattern}`")),
            Some(hits) => seen.evidence(&format!("{} lines match `{pattern}`", hits.len())),
            None => seen.problem(&format!("`{pattern}` is no regular expression")),
        }
    }
    for pattern in &check.absent {
        match matching(pattern) {
            Some(hits) if hits.is_empty() => {}
            Some(hits) => {
                seen.problem(&format!("{} lines match `{pattern}`", hits.len()));
                for line in hits.iter().take(SHOWN_LINES) {
                    seen.evidence(&format!("{} {}", line.at, line.message));
                }
            }
            None => seen.problem(&format!("`{pattern}` is no regular expression")),
        }
    }
    if found.cut && (!check.absent.is_empty() || !seen.problems.is_empty()) {
        seen.problem(&format!("the window has more than {MOST_LINES} lines, and only these were looked at"));
    }
    seen
}
