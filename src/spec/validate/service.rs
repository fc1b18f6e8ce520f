//! Services: names, counts, autoscaling, deployment, mounts, variables.

use crate::model::{ScalingSpec, ServiceDeclaration};

use super::{Check, name};
use crate::spec::code::Code;
use crate::spec::problems::wrong;
use crate::spec::schema::shortened;

/// Tasks of one service (`aws.md` 1.3).
const MAX_TASKS: u32 = 5_000;

pub(super) fn check(check: &mut Check<'_>) {
    for (name, service) in &check.environment.services {
        let at = |field: &str| format!("service/{name}.{field}");
        for (field, what, text) in [
            ("service_name", "a service's name", &service.service_name),
            ("family", "a task definition family", &service.family),
            ("container", "a container's name", &service.container),
        ] {
            ecs_name(check, &at(field), what, text);
        }
        for (field, role) in [("execution_role", &service.execution_role), ("task_role", &service.task_role)] {
            if let Some(reason) = role.as_deref().and_then(name::role) {
                let draft = wrong(Code::Name, format!("this cannot be a role: {reason}"))
                    .help("write the role's name or its ARN");
                check.report(&at(field), draft);
            }
        }
        template(check, &at("template"), &service.template);
        image(check, &at("image"), service.image.as_deref());
        if let Some(port) = service.port {
            check.within(&at("port"), "the port", u32::from(port), 1, 65_535);
        }
        check.within(&at("count"), "the count", service.count, 0, MAX_TASKS);
        check.lasts(
            &at("health_check_grace_seconds"),
            "the grace time",
            service.health_check_grace_seconds,
            0,
            2_147_483_647,
        );
        deployment(check, name, service);
        if let Some(scaling) = &service.scaling {
            self::scaling(check, name, service, scaling);
        }
        mounts(check, name, service);
        variables(check, &at("environment"), &service.environment);
    }
}

/// A name for ECS.
pub(super) fn ecs_name(check: &mut Check<'_>, path: &str, what: &str, text: &str) {
    if let Some(reason) = name::ecs(text) {
        let draft = wrong(Code::Name, format!("`{}` cannot be {what}: {reason}", shortened(text)))
            .help("choose a name of at most 255 letters, digits, `-` and `_`");
        check.report(path, draft);
    }
}

/// A path below `templates/`.
pub(super) fn template(check: &mut Check<'_>, path: &str, text: &str) {
    let climbs = text.split(['/', '\\']).any(|part| part.is_empty() || part == "." || part == "..");
    if climbs {
        let draft = wrong(Code::WrongValue, format!("`{}` is no path below templates/", shortened(text)))
            .help("write the path as seen from templates/, such as `task-definition.json.hbs`");
        check.report(path, draft);
    }
}

fn image(check: &mut Check<'_>, path: &str, image: Option<&str>) {
    let Some(image) = image else { return };
    if image.is_empty() || image.chars().any(char::is_whitespace) || image.contains("://") {
        let draft = wrong(Code::WrongValue, format!("`{}` is no container image", shortened(image)))
            .help("write it as `docker pull` takes it: REGISTRY/NAME:TAG, without https://");
        check.report(path, draft);
    }
}

fn deployment(check: &mut Check<'_>, name: &str, service: &ServiceDeclaration) {
    let path = format!("service/{name}.maximum_percent");
    let low = format!("service/{name}.minimum_healthy_percent");
    let bounds_hold = check.within(&path, "maximum_percent", service.maximum_percent, 100, 200)
        & check.within(&low, "minimum_healthy_percent", service.minimum_healthy_percent, 0, 100);
    if bounds_hold && service.maximum_percent <= service.minimum_healthy_percent {
        let draft = wrong(Code::Deployment, "ECS may neither stop an old task nor start a new one")
            .label("as many at most")
            .related(check.declared.exact(&low), "as at least")
            .help("let maximum_percent be 200, or minimum_healthy_percent less than 100");
        check.report(&path, draft);
    }
}

fn scaling(check: &mut Check<'_>, name: &str, service: &ServiceDeclaration, scaling: &ScalingSpec) {
    let at = |field: &str| format!("service/{name}.scaling.{field}");
    if scaling.min == 0 {
        let draft = wrong(Code::Scaling, "`min: 0` never wakes: target tracking does not scale up from nothing")
            .help("write `min: 1`; `envctl down` is what takes a service to zero")
            .instead(Some("1"));
        check.report(&at("min"), draft);
    }
    check.within(&at("max"), "max", scaling.max, 1, MAX_TASKS);
    if scaling.min > scaling.max && check.declared.is_known(&at("max")) {
        let draft = wrong(Code::Scaling, format!("min {} is more than max {}", scaling.min, scaling.max))
            .label("more than max")
            .related(check.declared.exact(&at("max")), "max")
            .help("let min be at most max");
        check.report(&at("min"), draft);
    } else if !(scaling.min..=scaling.max).contains(&service.count) && check.declared.is_known(&at("max")) {
        let draft = wrong(
            Code::Scaling,
            format!("count {} lies outside min {} and max {}", service.count, scaling.min, scaling.max),
        )
        .related(check.declared.exact(&at("max")), "max")
        .help("leave `count` out: autoscaling decides, and begins with min");
        check.report(&format!("service/{name}.count"), draft);
    }
    let unknown = !check.declared.is_known(&at("cpu_percent")) || !check.declared.is_known(&at("memory_percent"));
    if scaling.cpu_percent.is_none() && scaling.memory_percent.is_none() && !unknown {
        let draft = wrong(Code::Scaling, "autoscaling needs something to aim at")
            .label("neither `cpu` nor `memory`")
            .help("add `cpu: 60`, a target of 60 percent");
        check.report(&format!("service/{name}.scaling"), draft);
    }
    for (field, percent) in [("cpu_percent", scaling.cpu_percent), ("memory_percent", scaling.memory_percent)] {
        if let Some(percent) = percent {
            check.within(&at(field), "the target", percent, 1, 100);
        }
    }
    for (field, cooldown) in [
        ("scale_in_cooldown_seconds", scaling.scale_in_cooldown_seconds),
        ("scale_out_cooldown_seconds", scaling.scale_out_cooldown_seconds),
    ] {
        check.lasts(&at(field), "the cooldown", cooldown, 0, 86_400);
    }
}

fn mounts(check: &mut Check<'_>, name: &str, service: &ServiceDeclaration) {
    for path in service.mounts.keys() {
        let is_absolute = path.starts_with('/') && path.len() > 1;
        let is_plain = !path.contains([':', '\0']) && !path.split('/').any(|part| part == "..");
        if !is_absolute || !is_plain {
            let draft = wrong(Code::WrongValue, format!("`{}` is no path in a container", shortened(path)))
                .help("write PATH: FILES, such as `/mnt/efs/data: data`, where `data` stands under `files`");
            check.report(&format!("service/{name}.mounts.{path}"), draft);
        }
    }
}

/// Environment variables.
pub(super) fn variables(check: &mut Check<'_>, path: &str, variables: &std::collections::BTreeMap<String, String>) {
    for key in variables.keys() {
        if key.is_empty() || key.contains(['=', '\0']) || key.chars().any(char::is_whitespace) {
            let draft = wrong(Code::Name, format!("`{}` cannot be an environment variable", shortened(key)))
                .help("write a name without spaces and `=`");
            check.report(&format!("{path}.{key}"), draft);
        }
    }
}
