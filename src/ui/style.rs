//! Named styles. Whether they become colours is decided by `anstream` alone: `NO_COLOR`, `CLICOLOR`, `TERM=dumb`,
//! `--color`, and no colour without a terminal.

use anstyle::{AnsiColor, Style};

/// Headings.
pub const HEADING: Style = Style::new().bold();
/// Names that the eye looks for.
pub const NAME: Style = AnsiColor::Cyan.on_default();
/// In order, done.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// In between, changing, worth a look.
pub const CAUTION: Style = AnsiColor::Yellow.on_default();
/// Broken, refused, removed.
pub const BAD: Style = AnsiColor::Red.on_default();
/// What may be overlooked.
pub const FAINT: Style = Style::new().dimmed();

/// A text in a style.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The styles of `--help` and of clap's own errors.
pub fn help_styles() -> clap::builder::Styles {
    clap::builder::Styles::styled().header(HEADING).usage(HEADING).literal(NAME).placeholder(FAINT).error(BAD.bold())
}
