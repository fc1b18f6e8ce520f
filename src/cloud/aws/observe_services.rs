//! The services of an observation, the documents that they run, and the families of one-off tasks.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value;

use super::AwsCloud;
use super::fleet::Batch;
use super::observe::sighting;
use crate::model::{Depth, LiveService, Scope, ServiceSpec, Sighting, Sightings};

/// What was found in ECS.
pub(super) struct Compute {
    pub(super) services: Sightings<LiveService>,
    pub(super) task_definitions: Sightings<Value>,
    pub(super) task_families: Sightings<Value>,
    pub(super) revisions: Sightings<Value>,
}

impl AwsCloud {
    pub(super) async fn look_at_compute(&self, scope: &Scope, batch: Option<&Batch<'_>>) -> Compute {
        let services = async {
            let services = self.look_at_services(scope, batch).await;
            let documents = self.look_at_documents(scope, &services).await;
            (services, documents)
        };
        // Families of one-off tasks matter to a change alone.
        let tasks = scope.desired.tasks.iter().filter(|_| scope.depth == Depth::Preflight);
        let families = join_all(
            tasks.map(|(name, spec)| async move { (name.clone(), sighting(self.task_definition(&spec.family).await)) }),
        );
        let revisions = join_all(
            scope
                .revisions
                .iter()
                .map(|name| async move { (name.clone(), sighting(self.task_definition(name).await)) }),
        );
        let ((services, task_definitions), families, revisions) = futures_util::join!(services, families, revisions);
        Compute {
            services,
            task_definitions,
            task_families: families.into_iter().collect(),
            revisions: revisions.into_iter().collect(),
        }
    }

    /// The document that each service runs. A family without its service may have revisions left: a change must know
    /// them.
    async fn look_at_documents(&self, scope: &Scope, services: &Sightings<LiveService>) -> Sightings<Value> {
        let asked = services.iter().filter_map(|(name, service)| match service {
            Sighting::Present(service) => Some((name, &service.task_definition)),
            Sighting::Absent if scope.depth == Depth::Preflight => Some((name, &scope.desired.services[name].family)),
            Sighting::Absent | Sighting::Unreadable { .. } => None,
        });
        let reads =
            asked.map(|(name, revision)| async move { (name.clone(), sighting(self.task_definition(revision).await)) });
        join_all(reads).await.into_iter().collect()
    }

    async fn look_at_services(&self, scope: &Scope, batch: Option<&Batch<'_>>) -> Sightings<LiveService> {
        let mut by_cluster: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for spec in scope.desired.services.values() {
            by_cluster.entry(&spec.cluster).or_default().push(spec.service_name.clone());
        }
        let reads = by_cluster.into_iter().map(|(cluster, names)| async move {
            match batch.and_then(|batch| batch.services.get(cluster)) {
                Some(Ok(found)) => {
                    let ours = names.iter().filter_map(|name| Some((name.clone(), found.get(name)?.clone())));
                    (cluster, Ok(ours.collect()))
                }
                Some(Err(error)) => (cluster, Err(error.clone())),
                None => (cluster, self.services(cluster, &names).await),
            }
        });
        let found: BTreeMap<&str, _> = join_all(reads).await.into_iter().collect();
        let one = |(name, spec): (&String, &ServiceSpec)| {
            let read = match &found[spec.cluster.as_str()] {
                // Still described for a while after its end; it counts as gone.
                Ok(services) => {
                    Ok(services.get(&spec.service_name).filter(|service| service.status != "INACTIVE").cloned())
                }
                Err(error) => Err(error.clone()),
            };
            (name.clone(), sighting(read))
        };
        let mut services: Sightings<LiveService> = scope.desired.services.iter().map(one).collect();
        for sighting in services.values_mut() {
            self.complete_tags(sighting).await;
        }
        services
    }

    /// A service without any tag is about to be called somebody else's: ask once more, in the other way.
    async fn complete_tags(&self, sighting: &mut Sighting<LiveService>) {
        if let Sighting::Present(service) = sighting
            && service.tags.is_empty()
            && let Ok(tags) = self.service_tags(&service.arn).await
        {
            service.tags = tags;
        }
    }
}
