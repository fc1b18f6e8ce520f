//! Shapes to nouns: every default is applied here, and the place of every value is remembered under its key.

mod alarm;
mod borrow;
mod check;
mod check_kind;
mod database;
mod declared;
mod release;
mod rule;
mod service;
mod storage;

pub(super) use declared::Declared;
use declared::Section;

use std::collections::BTreeMap;

use crate::model::{
    BackupSpec, Environment, PageSpec, ResourceKey, ResourceKind, RetentionSpec, SleepMode, SleepSpec, Span,
};

use super::names::Names;
use super::problems::Problems;
use super::schema::{At, Named, Root, SleepWord};

/// A resolved spec: the environment, complete as soon as no problem was reported, and where its values stand.
pub(super) struct Resolved {
    /// The environment. Values that are missing or unreadable are placeholders; [`Declared`] knows which.
    pub(super) environment: Environment,
    /// Places and placeholders.
    pub(super) declared: Declared,
}

/// Applies defaults to the merged spec of this environment.
pub(super) fn resolve(name: &str, root: &Root, span: &Span, problems: &mut Problems) -> Resolved {
    let mut declared = Declared::default();
    let key = ResourceKey::new(ResourceKind::Environment, name);
    let mut section = declared.section(&key, span, problems);
    let application = section.need("application", "application", &root.application, "application: pythonide");
    let account = section.need("account", "account", &root.account, "account: \"123456789012\"");
    let region = section.need("region", "region", &root.region, "region: us-east-2");
    let protect = section.or("protect", &root.protect, false);
    let tags = section.map("tags", &root.tags);
    let allow_fields = section.list("allow_fields", &root.allow_fields);
    section.maybe("values", &root.values);
    section.maybe("extends", &root.extends);
    let names = Names::new(&application, name);
    let borrow = borrow::resolve(&mut section, &root.borrow);
    let sleep = sleep(&mut section, root);
    let maintenance = maintenance(&mut section, root);
    let retention = retention(&mut section, root);
    let policy = check::policy(&mut section, root);
    let release = release::release(&mut section, root);
    let backup = backup(&mut section, root, &names);
    let mut log_groups = storage::log_groups(&names, root, &mut declared, problems);
    let services = service::services(&names, root, &mut log_groups, &mut declared, problems);
    let environment = Environment {
        checks: check::checks(root, &services, &log_groups, &mut declared, problems),
        policy,
        release,
        name: name.to_owned(),
        account,
        region,
        protect,
        tags,
        values: root.values.get().map(|free| free.0.clone()).unwrap_or_default(),
        cluster: borrow.cluster,
        listeners: borrow.listeners,
        file_systems: storage::file_systems(&names, root, &mut declared, problems),
        access_points: storage::access_points(&names, root, &mut declared, problems),
        databases: database::databases(&names, root, &borrow.network, &mut declared, problems),
        network: borrow.network,
        log_groups,
        tasks: service::tasks(&names, root, &services, &mut declared, problems),
        rules: rule::rules(&names, root, &mut declared, problems),
        services,
        alarms: alarm::alarms(&names, root, &mut declared, problems),
        dashboard: alarm::dashboard(&names, root, &mut declared, problems),
        sleep,
        maintenance,
        retention,
        backup,
        allow_fields,
        places: BTreeMap::new(),
        application,
    };
    Resolved { environment, declared }
}

fn sleep(section: &mut Section<'_>, root: &Root) -> SleepSpec {
    let sleep = root.sleep.get().cloned().unwrap_or_default();
    let template = section.or("sleep.page", &sleep.page, "asleep.html.hbs".to_owned());
    SleepSpec {
        mode: section.or("sleep.mode", &sleep.mode, SleepWord(SleepMode::Auto)).0,
        idle: section.maybe("sleep.idle", &sleep.idle).map(|span| span.0),
        page: PageSpec {
            content_type: section.or("sleep.content_type", &sleep.content_type, content_type_of(&template)),
            status_code: section.or("sleep.status_code", &sleep.status, 503),
            template,
        },
    }
}

fn maintenance(section: &mut Section<'_>, root: &Root) -> PageSpec {
    let maintenance = root.maintenance.get().cloned().unwrap_or_default();
    let template = section.or("maintenance.page", &maintenance.page, "maintenance.html.hbs".to_owned());
    PageSpec {
        content_type: section.or("maintenance.content_type", &maintenance.content_type, content_type_of(&template)),
        status_code: section.or("maintenance.status_code", &maintenance.status, 503),
        template,
    }
}

/// What the name of a page's template says about the page.
fn content_type_of(template: &str) -> String {
    let content_type = match template.trim_end_matches(".hbs").rsplit('.').next().unwrap_or("") {
        "txt" => "text/plain",
        "json" => "application/json",
        "css" => "text/css",
        "js" => "application/javascript",
        _ => "text/html",
    };
    content_type.to_owned()
}

fn retention(section: &mut Section<'_>, root: &Root) -> RetentionSpec {
    let snapshots = root.snapshots.get().cloned().unwrap_or_default();
    RetentionSpec {
        keep: section.or("retention.keep", &snapshots.keep, 3),
        keep_for: section.or("retention.keep_for", &snapshots.keep_for, super::units::Span::days(14)).0,
    }
}

/// The task that moves files: a shell and a handful of its tools.
const MOVING_IMAGE: &str = "public.ecr.aws/docker/library/busybox:stable";
/// The role that AWS Backup makes for itself when somebody first opens it in the console.
const BACKUP_ROLE: &str = "service-role/AWSBackupDefaultServiceRole";

fn backup(section: &mut Section<'_>, root: &Root, names: &Names) -> BackupSpec {
    let snapshots = root.snapshots.get().cloned().unwrap_or_default();
    let vault = section.maybe("backup.vault", &snapshots.vault);
    BackupSpec {
        owned: vault.is_none(),
        vault: vault.unwrap_or_else(|| names.vault()),
        role: section.or("backup.role", &snapshots.role, BACKUP_ROLE.to_owned()),
        image: section.or("backup.image", &snapshots.image, MOVING_IMAGE.to_owned()),
        execution_role: section.maybe("backup.execution_role", &snapshots.execution_role),
    }
}

/// The named parts of one kind, each with the place of its name.
fn parts<T>(field: &super::schema::Field<Named<T>>) -> &[(At<String>, T)] {
    field.get().map_or(&[], |named| &named.0)
}

/// Seconds for a model field, cut at what the field can hold; validation refuses such a value anyway.
fn seconds(span: super::units::Span) -> u32 {
    u32::try_from(span.seconds()).unwrap_or(u32::MAX)
}
