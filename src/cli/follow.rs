//! `envctl run --follow`: the lines of a one-off task, as they come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::cloud::{Cloud, CloudError, CloudErrorKind, Readings};
use crate::model::{
    Action, Live, LogLine, LogQuery, Receipt, Scope, Status, Subject, TaskSpec, Token, fact_name, short_name,
};

/// Between two reads.
const PAUSE: Duration = Duration::from_secs(2);
/// How much later than it says a line may turn up ("Amazon CloudWatch Logs: FilterLogEvents" promises nothing; the wait
/// for the expected output has the same allowance).
const LAG: SignedDuration = SignedDuration::from_secs(30);
/// The most lines of one read; what is left comes with the next.
const AT_ONCE: usize = 1_000;
/// Reads after the end of the task that bring nothing new before nothing more is expected.
const QUIET_READS: u32 = 3;

/// Where the log driver writes what a container prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogPlace {
    group: String,
    /// Before the id of the task.
    stream: String,
}

impl LogPlace {
    /// Of the task's container; `None`: it does not log to CloudWatch with a prefix, by which streams are told apart
    /// ("Send Amazon ECS logs to CloudWatch": `PREFIX/CONTAINER/TASK`).
    pub(super) fn of(task: &TaskSpec) -> Option<Self> {
        let containers = task.task_definition["containerDefinitions"].as_array()?;
        let found = containers.iter().find(|container| container["name"] == task.container.as_str())?;
        let logging = &found["logConfiguration"];
        let option = |name: &str| logging["options"][name].as_str();
        if logging["logDriver"] != "awslogs" {
            return None;
        }
        let stream = format!("{}/{}/", option("awslogs-stream-prefix")?, task.container);
        Some(Self { group: option("awslogs-group")?.to_owned(), stream })
    }
}

/// A cloud that tells which task it started.
pub(super) struct Telling {
    cloud: Arc<dyn Cloud>,
    started: watch::Sender<Option<String>>,
}

impl Telling {
    /// The cloud, and where the ARN of the task appears.
    pub(super) fn new(cloud: Arc<dyn Cloud>) -> (Self, watch::Receiver<Option<String>>) {
        let (started, told) = watch::channel(None);
        (Self { cloud, started }, told)
    }
}

#[async_trait]
impl Cloud for Telling {
    async fn observe(&self, scope: &Scope) -> Result<Live, CloudError> {
        self.cloud.observe(scope).await
    }

    async fn observe_all(&self, scopes: &[Scope]) -> Vec<Result<Live, CloudError>> {
        self.cloud.observe_all(scopes).await
    }

    async fn perform(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        let receipt = self.cloud.perform(action, token).await?;
        if let Action::RunTask { key, .. } = action
            && let Some(arn) = receipt.facts.get(&fact_name(key, "arn"))
        {
            self.started.send_replace(Some(arn.clone()));
        }
        Ok(receipt)
    }

    async fn status(&self, subject: &Subject) -> Result<Status, CloudError> {
        self.cloud.status(subject).await
    }
}

/// Follows a log.
pub(super) struct Follower<'a> {
    pub(super) place: LogPlace,
    pub(super) readings: &'a dyn Readings,
    pub(super) clock: &'a dyn Clock,
}

impl Follower<'_> {
    /// Shows each line once, as it comes, until nothing more comes after the task's end. Ends at once when no task was
    /// started.
    ///
    /// # Errors
    /// In words, when the log cannot be read.
    pub(super) async fn follow(
        &self,
        mut started: watch::Receiver<Option<String>>,
        mut ended: watch::Receiver<bool>,
        mut show: impl FnMut(&str),
    ) -> Result<(), CloudError> {
        let from = self.clock.now() - LAG;
        let arn = tokio::select! {
            biased;
            Ok(arn) = started.wait_for(Option::is_some) => arn.clone().unwrap_or_default(),
            _ = ended.wait_for(|ended| *ended) => return Ok(()),
        };
        let id = short_name(&arn);
        let mut window = Window::new(from, format!("{}{id}", self.place.stream));
        let mut quiet = 0;
        while quiet < QUIET_READS {
            let over = *ended.borrow();
            let any = self.read(&mut window, &mut show).await?;
            quiet = if over && !any { quiet + 1 } else { 0 };
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn read(&self, window: &mut Window, show: &mut impl FnMut(&str)) -> Result<bool, CloudError> {
        let query = LogQuery {
            log_group: self.place.group.clone(),
            stream_prefix: Some(window.stream.clone()),
            from: window.from,
            to: self.clock.now() + SignedDuration::from_secs(1),
            limit: AT_ONCE,
            pattern: None,
        };
        let found = match self.readings.log_lines(&query).await {
            // The first line makes the group, or its stream.
            Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(false),
            found => found?,
        };
        let fresh = window.fresh(found.lines);
        fresh.iter().for_each(|line| show(&harmless(line)));
        Ok(!fresh.is_empty())
    }
}

/// What was shown already, as far back as a late line may turn up.
struct Window {
    from: Timestamp,
    stream: String,
    shown: BTreeMap<(Timestamp, String), usize>,
}

impl Window {
    fn new(from: Timestamp, stream: String) -> Self {
        Self { from, stream, shown: BTreeMap::new() }
    }

    /// The lines that were not shown yet; a line may stand there twice. The window follows the newest of them.
    fn fresh(&mut self, lines: Vec<LogLine>) -> Vec<String> {
        let mut seen: BTreeMap<(Timestamp, String), usize> = BTreeMap::new();
        let mut fresh = Vec::new();
        for line in lines {
            let key = (line.at, line.message);
            let times = seen.entry(key.clone()).or_default();
            *times += 1;
            if *times > self.shown.get(&key).copied().unwrap_or(0) {
                self.shown.insert(key.clone(), *times);
                fresh.push(key.1);
            }
        }
        if let Some(((newest, _), _)) = self.shown.last_key_value() {
            self.from = self.from.max(*newest - LAG);
        }
        let from = self.from;
        self.shown.retain(|(at, _), _| *at >= from);
        fresh
    }
}

/// Without what would move a terminal's cursor or colour its text.
fn harmless(line: &str) -> String {
    line.chars().filter(|letter| *letter == '\t' || !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::clock::TokioClock;
    use crate::model::{LiveTask, LogLines, MetricQuery, MetricSeries, TrailEvent, TrailQuery};

    /// A log whose lines turn up at these seconds: when, dated when, what.
    struct Script {
        clock: TokioClock,
        begun: Timestamp,
        lines: Vec<(i64, i64, &'static str)>,
        reads: Mutex<u32>,
    }

    #[async_trait]
    impl Readings for Script {
        async fn metrics(&self, _: &[MetricQuery]) -> Result<Vec<MetricSeries>, CloudError> {
            Ok(Vec::new())
        }

        async fn stopped_tasks(&self, _: &str, _: &str) -> Result<Vec<LiveTask>, CloudError> {
            Ok(Vec::new())
        }

        async fn trail(&self, _: &TrailQuery, _: Timestamp) -> Result<Vec<TrailEvent>, CloudError> {
            Ok(Vec::new())
        }

        async fn log_lines(&self, query: &LogQuery) -> Result<LogLines, CloudError> {
            *self.reads.lock().unwrap() += 1;
            assert_eq!(query.stream_prefix.as_deref(), Some("app/web/17"));
            let at = |seconds: i64| self.begun + SignedDuration::from_secs(seconds);
            let there = self.lines.iter().filter(|(turns_up, _, _)| at(*turns_up) <= self.clock.now());
            let lines = there.map(|(_, dated, message)| LogLine {
                at: at(*dated),
                stream: "app/web/17".to_owned(),
                message: (*message).to_owned(),
            });
            let mut lines: Vec<LogLine> = lines.filter(|line| query.from <= line.at && line.at < query.to).collect();
            lines.sort_by_key(|line| line.at);
            Ok(LogLines { lines, cut: false })
        }
    }

    async fn followed(lines: Vec<(i64, i64, &'static str)>, ends: u64) -> (Vec<(i64, String)>, u32) {
        let clock = TokioClock::starting_at("2026-11-22T08:00:00Z".parse().unwrap());
        let begun = clock.now();
        let script = Script { clock, begun, lines, reads: Mutex::new(0) };
        let place = LogPlace { group: "/app".to_owned(), stream: "app/web/".to_owned() };
        let follower = Follower { place, readings: &script, clock: &clock };
        let (started, told) = watch::channel(Some("arn:aws:ecs:r:1:task/c/17".to_owned()));
        let (end, ended) = watch::channel(false);
        let mut shown = Vec::new();
        let show = |line: &str| shown.push((clock.now().duration_since(begun).as_secs(), line.to_owned()));
        let over = async {
            tokio::time::sleep(Duration::from_secs(ends)).await;
            end.send_replace(true);
        };
        let (answer, ()) = tokio::join!(follower.follow(told, ended, show), over);
        answer.expect("a readable log");
        drop(started);
        let reads = *script.reads.lock().unwrap();
        (shown, reads)
    }

    fn texts(shown: &[(i64, String)]) -> Vec<&str> {
        shown.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn lines_are_shown_as_they_come_and_each_once() {
        let (shown, _) = followed(vec![(1, 1, "begin"), (20, 20, "half"), (20, 20, "half"), (39, 39, "end")], 40).await;
        assert_eq!(texts(&shown), ["begin", "half", "half", "end"]);
        assert!(shown[0].0 <= 3 && (20..=22).contains(&shown[1].0), "not only at the end: {shown:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_turns_up_late_is_shown_and_the_end_waits_for_it() {
        let (shown, _) = followed(vec![(1, 1, "one"), (10, 10, "three"), (12, 5, "two"), (43, 39, "end")], 40).await;
        assert_eq!(texts(&shown), ["one", "three", "two", "end"]);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_more_is_read_once_it_is_quiet_after_the_end() {
        let (shown, reads) = followed(vec![(1, 1, "\u{1b}[31mred\ttab")], 10).await;
        assert_eq!(texts(&shown), ["[31mred\ttab"], "a terminal is not told to do anything");
        assert!((7..=10).contains(&reads), "{reads}");
    }
}
