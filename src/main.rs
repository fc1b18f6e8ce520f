//! The `envctl` command.

fn main() {}
