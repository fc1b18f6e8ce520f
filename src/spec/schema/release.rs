//! Releases.

use super::{At, Field, Read, expected, json_schema, shape, word};
use crate::model::Gate;
use crate::spec::code::Code;
use crate::spec::node::{Content, Node};
use crate::spec::problems::{Problems, one_of, wrong};
use crate::spec::units::Span as TimeSpan;

shape! {
    /// What `envctl release` does, in this order: `before`, the deployment, `tasks`, `verify`, `watch`, `after`. A
    /// snapshot of every database is always taken; where `before` does not place it, it comes first.
    Release is "the release procedure" {
        /// Steps before the deployment, in order: `policy`, `snapshot`, `checks` (the baseline), `announce`, the name of
        /// a check, or a mapping. Default: `[policy, snapshot, checks, announce]`, as far as the spec has a policy and
        /// says where announcements go.
        before: Vec<At<StepChoice>>,
        /// One-off tasks after the deployment, by name, in order.
        tasks: Vec<At<String>>,
        /// Steps after that, in order, as in `before`. Default: `[checks]`.
        verify: Vec<At<StepChoice>>,
        /// How long it is watched: `15m`, or a mapping. Default: not at all.
        watch: WatchChoice,
        /// Gates at which it takes everything back by itself: `deploy`, `tasks`, `verify`, `watch`. At the others it
        /// stops and says what is where. Default: `[deploy, verify, watch]`.
        rollback_when: Vec<At<GateWord>>,
        /// Visitors get the maintenance page while everything is taken back. Default `false`.
        maintenance_during_rollback: bool,
        /// Taking back includes databases and files: the snapshot of the release's start comes up beside what is live and
        /// takes its place; what was written since is kept, as `rollback --with-data` does it. Default `false`.
        with_data: bool,
        /// Steps after all of it, in order, as in `before`. Default: `[announce]` where announcements go somewhere.
        after: Vec<At<StepChoice>>,
        /// Where announcements go. Default: nowhere.
        announce: Announce,
    }
}

shape! {
    /// A step of a release that needs more than a word. Has exactly one of `checks`, `task`, `maintenance` and
    /// `confirm`.
    ReleaseStep is "a step of a release" {
        /// These checks, by name.
        checks: Vec<At<String>>,
        /// A one-off task, by name, with what is about to be deployed: a migration that must come first.
        task: String,
        /// `on`: visitors get the maintenance page from here on, while the tasks go on running; `off`: they are let in again.
        maintenance: SwitchWord,
        /// A question for a person: yes goes on, no stops.
        confirm: String,
        /// By which the question is answered where no terminal is: `--answer NAME=yes`. Default: its number among the
        /// questions of the release, `1`.
        name: String,
    }
}

shape! {
    /// The watch after a release.
    Watch is "the watch" {
        /// How long. Default `15m`.
        lasts: TimeSpan,
        /// Time between two looks. Default `1m`.
        every: TimeSpan,
        /// Checks, by name. Default: every one.
        checks: Vec<At<String>>,
        /// How long the release stays open after that, `48h`: `envctl release watch` looks again, `envctl release close`
        /// records the verdict. Default: it is judged when it ends.
        open_for: TimeSpan,
    }
}

shape! {
    /// Where announcements go. Their texts are `templates/notify/before.hbs`, `during.hbs`, `after.hbs` and
    /// `incident.hbs`; a workspace without them has those that envctl brings along.
    Announce is "the announcements" {
        /// Where the address of a webhook of Slack's shape is kept: `env:VARIABLE`, or a secret's name or ARN.
        webhook: String,
        /// ARN of an SNS topic.
        topic: String,
        /// `true`: an announcement that cannot be sent fails the release. Default `false`: it is noted.
        required: bool,
    }
}

/// How long a release is watched.
#[derive(Clone, Debug)]
pub(in crate::spec) enum WatchChoice {
    /// So long.
    For(TimeSpan),
    /// A mapping.
    Whole(Box<Watch>),
}

impl Read for WatchChoice {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.content {
            Content::Map(_) => Watch::read(node, problems).map(|watch| Self::Whole(Box::new(watch))),
            _ => TimeSpan::read(node, problems).map(Self::For),
        }
    }

    fn schema() -> serde_json::Value {
        json_schema::any_of([TimeSpan::schema(), Watch::schema()])
    }
}

/// A step: a word, or a mapping.
#[derive(Clone, Debug)]
pub(in crate::spec) enum StepChoice {
    /// `policy`, `snapshot`, `checks`, `announce`, or the name of a check.
    Word(String),
    /// A mapping.
    Whole(Box<ReleaseStep>),
}

impl Read for StepChoice {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.content {
            Content::Scalar { text, .. } => Some(Self::Word(text.clone())),
            Content::Map(_) => {
                let step = ReleaseStep::read(node, problems)?;
                let kinds = [
                    is_there(&step.checks),
                    is_there(&step.task),
                    is_there(&step.maintenance),
                    is_there(&step.confirm),
                ];
                let kinds = kinds.into_iter().filter(|there| *there).count();
                if kinds != 1 {
                    let what = if kinds == 0 { "says nothing" } else { "says several things" };
                    let help = format!("write one of {}", one_of(["checks", "task", "maintenance", "confirm"]));
                    problems.add(wrong(Code::Release, format!("this step {what}")).at(&node.span).help(help));
                    return None;
                }
                Some(Self::Whole(Box::new(step)))
            }
            Content::List(_) | Content::Null => {
                problems.add(expected("a step such as `snapshot` or `{task: migrate}`", node));
                None
            }
        }
    }

    fn schema() -> serde_json::Value {
        json_schema::any_of([json_schema::text(), ReleaseStep::schema()])
    }
}

fn is_there<T>(field: &Field<T>) -> bool {
    !matches!(field, Field::Absent)
}

/// `on` or `off`.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct SwitchWord(pub(in crate::spec) bool);

/// What a switch can be.
const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];

impl Read for SwitchWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        word(node, &SWITCH, problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        // Readers of older YAML take the bare words for truth values.
        json_schema::any_of([json_schema::words(SWITCH.map(|(word, _)| word)), serde_json::json!({"type": "boolean"})])
    }
}

/// A gate at which a release takes everything back.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct GateWord(pub(in crate::spec) Gate);

impl Read for GateWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let known = Gate::CAN_ROLL_BACK.map(|gate| (gate.as_str(), gate));
        word(node, &known, problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        json_schema::words(Gate::CAN_ROLL_BACK.map(Gate::as_str))
    }
}
