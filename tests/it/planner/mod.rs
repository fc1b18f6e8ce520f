//! The planner: whole plans from whole worlds, as lists of steps.

mod down;
mod up;
mod world;
