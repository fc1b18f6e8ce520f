//! Progress on a terminal: a live line for each running step, finished ones scroll up as plain lines.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::PlainProgress;
use crate::model::{Event, EventKind, StepId};
use crate::ui::progress::tracker::Tracker;
use crate::ui::{Ui, quantity};

/// Live lines. Between two of them the plain lines of what is finished.
pub struct TerminalProgress {
    bars: MultiProgress,
    running: BTreeMap<StepId, ProgressBar>,
    tracker: Tracker,
    plain: PlainProgress,
    colour: bool,
}

impl TerminalProgress {
    /// Progress that is drawn on stderr, which must be a terminal: elsewhere `indicatif` shows nothing at all.
    pub fn new(ui: &Ui) -> Self {
        Self {
            bars: MultiProgress::new(),
            running: BTreeMap::new(),
            tracker: Tracker::default(),
            plain: PlainProgress::new(ui),
            colour: anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never,
        }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        self.tracker.take(event);
        let lines = self.plain.lines(event);
        match &event.kind {
            EventKind::StepStarted { step, .. } => self.begin(step),
            EventKind::StepWaiting { step, detail } => self.tell(step, detail),
            EventKind::StepRetrying { step, why, .. } => {
                self.tell(step, why);
                self.print(&lines);
            }
            EventKind::StepSucceeded { step, .. }
            | EventKind::StepFailed { step, .. }
            | EventKind::StepSkipped { step, .. } => {
                if let Some(bar) = self.running.remove(step) {
                    bar.finish_and_clear();
                }
                self.print(&lines);
            }
            _ => self.print(&lines),
        }
    }

    fn begin(&mut self, id: &StepId) {
        let step = self.tracker.step(id);
        let bar = self.running.entry(id.clone()).or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new_spinner());
            // A template that does not parse costs the live line's looks, nothing else.
            if let Ok(style) = ProgressStyle::with_template("{elapsed:>7}  {spinner} {prefix}  {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        bar.set_prefix(step.title);
        bar.set_message(quantity::expected(step.expected_seconds));
    }

    fn tell(&self, id: &StepId, detail: &str) {
        if let Some(bar) = self.running.get(id) {
            let expected = quantity::expected(self.tracker.step(id).expected_seconds);
            bar.set_message(format!("{detail}; {expected}"));
        }
    }

    fn print(&self, lines: &[String]) {
        for line in lines {
            // Only a closed terminal makes this fail, and then nobody looks.
            let _ = if self.colour {
                self.bars.println(line)
            } else {
                self.bars.println(anstream::adapter::strip_str(line).to_string())
            };
        }
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        for bar in self.running.values() {
            bar.finish_and_clear();
        }
    }
}
