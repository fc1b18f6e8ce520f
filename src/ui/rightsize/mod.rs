//! Right-sizing: one report an environment, for people, programs and pull requests.

mod json;
mod markdown;
mod text;
mod words;

use crate::report::rightsize::{Applied, Rightsizing};

pub use json::{RightsizingDto, json};
pub use markdown::markdown;
pub use text::text;

/// What the metrics propose, and what became of the last change.
#[derive(Clone, Debug)]
pub struct RightsizingView {
    /// The proposals.
    pub report: Rightsizing,
    /// The last change, and the figures since; `None`: there was none.
    pub changed: Option<(Applied, Rightsizing)>,
}
