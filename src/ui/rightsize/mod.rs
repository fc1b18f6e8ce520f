//! Right-sizing: one report an environment, for people, programs and pull requests.

mod json;
mod markdown;
mod text;
mod words;

pub use json::{RightsizingDto, json};
pub use markdown::markdown;
pub use text::text;
