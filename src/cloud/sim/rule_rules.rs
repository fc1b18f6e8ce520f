//! What ELB refuses of a rule: values, wildcards, bodies (`aws.md` 4.1, 4.2).

use super::target_group::{forwarded, not_found};
use super::trouble::Trouble;
use super::world::World;
use crate::model::{Condition, LiveListener, RuleAction};

/// Condition values of a rule, all conditions together.
const MOST_VALUES: usize = 5;
/// Wildcards of a rule; 5 in some tables of AWS's, 6 in others.
const MOST_WILDCARDS: usize = 6;

/// Refuses conditions that no rule may have.
pub(super) fn check_conditions(conditions: &[Condition]) -> Result<(), Trouble> {
    let refused = |message: &str| Err(Trouble::refused("ValidationError", message));
    let values: Vec<&str> = conditions.iter().flat_map(values).collect();
    if conditions.is_empty() || values.is_empty() {
        return refused("A rule must have at least one condition value");
    }
    if values.len() > MOST_VALUES {
        return Err(Trouble::refused("TooManyValues", "a rule has at most 5 condition values"));
    }
    if values.iter().flat_map(|value| value.chars()).filter(|letter| "*?".contains(*letter)).count() > MOST_WILDCARDS {
        return refused("a rule has at most 6 wildcards");
    }
    let hosts = conditions.iter().filter(|condition| matches!(condition, Condition::HostHeader(_))).count();
    let paths = conditions.iter().filter(|condition| matches!(condition, Condition::PathPattern(_))).count();
    if hosts > 1 || paths > 1 {
        return refused("a rule has at most one host-header and one path-pattern condition");
    }
    for condition in conditions {
        let wrong = match condition {
            Condition::HostHeader(hosts) => hosts.iter().find(|host| host.len() > 128 || !host.contains('.')),
            Condition::PathPattern(paths) => paths.iter().find(|path| path.len() > 128 || path.is_empty()),
            _ => None,
        };
        if let Some(wrong) = wrong {
            return refused(&format!("The value '{wrong}' is not valid in a condition"));
        }
    }
    Ok(())
}

fn values(condition: &Condition) -> Vec<&str> {
    match condition {
        Condition::HostHeader(values)
        | Condition::PathPattern(values)
        | Condition::RequestMethod(values)
        | Condition::SourceIp(values)
        | Condition::HttpHeader { values, .. } => values.iter().map(String::as_str).collect(),
        Condition::QueryString(pairs) => pairs.iter().map(|(_, value)| value.as_str()).collect(),
    }
}

/// Refuses actions that no rule may have, and target groups that are not there or in another network.
pub(super) fn check_actions(world: &World, actions: &[RuleAction], listener: &LiveListener) -> Result<(), Trouble> {
    let refused = |message: String| Err(Trouble::refused("ValidationError", message));
    if actions.is_empty() {
        return refused("A rule needs an action".to_owned());
    }
    for arn in forwarded(actions) {
        let group = world.target_groups.get(arn).ok_or_else(|| not_found(arn))?;
        if group.live.vpc != listener.vpc {
            let message = format!("target group {arn} is not in the network of the load balancer");
            return Err(Trouble::refused("InvalidConfigurationRequest", message));
        }
        // aws.md 4.2: one load balancer for each target group.
        let elsewhere = world.described_target_group(group).load_balancer_arns;
        if elsewhere.iter().any(|found| *found != listener.load_balancer_arn) {
            let message = format!("target group {arn} is in use by another load balancer");
            return Err(Trouble::refused("TargetGroupAssociationLimit", message));
        }
    }
    for action in actions {
        let RuleAction::FixedResponse { status_code, content_type, body } = action else { continue };
        if body.len() > 1024 {
            return refused(format!("the body of a fixed response has at most 1024 bytes, not {}", body.len()));
        }
        if !matches!(status_code, 200..=299 | 400..=599) {
            return refused(format!("{status_code} is no status code of a fixed response"));
        }
        let types = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
        if !types.contains(&content_type.as_str()) {
            return refused(format!("{content_type} is no content type of a fixed response"));
        }
    }
    Ok(())
}
