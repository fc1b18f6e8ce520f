//! Alarms and the dashboard.

use std::collections::BTreeMap;

use crate::model::{
    AlarmDeclaration, AlarmSpec, DASHBOARD, DashboardDeclaration, KNOWN_METRICS, KnownMetric, MetricDeclaration,
    ResourceKey, ResourceKind, Watched,
};

use super::{Declared, Section, parts, seconds};
use crate::spec::names::Names;
use crate::spec::problems::Problems;
use crate::spec::schema::{Alarm, ComparisonWord, MissingWord, Root};
use crate::spec::units::{Span as TimeSpan, Threshold};

/// Every alarm, defaulted.
pub(super) fn alarms(
    names: &Names,
    root: &Root,
    declared: &mut Declared,
    problems: &mut Problems,
) -> BTreeMap<String, AlarmDeclaration> {
    let mut all = BTreeMap::new();
    for (name, shape) in parts(&root.alarms) {
        let key = ResourceKey::new(ResourceKind::Alarm, &name.value);
        let mut section = declared.section(&key, &name.span, problems);
        all.insert(name.value.clone(), alarm(&mut section, names, &name.value, root, shape));
    }
    all
}

fn alarm(section: &mut Section<'_>, names: &Names, name: &str, root: &Root, shape: &Alarm) -> AlarmDeclaration {
    let word = section.need("metric", "metric", &shape.metric, "metric: service.cpu");
    let namespace = section.maybe("namespace", &shape.namespace);
    let dimensions = section.map("dimensions", &shape.dimensions);
    let known = KNOWN_METRICS.iter().find(|known| known.word == word && namespace.is_none());
    let metric = match (known, namespace) {
        (_, Some(namespace)) => {
            section.maybe("of", &shape.of);
            MetricDeclaration::Named { namespace, metric_name: word, dimensions }
        }
        (Some(known), None) => MetricDeclaration::Known { of: of(section, root, known, shape), word },
        (None, None) => MetricDeclaration::Known { of: section.or("of", &shape.of, String::new()), word },
    };
    let comparison = known.map_or("GreaterThanThreshold", |known| known.comparison);
    let periods = section.or("evaluation_periods", &shape.periods, 5);
    let spec = AlarmSpec {
        alarm_name: section.or("alarm_name", &shape.name, names.of(name)),
        description: section.or("description", &shape.description, String::new()),
        namespace: String::new(),
        metric_name: String::new(),
        dimensions: BTreeMap::new(),
        statistic: section.or(
            "statistic",
            &shape.statistic,
            known.map_or("Average", |known| known.statistic).to_owned(),
        ),
        period_seconds: seconds(section.or("period_seconds", &shape.period, TimeSpan::of_seconds(60))),
        evaluation_periods: periods,
        datapoints_to_alarm: section.or("datapoints_to_alarm", &shape.datapoints, periods),
        threshold: section.need_or("threshold", "threshold", &shape.threshold, "threshold: 80", Threshold::default()).0,
        comparison: section.or("comparison", &shape.comparison, ComparisonWord(comparison)).0.to_owned(),
        treat_missing_data: section.or("missing", &shape.missing, MissingWord("notBreaching")).0.to_owned(),
        actions: section.list("actions", &shape.actions),
        ok_actions: section.list("ok_actions", &shape.ok_actions),
    };
    let template = section.or("template", &shape.template, "alarms.json.hbs".to_owned());
    AlarmDeclaration { template, metric, spec }
}

/// What a known metric is of: the one thing of its kind, where there is only one.
fn of(section: &mut Section<'_>, root: &Root, known: &KnownMetric, shape: &Alarm) -> String {
    fn names<T>(field: &crate::spec::schema::Field<crate::spec::schema::Named<T>>) -> Vec<&str> {
        parts(field).iter().map(|(name, _)| name.value.as_str()).collect()
    }
    let (there, example) = match known.watched {
        Watched::Service => (names(&root.services), "of: backend"),
        Watched::Database => (names(&root.databases), "of: main"),
        Watched::Rule => (names(&root.rules), "of: web"),
    };
    match there.as_slice() {
        [only] => section.or("of", &shape.of, (*only).to_owned()),
        _ => section.need("of", "of", &shape.of, example),
    }
}

/// The dashboard, where there is one.
pub(super) fn dashboard(
    names: &Names,
    root: &Root,
    declared: &mut Declared,
    problems: &mut Problems,
) -> Option<DashboardDeclaration> {
    let shape = root.dashboard.here()?;
    let key = ResourceKey::new(ResourceKind::Dashboard, DASHBOARD);
    let mut section = declared.section(&key, &shape.span, problems);
    Some(DashboardDeclaration {
        dashboard_name: section.or("dashboard_name", &shape.value.name, names.whole()),
        template: section.or("template", &shape.value.template, "dashboard.json.hbs".to_owned()),
    })
}
