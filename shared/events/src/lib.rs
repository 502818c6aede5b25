//! The contract of Callboard: what arrives, what leaves, and what the Broker shall do next.
//!
//! Pure: no clock, no environment, no I/O. An [`cloudevents::Event`] is decoded once, here, into a closed
//! [`Change`]; what leaves is built here too, so that a redelivered event leads to the very same reply.

mod arrival;
mod cause;
mod emitted;
mod function;
mod object;
mod object_ref;
mod verdict;

pub use arrival::{Arrival, Change, decode, known_type, trace_parent};
pub use cause::Cause;
pub use emitted::{
    Action, Cataloged, EntityChange, Ignored, MAX_DATA, ObjectChange, PARTITION_KEY, Refused, schema_url,
};
pub use function::{CALLBOARD_EXTENSION, Function};
pub use object::{NotAnObject, Object, Version};
pub use object_ref::{InvalidRef, ObjectRef};
pub use verdict::{Nack, Nothing, Reply, Verdict};
