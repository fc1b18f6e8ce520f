//! Storage, IOPS and throughput of databases (`aws.md` 2.5).

use crate::model::DatabaseSpec;

use super::Check;
use crate::spec::code::Code;
use crate::spec::problems::{nearest, one_of, wrong};
use crate::spec::schema::shortened;

const TYPES: [&str; 4] = ["gp3", "gp2", "io1", "io2"];
/// The most that an instance of these engines can have, GiB.
const MAX_GIB: u32 = 65_536;
/// From here on gp3 has settable IOPS and throughput, GiB.
const GP3_SETTABLE_GIB: u32 = 400;

pub(super) fn check(check: &mut Check<'_>) {
    for (name, database) in &check.environment.databases {
        let at = |field: &str| format!("database/{name}.{field}");
        let kind = database.storage_type.as_str();
        if !TYPES.contains(&kind) {
            unknown_type(check, &at("storage_type"), kind);
            continue;
        }
        size(check, &at("storage_gib"), &at("storage_type"), database);
        if let Some(limit) = database.max_storage_gib {
            growth(check, &at("max_storage_gib"), &at("storage_gib"), limit, database.storage_gib);
        }
        if kind == "gp3" && database.storage_gib < GP3_SETTABLE_GIB {
            small_gp3(check, name, database);
            continue;
        }
        iops(check, &at("iops"), &at("storage_type"), database);
        throughput(check, &at("storage_throughput"), &at("storage_type"), database);
    }
}

fn unknown_type(check: &mut Check<'_>, path: &str, kind: &str) {
    let meant = nearest(kind, TYPES);
    let draft = wrong(Code::Storage, format!("`{}` is no storage type that envctl offers", shortened(kind)))
        .label("unknown storage type")
        .help(format!("write {}; `gp3` is right for nearly everything", one_of(TYPES)))
        .instead(meant.or(Some("gp3")));
    check.report(path, draft);
}

fn size(check: &mut Check<'_>, path: &str, type_path: &str, database: &DatabaseSpec) {
    let least = if database.storage_type.starts_with("io") { 100 } else { 20 };
    if (least..=MAX_GIB).contains(&database.storage_gib) {
        return;
    }
    let nearest = database.storage_gib.clamp(least, MAX_GIB);
    let message =
        format!("{} GiB of {} storage, outside {least} to {MAX_GIB} GiB", database.storage_gib, database.storage_type);
    let draft = wrong(Code::Storage, message)
        .label(format!("at least {least} GiB, at most {MAX_GIB} GiB"))
        .related(check.declared.exact(type_path), "for this type")
        .help(format!("the nearest that RDS takes is {nearest} GiB"))
        .instead(Some(format!("{nearest} GiB")));
    check.report(path, draft);
}

fn growth(check: &mut Check<'_>, path: &str, storage_path: &str, limit: u32, storage: u32) {
    if limit < storage && check.declared.is_known(storage_path) {
        let draft = wrong(Code::Storage, format!("max_storage {limit} GiB is less than storage {storage} GiB"))
            .label("less than storage")
            .related(check.declared.exact(storage_path), "storage")
            .help("storage never shrinks: let max_storage be at least a quarter more, or leave it out");
        return check.report(path, draft);
    }
    check.within(path, "max_storage in GiB", limit, 20, MAX_GIB);
}

/// gp3 under 400 GiB comes with 3000 IOPS and 125 MiB/s, and RDS refuses the call that names either.
fn small_gp3(check: &mut Check<'_>, name: &str, database: &DatabaseSpec) {
    let fields = [("iops", database.iops.is_some()), ("storage_throughput", database.storage_throughput.is_some())];
    for (field, _) in fields.into_iter().filter(|(_, is_given)| *is_given) {
        let message = format!("gp3 storage under {GP3_SETTABLE_GIB} GiB takes no {field}: RDS refuses the call");
        let draft = wrong(Code::Storage, message)
            .label("leave this out")
            .related(check.declared.exact(&format!("database/{name}.storage_gib")), "only so much storage")
            .help(format!(
                "take the line out: 3000 IOPS and 125 MiB/s are included; more needs {GP3_SETTABLE_GIB} GiB"
            ));
        check.report(&format!("database/{name}.{field}"), draft);
    }
}

fn iops(check: &mut Check<'_>, path: &str, type_path: &str, database: &DatabaseSpec) {
    match (database.storage_type.as_str(), database.iops) {
        ("gp2", Some(_)) => {
            let draft = wrong(Code::Storage, "gp2 storage takes no IOPS: they follow from its size")
                .related(check.declared.exact(type_path), "gp2 here")
                .help("take the line out, or take gp3 storage");
            check.report(path, draft);
        }
        ("io1" | "io2", None) => {
            let message = format!("{} storage needs `iops`", database.storage_type);
            let draft = wrong(Code::Storage, message).help("add `iops: 3000`, or take gp3, which includes 3000");
            check.report(type_path, draft);
        }
        ("gp3", Some(iops)) => {
            check.within(path, "iops", iops, 12_000, 64_000);
        }
        (_, Some(iops)) => {
            check.within(path, "iops", iops, 1_000, 256_000);
        }
        _ => {}
    }
}

fn throughput(check: &mut Check<'_>, path: &str, type_path: &str, database: &DatabaseSpec) {
    let Some(throughput) = database.storage_throughput else { return };
    if database.storage_type == "gp3" {
        check.within(path, "storage_throughput in MiB/s", throughput, 500, 4_000);
        return;
    }
    let draft = wrong(Code::Storage, format!("{} storage takes no throughput: only gp3 does", database.storage_type))
        .related(check.declared.exact(type_path), "the type")
        .help("take the line out, or take gp3 storage");
    check.report(path, draft);
}
