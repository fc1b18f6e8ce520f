//! Metrics and logs of the simulated cloud, with the faults of the session.

use async_trait::async_trait;
use jiff::Timestamp;

use super::SimCloud;
use super::calls::half_a_call;
use super::fault::Fault;
use super::trouble::Trouble;
use super::world::World;
use crate::cloud::{CloudError, Readings};
use crate::model::{LiveTask, LogLines, LogQuery, MetricQuery, MetricSeries, TrailEvent, TrailQuery};

/// Queries that one call takes (`aws.md` 7.1).
const QUERIES_PER_CALL: usize = 500;

#[async_trait]
impl Readings for SimCloud {
    async fn metrics(&self, queries: &[MetricQuery]) -> Result<Vec<MetricSeries>, CloudError> {
        let mut series = Vec::new();
        for queries in queries.chunks(QUERIES_PER_CALL) {
            half_a_call().await;
            let key = queries.first().map(|query| query.name.as_str()).unwrap_or_default();
            series.extend(self.reading("cloudwatch:GetMetricData", key, |world| {
                queries.iter().map(|query| world.metric_series(query)).collect::<Result<Vec<_>, Trouble>>()
            })?);
            half_a_call().await;
        }
        Ok(series)
    }

    async fn stopped_tasks(&self, cluster: &str, service_name: &str) -> Result<Vec<LiveTask>, CloudError> {
        half_a_call().await;
        let tasks = self.reading("ecs:DescribeTasks", service_name, |world| {
            Ok(world.stopped_tasks(&world.service_arn(cluster, service_name)))
        });
        half_a_call().await;
        tasks
    }

    async fn log_lines(&self, query: &LogQuery) -> Result<LogLines, CloudError> {
        half_a_call().await;
        let lines = self.reading("logs:FilterLogEvents", &query.log_group, |world| world.log_lines(query));
        half_a_call().await;
        lines
    }

    async fn trail(&self, query: &TrailQuery, since: Timestamp) -> Result<Vec<TrailEvent>, CloudError> {
        half_a_call().await;
        let (TrailQuery::Resource(name) | TrailQuery::Event(name)) = query;
        let events = self.reading("cloudtrail:LookupEvents", name, |world| Ok(world.looked_up(query, since)));
        half_a_call().await;
        events
    }
}

impl SimCloud {
    /// One read: the fault, the line in the call log, the answer.
    pub(super) fn reading<T>(
        &self,
        operation: &str,
        key: &str,
        read: impl FnOnce(&World) -> Result<T, Trouble>,
    ) -> Result<T, CloudError> {
        let mut account = self.aged();
        let account = &mut *account;
        let fault = self.fault_of(account, operation, key, false);
        account.world.note_reads(&[(operation, key.to_owned())]);
        let answer = match fault {
            Fault::Throttle => Err(Trouble::throttled()),
            Fault::ServerError => Err(Trouble::unavailable("InternalFailure", "the service failed")),
            _ => read(&account.world),
        };
        answer.map_err(|trouble| trouble.of_call(operation, account.world.request_id()))
    }
}
