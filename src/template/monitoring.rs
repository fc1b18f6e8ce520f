//! The values that the templates of alarms and of the dashboard see.

use std::collections::BTreeSet;

use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use crate::model::{
    AlarmDeclaration, DashboardDeclaration, Environment, KNOWN_METRICS, MetricDeclaration, PLAIN_STATISTICS,
    ResourceKey, ResourceKind, Watched, dashboard_mark, late_text, short_name,
};

use super::{context, roles, rule};

/// What an alarm's template sees.
pub(super) fn of_alarm(environment: &Environment, name: &str, alarm: &AlarmDeclaration) -> Value {
    let (namespace, metric, dimensions) = metric_values(environment, &alarm.metric);
    let spec = &alarm.spec;
    let threshold = match (spec.threshold.fract().is_zero(), spec.threshold.to_i64()) {
        (true, Some(whole)) => json!(whole),
        _ => json!(spec.threshold.to_f64()),
    };
    let mut context = context::base(environment, &Map::new());
    context.insert(
        "alarm".to_owned(),
        json!({
            "name": name,
            "aws_name": spec.alarm_name,
            "description": spec.description,
            "namespace": namespace,
            "metric": metric,
            "dimensions": dimensions,
            "statistic": spec.statistic,
            "is_extended": !PLAIN_STATISTICS.contains(&spec.statistic.as_str()),
            "period": spec.period_seconds,
            "periods": spec.evaluation_periods,
            "datapoints": spec.datapoints_to_alarm,
            "threshold": threshold,
            "comparison": spec.comparison,
            "missing": spec.treat_missing_data,
            "actions": spec.actions,
            "ok_actions": spec.ok_actions,
        }),
    );
    Value::Object(context)
}

/// What the dashboard's template sees.
pub(super) fn of_dashboard(environment: &Environment, dashboard: &DashboardDeclaration) -> Value {
    let services = environment.services.iter().map(|(name, service)| {
        json!({ "name": name, "aws_name": service.service_name, "cluster": cluster_name(environment) })
    });
    let databases = environment
        .databases
        .iter()
        .map(|(name, database)| json!({ "name": name, "identifier": database.identifier.to_lowercase() }));
    let mut load_balancers = BTreeSet::new();
    let mut rules = Vec::new();
    for (name, declared) in &environment.rules {
        let (load_balancer, target_group) = behind(environment, name);
        // One rule of each listener is enough to know its load balancer.
        if environment.rules.iter().find(|(_, other)| other.listener == declared.listener).map(|(name, _)| name)
            == Some(name)
        {
            load_balancers.insert(load_balancer.clone());
        }
        let hosts = &declared.hosts;
        let rule =
            json!({ "name": name, "hosts": hosts, "load_balancer": load_balancer, "target_group": target_group });
        rules.push(rule);
    }
    let alarms = environment.alarms.iter().map(|(name, alarm)| {
        let aws_name = &alarm.spec.alarm_name;
        json!({ "name": name, "aws_name": aws_name, "arn": alarm_arn(environment, aws_name) })
    });
    let mut context = context::base(environment, &Map::new());
    let mark = dashboard_mark(&environment.application, &environment.name);
    context.insert("dashboard".to_owned(), json!({ "name": dashboard.dashboard_name, "mark": mark }));
    context.insert("services".to_owned(), services.collect());
    context.insert("databases".to_owned(), databases.collect());
    context.insert("rules".to_owned(), Value::Array(rules));
    context.insert("load_balancers".to_owned(), json!(load_balancers));
    context.insert("alarms".to_owned(), alarms.collect());
    Value::Object(context)
}

/// Namespace, name and dimensions.
fn metric_values(environment: &Environment, metric: &MetricDeclaration) -> (String, String, Value) {
    let (word, of) = match metric {
        MetricDeclaration::Named { namespace, metric_name, dimensions } => {
            return (namespace.clone(), metric_name.clone(), json!(dimensions));
        }
        MetricDeclaration::Known { word, of } => (word, of),
    };
    let Some(known) = KNOWN_METRICS.iter().find(|known| known.word == word) else {
        return (String::new(), word.clone(), json!({}));
    };
    let dimensions = match known.watched {
        Watched::Service => {
            let service = environment.services.get(of).map(|service| service.service_name.as_str());
            json!({ "ClusterName": cluster_name(environment), "ServiceName": service })
        }
        Watched::Database => {
            let database = environment.databases.get(of).map(|database| database.identifier.to_lowercase());
            json!({ "DBInstanceIdentifier": database })
        }
        Watched::Rule => {
            let (load_balancer, target_group) = behind(environment, of);
            json!({ "LoadBalancer": load_balancer, "TargetGroup": target_group })
        }
    };
    (known.namespace.to_owned(), known.metric_name.to_owned(), dimensions)
}

/// Load balancer and target group of a rule, as metrics call them: known when rule and group are there.
fn behind(environment: &Environment, name: &str) -> (String, String) {
    let group = environment.rules.get(name).map_or(name, |declared| rule::group_of(environment, name, declared));
    let load_balancer = late_text(&ResourceKey::new(ResourceKind::ListenerRule, name), "load_balancer");
    (load_balancer, late_text(&ResourceKey::new(ResourceKind::TargetGroup, group), "arn_suffix"))
}

/// The cluster's name, also where the spec names it by its ARN.
fn cluster_name(environment: &Environment) -> &str {
    short_name(environment.cluster.as_deref().unwrap_or_default())
}

fn alarm_arn(environment: &Environment, alarm_name: &str) -> String {
    let Environment { region, account, .. } = environment;
    format!("arn:{}:cloudwatch:{region}:{account}:alarm:{alarm_name}", roles::partition(region))
}
