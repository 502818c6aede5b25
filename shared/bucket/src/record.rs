//! What the bucket and this process record about a bucket object.

mod etag;
mod held;
mod outcome;
mod stored;
mod tombstone;

#[cfg(test)]
pub(crate) use etag::etag;
pub use etag::etag_of;
pub(crate) use held::Held;
pub use outcome::Outcome;
pub(crate) use stored::Stored;
pub(crate) use tombstone::{MAX_TOMBSTONE, Source, Tombstone};
