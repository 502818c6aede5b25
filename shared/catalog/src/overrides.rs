//! What people write into the annotations and labels of a source object to override what its entity says.

pub(crate) mod bearer;
pub(crate) mod effect;
mod fields;
mod links;
pub(crate) mod not_secret;
pub(crate) mod owner;
pub(crate) mod parse;
mod reading;
pub(crate) mod selection;
pub(crate) mod template;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use reading::{KEPT, PREFIX};
pub use values::Overrides;
