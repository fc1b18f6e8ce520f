//! The simulated cloud: each rule of AWS's that it holds to, and whole cycles on it.

mod cycle;
mod session;
