//! Templates: strict Handlebars in, the documents of an environment out ([`desired`]).
//!
//! A task definition is JSON from end to end. Its template is a file below `templates/`; the values that it sees are
//! these (those that may be empty can be asked for with `{{#if …}}`, and an empty one that is written is an error):
//!
//! | value | meaning |
//! |--|--|
//! | `environment` `application` `region` `account` | of the spec |
//! | `tags` | the spec's own tags, a mapping |
//! | `values` | free values of the environment, those of the service over them |
//! | `service.name` | its name in the spec; `service.aws_name` is the one at AWS |
//! | `service.family` `.container` `.architecture` | family, name of the main container, `X86_64` or `ARM64` |
//! | `service.cpu` `.memory` | CPU units and MiB, numbers |
//! | `service.image` `.port` `.execution_role` `.task_role` | may be empty; roles are ARNs |
//! | `service.environment` | plain variables, a mapping: `{{#each service.environment}}{{@key}} {{this}}{{/each}}` |
//! | `database` | may be empty: `.name` `.identifier` `.engine` `.host` `.port` `.username` `.database_name` `.secret_arn` |
//! | `mounts` | list of `.path` `.name` `.file_system_id` `.access_point_id` |
//! | `volumes` | the same without paths, each access point once: `.name` `.file_system_id` `.access_point_id` |
//! | `log_group` | may be empty: `.name` `.key` (its name in the spec) `.retention_days` |
//! | `task` | empty, but in the own template of a one-off task: `.name` `.family` `.container` `.command` `.environment` |
//!
//! A rule's template and the pages see the first three lines, `service`, and
//!
//! | value | meaning |
//! |--|--|
//! | `rule.name` `.hosts` `.paths` `.priority` | as declared; the priority may be empty |
//! | `target_group.name` `.arn` | the target group that the rule forwards to |
//!
//! An alarm's template and the dashboard's see the first three lines and
//!
//! | value | meaning |
//! |--|--|
//! | `alarm.name` | its name in the spec; `alarm.aws_name` is the one at AWS |
//! | `alarm.namespace` `.metric` `.dimensions` | the metric; dimensions are a mapping |
//! | `alarm.statistic` | `Average`, `p95`; `alarm.is_extended` says which of the API's two fields it belongs in |
//! | `alarm.threshold` `.comparison` `.missing` | a number; the API's words |
//! | `alarm.period` `.periods` `.datapoints` | seconds, and numbers |
//! | `alarm.actions` `.ok_actions` `.description` | lists of ARNs, a text; may be empty |
//! | `dashboard.name` `.mark` | its name at AWS; the mark that must stand in one of its texts (the dashboard's alone) |
//! | `services` | list of `.name` `.aws_name` `.cluster` (the dashboard's alone, as all that follow) |
//! | `databases` | list of `.name` `.identifier` |
//! | `rules` | list of `.name` `.hosts` `.load_balancer` `.target_group`, both as metrics call them |
//! | `load_balancers` | the same load balancers, each once |
//! | `alarms` | list of `.name` `.aws_name` `.arn` |
//!
//! Values known late are written like any other; `{{ref "database.endpoint"}}` asks for one that is not in the table.
//! A value is escaped for the string that it stands in; data that looks like a template stays data.
//!
//! | code | problem |
//! |--|--|
//! | `TPL001` | a template file is missing |
//! | `TPL002` | syntax of Handlebars |
//! | `TPL003` | a form that is refused: without escaping, decorators |
//! | `TPL004` | too long, too deep, goes round too often |
//! | `TPL005` | a text contains the marks of late values |
//! | `TPL010` | a value is missing |
//! | `TPL011` | a value does not fit where it is written, a reference to nothing |
//! | `TPL012` | a helper that does not exist |
//! | `TPL013` | a partial that does not exist |
//! | `TPL020` | the rendered text is no JSON |
//! | `TPL021` | a key stands twice |
//! | `TPL030` | a field that the API does not know |
//! | `TPL031` | a value of the wrong type |
//! | `TPL032` | a value that the API does not allow |
//! | `TPL033` | a field that the API requires is missing |
//! | `TPL040` | the document contradicts the spec |
//! | `TPL041` | sizes: CPU, memory, storage, document |
//! | `TPL042` | containers and ports |
//! | `TPL043` | roles |
//! | `TPL044` | volumes |
//! | `TPL045` | logs |
//! | `TPL050` | a rule's conditions or actions |
//! | `TPL051` | the asleep page, the maintenance page |
//! | `TPL052` | a one-off task |
//! | `TPL053` | an alarm |
//! | `TPL054` | the dashboard |

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{BackupSpec, Desired, Environment, Problem};

mod alarm;
mod check;
mod context;
mod dashboard;
mod document;
mod engine;
mod guard;
mod helpers;
mod instrument;
mod load;
mod monitoring;
mod page;
mod policy;
mod references;
mod roles;
mod rule;
mod rule_json;
mod service;
mod shape;
mod shipped;
mod source;
mod task;

use source::Explained;

pub use engine::{Language, escape_markdown};
pub use policy::{Breach, PolicyFindings, breaches, policy};
pub use shipped::{ANNOUNCEMENTS, RECORD, text};

/// Template files: path below `templates/` to text.
pub type Templates = BTreeMap<String, String>;

/// Renders every document of an environment.
///
/// # Errors
/// All problems of all templates, each once.
pub fn desired(environment: &Environment, templates: &Templates) -> Result<Desired, Vec<Problem>> {
    let marked = context::marked_values(environment);
    if !marked.is_empty() {
        return Err(marked);
    }
    let templates = page::with_shipped(templates);
    let renderer =
        Renderer { environment, templates: &templates, references: Arc::new(references::References::of(environment)) };
    let mut problems = Vec::new();
    let rules = rule::render_all(&renderer, &mut problems);
    let services = service::render_all(&renderer, &rules, &mut problems);
    let tasks = task::render_all(&renderer, &services, &mut problems);
    let alarms = alarm::render_all(&renderer, &mut problems);
    let dashboards = dashboard::render_all(&renderer, &mut problems);
    if !problems.is_empty() {
        let mut once: Vec<Problem> = Vec::new();
        for problem in problems {
            if !once.contains(&problem) {
                once.push(problem);
            }
        }
        return Err(once);
    }
    Ok(Desired {
        environment: environment.name.clone(),
        application: environment.application.clone(),
        account: environment.account.clone(),
        region: environment.region.clone(),
        protect: environment.protect,
        tags: environment.tags.clone(),
        cluster: environment.cluster.clone(),
        listeners: environment.listeners.clone(),
        network: environment.network.clone(),
        file_systems: environment.file_systems.clone(),
        access_points: environment.access_points.clone(),
        databases: environment.databases.clone(),
        log_groups: environment.log_groups.clone(),
        target_groups: rule::target_groups(environment, &rules),
        rules,
        services: services.into_iter().map(|(name, rendered)| (name, rendered.spec)).collect(),
        tasks,
        checks: environment.checks.clone(),
        policy: environment.policy.clone(),
        release: environment.release.clone(),
        alarms,
        dashboards,
        sleep: environment.sleep.clone(),
        retention: environment.retention.clone(),
        backup: backup(environment),
        places: environment.places.clone(),
    })
}

/// Roles by ARN.
fn backup(environment: &Environment) -> BackupSpec {
    let backup = environment.backup.clone();
    BackupSpec {
        role: roles::role_arn(environment, &backup.role),
        execution_role: backup.execution_role.map(|role| roles::role_arn(environment, &role)),
        ..backup
    }
}

/// What every part of the rendering needs.
struct Renderer<'a> {
    environment: &'a Environment,
    templates: &'a Templates,
    references: Arc<references::References>,
}

impl Renderer<'_> {
    /// Renders one template.
    fn render(
        &self,
        path: &str,
        language: engine::Language,
        values: &serde_json::Value,
    ) -> Result<engine::Rendering, Vec<Problem>> {
        engine::render(self.templates, path, language, values, &self.references)
    }

    /// Renders one template that makes JSON.
    fn document(&self, path: &str, values: &serde_json::Value) -> Result<document::Document, Vec<Problem>> {
        document::Document::parse(self.render(path, engine::Language::Json, values)?)
    }

    /// A problem at a place of the spec, or at no place when the spec does not say.
    fn at_spec(&self, code: &str, message: impl Into<String>, place: &str) -> Problem {
        source::problem(code, message, self.environment.places.get(place).map(source::line_span))
    }
}
