//! What the bucket needs after a cluster was restored or rebuilt, so that its versions are lower than before.

use super::{Synced, Wanted, calls::TRIES};
use crate::{
    Bucket, Condition, Conditional, Error, Store,
    record::{Held, Source, Tombstone},
};
use catalog::{Descriptor, Key};
use events::Version;

impl<S: Store> Bucket<S> {
    /// Makes the object at `key` what is wanted although the bucket has a newer version, or a tombstone of one. A version
    /// that is higher than a consistent GET just gave (or a list, for a deleted object) is from before the restore. Nothing
    /// of that time is left afterwards. If nothing is wanted, a tombstone of the given version is left.
    ///
    /// Events in between may have been taken for late. So the caller must do another consistent GET and a
    /// [`repair`](Bucket::repair) with its result.
    ///
    /// # Errors
    /// If the store fails, or if other writers were faster three times.
    pub async fn rewind(&self, key: &Key, wanted: Wanted<'_>, version: &Version, cause: &str) -> Result<Synced, Error> {
        let ended = self.rewound(key, wanted, version, cause).await;
        self.blamed(key, ended).await
    }

    async fn rewound(&self, key: &Key, wanted: Wanted<'_>, version: &Version, cause: &str) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        self.memory.forget(key);
        self.drop_old_tombstone(key, |tombstone| match wanted {
            Wanted::Is(_) | Wanted::Nothing => tombstone.covers(version),
            Wanted::Deleted => version.is_before(&tombstone.version()),
        })
        .await?;
        match wanted {
            Wanted::Is(wanted) => self.overwrite(key, wanted, version, cause).await,
            Wanted::Nothing => self.clear(key, Source::Exists, version, cause).await,
            Wanted::Deleted => self.clear(key, Source::Deleted, version, cause).await,
        }
    }

    async fn overwrite(&self, key: &Key, wanted: &Descriptor, version: &Version, cause: &str) -> Result<Synced, Error> {
        for _ in 0..TRIES {
            let stored = self.head(key).await?;
            if let Some(stored) = stored.as_ref().filter(|it| it.matches(wanted, version) && it.version == *version) {
                let again = stored.cause == cause;
                let ended = if again { Synced::Repeated(stored.outcome.clone()) } else { Synced::Unchanged };
                return self.confirm(key, stored, version, cause, ended).await;
            }
            if let Some(written) = self.put_over(key, stored.as_ref(), wanted, version, cause).await? {
                let ended = Synced::Changed(written.outcome.clone());
                return self.confirm(key, &written, version, cause, ended).await;
            }
        }
        Err(Error::Contended { key: key.to_string() })
    }

    async fn clear(&self, key: &Key, source: Source, version: &Version, cause: &str) -> Result<Synced, Error> {
        let stored = self.head(key).await?;
        let ended = self.delete_with_tombstone(key, stored, source, version, cause).await?;
        self.remember(key, version, Held::after_deletion_of(version));
        Ok(ended)
    }

    /// Deletes a tombstone from before the restore.
    async fn drop_old_tombstone(&self, key: &Key, is_old: impl Fn(&Tombstone) -> bool) -> Result<(), Error> {
        for _ in 0..TRIES {
            let Some((etag, _)) = self.tombstone(key).await?.filter(|(_, tombstone)| is_old(tombstone)) else {
                return Ok(());
            };
            if self.delete_at(&key.tombstone(), Condition::Is(&etag)).await? == Conditional::Done(()) {
                return Ok(());
            }
        }
        Err(Error::Contended { key: key.tombstone() })
    }
}
