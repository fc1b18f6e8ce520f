//! Checks and the policy.

use std::collections::BTreeMap;

use crate::model::{Check, CheckKind, LogGroupSpec, PolicyRule, PolicyRules, ServiceDeclaration, TextExpectation};

use super::{Declared, Section, check_kind, parts};
use crate::spec::code::Code;
use crate::spec::problems::{Problems, wrong};
use crate::spec::schema::{self, Field, Root, Texts};
use crate::spec::units::Span as TimeSpan;

/// What checks refer to.
pub(super) struct Ground<'a> {
    /// Services of the spec.
    pub(super) services: &'a BTreeMap<String, ServiceDeclaration>,
    /// Log groups of the spec.
    pub(super) log_groups: &'a BTreeMap<String, LogGroupSpec>,
    /// The only database of the spec.
    pub(super) only_database: Option<String>,
}

/// Every check, defaulted. One without exactly one kind is reported and left out.
pub(super) fn checks(
    root: &Root,
    services: &BTreeMap<String, ServiceDeclaration>,
    log_groups: &BTreeMap<String, LogGroupSpec>,
    declared: &mut Declared,
    problems: &mut Problems,
) -> BTreeMap<String, Check> {
    let only_database = match parts(&root.databases) {
        [(name, _)] => Some(name.value.clone()),
        _ => None,
    };
    let ground = Ground { services, log_groups, only_database };
    let mut all = BTreeMap::new();
    for (name, shape) in parts(&root.checks) {
        let kinds = written_kinds(shape);
        if kinds.len() != 1 {
            let message = match kinds.as_slice() {
                [] => format!("check `{}` looks at nothing", name.value),
                [first, second, ..] => format!("check `{}` is both `{first}` and `{second}`", name.value),
                [_] => continue,
            };
            problems.add(
                wrong(Code::Check, message)
                    .at(&name.span)
                    .label("exactly one kind is needed")
                    .help("write one of `http`, `tls`, `websocket`, `sql`, `log`, `metric`, `service` and `command`"),
            );
            continue;
        }
        let mut section = declared.part(format!("check/{}", name.value), &name.span, problems);
        if let Some(kind) = check_kind::kind(&mut section, shape, &ground) {
            let is_command = matches!(kind, CheckKind::Command(_));
            let timeout = TimeSpan::of_seconds(if is_command { 60 } else { 10 });
            let check = Check {
                kind,
                tries: section.or("tries", &shape.tries, 1),
                pause: section.or("pause", &shape.pause, TimeSpan::of_seconds(5)).0,
                timeout: section.or("timeout", &shape.timeout, timeout).0,
            };
            all.insert(name.value.clone(), check);
        }
    }
    all
}

fn written_kinds(shape: &schema::Check) -> Vec<&'static str> {
    fn is_written<T>(field: &Field<T>) -> bool {
        !matches!(field, Field::Absent)
    }
    let kinds = [
        ("http", is_written(&shape.http)),
        ("tls", is_written(&shape.tls)),
        ("websocket", is_written(&shape.websocket)),
        ("sql", is_written(&shape.sql)),
        ("log", is_written(&shape.log)),
        ("metric", is_written(&shape.metric)),
        ("service", is_written(&shape.service)),
        ("command", is_written(&shape.command)),
    ];
    kinds.into_iter().filter(|(_, written)| *written).map(|(kind, _)| kind).collect()
}

/// One text or several, each with its place.
pub(super) fn texts(section: &mut Section<'_>, field: &str, value: &Field<Texts>) -> Vec<String> {
    let items = match value {
        Field::Here(at) => Field::Here(schema::At { value: at.value.0.clone(), span: at.span.clone() }),
        Field::Broken(span) => Field::Broken(span.clone()),
        Field::Absent => Field::Absent,
    };
    section.list(field, &items)
}

/// What a text shall contain, lack and match.
pub(super) fn expectation(
    section: &mut Section<'_>,
    contains: &Field<Texts>,
    lacks: &Field<Texts>,
    matches: &Field<Texts>,
) -> TextExpectation {
    TextExpectation {
        contains: texts(section, "contains", contains),
        lacks: texts(section, "lacks", lacks),
        matches: texts(section, "matches", matches),
    }
}

/// What task definitions must keep to; `None`: nothing is demanded.
pub(super) fn policy(section: &mut Section<'_>, root: &Root) -> Option<PolicyRules> {
    section.maybe("policy", &root.policy);
    let policy = root.policy.get()?;
    let allowed = section.list("policy.allow", &policy.allow);
    let demanded = section.list("policy.require", &policy.require);
    let holds = |rule: &PolicyRule| {
        demanded.iter().any(|word| word.0 == *rule) || (rule.is_usual() && !allowed.iter().any(|word| word.0 == *rule))
    };
    let values = section.map("policy.values", &policy.values);
    Some(PolicyRules {
        required: texts(section, "policy.required", &policy.required),
        forbidden: texts(section, "policy.forbidden", &policy.forbidden),
        secret: texts(section, "policy.secret", &policy.secret),
        values: values.into_iter().map(|(name, value)| (name, value.0)).collect(),
        rules: PolicyRule::ALL.into_iter().filter(holds).collect(),
    })
}
