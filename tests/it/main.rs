//! The integration tests: one binary, because linking the SDK is slow.

// The executor against a scripted cloud.
mod executor;
// The conventions of the code base: layers, purity, lengths, names.
mod tidy;
// The specs that ship, and bad ones.
mod spec;
