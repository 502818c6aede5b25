//! What stands at a key, for who compares the bucket with the cluster, or tells again what was done.

use crate::{Bucket, Error, Outcome, Store};
use catalog::Key;
use events::Version;

/// A bucket object, by what its metadata says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The version of the source it was made from.
    pub version: Version,
    /// Hex SHA-256 of its bytes.
    pub sha256: String,
    /// The ETag, quotes and all.
    pub etag: String,
    /// The refs of its entities, as many as its metadata can hold.
    pub entities: Vec<String>,
    /// Whether Callboard wrote it; the other fields of what others wrote are empty.
    pub ours: bool,
}

impl<S: Store> Bucket<S> {
    /// What stands at `key`, by HEAD; `None` if there is nothing.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn standing(&self, key: &Key) -> Result<Option<Standing>, Error> {
        Ok(self.head(key).await?.map(|stored| Standing {
            ours: !stored.sha256.is_empty() && !stored.cause.is_empty(),
            entities: stored.outcome.living().map(str::to_owned).collect(),
            etag: stored.etag,
            sha256: stored.sha256,
            version: stored.version,
        }))
    }

    /// What the event of this cause did to the object at `key`, where that was the last that changed it; `None` where
    /// another event did.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn done_by(&self, key: &Key, cause: &str) -> Result<Option<Outcome>, Error> {
        let dead = match self.head(key).await? {
            Some(stored) => return Ok((stored.cause == cause).then_some(stored.outcome)),
            None => self.tombstone(key).await?,
        };
        Ok(dead.filter(|(_, tombstone)| tombstone.cause == cause).map(|(_, tombstone)| tombstone.outcome()))
    }
}
