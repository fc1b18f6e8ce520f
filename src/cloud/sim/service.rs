//! Services: creating, updating and deleting (`aws.md` 1.4).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::service_rules::check_settings;
use super::tags::{must_be_managed, same_owner};
use super::trouble::{Outcome, Trouble, changed, receipt, unchanged};
use super::world::{World, made_with};
use crate::model::{
    Deployment, LiveAttachment, LiveService, Receipt, ResourceKey, SERVICE_MADE_WITH, ServiceEvent, ServiceName,
    ServiceSettings, ServiceUpdate, Tags, short_name,
};

/// A service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// As ECS describes it, with up to 100 events.
    pub live: LiveService,
    /// What is known of each deployment beyond what ECS tells.
    pub(super) rollouts: BTreeMap<String, Rollout>,
    /// Revision of the last deployment that was completed: where the circuit breaker goes back to.
    pub(super) last_completed: Option<String>,
    /// Token of the step that made it.
    pub(super) token: String,
    /// Token of the last update, and the deployment that it started.
    pub(super) last_update: Option<(String, Option<String>)>,
    /// When an `INACTIVE` service is forgotten.
    pub(super) forgotten_at: Option<Timestamp>,
}

/// The inside of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rollout {
    /// Tasks in a row that never became healthy.
    pub(super) failures: u32,
    /// The scheduler starts nothing before; `None`: it does.
    pub(super) retry_at: Option<Timestamp>,
    /// Started by the circuit breaker: there is nothing further to go back to.
    pub(super) is_rollback: bool,
}

impl World {
    /// `arn:aws:ecs:…:service/CLUSTER/NAME`.
    pub(super) fn service_arn(&self, cluster: &str, name: &str) -> String {
        self.arn("ecs", &format!("service/{}/{name}", short_name(cluster)))
    }

    /// Refuses while one of these services wants, starts or runs a task.
    pub(super) fn must_be_quiet(&self, services: &[ServiceName]) -> Result<(), Trouble> {
        for ServiceName { cluster, service_name } in services {
            let live = self.services.get(&self.service_arn(cluster, service_name)).map(|service| &service.live);
            if live.is_some_and(|live| !live.is_quiet()) {
                return Err(Trouble::unsafe_to(LiveService::woken(service_name)));
            }
        }
        Ok(())
    }

    /// `ecs:CreateService`.
    pub(super) fn create_service(
        &mut self,
        key: &ResourceKey,
        settings: &ServiceSettings,
        task_definition: &str,
        desired_count: u32,
        tags: &Tags,
        token: &str,
    ) -> Outcome {
        let arn = self.service_arn(&settings.cluster, &settings.service_name);
        if let Some(receipt) = self.adopt_service(key, &arn, tags, token)? {
            return Ok(receipt);
        }
        check_settings(self, settings, task_definition)?;
        self.active_revision(task_definition)?;
        let live = LiveService {
            others: Default::default(),
            service_name: settings.service_name.clone(),
            arn: arn.clone(),
            cluster: self.arn("ecs", &format!("cluster/{}", short_name(&settings.cluster))),
            status: "ACTIVE".to_owned(),
            desired_count,
            running_count: 0,
            pending_count: 0,
            task_definition: task_definition.to_owned(),
            deployments: Vec::new(),
            capacity: Some(settings.capacity),
            attachments: Vec::new(),
            subnets: Vec::new(),
            security_groups: Vec::new(),
            assign_public_ip: false,
            health_check_grace_seconds: 0,
            enable_exec: false,
            maximum_percent: 200,
            minimum_healthy_percent: 100,
            circuit_breaker: true,
            events: Vec::new(),
            created_at: Some(self.now),
            tags: tags.clone(),
        };
        let mut service = Service {
            live,
            rollouts: BTreeMap::new(),
            last_completed: None,
            token: token.to_owned(),
            last_update: None,
            forgotten_at: None,
        };
        apply_settings(&mut service.live, settings);
        self.services.insert(arn.clone(), service);
        let deployment = self.begin_deployment(&arn, task_definition, false);
        Ok(receipt(true, key, &[("arn", &arn), ("deployment", &deployment)]))
    }

    /// A service of that name which exists already.
    fn adopt_service(
        &self,
        key: &ResourceKey,
        arn: &str,
        tags: &Tags,
        token: &str,
    ) -> Result<Option<Receipt>, Trouble> {
        let Some(found) = self.services.get(arn) else { return Ok(None) };
        match found.live.status.as_str() {
            "INACTIVE" => Ok(None),
            // aws.md 1.4: the name is taken until it is INACTIVE.
            "DRAINING" => {
                Err(Trouble::busy("InvalidParameterException", "Unable to Start a service that is still Draining."))
            }
            _ if same_owner(&found.live.tags, tags) && found.token == token => {
                let first = found.live.deployments.last().map(|deployment| deployment.id.clone()).unwrap_or_default();
                Ok(Some(receipt(false, key, &[("arn", arn), ("deployment", &first)])))
            }
            _ => Err(Trouble::conflict("InvalidParameterException", "Creation of service was not idempotent.")),
        }
    }

    /// `ecs:UpdateService`.
    pub(super) fn update_service(
        &mut self,
        key: &ResourceKey,
        cluster: &str,
        name: &str,
        update: &ServiceUpdate,
        token: &str,
    ) -> Outcome {
        let arn = self.service_arn(cluster, name);
        let service = self.our_service(&arn)?;
        // The reply to this very update was lost: the deployment that it started is the answer.
        if let Some((_, deployment)) = service.last_update.as_ref().filter(|(last, _)| last == token) {
            let facts = deployment.as_deref().map(|id| ("deployment", id));
            return Ok(receipt(false, key, &facts.into_iter().collect::<Vec<_>>()));
        }
        let before = service.live.clone();
        let revision = update.task_definition.clone().unwrap_or_else(|| before.task_definition.clone());
        if update.task_definition.is_some() || update.force_new_deployment {
            self.active_revision(&revision)?;
        }
        if let Some(settings) = &update.settings {
            check_settings(self, settings, &revision)?;
        }
        let live = &mut self.our_service(&arn)?.live;
        if let Some(settings) = &update.settings {
            apply_settings(live, settings);
        }
        live.desired_count = update.desired_count.unwrap_or(live.desired_count);
        // aws.md 1.4: what starts a deployment, and what does not.
        let network = |live: &LiveService| (live.subnets.clone(), live.security_groups.clone(), live.assign_public_ip);
        let starts = revision != before.task_definition
            || network(live) != network(&before)
            || live.attachments != before.attachments
            || update.force_new_deployment;
        let differs = starts || *live != before;
        let deployment = starts.then(|| self.begin_deployment(&arn, &revision, false));
        self.our_service(&arn)?.last_update = Some((token.to_owned(), deployment.clone()));
        let facts = deployment.as_deref().map(|id| ("deployment", id));
        Ok(receipt(differs, key, &facts.into_iter().collect::<Vec<_>>()))
    }

    /// `ecs:DeleteService`: at 0 tasks; `ACTIVE`, `DRAINING`, `INACTIVE`.
    pub(super) fn delete_service(&mut self, cluster: &str, name: &str) -> Outcome {
        let arn = self.service_arn(cluster, name);
        match self.services.get(&arn).map(|service| service.live.status.as_str()) {
            None | Some("INACTIVE" | "DRAINING") => return unchanged(),
            Some(_) => {}
        }
        let live = &mut self.our_service(&arn)?.live;
        if live.desired_count > 0 {
            let message = "The service cannot be stopped while it is scaled above 0.";
            return Err(Trouble::refused("InvalidParameterException", message));
        }
        live.status = "DRAINING".to_owned();
        changed()
    }

    fn our_service(&mut self, arn: &str) -> Result<&mut Service, Trouble> {
        let absent = || Trouble::not_found("ServiceNotFoundException", "Service not found.");
        let service = self.services.get_mut(arn).ok_or_else(absent)?;
        must_be_managed(&service.live.tags, arn)?;
        if service.live.status != "ACTIVE" {
            return Err(Trouble::refused("ServiceNotActiveException", "Service was not ACTIVE."));
        }
        Ok(service)
    }

    /// Begins a deployment and makes it the primary one.
    pub(super) fn begin_deployment(&mut self, arn: &str, task_definition: &str, is_rollback: bool) -> String {
        let id = format!("ecs-svc/{:019}", self.fresh_number());
        let now = self.now;
        let Some(service) = self.services.get_mut(arn) else { return id };
        for deployment in service.live.deployments.iter_mut().filter(|found| found.status == "PRIMARY") {
            deployment.status = "ACTIVE".to_owned();
            deployment.desired_count = 0;
        }
        service.live.task_definition = task_definition.to_owned();
        let reason = format!("ECS deployment {id} in progress.");
        service.live.deployments.insert(
            0,
            Deployment {
                id: id.clone(),
                status: "PRIMARY".to_owned(),
                task_definition: task_definition.to_owned(),
                rollout_state: Some("IN_PROGRESS".to_owned()),
                rollout_reason: Some(reason),
                desired_count: service.live.desired_count,
                running_count: 0,
                failed_tasks: 0,
                created_at: Some(now),
            },
        );
        service.rollouts.insert(id.clone(), Rollout { is_rollback, ..Rollout::default() });
        id
    }

    fn fresh_number(&mut self) -> u64 {
        self.serial += 1;
        super::chance::number(self.seed, &["deployment", &self.serial.to_string()]) >> 2
    }

    /// Adds a line to a service's events: the newest first, the last 100.
    pub(super) fn tell(&mut self, arn: &str, message: &str) {
        let at = Some(self.now);
        let Some(service) = self.services.get_mut(arn) else { return };
        let message = format!("(service {}) {message}", service.live.service_name);
        service.live.events.insert(0, ServiceEvent { at, message });
        service.live.events.truncate(100);
    }
}

/// Writes every setting into the description.
fn apply_settings(live: &mut LiveService, settings: &ServiceSettings) {
    live.capacity = Some(settings.capacity);
    live.subnets = settings.subnets.clone();
    live.subnets.sort();
    live.security_groups = settings.security_groups.clone();
    live.security_groups.sort();
    live.assign_public_ip = settings.assign_public_ip;
    let attachment = settings.attachment.iter().map(|(arn, container, port)| LiveAttachment {
        target_group_arn: arn.clone(),
        container: container.clone(),
        port: *port,
    });
    live.attachments = attachment.collect();
    live.health_check_grace_seconds = settings.health_check_grace_seconds;
    live.enable_exec = settings.enable_exec;
    live.maximum_percent = settings.maximum_percent;
    live.minimum_healthy_percent = settings.minimum_healthy_percent;
    live.circuit_breaker = true;
    live.others = made_with(&SERVICE_MADE_WITH);
}
