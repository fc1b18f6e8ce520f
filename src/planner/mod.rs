//! The planner.

pub mod canonical;
