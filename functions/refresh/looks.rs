//! Whether Backstage took what it was shown: it reads later than it answers, so it is looked at a while after, and again.

use super::{
    Refresh,
    refusals::{AT_ONCE, PART, Taken, Written, objections, taken},
};
use crate::context::Context;
use backstage::{Error, Known, Pending};
use bucket::{Standing, Store};
use catalog::Key;
use events::{Cause, EntityRefused, Refusal};
use futures::{StreamExt, stream};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};

/// The times between looks. The first one may see what was there before; the last one comes when a backlog must be over.
const GAPS: [Duration; 5] = [
    Duration::from_secs(3),
    Duration::from_secs(7),
    Duration::from_secs(20),
    Duration::from_secs(90),
    Duration::from_secs(180),
];

/// After so many looks that saw all of it, it is taken.
const ENOUGH: usize = 3;

/// From this turn on what is seen twice is a refusal, though Backstage did not say it again when it was asked: it must have
/// read once more by then.
const SETTLED: usize = 3;

/// How long what could not be looked at is left alone, and what is pending in Backstage is not asked for again.
const PAUSE: Duration = Duration::from_secs(10);
const PENDING: Duration = Duration::from_secs(30);

/// How long a round is after one that was full.
const BREATH: Duration = Duration::from_secs(1);

/// How many objects Backstage is asked about in a round, what it has against them.
const ASKED: usize = 8;

/// How long a round waits for a run of the provider, which lists what it missed.
const LISTING: Duration = Duration::from_secs(5);

/// The most objects that wait for a look; what comes then is not looked at.
const MAX: usize = 20_000;

/// The objects that wait for a look.
#[derive(Debug)]
pub(super) struct Looks {
    gaps: [Duration; 5],
    all: Mutex<BTreeMap<Key, Look>>,
    is_asked: Notify,
}

#[derive(Debug, Clone)]
struct Look {
    cause: Cause,
    /// When it was begun to show it: what was shown again since is another look.
    shown: Instant,
    next: Instant,
    turn: usize,
    /// What stands there, once it is known.
    standing: Option<Standing>,
    last: Last,
}

/// What the last look saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
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

    /// Looks at this object, which it was begun to show then, and at nothing older of it.
    pub(super) fn add(&self, key: &Key, cause: &Cause, standing: Option<Standing>, shown: Instant) {
        let mut all = self.lock();
        let is_known = all.get(key).map(|look| look.shown);
        if is_known.is_some_and(|at| at > shown) {
            return;
        }
        if is_known.is_none() && all.len() >= MAX {
            tracing::debug!(s3.key = %key, "too many objects wait: nobody looks whether Backstage takes this one");
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

    /// It was gone then.
    pub(super) fn forget(&self, key: &Key, at: Instant) {
        let mut all = self.lock();
        if all.get(key).is_some_and(|look| look.shown <= at) {
            all.remove(key);
        }
    }

    fn next(&self) -> Option<Instant> {
        self.lock().values().map(|look| look.next).min()
    }

    /// What is due, the longest due first.
    fn due(&self) -> Vec<(Key, Look)> {
        let (all, now) = (self.lock(), Instant::now());
        let mut due: Vec<_> = all.iter().filter(|(_, look)| look.next <= now).collect();
        due.sort_by_key(|(_, look)| look.next);
        due.into_iter().take(PART).map(|(key, look)| (key.clone(), look.clone())).collect()
    }

    /// Changes what is known of an object, unless it was shown anew meanwhile.
    fn change(&self, key: &Key, shown: Instant, change: impl FnOnce(&mut Look)) {
        let mut all = self.lock();
        if let Some(look) = all.get_mut(key).filter(|look| look.shown == shown) {
            change(look);
        }
    }

    /// Looks again when it is time, after what this look saw; false where that was the last one.
    fn again(&self, key: &Key, look: &Look, saw: Last) -> bool {
        let next = look.turn + 1;
        if next < self.gaps.len() {
            let at = Instant::now() + self.gaps[next];
            self.change(key, look.shown, |look| (look.turn, look.next, look.last) = (next, at, saw));
        }
        next < self.gaps.len()
    }

    /// Looks once more for the same turn.
    fn later(&self, key: &Key, look: &Look) {
        let at = Instant::now() + PAUSE.min(self.gaps[1]);
        self.change(key, look.shown, |look| look.next = at);
    }

    fn end(&self, key: &Key, look: &Look) {
        self.forget(key, look.shown);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Look>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at what is due, as long as the process lives.
pub(super) async fn run<S: Store>(cx: Arc<Context<S>>, refresh: Arc<Refresh>) {
    let (cx, refresh) = (&*cx, &*refresh);
    let mut round =
        Round { cx, refresh, pending: Vec::new(), asked_at: None, asked: 0, is_unlisted: false, is_told: false };
    loop {
        match refresh.looks.next() {
            None => refresh.looks.is_asked.notified().await,
            Some(at) if at > Instant::now() => tokio::select! {
                () = sleep_until(at) => {}
                () = refresh.looks.is_asked.notified() => {}
            },
            Some(_) => round.look().await,
        }
    }
}

/// One round of looks after the other.
struct Round<'a, S> {
    cx: &'a Context<S>,
    refresh: &'a Refresh,
    /// What was pending in Backstage when it was last asked.
    pending: Vec<Pending>,
    asked_at: Option<Instant>,
    /// Of how many objects Backstage was asked what it has against them.
    asked: usize,
    /// Whether Backstage did not know an object that it must have listed.
    is_unlisted: bool,
    /// Whether a refusal was told.
    is_told: bool,
}

impl<S: Store> Round<'_, S> {
    async fn look(&mut self) {
        let due = self.refresh.looks.due();
        let is_full = due.len() == PART;
        let this = &*self;
        let due = stream::iter(due).map(|(key, look)| async move { this.looked_up(key, look).await });
        let due: Vec<_> = due.buffered(AT_ONCE).filter_map(async |it| it).collect().await;
        (self.asked, self.is_unlisted) = (0, false);
        if let Err(error) = self.judge(&due).await {
            tracing::warn!(%error, "it is not known whether Backstage took what it was shown; it is asked again");
            due.iter().for_each(|(key, look, _)| self.refresh.looks.later(key, look));
        }
        if self.is_unlisted {
            // A run that failed is only in Backstage's log; the looks tell whether this one found it.
            let _ = timeout(LISTING, self.refresh.listing.anew(&self.refresh.backstage)).await;
        }
        if std::mem::take(&mut self.is_told)
            && let Err(error) = self.refresh.confirmed.save(&self.cx.bucket).await
        {
            tracing::warn!(%error, "what was told is not remembered");
        }
        if is_full {
            sleep(BREATH.min(self.refresh.looks.gaps[0])).await;
        }
    }

    /// With what stands at the key; else it is looked at later, or not at all.
    async fn looked_up(&self, key: Key, look: Look) -> Option<(Key, Look, Standing)> {
        if let Some(standing) = look.standing.clone() {
            return Some((key, look, standing));
        }
        match self.cx.bucket.standing(&key).await {
            Ok(Some(standing)) => {
                self.refresh.looks.change(&key, look.shown, |look| look.standing = Some(standing.clone()));
                Some((key, look, standing))
            }
            Ok(None) => {
                self.refresh.looks.end(&key, &look);
                None
            }
            Err(error) => {
                tracing::debug!(%error, "an object is looked at later");
                self.refresh.looks.later(&key, &look);
                None
            }
        }
    }

    async fn judge(&mut self, due: &[(Key, Look, Standing)]) -> Result<(), Error> {
        let written: Vec<Written> =
            due.iter().map(|(key, _, standing)| (key.to_string(), standing.entities.clone())).collect();
        if due.iter().any(|(_, look, _)| look.last != Last::All) {
            self.ask_what_is_pending().await;
        }
        let taken = taken(&self.refresh.backstage, &written, &self.pending).await?;
        for ((key, look, standing), saw) in due.iter().zip(taken) {
            match saw {
                Taken::All if look.turn + 1 >= ENOUGH => self.refresh.looks.end(key, look),
                Taken::All => self.look_again(key, look, Last::All),
                // The first time: Backstage may not have come to it.
                Taken::NotYet(_) if look.last == Last::All => self.look_again(key, look, Last::NotYet),
                Taken::Refused(_) if look.last == Last::All => {
                    self.read_again(key).await;
                    self.look_again(key, look, Last::Refused);
                }
                Taken::NotYet(_) | Taken::Refused(_) if self.asked == ASKED => self.refresh.looks.later(key, look),
                Taken::NotYet(lacking) => {
                    let is_last = look.turn + 1 == self.refresh.looks.gaps.len();
                    let refused = self.said_of(key).await.or(is_last.then_some(lacking));
                    self.decide(key, look, standing, refused, Last::NotYet).await;
                }
                Taken::Refused(refused) => {
                    let is_settled = look.last == Last::Refused && look.turn >= SETTLED;
                    let refused = self.said_of(key).await.or(is_settled.then_some(refused));
                    self.decide(key, look, standing, refused, Last::Refused).await;
                }
            }
        }
        Ok(())
    }

    /// What was never accepted, as far as that is told, at most once in a while: it is a long answer.
    async fn ask_what_is_pending(&mut self) {
        if self.asked_at.is_some_and(|at| at.elapsed() < PENDING.min(self.refresh.looks.gaps[1])) {
            return;
        }
        self.asked_at = Some(Instant::now());
        self.pending = self.refresh.backstage.pending().await.ok().flatten().unwrap_or_default();
    }

    /// What Backstage says when it reads the object now; `None` where it says nothing.
    async fn said_of(&mut self, key: &Key) -> Option<Vec<Refusal>> {
        self.asked += 1;
        if !self.read_again(key).await {
            return None;
        }
        let location = self.refresh.backstage.location(&key.to_string());
        objections(&self.refresh.backstage, &location).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "Backstage does not say what it has against an object");
            self.asked = ASKED;
            None
        })
    }

    /// What is seen may be a moment's fault, or of the bytes before. False where Backstage does not know the object.
    async fn read_again(&mut self, key: &Key) -> bool {
        let location = self.refresh.backstage.location(&key.to_string());
        let is_unknown = self.refresh.backstage.refresh(&location.reference).await == Ok(Known::No);
        self.is_unlisted |= is_unknown;
        !is_unknown
    }

    /// The next look; after the last one the next tick begins anew.
    fn look_again(&mut self, key: &Key, look: &Look, saw: Last) {
        if !self.refresh.looks.again(key, look, saw) {
            self.refresh.looks.end(key, look);
            if saw != Last::All {
                self.refresh.confirmed.revoke(&key.to_string());
            }
        }
    }

    /// A refusal, of what still stands there; or another look.
    async fn decide(&mut self, key: &Key, look: &Look, standing: &Standing, refused: Option<Vec<Refusal>>, saw: Last) {
        let Some(refused) = refused else { return self.look_again(key, look, saw) };
        match self.cx.bucket.standing(key).await {
            Ok(Some(now)) if now.etag == standing.etag => {
                self.refresh.looks.end(key, look);
                self.tell(key, look, standing, refused).await;
            }
            // It has a look of its own, or a tick gives it one.
            Ok(_) => self.refresh.looks.end(key, look),
            Err(_) => self.refresh.looks.later(key, look),
        }
    }

    /// Tells the Broker of a refusal, once for the same bytes. The next tick shows the object again, since who heard of it may
    /// have mended Backstage.
    async fn tell(&mut self, key: &Key, look: &Look, standing: &Standing, refused: Vec<Refusal>) {
        let (name, etag, confirmed) = (key.to_string(), standing.etag.clone(), &self.refresh.confirmed);
        confirmed.revoke(&name);
        let Some((subject, _)) = self.cx.object_at(&name) else { return };
        if let Err(error) = confirmed.load(&self.cx.bucket).await {
            tracing::warn!(%error, "what was told before is not known");
        }
        if confirmed.is_told(&name, &etag) {
            return;
        }
        for Refusal { entity, reason, advice } in &refused {
            tracing::warn!(k8s.object = %subject, entity, reason, advice, "Backstage refused it");
        }
        let event = EntityRefused {
            cause: look.cause.clone(),
            location: self.refresh.backstage.location(&name).reference,
            key: name.clone(),
            etag: etag.clone(),
            refused,
            truncated: false,
        };
        if self.cx.announce(event.event(&subject)).await || self.cx.sink.is_none() {
            confirmed.told(&name, &etag);
            self.is_told = true;
        }
    }
}
