//! Makes one bucket object what its source means.
//!
//! Each rule is needed: `interleavings.rs` runs all interleavings of this code.

use super::calls::TRIES;
use crate::{
    Bucket, Error, Outcome, Store,
    memory::Known,
    record::{Held, Source, Stored, Tombstone},
};
use catalog::{Descriptor, Key};
use events::Version;

/// What the bucket object at a key must become.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// This content.
    Is(&'a Descriptor),
    /// Nothing, though the source exists: it opted out, or has no entity that Backstage would accept.
    Nothing,
    /// Nothing, since the source was deleted.
    Deleted,
}

impl Wanted<'_> {
    /// The hash of the wanted bytes.
    fn sha256(&self) -> Option<&str> {
        match self {
            Self::Is(descriptor) => Some(descriptor.sha256()),
            Self::Nothing | Self::Deleted => None,
        }
    }
}

/// What decides whether a bucket object is what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Its metadata, for only Callboard writes there.
    Metadata,
    /// Its metadata and its bytes.
    Bytes,
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// The object was written or deleted.
    Changed(Outcome),
    /// The object was written or deleted when the same event was delivered before.
    Repeated(Outcome),
    /// The object was already what it must be.
    Unchanged,
    /// The bucket already has a newer state, or a deletion that is not older.
    Late,
}

impl<S: Store> Bucket<S> {
    /// Makes the object at `key` what is wanted, because the event of this cause says so about this version of the source.
    /// It is safe to run twice, in parallel and in any order.
    ///
    /// # Errors
    /// [`Error::Refused`] if the store never takes this object. Otherwise if the store fails, or if other writers were faster
    /// three times. The event should then come again.
    pub async fn sync(&self, key: &Key, wanted: Wanted<'_>, version: &Version, cause: &str) -> Result<Synced, Error> {
        let ended = self.synced(key, wanted, version, cause).await;
        self.blamed(key, ended).await
    }

    async fn synced(&self, key: &Key, wanted: Wanted<'_>, version: &Version, cause: &str) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        let known = self.memory.get(key).unwrap_or_default();
        let seen = version.order().is_some() && known.highest == *version;
        match (&known.last, wanted) {
            (Some((last, outcome)), _) if last == cause && known.holds(wanted.sha256()) => {
                return Ok(Synced::Repeated(outcome.clone()));
            }
            (_, Wanted::Is(_)) if seen && known.holds(wanted.sha256()) => return Ok(Synced::Unchanged),
            _ => {}
        }
        self.apply(key, wanted, version, cause, Trust::Metadata).await
    }

    /// Does the same as [`sync`](Self::sync) for a bucket that others may have changed. What this process remembers of the
    /// content does not count, nor does metadata that names other bytes than are stored. One cause may repair any number of
    /// keys, and may say something newer about a key when it comes again.
    ///
    /// [`Synced::Late`] after a read of the live object has two reasons: another event was faster, or the cluster was
    /// restored and its versions are lower. A consistent GET decides, and [`rewind`](Self::rewind) repairs the latter.
    ///
    /// # Errors
    /// If the store fails, or if other writers were faster three times.
    pub async fn repair(&self, key: &Key, wanted: Wanted<'_>, version: &Version, cause: &str) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        let ended = self.apply(key, wanted, version, cause, Trust::Bytes).await;
        self.blamed(key, ended).await
    }

    async fn apply(
        &self,
        key: &Key,
        wanted: Wanted<'_>,
        version: &Version,
        cause: &str,
        trust: Trust,
    ) -> Result<Synced, Error> {
        match wanted {
            Wanted::Is(wanted) => self.write(key, wanted, version, cause, trust).await,
            Wanted::Nothing => self.remove(key, Source::Exists, version, cause).await,
            Wanted::Deleted => self.remove(key, Source::Deleted, version, cause).await,
        }
    }

    /// A HEAD always comes first, for an ETag that this process remembers names the content, not who wrote it since.
    async fn write(
        &self,
        key: &Key,
        wanted: &Descriptor,
        version: &Version,
        cause: &str,
        trust: Trust,
    ) -> Result<Synced, Error> {
        for _ in 0..TRIES {
            let stored = self.head(key).await?;
            let late = self.is_late(key, stored.as_ref(), version).await?;
            // What is late must not take the place of a file of another's, to be deleted again after that.
            if stored.as_ref().is_some_and(|stored| !stored.is_managed()) && self.covers(key, version).await? {
                return Ok(Synced::Late);
            }
            let is_right = match stored.as_ref().filter(|stored| stored.matches(wanted, version)) {
                Some(_) if trust == Trust::Metadata => true,
                Some(stored) => self.is_intact(key, stored, wanted).await?,
                None => false,
            };
            match stored {
                Some(stored) if is_right && stored.cause == cause => {
                    let ended = Synced::Repeated(stored.outcome.clone());
                    return self.confirm(key, &stored, version, cause, ended).await;
                }
                _ if late => return Ok(Synced::Late),
                Some(stored) if is_right => {
                    self.remember(key, version, stored.held());
                    return Ok(Synced::Unchanged);
                }
                stored => {
                    let Some(written) = self.put_over(key, stored.as_ref(), wanted, version, cause).await? else {
                        continue;
                    };
                    let ended = Synced::Changed(written.outcome.clone());
                    return self.confirm(key, &written, version, cause, ended).await;
                }
            }
        }
        Err(Error::Contended { key: key.to_string() })
    }

    /// How a write ended: as given, unless a tombstone covers its version. The object is then deleted again.
    pub(crate) async fn confirm(
        &self,
        key: &Key,
        written: &Stored,
        version: &Version,
        cause: &str,
        ended: Synced,
    ) -> Result<Synced, Error> {
        if let Some((_, tombstone)) = self.tombstone(key).await?.filter(|(_, tombstone)| tombstone.covers(version)) {
            self.delete_covered(key, &tombstone.version()).await?;
            self.remember(key, &tombstone.version(), Held::Tombstone);
            return Ok(Synced::Late);
        }
        self.remember(key, version, written.held());
        if let Synced::Changed(outcome) | Synced::Repeated(outcome) = &ended {
            self.remember_reply(key, cause, outcome);
        }
        Ok(ended)
    }

    async fn remove(&self, key: &Key, source: Source, version: &Version, cause: &str) -> Result<Synced, Error> {
        // A file of another's is none of ours: it stays, and there is nothing of ours to delete.
        let stored = self.head(key).await?.filter(Stored::is_managed);
        let newer = stored.as_ref().is_some_and(|stored| version.is_before(&stored.version));
        if self.is_late(key, stored.as_ref(), version).await? && !newer {
            return Ok(Synced::Late);
        }
        if stored.is_none() && source == Source::Exists {
            self.remember(key, version, Held::Nothing);
            return Ok(Synced::Unchanged);
        }
        let ended = self.delete_with_tombstone(key, stored.filter(|_| !newer), source, version, cause).await?;
        if newer {
            return Ok(if ended == Synced::Unchanged { Synced::Late } else { ended });
        }
        self.remember(key, version, Held::after_deletion_of(version));
        Ok(ended)
    }

    /// Writes the tombstone first, so that a writer in between sees it. Then it deletes the object, or what is stored by then
    /// and not newer. A file of another's at the key stays.
    pub(crate) async fn delete_with_tombstone(
        &self,
        key: &Key,
        target: Option<Stored>,
        source: Source,
        version: &Version,
        cause: &str,
    ) -> Result<Synced, Error> {
        let target = target.filter(Stored::is_managed);
        let outcome = target.as_ref().map(|stored| Outcome::deleted(&stored.outcome)).unwrap_or_default();
        let (outcome, again) = self.put_tombstone(key, Tombstone::new(version, source, cause, &outcome)).await?;
        let deleted = match target {
            Some(stored) => self.delete(key, &stored.etag).await?,
            None => false,
        };
        if !deleted {
            self.delete_covered(key, version).await?;
        }
        if outcome.entities.is_empty() {
            return Ok(Synced::Unchanged);
        }
        self.remember_reply(key, cause, &outcome);
        Ok(if again { Synced::Repeated(outcome) } else { Synced::Changed(outcome) })
    }

    /// Whether something newer was handled, by this object or by the memory of it. The memory counts as long as the bucket
    /// holds what it held then: a later writer compared with that version, and the cluster may have been restored.
    async fn is_late(&self, key: &Key, stored: Option<&Stored>, version: &Version) -> Result<bool, Error> {
        let mut known = self.memory.get(key).unwrap_or_default();
        let held = stored.map(Stored::held).unwrap_or_default();
        let remembered = match known.held {
            Held::Tombstone if stored.is_none() && version.is_before(&known.highest) => {
                self.covers(key, version).await?
            }
            Held::Tombstone => stored.is_none(),
            _ => known.held == held,
        };
        if !remembered {
            known = Known { last: known.last, held, ..Known::default() };
        }
        if let Some(stored) = stored {
            known.remember(&stored.version, stored.held());
        }
        let late = version.is_before(&known.highest);
        self.memory.set(key, known);
        Ok(late)
    }
}
