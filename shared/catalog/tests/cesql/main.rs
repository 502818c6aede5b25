//! Holds CESQL and the filters of Triggers against Knative's own code. Needs Go; `tests/cesql` is the program asked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on shall end")]

mod differential;
mod go;
mod random;
mod tck;
