//! The calls of the protocol, one step each.

use crate::{
    Body, Bucket, Condition, Conditional, Error, Honours, Outcome, Store,
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

    /// `None` where the condition did not hold.
    pub(crate) async fn put(
        &self,
        key: &Key,
        wanted: &Descriptor,
        next: Stored,
        condition: Condition<'_>,
    ) -> Result<Option<Stored>, Error> {
        let body = Body { bytes: wanted.body().into(), content_type: "application/yaml", metadata: next.metadata() };
        Ok(match self.put_body(&key.to_string(), body, condition).await? {
            Conditional::Done(etag) => Some(Stored { etag, ..next }),
            Conditional::Lost => None,
        })
    }

    /// Whether the object with this ETag was there and is gone.
    pub(crate) async fn delete(&self, key: &Key, etag: &str) -> Result<bool, Error> {
        self.writable().await?;
        let key = key.to_string();
        let deleted = self.store.delete(&key, self.unless_unconditional(Condition::Is(etag))).await;
        Ok(deleted.map_err(Error::call("delete", &key))? == Conditional::Done(()))
    }

    pub(crate) async fn tombstone(&self, key: &Key) -> Result<Option<(String, Tombstone)>, Error> {
        let key = key.tombstone();
        let found = self.store.get(&key, tombstone::MAX).await.map_err(Error::call("get", &key))?;
        Ok(found.and_then(|(head, bytes)| Some((head.etag, Tombstone::read(&bytes)?))))
    }

    /// Writes the tombstone, unless one stands that must not give way. Returns what this deletion did, and whether this
    /// very event wrote the tombstone before, which then tells it.
    pub(crate) async fn entomb(
        &self,
        key: &Key,
        tombstone: Tombstone,
        outcome: Outcome,
    ) -> Result<(Outcome, bool), Error> {
        let mut standing = if self.honours == Honours::Nothing { self.tombstone(key).await? } else { None };
        for _ in 0..TRIES {
            let condition = match &standing {
                Some((_, standing)) if standing.cause == tombstone.cause => return Ok((standing.outcome(), true)),
                Some((_, standing)) if !standing.gives_way_to(&tombstone) => return Ok((outcome, false)),
                Some((etag, _)) => Condition::Is(etag),
                None => Condition::Absent,
            };
            if self.put_body(&key.tombstone(), tombstone.body(), condition).await? != Conditional::Lost {
                return Ok((outcome, false));
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

    async fn put_body(&self, key: &str, body: Body, condition: Condition<'_>) -> Result<Conditional<String>, Error> {
        self.writable().await?;
        self.store.put(key, body, self.unless_unconditional(condition)).await.map_err(Error::call("put", key))
    }

    fn unless_unconditional<'a>(&self, condition: Condition<'a>) -> Condition<'a> {
        if self.honours == Honours::Nothing { Condition::Always } else { condition }
    }
}
