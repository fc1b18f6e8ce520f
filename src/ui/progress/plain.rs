//! Progress where nothing can be redrawn: one line an event, each with the time since the run began.

use crate::model::{Event, EventKind, FailureKind};
use crate::ui::progress::tracker::{Tracker, ending_words, failure_lines, took};
use crate::ui::{Ui, Verbosity, quantity, style, wrap};

/// One line an event.
pub struct PlainProgress {
    ui: Ui,
    tracker: Tracker,
}

impl PlainProgress {
    /// Progress that goes to this terminal's stderr.
    pub fn new(ui: &Ui) -> Self {
        Self { ui: ui.clone(), tracker: Tracker::default() }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        for line in self.lines(event) {
            self.ui.say(&line);
        }
    }

    /// The lines for an event; none for what only `--verbose` shows.
    pub fn lines(&mut self, event: &Event) -> Vec<String> {
        self.tracker.take(event);
        match &event.kind {
            EventKind::RunStarted { .. } => Vec::new(),
            EventKind::PriorStateSaved { .. } => {
                vec![self.line(event, "saved", "what was there before, for the way back")]
            }
            EventKind::StepStarted { step, attempt } => {
                let again = if *attempt > 1 { format!(" (try {attempt})") } else { String::new() };
                vec![self.line(event, "start", &format!("{}{again}", self.tracker.step(step).title))]
            }
            EventKind::StepWaiting { step, detail } => {
                if !self.tracker.is_worth_a_line(step, detail, event.at) && self.ui.verbosity < Verbosity::Verbose {
                    return Vec::new();
                }
                vec![self.line(event, "wait", &format!("{}: {detail}", self.tracker.step(step).title))]
            }
            EventKind::StepRetrying { step, why, in_milliseconds } => {
                let title = self.tracker.step(step).title;
                let seconds = in_milliseconds.div_ceil(1000);
                vec![self.line(event, "retry", &format!("{title}: {why}; again in {}", quantity::duration(seconds)))]
            }
            EventKind::StepSucceeded { step, changed, .. } => {
                let tracked = self.tracker.step(step);
                let before = if *changed { "" } else { ", was so already" };
                vec![self.line(event, "done", &format!("{}{}{before}", tracked.title, took(&tracked, event.at)))]
            }
            EventKind::StepFailed { step, failure } => {
                let title = self.tracker.step(step).title;
                let mut lines = failure_lines(failure).into_iter();
                let first = lines.next().unwrap_or_default();
                let word = if failure.kind == FailureKind::Interrupted { "left" } else { "FAILED" };
                let mut shown = vec![self.line(event, word, &format!("{title}: {first}"))];
                shown.extend(lines.map(|line| wrap::hanging("                ", &line, self.ui.width)));
                shown
            }
            EventKind::StepSkipped { step, because } => {
                vec![self.line(event, "skip", &format!("{}: {because}", self.tracker.step(step).title))]
            }
            EventKind::Noticed { text } => vec![self.line(event, "note", text)],
            EventKind::RunFinished { ending } => vec![self.line(event, "end", ending_words(ending))],
        }
    }

    fn line(&self, event: &Event, word: &str, text: &str) -> String {
        let colour = match word {
            "done" => style::GOOD,
            "FAILED" => style::BAD,
            "retry" | "skip" | "left" => style::CAUTION,
            _ => style::FAINT,
        };
        let clock = quantity::stopwatch(self.tracker.elapsed(event.at));
        let first = format!("{clock:>7}  {}  ", style::paint(colour, format_args!("{word:<6}")));
        wrap::hanging(&first, text, self.ui.width)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::model::{Facts, Failure, StepId};
    use crate::ui::Format;

    /// The lines for these events, each with the seconds at which it happens, without colours.
    fn check(verbosity: Verbosity, events: Vec<(i64, EventKind)>) -> Vec<String> {
        let ui = Ui {
            format: Format::Text,
            verbosity,
            width: 80,
            interactive: false,
            animated: false,
            answers_aside: false,
        };
        let mut progress = PlainProgress::new(&ui);
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let events = events.into_iter().enumerate();
        events
            .flat_map(|(number, (seconds, kind))| {
                progress.lines(&Event { sequence: number as u64 + 1, at: at(seconds), kind })
            })
            .map(|line| anstream::adapter::strip_str(&line).to_string().trim_start().to_owned())
            .collect()
    }

    fn id() -> StepId {
        StepId("create-database/main".to_owned())
    }

    fn waiting(detail: &str) -> EventKind {
        EventKind::StepWaiting { step: id(), detail: detail.to_owned() }
    }

    #[test]
    fn polls_are_heard_of_once_a_minute_unless_verbose() {
        let polls = || (0..200).step_by(5).map(|second| (second, waiting(&format!("creating, {second} %")))).collect();
        assert_eq!(check(Verbosity::Normal, polls()).len(), 4);
        assert_eq!(check(Verbosity::Verbose, polls()).len(), 40);
    }

    #[test]
    fn a_step_that_failed_shows_its_evidence_and_hint() {
        let failure = Failure {
            kind: FailureKind::Broken,
            message: "storage is full".to_owned(),
            evidence: vec!["status storage-full".to_owned()],
            hint: Some("raise `storage`".to_owned()),
        };
        let lines = check(Verbosity::Normal, vec![(0, EventKind::StepFailed { step: id(), failure })]);
        assert_eq!(
            lines,
            ["0:00  FAILED  create-database/main: storage is full", "- status storage-full", "hint: raise `storage`"]
        );
    }

    #[test]
    fn a_done_step_says_how_long_it_took() {
        let events = vec![
            (0, EventKind::StepStarted { step: id(), attempt: 1 }),
            (370, EventKind::StepSucceeded { step: id(), changed: true, facts: Facts::new() }),
        ];
        assert_eq!(check(Verbosity::Normal, events)[1], "0:00  done    create-database/main (6 min 10 s)");
    }
}
