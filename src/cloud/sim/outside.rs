//! The simulated environment as it looks from outside: what its load balancer and its databases answer. The
//! applications themselves are not simulated.

use super::SimCloud;
use super::world::World;
use crate::cloud::{CloudError, CloudErrorKind, SecretValue, SecretValues};
use crate::model::{Condition, DatabaseState, RuleAction, fits_wildcard};

use async_trait::async_trait;

/// What the load balancer does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebAnswer {
    /// No rule has this host and path: the listener's default, which is not known here.
    NoRule,
    /// A rule answers by itself.
    Page {
        /// Status code.
        status: u16,
        /// Content type.
        content_type: String,
        /// Body.
        body: String,
    },
    /// A rule forwards to a target group with this many healthy of these targets.
    Forwards {
        /// Name of the target group.
        target_group: String,
        /// Healthy ones.
        healthy: usize,
        /// All of them.
        targets: usize,
    },
}

impl SimCloud {
    /// What a request for this host and path meets.
    pub fn web_answer(&self, host: &str, path: &str) -> WebAnswer {
        self.aged().world.web_answer(host, path)
    }

    /// Why nobody can connect to the database of this identifier; `None`: they can.
    pub fn database_trouble(&self, identifier: &str) -> Option<String> {
        let account = self.aged();
        match account.world.databases.get(identifier) {
            None => Some(format!("there is no database {identifier}")),
            Some(found) => match found.live.state() {
                DatabaseState::Available | DatabaseState::BackingUp => None,
                _ => Some(format!("database {identifier} is {}", found.live.status)),
            },
        }
    }

    /// Why a check of this environment fails, where somebody planted that.
    pub fn planted_failure(&self, environment: &str, check: &str) -> Option<String> {
        self.aged().world.behaviours.failing_checks.get(&format!("{environment}/{check}")).cloned()
    }
}

impl World {
    fn web_answer(&self, host: &str, path: &str) -> WebAnswer {
        let bare = path.split('?').next().unwrap_or(path);
        let fits = |condition: &Condition| match condition {
            Condition::HostHeader(hosts) => {
                hosts.iter().any(|pattern| fits_wildcard(&pattern.to_lowercase(), &host.to_lowercase()))
            }
            Condition::PathPattern(paths) => paths.iter().any(|pattern| fits_wildcard(pattern, bare)),
            _ => true,
        };
        let rules = self.rules.values().filter(|rule| rule.live.priority.is_some());
        let rule = rules.filter(|rule| rule.live.conditions.iter().all(fits)).min_by_key(|rule| rule.live.priority);
        match rule.and_then(|rule| rule.live.actions.last()) {
            None | Some(RuleAction::Other { .. }) => WebAnswer::NoRule,
            Some(RuleAction::FixedResponse { status_code, content_type, body }) => {
                WebAnswer::Page { status: *status_code, content_type: content_type.clone(), body: body.clone() }
            }
            Some(RuleAction::Forward { target_group_arn }) => {
                let targets = self.target_health(target_group_arn);
                let group = self.target_groups.get(target_group_arn);
                WebAnswer::Forwards {
                    target_group: group.map(|group| group.live.target_group_name.clone()).unwrap_or_default(),
                    healthy: targets.iter().filter(|target| target.state == "healthy").count(),
                    targets: targets.len(),
                }
            }
        }
    }

    /// Lets a check of an environment fail with this reason.
    pub fn plant_failing_check(&mut self, environment: &str, check: &str, why: &str) {
        self.behaviours.failing_checks.insert(format!("{environment}/{check}"), why.to_owned());
    }

    /// Gives a secret a value, for checks alone.
    pub fn plant_secret_value(&mut self, id: &str, value: &str) {
        self.behaviours.secret_values.insert(id.to_owned(), value.to_owned());
    }

    /// Takes a planted failure away; `false`: there was none.
    pub fn heal_check(&mut self, environment: &str, check: &str) -> bool {
        self.behaviours.failing_checks.remove(&format!("{environment}/{check}")).is_some()
    }
}

#[async_trait]
impl SecretValues for SimCloud {
    async fn secret_value(&self, id: &str) -> Result<SecretValue, CloudError> {
        let planted = self.aged().world.behaviours.secret_values.get(id).cloned();
        planted.map(SecretValue::new).ok_or_else(|| CloudError {
            kind: CloudErrorKind::NotFound,
            operation: "secretsmanager:GetSecretValue".to_owned(),
            code: None,
            message: format!(
                "the simulated cloud holds no values of secrets; `envctl sim secret ENV {id}` gives it one"
            ),
            request_id: None,
            retry_at: None,
        })
    }
}
