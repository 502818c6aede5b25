//! The client against an API server at the wire: what is asked, and what is made of each answer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on shall end")]

mod access;
mod api;
mod bounds;
mod discovery;
mod lists;
mod objects;
