//! Databases.

use std::collections::BTreeMap;

use crate::model::{DatabaseSpec, Engine, NetworkSpec, ResourceKey, ResourceKind};

use super::{Declared, Section, borrow, parts};
use crate::spec::names::Names;
use crate::spec::problems::Problems;
use crate::spec::schema::{Database, EngineWord, Field, Root};
use crate::spec::units::{Days, Gib};

/// Every database, defaulted.
pub(super) fn databases(
    names: &Names,
    root: &Root,
    network: &NetworkSpec,
    declared: &mut Declared,
    problems: &mut Problems,
) -> BTreeMap<String, DatabaseSpec> {
    let mut all = BTreeMap::new();
    for (name, shape) in parts(&root.databases) {
        let key = ResourceKey::new(ResourceKind::Database, &name.value);
        let mut section = declared.section(&key, &name.span, problems);
        all.insert(name.value.clone(), database(&mut section, names, &name.value, network, shape));
        section.rename("storage_gib", "allocated_storage");
        section.also(&ResourceKey::new(ResourceKind::Secret, &name.value));
    }
    all
}

fn database(
    section: &mut Section<'_>,
    names: &Names,
    name: &str,
    network: &NetworkSpec,
    shape: &Database,
) -> DatabaseSpec {
    let engine = section.need_or("engine", "engine", &shape.engine, "engine: postgres", EngineWord(Engine::Postgres)).0;
    let security_groups = borrow::selectors(section, "security_groups", &shape.security_groups);
    let inherits_groups = matches!(shape.security_groups, Field::Absent);
    DatabaseSpec {
        identifier: section.or("identifier", &shape.identifier, names.database(name)),
        engine,
        engine_version: section.maybe("engine_version", &shape.version),
        class: section.or("class", &shape.class, "db.t4g.micro".to_owned()),
        storage_gib: section.or("storage_gib", &shape.storage, Gib(20)).0,
        storage_type: section.or("storage_type", &shape.storage_type, "gp3".to_owned()),
        iops: section.maybe("iops", &shape.iops),
        storage_throughput: section.maybe("storage_throughput", &shape.storage_throughput).map(|rate| rate.0),
        max_storage_gib: section.maybe("max_storage_gib", &shape.max_storage).map(|size| size.0),
        username: section.need("username", "username", &shape.username, "username: app_admin"),
        database_name: section.maybe("database_name", &shape.database),
        port: section.or("port", &shape.port, engine.default_port()),
        multi_az: section.or("multi_az", &shape.multi_az, false),
        publicly_accessible: section.or("publicly_accessible", &shape.publicly_accessible, false),
        encrypted: section.or("encrypted", &shape.encrypted, true),
        kms_key: section.maybe("kms_key", &shape.kms_key),
        subnet_group: section.maybe("subnet_group", &shape.subnet_group),
        security_groups: if inherits_groups { network.security_groups.clone() } else { security_groups },
        parameter_group: section.maybe("parameter_group", &shape.parameter_group),
        backup_retention_days: section.or("backup_retention_days", &shape.backup_retention, Days(1)).0,
        deletion_protection: section.or("deletion_protection", &shape.deletion_protection, false),
        auto_minor_version_upgrade: section.or("auto_minor_version_upgrade", &shape.auto_minor_version_upgrade, true),
        extended_support: section.or("extended_support", &shape.extended_support, false),
        performance_insights: section.maybe("performance_insights", &shape.performance_insights),
        secret_name: section.or("secret_name", &shape.secret, names.secret(name)),
        scrub: section.maybe("scrub", &shape.scrub),
    }
}
