//! File systems and access points (`aws.md` 3.1, 3.3).

use crate::model::{AccessPointSpec, FileSystemSpec, Selector, Throughput};

use super::{Check, name, network};
use crate::spec::code::Code;
use crate::spec::problems::{nearest, wrong};
use crate::spec::schema::{BorrowedFileSystem, Field, shortened};

/// Provisioned throughput, MiB/s.
const MAX_THROUGHPUT: u32 = 3_414;

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    for (name, file_system) in &environment.file_systems {
        let path = format!("file-system/{name}.throughput");
        let throughput = match file_system {
            FileSystemSpec::Owned { file_system_name, throughput, .. } => {
                name_tag(check, &format!("file-system/{name}.file_system_name"), file_system_name);
                Some(*throughput)
            }
            FileSystemSpec::Borrowed { throughput, .. } => *throughput,
        };
        if let Some(Throughput::Provisioned(rate)) = throughput {
            check.within(&path, "provisioned throughput in MiB/s", rate, 1, MAX_THROUGHPUT);
        }
    }
    let root = check.root;
    let borrowed = root.borrow.get().and_then(|borrow| borrow.file_systems.get());
    for (name, choice) in borrowed.map_or(&[][..], |named| &named.0) {
        self::borrowed(check, &name.value, &choice.0);
    }
    for (name, access_point) in &environment.access_points {
        self::access_point(check, name, access_point);
        if access_point.snapshot {
            in_snapshots(check, name, access_point);
        }
    }
    if environment.access_points.values().any(|access_point| access_point.snapshot) {
        backup(check);
    }
}

/// A path that snapshots take along: restored beside itself, and with nothing in it that is restored on its own.
fn in_snapshots(check: &mut Check<'_>, name: &str, access_point: &AccessPointSpec) {
    let at = format!("access-point/{name}.snapshot");
    if access_point.path == "/" {
        let draft = wrong(Code::AccessPoint, "the whole file system cannot be put aside for a restore")
            .label("`path: /` has no place beside it")
            .help("give the files a directory of their own, such as `/files`");
        check.report(&at, draft);
    }
    let outer = check.environment.access_points.iter().find(|(_, other)| {
        let below = access_point.path.strip_prefix(other.path.as_str()).is_some_and(|rest| rest.starts_with('/'));
        other.snapshot && other.file_system == access_point.file_system && below
    });
    if let Some((outer, _)) = outer {
        let draft = wrong(Code::AccessPoint, format!("`{}` is in snapshots with `{outer}` already", access_point.path))
            .label("twice")
            .related(check.span(&format!("access-point/{outer}.path")), "the path around it")
            .help("leave `snapshot` out here: a restore brings the path around it back, with this one in it");
        check.report(&at, draft);
    }
    if check.environment.cluster.is_none() {
        let draft = wrong(Code::AccessPoint, "a restore of files runs a task, and there is no cluster for it")
            .label("needs a cluster")
            .help("write `cluster`, `subnets` and `security_groups` under `borrow:`");
        check.report(&at, draft);
    }
}

/// Vault and roles of AWS Backup.
fn backup(check: &mut Check<'_>) {
    let backup = &check.environment.backup;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !(2..=50).contains(&backup.vault.len()) || !backup.vault.chars().all(fits) {
        let draft = wrong(Code::Name, format!("`{}` cannot be a backup vault", shortened(&backup.vault)))
            .label("2 to 50 letters, digits, `-` and `_`")
            .help("leave it out: envctl then makes a vault of the environment's own");
        let path = check.own("backup.vault");
        check.report(&path, draft);
    }
    let roles = [("backup.role", Some(&backup.role)), ("backup.execution_role", backup.execution_role.as_ref())];
    for (field, role) in roles {
        let Some(role) = role else { continue };
        let parts: Vec<&str> = role.split(':').collect();
        let named = |text: &str| {
            !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "+=,.@_/-".contains(letter))
        };
        let is_role = match parts.as_slice() {
            [name] => named(name),
            ["arn", _, "iam", "", _, resource] => resource.strip_prefix("role/").is_some_and(named),
            _ => false,
        };
        let path = check.own(field);
        let account = &check.environment.account;
        if !is_role {
            let draft = wrong(Code::WrongValue, format!("`{}` is no role", shortened(role)))
                .help("write a role's name, or its ARN arn:aws:iam::ACCOUNT:role/NAME");
            check.report(&path, draft);
        } else if parts.get(4).is_some_and(|found| found != account) {
            let draft =
                wrong(Code::WrongValue, format!("the role is of account {}, the environment of {account}", parts[4]))
                    .help("name a role of the environment's own account");
            check.report(&path, draft);
        }
    }
}

fn borrowed(check: &mut Check<'_>, name: &str, shape: &BorrowedFileSystem) {
    let at = |field: &str| format!("file-system/{name}.{field}");
    match (&shape.id, &shape.tag) {
        (Field::Absent, Field::Absent) => {
            let draft = wrong(Code::Borrowed, "a borrowed file system needs its id or its tag")
                .help("write `fs-…`, or `{tag: Name=value}`");
            check.report(&format!("file-system/{name}"), draft);
        }
        (Field::Here(_), Field::Here(_)) => {
            let draft = wrong(Code::Borrowed, "a file system by id and by tag at once").help("keep one of the two");
            check.report(&at("tag"), draft);
        }
        (Field::Here(id), _) => network::id(check, &at("selector"), &Selector::Id(id.value.clone()), "fs"),
        _ => {}
    }
    let allowed: Vec<_> = shape.allow.get().map(Vec::as_slice).unwrap_or_default().iter().collect();
    for (index, word) in allowed.iter().enumerate().filter(|(_, word)| word.value != "throughput") {
        let meant = nearest(&word.value, ["throughput"]);
        let draft = wrong(
            Code::WrongValue,
            format!("`{}` cannot be allowed on a borrowed file system", shortened(&word.value)),
        )
        .help("only `throughput` can")
        .instead(meant);
        check.report(&at(&format!("allow.{index}")), draft);
    }
    let is_allowed = allowed.iter().any(|word| word.value == "throughput");
    if shape.throughput.here().is_some() && !is_allowed && !matches!(shape.allow, Field::Broken(_)) {
        let draft = wrong(Code::Throughput, format!("throughput of `{name}` is production's: everybody who uses it feels the change"))
            .label("not allowed")
            .help("say so in so many words with `allow: [throughput]` beside it, or try it on a file system of your own first");
        check.report(&at("throughput"), draft);
    }
}

fn name_tag(check: &mut Check<'_>, path: &str, value: &str) {
    // The name is also the creation token, which has at most 64 characters.
    let reason =
        name::tag_value(value).or_else(|| (value.chars().count() > 64).then(|| "more than 64 characters".to_owned()));
    if let Some(reason) = reason {
        let draft = wrong(Code::Name, format!("`{}` cannot be a name: {reason}", shortened(value)))
            .help("choose a shorter, plainer name");
        check.report(path, draft);
    }
}

fn access_point(check: &mut Check<'_>, name: &str, access_point: &AccessPointSpec) {
    let at = |field: &str| format!("access-point/{name}.{field}");
    name_tag(check, &at("access_point_name"), &access_point.access_point_name);
    let path = access_point.path.as_str();
    if let Some(reason) = bad_path(path) {
        let draft =
            wrong(Code::AccessPoint, format!("`{}` cannot be an access point's path: {reason}", shortened(path)))
                .help("write an absolute path of at most four levels and 100 characters, such as `/staging`")
                .instead(
                    (!path.starts_with('/') && bad_path(&format!("/{path}")).is_none()).then(|| format!("/{path}")),
                );
        check.report(&at("path"), draft);
    }
    let is_borrowed =
        matches!(check.environment.file_systems.get(&access_point.file_system), Some(FileSystemSpec::Borrowed { .. }));
    if path == "/" && is_borrowed {
        let draft = wrong(
            Code::AccessPoint,
            format!("`/` would open all of production's files on `{}`", access_point.file_system),
        )
        .label("the whole file system")
        .help("give the environment a directory of its own, such as `/staging`")
        .instead(Some(format!("/{}", check.environment.name)));
        check.report(&at("path"), draft);
    }
    let permissions = access_point.permissions.as_str();
    let is_octal = matches!(permissions.len(), 3 | 4) && permissions.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    if !is_octal {
        let draft = wrong(Code::AccessPoint, format!("`{}` are no permissions", shortened(permissions)))
            .label("three or four octal digits")
            .help("write them as chmod takes them, in quotes: \"0755\"")
            .instead(Some("\"0755\""));
        check.report(&at("permissions"), draft);
    }
}

fn bad_path(path: &str) -> Option<String> {
    if !path.starts_with('/') {
        return Some("it must begin with `/`".to_owned());
    }
    if path == "/" {
        return None;
    }
    if path.chars().count() > 100 {
        return Some("more than 100 characters".to_owned());
    }
    let levels: Vec<&str> = path.split('/').skip(1).collect();
    if levels.iter().any(|level| level.is_empty()) {
        return Some("an empty level (`//` or a `/` at the end)".to_owned());
    }
    if levels.iter().any(|level| matches!(*level, "." | "..")) {
        return Some("`.` and `..` are no directories of their own".to_owned());
    }
    if levels.len() > 4 {
        return Some(format!("{} levels, at most 4 are allowed", levels.len()));
    }
    let letter = path.chars().find(|letter| letter.is_control() || "*?:<>|\"\\".contains(*letter))?;
    Some(format!("`{}` is not allowed", letter.escape_debug()))
}
