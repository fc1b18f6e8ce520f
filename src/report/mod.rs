//! Reports: what an environment costs, and how it differs from its spec. Pure functions from plain data to plain
//! data; `ui` shows them.

mod cost;
mod drift;
#[cfg(test)]
mod fixture;
mod price_list;
mod prices;
mod promotion;
pub mod rightsize;
mod schedule;

pub use crate::model::{Amount, HOURS_PER_MONTH, rounded};
pub use cost::*;
pub use drift::*;
pub use price_list::*;
pub use prices::*;
pub use promotion::*;
pub use schedule::*;
