//! The Location entity that Backstage's provider makes of a bucket object.

use url::Url;

/// The Location of one bucket object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The URL at which Backstage reads the object.
    pub target: String,
    /// `location:default/generated-<sha1 of "url:<target>">`
    pub reference: String,
}

impl Location {
    /// That of the object with this key below the bucket's URL as Backstage sees it.
    pub fn new(bucket: &Url, key: &str) -> Self {
        let _ = (bucket, key);
        Self { target: String::new(), reference: String::new() }
    }
}
