//! A plan: for people ([`text`]) and for programs ([`json`]).

mod json;
mod text;
mod words;

pub use json::{PlanDto, json};
pub use text::{critical_path, heading_of, notes, remains, summary, text};
pub use words::until;
