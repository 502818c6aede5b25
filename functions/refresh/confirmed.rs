//! Which bytes Backstage was shown, and of which a refusal was reported: the state `refresh.json`.

use bucket::{Bucket, Condition, Error, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

const NAME: &str = "refresh.json";

/// The most objects of which is remembered what was shown, and what was refused: a state is read up to 4 MiB.
const SHOWN: usize = 60_000;
const REFUSED: usize = 30_000;

/// What was confirmed and reported: the hash of an object's key to that of its ETag.
#[derive(Debug)]
pub(super) struct Confirmed {
    /// The hash of the Backstage that is meant; what another one confirmed does not count.
    by: Hash,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    is_loaded: bool,
    /// Whether it differs from what is in the bucket.
    is_new: bool,
    shown: BTreeMap<Hash, Hash>,
    refused: BTreeMap<Hash, Hash>,
    /// What was revoked before it was loaded.
    revoked: BTreeSet<Hash>,
}

/// The first eight bytes of a SHA-256, in hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Hash(u64);

#[derive(Serialize, Deserialize)]
struct State {
    by: Hash,
    shown: BTreeMap<Hash, Hash>,
    refused: BTreeMap<Hash, Hash>,
}

impl Confirmed {
    /// Nothing yet, of the Backstage of this name.
    pub(super) fn by(name: &str) -> Self {
        Self { by: Hash::of(name), kept: Mutex::default() }
    }

    /// Backstage was shown these bytes. Of too many objects, the next resync shows some once more.
    pub(super) fn confirm(&self, key: &str, etag: &str) {
        let mut kept = self.lock();
        let hash = Hash::of(key);
        if kept.shown.len() < SHOWN || kept.shown.contains_key(&hash) {
            kept.is_new |= kept.shown.insert(hash, Hash::of(etag)) != Some(Hash::of(etag));
        }
    }

    /// Whether Backstage was shown these bytes last.
    pub(super) fn is_confirmed(&self, key: &str, etag: &str) -> bool {
        self.lock().shown.get(&Hash::of(key)) == Some(&Hash::of(etag))
    }

    /// What Backstage was shown does not count any more: the next resync shows the object again.
    pub(super) fn revoke(&self, key: &str) {
        let (mut kept, hash) = (self.lock(), Hash::of(key));
        kept.is_new |= kept.shown.remove(&hash).is_some();
        if !kept.is_loaded && kept.revoked.len() < SHOWN {
            kept.revoked.insert(hash);
        }
    }

    /// Whether a refusal of these bytes was reported.
    pub(super) fn is_reported(&self, key: &str, etag: &str) -> bool {
        self.lock().refused.get(&Hash::of(key)) == Some(&Hash::of(etag))
    }

    /// A refusal of these bytes was reported.
    pub(super) fn report(&self, key: &str, etag: &str) {
        let mut kept = self.lock();
        let hash = Hash::of(key);
        if kept.refused.len() < REFUSED || kept.refused.contains_key(&hash) {
            kept.is_new |= kept.refused.insert(hash, Hash::of(etag)) != Some(Hash::of(etag));
        }
    }

    /// Forgets what is not in the bucket any more.
    pub(super) fn retain(&self, listing: &BTreeMap<String, String>) {
        let there: BTreeMap<_, _> = listing.keys().map(|key| (Hash::of(key), ())).collect();
        let mut kept = self.lock();
        let before = kept.shown.len() + kept.refused.len();
        kept.shown.retain(|hash, _| there.contains_key(hash));
        kept.refused.retain(|hash, _| there.contains_key(hash));
        kept.is_new |= kept.shown.len() + kept.refused.len() < before;
    }

    /// Reads what an earlier process left, once. What this one knows already is newer.
    pub(super) async fn load<S: Store>(&self, bucket: &Bucket<S>) -> Result<(), Error> {
        if self.lock().is_loaded {
            return Ok(());
        }
        let found = bucket.state(NAME).await?;
        let left = found.and_then(|found| serde_json::from_slice::<State>(&found.bytes).ok());
        let mut kept = self.lock();
        if std::mem::replace(&mut kept.is_loaded, true) {
            return Ok(());
        }
        let revoked = std::mem::take(&mut kept.revoked);
        if let Some(State { mut shown, mut refused, .. }) = left.filter(|left| left.by == self.by) {
            shown.retain(|key, _| !revoked.contains(key));
            shown.append(&mut kept.shown);
            refused.append(&mut kept.refused);
            (kept.shown, kept.refused) = (shown, refused);
        }
        Ok(())
    }

    /// Leaves it to a later process, if there is anything new. Two that end at the same time store nearly the same. What is lost is
    /// shown once more.
    pub(super) async fn save<S: Store>(&self, bucket: &Bucket<S>) -> Result<(), Error> {
        self.load(bucket).await?;
        let Some(state) = self.news() else { return Ok(()) };
        let bytes = serde_json::to_vec(&state).unwrap_or_default();
        let saved = bucket.put_state(NAME, bytes, Condition::Always).await.map(drop);
        self.lock().is_new |= saved.is_err();
        saved
    }

    fn news(&self) -> Option<State> {
        let mut kept = self.lock();
        let state = || State { by: self.by, shown: kept.shown.clone(), refused: kept.refused.clone() };
        let news = kept.is_new.then(state);
        kept.is_new = false;
        news
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hash {
    fn of(text: &str) -> Self {
        let digest = Sha256::digest(text);
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
        let hashes = |end: usize| (0..end as u64).map(|n| (Hash(u64::MAX - n), Hash(u64::MAX))).collect();
        let state = State { by: Hash(u64::MAX), shown: hashes(SHOWN), refused: hashes(REFUSED) };
        let bytes = serde_json::to_vec(&state).unwrap();
        assert!(bytes.len() < 4 * 1024 * 1024, "{}", bytes.len());
        assert_eq!(serde_json::from_slice::<State>(&bytes).unwrap().shown, state.shown);
    }

    #[test]
    fn only_what_was_shown_last_counts_and_what_is_deleted_is_forgotten() {
        let confirmed = Confirmed::by("backstage");
        confirmed.confirm("a", "1");
        confirmed.confirm("a", "2");
        confirmed.report("a", "2");
        assert!(confirmed.is_confirmed("a", "2") && confirmed.is_reported("a", "2"));
        assert!(!confirmed.is_confirmed("a", "1") && !confirmed.is_reported("a", "1"));
        confirmed.revoke("a");
        assert!(!confirmed.is_confirmed("a", "2") && confirmed.is_reported("a", "2"));
        confirmed.retain(&BTreeMap::new());
        assert!(!confirmed.is_reported("a", "2"));
    }
}
