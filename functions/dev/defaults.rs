//! What `callboard dev` sets by itself.

/// The default owner. The story writes the Group itself.
pub(super) const OWNER: &str = "group:default/guests";

/// The name of the bucket.
pub(super) const BUCKET: &str = "callboard";
