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

/// The most bytes of a text that is copied from a status.
pub(crate) const MAX_STATUS: usize = 200;

/// The beginning of a text that others write, of so many bytes at most.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
