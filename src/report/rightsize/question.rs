//! What is asked of CloudWatch for a right-sizing (`aws.md` 8.2), resource by resource.

use std::collections::BTreeMap;

use super::Window;
use crate::model::{Desired, Live, MetricQuery, ResourceKey, ResourceKind, Statistic, present, short_name};

/// One figure of one resource, and the query that answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The resource.
    pub key: ResourceKey,
    /// Which of its figures.
    pub figure: Figure,
    /// The query.
    pub query: MetricQuery,
}

/// The figures that sizes are reckoned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Maximum of `CPUUtilization`, percent.
    Cpu,
    /// Maximum of `MemoryUtilization`, percent: on the average, out-of-memory kills hide.
    Memory,
    /// Minimum of `FreeableMemory`, bytes.
    FreeableMemory,
    /// Maximum of `SwapUsage`, bytes.
    Swap,
    /// Maximum of `DatabaseConnections`.
    Connections,
    /// Minimum of `CPUCreditBalance`.
    Credits,
    /// Sum of `CPUSurplusCreditsCharged`.
    SurplusCredits,
    /// Sum of `MeteredIOBytes`, bytes.
    MeteredBytes,
    /// Sum of `TotalIOBytes`, bytes.
    TotalBytes,
    /// Minimum of `PermittedThroughput`, bytes a second.
    PermittedThroughput,
    /// Minimum of `BurstCreditBalance`, bytes.
    BurstCredits,
}

const OF_SERVICE: [(Figure, &str, Statistic); 2] =
    [(Figure::Cpu, "CPUUtilization", Statistic::Maximum), (Figure::Memory, "MemoryUtilization", Statistic::Maximum)];
const OF_DATABASE: [(Figure, &str, Statistic); 6] = [
    (Figure::Cpu, "CPUUtilization", Statistic::Maximum),
    (Figure::FreeableMemory, "FreeableMemory", Statistic::Minimum),
    (Figure::Swap, "SwapUsage", Statistic::Maximum),
    (Figure::Connections, "DatabaseConnections", Statistic::Maximum),
    (Figure::Credits, "CPUCreditBalance", Statistic::Minimum),
    (Figure::SurplusCredits, "CPUSurplusCreditsCharged", Statistic::Sum),
];
const OF_FILE_SYSTEM: [(Figure, &str, Statistic); 4] = [
    (Figure::MeteredBytes, "MeteredIOBytes", Statistic::Sum),
    (Figure::TotalBytes, "TotalIOBytes", Statistic::Sum),
    (Figure::PermittedThroughput, "PermittedThroughput", Statistic::Minimum),
    (Figure::BurstCredits, "BurstCreditBalance", Statistic::Minimum),
];

/// Every question about the services, databases and file systems of an environment.
pub fn questions(desired: &Desired, live: &Live, window: Window) -> Vec<Question> {
    let key = |kind| move |name: &String| ResourceKey::new(kind, name);
    let services = desired.services.keys().map(key(ResourceKind::Service));
    let databases = desired.databases.keys().map(key(ResourceKind::Database));
    let systems = present(&live.file_systems).map(|(name, _)| ResourceKey::new(ResourceKind::FileSystem, name));
    let mut questions = Vec::new();
    for key in services.chain(databases).chain(systems) {
        let figures: &[(Figure, &str, Statistic)] = match key.kind {
            ResourceKind::Service => &OF_SERVICE,
            ResourceKind::Database => &OF_DATABASE,
            _ => &OF_FILE_SYSTEM,
        };
        let Some((namespace, dimensions)) = dimensions(desired, live, &key) else { continue };
        questions.extend(figures.iter().map(|(figure, name, statistic)| Question {
            key: key.clone(),
            figure: *figure,
            query: MetricQuery {
                namespace: namespace.clone(),
                name: (*name).to_owned(),
                dimensions: dimensions.clone(),
                statistic: *statistic,
                period_seconds: window.period_seconds,
                from: window.periods().from,
                to: window.periods().to,
            },
        }));
    }
    questions
}

/// Namespace and dimensions of the metrics of a resource; `None`: it has none, or nobody knows its id.
pub fn dimensions(desired: &Desired, live: &Live, key: &ResourceKey) -> Option<(String, BTreeMap<String, String>)> {
    let name = key.name.as_str();
    let (namespace, pairs): (&str, Vec<(&str, String)>) = match key.kind {
        ResourceKind::Service => {
            let service = desired.services.get(name)?;
            let cluster = short_name(&service.cluster);
            let pairs = vec![("ClusterName", cluster.to_owned()), ("ServiceName", service.service_name.clone())];
            ("AWS/ECS", pairs)
        }
        ResourceKind::Database => {
            ("AWS/RDS", vec![("DBInstanceIdentifier", desired.databases.get(name)?.identifier.clone())])
        }
        ResourceKind::FileSystem => {
            ("AWS/EFS", vec![("FileSystemId", live.file_systems.get(name)?.present()?.id.clone())])
        }
        _ => return None,
    };
    let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value));
    Some((namespace.to_owned(), pairs.collect()))
}
