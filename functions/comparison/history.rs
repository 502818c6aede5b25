//! What the guard remembers of the runs before: which keys a list ever had, and how many of these comparisons deleted lately. It is
//! in the state as `<function>-guard.json`.

use crate::{context::Context, kinds::KindName};
use bucket::{Condition, Conditional, Store};
use events::{Function, Nack};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The window: so many hours, and the one that is not over.
const WINDOW: i64 = 24;

const HOUR: i64 = 60 * 60 * 1000;

/// How many keys are told apart. Of more, each counts as listed.
const KEYS: usize = 400_000;

/// How many keys are remembered that no list had. Of more, each counts as listed.
const UNLISTED: usize = 20_000;

/// What is remembered.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    etag: Option<String>,
    read: State,
    state: State,
    listed: Option<BTreeSet<u32>>,
    /// With the hour in which a run saw them first.
    unlisted: BTreeMap<u32, i64>,
    /// The hour, since the epoch.
    now: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// How many comparisons deleted unasked: by hour and kind.
    deleted: BTreeMap<i64, BTreeMap<String, usize>>,
    /// The keys that a list had, four bytes of a hash each; `None`: all that are stored.
    listed: Option<String>,
    /// Those that none had, by the hour in which a run saw them first.
    unlisted: BTreeMap<i64, String>,
}

impl History {
    pub(crate) async fn read<S: Store>(cx: &Context<S>, who: Function) -> Result<Self, Nack> {
        let now = cx.clock.now().div_euclid(HOUR);
        let Some(found) = cx.bucket.state(&name(who)).await? else { return Ok(Self { now, ..Self::default() }) };
        let state: State = serde_json::from_slice(&found.bytes).unwrap_or_else(|error| {
            tracing::error!(name = name(who), %error, "the state cannot be read; all that is stored counts as listed");
            State::default()
        });
        let unlisted = state.unlisted.iter().flat_map(|(hour, keys)| unpacked(keys).map(|key| (key, *hour)));
        Ok(Self {
            etag: Some(found.etag),
            listed: state.listed.as_ref().map(|keys| unpacked(keys).collect()),
            unlisted: unlisted.collect(),
            read: state.clone(),
            state,
            now,
        })
    }

    /// Whether a list ever had this key, or a run saw it so long ago that it counts as if.
    pub(crate) fn was_listed(&self, key: &str) -> bool {
        let Some(listed) = &self.listed else { return true };
        let key = mark(key);
        listed.contains(&key) || self.unlisted.get(&key).is_some_and(|hour| self.is_over(*hour))
    }

    /// How many of a kind comparisons deleted unasked within the window.
    pub(crate) fn deleted(&self, kind: &KindName) -> usize {
        self.within().filter_map(|kinds| kinds.get(&kind.path)).sum()
    }

    /// How many of all kinds.
    pub(crate) fn deleted_of_all(&self) -> usize {
        self.within().flat_map(BTreeMap::values).sum()
    }

    /// Takes note of what is stored, and of what lists had.
    pub(crate) fn observe<'a>(&mut self, stored: impl Iterator<Item = &'a String>, live: &BTreeSet<String>) {
        let mut listed: BTreeSet<u32> = live.iter().map(|key| mark(key)).collect();
        let mut unlisted = BTreeMap::new();
        for key in stored.filter(|key| !live.contains(*key)) {
            let mark = mark(key);
            if self.was_listed(key) || unlisted.len() >= UNLISTED {
                listed.insert(mark);
            } else if !listed.contains(&mark) {
                unlisted.insert(mark, self.unlisted.get(&mark).copied().unwrap_or(self.now));
            }
        }
        self.listed = (listed.len() <= KEYS).then_some(listed);
        self.unlisted = unlisted;
        self.state.listed = self.listed.as_ref().map(|keys| packed(keys.iter()));
        let mut hours: BTreeMap<i64, BTreeSet<u32>> = BTreeMap::new();
        for (mark, hour) in &self.unlisted {
            hours.entry(*hour).or_default().insert(*mark);
        }
        self.state.unlisted = hours.into_iter().map(|(hour, keys)| (hour, packed(keys.iter()))).collect();
        let now = self.now;
        self.state.deleted.retain(|hour, _| !is_over(*hour, now));
    }

    /// Takes note that so many of these kinds are deleted unasked.
    pub(crate) fn add<'a>(&mut self, kinds: impl Iterator<Item = &'a KindName>) {
        for kind in kinds {
            *self.state.deleted.entry(self.now).or_default().entry(kind.path.clone()).or_default() += 1;
        }
    }

    /// Takes note that so many of these kinds were not deleted after all.
    pub(crate) fn take_back(&mut self, kinds: &[KindName]) {
        let Some(counts) = self.state.deleted.get_mut(&self.now) else { return };
        for kind in kinds {
            if let Some(count) = counts.get_mut(&kind.path) {
                *count = count.saturating_sub(1);
            }
        }
        counts.retain(|_, count| *count > 0);
        self.state.deleted.retain(|_, counts| !counts.is_empty());
    }

    /// Stores what changed. False if another run was faster.
    pub(crate) async fn write<S: Store>(&mut self, cx: &Context<S>, who: Function) -> Result<bool, Nack> {
        if self.state == self.read && self.etag.is_some() {
            return Ok(true);
        }
        let bytes = serde_json::to_vec(&self.state).map_err(|error| Nack::Reject(error.to_string()))?;
        let condition = self.etag.as_deref().map_or(Condition::Absent, Condition::Is);
        match cx.bucket.put_state(&name(who), bytes, condition).await? {
            Conditional::Done(etag) => {
                (self.etag, self.read) = (Some(etag), self.state.clone());
                Ok(true)
            }
            Conditional::Lost => Ok(false),
        }
    }

    fn within(&self) -> impl Iterator<Item = &BTreeMap<String, usize>> {
        self.state.deleted.iter().filter(|(hour, _)| !self.is_over(**hour)).map(|(_, kinds)| kinds)
    }

    fn is_over(&self, hour: i64) -> bool {
        is_over(hour, self.now)
    }
}

/// Also if the clock was wrong by more than a day.
fn is_over(hour: i64, now: i64) -> bool {
    now.abs_diff(hour) > WINDOW.unsigned_abs()
}

fn name(who: Function) -> String {
    format!("{who}-guard.json")
}

/// Enough of a key's hash to tell it from the others. Two that are alike are both listed, which deletes less.
fn mark(key: &str) -> u32 {
    let digest = Sha256::digest(key);
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

fn packed<'a>(marks: impl Iterator<Item = &'a u32>) -> String {
    hex::encode(marks.flat_map(|mark| mark.to_be_bytes()).collect::<Vec<_>>())
}

fn unpacked(text: &str) -> impl Iterator<Item = u32> {
    let bytes = hex::decode(text).unwrap_or_default();
    let marks: Vec<_> = bytes.chunks_exact(4).map(|it| u32::from_be_bytes([it[0], it[1], it[2], it[3]])).collect();
    marks.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| format!("entities/main/{name}.yaml")).collect()
    }

    fn is_listed(history: &History, name: &str) -> bool {
        history.was_listed(&format!("entities/main/{name}.yaml"))
    }

    #[test]
    fn what_is_stored_before_the_first_run_counts_as_listed() {
        let mut history = History::default();
        assert!(is_listed(&history, "a"));
        history.observe(keys(&["a", "b"]).iter(), &keys(&["b", "c"]));
        assert!(["a", "b", "c"].iter().all(|name| is_listed(&history, name)));
        assert!(!is_listed(&history, "d"));
    }

    #[test]
    fn what_no_list_had_counts_as_listed_after_the_window() {
        let mut history = History::default();
        history.observe([].iter(), &BTreeSet::new());
        for (hour, listed) in [(0, false), (23, false), (24, false), (25, true), (26, true)] {
            history.now = hour;
            history.observe(keys(&["a"]).iter(), &BTreeSet::new());
            assert_eq!(is_listed(&history, "a"), listed, "{hour}");
        }
    }

    #[test]
    fn only_the_window_counts() {
        let (mut history, kind) = (History { now: 100, ..History::default() }, KindName::new("example.org", "App"));
        history.add([&kind, &kind].into_iter());
        history.take_back(std::slice::from_ref(&kind));
        for (hour, deleted) in [(100, 1), (124, 1), (125, 0)] {
            history.now = hour;
            assert_eq!((history.deleted(&kind), history.deleted_of_all()), (deleted, deleted), "{hour}");
        }
        history.observe([].iter(), &BTreeSet::new());
        assert!(history.state.deleted.is_empty());
    }

    #[test]
    fn ten_thousand_keys_take_less_than_a_hundred_kilobytes() {
        let mut history = History::default();
        let live: BTreeSet<_> = (0..10_000).map(|n| format!("entities/main/example.org/app/shop/{n}.yaml")).collect();
        history.observe([].iter(), &live);
        assert!(serde_json::to_vec(&history.state).unwrap().len() < 100_000);
        let marks: BTreeSet<u32> = unpacked(history.state.listed.as_ref().unwrap()).collect();
        assert_eq!(Some(marks), history.listed);
    }
}
