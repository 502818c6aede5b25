//! Bringing one bucket object in line with its source, whatever order events come in and whenever a process dies.
//!
//! Each rule is needed; `interleavings.rs` shows it by running all interleavings of this very code.

use crate::{
    Condition, Error, Outcome, Store,
    memory::Memory,
    probe,
    stored::Stored,
    tombstone::{Dead, Tombstone},
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

/// What shall become of the object at a key.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// This content.
    Is(&'a Descriptor),
    /// Nothing, though the source lives: it opted out, or has no entity that Backstage would take.
    Nothing,
    /// Nothing, since the source is gone.
    Gone,
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// The object was written or deleted.
    Changed(Outcome),
    /// The object was written or deleted when this very event was delivered before.
    Repeated(Outcome),
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

    /// Makes the object at `key` be what is wanted, because the event of this cause said so of this version of the source.
    /// Safe to run twice, at once and in any order.
    ///
    /// # Errors
    /// If the store fails, or others were faster three times; the event should come again.
    pub async fn sync(&self, key: &Key, wanted: Wanted<'_>, version: &Version, cause: &str) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        let known = self.memory.get(key).unwrap_or_default();
        let seen = version.order().is_some() && known.highest == *version;
        match (known.last, wanted) {
            (Some((last, outcome)), _) if last == cause => return Ok(Synced::Repeated(outcome)),
            _ if version.is_before(&known.highest) => return Ok(Synced::Stale),
            (_, Wanted::Is(wanted)) if seen && known.sha256.as_deref() == Some(wanted.sha256()) => {
                return Ok(Synced::Unchanged);
            }
            _ => {}
        }
        match wanted {
            Wanted::Is(wanted) => self.write(key, wanted, version, cause).await,
            Wanted::Nothing => self.remove(key, Dead::No, version, cause).await,
            Wanted::Gone => self.remove(key, Dead::Yes, version, cause).await,
        }
    }

    /// Always with a HEAD first: an ETag that this process remembers tells the content, not who wrote it since.
    async fn write(&self, key: &Key, wanted: &Descriptor, version: &Version, cause: &str) -> Result<Synced, Error> {
        for _ in 0..TRIES {
            let stored = self.head(key).await?;
            let again = stored.as_ref().is_some_and(|stored| stored.cause == cause);
            let written = match stored {
                Some(stored) if again => Some(stored),
                Some(stored) if version.is_before(&stored.version) => {
                    self.note(key, &stored.version, Some(stored.sha256));
                    return Ok(Synced::Stale);
                }
                Some(stored) if stored.sha256 == wanted.sha256() && stored.version.uid == version.uid => {
                    self.note(key, version, Some(stored.sha256));
                    return Ok(Synced::Unchanged);
                }
                Some(stored) => {
                    let next = next(Some(&stored), wanted, version, cause);
                    self.put(key, wanted, next, Condition::Is(&stored.etag)).await?
                }
                None => self.put(key, wanted, next(None, wanted, version, cause), Condition::Absent).await?,
            };
            let Some(written) = written else { continue };
            if let Some((_, tombstone)) = self.tombstone(key).await?.filter(|(_, tombstone)| tombstone.covers(version))
            {
                self.bury(key, &tombstone.version()).await?;
                self.note(key, &tombstone.version(), None);
                return Ok(Synced::Stale);
            }
            self.settle(key, &written.version, Some(written.sha256), cause, &written.outcome);
            return Ok(if again { Synced::Repeated(written.outcome) } else { Synced::Changed(written.outcome) });
        }
        Err(Error::Contended { key: key.to_string() })
    }

    /// The tombstone first, so that whoever writes in between sees it; then the object.
    async fn remove(&self, key: &Key, dead: Dead, version: &Version, cause: &str) -> Result<Synced, Error> {
        let stored = self.head(key).await?;
        if stored.is_none() && dead == Dead::No {
            self.note(key, version, None);
            return Ok(Synced::Unchanged);
        }
        let newer = stored.as_ref().is_some_and(|stored| version.is_before(&stored.version));
        let target = stored.filter(|_| !newer);
        let outcome = target.as_ref().map(|stored| Outcome::deleted(&stored.outcome)).unwrap_or_default();
        let (outcome, again) = self.entomb(key, Tombstone::new(version, dead, cause, &outcome), outcome).await?;
        let deleted = match target {
            Some(stored) => self.delete(key, &stored.etag).await?,
            None => false,
        };
        if !deleted {
            self.bury(key, version).await?;
        }
        if outcome.entities.is_empty() {
            self.note(key, version, None);
            return Ok(if newer { Synced::Stale } else { Synced::Unchanged });
        }
        self.settle(key, version, None, cause, &outcome);
        Ok(if again { Synced::Repeated(outcome) } else { Synced::Changed(outcome) })
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

    /// Remembers what the bucket holds.
    fn note(&self, key: &Key, version: &Version, sha256: Option<String>) {
        let mut known = self.memory.get(key).unwrap_or_default();
        known.note(version, sha256);
        self.memory.set(key, known);
    }

    /// Remembers what the bucket holds because of this event, and what that changed.
    fn settle(&self, key: &Key, version: &Version, sha256: Option<String>, cause: &str, outcome: &Outcome) {
        let mut known = self.memory.get(key).unwrap_or_default();
        known.note(version, sha256);
        known.last = Some((cause.to_owned(), outcome.clone()));
        self.memory.set(key, known);
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
