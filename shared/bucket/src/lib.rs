//! The bucket that Backstage reads: one bucket object for each source object, correct under redelivery and reordering.
//!
//! [`Bucket::sync`] is the whole protocol for an event. [`Bucket::repair`] and [`Bucket::rewind`] serve a comparison of
//! the bucket with the cluster. The protocol runs on a [`Store`]; [`S3`] is the real one.

mod args;
mod blame;
mod bucket;
mod error;
mod listing;
mod memory;
mod object;
mod probe;
mod protocol;
mod record;
mod rights;
mod s3;
mod state;
mod store;

pub use args::Args;
pub use bucket::{Bucket, Honours};
pub use error::{Error, Fault};
pub use object::BucketObject;
pub use protocol::{Synced, Wanted};
pub use record::{Outcome, etag_of};
pub use rights::{Right, Tried};
pub use s3::{S3, Versioning};
pub use state::State;
pub use store::{Body, Condition, Conditional, Head, Listed, Page, Store};
