//! Databases: identifiers, users, classes, versions, backups (`aws.md` 2.3 to 2.5).

use crate::model::{DatabaseSpec, Engine};

use super::{Check, name, network, reserved_word};
use crate::spec::code::Code;
use crate::spec::problems::wrong;
use crate::spec::schema::shortened;

/// Days of automated backups.
const MAX_BACKUP_DAYS: u32 = 35;
/// Characters of a master user name.
const MAX_USERNAME: usize = 16;

pub(super) fn check(check: &mut Check<'_>) {
    for (name, database) in &check.environment.databases {
        let at = |field: &str| format!("database/{name}.{field}");
        identifier(check, &at("identifier"), &database.identifier);
        username(check, &at("username"), database);
        database_name(check, &at("database_name"), database);
        class(check, &at("class"), &database.class);
        check.within(&at("port"), "the port", u32::from(database.port), 1150, 65_535);
        check.lasts(
            &at("backup_retention_days"),
            "backup_retention",
            database.backup_retention_days.saturating_mul(86_400),
            0,
            MAX_BACKUP_DAYS * 86_400,
        );
        if let Some(reason) = name::secret(&database.secret_name) {
            let draft = wrong(
                Code::Name,
                format!("`{}` cannot be a secret's name: {reason}", shortened(&database.secret_name)),
            )
            .help("leave `secret` out: envctl derives a name");
            check.report(&at("secret_name"), draft);
        }
        if database.kms_key.is_some() && !database.encrypted {
            let draft = wrong(Code::Database, "a KMS key, but no encryption")
                .related(check.declared.exact(&at("encrypted")), "switched off here")
                .help("leave `encrypted` out (it is on by default), or the key");
            check.report(&at("kms_key"), draft);
        }
        for (index, selector) in database.security_groups.iter().enumerate() {
            let path = at(&format!("security_groups.{index}"));
            if check.declared.exact(&path).is_some() {
                network::id(check, &path, selector, "sg");
            }
        }
    }
}

fn identifier(check: &mut Check<'_>, path: &str, identifier: &str) {
    if let Some(reason) = name::database(identifier) {
        let draft = wrong(Code::Name, format!("`{}` cannot be a database identifier: {reason}", shortened(identifier)))
            .help("1 to 63 letters, digits and single hyphens, a letter first");
        return check.report(path, draft);
    }
    let lowered = identifier.to_lowercase();
    if lowered != identifier {
        let draft =
            wrong(Code::Name, format!("RDS stores `{identifier}` in lower case, which would be drift for ever"))
                .help("write it in lower case")
                .instead(Some(lowered));
        check.report(path, draft);
    }
}

fn username(check: &mut Check<'_>, path: &str, database: &DatabaseSpec) {
    let username = &database.username;
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let begins = !username.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let reason = name::bad(username, MAX_USERNAME, allowed, "letters, digits and `_`")
        .or_else(|| begins.then(|| "it must begin with a letter".to_owned()))
        .or_else(|| {
            reserved_word::is_reserved(database.engine, username)
                .then(|| format!("it is a reserved word of {}", database.engine.as_str()))
        });
    if let Some(reason) = reason {
        let draft = wrong(Code::Database, format!("`{}` cannot be the master user: {reason}", shortened(username)))
            .help("choose another name, such as `app_admin`; a restore keeps the snapshot's user, so let it be production's");
        check.report(path, draft);
    }
}

fn database_name(check: &mut Check<'_>, path: &str, database: &DatabaseSpec) {
    let Some(found) = &database.database_name else { return };
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let may_begin =
        |letter: char| letter.is_ascii_alphabetic() || (letter == '_' && database.engine == Engine::Postgres);
    let reason = name::bad(found, 63, allowed, "letters, digits and `_`")
        .or_else(|| (!found.starts_with(may_begin)).then(|| "it must begin with a letter".to_owned()))
        .or_else(|| {
            let taken = reserved_word::is_reserved(database.engine, found) || reserved_word::is_own_database(found);
            taken.then(|| format!("{} keeps this word for itself", database.engine.as_str()))
        });
    if let Some(reason) = reason {
        let draft = wrong(Code::Database, format!("`{}` cannot be a database: {reason}", shortened(found)))
            .help("choose another name, letters, digits and `_` only");
        check.report(path, draft);
    }
}

/// The shape of a class; which ones a region has, only AWS knows (`aws.md` 2.7).
fn class(check: &mut Check<'_>, path: &str, class: &str) {
    let parts: Vec<&str> = class.split('.').collect();
    let is_word = |word: &str, extra: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || extra.contains(letter))
    };
    if matches!(parts.as_slice(), ["db", family, size, ..] if is_word(family, "-") && is_size(size)) {
        return;
    }
    let meant = match parts.as_slice() {
        [family, size] if is_word(family, "-") && is_size(size) => Some(format!("db.{class}")),
        _ => {
            let lowered = class.to_lowercase().replace(['_', ' '], ".");
            (lowered != class && lowered.starts_with("db.")).then_some(lowered)
        }
    };
    if class == "db.serverless" {
        let draft = wrong(Code::NotSupported, "`db.serverless` is Aurora's, which envctl does not do")
            .help("take an instance class such as `db.t4g.micro`")
            .instead(Some("db.t4g.micro"));
        return check.report(path, draft);
    }
    let draft = wrong(Code::Database, format!("`{}` is no database class", shortened(class)))
        .label("expected `db.FAMILY.SIZE`")
        .help("classes look like `db.t4g.micro`, `db.t4g.medium`, `db.m7g.large`")
        .instead(meant);
    check.report(path, draft);
}

fn is_size(size: &str) -> bool {
    let multiple = size.strip_suffix("xlarge");
    matches!(size, "micro" | "small" | "medium" | "large" | "xlarge")
        || multiple.is_some_and(|number| {
            !number.is_empty() && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit())
        })
}
