//! What this process knows of the bucket, and what it still has to write there.

use super::pending::{By, Debt, Debts};
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
pub(super) const TOLD: usize = 100;

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
    debts: Debts,
    /// What an event changed, by its cause and by key.
    told: LruCache<String, BTreeMap<String, Outcome>>,
}

impl Ledger {
    /// Nothing is known, nothing is owed.
    pub(super) fn new() -> Self {
        let told = LruCache::new(CAUSES);
        Self {
            entries: Mutex::new(Entries { written: HashMap::new(), debts: Debts::default(), told }),
            locks: (0..LOCKS).map(|_| tokio::sync::Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Nobody else writes the object as long as this is held.
    pub(super) async fn lock(&self, id: &Id) -> tokio::sync::MutexGuard<'_, ()> {
        let lock = self.hasher.hash_one(id) as usize % self.locks.len();
        self.locks[lock].lock().await
    }

    /// Whether the bucket is known to have what is made.
    pub(super) fn is_written(&self, id: &Id, made: &Rendered) -> bool {
        self.entries().written.get(id) == Some(&print(made))
    }

    /// Whether what a listing shows is the latest that is known of the bucket.
    pub(super) fn is_settled(&self, id: &Id, made: &Rendered) -> bool {
        let entries = self.entries();
        entries.debts.of(id).is_none() && entries.written.get(id).is_none_or(|written| *written == print(made))
    }

    /// The bucket has what is made. Of what is gone nothing is kept.
    pub(super) fn wrote(&self, id: &Id, made: &Rendered) {
        if made.presence == Presence::Exists {
            self.entries().written.insert(id.clone(), print(made));
        }
    }

    /// Nobody knows what the bucket has.
    pub(super) fn forget(&self, id: &Id) {
        self.entries().written.remove(id);
    }

    /// Whether the bucket is known to have anything of it.
    pub(super) fn has(&self, id: &Id) -> bool {
        self.entries().written.contains_key(id)
    }

    /// These are to be written, by whoever comes next if not by who found that out.
    pub(super) fn owe(&self, ids: BTreeSet<Id>, by: By<'_>) {
        let mut entries = self.entries();
        ids.into_iter().for_each(|id| entries.debts.owe(id, by));
    }

    /// That an object is to be written. To be asked before it is made: what is owed later is another debt.
    pub(super) fn debt(&self, id: &Id) -> Option<Debt> {
        self.entries().debts.of(id).cloned()
    }

    /// What was owed is written.
    pub(super) fn paid(&self, id: &Id, debt: &Debt) {
        self.entries().debts.paid(id, debt);
    }

    /// What is owed cannot be written until something else was read, or a guard lets it go.
    pub(super) fn waits(&self, id: &Id, debt: &Debt) {
        self.entries().debts.waits(id, debt);
    }

    /// What waits and is of no event, the next comparison finds again.
    pub(super) fn forget_compared(&self) {
        self.entries().debts.forget_compared();
    }

    /// Nothing waits for something to be read any more.
    pub(super) fn wake(&self) {
        self.entries().debts.wake();
    }

    /// All that is to be written, and can be.
    pub(super) fn debts(&self) -> Vec<Id> {
        self.entries().debts.payable()
    }

    /// What this event has to write, and what of others it tries to.
    pub(super) fn debts_at(&self, cause: &str) -> (Vec<Id>, Vec<Id>) {
        let mut entries = self.entries();
        (entries.debts.of_event(cause), entries.debts.in_passing(cause))
    }

    /// Nothing is to be written.
    pub(super) fn let_off(&self) {
        self.entries().debts.clear();
    }

    /// Remembers what an event changed.
    pub(super) fn tell(&self, cause: &str, key: &str, outcome: &Outcome) {
        let mut entries = self.entries();
        let told = entries.told.get_or_insert_mut(cause.to_owned(), BTreeMap::new);
        if told.len() < TOLD {
            told.insert(key.to_owned(), outcome.clone());
        }
    }

    /// What an event changed before.
    pub(super) fn told_of(&self, cause: &str) -> Vec<ObjectChange> {
        let mut entries = self.entries();
        let told = entries.told.get(cause).into_iter().flatten();
        told.map(|(key, outcome)| ObjectChange { key: key.clone(), entities: outcome.entities.clone() }).collect()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of the bytes, and of the life of the source which they tell of.
fn print(made: &Rendered) -> [u8; 32] {
    let sha256 = made.described.descriptor.as_ref().map_or("", |descriptor| descriptor.sha256());
    Sha256::new().chain_update(&made.version.uid).chain_update([0]).chain_update(sha256).finalize().into()
}
