//! What this process remembers about the bucket objects that it handled.

use crate::record::{Held, Outcome, Stored};
use catalog::Key;
use events::Version;
use lru::LruCache;
use std::{
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

/// How many keys are remembered; about half a kilobyte each.
const KEYS: usize = 10_000;

/// How many locks the keys share: more than events are handled at once, so that they rarely wait for each other.
const LOCKS: usize = 4096;

/// A bounded memory of keys, and a lock for each.
#[derive(Debug)]
pub(crate) struct Memory {
    known: Mutex<LruCache<Key, Known>>,
    locks: Vec<tokio::sync::Mutex<()>>,
    hasher: RandomState,
}

/// What is known of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Known {
    /// The highest version that was handled, written or not. Callboard does not write the same bytes twice, yet an older
    /// version must not pass.
    pub(crate) highest: Version,
    /// What the bucket held then. The highest version counts only as long as the bucket still holds that.
    pub(crate) held: Held,
    /// The last event that changed something, and what it changed. This is the reply if the event is delivered again.
    pub(crate) last: Option<(String, Outcome)>,
}

impl Known {
    /// Remembers what the bucket holds. A version that cannot be compared leaves the highest one as it is.
    pub(crate) fn remember(&mut self, version: &Version, held: Held) {
        if version.order().is_some() && !version.is_before(&self.highest) {
            self.highest = version.clone();
        }
        self.held = held;
    }

    /// The highest version of this object, if it is later than the version in its metadata.
    pub(crate) fn later_than(self, stored: &Stored) -> Option<Version> {
        let is_it = self.held == stored.held() && self.highest.uid == stored.version.uid;
        (is_it && stored.version.is_before(&self.highest)).then_some(self.highest)
    }

    /// Whether the bucket held an object of these bytes, or no object if `None` is wanted.
    pub(crate) fn holds(&self, wanted: Option<&str>) -> bool {
        match &self.held {
            Held::Object { sha256, .. } => wanted == Some(sha256),
            Held::Nothing | Held::Tombstone => wanted.is_none(),
        }
    }
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self::with_locks(LOCKS)
    }

    pub(crate) fn with_locks(locks: usize) -> Self {
        Self {
            known: Mutex::new(LruCache::unbounded()),
            locks: (0..locks).map(|_| tokio::sync::Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Within a process the events of one key are handled one after another.
    pub(crate) async fn lock(&self, key: &Key) -> tokio::sync::MutexGuard<'_, ()> {
        let lock = self.hasher.hash_one(key) as usize % self.locks.len();
        self.locks[lock].lock().await
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Known> {
        self.known().get(key).cloned()
    }

    pub(crate) fn set(&self, key: &Key, known: Known) {
        let mut all = self.known();
        all.put(key.clone(), known);
        if all.len() > KEYS {
            all.pop_lru();
        }
    }

    pub(crate) fn forget(&self, key: &Key) {
        self.known().pop(key);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, LruCache<Key, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
