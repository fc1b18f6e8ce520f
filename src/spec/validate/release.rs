//! The release procedure: what it names is declared, and it can be carried out.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Check;
use crate::model::{AnnounceSpec, ReleaseSpec, ReleaseStep, WatchSpec};
use crate::spec::code::Code;
use crate::spec::problems::{Draft, nearest, one_of, wrong};
use crate::spec::schema::shortened;

/// Longest question: it stands on one or two lines of a terminal.
const LONGEST_QUESTION: usize = 300;
/// The steps that are a word.
const WORDS: [&str; 4] = ["policy", "snapshot", "checks", "announce"];

pub(super) fn check(check: &mut Check<'_>) {
    if check.root.release.get().is_none() {
        return;
    }
    let release = &check.environment.release;
    let mut asked = BTreeSet::new();
    for (part, steps) in [("before", &release.before), ("verify", &release.verify), ("after", &release.after)] {
        for (index, step) in steps.iter().enumerate() {
            of_step(check, &format!("release.{part}.{index}"), step, release, &mut asked);
        }
    }
    for (index, name) in release.tasks.iter().enumerate() {
        of_task(check, &format!("release.tasks.{index}"), name);
    }
    if let Some(watch) = &release.watch {
        of_watch(check, watch);
    }
    if release.maintenance_during_rollback && check.environment.rules.is_empty() {
        refuse(check, "release.maintenance_during_rollback", no_rule());
    }
    if release.with_data && check.environment.databases.is_empty() {
        let draft = wrong(Code::Release, "there is no database whose data could be taken back")
            .help("declare it under `databases`, or leave this out");
        refuse(check, "release.with_data", draft);
    }
    of_announcements(check, &release.announce);
}

fn no_rule() -> Draft {
    wrong(Code::Release, "there is no rule that could answer with the maintenance page")
        .help("declare the rule under `rules`, or leave this out")
}

fn refuse(check: &mut Check<'_>, field: &str, draft: Draft) {
    let path = check.own(field);
    check.report(&path, draft);
}

fn of_step<'a>(
    check: &mut Check<'_>,
    field: &str,
    step: &'a ReleaseStep,
    release: &ReleaseSpec,
    asked: &mut BTreeSet<&'a str>,
) {
    match step {
        ReleaseStep::Policy if check.root.policy.get().is_none() => {
            let draft = wrong(Code::Release, "there is no policy to hold the task definitions against")
                .help("add `policy: {}` to the spec for the usual rules, or leave this step out");
            refuse(check, field, draft);
        }
        ReleaseStep::Announce if release.announce.is_empty() => {
            let draft = wrong(Code::Release, "nobody would hear this announcement")
                .help("say under `announce:` where it goes: `webhook: env:SLACK_WEBHOOK`, or `topic: ARN`");
            refuse(check, field, draft);
        }
        ReleaseStep::Maintenance(_) if check.environment.rules.is_empty() => refuse(check, field, no_rule()),
        ReleaseStep::Policy | ReleaseStep::Snapshot | ReleaseStep::Announce | ReleaseStep::Maintenance(_) => {}
        ReleaseStep::Checks(names) => of_checks(check, field, names),
        ReleaseStep::Task(name) => of_task(check, field, name),
        ReleaseStep::Confirm { name, question } => {
            if question.trim().is_empty() || question.chars().count() > LONGEST_QUESTION {
                let message = format!("a question has 1 to {LONGEST_QUESTION} characters");
                refuse(check, field, wrong(Code::Release, message).help("write what a person is asked, in a sentence"));
            }
            let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
            if name.is_empty() || !name.chars().all(is_plain) {
                let message = format!("`{}` cannot name a question", shortened(name));
                refuse(check, field, wrong(Code::Release, message).help("take letters, digits, `-` and `_`"));
            } else if !asked.insert(name) {
                let draft = wrong(Code::Release, format!("two questions are called `{name}`"))
                    .help("give each its own `name`: by it the question is answered, `--answer NAME=yes`");
                refuse(check, field, draft);
            }
        }
    }
}

fn of_checks(check: &mut Check<'_>, field: &str, names: &[String]) {
    let known = &check.environment.checks;
    let unreadable = check.root.checks.get().map_or(&[][..], |named| &named.1);
    for name in names.iter().filter(|name| !known.contains_key(*name) && !unreadable.contains(name)) {
        let words = if field.contains("watch") { &[][..] } else { &WORDS[..] };
        let candidates = || known.keys().map(String::as_str).chain(words.iter().copied());
        let meant = nearest(name, candidates());
        let what = if words.is_empty() { "there is no check" } else { "there is neither a step nor a check" };
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there are {}", one_of(candidates())),
        };
        let draft = wrong(Code::NoSuchName, format!("{what} `{}`", shortened(name))).help(help).instead(meant);
        refuse(check, field, draft);
    }
}

fn of_task(check: &mut Check<'_>, field: &str, name: &str) {
    let known = &check.environment.tasks;
    let is_unreadable = check.root.tasks.get().is_some_and(|named| named.1.iter().any(|other| other == name));
    if known.contains_key(name) || is_unreadable {
        return;
    }
    let meant = nearest(name, known.keys().map(String::as_str));
    let help = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "declare it under `tasks`".to_owned(),
        None => format!("`tasks` has {}", one_of(known.keys().map(String::as_str))),
    };
    let draft = wrong(Code::NoSuchName, format!("there is no task `{}`", shortened(name)))
        .label("no such task")
        .help(help)
        .instead(meant);
    refuse(check, field, draft);
}

fn of_watch(check: &mut Check<'_>, watch: &WatchSpec) {
    let seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    let (lasts, every) = (check.own("release.watch.lasts"), check.own("release.watch.every"));
    check.lasts(&lasts, "the watch", seconds(watch.lasts), 10, 86_400);
    if check.lasts(&every, "the time between two looks", seconds(watch.every), 5, 86_400) && watch.every > watch.lasts {
        let draft = wrong(Code::Release, "the watch would be over before the second look")
            .help("let `every` be shorter than `lasts`");
        check.report(&every, draft);
    }
    if let Some(open) = watch.open_for {
        let path = check.own("release.watch.open_for");
        check.lasts(&path, "the time until the verdict", seconds(open), 60, 31 * 86_400);
    }
    for (index, name) in watch.checks.iter().enumerate() {
        of_checks(check, &format!("release.watch.checks.{index}"), std::slice::from_ref(name));
    }
}

fn of_announcements(check: &mut Check<'_>, announce: &AnnounceSpec) {
    if let Some(topic) = &announce.topic {
        let parts: Vec<&str> = topic.split(':').collect();
        let is_topic = matches!(parts.as_slice(), ["arn", _, "sns", region, account, name]
            if !region.is_empty() && account.len() == 12 && !name.is_empty());
        if !is_topic {
            let draft = wrong(Code::Release, format!("`{}` is no SNS topic", shortened(topic)))
                .help("write its ARN: arn:aws:sns:REGION:ACCOUNT:NAME");
            refuse(check, "release.announce.topic", draft);
        }
    }
    if let Some(webhook) = &announce.webhook {
        if webhook.contains("://") {
            // The line is not shown: whoever has the address can post.
            let place = check.span(&check.own("release.announce.webhook"));
            let place = place.map(|span| format!(" ({}, line {})", span.file, span.line)).unwrap_or_default();
            let message = format!("the address of a webhook is a secret, and a spec is no place for one{place}");
            let help = "keep it in Secrets Manager and write the secret's name, or write env:VARIABLE";
            check.problems.add(wrong(Code::Release, message).help(help));
        } else if webhook.is_empty() || webhook == "env:" {
            let draft = wrong(Code::Release, "the webhook names neither a variable nor a secret")
                .help("write env:VARIABLE, or a secret's name or ARN");
            refuse(check, "release.announce.webhook", draft);
        }
    }
    if announce.required && announce.is_empty() {
        let draft = wrong(Code::Release, "announcements are required, but go nowhere")
            .help("add `webhook: env:VARIABLE` or `topic: ARN`, or leave `required` out");
        refuse(check, "release.announce.required", draft);
    }
}
