//! Compares CESQL and the filters of Triggers with Knative's own code. Needs Go. `tests/cesql` is the program that
//! answers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on shall end")]

mod differential;
mod go;
mod random;
mod tck;
