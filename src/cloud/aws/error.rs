//! What the SDK calls an error, as a [`CloudError`]: operation, code, words and request id, and a kind that says
//! what to do about it.

use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use crate::cloud::{CloudError, CloudErrorKind};

/// The code given to an operation that the server does not have at all. Emulators only: moto answers HTTP 500 with
/// HTML, MiniStack HTTP 400 (`aws.md` 9.1).
pub(super) const NOT_IMPLEMENTED: &str = "NotImplemented";

/// How to give credentials, for everyone who has none.
const HOW_TO_SIGN_IN: &str = "no usable AWS credentials: set AWS_PROFILE to a profile of ~/.aws/config, or \
     AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`; `--cloud sim` needs none";

/// Turns what a call ended with into a [`CloudError`].
pub(super) fn cloud_error<E>(operation: &str, error: SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let request_id = error.request_id().map(str::to_owned);
    let status = error.raw_response().map(|response| response.status().as_u16());
    let unknown = error.raw_response().and_then(unknown_operation);
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    let code = metadata.and_then(|meta| meta.code()).map(str::to_owned);
    let said = metadata.and_then(|meta| meta.message()).map(str::to_owned);
    let base = |kind, code: Option<String>, message: String| CloudError {
        kind,
        operation: operation.to_owned(),
        code,
        message,
        request_id: request_id.clone(),
        retry_at: None,
    };
    if let Some(message) = unknown {
        return base(CloudErrorKind::Refused, Some(NOT_IMPLEMENTED.to_owned()), message);
    }
    match (&error, code) {
        (SdkError::ServiceError(_), Some(code)) => {
            let message = said.unwrap_or_else(|| "AWS gave no message".to_owned());
            let kind = kind_of(operation, &code, &message, status.unwrap_or_default());
            let message =
                if kind == CloudErrorKind::NoCredentials { format!("{message}; {HOW_TO_SIGN_IN}") } else { message };
            let retry_at = wait_until(&message);
            CloudError { retry_at, ..base(kind, Some(code), message) }
        }
        (SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_), _) => {
            let text = DisplayErrorContext(&error).to_string();
            if lacks_credentials(&text) {
                base(CloudErrorKind::NoCredentials, None, HOW_TO_SIGN_IN.to_owned())
            } else {
                base(CloudErrorKind::Unavailable, None, format!("no connection to AWS: {}", one_line(&text)))
            }
        }
        (SdkError::TimeoutError(_), _) => {
            base(CloudErrorKind::Unavailable, None, "no answer in time; it may have been done".to_owned())
        }
        _ => {
            let kind = match status {
                Some(400..500) => CloudErrorKind::Refused,
                _ => CloudErrorKind::Unavailable,
            };
            base(kind, None, one_line(&DisplayErrorContext(&error).to_string()))
        }
    }
}

/// An error of kind [`CloudErrorKind::NoCredentials`] for the moment before any call.
pub(super) fn no_credentials(because: &str) -> CloudError {
    CloudError {
        kind: CloudErrorKind::NoCredentials,
        operation: "credentials".to_owned(),
        code: None,
        message: format!("{HOW_TO_SIGN_IN} ({because})"),
        request_id: None,
        retry_at: None,
    }
}

/// An error of envctl's own about a call that was not made, or about an answer that makes no sense.
pub(super) fn own_error(kind: CloudErrorKind, operation: &str, message: impl Into<String>) -> CloudError {
    CloudError {
        kind,
        operation: operation.to_owned(),
        code: None,
        message: message.into(),
        request_id: None,
        retry_at: None,
    }
}

/// An answer without a field that AWS always sends.
pub(super) fn incomplete(operation: &str, field: &str) -> CloudError {
    own_error(CloudErrorKind::Unavailable, operation, format!("the answer has no `{field}`"))
}

/// Does the server not have the operation at all? Never true of AWS.
pub(super) fn is_unknown_operation(error: &CloudError) -> bool {
    error.code.as_deref().is_some_and(|code| UNKNOWN_OPERATION.contains(&code))
}

const UNKNOWN_OPERATION: &[&str] = &[
    NOT_IMPLEMENTED,
    "UnknownOperationException",
    "UnknownOperation",
    "InvalidAction",
    "UnsupportedOperation",
    "UnrecognizedServiceException",
];

fn kind_of(operation: &str, code: &str, message: &str, status: u16) -> CloudErrorKind {
    use CloudErrorKind as Kind;
    let says = |words: &str| message.to_ascii_lowercase().contains(words);
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown" => Kind::Throttled,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "InvalidAccessKeyId"
        | "AuthFailure" => Kind::NoCredentials,
        // AWS says `ObjectNotFoundException`, moto this.
        "ValidationException" if says("no scaling policy found") || says("no scalable target found") => Kind::NotFound,
        "ClientException" if says("unable to describe task definition") => Kind::NotFound,
        "InvalidParameterException" if says("draining") => Kind::Busy,
        "InvalidParameterException" if says("not idempotent") => Kind::Conflict,
        "InvalidRequestException" if says("scheduled for deletion") || says("marked for deletion") => Kind::Busy,
        // RDS says this of a security group or subnet that is not there; it is not the resource asked for.
        "InvalidVPCNetworkStateFault" => Kind::Refused,
        "NoSuchEntity" | "NoSuchEntityException" => Kind::NotFound,
        "FileSystemLimitExceeded" | "SnapshotQuotaExceeded" => Kind::Refused,
        "PriorityInUse" | "MountTargetConflict" | "ConflictException" => Kind::Conflict,
        "InvalidDBInstanceState"
        | "InvalidResourceStateException"
        | "InvalidDBInstanceStateFault"
        | "InvalidDBSnapshotState"
        | "IncorrectFileSystemLifeCycleState"
        | "IncorrectMountTargetState"
        | "FileSystemInUse"
        | "ResourceInUse"
        | "ResourceInUseException"
        | "OperationAbortedException"
        | "ConcurrentUpdateException"
        | "ConcurrentModificationException"
        | "ServiceNotActiveException"
        | "UpdateInProgressException"
        | "InsufficientThroughputCapacity"
        | "InsufficientDBInstanceCapacity"
        | "RequestInProgressException" => Kind::Busy,
        code if UNKNOWN_OPERATION.contains(&code) => Kind::Refused,
        code if code.starts_with("AccessDenied") || code == "UnauthorizedOperation" || code == "OptInRequired" => {
            Kind::Denied
        }
        code if is_absence(operation, code) => Kind::NotFound,
        code if code.contains("AlreadyExists")
            || code.starts_with("Duplicate")
            || code == "ResourceExistsException" =>
        {
            Kind::Conflict
        }
        _ if status >= 500 => Kind::Unavailable,
        _ => Kind::Refused,
    }
}

/// Does this code say that the thing asked for is not there? A missing KMS key, subnet group or cluster that a create
/// refers to is a refusal, for waiting or adopting does not help.
fn is_absence(operation: &str, code: &str) -> bool {
    let code = code.trim_end_matches("Fault").trim_end_matches("Exception");
    let absent = code.ends_with("NotFound");
    let creates = [":Create", ":Restore", ":Register", ":RunTask"].iter().any(|verb| operation.contains(verb));
    absent && (!creates || code == "DBSnapshotNotFound")
}

/// What a server says that has no such operation, or no such service; `None`: it answered as AWS does.
fn unknown_operation(response: &HttpResponse) -> Option<String> {
    let body = response.body().bytes()?;
    let start = String::from_utf8_lossy(&body[..body.len().min(200)]).trim().to_owned();
    let status = response.status().as_u16();
    let lower = start.to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        Some(format!("the server has no such operation, or broke over it: it answered HTTP {status} with HTML"))
    } else if start.starts_with('{') && lower.contains("unsupported service") {
        Some(format!("the server has no such service: it answered HTTP {status} with {start}"))
    } else {
        None
    }
}

fn lacks_credentials(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["credential", "identity cache", "no providers in chain", "sso session"].iter().any(|words| text.contains(words))
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.split(" (DispatchFailure(")
        .next()
        .unwrap_or_default()
        .split(" (ServiceError(")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// `… Wait until 2026-05-04T10:11:12Z`: how EFS says its 24-hour rule (`aws.md` 3.1).
fn wait_until(message: &str) -> Option<Timestamp> {
    let (_, rest) = message.split_once("Wait until ")?;
    let word = rest.split_whitespace().next()?.trim_end_matches(['.', ',']);
    word.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_efs_names_is_read() {
        let message = "You have reached the maximum number of throughput mode changes or provisioned throughput value \
                       decreases. Wait until 2026-05-04T10:11:12Z and try again.";
        assert_eq!(wait_until(message), Some("2026-05-04T10:11:12Z".parse().unwrap()));
        assert_eq!(wait_until("Rate exceeded"), None);
    }

    #[test]
    fn codes_become_kinds() {
        let kind = |operation: &str, code: &str, message: &str| kind_of(operation, code, message, 400);
        assert_eq!(kind("rds:DescribeDBInstances", "DBInstanceNotFound", ""), CloudErrorKind::NotFound);
        assert_eq!(kind("ecs:CreateService", "ClusterNotFoundException", ""), CloudErrorKind::Refused);
        assert_eq!(kind("ecs:UpdateService", "ThrottlingException", "Rate exceeded"), CloudErrorKind::Throttled);
        assert_eq!(kind("elb:CreateRule", "PriorityInUse", ""), CloudErrorKind::Conflict);
        assert_eq!(kind("rds:CreateDBInstance", "DBInstanceAlreadyExists", ""), CloudErrorKind::Conflict);
        assert_eq!(
            kind("ecs:CreateService", "InvalidParameterException", "Unable to Start a service that is still Draining."),
            CloudErrorKind::Busy
        );
        assert_eq!(kind("rds:StopDBInstance", "InvalidDBInstanceState", ""), CloudErrorKind::Busy);
        assert_eq!(kind_of("rds:StopDBInstance", "InternalFailure", "", 500), CloudErrorKind::Unavailable);
    }
}
