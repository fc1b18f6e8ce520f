//! Listener rules: conditions, priorities, target groups (`aws.md` 4.1 to 4.3).

use std::collections::BTreeMap;

use crate::model::RuleDeclaration;

use super::{Check, name, service};
use crate::spec::code::Code;
use crate::spec::problems::wrong;
use crate::spec::schema::shortened;

/// Condition values of one rule, not adjustable.
const MAX_VALUES: usize = 5;
/// Wildcards of one rule.
const MAX_WILDCARDS: usize = 6;
/// Characters of a host name or path.
const MAX_LENGTH: usize = 128;

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    for (name, rule) in &environment.rules {
        let at = |field: &str| format!("listener-rule/{name}.{field}");
        conditions(check, name, rule);
        if let Some(priority) = rule.priority
            && !(1..=50_000).contains(&priority)
        {
            let draft = wrong(Code::Priority, format!("priority {priority} is outside 1 to 50000"))
                .help("leave `priority` out: the lowest free one is taken and kept");
            check.report(&at("priority"), draft);
        }
        service::template(check, &at("template"), &rule.template);
        if let Some(reason) = name::load_balancing(&rule.target_group_name) {
            let draft = wrong(
                Code::Name,
                format!("`{}` cannot be a target group: {reason}", shortened(&rule.target_group_name)),
            )
            .help("leave `target_group` out: envctl derives a name of at most 32 characters");
            check.report(&at("target_group_name"), draft);
        }
        if !matches!(rule.protocol.as_str(), "HTTP" | "HTTPS") {
            let upper = rule.protocol.to_uppercase();
            let draft = wrong(
                Code::WrongValue,
                format!("`{}` is no protocol between load balancer and task", shortened(&rule.protocol)),
            )
            .help("write `HTTP` or `HTTPS`")
            .instead(matches!(upper.as_str(), "HTTP" | "HTTPS").then_some(upper));
            check.report(&at("protocol"), draft);
        }
        check.lasts(
            &at("deregistration_delay_seconds"),
            "the deregistration delay",
            rule.deregistration_delay_seconds,
            0,
            3_600,
        );
        if let Some(seconds) = rule.stickiness_seconds {
            check.lasts(&at("stickiness_seconds"), "stickiness", seconds, 1, 604_800);
        }
        port(check, name, rule);
    }
    overlaps(check);
}

/// The service must listen on something.
fn port(check: &mut Check<'_>, name: &str, rule: &RuleDeclaration) {
    let Some(service) = check.environment.services.get(&rule.service) else { return };
    let path = format!("service/{}.port", rule.service);
    if service.port.is_none() && check.declared.is_known(&path) {
        let draft =
            wrong(Code::MissingField, format!("service `{}` has no port that a rule could forward to", rule.service))
                .label("forwards to it")
                .related(check.span(&format!("service/{}", rule.service)), "`port` is missing here")
                .help("add `port: 8080`, the port that its container listens on");
        check.report(&format!("listener-rule/{name}.service"), draft);
    }
}

fn conditions(check: &mut Check<'_>, name: &str, rule: &RuleDeclaration) {
    let at = |field: &str| format!("listener-rule/{name}.{field}");
    let values = rule.hosts.len() + rule.paths.len();
    if !check.declared.is_known(&at("hosts")) || !check.declared.is_known(&at("paths")) {
        return;
    }
    let catches_all = |text: &String| matches!(text.as_str(), "*" | "/*");
    if values == 0 || (rule.hosts.iter().all(catches_all) && rule.paths.iter().all(catches_all)) {
        let draft = wrong(Code::RuleCondition, format!("rule `{name}` would take every request of the listener"))
            .label("no condition that tells requests apart")
            .help("add `hosts: [staging.example.com]`");
        return check.report(&format!("listener-rule/{name}"), draft);
    }
    if values > MAX_VALUES {
        let draft = wrong(
            Code::RuleCondition,
            format!("{values} hosts and paths, more than the {MAX_VALUES} that one rule can have"),
        )
        .help("split it into two rules for the same service");
        check.report(&at(if rule.hosts.is_empty() { "paths" } else { "hosts" }), draft);
    }
    let wildcards = rule
        .hosts
        .iter()
        .chain(&rule.paths)
        .flat_map(|text| text.chars())
        .filter(|letter| matches!(letter, '*' | '?'))
        .count();
    if wildcards > MAX_WILDCARDS {
        let draft = wrong(
            Code::RuleCondition,
            format!("{wildcards} wildcards, more than the {MAX_WILDCARDS} that one rule can have"),
        )
        .help("use fewer `*` and `?`");
        check.report(&at(if rule.hosts.is_empty() { "paths" } else { "hosts" }), draft);
    }
    for (field, texts, judge) in
        [("hosts", &rule.hosts, bad_host as fn(&str) -> Option<String>), ("paths", &rule.paths, bad_path)]
    {
        for (index, text) in texts.iter().enumerate() {
            let path = at(&format!("{field}.{index}"));
            let is_twice = texts
                .iter()
                .take(index)
                .any(|other| other.eq_ignore_ascii_case(text) && (field == "hosts" || other == text));
            let reason = judge(text).or_else(|| is_twice.then(|| "it stands here twice".to_owned()));
            if let Some(reason) = reason {
                let what = if field == "hosts" { "a host condition" } else { "a path condition" };
                let help = if field == "hosts" {
                    "write a host name such as `staging.example.com` or `*.example.com`"
                } else {
                    "write a path such as `/api/*`"
                };
                let draft = wrong(Code::RuleCondition, format!("`{}` cannot be {what}: {reason}", shortened(text)))
                    .help(help)
                    .instead(bare_host(text).filter(|_| field == "hosts"));
                check.report(&path, draft);
            }
        }
    }
}

fn bad_host(host: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-.*?".contains(letter);
    name::bad(host, MAX_LENGTH, allowed, "letters, digits, `-`, `.`, `*` and `?`").or_else(|| {
        let Some((_, last)) = host.rsplit_once('.') else { return Some("it has no `.`".to_owned()) };
        let is_domain =
            !last.is_empty() && last.chars().all(|letter| letter.is_ascii_alphabetic() || matches!(letter, '*' | '?'));
        (!is_domain).then(|| "only letters may follow the last `.`".to_owned())
    })
}

/// The host of a URL that somebody pasted.
fn bare_host(text: &str) -> Option<String> {
    let after = text.split_once("://").map_or(text, |(_, after)| after);
    let host = after.split(['/', ':']).next().unwrap_or_default();
    (host != text && bad_host(host).is_none()).then(|| host.to_owned())
}

fn bad_path(path: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(letter);
    name::bad(path, MAX_LENGTH, allowed, "letters, digits and `_-.$/~\"'@:+&*?`")
        .or_else(|| (!path.starts_with(['/', '*'])).then(|| "it must begin with `/`".to_owned()))
}

/// Rules that stand in each other's way on one listener.
fn overlaps(check: &mut Check<'_>) {
    let environment = check.environment;
    let mut priorities: BTreeMap<(&str, u32), &str> = BTreeMap::new();
    let mut conditions: BTreeMap<(&str, Vec<String>, Vec<&String>), &str> = BTreeMap::new();
    for (name, rule) in &environment.rules {
        if let Some(priority) = rule.priority
            && let Some(other) = priorities.insert((&rule.listener, priority), name)
        {
            let draft =
                wrong(Code::Priority, format!("rules `{other}` and `{name}` have the same priority {priority}"))
                    .related(check.span(&format!("listener-rule/{other}.priority")), "the other")
                    .help("give one of them another priority, or leave both out");
            check.report(&format!("listener-rule/{name}.priority"), draft);
        }
        let mut hosts: Vec<String> = rule.hosts.iter().map(|host| host.to_lowercase()).collect();
        hosts.sort();
        let mut paths: Vec<&String> = rule.paths.iter().collect();
        paths.sort();
        if hosts.is_empty() && paths.is_empty() {
            continue;
        }
        if let Some(other) = conditions.insert((&rule.listener, hosts, paths), name) {
            let draft = wrong(
                Code::RuleCondition,
                format!("rules `{other}` and `{name}` match the same requests: one of them is never reached"),
            )
            .related(check.span(&format!("listener-rule/{other}")), "the other")
            .help("let them differ in hosts or paths, or take one out");
            check.report(&format!("listener-rule/{name}"), draft);
        }
    }
}
