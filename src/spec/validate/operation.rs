//! Tasks, log groups, sleep and snapshots.

use super::{Check, name, service};
use crate::model::PageSpec;
use crate::spec::code::Code;
use crate::spec::problems::{nearest, one_of, wrong};
use crate::spec::schema::shortened;

/// The days that PutRetentionPolicy takes.
const RETENTION_DAYS: [u32; 23] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, 3654];
/// Content types of a fixed response (`aws.md` 4.1).
const CONTENT_TYPES: [&str; 5] = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

pub(super) fn check(check: &mut Check<'_>) {
    tasks(check);
    log_groups(check);
    sleep(check);
    snapshots(check);
}

fn tasks(check: &mut Check<'_>) {
    for (name, task) in &check.environment.tasks {
        let at = |field: &str| format!("task/{name}.{field}");
        service::ecs_name(check, &at("family"), "a task definition family", &task.family);
        service::ecs_name(check, &at("container"), "a container's name", &task.container);
        service::variables(check, &at("environment"), &task.environment);
        for (field, patterns) in [("expect", &task.expect), ("reject", &task.reject)] {
            for (index, pattern) in patterns.iter().enumerate() {
                if let Err(error) = regex_lite::Regex::new(pattern) {
                    let draft =
                        wrong(Code::Task, format!("`{}` is no regular expression: {error}", shortened(pattern)))
                            .help("escape what is meant as it stands, such as `\\.` and `\\(`");
                    check.report(&format!("task/{name}.{field}.{index}"), draft);
                }
            }
        }
        let known = check.declared.is_known(&at("service")) && check.declared.is_known(&at("template"));
        match (&task.service, &task.template) {
            (None, None) if known => {
                let draft = wrong(Code::Task, format!("task `{name}` has no task definition"))
                    .label("neither `service` nor `template`")
                    .help("add `service: NAME` to take a service's with another command, or `template: FILE`");
                check.report(&format!("task/{name}"), draft);
            }
            (Some(_), Some(_)) => {
                let draft = wrong(
                    Code::Task,
                    format!("task `{name}` has a service's task definition and a template of its own"),
                )
                .related(check.span(&at("service")), "the service")
                .help("keep one of the two");
                check.report(&at("template"), draft);
            }
            (Some(service), None) if task.command.is_empty() && check.declared.is_known(&at("command")) => {
                let draft =
                    wrong(Code::Task, format!("task `{name}` would run service `{service}` itself, which never ends"))
                        .label("no `command`")
                        .help("add the command to run once, a list of words: `command: [python, manage.py, migrate]`");
                check.report(&format!("task/{name}"), draft);
            }
            _ => {}
        }
        if let Some(template) = &task.template {
            service::template(check, &at("template"), template);
        }
        let seconds = u32::try_from(task.timeout.as_secs()).unwrap_or(u32::MAX);
        check.lasts(&at("timeout"), "the timeout", seconds, 10, 86_400);
    }
}

fn log_groups(check: &mut Check<'_>) {
    for (name, group) in &check.environment.log_groups {
        if let Some(reason) = name::log_group(&group.log_group_name) {
            let draft =
                wrong(Code::Name, format!("`{}` cannot be a log group: {reason}", shortened(&group.log_group_name)))
                    .help("write a name such as `/aws/ecs/my-app-staging`");
            check.report(&format!("log-group/{name}.log_group_name"), draft);
        }
        let Some(days) = group.retention_days else { continue };
        if RETENTION_DAYS.contains(&days) {
            continue;
        }
        let above = RETENTION_DAYS.into_iter().find(|offered| *offered > days).unwrap_or(3653);
        let below = RETENTION_DAYS.into_iter().rev().find(|offered| *offered < days);
        let near = below.map_or_else(|| format!("{above}d"), |below| format!("{below}d or {above}d"));
        let draft = wrong(Code::Retention, format!("CloudWatch Logs cannot keep events for {days} days"))
            .label("not offered")
            .help(format!("nearest: {near}; or `forever`"))
            .instead(Some(format!("{above}d")));
        check.report(&format!("log-group/{name}.retention_days"), draft);
    }
}

fn sleep(check: &mut Check<'_>) {
    let sleep = &check.environment.sleep;
    page(check, "sleep", &sleep.page);
    page(check, "maintenance", &check.environment.maintenance);
    if sleep.idle.is_some_and(|idle| idle.is_zero()) {
        let path = check.own("sleep.idle");
        check.report(
            &path,
            wrong(Code::Bounds, "an idle time of nothing")
                .help("write how long it usually sleeps, `12h`, or leave it out"),
        );
    }
}

/// A page, as this section of the spec declares it.
fn page(check: &mut Check<'_>, section: &str, page: &PageSpec) {
    let template = check.own(&format!("{section}.page"));
    service::template(check, &template, &page.template);
    let status = check.own(&format!("{section}.status_code"));
    if !matches!(page.status_code, 200..=299 | 400..=599) {
        let draft = wrong(Code::SleepPage, format!("a rule cannot answer with status {}", page.status_code))
            .label("2XX, 4XX or 5XX")
            .help("write 503: clients try again, and caches keep nothing")
            .instead(Some("503"));
        check.report(&status, draft);
    }
    if !CONTENT_TYPES.contains(&page.content_type.as_str()) {
        let path = check.own(&format!("{section}.content_type"));
        let meant = nearest(&page.content_type, CONTENT_TYPES);
        let message = format!("a rule cannot answer with content type `{}`", shortened(&page.content_type));
        let draft = wrong(Code::SleepPage, message).help(format!("write {}", one_of(CONTENT_TYPES))).instead(meant);
        check.report(&path, draft);
    }
}

fn snapshots(check: &mut Check<'_>) {
    let path = check.own("retention.keep");
    // 100 manual snapshots in a region (aws.md 2.3), shared with everybody in the account.
    check.within(&path, "snapshots.keep", check.environment.retention.keep, 1, 100);
}
