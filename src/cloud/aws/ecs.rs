//! ECS, writing: services and one-off tasks.

use aws_sdk_ecs::types as ecs;

use super::AwsCloud;
use super::answer::number;
use super::error::{incomplete, own_error};
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{
    Capacity, LiveAttachment, LiveService, Receipt, ResourceKey, SERVICE_MADE_WITH, ServiceSettings, ServiceUpdate,
    Tags, TaskRun, Token,
};

impl AwsCloud {
    pub(super) async fn create_service(
        &self,
        key: &ResourceKey,
        settings: &ServiceSettings,
        task_definition: &str,
        desired_count: u32,
        tags: &Tags,
        token: &Token,
    ) -> Result<Receipt, CloudError> {
        let operation = "ecs:CreateService";
        let name = &settings.service_name;
        if let Some(found) = self.service(&settings.cluster, name).await?.filter(|found| found.status != "INACTIVE") {
            self.require_our_service(operation, CloudErrorKind::Conflict, &found).await?;
            if found.is_active() {
                return Ok(service_receipt(key, &found, false));
            }
            let message = format!("service {name} is still draining");
            return Err(own_error(CloudErrorKind::Busy, operation, message));
        }
        let (launch_type, strategy) = capacity(settings.capacity)?;
        let request = self
            .clients
            .ecs
            .create_service()
            .service_name(name)
            .cluster(&settings.cluster)
            .client_token(super::digest(&[&token.run, &token.step.0, name], 36))
            .task_definition(task_definition)
            .desired_count(number(desired_count))
            .set_launch_type(launch_type)
            .set_capacity_provider_strategy(strategy)
            .network_configuration(network(&settings.subnets, &settings.security_groups, settings.assign_public_ip)?)
            .deployment_configuration(deployment(settings))
            .enable_execute_command(settings.enable_exec)
            .scheduling_strategy(ecs::SchedulingStrategy::Replica)
            // On by default at creation (`aws.md` 1.8): it starts and stops tasks by itself, for nothing here.
            .availability_zone_rebalancing(ecs::AvailabilityZoneRebalancing::Disabled)
            .enable_ecs_managed_tags(true)
            .propagate_tags(ecs::PropagateTags::Service)
            .set_load_balancers(load_balancers(settings))
            .set_health_check_grace_period_seconds(
                settings.attachment.as_ref().map(|_| number(settings.health_check_grace_seconds)),
            )
            .set_tags(Some(ecs_tags(tags)));
        let made = self.caller.call(operation, || request.clone().send()).await?;
        let made = made.service().ok_or_else(|| incomplete(operation, "service"))?;
        Ok(service_receipt(key, &super::ecs_read::live_service(made), true))
    }

    pub(super) async fn update_service(
        &self,
        key: &ResourceKey,
        cluster: &str,
        name: &str,
        update: &ServiceUpdate,
    ) -> Result<Receipt, CloudError> {
        let operation = "ecs:UpdateService";
        let found =
            self.service(cluster, name).await?.filter(LiveService::is_active).ok_or_else(|| {
                own_error(CloudErrorKind::NotFound, operation, format!("service {name} is not there"))
            })?;
        self.require_our_service(operation, CloudErrorKind::Unsafe, &found).await?;
        let mut request = self
            .clients
            .ecs
            .update_service()
            .cluster(cluster)
            .service(name)
            .set_task_definition(update.task_definition.clone())
            .set_desired_count(update.desired_count.map(number))
            .force_new_deployment(update.force_new_deployment);
        if let Some(settings) = &update.settings {
            request =
                request.deployment_configuration(deployment(settings)).enable_execute_command(settings.enable_exec);
            if settings.attachment.is_some() {
                request = request.health_check_grace_period_seconds(number(settings.health_check_grace_seconds));
            }
            // Undeclared, and back to what a service of ours is made with where somebody changed it.
            for (name, made_with) in SERVICE_MADE_WITH {
                request = match (name, found.others.get(name).is_some_and(|is| is != made_with)) {
                    ("propagate-tags", true) => request.propagate_tags(ecs::PropagateTags::Service),
                    ("platform-version", true) => request.platform_version(made_with),
                    ("managed-tags", true) => request.enable_ecs_managed_tags(true),
                    ("availability-zone-rebalancing", true) => {
                        request.availability_zone_rebalancing(ecs::AvailabilityZoneRebalancing::Disabled)
                    }
                    _ => request,
                };
            }
            // Each of these starts a deployment even when it says nothing new (`aws.md` 1.4): only what differs.
            let here = (&found.subnets, &found.security_groups, found.assign_public_ip);
            if here != (&sorted(&settings.subnets), &sorted(&settings.security_groups), settings.assign_public_ip) {
                let network = network(&settings.subnets, &settings.security_groups, settings.assign_public_ip)?;
                request = request.network_configuration(network);
            }
            if !same_attachment(&found.attachments, settings) {
                request = request.set_load_balancers(Some(load_balancers(settings).unwrap_or_default()));
            }
            if found.capacity != Some(settings.capacity) {
                // ECS takes another strategy only together with a new deployment.
                request = request.set_capacity_provider_strategy(Some(strategy(settings.capacity)?));
                request = request.force_new_deployment(true);
            }
        }
        let answer = self.caller.call(operation, || request.clone().send()).await?;
        let updated = answer.service().ok_or_else(|| incomplete(operation, "service"))?;
        Ok(service_receipt(key, &super::ecs_read::live_service(updated), true))
    }

    pub(super) async fn delete_service(&self, cluster: &str, name: &str) -> Result<Receipt, CloudError> {
        let operation = "ecs:DeleteService";
        let Some(found) = self.service(cluster, name).await?.filter(LiveService::is_active) else {
            return Ok(super::done(false));
        };
        self.require_our_service(operation, CloudErrorKind::Unsafe, &found).await?;
        let request = self.clients.ecs.delete_service().cluster(cluster).service(name);
        super::gone_is_done(self.caller.call(operation, || request.clone().send()).await)
    }

    /// `DescribeServices` gives the tags; before a service counts as somebody else's, they are asked for once more.
    async fn require_our_service(
        &self,
        operation: &str,
        kind: CloudErrorKind,
        found: &LiveService,
    ) -> Result<(), CloudError> {
        if found.tags.is_empty() {
            let tags = self.service_tags(&found.arn).await?;
            return self.require_ours(operation, kind, &found.service_name, &tags);
        }
        self.require_ours(operation, kind, &found.service_name, &found.tags)
    }

    pub(super) async fn run_task(
        &self,
        key: &ResourceKey,
        run: &TaskRun,
        token: &Token,
    ) -> Result<Receipt, CloudError> {
        let operation = "ecs:RunTask";
        let (launch_type, strategy) = capacity(run.capacity)?;
        let request = self
            .clients
            .ecs
            .run_task()
            .cluster(&run.cluster)
            .task_definition(&run.task_definition)
            .count(1)
            .set_launch_type(launch_type)
            .set_capacity_provider_strategy(strategy)
            .network_configuration(network(&run.subnets, &run.security_groups, run.assign_public_ip)?)
            .client_token(super::digest(&[&token.run, &token.step.0, &key.to_string()], 64))
            .started_by("envctl")
            .enable_ecs_managed_tags(true)
            .set_tags(Some(ecs_tags(&run.tags)));
        let answer = self.caller.call(operation, || request.clone().send()).await?;
        if let Some(arn) = answer.tasks().first().and_then(|task| task.task_arn()) {
            return Ok(super::receipt(key, &[("arn", arn)], true));
        }
        let failure = answer.failures().first();
        let reason = failure.and_then(|failure| failure.reason()).unwrap_or("ECS started no task and gave no reason");
        let kind = if reason.to_ascii_lowercase().contains("capacity") || reason.starts_with("RESOURCE") {
            CloudErrorKind::Busy
        } else {
            CloudErrorKind::Refused
        };
        Err(own_error(kind, operation, reason))
    }
}

fn service_receipt(key: &ResourceKey, service: &LiveService, changed: bool) -> Receipt {
    let deployment = service.primary().map(|deployment| deployment.id.as_str()).unwrap_or_default();
    super::receipt(key, &[("arn", &service.arn), ("deployment", deployment)], changed)
}

/// Launch type, or capacity provider strategy: on demand needs no capacity providers in the cluster.
type LaunchOrStrategy = (Option<ecs::LaunchType>, Option<Vec<ecs::CapacityProviderStrategyItem>>);

fn capacity(wanted: Capacity) -> Result<LaunchOrStrategy, CloudError> {
    match wanted {
        Capacity::OnDemand => Ok((Some(ecs::LaunchType::Fargate), None)),
        Capacity::Spot => Ok((None, Some(strategy(wanted)?))),
    }
}

fn strategy(wanted: Capacity) -> Result<Vec<ecs::CapacityProviderStrategyItem>, CloudError> {
    let provider = match wanted {
        Capacity::OnDemand => "FARGATE",
        Capacity::Spot => "FARGATE_SPOT",
    };
    let item = ecs::CapacityProviderStrategyItem::builder().capacity_provider(provider).weight(1).build();
    Ok(vec![item.map_err(refused)?])
}

fn network(
    subnets: &[String],
    security_groups: &[String],
    assign_public_ip: bool,
) -> Result<ecs::NetworkConfiguration, CloudError> {
    let public = if assign_public_ip { ecs::AssignPublicIp::Enabled } else { ecs::AssignPublicIp::Disabled };
    let vpc = ecs::AwsVpcConfiguration::builder()
        .set_subnets(Some(subnets.to_vec()))
        .set_security_groups(Some(security_groups.to_vec()))
        .assign_public_ip(public)
        .build()
        .map_err(refused)?;
    Ok(ecs::NetworkConfiguration::builder().awsvpc_configuration(vpc).build())
}

/// With the circuit breaker, without which a deployment that fails stays `IN_PROGRESS` for ever (`aws.md` 1.4).
fn deployment(settings: &ServiceSettings) -> ecs::DeploymentConfiguration {
    let breaker = ecs::DeploymentCircuitBreaker::builder().enable(true).rollback(true).build();
    ecs::DeploymentConfiguration::builder()
        .deployment_circuit_breaker(breaker)
        .maximum_percent(number(settings.maximum_percent))
        .minimum_healthy_percent(number(settings.minimum_healthy_percent))
        .build()
}

fn load_balancers(settings: &ServiceSettings) -> Option<Vec<ecs::LoadBalancer>> {
    settings.attachment.as_ref().map(|(arn, container, port)| {
        let attachment = ecs::LoadBalancer::builder().target_group_arn(arn).container_name(container);
        vec![attachment.container_port(i32::from(*port)).build()]
    })
}

fn same_attachment(found: &[LiveAttachment], settings: &ServiceSettings) -> bool {
    let here: Vec<(&str, &str, u16)> =
        found.iter().map(|one| (one.target_group_arn.as_str(), one.container.as_str(), one.port)).collect();
    let wanted: Vec<(&str, &str, u16)> =
        settings.attachment.iter().map(|(arn, container, port)| (arn.as_str(), container.as_str(), *port)).collect();
    here == wanted
}

fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids
}

fn refused(error: aws_sdk_ecs::error::BuildError) -> CloudError {
    own_error(CloudErrorKind::Refused, "ecs:request", error.to_string())
}

pub(super) fn ecs_tags(tags: &Tags) -> Vec<ecs::Tag> {
    tags.iter().map(|(key, value)| ecs::Tag::builder().key(key).value(value).build()).collect()
}
