//! The nouns of envctl: plain data, one file a noun, no behaviour beyond reading and validating itself.
//!
//! | word | meaning |
//! |--|--|
//! | [`Environment`] | a spec once parsed, inherited and defaulted; nothing rendered yet |
//! | [`Desired`] | an environment with its documents rendered: what is wanted of the cloud |
//! | [`Live`] | what is there: one observation of the cloud |
//! | [`Action`] | one change envctl can make; the closed enum that every cloud implements |
//! | [`Plan`] | steps (action, needs, reasons, wait) and what was not done and why |
//! | [`Event`] | what happened, in one ordered stream |

mod action;
mod address;
mod alarm;
mod amount;
mod backup;
mod check;
mod check_result;
mod comparison;
mod database;
mod declared;
mod deployed;
mod desired;
mod difference;
mod environment;
mod event;
mod file_mark;
mod image;
mod late;
mod live;
mod load_balancer;
mod log_line;
mod maintenance;
mod metric;
mod name;
mod password;
mod plan;
mod policy_rules;
mod power;
mod problem;
mod record;
mod release;
mod remembered;
mod replacement;
mod role;
mod service;
mod status;
mod storage;
mod tags;
mod trail;
mod wildcard;

pub mod fargate;

pub use action::*;
pub use address::*;
pub use alarm::*;
pub use amount::*;
pub use backup::*;
pub use check::*;
pub use check_result::*;
pub use comparison::*;
pub use database::*;
pub use declared::*;
pub use deployed::*;
pub use desired::*;
pub use difference::*;
pub use environment::*;
pub use event::*;
pub use file_mark::*;
pub use image::*;
pub use late::*;
pub use live::*;
pub use load_balancer::*;
pub use log_line::*;
pub use maintenance::*;
pub use metric::*;
pub use name::*;
pub use password::*;
pub use plan::*;
pub use policy_rules::*;
pub use power::*;
pub use problem::*;
pub use record::*;
pub use release::*;
pub use remembered::*;
pub use replacement::*;
pub use role::*;
pub use service::*;
pub use status::*;
pub use storage::*;
pub use tags::*;
pub use trail::*;
pub use wildcard::*;
