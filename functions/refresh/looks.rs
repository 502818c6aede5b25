//! The objects that wait for a look at what Backstage made of them.

use bucket::BucketObject;
use catalog::Key;
use events::Cause;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The times between looks. The first one may see what was there before; the last one comes when a backlog must be over.
const GAPS: [Duration; 5] = [
    Duration::from_secs(3),
    Duration::from_secs(7),
    Duration::from_secs(20),
    Duration::from_secs(90),
    Duration::from_secs(180),
];

/// How long what could not be looked at is left alone.
const PAUSE: Duration = Duration::from_secs(10);

/// The most objects of one round.
pub(super) const PART: usize = 100;

/// The most objects that wait for a look; what comes then is not looked at.
const MAX: usize = 20_000;

/// The objects that wait for a look.
#[derive(Debug)]
pub(super) struct Looks {
    pub(super) gaps: [Duration; 5],
    all: Mutex<BTreeMap<Key, Look>>,
    /// Whether a look was added.
    pub(super) is_asked: Notify,
}

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) cause: Cause,
    /// When the showing of it began. What was shown again since is another look.
    pub(super) shown: Instant,
    next: Instant,
    pub(super) turn: usize,
    /// What is stored there, once it is known.
    pub(super) standing: Option<BucketObject>,
    pub(super) last: Last,
}

/// What the last look saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    All,
    NotYet,
    Refused,
}

impl Default for Looks {
    fn default() -> Self {
        Self::after(GAPS)
    }
}

impl Looks {
    /// With these times between looks.
    pub(super) fn after(gaps: [Duration; 5]) -> Self {
        Self { gaps, all: Mutex::default(), is_asked: Notify::default() }
    }

    /// Looks at this object, the showing of which began then, and at nothing older of it.
    pub(super) fn add(&self, key: &Key, cause: &Cause, standing: Option<BucketObject>, shown: Instant) {
        let mut all = self.lock();
        let is_known = all.get(key).map(|look| look.shown);
        if is_known.is_some_and(|at| at > shown) {
            return;
        }
        if is_known.is_none() && all.len() >= MAX {
            tracing::debug!(s3.key = %key, "too many objects wait: Callboard does not check whether Backstage takes this one");
            return;
        }
        let next = Instant::now() + self.gaps[0];
        let look = Look { cause: cause.clone(), shown, next, turn: 0, standing, last: Last::All };
        all.insert(key.clone(), look);
        if all.len() == MAX {
            tracing::warn!("{MAX} objects wait to be looked at; for what comes now use callboard drift");
        }
        self.is_asked.notify_one();
    }

    /// It was deleted then.
    pub(super) fn forget(&self, key: &Key, at: Instant) {
        let mut all = self.lock();
        if all.get(key).is_some_and(|look| look.shown <= at) {
            all.remove(key);
        }
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.lock().values().map(|look| look.next).min()
    }

    /// What is due, the longest due first.
    pub(super) fn due(&self) -> Vec<(Key, Look)> {
        let (all, now) = (self.lock(), Instant::now());
        let mut due: Vec<_> = all.iter().filter(|(_, look)| look.next <= now).collect();
        due.sort_by_key(|(_, look)| look.next);
        due.into_iter().take(PART).map(|(key, look)| (key.clone(), look.clone())).collect()
    }

    /// Changes what is known of an object, unless it was shown again meanwhile.
    pub(super) fn change(&self, key: &Key, shown: Instant, change: impl FnOnce(&mut Look)) {
        let mut all = self.lock();
        if let Some(look) = all.get_mut(key).filter(|look| look.shown == shown) {
            change(look);
        }
    }

    /// Looks again when it is time, after what this look saw; false if that was the last one.
    pub(super) fn again(&self, key: &Key, look: &Look, saw: Last) -> bool {
        let next = look.turn + 1;
        if next < self.gaps.len() {
            let at = Instant::now() + self.gaps[next];
            self.change(key, look.shown, |look| (look.turn, look.next, look.last) = (next, at, saw));
        }
        next < self.gaps.len()
    }

    /// Looks once more for the same turn.
    pub(super) fn later(&self, key: &Key, look: &Look) {
        let at = Instant::now() + PAUSE.min(self.gaps[1]);
        self.change(key, look.shown, |look| look.next = at);
    }

    /// Looks no more.
    pub(super) fn end(&self, key: &Key, look: &Look) {
        self.forget(key, look.shown);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Look>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
