//! Which bytes Backstage was told of, and which refusals the Broker: the state `refresh.json`.

use bucket::{Bucket, Condition, Error, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

const NAME: &str = "refresh.json";

/// The most objects, and refusals, that are remembered: a state is read up to 4 MiB.
const MAX: usize = 100_000;
const MAX_REFUSED: usize = 50_000;

/// What was confirmed and told, by hashes.
#[derive(Debug, Default)]
pub(super) struct Confirmed(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    is_loaded: bool,
    /// Of a key and the ETag that it had.
    shown: BTreeSet<Hash>,
    /// Of a key and its ETag, to that of what was refused.
    refused: BTreeMap<Hash, Hash>,
}

/// The first eight bytes of a SHA-256, in hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Hash(u64);

#[derive(Serialize, Deserialize)]
struct State {
    shown: BTreeSet<Hash>,
    refused: BTreeMap<Hash, Hash>,
}

impl Confirmed {
    /// Backstage was told of these bytes.
    pub(super) fn confirm(&self, key: &str, etag: &str) {
        let mut known = self.lock();
        // Beyond, the next tick tells once more.
        if known.shown.len() < MAX {
            known.shown.insert(Hash::of(key, etag));
        }
    }

    /// Whether Backstage was told of these bytes.
    pub(super) fn is_confirmed(&self, key: &str, etag: &str) -> bool {
        self.lock().shown.contains(&Hash::of(key, etag))
    }

    /// Whether it was told that this is refused of these bytes.
    pub(super) fn is_told(&self, key: &str, etag: &str, refused: &str) -> bool {
        self.lock().refused.get(&Hash::of(key, etag)) == Some(&Hash::of(refused, ""))
    }

    /// It was told.
    pub(super) fn tell(&self, key: &str, etag: &str, refused: &str) {
        let mut known = self.lock();
        if known.refused.len() < MAX_REFUSED {
            known.refused.insert(Hash::of(key, etag), Hash::of(refused, ""));
        }
    }

    /// Forgets what is not in the bucket any more.
    pub(super) fn retain(&self, listing: &BTreeMap<String, String>) {
        let there: BTreeSet<_> = listing.iter().map(|(key, etag)| Hash::of(key, etag)).collect();
        let mut known = self.lock();
        known.shown.retain(|hash| there.contains(hash));
        known.refused.retain(|hash, _| there.contains(hash));
    }

    /// Reads what an earlier process left, once.
    pub(super) async fn load<S: Store>(&self, bucket: &Bucket<S>) -> Result<(), Error> {
        if self.lock().is_loaded {
            return Ok(());
        }
        let found = bucket.state(NAME).await?;
        let left = found.and_then(|found| serde_json::from_slice::<State>(&found.bytes).ok());
        let mut known = self.lock();
        known.is_loaded = true;
        if let Some(State { shown, refused }) = left {
            known.shown.extend(shown);
            known.refused.extend(refused);
        }
        Ok(())
    }

    /// Leaves it to a later process. Two that end at the same time say nearly the same: what is lost is told once more.
    pub(super) async fn save<S: Store>(&self, bucket: &Bucket<S>) -> Result<(), Error> {
        self.load(bucket).await?;
        let state = {
            let known = self.lock();
            State { shown: known.shown.clone(), refused: known.refused.clone() }
        };
        let bytes = serde_json::to_vec(&state).unwrap_or_default();
        bucket.put_state(NAME, bytes, Condition::Always).await.map(drop)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hash {
    fn of(one: &str, other: &str) -> Self {
        let digest = Sha256::new().chain_update(one).chain_update([0]).chain_update(other).finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(u64::from_be_bytes(first))
    }
}

impl From<Hash> for String {
    fn from(Hash(hash): Hash) -> Self {
        format!("{hash:016x}")
    }
}

impl TryFrom<String> for Hash {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_that_is_remembered_can_be_read_again() {
        let hashes = || (0..MAX as u64).map(|n| Hash(u64::MAX - n));
        let state = State { shown: hashes().collect(), refused: hashes().take(MAX_REFUSED).zip(hashes()).collect() };
        let bytes = serde_json::to_vec(&state).unwrap();
        assert!(bytes.len() < 4 * 1024 * 1024, "{}", bytes.len());
        assert_eq!(serde_json::from_slice::<State>(&bytes).unwrap().shown, state.shown);
    }

    #[test]
    fn other_bytes_are_another_thing_and_what_is_gone_is_forgotten() {
        let confirmed = Confirmed::default();
        confirmed.confirm("a", "1");
        confirmed.tell("a", "1", "words");
        assert!(confirmed.is_confirmed("a", "1") && confirmed.is_told("a", "1", "words"));
        assert!(!confirmed.is_confirmed("a", "2") && !confirmed.is_told("a", "2", "words"));
        assert!(!confirmed.is_told("a", "1", "other words"));
        confirmed.retain(&BTreeMap::from([("a".into(), "2".into())]));
        assert!(!confirmed.is_confirmed("a", "1") && !confirmed.is_told("a", "1", "words"));
    }
}
