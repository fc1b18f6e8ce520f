//! CloudWatch: `GetMetricData` in batches, all pages of each (`aws.md` 7.1: 500 queries a call, 100,800 points a page).

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode};
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::AwsCloud;
use super::answer::{number, timestamp};
use super::error::own_error;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{MetricPoint, MetricQuery, MetricSeries};

const OPERATION: &str = "cloudwatch:GetMetricData";
/// Queries that one call takes.
const QUERIES_PER_CALL: usize = 500;
/// Points that one page may hold, the most that the API gives.
const POINTS_PER_PAGE: i32 = 100_800;

impl AwsCloud {
    /// The series of each query, in their order.
    pub(super) async fn metric_series(&self, queries: &[MetricQuery]) -> Result<Vec<MetricSeries>, CloudError> {
        // One call has one stretch of time for all of its queries.
        let mut stretches: BTreeMap<(Timestamp, Timestamp), Vec<usize>> = BTreeMap::new();
        for (index, query) in queries.iter().enumerate() {
            stretches.entry((query.from, query.to)).or_default().push(index);
        }
        let mut all = vec![MetricSeries::default(); queries.len()];
        for ((from, to), indices) in stretches {
            for indices in indices.chunks(QUERIES_PER_CALL) {
                let wanted = indices.iter().filter_map(|index| Some((*index, queries.get(*index)?)));
                let wanted: Vec<MetricDataQuery> = wanted.map(|(index, query)| asked(index, query)).collect();
                self.metric_pages(wanted, from, to, &mut all).await?;
            }
        }
        for series in &mut all {
            series.points.sort_by_key(|point| point.at);
        }
        Ok(all)
    }

    async fn metric_pages(
        &self,
        wanted: Vec<MetricDataQuery>,
        from: Timestamp,
        to: Timestamp,
        all: &mut [MetricSeries],
    ) -> Result<(), CloudError> {
        let mut token = None;
        loop {
            let request = self.clients.cloudwatch.get_metric_data().set_metric_data_queries(Some(wanted.clone()));
            let request = request.start_time(date(from)).end_time(date(to)).scan_by(ScanBy::TimestampAscending);
            let request = request.max_datapoints(POINTS_PER_PAGE).set_next_token(token);
            let page = self.caller.call(OPERATION, || request.clone().send()).await?;
            for result in page.metric_data_results() {
                let index = result.id().and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
                let Some(series) = index.and_then(|index| all.get_mut(index)) else { continue };
                append(result, series)?;
            }
            token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                return Ok(());
            }
        }
    }
}

/// The query as the API takes it; its id is its place in the list.
fn asked(index: usize, query: &MetricQuery) -> MetricDataQuery {
    let dimensions = query.dimensions.iter().map(|(name, value)| Dimension::builder().name(name).value(value).build());
    let metric = Metric::builder().namespace(&query.namespace).metric_name(&query.name);
    let metric = metric.set_dimensions(Some(dimensions.collect())).build();
    let statistic = MetricStat::builder().metric(metric).period(number(query.period_seconds));
    let statistic = statistic.stat(query.statistic.to_string()).build();
    MetricDataQuery::builder().id(format!("q{index}")).metric_stat(statistic).return_data(true).build()
}

/// Adds the points of one page. `PartialData` is a page that goes on; what failed is an error, never an empty series.
fn append(result: &MetricDataResult, series: &mut MetricSeries) -> Result<(), CloudError> {
    if let Some(status @ (StatusCode::InternalError | StatusCode::Forbidden)) = result.status_code() {
        let said = result.messages().iter().filter_map(|message| message.value()).collect::<Vec<_>>().join("; ");
        let label = result.label().unwrap_or_default();
        let kind = match status {
            StatusCode::Forbidden => CloudErrorKind::Denied,
            _ => CloudErrorKind::Unavailable,
        };
        return Err(own_error(kind, OPERATION, format!("{label}: {} {said}", status.as_str())));
    }
    for (at, value) in result.timestamps().iter().zip(result.values()) {
        let point = timestamp(Some(at)).zip(Decimal::from_f64(*value)).map(|(at, value)| MetricPoint { at, value });
        let odd = || own_error(CloudErrorKind::Unavailable, OPERATION, format!("a value makes no sense: {value}"));
        series.points.push(point.ok_or_else(odd)?);
    }
    Ok(())
}

/// A time for the API, in whole seconds.
fn date(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}
