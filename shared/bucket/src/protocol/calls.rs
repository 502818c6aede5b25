//! The calls of the protocol, one step each.

use crate::{
    Body, Bucket, Condition, Conditional, Error, Fault, Honours, Outcome, Store,
    record::{Held, MAX_TOMBSTONE, Stored, Tombstone, etag_of},
};
use catalog::{Descriptor, Key};
use events::Version;

/// How often a write starts again after other writers were faster.
pub(super) const TRIES: usize = 3;

/// How often a deletion looks again. Each round means that another process wrote in between.
const ROUNDS: usize = 10;

impl<S: Store> Bucket<S> {
    /// What is stored at the key, unless it is that of a kind whose name differs in case alone.
    pub(crate) async fn head(&self, key: &Key) -> Result<Option<Stored>, Error> {
        let at = key.to_string();
        let stored = self.store.head(&at).await.map_err(Error::call("head", &at))?.map(Stored::from);
        match (&stored, key.kind()) {
            (Some(Stored { kind, .. }), Some(ours)) if kind != ours && kind.eq_ignore_ascii_case(ours) => {
                Err(Error::OtherKind { key: at, kind: kind.clone(), ours: ours.to_owned() })
            }
            _ => Ok(stored),
        }
    }

    /// Replaces what the HEAD showed; `None` if that is no longer there.
    pub(crate) async fn put_over(
        &self,
        key: &Key,
        before: Option<&Stored>,
        wanted: &Descriptor,
        version: &Version,
        cause: &str,
    ) -> Result<Option<Stored>, Error> {
        let next = Stored {
            etag: String::new(),
            kind: key.kind().unwrap_or_default().to_owned(),
            version: version.clone(),
            sha256: wanted.sha256().to_owned(),
            cause: cause.to_owned(),
            outcome: Outcome::written_over(before.map(|stored| &stored.outcome), wanted.entities()),
        };
        let condition = before.map_or(Condition::Absent, |stored| Condition::Is(&stored.etag));
        let body = Body { bytes: wanted.body().into(), content_type: "application/yaml", metadata: next.metadata() };
        Ok(match self.put_body(&key.to_string(), body, condition).await? {
            Conditional::Done(etag) => Some(Stored { etag, ..next }),
            Conditional::Lost => None,
        })
    }

    /// Whether the bytes are those that the metadata names: by the ETag or, if that is not an MD5, by the bytes.
    pub(crate) async fn is_intact(&self, key: &Key, stored: &Stored, wanted: &Descriptor) -> Result<bool, Error> {
        if stored.etag == etag_of(wanted) {
            return Ok(true);
        }
        let key = key.to_string();
        match self.store.get(&key, wanted.body().len()).await {
            Err(Fault::TooLong { .. }) => Ok(false),
            found => {
                Ok(found.map_err(Error::call("get", &key))?.is_some_and(|(_, bytes)| bytes == wanted.body().as_bytes()))
            }
        }
    }

    /// Deletes the object with this ETag, and returns whether it was there.
    pub(crate) async fn delete(&self, key: &Key, etag: &str) -> Result<bool, Error> {
        Ok(self.delete_at(&key.to_string(), Condition::Is(etag)).await? == Conditional::Done(()))
    }

    pub(crate) async fn tombstone(&self, key: &Key) -> Result<Option<(String, Tombstone)>, Error> {
        let key = key.tombstone();
        let found = self.store.get(&key, MAX_TOMBSTONE).await.map_err(Error::call("get", &key))?;
        Ok(found.and_then(|(head, bytes)| Some((head.etag, Tombstone::read(&bytes)?))))
    }

    /// Whether a tombstone says that the bucket must hold nothing of this version.
    pub(crate) async fn covers(&self, key: &Key, version: &Version) -> Result<bool, Error> {
        Ok(self.tombstone(key).await?.is_some_and(|(_, tombstone)| tombstone.covers(version)))
    }

    /// Writes the tombstone, unless there is one that must stay. Returns what this deletion did, and whether the same event
    /// did it before, as that tombstone says. The event may have seen an older version then, for an event that only names
    /// its object is about another version each time.
    pub(crate) async fn put_tombstone(&self, key: &Key, mut tombstone: Tombstone) -> Result<(Outcome, bool), Error> {
        let mut again = false;
        let mut current = if self.honours == Honours::Nothing { self.tombstone(key).await? } else { None };
        for _ in 0..TRIES {
            let condition = match &current {
                Some((_, current)) if current.repeats(&tombstone) => return Ok((current.outcome(), true)),
                Some((etag, current)) => {
                    again |= tombstone.take_over(current);
                    if !current.yields_to(&tombstone) {
                        return Ok((tombstone.outcome(), again));
                    }
                    Condition::Is(etag)
                }
                None => Condition::Absent,
            };
            if self.put_body(&key.tombstone(), tombstone.body(), condition).await? != Conditional::Lost {
                return Ok((tombstone.outcome(), again));
            }
            current = self.tombstone(key).await?;
        }
        Err(Error::Contended { key: key.tombstone() })
    }

    /// Deletes the object at the key as long as it is not newer than the deleted version. What another wrote there stays.
    pub(crate) async fn delete_covered(&self, key: &Key, deleted: &Version) -> Result<(), Error> {
        for _ in 0..ROUNDS {
            match self.head(key).await? {
                Some(stored) if stored.is_managed() && !deleted.is_before(&stored.version) => {
                    if self.delete(key, &stored.etag).await? {
                        return Ok(());
                    }
                }
                _ => return Ok(()),
            }
        }
        Err(Error::Contended { key: key.to_string() })
    }

    pub(crate) async fn delete_at(&self, key: &str, condition: Condition<'_>) -> Result<Conditional<()>, Error> {
        self.writable().await?;
        self.store.delete(key, self.unless_unconditional(condition)).await.map_err(Error::call("delete", key))
    }

    pub(crate) async fn put_body(
        &self,
        key: &str,
        body: Body,
        condition: Condition<'_>,
    ) -> Result<Conditional<String>, Error> {
        self.writable().await?;
        self.store.put(key, body, self.unless_unconditional(condition)).await.map_err(Error::call("put", key))
    }

    fn unless_unconditional<'a>(&self, condition: Condition<'a>) -> Condition<'a> {
        if self.honours == Honours::Nothing { Condition::Always } else { condition }
    }

    /// Remembers what the bucket holds, and for which version.
    pub(crate) fn remember(&self, key: &Key, version: &Version, held: Held) {
        let mut known = self.memory.get(key).unwrap_or_default();
        known.remember(version, held);
        self.memory.set(key, known);
    }

    /// Remembers what this event changed.
    pub(super) fn remember_reply(&self, key: &Key, cause: &str, outcome: &Outcome) {
        let mut known = self.memory.get(key).unwrap_or_default();
        known.last = Some((cause.to_owned(), outcome.clone()));
        self.memory.set(key, known);
    }
}
