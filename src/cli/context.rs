//! The composition root: chooses workspace, cloud, clock and terminal from the flags.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::arguments::{CloudChoice, ColorWhen, GlobalArgs};
use super::error::CliError;
use super::identity::Identity;
use super::load;
use super::output::{self, Output};
use super::simulated::{self, Simulated};
use crate::clock::{Clock, WallClock};
use crate::cloud::sim::SimCloud;
use crate::cloud::{Cloud, ReadOnlyCloud, Readings, SecretValues, Topics};
use crate::model::Desired;
use crate::prerequisites::Lookups;
use crate::store::{KeySource, Store};
use crate::ui::{Format, Ui, Verbosity};
use crate::workspace::Workspace;

/// What every command has.
pub(super) struct Context {
    pub(super) ui: Ui,
    global: GlobalArgs,
}

/// A cloud and its time.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) cloud: Arc<dyn Cloud>,
    /// Its metrics and logs.
    pub(super) readings: Arc<dyn Readings>,
    /// Reads what its secrets hold, for checks and announcements alone.
    pub(super) secrets: Arc<dyn SecretValues>,
    /// What tasks need that envctl does not make.
    pub(super) lookups: Arc<Lookups>,
    /// Where announcements are published.
    pub(super) topics: Arc<dyn Topics>,
    pub(super) clock: Arc<dyn Clock>,
    /// Locks, journals and caches.
    pub(super) store: Store,
    /// The cloud is simulated, and time is too.
    pub(super) simulated: bool,
    /// The simulated cloud itself, where it is the cloud.
    pub(super) world: Option<Arc<SimCloud>>,
}

/// A cloud that can only be looked at, and what is remembered of it.
pub(super) struct View {
    pub(super) cloud: ReadOnlyCloud,
    /// Its metrics and logs.
    pub(super) readings: Arc<dyn Readings>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Store,
}

impl Session {
    /// A session of the simulated cloud, which is its own clock.
    pub(super) fn simulated(cloud: &Arc<SimCloud>, store: Store) -> Self {
        Self {
            cloud: cloud.clone(),
            readings: cloud.clone(),
            secrets: cloud.clone(),
            lookups: Arc::new(Lookups::new(cloud.clone())),
            topics: cloud.clone(),
            clock: cloud.clone(),
            store,
            simulated: true,
            world: Some(Arc::clone(cloud)),
        }
    }

    /// The session without any way to write to the cloud.
    pub(super) fn view(&self) -> View {
        View {
            cloud: ReadOnlyCloud::new(Arc::clone(&self.cloud)),
            readings: Arc::clone(&self.readings),
            clock: Arc::clone(&self.clock),
            store: self.store.clone(),
        }
    }
}

impl Context {
    /// Decides colour and width once, for the whole run.
    pub(super) fn new(global: GlobalArgs) -> Self {
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        };
        let choice = match global.color {
            _ if global.no_color => anstream::ColorChoice::Never,
            ColorWhen::Auto => anstream::ColorChoice::Auto,
            ColorWhen::Always => anstream::ColorChoice::Always,
            ColorWhen::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        let json = |output: &Output| output.file.is_none() && output.format == "json";
        let format = if global.output.iter().any(json) { Format::Json } else { Format::Text };
        Self { ui: Ui::detect(format, verbosity), global }
    }

    /// The same on another terminal.
    pub(super) fn with_ui(&self, ui: Ui) -> Self {
        Self { ui, global: self.global.clone() }
    }

    /// The answers asked for; nothing asked for is text on stdout.
    pub(super) fn outputs(&self) -> Vec<Output> {
        let text = || Output { format: "text".to_owned(), file: None };
        if self.global.output.is_empty() { vec![text()] } else { self.global.output.clone() }
    }

    /// Refuses formats and files that most commands do not know.
    pub(super) fn only_text_or_json(&self) -> Result<(), CliError> {
        output::require(&self.global.output, &["text", "json"], "this command")?;
        match self.global.output.iter().find_map(|output| output.file.as_ref()) {
            Some(file) => Err(CliError::usage(format!("this command writes to stdout, not to {}", file.display()))
                .hint("redirect stdout with >")),
            None => Ok(()),
        }
    }

    /// The workspace that `--workspace` names, or that is found upwards from here.
    pub(super) fn workspace(&self) -> Result<Workspace, CliError> {
        Ok(match &self.global.workspace {
            Some(folder) => Workspace::at(folder)?,
            None => Workspace::find(&std::env::current_dir().unwrap_or_else(|_| Path::new(".").to_owned()))?,
        })
    }

    /// Is the cloud the simulated one?
    pub(super) fn is_simulated(&self) -> bool {
        self.global.cloud == CloudChoice::Sim
    }

    /// Account and region of the simulated credentials of each environment, where that is not what its spec says: those
    /// that it was first used with.
    pub(super) fn simulated_places(&self, workspace: &Workspace) -> BTreeMap<String, (String, String)> {
        if self.is_simulated() { simulated::places(workspace) } else { BTreeMap::new() }
    }

    /// Who runs this.
    pub(super) fn identity(&self) -> Identity {
        Identity::of_this_process()
    }

    /// Where locks, journals and caches are: `--store`, else a folder of the workspace. The simulated cloud has one of
    /// its own, because its time is another.
    pub(super) fn store(&self, workspace: &Workspace) -> Result<Store, CliError> {
        let in_bucket = |location: &str| location.contains("://");
        let folder = match (&self.global.store, self.is_simulated()) {
            // Virtual time runs ahead of a network, and a team's history is no place for play.
            (Some(location), true) if !in_bucket(location) => return Ok(Store::open(location, None, None)?),
            (Some(location), false) => {
                let region = region_of_bucket(workspace, location);
                return Ok(Store::open(location, region.as_deref(), bucket_keys())?);
            }
            (_, true) => workspace.state_folder().join("sim").join("store"),
            (None, false) => workspace.state_folder().join("store"),
        };
        Ok(Store::open_folder(&folder)?)
    }

    /// The time that leases are held against: that of the cloud.
    pub(super) fn time_of_locks(&self, workspace: &Workspace) -> Arc<dyn Clock> {
        match simulated::newest_time(workspace) {
            Some(now) if self.is_simulated() => Arc::new(Stopped(now)),
            _ => Arc::new(WallClock),
        }
    }

    /// Runs `body` with the cloud chosen. The simulated one is read from the workspace first and written back
    /// afterwards, whatever `body` answers.
    pub(super) fn with_cloud<T>(
        &self,
        workspace: &Workspace,
        desired: &Desired,
        body: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let store = self.store(workspace)?;
        match self.global.cloud {
            CloudChoice::Sim => {
                let mut simulated = Simulated::open(workspace, &self.ui)?;
                simulated.run(desired, store, async |session, _| body(session).await)
            }
            CloudChoice::Aws => with_aws(desired, store, &self.ui, body),
        }
    }
}

impl Context {
    /// [`Context::with_cloud`] for a body that can only look.
    pub(super) fn with_view<T>(
        &self,
        workspace: &Workspace,
        desired: &Desired,
        body: impl AsyncFnOnce(&View) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        self.with_cloud(workspace, desired, async |session| body(&session.view()).await)
    }
}

/// Region of a store in a bucket, when no variable names one: that of the workspace's environments.
fn region_of_bucket(workspace: &Workspace, location: &str) -> Option<String> {
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().any(|name| std::env::var_os(name).is_some());
    if named || !location.starts_with("s3://") {
        return None;
    }
    let names = workspace.environments().ok()?;
    names.iter().find_map(|name| load::desired(workspace, name).ok()).map(|desired| desired.region)
}

#[cfg(feature = "aws")]
fn bucket_keys() -> Option<Arc<dyn KeySource>> {
    Some(super::connection::bucket_keys())
}

#[cfg(not(feature = "aws"))]
fn bucket_keys() -> Option<Arc<dyn KeySource>> {
    None
}

impl Context {
    /// [`Context::with_view`] that leaves no trace: the simulated cloud is not even older afterwards.
    pub(super) fn with_glance<T>(
        &self,
        workspace: &Workspace,
        desired: &Desired,
        body: impl AsyncFnOnce(&View) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let store = self.store(workspace)?;
        let glance = async |session: &Session| body(&session.view()).await;
        match self.global.cloud {
            CloudChoice::Sim => Simulated::open(workspace, &self.ui)?.look(desired, store, glance),
            CloudChoice::Aws => with_aws(desired, store, &self.ui, glance),
        }
    }
}

/// A clock that does not move: the simulated cloud's while no command runs.
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[cfg(feature = "aws")]
fn with_aws<T>(
    desired: &Desired,
    store: Store,
    ui: &Ui,
    body: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let cloud = Arc::new(super::connection::connect(&desired.region, &store, ui).await?);
        let session = Session {
            readings: cloud.clone(),
            secrets: cloud.clone(),
            lookups: Arc::new(Lookups::new(cloud.clone())),
            topics: cloud.clone(),
            cloud,
            clock: Arc::new(WallClock),
            store,
            simulated: false,
            world: None,
        };
        body(&session).await
    })
}

#[cfg(not(feature = "aws"))]
fn with_aws<T>(
    _desired: &Desired,
    _store: Store,
    _ui: &Ui,
    _body: impl AsyncFnOnce(&Session) -> Result<T, CliError>,
) -> Result<T, CliError> {
    Err(CliError::usage("this envctl was built without AWS")
        .hint("build it with the feature `aws`, or take `--cloud sim`"))
}

/// Runs what asks store or network on this very thread, to its end.
///
/// # Errors
/// The work's own, or there is no runtime to be had.
pub(super) fn blocking<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, CliError>
where
    CliError: From<E>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(work)?)
}
