//! What is stored at a key, for a comparison of the bucket with the cluster, and for a repeated reply.

use crate::{Bucket, Error, Outcome, Store};
use catalog::Key;
use events::Version;

/// A bucket object, as its metadata describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketObject {
    /// The version of the source it was made from.
    pub version: Version,
    /// Hex SHA-256 of its bytes.
    pub sha256: String,
    /// The ETag, with its quotes.
    pub etag: String,
    /// The refs of its entities, as many as its metadata can hold.
    pub entities: Vec<String>,
    /// Whether Callboard wrote it. The version, hash and entities of any other object are empty.
    pub is_managed: bool,
}

impl<S: Store> Bucket<S> {
    /// The bucket object at `key`, by HEAD; `None` if there is none.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn object(&self, key: &Key) -> Result<Option<BucketObject>, Error> {
        let stored = self.head(key).await;
        Ok(self.blamed(key, stored).await?.map(|stored| BucketObject {
            is_managed: stored.is_managed(),
            entities: stored.outcome.remaining().map(str::to_owned).collect(),
            etag: stored.etag,
            sha256: stored.sha256,
            version: stored.version,
        }))
    }

    /// What the event of this cause did to the bucket object at `key`, if that event changed it last; otherwise `None`.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn done_by(&self, key: &Key, cause: &str) -> Result<Option<Outcome>, Error> {
        let stored = self.head(key).await;
        let deleted = match self.blamed(key, stored).await? {
            Some(stored) => return Ok((stored.cause == cause).then_some(stored.outcome)),
            None => self.tombstone(key).await?,
        };
        Ok(deleted.filter(|(_, tombstone)| tombstone.cause == cause).map(|(_, tombstone)| tombstone.outcome()))
    }
}
