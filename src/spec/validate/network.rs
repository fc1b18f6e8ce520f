//! What is borrowed for tasks to run in: cluster, subnets, security groups, listeners.

use crate::model::{ListenerSelector, Selector};

use super::{Check, name};
use crate::spec::code::Code;
use crate::spec::problems::wrong;
use crate::spec::schema::{Field, shortened};

/// Subnets and security groups of one awsvpc configuration (`aws.md` 1.3).
const MAX_SUBNETS: usize = 16;
const MAX_SECURITY_GROUPS: usize = 5;

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    let runs = !environment.services.is_empty() || !environment.tasks.is_empty();
    let owns_files = environment
        .file_systems
        .values()
        .any(|file_system| matches!(file_system, crate::model::FileSystemSpec::Owned { .. }));
    cluster(check, runs);
    let needed = if runs { Some("tasks need") } else { owns_files.then_some("mount targets need") };
    count(check, "network.subnets", "subnet", environment.network.subnets.len(), MAX_SUBNETS, needed);
    count(
        check,
        "network.security_groups",
        "security group",
        environment.network.security_groups.len(),
        MAX_SECURITY_GROUPS,
        needed,
    );
    for (index, selector) in environment.network.subnets.iter().enumerate() {
        let path = check.own(&format!("network.subnets.{index}"));
        id(check, &path, selector, "subnet");
    }
    for (index, selector) in environment.network.security_groups.iter().enumerate() {
        let path = check.own(&format!("network.security_groups.{index}"));
        id(check, &path, selector, "sg");
    }
    twice(check, "network.subnets", &environment.network.subnets);
    twice(check, "network.security_groups", &environment.network.security_groups);
    listeners(check);
}

fn twice(check: &mut Check<'_>, field: &str, selectors: &[Selector]) {
    for (index, selector) in selectors.iter().enumerate() {
        if let Some(first) = selectors.iter().take(index).position(|other| other == selector) {
            let draft = wrong(Code::Network, format!("`{}` stands here twice", shortened(&selector.to_string())))
                .label("again")
                .related(check.span(&check.own(&format!("{field}.{first}"))), "first here")
                .help("keep one of the two");
            let path = check.own(&format!("{field}.{index}"));
            check.report(&path, draft);
        }
    }
}

fn cluster(check: &mut Check<'_>, needed: bool) {
    let path = check.own("cluster");
    match &check.environment.cluster {
        None if needed => {
            let place = check.own("borrow");
            let draft = wrong(Code::MissingField, "services and tasks need an ECS cluster to run in")
                .label("`cluster` is missing here")
                .help("add `cluster: NAME` under `borrow`");
            if check.declared.is_known(&path) {
                check.report(&place, draft);
            }
        }
        None => {}
        Some(cluster) if cluster.starts_with("arn:") => arn(check, &path, cluster, "ecs", "cluster/"),
        Some(cluster) => {
            if let Some(reason) = name::ecs(cluster) {
                let draft = wrong(Code::Name, format!("`{}` cannot be a cluster's name: {reason}", shortened(cluster)))
                    .help("write the cluster's name or ARN");
                check.report(&path, draft);
            }
        }
    }
}

fn count(check: &mut Check<'_>, field: &str, what: &str, found: usize, most: usize, needed: Option<&str>) {
    let path = check.own(field);
    if let (0, Some(needed)) = (found, needed) {
        let place = if check.declared.exact(&path).is_some() { path.clone() } else { check.own("borrow") };
        let key = format!("{}s", what.replace(' ', "_"));
        let draft = wrong(Code::Network, format!("{needed} at least one {what}"))
            .label(format!("no {key} here"))
            .help(format!("add `{key}:` under `borrow`: ids, or `{{tag: Name=value}}`"));
        if check.declared.is_known(&path) {
            check.report(&place, draft);
        }
    }
    if found > most {
        let draft = wrong(Code::Network, format!("{found} {what}s, more than the {most} that a task can have"))
            .help(format!("keep at most {most}"));
        check.report(&path, draft);
    }
}

/// An id of this kind: `subnet-` and 8 or 17 hexadecimal digits.
pub(super) fn id(check: &mut Check<'_>, path: &str, selector: &Selector, kind: &str) {
    let Selector::Id(id) = selector else { return };
    let digits = id.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
    let is_well = digits.is_some_and(|digits| {
        matches!(digits.len(), 8 | 17)
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
    });
    if is_well {
        return;
    }
    let help = if id.contains('=') {
        format!("by tag it is `{{tag: {}}}`", shortened(id))
    } else {
        format!("ids look like `{kind}-0123456789abcdef0`; by Name tag it is `{{tag: Name={}}}`", shortened(id))
    };
    let replacement = if id.contains('=') { Some(format!("{{tag: {id}}}")) } else { None };
    let draft = wrong(Code::Borrowed, format!("`{}` is no id of this kind", shortened(id)))
        .label(format!("expected `{kind}-` and 8 or 17 hexadecimal digits"))
        .help(help)
        .instead(replacement);
    check.report(path, draft);
}

fn listeners(check: &mut Check<'_>) {
    let environment = check.environment;
    if matches!(
        check.root.borrow.get().map(|borrow| (&borrow.listener, &borrow.listeners)),
        Some((Field::Here(_), Field::Here(_)))
    ) {
        let path = check.own("listeners.default");
        let draft = wrong(Code::Borrowed, "`listener` and `listeners` are both there")
            .help("move the one listener under `listeners`, with a name of its own");
        check.report(&path, draft);
    }
    let own = check.own("borrow");
    let is_readable = check.root.borrow.get().is_none_or(|borrow| {
        !matches!(borrow.listener, Field::Broken(_)) && borrow.listeners.get().is_none_or(|named| named.1.is_empty())
    });
    if environment.listeners.is_empty()
        && environment.rules.values().any(|rule| rule.listener.is_empty())
        && is_readable
    {
        let draft = wrong(Code::MissingField, "rules need a listener to stand on")
            .label("no listener here")
            .help("add `listener: {load_balancer: NAME, port: 443}` under `borrow`");
        check.report(&own, draft);
    }
    for (name, listener) in &environment.listeners {
        let path = check.own(&format!("listeners.{name}"));
        let has_arn = check.declared.exact(&format!("{path}.arn")).is_some();
        let has_name = check.declared.exact(&format!("{path}.load_balancer")).is_some();
        if has_arn == has_name {
            let message = if has_arn {
                "a listener by ARN and by load balancer at once"
            } else {
                "a listener needs its load balancer"
            };
            let draft =
                wrong(Code::Borrowed, message).help("write `{load_balancer: NAME, port: 443}`, or `arn:` alone");
            check.report(&path, draft);
            continue;
        }
        match listener {
            ListenerSelector::Arn(text) => {
                arn(check, &format!("{path}.arn"), text, "elasticloadbalancing", "listener/app/");
            }
            ListenerSelector::LoadBalancer { name, port } => {
                if let Some(reason) = name::load_balancing(name) {
                    let draft =
                        wrong(Code::Name, format!("`{}` cannot be a load balancer's name: {reason}", shortened(name)))
                            .help("write the name of an application load balancer, not its DNS name");
                    check.report(&format!("{path}.load_balancer"), draft);
                }
                check.within(&format!("{path}.port"), "the listener's port", u32::from(*port), 1, 65_535);
            }
        }
    }
}

/// An ARN of this service and kind, in the account and region of the environment.
fn arn(check: &mut Check<'_>, path: &str, text: &str, service: &str, kind: &str) {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, _, found, region, account, resource] = parts.as_slice() else {
        let draft = wrong(Code::Borrowed, format!("`{}` is no ARN", shortened(text)))
            .help(format!("ARNs look like arn:aws:{service}:REGION:ACCOUNT:{kind}…"));
        return check.report(path, draft);
    };
    let environment = check.environment;
    if *found != service || !resource.starts_with(kind) {
        let draft = wrong(Code::Borrowed, format!("`{}` is an ARN of something else", shortened(text)))
            .help(format!("expected arn:aws:{service}:REGION:ACCOUNT:{kind}…"));
        return check.report(path, draft);
    }
    for (field, here, there) in [("region", &environment.region, region), ("account", &environment.account, account)] {
        let own = check.own(field);
        if here != there && check.declared.is_known(&own) {
            let draft =
                wrong(Code::Place, format!("this ARN is of {field} {}, the environment of {here}", shortened(there)))
                    .related(check.span(&own), format!("the environment's {field}"))
                    .help("borrow only from the environment's own account and region");
            check.report(path, draft);
        }
    }
}
