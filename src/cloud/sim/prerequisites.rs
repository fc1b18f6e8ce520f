//! Images and roles of the simulated cloud. Every image of ECR is there, for both architectures, and every role trusts
//! tasks, unless its name or somebody says otherwise.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::SimCloud;
use super::behaviour::Behaviour;
use super::calls::half_a_call;
use super::trouble::Trouble;
use super::world::World;
use crate::cloud::{CloudError, CloudErrorKind, Prerequisites};
use crate::model::{EcrRepository, FoundImage, FoundRole, ImageName, short_name};

/// What is the matter with a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleTrouble {
    /// It is not there.
    Missing,
    /// It trusts another service than tasks.
    Untrusting,
    /// It may not be looked up. Tasks can take it on.
    Unreadable,
}

impl std::fmt::Display for RoleTrouble {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "missing",
            Self::Untrusting => "untrusting",
            Self::Unreadable => "unreadable",
        })
    }
}

#[async_trait]
impl Prerequisites for SimCloud {
    async fn image(&self, _repository: &EcrRepository, name: &ImageName) -> Result<Option<FoundImage>, CloudError> {
        half_a_call().await;
        let found = self.reading("ecr:BatchGetImage", &name.repository, |world| Ok(world.registered_image(name)))?;
        if let Some(found) = &found {
            // Tasks that name the digest behave as the image that had the tag when it was looked up.
            let written = format!("{}:{}", name.repository, name.tag_or_latest());
            let whole = name.at(&found.digest);
            self.edit(|world| world.behaviours.digests.entry(whole).or_insert(written).clone());
        }
        half_a_call().await;
        Ok(found)
    }

    async fn role(&self, name: &str) -> Result<Option<FoundRole>, CloudError> {
        half_a_call().await;
        let found = self.reading("iam:GetRole", name, |world| world.role(name));
        half_a_call().await;
        found
    }

    async fn has_secret(&self, id: &str) -> Result<bool, CloudError> {
        half_a_call().await;
        let found = self.reading("secretsmanager:DescribeSecret", id, |world| {
            let secret = world.find_secret(id).map(|arn| &world.secrets[arn].live);
            Ok(secret.is_some_and(|live| live.deletes_at.is_none()))
        });
        half_a_call().await;
        found
    }

    async fn has_log_group(&self, name: &str) -> Result<bool, CloudError> {
        half_a_call().await;
        let found = self.reading("logs:DescribeLogGroups", name, |world| Ok(world.log_groups.contains_key(name)));
        half_a_call().await;
        found
    }
}

impl World {
    fn registered_image(&self, name: &ImageName) -> Option<FoundImage> {
        let written = match &name.digest {
            Some(_) => self.behaviours.digests.get(&format!("{}@{}", name.repository, name.digest.as_deref()?)),
            None => None,
        };
        let written = written.cloned().unwrap_or_else(|| format!("{}:{}", name.repository, name.tag_or_latest()));
        if self.behaviours.of_image(&written) == Some(Behaviour::Missing) {
            return None;
        }
        let digest = match &name.digest {
            Some(digest) => digest.clone(),
            None => format!("sha256:{}", hex(&Sha256::digest(written.as_bytes()))),
        };
        let only = ["amd64", "arm64"].into_iter().find(|word| written.contains(&format!("{word}-only")));
        let platforms = match only {
            Some(word) => vec![format!("linux/{word}")],
            None => vec!["linux/amd64".to_owned(), "linux/arm64".to_owned()],
        };
        Some(FoundImage { digest, platforms })
    }

    fn role(&self, name: &str) -> Result<Option<FoundRole>, Trouble> {
        let service = match self.behaviours.roles.get(name) {
            Some(RoleTrouble::Missing) => return Ok(None),
            Some(RoleTrouble::Unreadable) => {
                let message = format!("not authorized to perform: iam:GetRole on resource: role {name}");
                return Err(Trouble::new(CloudErrorKind::Denied, "AccessDenied", message));
            }
            Some(RoleTrouble::Untrusting) => "ec2.amazonaws.com",
            None => "ecs-tasks.amazonaws.com",
        };
        let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
        Ok(Some(FoundRole { trust: json!({"Version": "2012-10-17", "Statement": [statement]}) }))
    }

    /// What ECS says of a role that it cannot take on; `None`: it can.
    pub(super) fn role_obstacle(&self, document: &serde_json::Value) -> Option<String> {
        let roles = ["executionRoleArn", "taskRoleArn"].into_iter().filter_map(|field| document[field].as_str());
        let bad = |role: &&str| {
            let trouble = self.behaviours.roles.get(short_name(role));
            matches!(trouble, Some(RoleTrouble::Missing | RoleTrouble::Untrusting))
        };
        roles.into_iter().find(bad).map(|role| {
            format!(
                "ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the \
                 role being passed has the proper trust relationship and permissions"
            )
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
