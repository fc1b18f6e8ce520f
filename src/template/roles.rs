//! IAM roles by name or ARN.

use crate::model::Environment;

/// The ARN of a role; an ARN stays as it is. The partition follows the region.
pub(super) fn role_arn(environment: &Environment, role: &str) -> String {
    if role.starts_with("arn:") {
        return role.to_owned();
    }
    let name = role.strip_prefix("role/").unwrap_or(role);
    format!("arn:{}:iam::{}:role/{name}", partition(&environment.region), environment.account)
}

/// The partition of a region.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
