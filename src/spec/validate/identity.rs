//! Who and where: names, account, region, tags.

use super::{Check, name, region};
use crate::spec::code::Code;
use crate::spec::problems::{nearest, wrong};
use crate::spec::schema::shortened;

/// envctl's own tags and what AWS adds fit beside so many (`aws.md` 1.6: 50 in all).
const MAX_TAGS: usize = 40;

/// What may stand after `envctl release` instead of an environment.
const TAKEN: [&str; 6] = ["list", "ls", "show", "watch", "close", "help"];

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    let own = check.own("name");
    if let Some(word) = TAKEN.iter().find(|word| **word == environment.name) {
        let message =
            format!("`{word}` cannot be an environment's name: `envctl release {word}` is a command of its own");
        check.report(&own, wrong(Code::Name, message).help(format!("rename the file, such as {word}-1.yaml")));
    }
    if let Some(reason) = name::lower(&environment.name) {
        let draft =
            wrong(Code::Name, format!("`{}` cannot be an environment's name: {reason}", shortened(&environment.name)))
                .help("rename the file: lower-case letters, digits and single hyphens, such as staging.yaml");
        check.report(&own, draft);
    }
    let application = check.own("application");
    if let Some(reason) = name::lower(&environment.application) {
        let draft = wrong(
            Code::Name,
            format!("`{}` cannot be an application's name: {reason}", shortened(&environment.application)),
        )
        .label("becomes part of AWS names")
        .help("write lower-case letters, digits and single hyphens, such as `pythonide`");
        check.report(&application, draft);
    }
    account(check);
    region_name(check);
    tags(check);
    keys(check);
    for (index, field) in environment.allow_fields.iter().enumerate() {
        if field.trim().is_empty() {
            let path = check.own(&format!("allow_fields.{index}"));
            check.report(
                &path,
                wrong(Code::WrongValue, "an empty field name")
                    .help("write the field's path, `containerDefinitions.newField`"),
            );
        }
    }
}

fn account(check: &mut Check<'_>) {
    let account = &check.environment.account;
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    let digits: String = account.chars().filter(char::is_ascii_digit).collect();
    let draft = wrong(Code::Place, format!("account `{}` is no AWS account id", shortened(account)))
        .label(format!("{} digits, 12 are needed", digits.len()))
        .help("write the twelve digits in quotes; `aws sts get-caller-identity` shows them")
        .instead((digits.len() == 12).then(|| format!("\"{digits}\"")));
    let path = check.own("account");
    check.report(&path, draft);
}

fn region_name(check: &mut Check<'_>) {
    let region = &check.environment.region;
    if region::is_known(region) || region::looks_new(region) {
        return;
    }
    let meant = nearest(region, region::KNOWN.iter().copied());
    let help =
        meant.map_or_else(|| "write a region such as us-east-2".to_owned(), |meant| format!("did you mean `{meant}`?"));
    let draft = wrong(Code::Place, format!("`{}` is no AWS region", shortened(region)))
        .label("unknown region")
        .help(help)
        .instead(meant);
    let path = check.own("region");
    check.report(&path, draft);
}

fn tags(check: &mut Check<'_>) {
    let tags = &check.environment.tags;
    if tags.len() > MAX_TAGS {
        let path = check.own("tags");
        let message = format!("{} tags; AWS takes 50 on a resource, and envctl needs some of them", tags.len());
        check.report(&path, wrong(Code::Tags, message).help(format!("keep at most {MAX_TAGS}")));
    }
    for (key, value) in tags {
        let path = check.own(&format!("tags.{key}"));
        let lowered = key.to_lowercase();
        let reason = if lowered.starts_with("aws:") || lowered.starts_with("envctl:") {
            Some(format!("keys that begin with `{}:` are reserved", lowered.split(':').next().unwrap_or_default()))
        } else {
            name::bad(key, 128, name::tag_character, "letters, digits, spaces and `_.:/=+-@`")
                .or_else(|| (!value.is_empty()).then(|| name::tag_value(value)).flatten())
        };
        if let Some(reason) = reason {
            let draft = wrong(Code::Tags, format!("tag `{}` cannot be: {reason}", shortened(key)))
                .help("keys have at most 128 characters, values 256; choose another key or value");
            check.report(&path, draft);
        }
    }
}

/// The names that the user chose for parts.
fn keys(check: &mut Check<'_>) {
    let environment = check.environment;
    let parts: [(&str, Vec<&String>); 9] = [
        ("service", environment.services.keys().collect()),
        ("database", environment.databases.keys().collect()),
        ("access-point", environment.access_points.keys().collect()),
        ("file-system", environment.file_systems.keys().collect()),
        ("log-group", environment.log_groups.keys().collect()),
        ("listener-rule", environment.rules.keys().collect()),
        ("task", environment.tasks.keys().collect()),
        ("check", environment.checks.keys().collect()),
        ("alarm", environment.alarms.keys().collect()),
    ];
    let named = parts.into_iter().flat_map(|(kind, names)| names.into_iter().map(move |name| (kind, name)));
    for (kind, name) in named {
        if let Some(reason) = name::key(name) {
            // A service's own log group has its name: one problem is enough.
            if kind == "log-group" && environment.services.contains_key(name) {
                continue;
            }
            let draft = wrong(Code::Name, format!("`{}` cannot be a name in a spec: {reason}", shortened(name)))
                .help("choose a short word such as `backend`; AWS names may be given apart from it");
            check.report(&format!("{kind}/{name}"), draft);
        }
    }
}
