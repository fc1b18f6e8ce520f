//! Why a task does not come up: everything that it needs is looked for, as Fargate and the application would
//! (`aws.md` 1.5, 3.4).

use serde_json::Value;

use super::behaviour::Behaviour;
use super::references;
use super::world::World;

impl World {
    /// Why the containers cannot start; `None`: they can.
    pub(super) fn start_obstacle(
        &self,
        document: &Value,
        subnet: &str,
        behaviour: Option<Behaviour>,
    ) -> Option<String> {
        if matches!(behaviour, Some(Behaviour::CannotPull | Behaviour::Missing)) {
            let image = document["containerDefinitions"][0]["image"].as_str().unwrap_or_default();
            return Some(format!(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: not found"
            ));
        }
        self.role_obstacle(document)
            .or_else(|| self.volume_obstacle(document, subnet))
            .or_else(|| self.secret_obstacle(document))
            .or_else(|| self.log_obstacle(document))
    }

    fn volume_obstacle(&self, document: &Value, subnet: &str) -> Option<String> {
        let failed = |why: &str| {
            Some(format!(
                "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: {why}"
            ))
        };
        let zone = self.subnets.get(subnet).map(|found| found.live.zone.clone());
        for (system, point) in references::volumes(document) {
            // aws.md 3.4: a mount target in the zone of the task.
            let mounted = self.mount_targets.values().any(|target| {
                target.live.file_system_id == system && target.live.zone == zone && target.live.state == "available"
            });
            if !mounted {
                return failed(&format!(
                    "Failed to resolve \"{system}.efs.{}.amazonaws.com\" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID",
                    self.region
                ));
            }
            let Some(point) = point else { continue };
            let found = self.access_points.get(point).map(|found| &found.live);
            if !found.is_some_and(|found| found.file_system_id == system && found.state == "available") {
                return failed(&format!("b'mount.nfs4: access point {point} does not exist or is not available'"));
            }
        }
        None
    }

    fn secret_obstacle(&self, document: &Value) -> Option<String> {
        for wanted in references::secrets(document) {
            // Parameters of the Systems Manager are not modelled.
            if !wanted.contains(":secretsmanager:") {
                continue;
            }
            let found = self.find_secret(wanted);
            let why = match found.map(|arn| &self.secrets[arn].live) {
                Some(live) if live.deletes_at.is_none() => continue,
                Some(_) => {
                    "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion"
                }
                None => "ResourceNotFoundException: Secrets Manager can't find the specified secret",
            };
            return Some(format!(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret {wanted} from secrets manager: {why}"
            ));
        }
        None
    }

    /// The secret that a `valueFrom` means: an ARN, perhaps without its random end, perhaps with a JSON key.
    pub(super) fn find_secret(&self, wanted: &str) -> Option<&String> {
        let arn: Vec<&str> = wanted.split(':').take(7).collect();
        let arn = arn.join(":");
        self.secrets.keys().find(|found| **found == arn || found.starts_with(&format!("{arn}-")))
    }

    fn log_obstacle(&self, document: &Value) -> Option<String> {
        let missing = references::log_groups(document).into_iter().find(|group| !self.log_groups.contains_key(*group));
        missing.map(|group| {
            format!(
                "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist: {group}"
            )
        })
    }

    /// What the application logs when it cannot use the database that it is pointed at; `None`: it can.
    pub(super) fn database_obstacle(&self, document: &Value) -> Option<String> {
        for identifier in references::databases(document, &self.database_domain()) {
            let host = self.database_host(&identifier);
            let found = self.databases.get(&identifier).filter(|found| found.live.endpoint.is_some());
            let Some(database) = found else {
                return Some(format!("could not translate host name \"{host}\" to address: Name or service not known"));
            };
            if !database.is_connectable() {
                return Some(format!("connection to server at \"{host}\" failed: Connection refused"));
            }
            let known = references::secrets(document).into_iter().filter_map(|wanted| self.find_secret(wanted));
            let known: Vec<_> = known.map(|arn| &self.secrets[arn].value).collect();
            // aws.md 2.4: after a restore nobody knows the password until it is set.
            let right = match &database.password {
                None => false,
                Some(password) => known.is_empty() || known.contains(&password),
            };
            if !right {
                let user = &database.live.username;
                return Some(format!("FATAL: password authentication failed for user \"{user}\""));
            }
        }
        None
    }
}
