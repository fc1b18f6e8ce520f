//! `envctl deploy`.

use std::collections::BTreeMap;

use super::arguments::{EnvironmentArgs, GuardedChangeArgs};
use super::change::Change;
use super::context::Context;
use super::error::CliError;
use super::exit::Exit;
use super::{load, run_id};
use crate::model::{Desired, Goal, ImageName, ServiceSpec, Setting, Settings, container_names, not_rememberable};

/// Deploys one new revision of a service: another image, another size, another variable
///
/// The task definition is rendered from the spec as ever, with what is given here laid over it. Count and autoscaling
/// stay as they are. It is done when this very deployment is complete; what ECS takes back is a failure (exit code 7),
/// with its reason. `up` and `drift` keep what was deployed until the spec itself says something else about it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: EnvironmentArgs,
    #[command(flatten)]
    what: What,
    /// Take a verified snapshot first, which `rollback --with-data` gives back
    #[arg(long)]
    snapshot: bool,
    /// Wait until the deployment is complete (this is what happens anyway)
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Do not wait until the deployment is complete
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    guarded: GuardedChangeArgs,
}

/// What to lay over the spec.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct What {
    /// Image of a service or container: backend=REPOSITORY:TAG, or backend:TAG for another tag of its repository; the
    /// name may be left out where there is one service
    #[arg(long, value_name = "NAME=REF")]
    pub(super) image: Vec<String>,
    /// Another setting: cpu=1024, memory=2048, environment.NAME=VALUE; before it SERVICE. where there are several
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Exit, CliError> {
    let workspace = context.workspace()?;
    let desired = load::desired(&workspace, &args.target.environment)?;
    let settings = args.what.settings(&desired)?;
    if settings.is_empty() {
        return Err(CliError::usage("nothing to deploy was given")
            .hint("pass --image NAME=REF or --set KEY=VALUE; `envctl up` deploys what the spec says"));
    }
    context.with_cloud(&workspace, &desired, async |session| {
        let run = run_id::RunId::new(session);
        let change = Change {
            context,
            desired: &desired,
            goal: Goal::Deploy { settings: settings.clone(), by: run.to_string() },
            args: &args.guarded.change,
            confirmation: args.guarded.confirmation(&desired),
            wait: !args.no_wait,
        };
        match args.snapshot {
            true => change.make_after_snapshot(session, &run).await,
            false => change.make(session).await,
        }
    })
}

impl What {
    /// The settings by service.
    pub(super) fn settings(&self, desired: &Desired) -> Result<BTreeMap<String, Settings>, CliError> {
        let mut all: BTreeMap<String, Settings> = BTreeMap::new();
        for text in &self.image {
            let (service, setting, reference) = image(desired, text)?;
            put(&mut all, service, setting, reference)?;
        }
        for text in &self.set {
            let (service, setting, value) = other(desired, text)?;
            put(&mut all, service, setting, value)?;
        }
        Ok(all)
    }
}

fn put(all: &mut BTreeMap<String, Settings>, service: String, setting: Setting, value: String) -> Result<(), CliError> {
    if let Some(why) = not_rememberable(&setting, &value) {
        return Err(CliError::usage(why));
    }
    match all.entry(service).or_default().insert(setting.clone(), value) {
        None => Ok(()),
        Some(_) => Err(CliError::usage(format!("{setting} is given twice"))),
    }
}

/// `backend=REF`: a service's main container, or a container by its own name. `backend:TAG` is another tag of what the
/// spec has there: nobody means an image of that very name at Docker Hub.
fn image(desired: &Desired, text: &str) -> Result<(String, Setting, String), CliError> {
    let (name, reference) = match text.split_once('=') {
        Some((name, reference)) => (Some(name), reference),
        None => (None, text),
    };
    let named = ImageName::parse(text).repository;
    if name.is_none() && is_named(desired, &named) {
        return other_tag(desired, &named, &text[named.len()..]);
    }
    if reference.is_empty() || reference.contains(char::is_whitespace) {
        return Err(CliError::usage(format!("`{text}` names no image")).hint("write --image NAME=REPOSITORY:TAG"));
    }
    let (service, container) = match name {
        None => {
            let (service, spec) = only_service(desired)?;
            (service, main_container(spec))
        }
        Some(name) => container_of(desired, name)?,
    };
    Ok((service, Setting::Image(container), reference.to_owned()))
}

/// `backend:TAG` or `backend@DIGEST`; `which`: what follows the name.
fn other_tag(desired: &Desired, name: &str, which: &str) -> Result<(String, Setting, String), CliError> {
    let (service, container) = container_of(desired, name)?;
    let setting = Setting::Image(container);
    let written = setting.of(&desired.services[&service].task_definition).unwrap_or_default();
    let repository = ImageName::parse(&written).repository;
    if which.len() < 2 || which.contains(char::is_whitespace) {
        let hint = format!("write --image {name}:TAG for a tag of {repository}, or --image {name}=REPOSITORY:TAG");
        return Err(CliError::usage(format!("`{name}` names no image")).hint(hint));
    }
    Ok((service, setting, format!("{repository}{which}")))
}

/// Is it the name of a service or container?
fn is_named(desired: &Desired, name: &str) -> bool {
    let has = |spec: &ServiceSpec| container_names(&spec.task_definition).any(|container| container == name);
    desired.services.contains_key(name) || desired.services.values().any(has)
}

/// Service and container that go by this name.
fn container_of(desired: &Desired, name: &str) -> Result<(String, String), CliError> {
    match desired.services.get(name) {
        Some(spec) => Ok((name.to_owned(), main_container(spec))),
        None => Ok((service_with(desired, name)?, name.to_owned())),
    }
}

/// `cpu=1024`, `backend.environment.LEVEL=debug`.
fn other(desired: &Desired, text: &str) -> Result<(String, Setting, String), CliError> {
    let Some((key, value)) = text.split_once('=') else {
        return Err(CliError::usage(format!("`{text}` sets nothing")).hint("write --set KEY=VALUE"));
    };
    let named = key.split_once('.').filter(|(service, _)| desired.services.contains_key(*service));
    let (service, spec, key) = match named {
        Some((service, key)) => (service.to_owned(), &desired.services[service], key),
        None => {
            let (service, spec) = only_service(desired)?;
            (service, spec, key)
        }
    };
    let setting = match (key, key.strip_prefix("environment.")) {
        ("cpu", _) => Setting::Cpu,
        ("memory", _) => Setting::Memory,
        (_, Some(name)) if !name.is_empty() => Setting::Variable(main_container(spec), name.to_owned()),
        _ => {
            return Err(CliError::usage(format!("`{key}` cannot be set by a deployment"))
                .hint("there are cpu, memory and environment.NAME; everything else belongs into the spec"));
        }
    };
    if let Setting::Variable(_, name) = &setting
        && looks_secret(name)
    {
        return Err(CliError::usage(format!("{name} looks like a secret, and a command line is no place for one"))
            .hint("keep it in Secrets Manager and name it under `secrets` of the template"));
    }
    Ok((service, setting, value.to_owned()))
}

fn looks_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "PRIVATE_KEY", "CREDENTIAL"]
        .into_iter()
        .any(|word| name.contains(word))
}

fn only_service(desired: &Desired) -> Result<(String, &ServiceSpec), CliError> {
    let mut services = desired.services.iter();
    match (services.next(), services.next()) {
        (Some((name, spec)), None) => Ok((name.clone(), spec)),
        (None, _) => Err(CliError::usage(format!("{} has no service", desired.environment))),
        _ => {
            let names: Vec<&str> = desired.services.keys().map(String::as_str).collect();
            Err(CliError::usage("which service?").hint(format!("name one of {}", names.join(", "))))
        }
    }
}

fn service_with(desired: &Desired, container: &str) -> Result<String, CliError> {
    let has = |spec: &ServiceSpec| container_names(&spec.task_definition).any(|name| name == container);
    let mut found = desired.services.iter().filter(|(_, spec)| has(spec));
    match (found.next(), found.next()) {
        (Some((name, _)), None) => Ok(name.clone()),
        (Some(_), Some(_)) => Err(CliError::usage(format!("several services have a container `{container}`"))
            .hint("name the service instead")),
        _ => {
            let names: Vec<&str> = desired.services.keys().map(String::as_str).collect();
            Err(CliError::usage(format!("there is no service or container `{container}`"))
                .hint(format!("there are: {}", names.join(", "))))
        }
    }
}

/// The container that gets the traffic, else the first.
pub(super) fn main_container(spec: &ServiceSpec) -> String {
    match &spec.attachment {
        Some(attachment) => attachment.container.clone(),
        None => container_names(&spec.task_definition).next().unwrap_or_default().to_owned(),
    }
}
