//! Recorded answers of the wire, for what no emulator can do.

/// Cases of the contract that hold on no emulator and are covered here instead.
pub(crate) const RECORDED_CASES: &[&str] = &[];
