//! The bucket that Backstage reads: one object for each source object, kept true under redelivery and reordering.
//!
//! [`Bucket::sync`] is the whole protocol for an event; [`Bucket::repair`] and [`Bucket::rewind`] are for who compares the bucket
//! with the cluster. [`Store`] is the wire it runs on, [`S3`] the real one.

mod answer;
mod args;
mod client;
mod error;
#[cfg(test)]
mod interleavings;
mod keeping;
mod listing;
mod memory;
mod outcome;
mod probe;
mod rewind;
mod rights;
mod s3;
mod standing;
mod state;
mod store;
mod stored;
mod sync;
mod tombstone;
mod versioning;

pub use args::Args;
pub use error::{Error, Fault};
pub use listing::etag_of;
pub use outcome::Outcome;
pub use rights::{Right, Tried};
pub use s3::S3;
pub use standing::Standing;
pub use state::State;
pub use store::{Body, Condition, Conditional, Head, Listed, Page, Store};
pub use sync::{Bucket, Honours, Synced, Wanted};
pub use versioning::Versioning;
