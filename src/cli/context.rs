//! temp
use super::arguments::{ColorWhen, GlobalArgs};
use crate::ui::{Ui, Verbosity};
pub(super) struct Context {
    pub(super) ui: Ui,
    global: GlobalArgs,
}
impl Context {
    pub(super) fn new(global: GlobalArgs) -> Self {
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
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
}
