//! Engine versions and how long AWS supports them at the standard price (`aws.md` 2.4), as data.

use crate::model::Engine;

use super::Check;
use crate::spec::code::Code;
use crate::spec::problems::wrong;
use crate::spec::schema::shortened;

/// Versions whose standard support had ended in November 2026, with the month of its end. Beyond it AWS either bills
/// Extended Support or refuses the version.
const ENDED: &[(Engine, &str, &str)] = &[
    (Engine::Postgres, "9", "2022-01"),
    (Engine::Postgres, "10", "2023-04"),
    (Engine::Postgres, "11", "2024-04"),
    (Engine::Postgres, "12", "2025-03"),
    (Engine::Postgres, "13", "2026-03"),
    (Engine::Mysql, "5.6", "2022-03"),
    (Engine::Mysql, "5.7", "2024-02"),
    (Engine::Mysql, "8.0", "2026-07"),
    (Engine::Mariadb, "10.2", "2022-10"),
    (Engine::Mariadb, "10.3", "2023-10"),
];

pub(super) fn check(check: &mut Check<'_>) {
    for (name, database) in &check.environment.databases {
        let Some(version) = &database.engine_version else { continue };
        let path = format!("database/{name}.engine_version");
        if !is_version(version) {
            let draft = wrong(Code::Database, format!("`{}` is no engine version", shortened(version)))
                .help("write the major version, or major and minor, in quotes: \"16\" or \"16.4\"");
            check.report(&path, draft);
            continue;
        }
        let ended = ENDED.iter().find(|(engine, major, _)| {
            *engine == database.engine
                && (version == major || version.strip_prefix(major).is_some_and(|rest| rest.starts_with('.')))
        });
        if let Some((engine, major, month)) = ended
            && !database.extended_support
        {
            let instead = newest(*engine);
            let draft = wrong(Code::ExtendedSupport, format!("standard support of {} {major} ended in {month}", engine.as_str()))
                .label("past its standard support")
                .help(format!(
                    "take a newer version, such as \"{instead}\"; to pay for this one (0.10 USD per vCPU and hour and more: \
                     about 146 USD a month on a db.t4g.micro) write `extended_support: true`"
                ))
                .instead(Some(format!("\"{instead}\"")));
            check.report(&path, draft);
        }
    }
}

/// A version with years of standard support left.
fn newest(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "17",
        Engine::Mysql => "8.4",
        Engine::Mariadb => "11.4",
    }
}

/// One to three numbers.
fn is_version(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    parts.len() <= 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()))
}
