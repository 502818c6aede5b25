//! Backstage as its catalog answers at the wire, and what may answer in its place.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on shall end")]

#[path = "../../../../tests/authority.rs"]
mod authority;
mod catalog;
mod failures;
mod fake;
mod seen;
mod tls;
mod token;
