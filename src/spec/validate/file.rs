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
