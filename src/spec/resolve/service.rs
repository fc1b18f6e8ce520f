//! Services with their log groups, and one-off tasks.

use std::collections::BTreeMap;

use crate::model::{
    Architecture, Capacity, LogGroupSpec, ResourceKey, ResourceKind, ScalingSpec, ServiceDeclaration, TaskDeclaration,
};

use super::{Declared, Section, parts, seconds, storage};
use crate::spec::names::Names;
use crate::spec::problems::Problems;
use crate::spec::schema::{ArchitectureWord, CapacityWord, Field, LogChoice, LogGroup, Root, Scaling, Service, Task};
use crate::spec::units::{CpuUnits, MemoryMib, Span as TimeSpan};

/// Every service, defaulted; log groups of their own are added to `log_groups` under the service's name.
pub(super) fn services(
    names: &Names,
    root: &Root,
    log_groups: &mut BTreeMap<String, LogGroupSpec>,
    declared: &mut Declared,
    problems: &mut Problems,
) -> BTreeMap<String, ServiceDeclaration> {
    let behind_rules: Vec<&String> = parts(&root.rules).iter().filter_map(|(_, rule)| rule.service.get()).collect();
    let mut all = BTreeMap::new();
    for (name, shape) in parts(&root.services) {
        let log_group = log_group(names, &name.value, &name.span, shape, log_groups, declared, problems);
        let mut section = declared.section(&ResourceKey::new(ResourceKind::Service, &name.value), &name.span, problems);
        let grace = if behind_rules.contains(&&name.value) { 60 } else { 0 };
        let mut service = service(&mut section, names, &name.value, grace, shape);
        section.maybe("log_group", &shape.log);
        service.log_group = log_group;
        for kind in [ResourceKind::TaskDefinition, ResourceKind::ScalableTarget] {
            section.also(&ResourceKey::new(kind, &name.value));
        }
        all.insert(name.value.clone(), service);
    }
    all
}

/// The log group of a service: its own, a shared one, or none.
fn log_group(
    names: &Names,
    name: &str,
    span: &crate::model::Span,
    shape: &Service,
    log_groups: &mut BTreeMap<String, LogGroupSpec>,
    declared: &mut Declared,
    problems: &mut Problems,
) -> Option<String> {
    let (own, place) = match &shape.log {
        Field::Broken(_) => return None,
        Field::Here(at) => match &at.value {
            LogChoice::Name(shared) => return (shared != "none").then(|| shared.clone()),
            LogChoice::Own(own) => (own.clone(), &at.span),
        },
        Field::Absent => (LogGroup::default(), span),
    };
    if !log_groups.contains_key(name) {
        let mut section = declared.section(&ResourceKey::new(ResourceKind::LogGroup, name), place, problems);
        let group = storage::log_group(&mut section, names, name, &own);
        log_groups.insert(name.to_owned(), group);
    }
    Some(name.to_owned())
}

fn service(section: &mut Section<'_>, names: &Names, name: &str, grace: u64, shape: &Service) -> ServiceDeclaration {
    let service_name = section.or("service_name", &shape.name, names.of(name));
    section.maybe("scaling", &shape.scaling);
    let scaling = shape.scaling.get().map(|shape| scaling(section, shape));
    let least = scaling.as_ref().map_or(1, |scaling| scaling.min);
    let deployment = shape.deployment.get().cloned().unwrap_or_default();
    section.maybe("launch_type", &shape.launch_type);
    let service = ServiceDeclaration {
        family: section.or("family", &shape.family, service_name.clone()),
        service_name,
        template: section.or("template", &shape.template, "task-definition.json.hbs".to_owned()),
        cpu: section.need_or("cpu", "cpu", &shape.cpu, "cpu: 512", CpuUnits(0)).0,
        memory_mib: section.need_or("memory_mib", "memory", &shape.memory, "memory: 2 GiB", MemoryMib(0)).0,
        architecture: section.or("architecture", &shape.architecture, ArchitectureWord(Architecture::X86)).0,
        capacity: section.or("capacity", &shape.capacity, CapacityWord(Capacity::OnDemand)).0,
        image: section.maybe("image", &shape.image),
        container: section.or("container", &shape.container, name.to_owned()),
        port: section.maybe("port", &shape.port),
        environment: section.map("environment", &shape.environment),
        execution_role: section.maybe("execution_role", &shape.execution_role),
        task_role: section.maybe("task_role", &shape.task_role),
        database: section.maybe("database", &shape.database),
        mounts: mounts(section, shape),
        log_group: None,
        count: section.or("count", &shape.count, least),
        health_check_grace_seconds: seconds(section.or(
            "health_check_grace_seconds",
            &shape.health_check_grace,
            TimeSpan::of_seconds(grace),
        )),
        enable_exec: section.or("enable_exec", &shape.exec, false),
        maximum_percent: section.or("maximum_percent", &deployment.maximum_percent, 200),
        minimum_healthy_percent: section.or("minimum_healthy_percent", &deployment.minimum_healthy_percent, 100),
        scaling,
        values: section.maybe("values", &shape.values).map(|free| free.0).unwrap_or_default(),
    };
    section.rename("count", "desired_count");
    section.rename("template", "task_definition");
    section.rename("port", "attachment");
    service
}

/// Mounts; beside the place of each path, the one of the name behind it, `mounts.PATH.files`.
fn mounts(section: &mut Section<'_>, shape: &Service) -> BTreeMap<String, String> {
    let mut mounts = BTreeMap::new();
    for (path, files) in section.map("mounts", &shape.mounts) {
        section.maybe(&format!("mounts.{path}.files"), &Field::Here(files.clone()));
        mounts.insert(path, files.value);
    }
    mounts
}

fn scaling(section: &mut Section<'_>, shape: &Scaling) -> ScalingSpec {
    let spec = ScalingSpec {
        min: section.or("scaling.min", &shape.min, 1),
        max: section.need_or("scaling.max", "max", &shape.max, "max: 4", 1),
        cpu_percent: section.maybe("scaling.cpu_percent", &shape.cpu),
        memory_percent: section.maybe("scaling.memory_percent", &shape.memory),
        scale_in_cooldown_seconds: seconds(section.or(
            "scaling.scale_in_cooldown_seconds",
            &shape.scale_in_cooldown,
            TimeSpan::of_seconds(300),
        )),
        scale_out_cooldown_seconds: seconds(section.or(
            "scaling.scale_out_cooldown_seconds",
            &shape.scale_out_cooldown,
            TimeSpan::of_seconds(60),
        )),
    };
    for field in
        ["min", "max", "cpu_percent", "memory_percent", "scale_in_cooldown_seconds", "scale_out_cooldown_seconds"]
    {
        section.rename(&format!("scaling.{field}"), field);
    }
    spec
}

/// Every one-off task, defaulted.
pub(super) fn tasks(
    names: &Names,
    root: &Root,
    services: &BTreeMap<String, ServiceDeclaration>,
    declared: &mut Declared,
    problems: &mut Problems,
) -> BTreeMap<String, TaskDeclaration> {
    let mut all = BTreeMap::new();
    for (name, shape) in parts(&root.tasks) {
        let mut section = declared.section(&ResourceKey::new(ResourceKind::Task, &name.value), &name.span, problems);
        all.insert(name.value.clone(), task(&mut section, names, &name.value, services, shape));
    }
    all
}

fn task(
    section: &mut Section<'_>,
    names: &Names,
    name: &str,
    services: &BTreeMap<String, ServiceDeclaration>,
    shape: &Task,
) -> TaskDeclaration {
    let service = section.maybe("service", &shape.service);
    let of_service =
        service.as_ref().and_then(|service| services.get(service)).map(|service| service.container.clone());
    TaskDeclaration {
        template: section.maybe("template", &shape.template),
        family: section.or("family", &shape.family, names.of(name)),
        container: section.or("container", &shape.container, of_service.unwrap_or_else(|| name.to_owned())),
        command: section.list("command", &shape.command),
        environment: section.map("environment", &shape.environment),
        timeout: section.or("timeout", &shape.timeout, TimeSpan::of_seconds(900)).0,
        expect: section.list("expect", &shape.expect),
        reject: section.list("reject", &shape.reject),
        service,
    }
}
