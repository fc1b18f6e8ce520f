//! [`Readings`]: what a cloud measured and wrote down. Apart from [`Cloud`](super::Cloud): whoever holds it can change
//! nothing.

use async_trait::async_trait;
use jiff::Timestamp;

use super::CloudError;
use crate::model::{LiveTask, LogLines, LogQuery, MetricQuery, MetricSeries, TrailEvent, TrailQuery};

/// The metrics and logs of a cloud: AWS, or the simulated one.
#[async_trait]
pub trait Readings: Send + Sync {
    /// The series of each query, in the order of the queries. A metric that nobody ever sent has no points, which is no
    /// error.
    ///
    /// # Errors
    /// When not every series can be read whole: part of an answer is none.
    async fn metrics(&self, queries: &[MetricQuery]) -> Result<Vec<MetricSeries>, CloudError>;

    /// The tasks of a service that stopped lately (ECS forgets them after about an hour), newest first, without their
    /// log lines.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn stopped_tasks(&self, cluster: &str, service_name: &str) -> Result<Vec<LiveTask>, CloudError>;

    /// The lines of a log.
    ///
    /// # Errors
    /// [`NotFound`](super::CloudErrorKind::NotFound) when there is no such log group;
    /// [`Refused`](super::CloudErrorKind::Refused) when the pattern is none.
    async fn log_lines(&self, query: &LogQuery) -> Result<LogLines, CloudError>;

    /// Who changed something since then, newest first: calls that went through and could change something. AWS keeps them
    /// for 90 days, and shows them some minutes late.
    ///
    /// # Errors
    /// When the trail cannot be read.
    async fn trail(&self, query: &TrailQuery, since: Timestamp) -> Result<Vec<TrailEvent>, CloudError>;
}
