//! The composition root: chooses workspace, cloud, clock and terminal from the flags.

use std::path::Path;
use std::sync::Arc;

use super::arguments::{CloudChoice, ColorWhen, GlobalArgs};
use super::error::CliError;
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::model::Desired;
use crate::ui::{Ui, Verbosity};
use crate::workspace::Workspace;

/// What every command has.
pub(super) struct Context {
    pub(super) ui: Ui,
    global: GlobalArgs,
}

/// A cloud and its time.
pub(super) struct Session {
    pub(super) cloud: Arc<dyn Cloud>,
    pub(super) clock: Arc<dyn Clock>,
    /// The cloud is simulated, and time is too.
    pub(super) simulated: bool,
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
        Self { ui: Ui::detect(global.output.into(), verbosity), global }
    }

    /// The workspace that `--workspace` names, or that is found upwards from here.
    pub(super) fn workspace(&self) -> Result<Workspace, CliError> {
        Ok(match &self.global.workspace {
            Some(folder) => Workspace::at(folder)?,
            None => Workspace::find(&std::env::current_dir().unwrap_or_else(|_| Path::new(".").to_owned()))?,
        })
    }
}
