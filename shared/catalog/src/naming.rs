//! What follows from the identity of a source object alone: the key of its bucket object, and the names of its entities.

mod key;
pub(crate) mod names;

pub use key::{InvalidLayout, Key, Layout, Located};
