//! The ETag of a store whose ETags are MD5s.

use catalog::Descriptor;
use md5::{Digest, Md5};

/// The ETag that a listing shows for these bytes if the store's ETags are MD5s, with its quotes.
pub fn etag_of(descriptor: &Descriptor) -> String {
    etag(descriptor.body().as_bytes())
}

pub(crate) fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(Md5::digest(bytes)))
}
