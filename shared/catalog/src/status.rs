//! What the status of an object says: its state, its conditions, and where it can be reached.

pub(crate) mod links;
pub(crate) mod state;
