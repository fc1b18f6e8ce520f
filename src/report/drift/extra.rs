//! What nobody declared, and matters: resources with our tags that the spec no longer has, and other people's rules
//! that catch our requests.

use super::finding::Findings;
use crate::model::{Condition, Desired, Live, LiveRule, ResourceKey, ResourceKind, present};

/// Finds what nobody declared.
pub(super) fn check(desired: &Desired, live: &Live, findings: &mut Findings<'_>) {
    for undeclared in &live.undeclared {
        findings.extra(
            &undeclared.key,
            undeclared.id.clone(),
            "it carries this environment's tags, and the spec no longer declares it",
            "`up` removes it, but for what holds data",
        );
    }
    check_rules(desired, live, findings);
}

/// A rule that is not ours, on a host of ours.
fn check_rules(desired: &Desired, live: &Live, findings: &mut Findings<'_>) {
    let ours: Vec<&str> = present(&live.rules).map(|(_, rule)| rule.arn.as_str()).collect();
    for (name, spec) in &desired.rules {
        let key = ResourceKey::new(ResourceKind::ListenerRule, name);
        let hosts = hosts(&spec.conditions);
        let Some(rules) = live.listener_rules.get(&spec.listener).and_then(|sighting| sighting.present()) else {
            continue;
        };
        let mine = live.rules.get(name).and_then(|sighting| sighting.present()).and_then(|rule| rule.priority);
        let is_before = |rule: &LiveRule| rule.priority.zip(mine).is_none_or(|(theirs, mine)| theirs < mine);
        // A wildcard behind ours is what stands there for every host; before ours it takes our requests.
        let takes_ours = |rule: &LiveRule| is_before(rule) && hosts.iter().any(|host| rule.takes_host(host));
        let strangers = rules.iter().filter(|rule| {
            !ours.contains(&rule.arn.as_str())
                && !rule.tags.as_ref().is_some_and(|tags| desired.owns(tags))
                && (shares_host(rule, &hosts) || takes_ours(rule))
        });
        for stranger in strangers {
            let before = is_before(stranger);
            let why = if before {
                "a rule of somebody else catches requests for this host before ours"
            } else {
                "a rule of somebody else stands behind ours on the same host"
            };
            let priority = stranger.priority.map_or_else(|| "default".to_owned(), |number| number.to_string());
            let found = format!("{} (priority {priority})", stranger.arn);
            findings.extra(&key, found, why, "nothing: envctl never changes what is not its own; ask who made it");
        }
    }
}

fn hosts(conditions: &[Condition]) -> Vec<String> {
    let hosts = conditions.iter().filter_map(|condition| match condition {
        Condition::HostHeader(hosts) => Some(hosts),
        _ => None,
    });
    hosts.flatten().map(|host| host.to_lowercase()).collect()
}

fn shares_host(rule: &LiveRule, ours: &[String]) -> bool {
    hosts(&rule.conditions).iter().any(|host| ours.contains(host))
}
