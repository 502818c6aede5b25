//! What follows from the identity of a source object alone: the key of its bucket object, and the names of its
//! entities.

mod key;
mod layout;
mod located;
pub(crate) mod names;

pub use key::Key;
pub use layout::{InvalidLayout, Layout};
pub use located::Located;
