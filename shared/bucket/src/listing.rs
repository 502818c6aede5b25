//! What the bucket contains, by its listings: all of it, or an error.

use crate::{
    Bucket, Condition, Conditional, Error, Fault, Listed, Store, Synced,
    record::{Held, Source},
};
use catalog::Key;
use futures::{StreamExt, TryStreamExt, stream};
use std::{collections::BTreeMap, future::ready, time::SystemTime};

/// The most pages of one listing, of up to 1,000 objects each, which take some 250 bytes each in memory.
const PAGES: usize = 300;

/// How many tombstones are deleted in parallel.
const SWEEPS: usize = 16;

impl<S: Store> Bucket<S> {
    /// Every key under the layout's prefix with its ETag, including those that Callboard did not write.
    ///
    /// # Errors
    /// If any page of the listing fails: half a listing would look like deletions.
    pub async fn entities(&self) -> Result<BTreeMap<String, String>, Error> {
        let mut found = BTreeMap::new();
        self.list(&self.layout.entities(), |object| {
            found.insert(object.key, object.etag);
        })
        .await?;
        Ok(found)
    }

    /// Every object whose key begins with `prefix`, whoever wrote it.
    ///
    /// # Errors
    /// As [`Bucket::entities`].
    pub async fn listed(&self, prefix: &str) -> Result<Vec<Listed>, Error> {
        let mut found = Vec::new();
        self.list(prefix, |object| found.push(object)).await?;
        Ok(found)
    }

    /// Deletes the object at `key` if [`Bucket::entities`] showed it with this ETag. Its kind was deleted, so that no list
    /// has the version of its deletion. An object that was re-created has other bytes, and is [`Synced::Late`].
    ///
    /// All versions that this process knows stay deleted. An event of a later version, which this process does not know and
    /// which changed nothing, may re-create the object until the next comparison.
    ///
    /// # Errors
    /// If the store fails, or if other writers were faster three times.
    pub async fn remove_listed(&self, key: &Key, etag: &str, cause: &str) -> Result<Synced, Error> {
        let ended = self.removed(key, etag, cause).await;
        self.blamed(key, ended).await
    }

    async fn removed(&self, key: &Key, etag: &str, cause: &str) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        let Some(stored) = self.head(key).await?.filter(|stored| stored.etag == etag) else {
            return Ok(Synced::Late);
        };
        let version =
            self.memory.get(key).and_then(|known| known.later_than(&stored)).unwrap_or_else(|| stored.version.clone());
        let ended = self.delete_with_tombstone(key, Some(stored), Source::Deleted, &version, cause).await?;
        self.remember(key, &version, Held::after_deletion_of(&version));
        Ok(ended)
    }

    /// The files of Callboard's own state under a folder, such as `dead/`. Their keys are the names that [`Bucket::state`] takes.
    ///
    /// # Errors
    /// If any page of the listing fails.
    pub async fn states(&self, under: &str) -> Result<Vec<Listed>, Error> {
        let root = self.layout.state("");
        let mut found = Vec::new();
        self.list(&self.layout.state(under), |object| {
            let name = object.key.strip_prefix(&root).map(str::to_owned);
            found.extend(name.map(|key| Listed { key, ..object }));
        })
        .await?;
        Ok(found)
    }

    /// Deletes the tombstones that were last written before `before`, and returns how many. One that is written meanwhile stays.
    ///
    /// # Errors
    /// If the listing or a deletion fails.
    pub async fn sweep(&self, before: SystemTime) -> Result<usize, Error> {
        let mut old = Vec::new();
        self.list(&self.layout.tombstones(), |tombstone| {
            if tombstone.modified < before {
                old.push(tombstone);
            }
        })
        .await?;
        stream::iter(old)
            .map(|tombstone| async move { self.delete_at(&tombstone.key, Condition::Is(&tombstone.etag)).await })
            .buffer_unordered(SWEEPS)
            .try_fold(0, |swept, deleted| ready(Ok(swept + usize::from(deleted == Conditional::Done(())))))
            .await
    }

    async fn list(&self, prefix: &str, mut take: impl FnMut(Listed)) -> Result<(), Error> {
        let mut from = None;
        for _ in 0..PAGES {
            let page = self.store.list(prefix, from.as_deref()).await.map_err(Error::call("list", prefix))?;
            page.objects.into_iter().for_each(&mut take);
            match page.next {
                None => return Ok(()),
                next => from = next,
            }
        }
        let endless = Fault::Unusable(format!("its listing has more than {PAGES} pages"));
        Err(Error::call("list", prefix)(endless))
    }
}
