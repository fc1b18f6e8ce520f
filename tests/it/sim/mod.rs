//! The simulated cloud: each rule of AWS's that it holds to, and whole cycles on it.

mod account;
mod cycle;
mod databases;
mod faults;
mod file_rollback;
mod files;
mod length;
mod load_balancers;
mod maintenance;
mod observation;
mod readings;
mod replacement;
mod services;
mod session;
mod storage;
