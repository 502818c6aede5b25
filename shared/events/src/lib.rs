//! The contract of Callboard: what arrives, what leaves, and what the Broker must do next.
//!
//! Pure: no clock, no environment, no I/O. An [`cloudevents::Event`] is decoded once, here, into a closed
//! [`Incoming`]; what leaves is built here too, so that a redelivered event leads to the very same reply.

mod arrival;
mod cataloged;
mod cause;
mod dead_letter;
mod drift;
mod emitted;
mod entity_refused;
mod function;
mod held;
mod incoming;
pub mod names;
mod news;
mod object;
mod object_json;
mod object_ref;
mod parts;
mod resync;
mod resynced;
mod run;
mod verdict;

pub use arrival::{Arrival, Change};
pub use cataloged::{Action, Cataloged, EntityChange, InvalidOverride, ObjectChange, Omitted};
pub use cause::Cause;
pub use dead_letter::DeadLetter;
pub use drift::{DRIFTED, Drift, DriftReason, Drifted};
pub use emitted::{MAX_DATA, PARTITION_KEY, schema_url};
pub use entity_refused::{EntityRefused, Refusal};
pub use function::{CALLBOARD_EXTENSION, Function};
pub use held::{HELD, Held};
pub use incoming::{Incoming, consumed, decode, known_type, trace_parent};
pub use news::{Became, News, is_news};
pub use object::{NotAnObject, Object, Version};
pub use object_json::object_json;
pub use object_ref::{CORE, InvalidRef, ObjectRef};
pub use resync::{APPROVED, Approval, Cursor, PING, REQUESTED, ResyncRequest, Scope};
pub use resynced::{Degraded, Failed, Resynced};
pub use run::resume;
pub use verdict::{Nack, Nothing, Reply, Verdict};
