//! Bringing one bucket object in line with its source, whatever order events come in and whenever a process dies.
//!
//! Each rule is needed; `interleavings.rs` shows it by running all interleavings of this very code.

use crate::{
    Error, Outcome, Store,
    memory::{Held, Known, Memory},
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
    pub(crate) layout: Layout,
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

/// What tells whether an object is what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Its metadata: nobody but Callboard writes there.
    Metadata,
    /// Its bytes, too.
    Bytes,
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
    Late,
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
        match (&known.last, wanted) {
            (Some((last, outcome)), _) if last == cause && known.is(wanted) => {
                return Ok(Synced::Repeated(outcome.clone()));
            }
            (_, Wanted::Is(_)) if seen && known.is(wanted) => return Ok(Synced::Unchanged),
            _ => {}
        }
        self.bring(key, wanted, version, cause, Trust::Metadata).await
    }

    /// As [`sync`](Self::sync), where others may have changed the bucket: what this process remembers of its content does not
    /// count, nor does metadata that speaks of other bytes than lie there. One cause may repair any number of keys, and say
    /// something newer of a key when it comes again.
    ///
    /// [`Synced::Late`] is an answer for who just read the live object: it was overtaken, or its cluster counts anew. A
    /// consistent GET tells, and [`rewind`](Self::rewind) mends the latter.
    ///
    /// # Errors
    /// If the store fails, or others were faster three times.
    pub async fn repair(&self, key: &Key, wanted: Wanted<'_>, version: &Version, cause: &str) -> Result<Synced, Error> {
        let _lock = self.memory.lock(key).await;
        self.bring(key, wanted, version, cause, Trust::Bytes).await
    }

    async fn bring(
        &self,
        key: &Key,
        wanted: Wanted<'_>,
        version: &Version,
        cause: &str,
        trust: Trust,
    ) -> Result<Synced, Error> {
        match wanted {
            Wanted::Is(wanted) => self.write(key, wanted, version, cause, trust).await,
            Wanted::Nothing => self.remove(key, Dead::No, version, cause).await,
            Wanted::Gone => self.remove(key, Dead::Yes, version, cause).await,
        }
    }

    /// Always with a HEAD first: an ETag that this process remembers tells the content, not who wrote it since.
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
            let is_right = match stored.as_ref().filter(|stored| stored.shows(wanted, version)) {
                Some(_) if trust == Trust::Metadata => true,
                Some(stored) => self.is_intact(key, stored, wanted).await?,
                None => false,
            };
            match stored {
                Some(stored) if is_right && stored.cause == cause => {
                    let ended = Synced::Repeated(stored.outcome.clone());
                    return self.outlive(key, &stored, version, cause, ended).await;
                }
                _ if late => return Ok(Synced::Late),
                Some(stored) if is_right => {
                    self.note(key, version, stored.held());
                    return Ok(Synced::Unchanged);
                }
                stored => {
                    let Some(written) = self.put_over(key, stored.as_ref(), wanted, version, cause).await? else {
                        continue;
                    };
                    let ended = Synced::Changed(written.outcome.clone());
                    return self.outlive(key, &written, version, cause, ended).await;
                }
            }
        }
        Err(Error::Contended { key: key.to_string() })
    }

    /// How the write of what stands there ended, if its version lives; else it is buried.
    pub(crate) async fn outlive(
        &self,
        key: &Key,
        written: &Stored,
        version: &Version,
        cause: &str,
        ended: Synced,
    ) -> Result<Synced, Error> {
        if let Some((_, tombstone)) = self.tombstone(key).await?.filter(|(_, tombstone)| tombstone.covers(version)) {
            self.bury(key, &tombstone.version()).await?;
            self.note(key, &tombstone.version(), Held::Tombstone);
            return Ok(Synced::Late);
        }
        self.note(key, version, written.held());
        if let Synced::Changed(outcome) | Synced::Repeated(outcome) = &ended {
            self.settle(key, cause, outcome);
        }
        Ok(ended)
    }

    async fn remove(&self, key: &Key, dead: Dead, version: &Version, cause: &str) -> Result<Synced, Error> {
        let stored = self.head(key).await?;
        let newer = stored.as_ref().is_some_and(|stored| version.is_before(&stored.version));
        if self.is_late(key, stored.as_ref(), version).await? && !newer {
            return Ok(Synced::Late);
        }
        if stored.is_none() && dead == Dead::No {
            self.note(key, version, Held::Nothing);
            return Ok(Synced::Unchanged);
        }
        let ended = self.kill(key, stored.filter(|_| !newer), dead, version, cause).await?;
        if newer {
            return Ok(if ended == Synced::Unchanged { Synced::Late } else { ended });
        }
        self.note(key, version, Held::after_death_of(version));
        Ok(ended)
    }

    /// The tombstone first, so that whoever writes in between sees it; then the object, or what is there by then and no newer.
    pub(crate) async fn kill(
        &self,
        key: &Key,
        target: Option<Stored>,
        dead: Dead,
        version: &Version,
        cause: &str,
    ) -> Result<Synced, Error> {
        let outcome = target.as_ref().map(|stored| Outcome::deleted(&stored.outcome)).unwrap_or_default();
        let (outcome, again) = self.entomb(key, Tombstone::new(version, dead, cause, &outcome)).await?;
        let deleted = match target {
            Some(stored) => self.delete(key, &stored.etag).await?,
            None => false,
        };
        if !deleted {
            self.bury(key, version).await?;
        }
        if outcome.entities.is_empty() {
            return Ok(Synced::Unchanged);
        }
        self.settle(key, cause, &outcome);
        Ok(if again { Synced::Repeated(outcome) } else { Synced::Changed(outcome) })
    }

    /// Whether something newer was dealt with, as this object or the memory of it tells. The memory counts as long as the
    /// bucket holds what it held then: who wrote since has gone by that version, and the cluster may count anew.
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
            known.note(&stored.version, stored.held());
        }
        let late = version.is_before(&known.highest);
        self.memory.set(key, known);
        Ok(late)
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

    /// Remembers what the bucket holds, and for which version.
    pub(crate) fn note(&self, key: &Key, version: &Version, held: Held) {
        let mut known = self.memory.get(key).unwrap_or_default();
        known.note(version, held);
        self.memory.set(key, known);
    }

    /// Remembers what this event changed.
    fn settle(&self, key: &Key, cause: &str, outcome: &Outcome) {
        let mut known = self.memory.get(key).unwrap_or_default();
        known.last = Some((cause.to_owned(), outcome.clone()));
        self.memory.set(key, known);
    }
}
