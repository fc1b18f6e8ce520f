//! What RDS refuses of a new instance: names, storage, quotas (`aws.md` 2.3, 2.5).

use super::trouble::Trouble;
use crate::model::{DatabaseSpec, Engine};

/// aws.md 2.3: letters, digits and hyphens, begins with a letter, no trailing or double hyphen.
pub(super) fn check_identifier(identifier: &str, longest: usize, what: &str) -> Result<(), Trouble> {
    let well_formed = identifier.starts_with(|first: char| first.is_ascii_alphabetic())
        && identifier.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        && !identifier.ends_with('-')
        && !identifier.contains("--")
        && identifier.len() <= longest;
    if well_formed {
        return Ok(());
    }
    Err(Trouble::refused(
        "InvalidParameterValue",
        format!("The parameter {what} is not a valid identifier: {identifier:?}"),
    ))
}

/// Instance classes begin with `db.`.
pub(super) fn check_class(class: &str) -> Result<(), Trouble> {
    let parts: Vec<&str> = class.split('.').collect();
    if parts.len() == 3 && parts[0] == "db" && parts.iter().all(|part| !part.is_empty()) {
        return Ok(());
    }
    Err(Trouble::refused("InvalidParameterValue", format!("Invalid DB Instance class: {class}")))
}

/// aws.md 2.5: at least 20 GiB; gp3 under 400 GiB takes neither IOPS nor throughput.
pub(super) fn check_storage(
    engine: &str,
    storage_type: &str,
    gib: u32,
    iops: Option<u32>,
    throughput: Option<u32>,
) -> Result<(), Trouble> {
    let refused = |message: String| Err(Trouble::refused("InvalidParameterCombination", message));
    if !["gp2", "gp3", "io1", "io2"].contains(&storage_type) {
        return refused(format!("Invalid storage type: {storage_type}"));
    }
    if !(20..=65_536).contains(&gib) {
        return refused(format!(
            "Invalid storage size for engine name {engine} and storage type {storage_type}: {gib}"
        ));
    }
    if storage_type == "gp3" && gib < 400 && (iops.is_some() || throughput.is_some()) {
        return refused(format!(
            "You can't specify IOPS or storage throughput for engine {engine} and a storage size less than 400."
        ));
    }
    if storage_type == "gp2" && (iops.is_some() || throughput.is_some()) {
        return refused("You can't specify IOPS or storage throughput for storage type gp2.".to_owned());
    }
    if storage_type.starts_with("io") && iops.is_none() {
        return refused(format!("You must specify IOPS for storage type {storage_type}."));
    }
    Ok(())
}

/// Everything that create and restore check alike.
pub(super) fn check_spec(spec: &DatabaseSpec) -> Result<(), Trouble> {
    check_identifier(&spec.identifier, 63, "DBInstanceIdentifier")?;
    check_class(&spec.class)?;
    check_storage(spec.engine.as_str(), &spec.storage_type, spec.storage_gib, spec.iops, spec.storage_throughput)?;
    if spec.max_storage_gib.is_some_and(|most| most < spec.storage_gib) {
        return Err(Trouble::refused(
            "InvalidParameterCombination",
            "Max storage size must be greater than storage size",
        ));
    }
    if spec.backup_retention_days > 35 {
        return Err(Trouble::refused("InvalidParameterValue", "Invalid backup retention period: at most 35 days"));
    }
    Ok(())
}

/// aws.md 2.3: the master user has 1..16 letters and digits and begins with a letter. Underscores are taken too.
pub(super) fn check_username(engine: Engine, username: &str) -> Result<(), Trouble> {
    let well_formed = username.starts_with(|first: char| first.is_ascii_alphabetic())
        && username.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && username.len() <= 16;
    let reserved: &[&str] = match engine {
        Engine::Postgres => &["admin", "postgres", "rdsadmin", "user", "public"],
        Engine::Mysql | Engine::Mariadb => &["rdsadmin", "root", "mysql.sys"],
    };
    if well_formed && !reserved.contains(&username.to_lowercase().as_str()) {
        return Ok(());
    }
    Err(Trouble::refused(
        "InvalidParameterValue",
        format!("MasterUsername {username} cannot be used as it is a reserved word used by the engine or malformed"),
    ))
}

/// The full version that AWS makes of a wanted one.
pub(super) fn full_version(engine: Engine, wanted: Option<&str>) -> String {
    let newest: &[(&str, &str)] = match engine {
        Engine::Postgres => &[("17", "17.6"), ("16", "16.10"), ("15", "15.14"), ("14", "14.19"), ("13", "13.22")],
        Engine::Mysql => &[("8.4", "8.4.6"), ("8.0", "8.0.43")],
        Engine::Mariadb => &[("11.8", "11.8.3"), ("11.4", "11.4.8"), ("10.11", "10.11.14"), ("10.6", "10.6.23")],
    };
    match wanted {
        None => newest[0].1.to_owned(),
        Some(wanted) => newest.iter().find(|(major, _)| *major == wanted).map_or(wanted, |(_, full)| full).to_owned(),
    }
}

/// The same by the engine's name.
pub(super) fn full_version_of(engine: &str, wanted: &str) -> String {
    let known = [Engine::Postgres, Engine::Mysql, Engine::Mariadb].into_iter().find(|known| known.as_str() == engine);
    known.map_or_else(|| wanted.to_owned(), |engine| full_version(engine, Some(wanted)))
}
