//! The calls of the protocol, one step each.

use crate::{
    Body, Bucket, Condition, Conditional, Error, Fault, Honours, Outcome, Store, etag_of,
    stored::Stored,
    sync::TRIES,
    tombstone::{self, Tombstone},
};
use catalog::{Descriptor, Key};
use events::Version;

/// How often a burial looks again; each round means that another process wrote in between.
const ROUNDS: usize = 10;

impl<S: Store> Bucket<S> {
    pub(crate) async fn head(&self, key: &Key) -> Result<Option<Stored>, Error> {
        let key = key.to_string();
        Ok(self.store.head(&key).await.map_err(Error::call("head", &key))?.map(Stored::from))
    }

    /// Writes over what the HEAD showed; `None` where that is no longer there.
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

    /// Whether the bytes are those of which the metadata speaks: by the ETag, or where that is no MD5, by themselves.
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

    /// Whether the object with this ETag was there and is gone.
    pub(crate) async fn delete(&self, key: &Key, etag: &str) -> Result<bool, Error> {
        Ok(self.delete_at(&key.to_string(), Condition::Is(etag)).await? == Conditional::Done(()))
    }

    pub(crate) async fn tombstone(&self, key: &Key) -> Result<Option<(String, Tombstone)>, Error> {
        let key = key.tombstone();
        let found = self.store.get(&key, tombstone::MAX).await.map_err(Error::call("get", &key))?;
        Ok(found.and_then(|(head, bytes)| Some((head.etag, Tombstone::read(&bytes)?))))
    }

    /// Whether a tombstone says that nothing of this version may stand.
    pub(crate) async fn covers(&self, key: &Key, version: &Version) -> Result<bool, Error> {
        Ok(self.tombstone(key).await?.is_some_and(|(_, tombstone)| tombstone.covers(version)))
    }

    /// Writes the tombstone, unless one stands that must not give way. Returns what this deletion did, and whether this
    /// very event did it before, as the tombstone then tells. It may have seen an older version then: an event that only names
    /// its object speaks of another version each time.
    pub(crate) async fn entomb(&self, key: &Key, mut tombstone: Tombstone) -> Result<(Outcome, bool), Error> {
        let mut again = false;
        let mut standing = if self.honours == Honours::Nothing { self.tombstone(key).await? } else { None };
        for _ in 0..TRIES {
            let condition = match &standing {
                Some((_, standing)) if standing.tells(&tombstone) => return Ok((standing.outcome(), true)),
                Some((etag, standing)) => {
                    again |= tombstone.inherit(standing);
                    if !standing.gives_way_to(&tombstone) {
                        return Ok((tombstone.outcome(), again));
                    }
                    Condition::Is(etag)
                }
                None => Condition::Absent,
            };
            if self.put_body(&key.tombstone(), tombstone.body(), condition).await? != Conditional::Lost {
                return Ok((tombstone.outcome(), again));
            }
            standing = self.tombstone(key).await?;
        }
        Err(Error::Contended { key: key.tombstone() })
    }

    /// Deletes what stands there as long as it is not newer than the dead version.
    pub(crate) async fn bury(&self, key: &Key, dead: &Version) -> Result<(), Error> {
        for _ in 0..ROUNDS {
            match self.head(key).await? {
                Some(stored) if !dead.is_before(&stored.version) => {
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
}
