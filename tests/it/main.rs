//! The integration tests: one binary, because linking the SDK is slow.

// The conventions of the code base: layers, purity, lengths, names.
mod tidy;
