//! What was proven in one environment, as values for the spec of another.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde_json::Value;

use crate::model::{
    DatabaseSpec, DatabaseState, Desired, FileSystemSpec, ImageName, Live, LiveService, ResourceKey, ResourceKind,
    ScalingSpec, ServiceSpec, Setting, Throughput, fargate, short_name,
};

/// The word for a value that a spec does not say.
const NOTHING: &str = "none";

/// What may be promoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The image of a service's main container.
    Image,
    /// CPU and memory of its tasks.
    Size,
    /// Targets of its autoscaling. Not its counts: how many tasks there are is each environment's own.
    Scaling,
    /// Throughput of a file system.
    Throughput,
    /// Class, storage type, IOPS and throughput of a database. Only when it is asked for: a copy has a smaller one on purpose.
    Database,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 5] = [Self::Image, Self::Size, Self::Scaling, Self::Throughput, Self::Database];

    /// The parts that are promoted where nobody names any.
    pub const USUAL: [Self; 4] = [Self::Image, Self::Size, Self::Scaling, Self::Throughput];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Size => "size",
            Self::Scaling => "scaling",
            Self::Throughput => "throughput",
            Self::Database => "database",
        }
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|part| part.as_str() == text).ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            format!("`{text}` is nothing that can be promoted: there are {all}")
        })
    }
}

/// One value that the other spec should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotedValue {
    /// The resource, by its name in both specs.
    pub key: ResourceKey,
    /// The field of the spec, `scaling.cpu`.
    pub field: String,
    /// The value as it would be written.
    pub value: String,
}

/// What a promotion comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promotion {
    /// Values that differ; empty: the other spec says all of it already, or nothing is proven.
    pub values: Vec<PromotedValue>,
    /// What speaks for it, a line each.
    pub evidence: Vec<String>,
    /// What to know about it.
    pub notes: Vec<String>,
    /// Why nothing is proven, each with what to do.
    pub refusals: Vec<(String, String)>,
}

/// What `from`, as it runs, proves for `to`.
pub fn promotion(from: &Desired, live: &Live, to: &Desired, parts: &BTreeSet<Part>) -> Promotion {
    let mut promotion = Promotion::default();
    let shared: Vec<&String> = from.services.keys().filter(|name| to.services.contains_key(*name)).collect();
    if shared.is_empty() {
        let why = format!("{} and {} have no service of the same name", from.environment, to.environment);
        promotion.refusals.push((why, "give the services the same name in both specs".to_owned()));
    }
    for name in shared {
        match completed(from, live, name) {
            Ok((service, document)) => {
                promotion.evidence.extend(deployment(name, service));
                let key = ResourceKey::new(ResourceKind::Service, name);
                of_service(&key, &from.services[name], &to.services[name], document, parts, &mut promotion);
            }
            Err(refusal) => promotion.refusals.push(refusal),
        }
    }
    if parts.contains(&Part::Throughput) {
        of_file_systems(from, live, to, &mut promotion);
    }
    if parts.contains(&Part::Database) || parts.contains(&Part::Size) {
        of_databases(from, live, to, parts.contains(&Part::Database), &mut promotion);
    }
    promotion
}

/// The service as it runs, when it serves with its last deployment complete, and its revision's document.
fn completed<'a>(from: &Desired, live: &'a Live, name: &str) -> Result<(&'a LiveService, &'a Value), (String, String)> {
    let environment = &from.environment;
    let refuse = |why: String| (why, format!("bring it up and look at it first: envctl up {environment}"));
    let found = live.services.get(name).and_then(|sighting| sighting.present());
    let Some(service) = found.filter(|service| service.is_active() && from.owns(&service.tags)) else {
        return Err(refuse(format!("service {name} of {environment} is not there")));
    };
    if service.desired_count == 0 {
        return Err(refuse(format!("service {name} of {environment} sleeps")));
    }
    if !service.is_settled() || service.running_count < service.desired_count {
        let (running, desired) = (service.running_count, service.desired_count);
        let state = service.rollout_state().unwrap_or("unknown");
        return Err(refuse(format!(
            "the deployment of service {name} of {environment} is {state}, {running} of {desired} tasks run"
        )));
    }
    let document = live.task_definitions.get(name).and_then(|sighting| sighting.present());
    document
        .map(|document| (service, document))
        .ok_or_else(|| refuse(format!("the revision that service {name} of {environment} runs could not be read")))
}

fn deployment(name: &str, service: &LiveService) -> Option<String> {
    let primary = service.primary()?;
    let revision = short_name(&primary.task_definition);
    let since = primary.created_at.map(|at| format!(", begun {at:.0}")).unwrap_or_default();
    Some(format!(
        "service {name} runs {revision}, its deployment is complete{since}: {} of {} tasks",
        service.running_count, service.desired_count
    ))
}

fn of_service(
    key: &ResourceKey,
    from: &ServiceSpec,
    to: &ServiceSpec,
    document: &Value,
    parts: &BTreeSet<Part>,
    promotion: &mut Promotion,
) {
    let mut add = |field: &str, value: String| {
        promotion.values.push(PromotedValue { key: key.clone(), field: field.to_owned(), value });
    };
    if parts.contains(&Part::Size) {
        let (cpu, memory) = (Setting::Cpu, Setting::Memory);
        let units = |of: &Value| cpu.of(of).as_deref().and_then(fargate::cpu_units);
        let mib = |of: &Value| memory.of(of).as_deref().and_then(fargate::memory_mib);
        if let Some(proven) = units(document).filter(|proven| units(&to.task_definition) != Some(*proven)) {
            add("cpu", proven.to_string());
        }
        if let Some(proven) = mib(document).filter(|proven| mib(&to.task_definition) != Some(*proven)) {
            add("memory", proven.to_string());
        }
    }
    if let (true, Some(from), Some(to)) = (parts.contains(&Part::Scaling), &from.scaling, &to.scaling) {
        scaling(from, to, &mut add);
    }
    if parts.contains(&Part::Image) {
        image(key, from, to, document, promotion);
    }
}

fn scaling(from: &ScalingSpec, to: &ScalingSpec, add: &mut impl FnMut(&str, String)) {
    for (field, from, to) in
        [("scaling.cpu", from.cpu_percent, to.cpu_percent), ("scaling.memory", from.memory_percent, to.memory_percent)]
    {
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            add(field, from.to_string());
        }
    }
    for (field, from, to) in [
        ("scaling.scale_in_cooldown", from.scale_in_cooldown_seconds, to.scale_in_cooldown_seconds),
        ("scaling.scale_out_cooldown", from.scale_out_cooldown_seconds, to.scale_out_cooldown_seconds),
    ] {
        if from != to {
            add(field, format!("{from}s"));
        }
    }
}

/// The image that runs, in the repository that the other environment pulls from where both hold the same one.
fn image(key: &ResourceKey, from: &ServiceSpec, to: &ServiceSpec, document: &Value, promotion: &mut Promotion) {
    let (Some(runs), Some(says)) = (image_of(from, document), image_of(to, &to.task_definition)) else { return };
    let (proven, other) = (ImageName::parse(&runs), ImageName::parse(&says));
    let Some(digest) = &proven.digest else {
        promotion.notes.push(format!(
            "{key} runs {runs} by its tag: what the tag points to tomorrow may be another image. `envctl deploy` runs \
             an image by its digest"
        ));
        if runs != says {
            promotion.values.push(PromotedValue { key: key.clone(), field: "image".to_owned(), value: runs });
        }
        return;
    };
    let name = |image: &ImageName| image.ecr().map(|repository| repository.name);
    let copied = name(&proven).is_some() && name(&proven) == name(&other) && proven.repository != other.repository;
    let value = if copied { other.at(digest) } else { runs.clone() };
    if copied {
        promotion.notes.push(format!("{key}: {} must hold the same image; a copy keeps its digest", other.repository));
    }
    if value != says {
        promotion.values.push(PromotedValue { key: key.clone(), field: "image".to_owned(), value });
    }
}

/// The image of the container that gets the traffic, else of the first.
fn image_of(spec: &ServiceSpec, document: &Value) -> Option<String> {
    let first = || document["containerDefinitions"][0]["name"].as_str().map(str::to_owned);
    let container = spec.attachment.as_ref().map(|attachment| attachment.container.clone()).or_else(first)?;
    Setting::Image(container).of(document)
}

fn of_file_systems(from: &Desired, live: &Live, to: &Desired, promotion: &mut Promotion) {
    for (name, spec) in &from.file_systems {
        let (Some(declared), Some(other)) = (throughput(spec), to.file_systems.get(name).and_then(throughput)) else {
            continue;
        };
        let key = ResourceKey::new(ResourceKind::FileSystem, name);
        let found = live.file_systems.get(name).and_then(|sighting| sighting.present());
        match found {
            Some(found) if found.throughput == declared && found.state == "available" => {
                promotion.evidence.push(format!("{key} has throughput {}", word(declared)));
                if declared != other {
                    let (field, value) = ("throughput".to_owned(), word(declared));
                    promotion.values.push(PromotedValue { key, field, value });
                }
            }
            _ => promotion.refusals.push((
                format!("{key} of {} has not the throughput that its spec says", from.environment),
                format!("bring it up and look at it first: envctl up {}", from.environment),
            )),
        }
    }
}

/// What databases of the same name are made of: values where that was asked for, else a note where they differ.
fn of_databases(from: &Desired, live: &Live, to: &Desired, asked: bool, promotion: &mut Promotion) {
    for (name, spec) in &from.databases {
        let Some(other) = to.databases.get(name) else { continue };
        let key = ResourceKey::new(ResourceKind::Database, name);
        let differing = differing(spec, other);
        if !asked {
            let fields: Vec<String> =
                differing.iter().map(|(field, from, to)| format!("{field} {from}, there {to}")).collect();
            if !fields.is_empty() {
                let text = format!("{key} has {}; --only database takes that along", fields.join("; "));
                promotion.notes.push(text);
            }
            continue;
        }
        let found = live.databases.get(name).and_then(|sighting| sighting.present());
        let proven = found.filter(|found| {
            (&found.class, &found.storage_type, found.iops, found.storage_throughput)
                == (
                    &spec.class,
                    &spec.storage_type,
                    spec.iops.or(found.iops),
                    spec.storage_throughput.or(found.storage_throughput),
                )
        });
        let Some(found) = proven.filter(|found| found.state() == DatabaseState::Available) else {
            promotion.refusals.push((
                format!("{key} of {} is not what its spec says", from.environment),
                format!("bring it up and look at it first: envctl up {}", from.environment),
            ));
            continue;
        };
        promotion.evidence.push(format!("{key} is a {} with {}", found.class, found.storage_type));
        for (field, value, _) in differing {
            match value.as_str() {
                NOTHING => {
                    let text = format!("{key} of {} says no {field}: take it out by hand", from.environment);
                    promotion.notes.push(text);
                }
                _ => promotion.values.push(PromotedValue { key: key.clone(), field: field.to_owned(), value }),
            }
        }
    }
}

/// Fields of databases that differ: what the one says, and what the other says.
fn differing(from: &DatabaseSpec, to: &DatabaseSpec) -> Vec<(&'static str, String, String)> {
    let number = |value: Option<u32>, unit| value.map_or_else(|| NOTHING.to_owned(), |value| format!("{value}{unit}"));
    let fields = |spec: &DatabaseSpec| {
        [
            ("class", spec.class.clone()),
            ("storage_type", spec.storage_type.clone()),
            ("iops", number(spec.iops, "")),
            ("storage_throughput", number(spec.storage_throughput, " MiB/s")),
        ]
    };
    let pairs = fields(from).into_iter().zip(fields(to));
    pairs.filter(|(from, to)| from.1 != to.1).map(|((field, from), (_, to))| (field, from, to)).collect()
}

/// The throughput that envctl may set.
fn throughput(spec: &FileSystemSpec) -> Option<Throughput> {
    match spec {
        FileSystemSpec::Owned { throughput, .. } => Some(*throughput),
        FileSystemSpec::Borrowed { throughput, .. } => *throughput,
    }
}

fn word(throughput: Throughput) -> String {
    match throughput {
        Throughput::Bursting => "bursting".to_owned(),
        Throughput::Elastic => "elastic".to_owned(),
        Throughput::Provisioned(mib) => format!("{mib} MiB/s"),
    }
}
