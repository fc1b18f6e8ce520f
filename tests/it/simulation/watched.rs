//! The simulated cloud with a checker behind every call, and with what two of the planted bugs need.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::Notify;

use envctl::cloud::sim::SimCloud;
use envctl::cloud::{Cloud, CloudError};
use envctl::model::{
    Action, Live, MANAGED_BY, Receipt, ResourceKey, Scope, Status, Subject, TAG_ENVIRONMENT, TAG_FILES, TAG_MANAGED_BY,
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
    /// Where the process falls; `None`: nowhere.
    pub(crate) crash: Option<Arc<Crash>>,
}

/// A process that falls at one of its calls: none of its calls is sent or heard from then on.
pub(crate) struct Crash {
    left: AtomicU64,
    sent: bool,
    fallen: Notify,
}

impl Crash {
    /// Falls at this call: when it has had its effect, or before it is sent.
    pub(crate) fn at(number: u64, sent: bool) -> Self {
        Self { left: AtomicU64::new(number), sent, fallen: Notify::new() }
    }

    /// Waits until it has fallen.
    pub(crate) async fn fallen(&self) {
        self.fallen.notified().await;
    }

    async fn fall(&self) {
        self.fallen.notify_one();
        std::future::pending::<()>().await;
    }

    /// Before a call; true: the process falls after its effect.
    async fn before(&self) -> bool {
        let last = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err();
        if last && !self.sent {
            self.fall().await;
        }
        last
    }
}

impl Watched {
    fn check(&self, what: &str) {
        self.cloud.look(|world| self.checker.lock().expect("checker").after(world, what));
    }

    /// Makes a call, unless the process falls before it, and is heard, unless it falls inside it.
    async fn call<T>(&self, call: impl Future<Output = T>, what: impl FnOnce() -> String) -> T {
        let falls = match &self.crash {
            Some(crash) => crash.before().await,
            None => false,
        };
        let answer = call.await;
        self.check(&what());
        if let Some(crash) = self.crash.as_ref().filter(|_| falls) {
            crash.fall().await;
        }
        answer
    }

    /// What a buggy envctl does: its deletes come without the check that the cloud makes at the last moment.
    fn unchecked(&self, action: &Action) -> Option<Receipt> {
        let deletes_blindly = matches!(self.bug, Some(Bug::DeleteBeforeSnapshot | Bug::WrongSnapshot));
        match action {
            Action::DeleteDatabase { identifier, .. } if deletes_blindly => {
                self.cloud.edit(|world| drop(world.databases.remove(identifier)));
            }
            Action::RenameDatabase { key, identifier, .. }
                if self.bug == Some(Bug::DropFormer) && key.name.ends_with(".kept") =>
            {
                self.cloud.edit(|world| drop(world.databases.remove(identifier)));
            }
            Action::Tag { tags, .. } if self.bug == Some(Bug::DropFormerFiles) => {
                if tags.get(TAG_FILES).is_some_and(|mark| mark.starts_with("done:")) {
                    self.cloud.edit(|world| {
                        let all = world.file_systems.values_mut();
                        all.for_each(|system| system.directories.retain(|path, _| !path.contains(".before-")));
                    });
                }
                return None;
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
        self.call(self.cloud.observe(scope), || "observe".to_owned()).await
    }

    async fn perform(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        let destroys = self.destroys;
        self.cloud.look(|world| self.checker.lock().expect("checker").before(world, action, destroys));
        let answer = async {
            match self.unchecked(action) {
                Some(receipt) => Ok(receipt),
                None => self.cloud.perform(action, token).await,
            }
        };
        self.call(answer, || format!("{} {}", token.run, token.step)).await
    }

    async fn status(&self, subject: &Subject) -> Result<Status, CloudError> {
        self.call(self.cloud.status(subject), || "status".to_owned()).await
    }
}
