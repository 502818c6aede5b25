//! What the status of an object says: its state, its conditions, and the links to it.

mod condition;
mod generation;
mod knative;
mod kratix;
pub(crate) mod links;
mod state;
#[cfg(test)]
mod tests;
mod workflow;

pub(crate) use condition::{conditions, ske_status};
pub(crate) use state::State;
