//! What a cluster that was restored or rebuilt needs, which counts its versions anew.

use crate::{Bucket, Condition, Conditional, Error, Store, Synced, sync::TRIES};
use catalog::{Descriptor, Key};
use events::Version;

impl<S: Store> Bucket<S> {
    /// Makes the object at `key` be this although a newer version stands there, or is dead: what counts higher than a version
    /// that a consistent GET just gave is of another count. Nothing is left of the old count after it.
    ///
    /// Whatever happened to the source since that GET may have been taken for late, so it must be followed by another consistent
    /// GET and a [`repair`](Bucket::repair) with what that gives.
    ///
    /// # Errors
    /// If the store fails, or others were faster three times.
    pub async fn rewind(
        &self,
        key: &Key,
        wanted: &Descriptor,
        version: &Version,
        cause: &str,
    ) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        self.memory.forget(key);
        self.exhume(key, version).await?;
        for _ in 0..TRIES {
            let stored = self.head(key).await?;
            if let Some(stored) = stored.as_ref().filter(|it| it.shows(wanted, version) && it.version == *version) {
                let again = stored.cause == cause;
                let ended = if again { Synced::Repeated(stored.outcome.clone()) } else { Synced::Unchanged };
                return self.outlive(key, stored, version, cause, ended).await;
            }
            if let Some(written) = self.put_over(key, stored.as_ref(), wanted, version, cause).await? {
                let ended = Synced::Changed(written.outcome.clone());
                return self.outlive(key, &written, version, cause, ended).await;
            }
        }
        Err(Error::Contended { key: key.to_string() })
    }

    /// Takes a tombstone away that covers this version.
    async fn exhume(&self, key: &Key, version: &Version) -> Result<(), Error> {
        for _ in 0..TRIES {
            let Some((etag, _)) = self.tombstone(key).await?.filter(|(_, tombstone)| tombstone.covers(version)) else {
                return Ok(());
            };
            if self.delete_at(&key.tombstone(), Condition::Is(&etag)).await? == Conditional::Done(()) {
                return Ok(());
            }
        }
        Err(Error::Contended { key: key.tombstone() })
    }
}
