//! What this process knows of the bucket, and what it still has to write there.

use super::pending::{FoundBy, PendingWrite, PendingWrites};
use bucket::Outcome;
use catalog::mesh::{Id, Presence, Rendered};
use events::ObjectChange;
use lru::LruCache;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{BuildHasher, RandomState},
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many locks the objects share.
const LOCKS: usize = 1024;

/// Of how many events it is remembered what they changed.
const CAUSES: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not zero");

/// How many changes of one event are remembered, or looked for.
pub(super) const CHANGES: usize = 100;

/// What is known of the bucket objects of the mesh.
#[derive(Debug)]
pub(super) struct Ledger {
    entries: Mutex<Entries>,
    /// One object is written by one at a time.
    locks: Vec<tokio::sync::Mutex<()>>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Entries {
    /// What is known to be in the bucket, of all that was written or compared.
    written: HashMap<Id, [u8; 32]>,
    /// What is to be written.
    pending: PendingWrites,
    /// What an event changed, by its cause and by key.
    changes: LruCache<String, BTreeMap<String, Outcome>>,
}

impl Ledger {
    /// Nothing is known, nothing is to be written.
    pub(super) fn new() -> Self {
        let changes = LruCache::new(CAUSES);
        Self {
            entries: Mutex::new(Entries { written: HashMap::new(), pending: PendingWrites::default(), changes }),
            locks: (0..LOCKS).map(|_| tokio::sync::Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }

    /// No other task writes the object as long as this is held.
    pub(super) async fn lock(&self, id: &Id) -> tokio::sync::MutexGuard<'_, ()> {
        let lock = self.hasher.hash_one(id) as usize % self.locks.len();
        self.locks[lock].lock().await
    }

    /// Whether the bucket is known to have what is made.
    pub(super) fn is_written(&self, id: &Id, made: &Rendered) -> bool {
        self.entries().written.get(id) == Some(&fingerprint(made))
    }

    /// Whether what a listing shows is the latest that is known of the bucket.
    pub(super) fn is_settled(&self, id: &Id, made: &Rendered) -> bool {
        let entries = self.entries();
        entries.pending.of(id).is_none() && entries.written.get(id).is_none_or(|written| *written == fingerprint(made))
    }

    /// The bucket has what is made. Nothing is kept of a deleted object.
    pub(super) fn wrote(&self, id: &Id, made: &Rendered) {
        if made.presence == Presence::Exists {
            self.entries().written.insert(id.clone(), fingerprint(made));
        }
    }

    /// What the bucket has is not known any more.
    pub(super) fn forget(&self, id: &Id) {
        self.entries().written.remove(id);
    }

    /// Whether the bucket is known to have anything of it.
    pub(super) fn has(&self, id: &Id) -> bool {
        self.entries().written.contains_key(id)
    }

    /// These are to be written, by the next event if not by the one that found it.
    pub(super) fn add_pending(&self, ids: BTreeSet<Id>, by: FoundBy<'_>) {
        let mut entries = self.entries();
        ids.into_iter().for_each(|id| entries.pending.add(id, by));
    }

    /// Whether an object is to be written. To be asked before it is made: what is found later is another pending write.
    pub(super) fn pending(&self, id: &Id) -> Option<PendingWrite> {
        self.entries().pending.of(id).cloned()
    }

    /// What was pending is written.
    pub(super) fn done(&self, id: &Id, pending: &PendingWrite) {
        self.entries().pending.done(id, pending);
    }

    /// What is pending cannot be written until something else was read, or a guard allows it.
    pub(super) fn block(&self, id: &Id, pending: &PendingWrite) {
        self.entries().pending.block(id, pending);
    }

    /// Forgets what is blocked and no event found: the next comparison finds it again.
    pub(super) fn forget_compared(&self) {
        self.entries().pending.forget_compared();
    }

    /// All is read: what events found can be written.
    pub(super) fn unblock(&self) {
        self.entries().pending.unblock();
    }

    /// All that is to be written, and can be.
    pub(super) fn ready(&self) -> Vec<Id> {
        self.entries().pending.ready()
    }

    /// What this event has to write, and what of other events it tries to.
    pub(super) fn ready_for(&self, cause: &str) -> (Vec<Id>, Vec<Id>) {
        let mut entries = self.entries();
        (entries.pending.of_event(cause), entries.pending.of_others(cause))
    }

    /// Nothing is to be written.
    pub(super) fn clear_pending(&self) {
        self.entries().pending.clear();
    }

    /// Remembers what an event changed.
    pub(super) fn remember_change(&self, cause: &str, key: &str, outcome: &Outcome) {
        let mut entries = self.entries();
        let changes = entries.changes.get_or_insert_mut(cause.to_owned(), BTreeMap::new);
        if changes.len() < CHANGES {
            changes.insert(key.to_owned(), outcome.clone());
        }
    }

    /// What an event changed before.
    pub(super) fn changes_of(&self, cause: &str) -> Vec<ObjectChange> {
        let mut entries = self.entries();
        let changes = entries.changes.get(cause).into_iter().flatten();
        changes.map(|(key, outcome)| ObjectChange { key: key.clone(), entities: outcome.entities.clone() }).collect()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hash of the bytes and of the uid of the object that they describe.
fn fingerprint(made: &Rendered) -> [u8; 32] {
    let sha256 = made.described.descriptor.as_ref().map_or("", |descriptor| descriptor.sha256());
    Sha256::new().chain_update(&made.version.uid).chain_update([0]).chain_update(sha256).finalize().into()
}
