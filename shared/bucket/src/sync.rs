//! Bringing one bucket object in line with its source, whatever order events come in and whenever a process dies.
//!
//! Each rule is needed; `interleavings.rs` shows it by running all interleavings of this very code.

use crate::{
    Condition, Error, Outcome, Store,
    memory::{Held, Known, Memory},
    probe,
    stored::Stored,
};
use catalog::{Descriptor, Key, Layout};
use events::Version;
use tokio::sync::OnceCell;

/// How often a write begins anew after others were faster.
pub(crate) const TRIES: usize = 3;

/// A bucket, as this process keeps it.
#[derive(Debug)]
pub struct Bucket<S> {
    pub(crate) store: S,
    pub(crate) memory: Memory,
    pub(crate) honours: Honours,
    layout: Layout,
    probed: OnceCell<()>,
}

/// Whether the store honours conditional writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honours {
    /// To be found out before the first write.
    Unknown,
    /// It does.
    Conditions,
    /// It does not, and the user answers for there being one writer (`CALLBOARD_UNCONDITIONAL`).
    Nothing,
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// The object was written or deleted, now or when this very event was delivered before.
    Changed(Outcome),
    /// The object is as it should be, and was so before.
    Unchanged,
    /// A newer state, or a deletion that is not older, is already there.
    Stale,
}

impl<S: Store> Bucket<S> {
    /// A bucket of which nothing is known yet.
    pub fn new(store: S, layout: Layout, honours: Honours) -> Self {
        Self { store, memory: Memory::new(), honours, layout, probed: OnceCell::new() }
    }

    /// The store below.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Makes the object at `key` be `wanted`, or not be, because the event of this cause said so of this version of the
    /// source. Safe to run twice, at once and in any order.
    ///
    /// # Errors
    /// If the store fails, or others were faster three times; the event should come again.
    pub async fn sync(
        &self,
        key: &Key,
        wanted: Option<&Descriptor>,
        version: &Version,
        cause: &str,
    ) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        let known = self.memory.get(key).unwrap_or_default();
        match known.last {
            Some((ref last, ref outcome)) if last == cause => return Ok(Synced::Changed(outcome.clone())),
            _ if version.is_before(&known.highest) => return Ok(Synced::Stale),
            _ => {}
        }
        match wanted {
            Some(wanted) => self.write(key, wanted, version, cause, known).await,
            None => self.remove(key, version, cause).await,
        }
    }

    async fn write(
        &self,
        key: &Key,
        wanted: &Descriptor,
        version: &Version,
        cause: &str,
        known: Known,
    ) -> Result<Synced, Error> {
        if let Some(held) = known.held {
            let same = held.stored.sha256 == wanted.sha256();
            if same && known.highest == *version && version.order().is_some() {
                return Ok(Synced::Unchanged);
            }
            if held.checked && !same {
                let next = next(Some(&held.stored), wanted, version, cause);
                if let Some(written) = self.put(key, wanted, next, Condition::Is(&held.stored.etag)).await? {
                    return Ok(self.settle(key, written, cause));
                }
            }
        }
        for _ in 0..TRIES {
            let stored = self.head(key).await?;
            let written = match stored {
                Some(stored) if stored.cause == cause => Some(stored),
                Some(stored) if version.is_before(&stored.version) => {
                    self.know(key, stored.version, None);
                    return Ok(Synced::Stale);
                }
                Some(stored) if stored.sha256 == wanted.sha256() && stored.version.uid == version.uid => {
                    self.know(key, version.clone(), Some(stored));
                    return Ok(Synced::Unchanged);
                }
                Some(stored) => {
                    let next = next(Some(&stored), wanted, version, cause);
                    self.put(key, wanted, next, Condition::Is(&stored.etag)).await?
                }
                None => self.put(key, wanted, next(None, wanted, version, cause), Condition::Absent).await?,
            };
            let Some(written) = written else { continue };
            return match self.tombstone(key).await? {
                Some((_, tombstone)) if tombstone.covers(version) => {
                    self.bury(key, &tombstone.version()).await?;
                    self.know(key, tombstone.version(), None);
                    Ok(Synced::Stale)
                }
                _ => Ok(self.settle(key, written, cause)),
            };
        }
        Err(Error::Contended { key: key.to_string() })
    }

    /// The tombstone first, so that whoever writes in between sees it; then the object.
    async fn remove(&self, key: &Key, version: &Version, cause: &str) -> Result<Synced, Error> {
        let stored = self.head(key).await?;
        let newer = stored.as_ref().is_some_and(|stored| version.is_before(&stored.version));
        let target = stored.filter(|_| !newer);
        let outcome = target.as_ref().map(|stored| Outcome::deleted(&stored.outcome)).unwrap_or_default();
        let outcome = self.entomb(key, version, cause, outcome).await?;
        let deleted = match target {
            Some(stored) => self.delete(key, &stored.etag).await?,
            None => false,
        };
        if !deleted {
            self.bury(key, version).await?;
        }
        match (outcome.entities.is_empty(), newer) {
            (false, _) => {
                let last = Some((cause.to_owned(), outcome.clone()));
                self.memory.set(key, Known { highest: version.clone(), held: None, last });
                Ok(Synced::Changed(outcome))
            }
            (true, true) => Ok(Synced::Stale),
            (true, false) => {
                self.know(key, version.clone(), None);
                Ok(Synced::Unchanged)
            }
        }
    }

    /// Probes the store once, before the first write.
    pub(crate) async fn writable(&self) -> Result<(), Error> {
        match self.honours {
            Honours::Unknown => {
                self.probed.get_or_try_init(|| probe::conditions(&self.store, &self.layout)).await.copied()
            }
            Honours::Conditions | Honours::Nothing => Ok(()),
        }
    }

    /// Remembers what was seen without a change of ours.
    fn know(&self, key: &Key, version: Version, stored: Option<Stored>) {
        let last = self.memory.get(key).and_then(|known| known.last);
        let held = stored.map(|stored| Held { stored, checked: false });
        self.memory.set(key, Known { highest: version, held, last });
    }

    /// Remembers what stands in the bucket now, because of this event.
    fn settle(&self, key: &Key, stored: Stored, cause: &str) -> Synced {
        let outcome = stored.outcome.clone();
        let last = Some((cause.to_owned(), outcome.clone()));
        let highest = stored.version.clone();
        self.memory.set(key, Known { highest, held: Some(Held { stored, checked: true }), last });
        Synced::Changed(outcome)
    }
}

/// What the object will say of itself; its ETag is not known yet.
fn next(before: Option<&Stored>, wanted: &Descriptor, version: &Version, cause: &str) -> Stored {
    Stored {
        etag: String::new(),
        version: version.clone(),
        sha256: wanted.sha256().to_owned(),
        cause: cause.to_owned(),
        outcome: Outcome::written_over(before.map(|stored| &stored.outcome), wanted.entities()),
    }
}
