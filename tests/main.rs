//! Callboard from outside: what a Broker sends and gets, what is in the bucket, what an operator sets.

#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

mod alone;
mod authority;
mod backstage_fake;
mod binary;
#[path = "../shared/runtime/tests/http/collector.rs"]
mod collector;
mod configuration;
mod consumers;
mod crash;
mod deploy;
mod docs;
mod doctor;
mod entry;
mod event_types;
mod exits;
mod faults;
mod func;
mod golden;
mod help;
mod kubernetes;
mod live;
mod memory;
mod mesh;
mod order;
mod preview;
mod private_ca;
mod purity;
mod refresh;
mod resync;
mod s3;
mod story;
mod support;
mod telemetry;
mod wire;
mod yaml;
