//! What is written into log groups, by tasks and by hand, and how it is read.

use jiff::SignedDuration;
use serde_json::Value;

use super::trouble::Trouble;
use super::world::World;
use crate::model::{LogLine, LogLines, LogQuery, short_name};

/// Lines that a group keeps; older ones go.
const LINES_KEPT: usize = 10_000;

impl World {
    /// Writes lines into a log group, now; false: there is no such group.
    pub fn write_log(&mut self, log_group: &str, stream: &str, messages: &[String]) -> bool {
        let at = self.now;
        let Some(group) = self.log_groups.get_mut(log_group) else { return false };
        let line = |message: &String| LogLine { at, stream: stream.to_owned(), message: message.clone() };
        group.lines.extend(messages.iter().map(line));
        let surplus = group.lines.len().saturating_sub(LINES_KEPT);
        group.lines.drain(..surplus);
        true
    }

    /// Writes what a container of a task prints, where its log driver sends it (`PREFIX/CONTAINER/TASK`).
    pub(super) fn print(&mut self, task_arn: &str, container: Option<&str>, messages: &[String]) {
        let (_, document) = self.document_of(task_arn);
        let containers = document["containerDefinitions"].as_array().map_or(&[][..], Vec::as_slice);
        let named = |found: &&Value| container.is_none_or(|name| found["name"].as_str() == Some(name));
        let Some(found) = containers.iter().find(named) else { return };
        let options = &found["logConfiguration"]["options"];
        let (Some(group), Some(name)) = (options["awslogs-group"].as_str(), found["name"].as_str()) else { return };
        let task = short_name(task_arn);
        let stream = match options["awslogs-stream-prefix"].as_str() {
            Some(prefix) => format!("{prefix}/{name}/{task}"),
            None => task.to_owned(),
        };
        let group = group.to_owned();
        self.write_log(&group, &stream, messages);
    }

    /// `logs:FilterLogEvents`.
    pub(super) fn log_lines(&self, query: &LogQuery) -> Result<LogLines, Trouble> {
        let absent = || Trouble::not_found("ResourceNotFoundException", "The specified log group does not exist.");
        let group = self.log_groups.get(&query.log_group).ok_or_else(absent)?;
        let pattern = query.pattern.as_deref().map(Pattern::parse).transpose()?;
        let days = group.retention_days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
        let matches = |line: &&LogLine| {
            query.from <= line.at
                && line.at < query.to
                && days.is_none_or(|days| self.now.duration_since(line.at) <= days)
                && query.stream_prefix.as_ref().is_none_or(|prefix| line.stream.starts_with(prefix))
                && pattern.as_ref().is_none_or(|pattern| pattern.matches(&line.message))
        };
        let mut found = group.lines.iter().filter(matches);
        let lines = found.by_ref().take(query.limit).cloned().collect();
        Ok(LogLines { lines, cut: found.next().is_some() })
    }
}

/// A filter pattern of CloudWatch Logs, as far as it is about plain text.
struct Pattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, Trouble> {
        let refused =
            |why: &str| Trouble::refused("InvalidParameterException", format!("Invalid filter pattern: {why}"));
        if text.trim_start().starts_with(['{', '[', '%']) {
            return Err(refused("the simulated cloud knows words, \"phrases\", ?either and -without"));
        }
        let mut pattern = Self { all: Vec::new(), any: Vec::new(), none: Vec::new() };
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (list, term) = match rest.split_at_checked(1) {
                Some(("?", term)) => (&mut pattern.any, term),
                Some(("-", term)) => (&mut pattern.none, term),
                _ => (&mut pattern.all, rest),
            };
            let (word, after) = if let Some(quoted) = term.strip_prefix('"') {
                quoted.split_once('"').ok_or_else(|| refused("a quote is not closed"))?
            } else {
                term.split_once(char::is_whitespace).unwrap_or((term, ""))
            };
            list.push(word.to_owned());
            rest = after.trim_start();
        }
        let has_others = !pattern.all.is_empty() || !pattern.none.is_empty();
        if has_others && !pattern.any.is_empty() {
            return Err(refused("?either does not go with other terms"));
        }
        Ok(pattern)
    }

    fn matches(&self, message: &str) -> bool {
        let holds = |word: &String| message.contains(word.as_str());
        self.all.iter().all(holds)
            && (self.any.is_empty() || self.any.iter().any(holds))
            && !self.none.iter().any(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_cloudwatch_says() {
        let check = |pattern: &str, message: &str| Pattern::parse(pattern).unwrap().matches(message);
        assert!(check("", "anything"));
        assert!(check("ERROR 500", "500 after an ERROR"));
        assert!(!check("ERROR 500", "an ERROR"));
        assert!(!check("ERROR", "an error"));
        assert!(check("\"an ERROR\"", "an ERROR"));
        assert!(!check("\"an ERROR\"", "ERROR, an"));
        assert!(check("?WARN ?ERROR", "ERROR") && !check("?WARN ?ERROR", "INFO"));
        assert!(check("ERROR -timeout", "ERROR: lost") && !check("ERROR -timeout", "ERROR: timeout"));
    }

    #[test]
    fn what_is_not_simulated_is_refused() {
        for pattern in ["{ $.level = \"error\" }", "%[0-9]+%", "?a b", "\"open"] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
