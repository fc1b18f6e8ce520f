//! envctl keeps a staging copy of a production service on AWS: there when somebody tests, off the bill when
//! nobody does.
//!
//! Text and the cloud come in on the left, one plan stands in the middle, changes and pictures go out on the
//! right: specs and templates become [`model::Desired`], the cloud is observed into [`model::Live`], the planner
//! compares the two into a [`model::Plan`], and the executor performs it while emitting [`model::Event`]s.
//!
//! The modules below stand in layers. A module imports only from layers above its own, never from a sibling;
//! `tests/it/tidy.rs` reads these headings and fails on a breach. Layers 0 and 1 hold no I/O, clock, randomness,
//! async or printing.

// Layer 0: nouns
pub mod model;

// Layer 1: pure functions
pub mod planner;
pub mod report;
pub mod spec;
pub mod template;

// Layer 2: time
pub mod clock;

// Layer 3: the edge, the only modules that touch the world
pub mod cloud;
pub mod store;
pub mod workspace;

// Layer 4: doing
pub mod checks;
pub mod executor;
pub mod observer;
pub mod prerequisites;

// Layer 5: showing
pub mod ui;

// Layer 6: commands
pub mod cli;
