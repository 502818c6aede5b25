//! The descriptor of one source object: the bytes of its bucket object, and what had to be omitted.

mod absence;
mod annotation;
mod body;
mod described;
pub(crate) mod metadata;
mod public;

pub use absence::Absence;
pub use body::Descriptor;
pub use described::Described;
