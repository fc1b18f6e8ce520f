//! The planner: whole plans from whole worlds, as lists of steps.

mod convergence;
mod down;
mod drifting;
mod edits;
mod limits;
mod linter;
mod random;
mod refusals;
mod up;
pub(crate) mod world;
