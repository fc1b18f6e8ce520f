//! Releases: while they go on, their records, and what to do when one did not succeed.

mod json;
mod text;
mod words;

pub use json::{json, list_json, value};
pub use text::{begins, closed, done, ended, list, text};
pub use words::{broken_off, example, example_under_way, incident, way_on};
