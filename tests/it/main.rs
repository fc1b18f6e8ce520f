//! The integration tests: one binary, because linking the SDK is slow.

// The executor against a scripted cloud.
mod executor;
// The whole cycle of an environment through the SDK, seen from outside with another client.
#[cfg(feature = "aws")]
mod aws_cycle;
// The shipped checklists on an emulator.
#[cfg(feature = "aws")]
mod aws_checklists;
// Deploy, run, roll back and verify by the built binary.
#[cfg(feature = "aws")]
mod aws_deploy;
// Images, roles, secrets and log groups, made by another client.
#[cfg(feature = "aws")]
mod aws_prerequisites;
// Metrics and logs, put by another client.
#[cfg(feature = "aws")]
mod aws_readings;
#[cfg(feature = "aws")]
mod aws_topics;
// What no emulator can do: recorded answers, replayed.
#[cfg(feature = "aws")]
mod aws_wire;
// The built binary against an emulator: killed, raced, interrupted, on a bad line.
#[cfg(feature = "aws")]
mod processes;
// The table of the checklists against the files.
mod checklists;
// One suite for every cloud: the simulated one, and AWS through the emulators.
mod contract;
// Untrusted input, mutated.
mod fuzz;
// What AWS really answered, against what was declared.
mod readbacks;
// The specs that ship, and bad ones.
mod spec;
// Whole plans from whole worlds.
mod planner;
// Templates: the shipped ones, and what is said about wrong ones.
mod template;
// What holds for every template and every value.
mod template_properties;
// Rules, the asleep page, rare fields.
mod template_rules;
// The same in a bucket of an S3 emulator.
#[cfg(feature = "aws")]
mod bucket;
// SIGKILL all along a release.
mod killed_release;
// Two people, one environment: races, thefts, kills.
mod people;
// Locks, journals and caches in a folder.
mod store;
// The simulated cloud.
mod sim;
// The conventions of the code base: layers, purity, lengths, names.
mod cmd_alarms;
mod cmd_cost;
mod cmd_day;
mod cmd_deploy;
mod cmd_deploy_needs;
mod cmd_destroy;
mod cmd_drift;
mod cmd_drift_all;
mod cmd_examples;
mod cmd_explain;
mod cmd_files;
mod cmd_history;
mod cmd_maintenance;
mod cmd_plan;
mod cmd_policy;
mod cmd_promote;
mod cmd_rehearse;
mod cmd_release;
mod cmd_release_asked;
mod cmd_release_record;
mod cmd_release_relative;
mod cmd_release_stop;
mod cmd_release_task;
mod cmd_render;
mod cmd_rightsize;
mod cmd_run;
mod cmd_schema;
mod cmd_shapes;
mod cmd_status;
mod cmd_up;
mod cmd_validate;
mod cmd_verify;
// Hand-made changes of every declared value.
#[cfg(feature = "aws")]
mod hands_aws;
mod hands_sim;
// Specs that nobody wrote.
#[cfg(feature = "probes")]
mod probes;
mod random_specs;
mod support;
mod tidy;
// Spec files as files: extending, odd texts, any text at all.
mod spec_alarms;
mod spec_files;
// Every kind of bad spec, with its place and remedy.
mod spec_problems;
// The release procedure in specs.
mod spec_release;
// Whole sessions on the simulated cloud, and the checkers of the promises.
mod simulated_sessions;
mod simulation;
// The IAM policies against the calls.
mod permissions;
