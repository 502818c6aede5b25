//! What lies in the bucket, as its listings tell: all of it, or an error.

use crate::{Bucket, Condition, Conditional, Error, Fault, Listed, Store, Synced, memory::Held, tombstone::Dead};
use catalog::{Descriptor, Key};
use futures::{StreamExt, TryStreamExt, stream};
use md5::{Digest, Md5};
use std::{collections::BTreeMap, future::ready, time::SystemTime};

/// The most pages of one listing; a store that does not come to an end is not waited for.
const PAGES: usize = 2_000;

/// How many tombstones are deleted at once.
const SWEEPS: usize = 16;

impl<S: Store> Bucket<S> {
    /// Every key under the layout's prefix with its ETag, also those of others.
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

    /// Deletes the object at `key` while it is the one that [`Bucket::entities`] showed with this ETag, since its kind is gone, so
    /// that no list tells the version of its death. A new life has other bytes, and is [`Synced::Late`].
    ///
    /// What is known of the life that ended stays dead; an event of a later version, of which this process does not know and
    /// which changed nothing, may raise it until the next comparison.
    ///
    /// # Errors
    /// If the store fails, or others were faster three times.
    pub async fn remove_listed(&self, key: &Key, etag: &str, cause: &str) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        let Some(stored) = self.head(key).await?.filter(|stored| stored.etag == etag) else {
            return Ok(Synced::Late);
        };
        let version =
            self.memory.get(key).and_then(|known| known.later_than(&stored)).unwrap_or_else(|| stored.version.clone());
        let ended = self.kill(key, Some(stored), Dead::Yes, &version, cause).await?;
        self.note(key, &version, Held::after_death_of(&version));
        Ok(ended)
    }

    /// The files of our own state under a folder, such as `dead/`; their keys are the names that [`Bucket::state`] takes.
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

    /// Deletes the tombstones that were last written before `before`, and returns how many. One that rises meanwhile stays.
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
        let endless = Fault::Unusable(format!("its listing goes on after {PAGES} pages"));
        Err(Error::call("list", prefix)(endless))
    }
}

/// The ETag that a listing shows for these bytes where the store's ETags are MD5s, quotes and all.
pub fn etag_of(descriptor: &Descriptor) -> String {
    etag(descriptor.body().as_bytes())
}

pub(crate) fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(Md5::digest(bytes)))
}
