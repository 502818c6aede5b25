//! What `callboard dev` sets by itself.

/// The name of the bucket.
pub(super) const BUCKET: &str = "callboard";
