//! The simulated cloud: an account in memory, stricter than AWS, with AWS's life cycles, limits and durations on
//! tokio's clock. While that clock is paused it jumps from timer to timer: a day takes milliseconds.
//!
//! The world is plain data ([`World`]). Nothing in it ticks: every call first ages it to now. Each rule cites the
//! section of `aws.md` that it comes from. Faults are a [`FaultPlan`], off unless asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::clock::{Clock, TokioClock};
use crate::cloud::{Cloud, CloudError, CloudErrorKind};
use crate::model::{Action, Depth, Desired, Live, Receipt, Scope, Status, Subject, Token};

mod access_point;
mod alarm;
mod backup;
mod behaviour;
mod calls;
mod chance;
mod checks;
mod console;
mod data;
mod database;
mod database_change;
mod database_end;
mod database_make;
mod database_rules;
mod deployment;
mod fargate;
mod fault;
mod file_move;
mod file_system;
mod fleet;
mod from_live;
mod from_live_data;
mod from_live_files;
mod from_live_service;
mod hand;
mod lifecycle;
mod log_group;
mod log_lines;
mod metrics;
mod network;
mod observe;
mod observe_storage;
mod output;
mod outside;
mod perform;
mod prerequisites;
mod promise;
mod rates;
mod readings;
mod references;
mod rule;
mod rule_rules;
mod scaling;
mod secret;
mod seed;
mod seed_database;
mod service;
mod service_rules;
mod snapshot;
mod status;
mod tags;
mod target_group;
mod task;
mod task_definition;
mod task_start;
mod task_target;
mod topic;
mod trouble;
mod world;

pub use access_point::AccessPoint;
pub use alarm::{Alarm, Dashboard};
pub use backup::{BackupJob, RecoveryPoint, Vault};
pub use behaviour::{Behaviour, Behaviours};
pub use data::{Data, Write};
pub use database::Database;
pub use fault::FaultPlan;
pub use file_system::{Directory, FileSystem, MountTarget};
pub use log_group::LogGroup;
pub use metrics::{Metric, MetricName, Sample};
pub use network::{Listener, SecurityGroup, Subnet};
pub use outside::WebAnswer;
pub use prerequisites::RoleTrouble;
pub use rule::Rule;
pub use scaling::ScalableTarget;
pub use secret::Secret;
pub use service::Service;
pub use snapshot::Snapshot;
pub use target_group::{Target, TargetGroup};
pub use task::Task;
pub use task_definition::{Family, Revision};
pub use topic::Announcement;
pub use world::{Call, World};

use calls::{half_a_call, observation_calls, status_call};
use fault::Fault;
use rates::Rates;
use trouble::Trouble;

/// A session with a simulated account. Clones share the account, as two people's sessions do.
#[derive(Clone, Debug)]
pub struct SimCloud {
    account: Arc<Mutex<Account>>,
    clock: TokioClock,
    faults: FaultPlan,
}

/// What sessions share.
#[derive(Debug)]
struct Account {
    world: World,
    /// The world before the last write, for reads that lag behind.
    before: Option<World>,
    /// How far somebody has turned the clock on.
    ahead: Duration,
    /// Tries so far, by operation and resource.
    attempts: BTreeMap<String, u64>,
    /// What is left of AWS's rates.
    rates: Rates,
    /// Faults so far, by kind.
    injected: BTreeMap<&'static str, u64>,
    /// What was listed for many environments at once, and when.
    listed: BTreeMap<String, Timestamp>,
}

impl Account {
    fn inject(&mut self, kind: &'static str) {
        *self.injected.entry(kind).or_insert(0) += 1;
    }
}

impl SimCloud {
    /// A session with this world, whose time goes on with tokio's from where it stood. Must be called inside a tokio
    /// runtime.
    pub fn new(world: World) -> Self {
        let clock = TokioClock::starting_at(world.now);
        let account = Account {
            world,
            before: None,
            ahead: Duration::ZERO,
            attempts: BTreeMap::new(),
            rates: Rates::default(),
            injected: BTreeMap::new(),
            listed: BTreeMap::new(),
        };
        Self { account: Arc::new(Mutex::new(account)), clock, faults: FaultPlan::NONE }
    }

    /// The same account, with faults for this session.
    pub fn with_faults(&self, faults: FaultPlan) -> Self {
        Self { faults, ..self.clone() }
    }

    /// A copy of the world as it is now.
    pub fn world(&self) -> World {
        self.aged().world.clone()
    }

    /// Looks at the world as it is now, and changes nothing.
    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.aged().world)
    }

    /// How many faults every session of this account has met, by kind.
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.lock().injected.clone()
    }

    /// Changes the world by hand, as somebody in the console would; what follows from it happens at once.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut account = self.aged();
        if self.faults.stale_read > 0 {
            account.before = Some(account.world.without_calls());
        }
        let answer = change(&mut account.world);
        account.world.settle();
        answer
    }

    /// Makes what the spec borrows and what is missing.
    pub fn seed_borrowed(&self, desired: &Desired) {
        self.edit(|world| world.seed_borrowed(desired));
    }

    /// Writes to a database as an application would; the version that it got, `None` when it cannot be reached.
    pub fn write_data(&self, identifier: &str, text: &str) -> Option<u64> {
        self.edit(|world| world.write_data(identifier, text))
    }

    /// Reads what was ever written to a database, oldest first; `None` when it cannot be reached.
    pub fn read_data(&self, identifier: &str) -> Option<Vec<String>> {
        self.aged().world.read_data(identifier)
    }

    /// Writes below a file path as an application would; the version that it got, `None` when it was never mounted.
    pub fn write_file(&self, access_point_id: &str, text: &str) -> Option<u64> {
        self.edit(|world| world.write_file(access_point_id, text))
    }

    /// Reads what was ever written below a file path, oldest first; `None` when it was never mounted.
    pub fn read_files(&self, access_point_id: &str) -> Option<Vec<String>> {
        self.aged().world.read_files(access_point_id)
    }

    /// The API operation that an action is, `rds:CreateDBInstance`.
    pub fn operation_of(action: &Action) -> &'static str {
        perform::operation(action)
    }

    /// Turns the clock of the account on, for every session.
    pub fn advance(&self, by: Duration) {
        self.lock().ahead += by;
        drop(self.aged());
    }

    /// When something happens next by itself; `None`: never again.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.aged().world.next_timer()
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account, aged to now.
    fn aged(&self) -> MutexGuard<'_, Account> {
        let mut account = self.lock();
        let now = self.clock.now().saturating_add(account.ahead).unwrap_or(Timestamp::MAX);
        account.world.age(now);
        account
    }

    /// Counts one try, and says what happens to it.
    fn fault_of(&self, account: &mut Account, operation: &str, key: &str, write: bool) -> Fault {
        let tries = account.attempts.entry(format!("{operation} {key}")).or_insert(0);
        *tries += 1;
        let fault = self.faults.decide(operation, key, *tries, write);
        let (fault, kind) = match fault {
            _ if !account.rates.allow(operation, account.world.now) => (Fault::Throttle, "throttle by AWS's rates"),
            Fault::None => return Fault::None,
            Fault::Throttle => (fault, "throttle"),
            Fault::ServerError => (fault, "server error"),
            Fault::LostReply => (fault, "lost reply"),
            Fault::Refusal => (fault, "refusal"),
        };
        account.inject(kind);
        fault
    }

    /// One write: the fault, the effect, the line in the call log.
    fn write(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        let (operation, key) = (perform::operation(action), action.key().to_string());
        let mut account = self.aged();
        let account = &mut *account;
        let fault = self.fault_of(account, operation, &key, true);
        if self.faults.stale_read > 0 {
            account.before = Some(account.world.without_calls());
        }
        let answer = match fault {
            Fault::None | Fault::LostReply => {
                account.world.pace_percent = self.faults.pace_percent(operation, &key);
                if account.world.pace_percent > 100 {
                    account.inject("slow start");
                }
                let answer = account.world.perform_resolved(action, token);
                account.world.pace_percent = 100;
                account.world.settle();
                answer
            }
            Fault::Throttle => Err(Trouble::throttled()),
            Fault::ServerError => Err(Trouble::unavailable("ServiceUnavailable", "the service is unavailable")),
            Fault::Refusal => Err(Trouble::refused("AccessDenied", format!("not authorized to perform {operation}"))),
        };
        account.world.note_call(operation, &key, true, &answer);
        let answer = match fault {
            Fault::LostReply => Err(Trouble::unavailable("", "the connection was closed before the answer came")),
            _ => answer,
        };
        let request_id = account.world.request_id();
        answer.map_err(|trouble| trouble.of_call(operation, request_id))
    }

    /// One environment as it is now: the fault, and what is seen.
    fn seen_of(&self, account: &mut Account, scope: &Scope) -> Result<Live, CloudError> {
        let environment = format!("environment/{}", scope.desired.environment);
        let trouble = match self.fault_of(account, "observe", &environment, false) {
            Fault::Throttle => Some(Trouble::throttled()),
            Fault::ServerError => Some(Trouble::unavailable("InternalFailure", "the service failed")),
            _ => None,
        };
        if let Some(trouble) = trouble {
            return Err(trouble.of_call("observe", account.world.request_id()));
        }
        let mut live = self.seen(account, &environment, |world| world.observed(scope));
        if scope.depth == Depth::Survey {
            fleet::leave_for_another_time(&mut live);
        }
        let tries = account.attempts.get(&format!("observe {environment}")).copied().unwrap_or(0);
        let lost = calls::make_unreadable(&mut live, |part| self.faults.is_unreadable(part, tries));
        (0..lost).for_each(|_| account.inject("unreadable part"));
        Ok(live)
    }

    /// The world that a read sees: as it is, or as it was right before the last change.
    fn seen<T>(&self, account: &mut Account, key: &str, look: impl FnOnce(&World) -> T) -> T {
        let tries = account.attempts.entry(format!("read {key}")).or_insert(0);
        *tries += 1;
        let stale = self.faults.is_stale(key, *tries);
        if stale && account.before.is_some() {
            account.inject("stale read");
        }
        match &account.before {
            Some(before) if stale => look(before),
            _ => look(&account.world),
        }
    }
}

impl Clock for SimCloud {
    fn now(&self) -> Timestamp {
        let ahead = self.lock().ahead;
        self.clock.now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }
}

#[async_trait]
impl Cloud for SimCloud {
    async fn observe(&self, scope: &Scope) -> Result<Live, CloudError> {
        // Two waves of calls side by side, each as long as one call.
        half_a_call().await;
        half_a_call().await;
        let live = {
            let mut account = self.aged();
            account.world.note_reads(&observation_calls(scope));
            self.seen_of(&mut account, scope)?
        };
        half_a_call().await;
        half_a_call().await;
        Ok(live)
    }

    async fn observe_all(&self, scopes: &[Scope]) -> Vec<Result<Live, CloudError>> {
        self.call_for_all(scopes).await;
        let mut account = self.aged();
        scopes.iter().map(|scope| self.seen_of(&mut account, scope)).collect()
    }

    async fn perform(&self, action: &Action, token: &Token) -> Result<Receipt, CloudError> {
        // Half before and half after the effect, so that whoever gives up in between does not know.
        half_a_call().await;
        let answer = self.write(action, token);
        half_a_call().await;
        answer
    }

    async fn status(&self, subject: &Subject) -> Result<Status, CloudError> {
        half_a_call().await;
        let answer = {
            let (operation, key) = status_call(subject);
            let mut account = self.aged();
            let account = &mut *account;
            let fault = self.fault_of(account, operation, &key, false);
            account.world.note_reads(&[(operation, key.clone())]);
            match fault {
                Fault::Throttle => Err(Trouble::throttled()),
                Fault::ServerError => Err(Trouble::unavailable("InternalFailure", "the service failed")),
                _ => Ok(self.seen(account, &key, |world| world.status_of(subject))),
            }
            .map_err(|trouble| trouble.of_call(operation, account.world.request_id()))
        };
        half_a_call().await;
        answer
    }
}

/// Kinds that a fault may have.
impl Trouble {
    fn throttled() -> Self {
        Self::new(CloudErrorKind::Throttled, "ThrottlingException", "Rate exceeded")
    }

    fn unavailable(code: &str, message: &str) -> Self {
        Self::new(CloudErrorKind::Unavailable, code, message)
    }
}
