//! How one bucket object follows its source, whatever order events come in and whenever a process stops.

mod calls;
#[cfg(test)]
mod interleavings;
mod rewind;
mod sync;

pub use sync::{Synced, Wanted};
