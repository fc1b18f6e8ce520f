//! The status of an environment: its power state, each resource, the newest snapshots, and what AWS will do next
//! by itself.

mod json;
mod rows;
mod text;

pub use json::{StatusDto, json};
pub use text::text;

use crate::model::{Desired, Live, Power, Remembered};

/// What there is to show.
#[derive(Clone, Copy, Debug)]
pub struct StatusView<'a> {
    /// What is wanted.
    pub desired: &'a Desired,
    /// What is there.
    pub live: &'a Live,
    /// Power state found.
    pub power: Power,
    /// Power state asked for last; `None`: nothing remembers one.
    pub remembered: Option<&'a Remembered>,
    /// Steps that a plan for the remembered state would take; `None`: it was refused, or nothing is remembered.
    pub pending_steps: Option<usize>,
    /// The cloud is simulated: its time is shown.
    pub simulated: bool,
}
