//! Names of AWS resources that came along with `extends:` from another environment: both would claim one resource.

use crate::model::FileSystemSpec;

use super::Check;
use crate::spec::code::Code;
use crate::spec::extends::{FOLDER, path_of};
use crate::spec::problems::wrong;

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    let mut paths = Vec::new();
    for name in environment.services.keys() {
        paths.push((format!("service/{name}.service_name"), "service name"));
        paths.push((format!("service/{name}.family"), "task definition family"));
    }
    for name in environment.databases.keys() {
        paths.push((format!("database/{name}.identifier"), "database identifier"));
        paths.push((format!("database/{name}.secret_name"), "secret name"));
    }
    for name in environment.log_groups.keys() {
        paths.push((format!("log-group/{name}.log_group_name"), "log group name"));
    }
    for name in environment.file_systems.keys() {
        paths.push((format!("file-system/{name}.file_system_name"), "file system name"));
    }
    for (name, access_point) in &environment.access_points {
        paths.push((format!("access-point/{name}.access_point_name"), "access point name"));
        if matches!(environment.file_systems.get(&access_point.file_system), Some(FileSystemSpec::Borrowed { .. })) {
            paths.push((format!("access-point/{name}.path"), "path on production's file system"));
        }
    }
    for (name, rule) in &environment.rules {
        paths.push((format!("listener-rule/{name}.target_group_name"), "target group name"));
        paths.push((format!("listener-rule/{name}.priority"), "priority"));
        if rule.paths.is_empty() {
            paths.push((format!("listener-rule/{name}.hosts"), "list of hosts"));
        }
    }
    for name in environment.tasks.keys() {
        paths.push((format!("task/{name}.family"), "task definition family"));
    }
    let own = path_of(&environment.name);
    for (path, what) in paths {
        let Some(span) = check.declared.exact(&path) else { continue };
        let file = span.file.strip_prefix(FOLDER).map_or("", |file| file.trim_start_matches('/'));
        if span.file == own || file.starts_with('_') {
            continue;
        }
        let other = file.trim_end_matches(".yaml").to_owned();
        let draft = wrong(Code::InheritedName, format!("this {what} is environment `{other}`'s, and `{}` would claim it too", environment.name))
            .label(format!("inherited by `{}`", environment.name))
        .related(check.declared.exact(&check.own("extends")), "extended here")
            .help(format!("give it another value in {own}, or `~` there for the default; or move what both share into a fragment such as {FOLDER}/_shared.yaml"));
        check.report(&path, draft);
    }
}
