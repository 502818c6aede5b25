//! What this process knows of the bucket, and what it still has to write there.

use super::owed::Owed;
use bucket::Outcome;
use catalog::mesh::{Id, Life, Made};
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
    /// What could not be written, or was not in time.
    unwritten: BTreeSet<Id>,
    /// What an event changed, by its cause and by key.
    told: LruCache<String, BTreeMap<String, Outcome>>,
}

impl Ledger {
    /// Nothing is known, nothing is owed.
    pub(super) fn new() -> Self {
        let told = LruCache::new(CAUSES);
        Self {
            entries: Mutex::new(Entries { written: HashMap::new(), unwritten: BTreeSet::new(), told }),
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
    pub(super) fn is_written(&self, id: &Id, made: &Made) -> bool {
        self.entries().written.get(id) == Some(&print(made))
    }

    /// Whether what a listing shows is the latest that is known of the bucket.
    pub(super) fn is_settled(&self, id: &Id, made: &Made) -> bool {
        let entries = self.entries();
        !entries.unwritten.contains(id) && entries.written.get(id).is_none_or(|written| *written == print(made))
    }

    /// The bucket has what is made. Of what is gone nothing is kept.
    pub(super) fn wrote(&self, id: &Id, made: &Made) {
        if made.life == Life::Lives {
            self.entries().written.insert(id.clone(), print(made));
        }
    }

    /// Nobody knows what the bucket has.
    pub(super) fn forget(&self, id: &Id) {
        self.entries().written.remove(id);
    }

    /// These are to be written by whoever comes next.
    pub(super) fn owe(&self, ids: BTreeSet<Id>) {
        self.entries().unwritten.extend(ids);
    }

    /// Takes over all that is to be written.
    pub(super) fn debts(&self) -> Owed<'_> {
        Owed::new(self, std::mem::take(&mut self.entries().unwritten))
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
fn print(made: &Made) -> [u8; 32] {
    let sha256 = made.described.descriptor.as_ref().map_or("", |descriptor| descriptor.sha256());
    Sha256::new().chain_update(&made.version.uid).chain_update([0]).chain_update(sha256).finalize().into()
}
