//! The simulated cloud with a checker behind every call, and with what two of the planted bugs need.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use envctl::cloud::sim::SimCloud;
use envctl::cloud::{Cloud, CloudError};
use envctl::model::{
    Action, Live, MANAGED_BY, Receipt, ResourceKey, Scope, Status, Subject, TAG_ENVIRONMENT, TAG_MANAGED_BY,
    TAG_RESOURCE, TAG_WORKSPACE, Tags, Token,
};

use super::bug::Bug;
use super::checker::Checker;

/// A session's cloud.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) cloud: SimCloud,
    pub(crate) checker: Arc<Mutex<Checker>>,
    pub(crate) bug: Option<Bug>,
    /// The command removes everything.
    pub(crate) destroys: bool,
}

impl Watched {
    fn check(&self, what: &str) {
        let mut checker = self.checker.lock().expect("checker");
        self.cloud.edit(|world| checker.after(world, what));
    }

    /// What a buggy envctl does: its deletes come without the check that the cloud makes at the last moment.
    fn unchecked(&self, action: &Action) -> Option<Receipt> {
        let deletes_blindly = matches!(self.bug, Some(Bug::DeleteBeforeSnapshot | Bug::WrongSnapshot));
        match action {
            Action::DeleteDatabase { identifier, .. } if deletes_blindly => {
                self.cloud.edit(|world| drop(world.databases.remove(identifier)));
            }
            Action::CreateSnapshot { snapshot, tags, .. } if self.bug == Some(Bug::WrongSnapshot) => {
                let of = super::hand::STRANGERS_DATABASE;
                self.cloud.edit(|world| world.console_create_snapshot(of, snapshot, tags));
            }
            _ => return None,
        }
        Some(Receipt { facts: envctl::model::Facts::new(), changed: true })
    }

    /// Takes strangers' resources for ours, as far as the names fit.
    fn adopt(&self, scope: &Scope) {
        let desired = &scope.desired;
        let tags = |key: &str| {
            Tags::from([
                (TAG_ENVIRONMENT.to_owned(), desired.environment.clone()),
                (TAG_WORKSPACE.to_owned(), desired.application.clone()),
                (TAG_MANAGED_BY.to_owned(), MANAGED_BY.to_owned()),
                (TAG_RESOURCE.to_owned(), key.to_owned()),
            ])
        };
        self.cloud.edit(|world| {
            for (name, spec) in &desired.databases {
                let stranger = world.databases.get(&spec.identifier).map(|found| found.live.clone());
                if let Some(live) = stranger.filter(|live| !live.tags.contains_key(TAG_MANAGED_BY)) {
                    let key = ResourceKey::new(envctl::model::ResourceKind::Database, name);
                    world.console_set_tags(&live.arn, tags(&key.to_string()));
                }
            }
        });
    }
}

#[async_trait]
impl Cloud for Watched {
    async fn observe(&self, scope: &Scope) -> Result<Live, CloudError> {
        if self.bug == Some(Bug::AdoptStranger) {
            self.adopt(scope);
        }
        let answer = self.cloud.observe(scope).await;
        self.check("observe");
        answer
    }

    async fn perform(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        let destroys = self.destroys;
        self.cloud.edit(|world| self.checker.lock().expect("checker").before(world, action, destroys));
        let answer = match self.unchecked(action) {
            Some(receipt) => Ok(receipt),
            None => self.cloud.perform(action, token).await,
        };
        self.check(&format!("{} {}", token.run, token.step));
        answer
    }

    async fn status(&self, subject: &Subject) -> Result<Status, CloudError> {
        let answer = self.cloud.status(subject).await;
        self.check("status");
        answer
    }
}
