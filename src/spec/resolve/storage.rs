//! File systems, access points and log groups.

use std::collections::BTreeMap;

use crate::model::{AccessPointSpec, FileSystemSpec, LogGroupSpec, ResourceKey, ResourceKind, Selector, Throughput};

use super::{Declared, Section, borrow, parts};
use crate::spec::names::Names;
use crate::spec::problems::Problems;
use crate::spec::schema::{BorrowedFileSystem, Keep, LogGroup, Root, ThroughputText};
use crate::spec::units::Days;

/// Owned file systems, and production's.
pub(super) fn file_systems(
    names: &Names,
    root: &Root,
    declared: &mut Declared,
    problems: &mut Problems,
) -> BTreeMap<String, FileSystemSpec> {
    let mut all = BTreeMap::new();
    for (name, choice) in parts(&borrow::written(root).file_systems) {
        let key = ResourceKey::new(ResourceKind::FileSystem, &name.value);
        let mut section = declared.section(&key, &name.span, problems);
        all.insert(name.value.clone(), borrowed(&mut section, &choice.0));
    }
    for (name, shape) in parts(&root.file_systems) {
        let key = ResourceKey::new(ResourceKind::FileSystem, &name.value);
        let mut section = declared.section(&key, &name.span, problems);
        let spec = FileSystemSpec::Owned {
            file_system_name: section.or("file_system_name", &shape.name, names.files(&name.value)),
            encrypted: section.or("encrypted", &shape.encrypted, true),
            throughput: section.or("throughput", &shape.throughput, ThroughputText(Throughput::Bursting)).0,
        };
        all.insert(name.value.clone(), spec);
    }
    all
}

fn borrowed(section: &mut Section<'_>, shape: &BorrowedFileSystem) -> FileSystemSpec {
    let allowed = section.list("allow", &shape.allow);
    let id = section.maybe("selector", &shape.id).map(Selector::Id);
    let tag = section.maybe("tag", &shape.tag).map(|tag| Selector::Tag { key: tag.key, value: tag.value });
    let throughput = section.maybe("throughput", &shape.throughput).map(|text| text.0);
    FileSystemSpec::Borrowed {
        selector: id.or(tag).unwrap_or_else(|| Selector::Id(String::new())),
        throughput: throughput.filter(|_| allowed.iter().any(|word| word == "throughput")),
    }
}

/// Access points.
pub(super) fn access_points(
    names: &Names,
    root: &Root,
    declared: &mut Declared,
    problems: &mut Problems,
) -> BTreeMap<String, AccessPointSpec> {
    let borrow = borrow::written(root);
    let borrowed = parts(&borrow.file_systems).iter().map(|(name, _)| &name.value);
    let known: Vec<&String> = borrowed.chain(parts(&root.file_systems).iter().map(|(name, _)| &name.value)).collect();
    let mut all = BTreeMap::new();
    for (name, shape) in parts(&root.files) {
        let key = ResourceKey::new(ResourceKind::AccessPoint, &name.value);
        let mut section = declared.section(&key, &name.span, problems);
        let file_system = match known.as_slice() {
            [only] => section.or("file_system", &shape.file_system, (*only).clone()),
            _ => section.need("file_system", "file_system", &shape.file_system, "file_system: production"),
        };
        let spec = AccessPointSpec {
            access_point_name: section.or("access_point_name", &shape.name, names.files(&name.value)),
            file_system,
            path: section.need("path", "path", &shape.path, "path: /staging"),
            uid: section.or("uid", &shape.uid, 1000),
            gid: section.or("gid", &shape.gid, 1000),
            permissions: section.or("permissions", &shape.permissions, "0755".to_owned()),
            snapshot: section.or("snapshot", &shape.snapshot, false),
        };
        all.insert(name.value.clone(), spec);
    }
    all
}

/// Shared log groups; those of services join later.
pub(super) fn log_groups(
    names: &Names,
    root: &Root,
    declared: &mut Declared,
    problems: &mut Problems,
) -> BTreeMap<String, LogGroupSpec> {
    let mut all = BTreeMap::new();
    for (name, shape) in parts(&root.log_groups) {
        let key = ResourceKey::new(ResourceKind::LogGroup, &name.value);
        let mut section = declared.section(&key, &name.span, problems);
        all.insert(name.value.clone(), log_group(&mut section, names, &name.value, shape));
    }
    all
}

/// One log group.
pub(super) fn log_group(section: &mut Section<'_>, names: &Names, name: &str, shape: &LogGroup) -> LogGroupSpec {
    let keep = section.or("retention_days", &shape.keep, Keep(Some(Days(14)))).0;
    LogGroupSpec {
        log_group_name: section.or("log_group_name", &shape.name, names.log_group(name)),
        retention_days: keep.map(|days| days.0),
    }
}
