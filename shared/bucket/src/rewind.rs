//! What a cluster that was restored or rebuilt needs, which counts its versions anew.

use crate::{
    Bucket, Condition, Conditional, Error, Store, Synced, Wanted,
    memory::Held,
    sync::TRIES,
    tombstone::{Dead, Tombstone},
};
use catalog::{Descriptor, Key};
use events::Version;

impl<S: Store> Bucket<S> {
    /// Makes the object at `key` be what is wanted although a newer version stands there, or is dead: what counts higher than a
    /// version that a consistent GET, or a list for what is gone, just gave is of another count. Nothing is left of the old count
    /// after it; where nothing shall stand, a tombstone of the given version.
    ///
    /// Whatever happened to the source since may have been taken for late, so it must be followed by another consistent GET and a
    /// [`repair`](Bucket::repair) with what that gives.
    ///
    /// # Errors
    /// If the store fails, or others were faster three times.
    pub async fn rewind(&self, key: &Key, wanted: Wanted<'_>, version: &Version, cause: &str) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        self.memory.forget(key);
        self.exhume(key, |tombstone| match wanted {
            Wanted::Is(_) | Wanted::Nothing => tombstone.covers(version),
            Wanted::Gone => version.is_before(&tombstone.version()),
        })
        .await?;
        match wanted {
            Wanted::Is(wanted) => self.overwrite(key, wanted, version, cause).await,
            Wanted::Nothing => self.clear(key, Dead::No, version, cause).await,
            Wanted::Gone => self.clear(key, Dead::Yes, version, cause).await,
        }
    }

    async fn overwrite(&self, key: &Key, wanted: &Descriptor, version: &Version, cause: &str) -> Result<Synced, Error> {
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

    async fn clear(&self, key: &Key, dead: Dead, version: &Version, cause: &str) -> Result<Synced, Error> {
        let stored = self.head(key).await?;
        let ended = self.kill(key, stored, dead, version, cause).await?;
        self.note(key, version, Held::after_death_of(version));
        Ok(ended)
    }

    /// Takes a tombstone of the old count away.
    async fn exhume(&self, key: &Key, is_old: impl Fn(&Tombstone) -> bool) -> Result<(), Error> {
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
