//! CloudWatch Logs: the lines of a log group in a stretch of time.

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use jiff::Timestamp;

use super::AwsCloud;
use super::answer::text;
use crate::cloud::CloudError;
use crate::model::{LogLine, LogLines, LogQuery};

/// Events that one page of `FilterLogEvents` holds at most.
const EVENTS_PER_PAGE: usize = 10_000;

impl AwsCloud {
    /// The lines, page by page until there are enough. A page may be empty and not the last.
    pub(super) async fn filtered_lines(&self, query: &LogQuery) -> Result<LogLines, CloudError> {
        let mut found = LogLines::default();
        let mut token = None;
        // One more than wanted tells whether there are more.
        let wanted = query.limit.saturating_add(1);
        while found.lines.len() < wanted {
            let missing = (wanted - found.lines.len()).min(EVENTS_PER_PAGE);
            // Emulators pass over the prefix, and MiniStack has no second page: what is wanted may lie behind the rest.
            let page_size = if self.clients.emulated { EVENTS_PER_PAGE } else { missing };
            let request = self.clients.logs.filter_log_events().log_group_name(&query.log_group);
            let request = request.start_time(query.from.as_millisecond());
            // The API's end is within, ours is not.
            let request = request.end_time(query.to.as_millisecond().saturating_sub(1));
            let request = request.limit(i32::try_from(page_size).unwrap_or(i32::MAX));
            let request = request.set_log_stream_name_prefix(query.stream_prefix.clone());
            let request = request.set_filter_pattern(query.pattern.clone()).set_next_token(token);
            let page = self.caller.call("logs:FilterLogEvents", || request.clone().send()).await?;
            let wanted = |line: &LogLine| query.stream_prefix.as_ref().is_none_or(|it| line.stream.starts_with(it));
            found.lines.extend(page.events().iter().map(line).filter(wanted));
            token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        found.cut = found.lines.len() > query.limit;
        found.lines.truncate(query.limit);
        found.lines.sort_by_key(|line| line.at);
        Ok(found)
    }
}

fn line(event: &FilteredLogEvent) -> LogLine {
    LogLine {
        at: event.timestamp().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default(),
        stream: text(event.log_stream_name()),
        message: text(event.message()).trim_end_matches(['\n', '\r']).to_owned(),
    }
}
