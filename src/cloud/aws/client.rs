//! The SDK clients, and the one way in which a call is made: held back by the [limiter](super::limiter), tried again
//! where that is harmless, recorded, its error translated.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion};
use aws_sdk_sts::config::{ProvideCredentials, Region};
use aws_sdk_sts::operation::RequestId;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::elb_page::EscapePages;
use super::error::{cloud_error, no_credentials};
use super::json_metrics::JsonMetrics;
use super::limiter::Limiter;
use super::log::{Call, CallListener, CallLog};
use super::revisions::RevisionCache;
use crate::cloud::{CloudError, CloudErrorKind};

/// Longest time for one attempt, and for one operation.
const ATTEMPT: Duration = Duration::from_secs(15);
const OPERATION: Duration = Duration::from_secs(60);
/// Longest time in which an answer's body may stand still.
const STALLED: Duration = Duration::from_secs(10);
/// Attempts of a call inside one `observe`, `status` or `perform`; the executor tries again on top of that.
const ATTEMPTS: u32 = 5;
/// Throttles of a call that are borne: with fewer, a command of a hundred calls hardly ever ended well while AWS
/// throttled a third of them.
const THROTTLES: u32 = 8;
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// Being held back longer than this is worth telling.
const LONG_WAIT: Duration = Duration::from_secs(2);

/// Told, in words, why a call is held back.
pub type WaitListener = std::sync::Arc<dyn Fn(&str) + Send + Sync>;

/// What `connect` may be told.
#[derive(Clone, Default)]
pub struct ConnectOptions {
    /// Told of each call after its answer (`--verbose`).
    pub on_call: Option<CallListener>,
    /// Told, in words, when a call is held back for more than two seconds.
    pub on_wait: Option<WaitListener>,
    /// Where revisions are kept from one run to the next; `None`: nowhere.
    pub revisions: Option<std::sync::Arc<dyn RevisionCache>>,
    /// The SDK's settings (credentials, endpoint); `None`: from the environment and the profile files.
    pub settings: Option<aws_config::SdkConfig>,
    /// The HTTP client; `None`: rustls with aws-lc. Tests replay recorded answers through it.
    pub http_client: Option<SharedHttpClient>,
}

/// One client a service, all on one HTTP client.
pub(super) struct Clients {
    pub(super) ecr: aws_sdk_ecr::Client,
    pub(super) ecs: aws_sdk_ecs::Client,
    pub(super) rds: aws_sdk_rds::Client,
    pub(super) efs: aws_sdk_efs::Client,
    pub(super) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(super) scaling: aws_sdk_applicationautoscaling::Client,
    pub(super) secrets: aws_sdk_secretsmanager::Client,
    pub(super) cloudwatch: aws_sdk_cloudwatch::Client,
    pub(super) pricing: aws_sdk_pricing::Client,
    pub(super) logs: aws_sdk_cloudwatchlogs::Client,
    pub(super) ec2: aws_sdk_ec2::Client,
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) backup: aws_sdk_backup::Client,
    pub(super) trail: aws_sdk_cloudtrail::Client,
    pub(super) tagging: aws_sdk_resourcegroupstagging::Client,
    pub(super) topics: aws_sdk_sns::Client,
    /// The endpoint is not AWS's own: an emulator.
    pub(super) emulated: bool,
}

/// Makes the clients from the usual environment variables and profile files, `AWS_ENDPOINT_URL` included.
///
/// # Errors
/// [`CloudErrorKind::NoCredentials`] when nothing gives any.
pub(super) async fn clients(region: &str, options: &ConnectOptions) -> Result<Clients, CloudError> {
    let http_client = options.http_client.clone().unwrap_or_else(|| {
        aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc)).build_https()
    });
    let settings = match &options.settings {
        Some(settings) => settings.clone(),
        None => aws_config::defaults(BehaviorVersion::latest()).http_client(http_client.clone()).load().await,
    };
    let mut settings = settings.into_builder();
    // In the user agent, by which CloudTrail tells envctl from hands (`trail.rs`).
    settings.set_app_name(AppName::new("envctl").ok());
    let config = settings
        .region(Region::new(region.to_owned()))
        .http_client(http_client)
        // In the user agent, by which CloudTrail tells envctl from hands (`trail.rs`).
        // Off on purpose: `Caller::call` tries again, below the buckets of AWS, and records each attempt.
        .retry_config(RetryConfig::disabled())
        // The SDK sets neither: a server that never answers would hang for ever.
        .timeout_config(
            TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build(),
        )
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(STALLED).build())
        .build();
    let provider = config.credentials_provider().ok_or_else(|| no_credentials("no provider is configured"))?;
    provider.provide_credentials().await.map_err(|error| no_credentials(&error.to_string()))?;
    Ok(Clients {
        ecr: aws_sdk_ecr::Client::new(&config),
        ecs: aws_sdk_ecs::Client::new(&config),
        rds: aws_sdk_rds::Client::new(&config),
        efs: aws_sdk_efs::Client::new(&config),
        elb: balancer(&config),
        scaling: aws_sdk_applicationautoscaling::Client::new(&config),
        secrets: aws_sdk_secretsmanager::Client::new(&config),
        cloudwatch: metrics(&config),
        pricing: prices(&config),
        logs: aws_sdk_cloudwatchlogs::Client::new(&config),
        ec2: aws_sdk_ec2::Client::new(&config),
        iam: aws_sdk_iam::Client::new(&config),
        sts: aws_sdk_sts::Client::new(&config),
        backup: aws_sdk_backup::Client::new(&config),
        trail: aws_sdk_cloudtrail::Client::new(&config),
        tagging: aws_sdk_resourcegroupstagging::Client::new(&config),
        topics: aws_sdk_sns::Client::new(&config),
        emulated: config.endpoint_url().is_some(),
    })
}

/// The Price List has few endpoints, and answers about every region.
fn prices(config: &aws_config::SdkConfig) -> aws_sdk_pricing::Client {
    let settings = aws_sdk_pricing::config::Builder::from(config).region(Region::new("us-east-1"));
    aws_sdk_pricing::Client::from_conf(settings.build())
}

/// With [`JsonMetrics`] where the endpoint is not AWS's own.
fn metrics(config: &aws_config::SdkConfig) -> aws_sdk_cloudwatch::Client {
    let mut settings = aws_sdk_cloudwatch::config::Builder::from(config);
    if let (Some(_), Some(inner)) = (config.endpoint_url(), config.http_client()) {
        settings = settings.http_client(JsonMetrics(inner));
    }
    aws_sdk_cloudwatch::Client::from_conf(settings.build())
}

/// With [`EscapePages`] where the endpoint is not AWS's own.
fn balancer(config: &aws_config::SdkConfig) -> aws_sdk_elasticloadbalancingv2::Client {
    let mut settings = aws_sdk_elasticloadbalancingv2::config::Builder::from(config);
    if let (Some(_), Some(inner)) = (config.endpoint_url(), config.http_client()) {
        settings = settings.http_client(EscapePages(inner));
    }
    aws_sdk_elasticloadbalancingv2::Client::from_conf(settings.build())
}

/// The region that `AWS_REGION` names. `AWS_DEFAULT_REGION` is for when nobody says anything, and the spec does.
pub(super) fn named_region() -> Option<String> {
    std::env::var("AWS_REGION").ok().filter(|region| !region.is_empty())
}

/// Makes calls.
pub(super) struct Caller {
    limiter: Limiter,
    log: CallLog,
    on_wait: Option<WaitListener>,
}

impl Caller {
    pub(super) fn new(options: &ConnectOptions) -> Self {
        Self {
            limiter: Limiter::default(),
            log: CallLog::new(options.on_call.clone()),
            on_wait: options.on_wait.clone(),
        }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.log.calls()
    }

    /// Makes one call. A throttled one was not done and is tried again; one without an answer is tried again only when
    /// it reads, for a write may have been done: the executor repeats that with the same token.
    pub(super) async fn call<T, E, Sent>(
        &self,
        operation: &'static str,
        send: impl Fn() -> Sent + Send + Sync,
    ) -> Result<T, CloudError>
    where
        Sent: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        T: RequestId,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let mut attempt = 1;
        let mut throttles = 0;
        loop {
            let held_back = self.limiter.reserve(operation);
            self.hold_back(operation, held_back).await;
            let sent_after = self.log.elapsed();
            let answer = send().await;
            let took = self.log.elapsed() - sent_after;
            let record = |error: Option<String>, request_id: Option<String>| {
                self.log.record(Call { operation, attempt, sent_after, took, held_back, error, request_id });
            };
            let error = match answer {
                Ok(output) => {
                    record(None, output.request_id().map(str::to_owned));
                    self.limiter.went_through(operation);
                    return Ok(output);
                }
                Err(error) => cloud_error(operation, error),
            };
            let code = error.code.clone().unwrap_or_else(|| format!("{:?}", error.kind));
            record(Some(code), error.request_id.clone());
            if error.kind == CloudErrorKind::Throttled {
                self.limiter.throttled(operation);
                throttles += 1;
            }
            let spent = throttles >= THROTTLES || attempt - throttles >= ATTEMPTS;
            if spent || !is_worth_another_try(operation, &error) {
                return Err(error);
            }
            tokio::time::sleep((Duration::from_millis(250) * 2_u32.pow(attempt - 1)).min(LONGEST_PAUSE)).await;
            attempt += 1;
        }
    }

    async fn hold_back(&self, operation: &str, wait: Duration) {
        if wait.is_zero() {
            return;
        }
        if let Some(on_wait) = self.on_wait.as_ref().filter(|_| wait >= LONG_WAIT) {
            on_wait(&format!("{operation} waits {} s to stay below AWS's request limits", wait.as_secs()));
        }
        tokio::time::sleep(wait).await;
    }
}

fn is_worth_another_try(operation: &str, error: &CloudError) -> bool {
    let name = operation.split_once(':').map_or(operation, |(_, name)| name);
    let reads = ["Describe", "List", "Get", "BatchGet", "Filter", "Lookup"].iter().any(|verb| name.starts_with(verb));
    match error.kind {
        CloudErrorKind::Throttled => true,
        CloudErrorKind::Unavailable => reads,
        _ => false,
    }
}
