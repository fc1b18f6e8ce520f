//! ECS, reading: services, clusters and the tasks that explain them.

use std::collections::BTreeMap;

use aws_sdk_ecs::types as ecs;

use super::AwsCloud;
use super::answer::{count, tags, text, timestamp};
use crate::cloud::CloudError;
use crate::cloud::sizes::SERVICES_AT_ONCE;
use crate::model::{
    Capacity, Deployment, LiveAttachment, LiveContainer, LiveService, LiveTask, ServiceEvent, Tags, short_name,
};

/// Events kept of a service, newest first.
const EVENTS: usize = 20;

impl AwsCloud {
    /// Services of one cluster by name, at most ten a call (`aws.md` 1.2). What is missing is left out.
    pub(super) async fn services(
        &self,
        cluster: &str,
        names: &[String],
    ) -> Result<BTreeMap<String, LiveService>, CloudError> {
        let mut found = BTreeMap::new();
        for names in names.chunks(SERVICES_AT_ONCE) {
            let request = self.clients.ecs.describe_services().cluster(cluster);
            let request = request.set_services(Some(names.to_vec())).include(ecs::ServiceField::Tags);
            let answer = match self.caller.call("ecs:DescribeServices", || request.clone().send()).await {
                Ok(answer) => answer,
                // Without the cluster there is no service; preflight says what is wrong with the cluster.
                Err(error) if error.code.as_deref() == Some("ClusterNotFoundException") => continue,
                Err(error) => return Err(error),
            };
            found.extend(
                answer.services().iter().map(live_service).map(|service| (service.service_name.clone(), service)),
            );
        }
        Ok(found)
    }

    /// One service; `None`: it is not there. One that is `INACTIVE` is.
    pub(super) async fn service(&self, cluster: &str, name: &str) -> Result<Option<LiveService>, CloudError> {
        Ok(self.services(cluster, &[name.to_owned()]).await?.remove(name))
    }

    /// Tags of a service by its ARN.
    pub(super) async fn service_tags(&self, arn: &str) -> Result<Tags, CloudError> {
        let request = self.clients.ecs.list_tags_for_resource().resource_arn(arn);
        let answer = self.caller.call("ecs:ListTagsForResource", || request.clone().send()).await?;
        Ok(tags(answer.tags().iter().map(|tag| (tag.key(), tag.value()))))
    }

    /// Status of a cluster, `ACTIVE`; `None`: it is not there.
    pub(super) async fn cluster_status(&self, cluster: &str) -> Result<Option<String>, CloudError> {
        let request = self.clients.ecs.describe_clusters().clusters(cluster);
        let answer = self.caller.call("ecs:DescribeClusters", || request.clone().send()).await?;
        Ok(answer.clusters().first().map(|cluster| text(cluster.status())))
    }

    /// One task; `None`: it is not there, or it stopped more than about an hour ago.
    pub(super) async fn task(&self, cluster: &str, arn: &str) -> Result<Option<LiveTask>, CloudError> {
        let request = self.clients.ecs.describe_tasks().cluster(cluster).tasks(arn);
        let answer = self.caller.call("ecs:DescribeTasks", || request.clone().send()).await?;
        Ok(answer.tasks().first().map(live_task))
    }

    /// The newest few tasks of a service that stopped lately, newest first.
    pub(super) async fn lately_stopped(&self, cluster: &str, service: &str) -> Result<Vec<LiveTask>, CloudError> {
        let list = self.clients.ecs.list_tasks().cluster(cluster).service_name(service);
        let list = list.desired_status(ecs::DesiredStatus::Stopped).max_results(20);
        let arns = self.caller.call("ecs:ListTasks", || list.clone().send()).await?.task_arns.unwrap_or_default();
        if arns.is_empty() {
            return Ok(Vec::new());
        }
        let request = self.clients.ecs.describe_tasks().cluster(cluster).set_tasks(Some(arns));
        let answer = self.caller.call("ecs:DescribeTasks", || request.clone().send()).await?;
        let mut tasks: Vec<LiveTask> = answer.tasks().iter().map(live_task).collect();
        tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped_at));
        tasks.truncate(5);
        Ok(tasks)
    }
}

pub(super) fn live_service(found: &ecs::Service) -> LiveService {
    let network = found.network_configuration().and_then(|network| network.awsvpc_configuration());
    let sorted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort();
        ids
    };
    let bounds = found.deployment_configuration();
    let breaker = bounds.and_then(|bounds| bounds.deployment_circuit_breaker());
    let mut deployments: Vec<Deployment> = found.deployments().iter().map(live_deployment).collect();
    deployments.sort_by_key(|deployment| deployment.status != "PRIMARY");
    LiveService {
        others: others(found),
        service_name: text(found.service_name()),
        arn: text(found.service_arn()),
        cluster: text(found.cluster_arn()),
        status: text(found.status()),
        desired_count: count(found.desired_count()),
        running_count: count(found.running_count()),
        pending_count: count(found.pending_count()),
        task_definition: text(found.task_definition()),
        deployments,
        capacity: capacity_of(found),
        attachments: found.load_balancers().iter().filter_map(live_attachment).collect(),
        subnets: network.map(|network| sorted(network.subnets())).unwrap_or_default(),
        security_groups: network.map(|network| sorted(network.security_groups())).unwrap_or_default(),
        assign_public_ip: network
            .and_then(|network| network.assign_public_ip())
            .is_some_and(|word| *word == ecs::AssignPublicIp::Enabled),
        health_check_grace_seconds: count(found.health_check_grace_period_seconds()),
        enable_exec: found.enable_execute_command(),
        maximum_percent: bounds.and_then(|bounds| bounds.maximum_percent()).map_or(200, count),
        minimum_healthy_percent: bounds.and_then(|bounds| bounds.minimum_healthy_percent()).map_or(100, count),
        circuit_breaker: breaker.is_some_and(|breaker| breaker.enable() && breaker.rollback()),
        events: found
            .events()
            .iter()
            .take(EVENTS)
            .map(|event| ServiceEvent { at: timestamp(event.created_at()), message: text(event.message()) })
            .collect(),
        created_at: timestamp(found.created_at()),
        tags: tags(found.tags().iter().map(|tag| (tag.key(), tag.value()))),
    }
}

fn capacity_of(service: &ecs::Service) -> Option<Capacity> {
    let providers: Vec<&str> =
        service.capacity_provider_strategy().iter().map(|item| item.capacity_provider()).collect();
    match (providers.as_slice(), service.launch_type()) {
        ([], Some(ecs::LaunchType::Fargate)) | (["FARGATE"], _) => Some(Capacity::OnDemand),
        (["FARGATE_SPOT"], _) => Some(Capacity::Spot),
        _ => None,
    }
}

fn live_attachment(found: &ecs::LoadBalancer) -> Option<LiveAttachment> {
    Some(LiveAttachment {
        target_group_arn: found.target_group_arn()?.to_owned(),
        container: text(found.container_name()),
        port: u16::try_from(found.container_port()?).ok()?,
    })
}

fn live_deployment(found: &ecs::Deployment) -> Deployment {
    Deployment {
        id: text(found.id()),
        status: text(found.status()),
        task_definition: text(found.task_definition()),
        rollout_state: found.rollout_state().map(|state| state.as_str().to_owned()),
        rollout_reason: found.rollout_state_reason().map(str::to_owned),
        desired_count: count(found.desired_count()),
        running_count: count(found.running_count()),
        failed_tasks: count(found.failed_tasks()),
        created_at: timestamp(found.created_at()),
    }
}

pub(super) fn live_task(found: &ecs::Task) -> LiveTask {
    let containers = found.containers().iter().map(|container| LiveContainer {
        name: text(container.name()),
        exit_code: container.exit_code(),
        reason: container.reason().map(str::to_owned),
        log_lines: Vec::new(),
    });
    LiveTask {
        arn: text(found.task_arn()),
        task_definition: text(found.task_definition_arn()),
        last_status: text(found.last_status()),
        stop_code: found.stop_code().map(|code| code.as_str().to_owned()),
        stopped_reason: found.stopped_reason().map(str::to_owned),
        containers: containers.collect(),
        stopped_at: timestamp(found.stopped_at()),
    }
}

/// The id of a task, the last part of its ARN: it names the task's log streams.
pub(super) fn task_id(arn: &str) -> &str {
    short_name(arn)
}

/// What no spec declares of a service.
fn others(found: &ecs::Service) -> BTreeMap<String, String> {
    let settings = [
        ("platform-version", found.platform_version().map(str::to_owned)),
        ("propagate-tags", found.propagate_tags().map(|from| from.as_str().to_owned())),
        // The SDK reads what is not answered as off: believed only of who answers the field beside it.
        ("managed-tags", found.propagate_tags().map(|_| found.enable_ecs_managed_tags().to_string())),
        (
            "availability-zone-rebalancing",
            found.availability_zone_rebalancing().map(|rebalancing| rebalancing.as_str().to_owned()),
        ),
    ];
    // An emulator answers nothing as an empty text.
    let said = settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    said.filter(|(_, value)| !value.is_empty()).collect()
}
