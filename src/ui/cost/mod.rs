//! Costs: one report an environment, for people, programs and pull requests.

mod json;
mod markdown;
mod text;
mod words;

pub(in crate::ui) use json::{AmountDto, amount};
pub use json::{CostDto, json};
pub use markdown::markdown;
pub use text::text;
